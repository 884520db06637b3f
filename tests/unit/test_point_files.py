"""Files of published measurements: what is read, and which line is wrong."""

from pathlib import Path

import pytest

from maquette.adapters.point_files import COLUMNS, read_points, read_rows
from maquette.capacity.points import Point, Refused
from maquette.catalogs import load_accelerators, load_catalog
from maquette.foundation.problems import InvalidInput, NotFound


def csv_of(tmp_path: Path, *lines: str, head: str = ",".join(COLUMNS)) -> Path:
    """A file with these lines."""
    path = tmp_path / "points.csv"
    path.write_text("\n".join((head, *lines)) + "\n")
    return path


GOOD = "lab,,vllm,H100,8,8,Llama-3.1-70B,FP8,1024,128,concurrency=4,tpot,12.5,ms"


def test_a_file_is_read_with_its_lines(tmp_path: Path) -> None:
    """Blank lines and further columns do not matter."""
    path = csv_of(tmp_path, GOOD + ",2026,https://example.org", "", GOOD.replace("Llama-3.1-70B", "Zebra-9B") + ",,",
                  head=",".join((*COLUMNS, "date", "url")))  # fmt: skip
    found = read_points(path, load_catalog().cards, load_accelerators())
    assert [(type(one), one.line) for one in found] == [(Point, 2), (Refused, 4)]


@pytest.mark.parametrize(
    ("line", "what", "field"),
    [
        (GOOD.replace("12.5", "fast"), "'fast' is no number", "value"),
        (GOOD.replace("12.5", "nan"), "'nan' is no number", "value"),
        (GOOD.replace(",8,8,", ",eight,8,"), "'eight' is no number of accelerators", "n_gpus"),
        (GOOD.replace(",8,8,", ",0,8,"), "'0' is no number of accelerators", "n_gpus"),
        (GOOD + ",more", "15 cells", None),
        (GOOD.replace("lab", '"lab'), "table is broken", None),
    ],
)
def test_a_broken_row_is_a_problem_with_its_line(tmp_path: Path, line: str, what: str, field: str | None) -> None:
    """The third line is the broken one."""
    with pytest.raises(InvalidInput, match=what) as caught:
        read_rows(csv_of(tmp_path, GOOD, line), name="points.csv")
    place = caught.value.place
    assert place is not None
    assert (place.file, place.field) == ("points.csv", field)
    assert place.line == 3


def test_a_file_that_is_no_table_of_points_is_a_problem(tmp_path: Path) -> None:
    """A column is missing, the file is missing, it is no text."""
    with pytest.raises(InvalidInput, match="lacks the columns unit"):
        read_rows(csv_of(tmp_path, head=",".join(COLUMNS[:-1])))
    with pytest.raises(NotFound):
        read_rows(tmp_path / "nothing.csv")
    (tmp_path / "bytes.csv").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InvalidInput, match="as text"):
        read_rows(tmp_path / "bytes.csv")

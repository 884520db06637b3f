"""What a query finds as a file: CSV and Parquet, whole or not at all, and no formulas for spreadsheets."""

import csv
import os
import resource
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Literal

import pytest

from maquette.analytics import ANSWER_COLUMNS, Database, parquet_rows
from maquette.foundation.problems import InvalidInput, Unavailable
from tests.unit.test_analytics import ENDLESS, trial, write_run

Form = Literal["csv", "parquet"]
FORMS: tuple[Form, ...] = ("csv", "parquet")


def rows_of(path: Path) -> list[list[str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.reader(file))


@contextmanager
def files_of_at_most(size: int) -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    project = tmp_path / "project"
    write_run(project, "r1", trial("a", cost_usd="1.25") + "\n" + trial("b", output=None) + "\n")
    with Database.over(project) as opened:
        opened.load("answers", [{"fact": "a.b", "value": "1", "kind": "answer"}], ANSWER_COLUMNS)
        yield opened


@pytest.mark.parametrize("end", ["", ";", " ;\n-- a remark; and more", " -- a remark"])
def test_the_rows_of_a_query_stand_in_a_csv_file_with_a_heading(database: Database, tmp_path: Path, end: str) -> None:
    path = tmp_path / "out.csv"
    query = f"select key, output, cost_usd, scores from trials order by key{end}"
    assert database.write_table(query, path, form="csv") == 2
    heading, first, second = rows_of(path)
    assert heading == ["key", "output", "cost_usd", "scores"]
    assert first[:3] == ["a", "billing", "1.250000000000"]
    assert "'metric': exact_match" in first[3]
    assert second[:2] == ["b", ""]


def test_parquet_keeps_the_types(database: Database, tmp_path: Path) -> None:
    path = tmp_path / "out.parquet"
    assert database.write_table("select key, cost_usd, scores from trials where key = 'a'", path, form="parquet") == 1
    (row,) = parquet_rows(path)
    assert row["cost_usd"] == Decimal("1.25")
    assert row["scores"][0]["metric"] == "exact_match"


@pytest.mark.parametrize("form", FORMS)
def test_loaded_tables_can_be_written_too_and_a_file_is_replaced(
    database: Database, tmp_path: Path, form: Form
) -> None:
    path = tmp_path / f"it's here.{form}"
    path.write_text("old", encoding="utf-8")
    assert database.write_table("from answers", path, form=form) == 1
    assert path.read_bytes() != b"old"
    assert sorted(one.name for one in tmp_path.iterdir()) == [path.name, "project"]


@pytest.mark.parametrize("form", FORMS)
def test_no_rows_are_a_file_with_its_columns(database: Database, tmp_path: Path, form: Form) -> None:
    assert database.write_table("select key from trials where false", tmp_path / "o", form=form) == 0
    assert (tmp_path / "o").stat().st_size > 0


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("select nope from trials", "nope"),
        ("copy (select 1) to 'stolen.csv'", "one query was expected"),
        ("select 1) to 'stolen.csv' (format csv); --", "syntax error"),
        ("select 1; select 2", "one query was expected"),
        ("select * from read_text('/etc/hosts')", "disabled by configuration"),
        ("select * from read_csv('{project}/none.csv')", "No files found"),
        ("pivot trials on key using count(*)", "cannot be written into a file"),
        ("select cast(key as integer) from trials", "Could not convert"),
    ],
)
def test_a_query_that_is_wrong_leaves_what_was_there(database: Database, tmp_path: Path, query: str, says: str) -> None:
    path = tmp_path / "out.csv"
    path.write_text("old", encoding="utf-8")
    with pytest.raises(InvalidInput, match=says):
        database.write_table(query.format(project=tmp_path / "project"), path, form="csv")
    assert path.read_text(encoding="utf-8") == "old"
    assert sorted(one.name for one in tmp_path.iterdir()) == ["out.csv", "project"]


@pytest.mark.parametrize("form", FORMS)
def test_a_full_disk_is_told_and_leaves_what_was_there(database: Database, tmp_path: Path, form: Form) -> None:
    path = tmp_path / "out"
    path.write_text("old", encoding="utf-8")
    query = "select range, md5(range::varchar) as text from range(200000)"
    with files_of_at_most(100_000), pytest.raises(Unavailable, match="cannot be written: File too large"):
        database.write_table(query, path, form=form)
    assert path.read_text(encoding="utf-8") == "old"
    assert sorted(one.name for one in tmp_path.iterdir()) == ["out", "project"]


def test_a_folder_that_is_not_there_is_told(database: Database, tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="No such file or directory") as caught:
        database.write_table("from answers", tmp_path / "none" / "out.csv", form="csv")
    assert caught.value.place.file == str(tmp_path / "none" / "out.csv")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_cannot_be_written_to_is_told(database: Database, tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o500)
    with pytest.raises(Unavailable, match="Permission denied"):
        database.write_table("from answers", closed / "out.csv", form="csv")


def test_ctrl_c_stops_the_writing_and_leaves_what_was_there(database: Database, tmp_path: Path) -> None:
    path = tmp_path / "out.csv"
    path.write_text("old", encoding="utf-8")
    threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGINT)).start()
    with pytest.raises(KeyboardInterrupt):
        database.write_table(ENDLESS, path, form="csv")
    assert path.read_text(encoding="utf-8") == "old"
    assert sorted(one.name for one in tmp_path.iterdir()) == ["out.csv", "project"]
    assert database.table("select 1").rows == ((1,),)


FORMULAS = ["=1+1", "+1", "-1", "@sum", "\t=1", "\r=1", "plain", "a=b", None]


def test_text_that_a_spreadsheet_would_run_gets_an_apostrophe_and_figures_stay(tmp_path: Path) -> None:
    path = tmp_path / "out.csv"
    with Database.over(None) as database:
        rows = [{"text": text, "n": -number} for number, text in enumerate(FORMULAS)]
        database.load("cells", rows, {"text": "VARCHAR", "n": "BIGINT"})
        query = "select text, text as text, n, -0.5::decimal(3,1) as share, [text] as texts from cells"
        database.write_table(query, path, form="csv", spreadsheet_safe=True)
        database.write_table("select text from cells", tmp_path / "bare.csv", form="csv")
    heading, *found = rows_of(path)
    assert heading == ["text", "text_1", "n", "share", "texts"]
    assert [row[0] for row in found] == [
        *(f"'{text}" for text in FORMULAS[:6] if text),
        "plain",
        "a=b",
        "",
    ]
    assert [row[2] for row in found] == [str(-number) for number in range(len(FORMULAS))]
    assert {row[3] for row in found} == {"-0.5"}
    assert rows_of(tmp_path / "bare.csv")[1] == ["=1+1"]

"""The baseline on its disk: what is written reads back the same, and what is wrong is told with its line."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from maquette.adapters.baseline_files import read_baseline, write_baseline
from maquette.evals.baseline import Baseline, blessed
from maquette.foundation.problems import InvalidInput, NotFound, Problem, Unavailable, each_problem
from tests.gate_world import run_record

DAY = date(2026, 11, 21)
NAME = "evals/baseline.json"


def example() -> Baseline:
    trials: dict[str, dict[str, Any]] = {
        "e0": {"cluster": "doc", "weight": 2.0, "must_pass": True, "stratum": "edge + german"},
        "e2": {"must_pass": True},
    }
    record = run_record({"m": "10x-5", "n": "1"}, trials=trials, fingerprints={"e0": "f0"})
    return blessed(record, ("m",), on=DAY, accepted=("1 of 5 calls of m failed",))


def test_a_baseline_reads_back_as_it_was_written(tmp_path: Path) -> None:
    path = tmp_path / "evals" / "baseline.json"
    write_baseline(path, example())
    assert read_baseline(path, name=NAME) == example()
    data = json.loads(path.read_text(encoding="utf-8"))
    own = data["targets"]["m"]
    # 1, 0 and a half: a mean of one half, at a tenth of a cent more or less.
    assert (own["rate"], own["usd_per_answer"], own["failed"]) == (0.5, "0.01", 1)
    assert own["scores"] == {"e0": 1.0, "e1": 0.0, "e2": None, "e3": None, "e4": 0.5}
    assert data["examples"]["e0"]["strata"] == ["edge", "german"]
    assert "target n" not in data["made_of"]
    assert [path.name for path in path.parent.iterdir()] == ["baseline.json"]


def test_a_missing_baseline_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(NotFound) as caught:
        read_baseline(tmp_path / "none.json", name=NAME)
    assert (caught.value.what, caught.value.fix) == ("there is no baseline", "Bless a run: maquette eval bless.")
    with pytest.raises(Unavailable, match="Is a directory"):
        read_baseline(tmp_path, name=NAME)


def broken(tmp_path: Path, old: str, new: str) -> tuple[Problem, ...]:
    """The problems of a baseline in which one text stands for another."""
    path = tmp_path / "baseline.json"
    write_baseline(path, example())
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(InvalidInput) as caught:
        read_baseline(path, name=NAME)
    return each_problem(caught.value)


def line_of(tmp_path: Path, text: str) -> int:
    lines = (tmp_path / "baseline.json").read_text(encoding="utf-8").splitlines()
    return 1 + next(number for number, line in enumerate(lines) if text in line)


@pytest.mark.parametrize(
    ("old", "new", "field", "what"),
    [
        ('"e1": 0.0', '"e1": 7', "targets.m.scores.e1", "less than or equal to 1"),
        ('"e1": 0.0', '"e1": NaN', "targets.m.scores.e1", "nan is not possible"),
        ('"e1": 0.0', '"e1": "right"', "targets.m.scores.e1", "'right' is not possible here"),
        ('"usd_per_answer": "0.01"', '"usd_per_answer": "1e-2"', "targets.m.usd_per_answer", "'1e-2'"),
        ('"format": 1', '"format": 2', "format", "2 is not possible here"),
        ('"weight": 2.0', '"weight": -1', "examples.e0.weight", "greater than 0"),
        ('"timeout"', '"bored"', "targets.m.failures.e2", "'bored'"),
    ],
)
def test_a_wrong_value_is_told_with_its_line(tmp_path: Path, old: str, new: str, field: str, what: str) -> None:
    (problem,) = broken(tmp_path, old, new)
    assert what in problem.what
    assert (problem.place.file, problem.place.field) == (NAME, field)
    assert problem.place.line == line_of(tmp_path, new)


def test_a_missing_key_is_told_with_the_line_of_its_section(tmp_path: Path) -> None:
    (problem,) = broken(tmp_path, '"p95_s"', '"p94_s"')
    assert (problem.what, problem.place.field) == ("the key is missing", "targets.m.p95_s")
    assert problem.place.line == line_of(tmp_path, '"m": {')


def test_text_that_is_no_json_is_told_with_its_line(tmp_path: Path) -> None:
    (problem,) = broken(tmp_path, '"e1": 0.0,', '"e1": 0.0')
    assert problem.what.startswith("not JSON: Expecting ',' delimiter")
    assert problem.place.line == line_of(tmp_path, '"e1": 0.0') + 1


@pytest.mark.parametrize("content", [b"[]", b"[" * 100_000, b'{"a":\n"\xff"}', b"", b"9" * 5000])
def test_what_is_no_baseline_at_all_is_one_clear_problem(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "baseline.json"
    path.write_bytes(content)
    with pytest.raises(InvalidInput) as caught:
        read_baseline(path, name=NAME)
    assert len(each_problem(caught.value)) == 1
    assert "bless" in caught.value.fix

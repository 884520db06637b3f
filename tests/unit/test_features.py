"""The table of promised features: complete, well formed, and every proof that it names exists."""

from collections import Counter
from pathlib import Path

import pytest

from tests.features import COLUMNS, FEATURES, lacking, read_features

STAGES = {
    "all",
    "bundle",
    "catalog",
    "cost",
    "decision",
    "eval",
    "gateway",
    "monitoring",
    "notebook",
    "process",
    "requirements",
    "tui",
}


def test_all_features_are_there_once() -> None:
    ids = [feature.id for feature in read_features()]

    assert ids == [f"F{number:03}" for number in range(1, 529)]


def test_every_feature_says_what_it_is_and_how_it_would_be_checked() -> None:
    empty = [f.id for f in read_features() if not (f.brief and f.text and f.verification)]

    assert empty == []
    assert {feature.first_stage for feature in read_features()} == STAGES


def test_every_named_proof_exists() -> None:
    broken = {f"{f.id}: {proof}": reason for f in read_features() for proof in f.proofs if (reason := lacking(proof))}

    assert broken == {}


def test_no_feature_names_a_proof_twice() -> None:
    twice = [feature.id for feature in read_features() if max(Counter(feature.proofs).values(), default=0) > 1]

    assert twice == []


@pytest.mark.parametrize(
    "proof",
    [
        "tests/unit/test_features.py::test_every_named_proof_exists",
        "tests/unit/test_features.py::test_a_proof_that_exists_is_found[anything]",
        "tests/unit/test_features.py::TestInside::test_a_method",
        "command: maquette status --json",
    ],
)
def test_a_proof_that_exists_is_found(proof: str) -> None:
    assert lacking(proof) is None


class TestInside:
    def test_a_method(self) -> None:
        assert lacking("tests/unit/test_features.py::TestInside::test_another") is not None


@pytest.mark.parametrize(
    ("proof", "reason"),
    [
        ("tests/unit/test_features.py::test_gone", "tests/unit/test_features.py has no test_gone"),
        ("tests/unit/test_features.py::read_features", "tests/unit/test_features.py has no read_features"),
        ("tests/unit/test_gone.py::test_x", "there is no tests/unit/test_gone.py"),
        ("tests/unit/test_features.py", "write tests/.../test_x.py::test_name, or command: maquette ..."),
        ("tests/../setup.py::test_x", "write tests/.../test_x.py::test_name, or command: maquette ..."),
        ("by eye", "write tests/.../test_x.py::test_name, or command: maquette ..."),
        ("command: maquette fly", "maquette has no such command: fly"),
        ("command: maquette status --wings=2", "status has no option --wings"),
        ("command: ls", "a command starts with maquette and names what it does"),
    ],
)
def test_a_proof_that_does_not_exist_is_named_with_the_reason(proof: str, reason: str) -> None:
    assert lacking(proof) == reason


def test_a_test_in_a_string_or_comment_is_no_proof(tmp_path: Path) -> None:
    file = tmp_path / "tests" / "test_x.py"
    file.parent.mkdir()
    file.write_text('"""\ndef test_said(): ...\n"""\n# def test_remarked(): ...\ndef test_real() -> None: ...\n')

    assert lacking("tests/test_x.py::test_real", tmp_path) is None
    assert lacking("tests/test_x.py::test_said", tmp_path) == "tests/test_x.py has no test_said"
    assert lacking("tests/test_x.py::test_remarked", tmp_path) == "tests/test_x.py has no test_remarked"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("id,brief,text\n", "the columns are id, brief, text; write id, brief, text, stage, verification, proof"),
        (",".join(COLUMNS) + "\nF001,G0,a,b\n", "features.csv:2: 4 columns instead of 6"),
        (",".join(COLUMNS) + "\nF001,G0,a,b,c,,\n", "features.csv:2: 7 columns instead of 6"),
    ],
)
def test_a_broken_table_is_refused(text: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / FEATURES.name
    path.write_text(text)

    with pytest.raises(ValueError, match=message):
        read_features(path)


def test_several_proofs_are_separated_by_a_semicolon(tmp_path: Path) -> None:
    path = tmp_path / "features.csv"
    path.write_text(",".join(COLUMNS) + '\nF001,G0,"a, b",bundle:docs,c," one; command: maquette demo ;"\n')

    (feature,) = read_features(path)

    assert feature.proofs == ("one", "command: maquette demo")
    assert feature.first_stage == "bundle"

"""Changing maquette.yaml: one value moves, all else stays; a lost update is refused; a crash leaves the old file."""

import difflib
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from maquette.adapters.project_files import YamlProjectFile
from maquette.foundation.problems import Conflict, InvalidInput, Problem, each_problem
from maquette.project_document import REMOVED
from tests.fixtures.vocabulary import fact_kinds, question_book

HAND_MADE = """\
# yaml-language-server: $schema=.maquette/schema.json
maquette:   1      # the layout

requirements:   # everything asked
  project: { name:  'Triage of  tickets' }   # a name with "two" spaces
  scale: {requests_per_day: 5000000,   peak_factor: 8}
  latency:
      p95_ms:    800          # measured in March
      # the next one is a guess
      ttft_ms: 2_500

  # Tokens, from the log of a week
  tokens:
    input_avg: &average 1450
    input_p99: *average
  budget:
  compliance:
    regimes:
    - soc2      # asked by sales
    - "gdpr"


# ---- models ----
models: {folders: [  "a" , 'b' ]}
shortlist:
  chosen: []
decision:
  model: a
  because: |
    cheap,
    and it passes
  decided_on: 2026-11-20

# the end"""


def project(folder: Path, text: str = HAND_MADE) -> YamlProjectFile:
    path = folder / "maquette.yaml"
    path.write_bytes(text.encode())
    return YamlProjectFile(path, book=question_book(), fact_kinds=fact_kinds())


def text_of(file: YamlProjectFile) -> str:
    return file.path.read_bytes().decode()


def line_changes(folder: Path, changes: dict[str, Any], text: str = HAND_MADE) -> list[str]:
    """The lines that a change takes out and puts in; every other byte is as it was."""
    file = project(folder, text)
    document = file.update(changes, seen=None)
    for path, value in changes.items():
        assert document.value_at(path) == value or value is REMOVED, path
    assert file.read() == document
    before, after = text.splitlines(keepends=True), text_of(file).splitlines(keepends=True)
    return [line.rstrip("\r\n") for line in difflib.ndiff(before, after) if line[0] in "+-"]


@pytest.mark.parametrize(
    ("changes", "lines"),
    [
        (
            {"requirements.latency.p95_ms": 900},
            [
                "-       p95_ms:    800          # measured in March",
                "+       p95_ms:    900          # measured in March",
            ],
        ),
        (
            {"requirements.scale.peak_factor": "unknown"},
            [
                "-   scale: {requests_per_day: 5000000,   peak_factor: 8}",
                "+   scale: {requests_per_day: 5000000,   peak_factor: unknown}",
            ],
        ),
        (
            {"requirements.scale.active_hours": 10},
            [
                "-   scale: {requests_per_day: 5000000,   peak_factor: 8}",
                "+   scale: {requests_per_day: 5000000,   peak_factor: 8, active_hours: 10}",
            ],
        ),
        (
            {"requirements.project.name": "a: #b, 'c'"},
            [
                "-   project: { name:  'Triage of  tickets' }   # a name with \"two\" spaces",
                '+   project: { name:  "a: #b, \'c\'" }   # a name with "two" spaces',
            ],
        ),
        ({"requirements.latency.mode": "batch"}, ["+       mode: batch"]),
        ({"requirements.tokens.output_avg": 60}, ["+     output_avg: 60"]),
        ({"requirements.tokens.input_p99": 5000}, ["-     input_p99: *average", "+     input_p99: 5000"]),
        ({"requirements.budget.monthly_usd": 600}, ["+     monthly_usd: 600"]),
        ({"requirements.team.oncall": True}, ["+   team:", "+     oncall: true"]),
        (
            {"requirements.compliance.regimes": ["soc2"]},
            ["-     regimes:", "-     - soc2      # asked by sales", '-     - "gdpr"', "+     regimes: [soc2]"],
        ),
        ({"shortlist.chosen": ["a", "b/c:d, e"]}, ["-   chosen: []", "+   chosen: [a, 'b/c:d, e']"]),
        ({"requirements.latency.ttft_ms": REMOVED}, ["-       ttft_ms: 2_500"]),
        ({"requirements.latency.mode": REMOVED}, []),
        ({"requirements.risk.human_review": REMOVED}, []),
        (
            {"requirements.scale.requests_per_day": REMOVED},
            ["-   scale: {requests_per_day: 5000000,   peak_factor: 8}", "+   scale: {peak_factor: 8}"],
        ),
        (
            {"requirements.project.name": REMOVED},
            [
                "-   project: { name:  'Triage of  tickets' }   # a name with \"two\" spaces",
                '+   project: {}   # a name with "two" spaces',
            ],
        ),
        ({"models.folders": REMOVED}, ["- models: {folders: [  \"a\" , 'b' ]}", "+ models: {}"]),
        (
            {"decision.because": "two\nlines"},
            ["-   because: |", "-     cheap,", "-     and it passes", '+   because: "two\\nlines"'],
        ),
        ({"decision.decided_on": date(2026, 11, 21)}, ["-   decided_on: 2026-11-20", "+   decided_on: 2026-11-21"]),
        ({"cost.computed_from": "12345678"}, ["+ cost:", "+   computed_from: '12345678'", "+ "]),
        ({"requirements.latency.p95_ms": 800}, []),
        (
            {"models.targets": [{"id": "t", "adapter": "replay", "model": "run"}]},
            [
                "- models: {folders: [  \"a\" , 'b' ]}",
                "+ models: {folders: [  \"a\" , 'b' ], targets: [{id: t, adapter: replay, model: run}]}",
            ],
        ),
        (
            {"evaluation": {"metrics": [{"kind": "json_fields", "fields": ["a", "b"]}], "max_output_tok": 64}},
            [
                "+ evaluation:",
                "+   metrics:",
                "+     - kind: json_fields",
                "+       fields: [a, b]",
                "+   max_output_tok: 64",
                "+ ",
            ],
        ),
    ],
    ids=lambda value: ",".join(value) if isinstance(value, dict) else "",
)
def test_a_change_touches_its_own_lines_alone(tmp_path: Path, changes: dict[str, Any], lines: list[str]) -> None:
    found = [line for line in line_changes(tmp_path, changes) if line.strip() != "- # the end"]
    kept = [line for line in found if line.strip() != "+ # the end"]
    assert sorted(kept) == sorted(lines)


@pytest.mark.parametrize(
    "changes",
    [
        {"requirements.latency.p95_ms": 900, "requirements.team.oncall": True, "requirements.team.ml_ops_fte": 2},
        {"requirements.latency": REMOVED},
        {"requirements.tokens.output_avg": 5},
    ],
)
def test_line_ends_of_other_systems_are_kept(tmp_path: Path, changes: dict[str, Any]) -> None:
    file = project(tmp_path, HAND_MADE.replace("\n", "\r\n"))
    file.update(changes, seen=None)
    text = text_of(file)
    assert text.count("\n") == text.count("\r\n")


def test_what_is_put_in_reads_back_in_its_own_kind(tmp_path: Path) -> None:
    file = project(tmp_path)
    changes = {"requirements.latency.p95_ms": Decimal("800.5"), "requirements.compliance.regimes": ("soc2", "dora")}
    answers = file.update(changes, seen=None).requirements.answers
    assert answers["latency.p95_ms"] == 800.5
    assert answers["compliance.regimes"] == ("soc2", "dora")
    assert (
        type(
            file.update({"requirements.latency.p95_ms": Decimal(800)}, seen=None).data["requirements"]["latency"][
                "p95_ms"
            ]
        )
        is int
    )


@pytest.mark.parametrize(
    "name",
    [
        "yes",
        "null",
        "1",
        "- a",
        "#x",
        "a\nb",
        "\u2028",
        "\x85",
        "\t",
        "ä😀",
        "{a}",
        "*x",
        "'",
        '"',
        "\x00",
        "unknown ",
        "  ",
        "\\",
        "%",
        "2026-11-20",
        "<<",
        "=",
        "~",
        "\ufeff",
        "\x7f",
    ],
)
def test_any_name_is_kept_as_it_was_typed(tmp_path: Path, name: str) -> None:
    for text in (HAND_MADE, "maquette: 1\nrequirements:\n  project:\n    name: x\n"):
        file = project(tmp_path, text)
        assert file.update({"requirements.project.name": name}, seen=None).name == name
        assert file.read().name == name


def test_half_a_character_is_refused(tmp_path: Path) -> None:
    file = project(tmp_path)
    with pytest.raises(InvalidInput, match="half a character"):
        file.update({"requirements.project.name": "\ud800"}, seen=None)
    assert text_of(file) == HAND_MADE


def test_a_wrong_value_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    file = project(tmp_path)
    changes = {"requirements.latency.p95_ms": -5, "requirements.latency.p95": 5, "export.out": 5}
    with pytest.raises(Problem) as caught:
        file.update(changes, seen=None)
    assert {(problem.place.field, problem.place.line) for problem in each_problem(caught.value)} == {
        ("requirements.latency.p95_ms", None),
        ("requirements.latency.p95", None),
        ("export.out", None),
    }
    assert text_of(file) == HAND_MADE


def test_a_change_can_mend_a_wrong_file(tmp_path: Path) -> None:
    file = project(tmp_path, HAND_MADE.replace("800 ", "soon"))
    with pytest.raises(InvalidInput):
        file.read()
    with pytest.raises(InvalidInput) as caught:
        file.update({"requirements.latency.mode": "batch"}, seen=None)
    assert caught.value.place.line == 8
    assert file.update({"requirements.latency.p95_ms": 900}, seen=None).value_at("requirements.latency.p95_ms") == 900


def test_what_shares_an_anchor_is_not_changed_behind_the_user_s_back(tmp_path: Path) -> None:
    file = project(tmp_path)
    with pytest.raises(InvalidInput, match="cannot be changed here") as caught:
        file.update({"requirements.tokens.input_avg": 5}, seen=None)
    assert caught.value.place.line == 14


def test_what_a_section_takes_over_from_another_cannot_be_removed_in_it(tmp_path: Path) -> None:
    text = "maquette: 1\ncost: &basis\n  computed_from: a\nshortlist:\n  <<: *basis\n"
    file = project(tmp_path, text)
    assert file.read().shortlist_from == "a"
    assert file.update({"shortlist.computed_from": "b"}, seen=None).cost_from == "a"
    assert text_of(file) == text + "  computed_from: b\n"
    with pytest.raises(InvalidInput, match="cannot be changed here"):
        project(tmp_path, text).update({"shortlist.computed_from": REMOVED}, seen=None)


@pytest.mark.parametrize("path", ["shortlist.chosen.0", "maquette.x", "decision.model.x", "models.folders.a.b"])
def test_a_path_through_a_value_or_a_list_is_refused(tmp_path: Path, path: str) -> None:
    file = project(tmp_path)
    with pytest.raises(InvalidInput, match="cannot be changed here"):
        file.update({path: 5}, seen=None)
    assert text_of(file) == HAND_MADE


def test_a_change_made_elsewhere_to_another_field_is_kept(tmp_path: Path) -> None:
    mine, other = (
        project(tmp_path),
        YamlProjectFile(tmp_path / "maquette.yaml", book=question_book(), fact_kinds=fact_kinds()),
    )
    seen = mine.read()
    other.update({"requirements.latency.ttft_ms": 1}, seen=other.read())
    document = mine.update({"requirements.latency.p95_ms": 2}, seen=seen)
    assert document.requirements.answers["latency.ttft_ms"] == 1
    assert document.requirements.answers["latency.p95_ms"] == 2


def test_a_change_made_elsewhere_to_the_same_field_is_a_conflict_and_nothing_is_written(tmp_path: Path) -> None:
    file = project(tmp_path)
    seen = file.read()
    file.update({"requirements.latency.p95_ms": 1, "shortlist.chosen": ["x"]}, seen=seen)
    before = text_of(file)
    with pytest.raises(Conflict) as caught:
        file.update({"requirements.latency.p95_ms": 2, "shortlist.chosen": ["y"], "export.out": "z"}, seen=seen)
    assert caught.value.what == (
        "changed elsewhere since you looked: requirements.latency.p95_ms is now 1, and was 800; "
        "shortlist.chosen is now ['x'], and was []"
    )
    assert (caught.value.place.line, caught.value.place.field) == (8, "requirements.latency.p95_ms")
    assert text_of(file) == before


def test_two_who_make_the_same_change_do_not_conflict_and_nothing_equals_null(tmp_path: Path) -> None:
    file = project(tmp_path)
    seen = file.read()
    file.update({"requirements.latency.p95_ms": 1, "requirements.budget.monthly_usd": None}, seen=seen)
    file.update({"requirements.latency.p95_ms": 1, "requirements.budget.monthly_usd": 5}, seen=seen)
    assert file.read().requirements.answers["budget.monthly_usd"] == 5


def test_no_change_writes_nothing(tmp_path: Path) -> None:
    file = project(tmp_path)
    inode = file.path.stat().st_ino
    file.update({"requirements.latency.p95_ms": 800}, seen=None)
    assert file.path.stat().st_ino == inode


def test_a_link_is_followed_and_the_rights_of_the_file_are_kept(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    real = project(tmp_path / "real").path
    real.chmod(0o640)
    link = tmp_path / "maquette.yaml"
    link.symlink_to(real)
    YamlProjectFile(link, book=question_book(), fact_kinds=fact_kinds()).update({"export.out": "x"}, seen=None)
    assert link.is_symlink()
    assert real.stat().st_mode & 0o777 == 0o640
    assert "out: x" in real.read_text()

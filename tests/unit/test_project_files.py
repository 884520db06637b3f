"""Reading maquette.yaml: what it says as values, and one clear problem for everything that can be wrong with it."""

import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from maquette.adapters.project_files import YamlProjectFile
from maquette.decision.decision import Choice, DecisionStatus
from maquette.evals.calls import TargetSpec
from maquette.evals.run import MetricSpec
from maquette.foundation.problems import InvalidInput, NotFound, Problem, SeveralProblems, each_problem
from maquette.project_document import REMOVED, Document, EvaluationSettings
from tests.fixtures.vocabulary import fact_kinds, question_book

FULL = """\
# what we know
maquette: 1
requirements:
  project: {name: triage}
  latency: {p95_ms: 800, mode: unknown}
design_facts:
  design: {fallback: true}
models:
  folders: [models]
  targets:
    - id: small
      adapter: litellm
      model: openai/small
      base_url: http://127.0.0.1:8000/v1
      api_key_env: SMALL_KEY
      options: {top_p: 0.9}
shortlist: {chosen: [small, b], computed_from: aaaa}
evaluation:
  dataset: evals/tickets.jsonl
  prompt: prompts/triage.j2
  metrics:
    - {kind: json_fields, fields: [category]}
    - {kind: exact_match}
  max_output_tok: 64
  temperature: null
  answer_schema: evals/answer.schema.json
cost: {computed_from: bbbb}
decision:
  model: small
  fallback: b
  because: "it passes, and it is cheap"
  status: accepted
  decided_on: 2026-11-20
  computed_from: cccc
export: {out: bundle}
"""


def project(folder: Path, text: str | bytes) -> YamlProjectFile:
    path = folder / "maquette.yaml"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return YamlProjectFile(path, book=question_book(), fact_kinds=fact_kinds())


def read(folder: Path, text: str | bytes) -> Document:
    return project(folder, text).read()


def problems(folder: Path, text: str | bytes) -> list[tuple[int | None, str | None, str, str]]:
    """Line, field, what and fix of everything wrong with ``text``."""
    with pytest.raises(Problem) as caught:
        read(folder, text)
    found = each_problem(caught.value)
    assert {problem.place.file for problem in found} == {str(folder / "maquette.yaml")}
    return [(problem.place.line, problem.place.field, problem.what, problem.fix) for problem in found]


def only(folder: Path, text: str | bytes) -> tuple[int | None, str]:
    ((line, _, what, _),) = problems(folder, text)
    return line, what


def test_a_full_file_is_read_as_values(tmp_path: Path) -> None:
    document = read(tmp_path, FULL)
    assert document.name == "triage"
    assert document.requirements.answers == {"project.name": "triage", "latency.p95_ms": 800}
    assert document.requirements.unknown == {"latency.mode"}
    assert document.requirements.design_facts == {"design.fallback": True}
    assert document.model_folders == ("models",)
    assert document.targets == (
        TargetSpec(
            id="small",
            card="small",
            adapter="litellm",
            model="openai/small",
            base_url="http://127.0.0.1:8000/v1",
            api_key_env="SMALL_KEY",
            options={"top_p": 0.9},
        ),
    )
    assert (document.chosen, document.shortlist_from, document.cost_from) == (("small", "b"), "aaaa", "bbbb")
    assert document.evaluation == EvaluationSettings(
        dataset="evals/tickets.jsonl",
        prompt="prompts/triage.j2",
        metrics=(
            MetricSpec(kind="json_fields", settings={"fields": ["category"]}),
            MetricSpec(kind="exact_match", settings={}),
        ),
        max_output_tok=64,
        answer_schema="evals/answer.schema.json",
        temperature=None,
    )
    assert document.choice == Choice(
        model="small",
        fallback="b",
        because="it passes, and it is cheap",
        status=DecisionStatus.ACCEPTED,
        decided_on=date(2026, 11, 20),
        computed_from="cccc",
    )
    assert document.out == "bundle"


def test_the_shortest_file_has_the_folder_s_name_and_every_default(tmp_path: Path) -> None:
    document = read(tmp_path, "maquette: 1\nrequirements:\nmodels: null\n")
    assert document == Document(
        name=tmp_path.name, requirements=document.requirements, digest=document.digest, evaluation=EvaluationSettings()
    )
    assert document.choice is None
    assert document.evaluation.temperature == 0.0


def test_equal_files_have_equal_digests_and_a_comment_changes_it(tmp_path: Path) -> None:
    first, again, other = (read(tmp_path, text) for text in (FULL, FULL, FULL + "# x\n"))
    assert first == again
    assert first.digest != other.digest


def test_values_are_found_at_their_paths(tmp_path: Path) -> None:
    document = read(tmp_path, FULL)
    assert document.value_at("requirements.latency.p95_ms") == 800
    assert document.value_at("shortlist.chosen") == ["small", "b"]
    assert document.value_at("evaluation.temperature") is None
    assert document.value_at("requirements.latency.ttft_ms") is REMOVED
    assert document.value_at("maquette.x") is REMOVED
    assert "models.targets" in document.paths()
    assert "requirements.latency.p95_ms" in document.paths()
    assert all(document.value_at(path) is not REMOVED for path in document.paths())


def test_line_ends_and_a_byte_order_mark_of_other_systems_are_read(tmp_path: Path) -> None:
    document = read(tmp_path, b"\xef\xbb\xbf" + FULL.replace("\n", "\r\n").encode())
    assert document.requirements == read(tmp_path, FULL).requirements


@pytest.mark.parametrize(
    ("text", "line", "what"),
    [
        ("", 1, "the file is empty"),
        ("# only a comment\n", 1, "the file is empty"),
        ("- a\n- b\n", 1, "the file holds no keys"),
        ("just text\n", 1, "the file holds no keys"),
        ("maquette: 1\nexport:\n\tout: x\n", 3, "the line is indented with a tab"),
        ("maquette: 1\nexport: {out: x\n", 3, "the file is not YAML: expected ',' or '}', but got '<stream end>'"),
        ("maquette: 1\nexport: out: x\n", 2, "the file is not YAML: mapping values are not allowed here"),
        ("maquette: 1\n---\nmaquette: 1\n", 2, "the file is not YAML: but found another document"),
        ("maquette: 1\nexport: *gone\n", 2, "the file is not YAML: found undefined alias 'gone'"),
        ("maquette: 1\nexport: {}\nexport: {}\n", 3, "the key 'export' stands there twice, first in line 2"),
        ("maquette: 1\nexport:\n  out: a\n  out: b\n", 4, "the key 'out' stands there twice, first in line 3"),
        ("maquette: 1\nexport: !!python/name:os.system x\n", 2, "the tag 'python/name:os.system' has no meaning here"),
        ("maquette: 1\nexport: !mine x\n", 2, "the tag '!mine' has no meaning here"),
        ("maquette: 1\ncost: {computed_from: 2026-13-45}\n", 2, "this is not a valid number or date"),
        ("maquette: 1\n? [a]\n: 1\n", 2, "a key is not text"),
        (b"maquette: 1\nexport: \xff\n", 2, "the file is not UTF-8 text"),
        (b"maquette: 1\n\nexport: \x01\n", 3, "a control character stands in the file"),
        ("maquette: 2\n", 1, "the file's layout is version 2, and this maquette reads version 1"),
        ("maquette: one\nmodles: {}\n", 1, "the file's layout is version 'one', and this maquette reads version 1"),
        ("maquette: true\n", 1, "the file's layout is version True, and this maquette reads version 1"),
        ("export: {}\n", 1, "maquette is missing"),
        ("maquette: 1\nmodles: {}\n", 2, "the file has no key 'modles'"),
        ("maquette: 1\n\nmodels: []\n", 3, "[] is not a section of keys"),
        ("maquette: 1\nrequirements: []\n", 2, "requirements holds no keys"),
        ("maquette: 1\nshortlist:\n  chosen: a\n", 3, "'a' is not a list"),
        ("maquette: 1\nshortlist:\n  chosen:\n    - a\n    - 5\n", 5, "5 is not text"),
        ("maquette: 1\nshortlist:\n  chosn: []\n", 3, "shortlist has no key 'chosn'"),
        ("maquette: 1\nevaluation: {max_output_tok: 0}\n", 2, "0 is not possible here"),
        ("maquette: 1\nevaluation: {max_output_tok: 1.5}\n", 2, "1.5 is not a whole number"),
        ("maquette: 1\nevaluation: {temperature: .nan}\n", 2, "nan is not possible here"),
        ("maquette: 1\nevaluation: {metrics: [{min: 1}]}\n", 2, "kind is missing"),
        ("maquette: 1\nexport: {out: ''}\n", 2, "'' is empty text"),
        ("maquette: 1\ndecision: {because: x, decided_on: 2026-11-20}\n", 2, "the decision lacks model"),
        ("maquette: 1\ndecision:\n  model: a\n  because: b\n  decided_on: 5\n", 5, "5 is not a date"),
        ("maquette: 1\ndecision:\n  model: a\n  because: b\n  decided_on: 'x'\n", 5, "this is not a date"),
        ("maquette: 1\ndecision:\n  model: a\n  status: done\n", 4, "'done' is not possible here"),
    ],
    ids=lambda value: repr(value)[:40],
)  # fmt: skip
def test_each_thing_that_can_be_wrong_is_one_problem_with_its_line(
    tmp_path: Path, text: str | bytes, line: int, what: str
) -> None:
    assert only(tmp_path, text) == (line, what)


def test_a_misspelled_key_is_answered_with_the_right_one(tmp_path: Path) -> None:
    ((_, field, _, fix),) = problems(tmp_path, "maquette: 1\nmodles: {}\n")
    assert (field, fix) == ("modles", "Did you mean models?")


def test_two_targets_of_one_name_are_told_at_the_second(tmp_path: Path) -> None:
    target = "    - {id: a, adapter: replay, model: x}\n"
    text = "maquette: 1\nmodels:\n  targets:\n" + target * 2
    assert only(tmp_path, text) == (5, "the target 'a' stands there twice")


@pytest.mark.parametrize(
    "setting",
    [
        "api_key_env: sk-abc123secret",
        "base_url: https://me:abc123secret@example.org/v1",
        "options: {api_key: abc123secret}",
        "options: {extra_token: abc123secret}",
        "options: abc123secret",
        "base_url: [abc123secret]",
    ],
)
def test_a_secret_in_the_file_is_refused_and_never_repeated(tmp_path: Path, setting: str) -> None:
    text = f"maquette: 1\nmodels:\n  targets:\n    - id: a\n      adapter: x\n      model: y\n      {setting}\n"
    ((line, _, what, fix),) = problems(tmp_path, text)
    assert line == 7
    assert "abc123secret" not in what + fix


def test_a_file_with_eight_errors_lists_eight_with_their_lines(tmp_path: Path) -> None:
    text = """\
maquette: 1
requirements:
  latency:
    p95_ms: soon
    mode: bach
    p95: 5
  qualty: {}
design_facts:
  design: {fallback: maybe}
models:
  targets:
    - adapter: replay
      id: a
      modl: b
shortlist:
  chosen: [a, 5]
"""
    found = problems(tmp_path, text)
    assert [(line, field) for line, field, _, _ in found] == [
        (4, "requirements.latency.p95_ms"),
        (5, "requirements.latency.mode"),
        (6, "requirements.latency.p95"),
        (7, "requirements.qualty"),
        (9, "design_facts.design.fallback"),
        (12, "models.targets.0.model"),
        (14, "models.targets.0.modl"),
        (16, "shortlist.chosen.1"),
    ]
    assert len({what for _, _, what, _ in found}) == len(found)
    with pytest.raises(SeveralProblems) as caught:
        read(tmp_path, text)
    assert str(caught.value).splitlines()[0].startswith(f"{tmp_path}/maquette.yaml:4, requirements.latency.p95_ms: ")


def test_anchors_are_read_and_bombs_of_anchors_are_refused(tmp_path: Path) -> None:
    text = "maquette: 1\nshortlist: {chosen: &c [a, b]}\nmodels: {folders: *c}\n"
    assert read(tmp_path, text).model_folders == ("a", "b")
    bomb = "maquette: 1\na: &a [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
        f"{n}: &{n} [{', '.join([f'*{p}'] * 10)}]\n" for p, n in zip("abcdefgh", "bcdefghi", strict=True)
    )
    assert only(tmp_path, bomb) == (None, "the file's anchors stand for too many values")
    assert only(tmp_path, "maquette: 1\nexport: &e {out: *e}\n") == (
        None,
        "the file's anchors stand for too many values",
    )


def test_too_much_nesting_and_too_long_a_file_are_refused(tmp_path: Path) -> None:
    assert only(tmp_path, "maquette: 1\nexport: " + "[" * 5000) == (None, "the file is nested too deeply")
    assert only(tmp_path, "maquette: 1\n#" + "x" * 2**20) == (None, "the file is longer than 1 MiB")


def test_a_missing_file_and_a_folder_are_told_apart(tmp_path: Path) -> None:
    def at(path: Path) -> YamlProjectFile:
        return YamlProjectFile(path, book=question_book(), fact_kinds=fact_kinds())

    with pytest.raises(NotFound, match="is not there"):
        at(tmp_path / "maquette.yaml").read()
    with pytest.raises(NotFound, match="is not there"):
        at(tmp_path / "maquette.yaml").update({"export.out": "x"}, seen=None)
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(InvalidInput, match="this is a folder"):
        at(tmp_path).read()
    (tmp_path / "file").touch()
    with pytest.raises(NotFound):
        at(tmp_path / "file" / "maquette.yaml").read()


def test_the_package_loads_its_library_with_the_first_use_alone() -> None:
    code = "import sys, maquette.adapters.project_files, maquette.project_document; print('ruamel.yaml' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"

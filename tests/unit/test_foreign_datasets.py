"""Examples of other tools: what is taken over, what is told instead, and a file that is never overwritten."""

import json
import sys
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from maquette.adapters.datasets import read_dataset
from maquette.adapters.datasets.pictures import find_image
from maquette.adapters.foreign_datasets import CHOOSE, Imported, import_examples, write_examples
from maquette.adapters.foreign_datasets.assertions import check_of, from_text
from maquette.cli.main import run
from maquette.evals.calls import Message
from maquette.evals.registry import open_metric
from maquette.evals.run import MetricSpec
from maquette.foundation.problems import Conflict, InvalidInput, NotFound

FIXTURES = Path(__file__).parents[1] / "fixtures" / "datasets"


def imported(tool: str, path: Path) -> Imported:
    return import_examples(tool, path, name=path.name, find_image=partial(find_image, path.parent))


def written(folder: Path, name: str, content: str) -> Path:
    (folder / name).write_text(content, encoding="utf-8")
    return folder / name


def test_a_promptfoo_configuration_becomes_examples_and_metrics() -> None:
    found = imported("promptfoo", FIXTURES / "promptfooconfig.yaml")
    assert [(dict(example.inputs), example.expected) for example in found.examples] == [
        ({"tone": "friendly", "body": "Yes"}, "Ahoy"),
        ({"tone": "formal", "body": "Where is my parcel?"}, "parcel"),
        ({"tone": "formal", "body": "I want my money back"}, "parcel"),
        ({"tone": "friendly", "body": "Answer in JSON"}, None),
        ({"tone": "friendly", "body": "The cat sat on the mat"}, "arrr"),
        ({"tone": "friendly", "topic": "ocean tides"}, "ocean tides"),
        ({"tone": "friendly", "topic": 'a "quoted"\ntopic'}, None),
        ({"tone": "friendly", "topic": "tea"}, "Earl Grey"),
    ]
    assert found.examples[1].tags == ("category:shipping", "assert:icontains")
    assert found.assertions == {"icontains": 3, "equals": 2, "is-json": 2, "llm-rubric": 2, "contains": 1}
    assert found.metrics == (
        {"kind": "contains", "ignore_case": True},
        {"kind": "exact_match"},
        {"kind": "json_schema", "schema": {}},
        {"kind": "contains", "name": "contains_2"},
    )


def test_everything_of_promptfoo_that_stays_behind_is_told_with_its_line() -> None:
    found = imported("promptfoo", FIXTURES / "promptfooconfig.yaml")
    assert [(left.place.file, left.place.line, left.what, left.count) for left in found.left_out] == [
        ("promptfooconfig.yaml", 2, "the prompts: write them as files under prompts/", 1),
        ("promptfooconfig.yaml", 4, "the providers: choose models with maquette shortlist", 1),
        ("promptfooconfig.yaml", 41, "the setting outputPath", 1),
        ("promptfooconfig.yaml", 16, "assertion latency: every run measures it", 2),
        ("promptfooconfig.yaml", 26, "assertion javascript: it is code, and nothing of a file is run", 1),
        ("promptfooconfig.yaml", 32, "a test's options", 1),
        ("promptfoo_tests.csv", 1, "the column __config:__expected:threshold", 1),
        ("promptfooconfig.yaml", None, "1 check by rubric_judge with settings of their own", 1),
    ]
    (judge,) = found.suggested
    assert (judge["kind"], judge["model"]) == ("rubric_judge", CHOOSE)


@pytest.mark.parametrize(
    ("text", "assertion"),
    [
        ("Paris", {"type": "equals", "value": "Paris"}),
        ("Note: this", {"type": "equals", "value": "Note: this"}),
        ("icontains: Paris", {"type": "icontains", "value": "Paris"}),
        ("is-json", {"type": "is-json", "value": None}),
        ('is-json:{"type": "object"}', {"type": "is-json", "value": {"type": "object"}}),
        ("contains-any: a, b", {"type": "contains-any", "value": ["a", "b"]}),
        ("not-contains:x", {"type": "not-contains", "value": "x"}),
        ("similar(0.8):x", {"type": "similar", "value": "x", "threshold": 0.8}),
        ("fn:output.length > 3", {"type": "javascript", "value": "output.length > 3"}),
        ("grade: be kind", {"type": "llm-rubric", "value": " be kind"}),
        ("file://check.py", {"type": "javascript", "value": "file://check.py"}),
    ],
)
def test_an_assertion_in_a_cell_is_read_as_promptfoo_reads_it(text: str, assertion: Mapping[str, Any]) -> None:
    assert from_text(text) == assertion


@pytest.mark.parametrize(
    ("assertion", "metric", "expected"),
    [
        ({"type": "equals", "value": "a {{x}}"}, {"kind": "exact_match"}, "a 1"),
        ({"type": "equals", "value": {"a": 1}}, {"kind": "json_fields"}, {"a": 1}),
        ({"type": "contains", "value": "a"}, {"kind": "contains"}, "a"),
        ({"type": "icontains", "value": "a"}, {"kind": "contains", "ignore_case": True}, "a"),
        ({"type": "contains-all", "value": ["a", "b"]}, {"kind": "contains"}, ["a", "b"]),
        (
            {"type": "icontains-any", "value": ["a", "b"]},
            {"kind": "contains", "ignore_case": True, "need": "any"},
            ["a", "b"],
        ),
        ({"type": "not-contains", "value": "a"}, {"kind": "not_contains", "texts": ["a"]}, None),
        ({"type": "regex", "value": "a+"}, {"kind": "regex", "pattern": "a+"}, None),
        ({"type": "is-json"}, {"kind": "json_schema", "schema": {}}, None),
        (
            {"type": "contains-json", "value": {"type": "object"}},
            {"kind": "json_schema", "schema": {"type": "object"}, "strip_fences": True},
            None,
        ),
    ],
)
def test_an_assertion_maps_to_a_metric_that_opens(
    assertion: Mapping[str, Any], metric: Mapping[str, Any], expected: object
) -> None:
    told: list[str] = []
    check = check_of(assertion, {"x": 1}, told.append)
    assert check is not None
    assert (check.metric, check.expected, told) == (metric, expected, [])
    settings = {key: value for key, value in metric.items() if key != "kind"}
    assert open_metric(MetricSpec(kind=str(metric["kind"]), settings=settings)) is not None


@pytest.mark.parametrize(
    ("assertion", "why"),
    [
        ({"type": "python", "value": "1"}, "it is code, and nothing of a file is run"),
        (
            {"type": "answer-relevance", "value": "1"},
            "it is graded by a model in a way that no metric does; write a rubric_judge of your own",
        ),
        (
            {"type": "llm-rubric"},
            "it is graded by a model in a way that no metric does; write a rubric_judge of your own",
        ),
        ({"type": "not-llm-rubric", "value": "1"}, "there is no metric for what must not be there"),
        ({"type": "cost", "threshold": 1}, "every run measures it"),
        ({"type": "not-equals", "value": "1"}, "there is no metric for what must not be there"),
        ({"type": "contains-any", "value": [{}]}, "no metric does the same"),
        ({"type": "similar:dot", "value": "1"}, "no metric does the same"),
        ({"type": "regex", "value": "(("}, "no metric does the same"),
        ({"type": "equals", "value": "{{ x | upper }}"}, "its value is a template that is more than a variable"),
        ({"type": "equals", "value": "file://a.txt"}, "its value is in a file"),
        ({}, "no metric does the same"),
    ],
)
def test_an_assertion_without_a_metric_is_told_with_the_reason(assertion: Mapping[str, Any], why: str) -> None:
    told: list[str] = []
    assert check_of(assertion, {"x": 1}, told.append) is None
    assert told == [f"assertion {assertion.get('type')}: {why}"]


def test_several_texts_that_one_answer_must_contain_become_one_list(tmp_path: Path) -> None:
    path = written(tmp_path, "t.csv", "a,__expected1,__expected2,__expected3\n1,contains:x,contains:y,icontains:z\n")
    found = imported("promptfoo", path)
    assert [example.expected for example in found.examples] == [["x", "y"]]
    assert [left.what for left in found.left_out] == [
        "a second icontains of one test: an example has one expected answer"
    ]


def test_tests_elsewhere_are_read_beside_the_configuration_and_nowhere_else(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    written(tmp_path, "out.csv", "a,__expected\n1,2\n")
    written(tmp_path / "in", "t.jsonl", '{"vars": {"a": 1}, "assert": [{"type": "equals", "value": 1.5}]}\n')
    tests = ["file://t.jsonl", "../out.csv", "file://none.csv", "file://make.py", "https://example.org/a.csv"]
    config = written(tmp_path / "in", "promptfooconfig.yaml", f"tests: {json.dumps(tests)}\n")
    found = imported("promptfoo", config)
    assert [(dict(example.inputs), example.expected) for example in found.examples] == [({"a": 1}, 1.5)]
    assert len(found.left_out) == 4


def test_patterns_of_their_own_cannot_be_one_metric_and_are_told(tmp_path: Path) -> None:
    path = written(tmp_path, "t.csv", "a,__expected\n1,regex:x+\n2,regex:x+\n3,regex:y+\n")
    found = imported("promptfoo", path)
    assert found.metrics == ({"kind": "regex", "pattern": "x+"},)
    assert [left.what for left in found.left_out] == ["1 check by regex with settings of their own"]


def test_inspects_samples_become_examples() -> None:
    found = imported("inspect", FIXTURES / "inspect_samples.jsonl")
    largest, colour, files = found.examples
    assert (largest.id, dict(largest.inputs), largest.expected) == (
        "largest",
        {"input": "Which is the largest number?", "choices": ["1", "9", "3"]},
        "B",
    )
    assert colour.messages == (
        Message(role="system", content="Answer in one word."),
        Message(role="user", content="Which colour is the sky?"),
    )
    assert (colour.expected, colour.tags) == ("blue", ("level:easy",))
    assert (files.id, files.expected) == ("sample-3", "notes.txt")
    assert [(left.place.line, left.what) for left in found.left_out] == [
        (2, "further right answers of a sample: an example has one expected answer"),
        (2, "metadata that is no short word or number"),
        (3, "a sample's files: nothing is run for an example"),
        (3, "a sample's label"),
        (3, "a sample's sandbox: nothing is run for an example"),
        (3, "a sample's setup script: nothing of a file is run"),
        (4, "a turn (role): the last turn asks nothing: it is neither a user's nor a tool's"),
        (4, "a sample without an input that can be taken over"),
    ]


def test_an_inspect_log_gives_its_samples_once_and_its_scorers_as_metrics() -> None:
    found = imported("inspect", FIXTURES / "inspect_log.json")
    assert [example.id for example in found.examples] == ["1", "2"]
    assert found.metrics == ({"kind": "contains", "ignore_case": True},)
    assert found.examples[1].images[0].media_type == "image/png"
    assert [(left.place.field, left.what) for left in found.left_out] == [
        ("samples.2", "a part of a message of the kind audio"),
    ]
    assert [(metric["kind"], metric["model"]) for metric in found.suggested] == [("rubric_judge", CHOOSE)]


def test_inspects_csv_has_columns_for_fields(tmp_path: Path) -> None:
    path = written(tmp_path, "x.csv", 'input,target,id,choices,metadata\nq,A,7,"x,y","{""k"": 1}"\n')
    (example,) = imported("inspect", path).examples
    assert (example.id, dict(example.inputs), example.expected, example.tags) == (
        "7",
        {"input": "q", "choices": ["x", "y"]},
        "A",
        ("k:1",),
    )


def test_openais_evals_become_conversations() -> None:
    found = imported("openai-evals", FIXTURES / "openai_evals.jsonl")
    assert [(example.messages[-1].content, example.expected) for example in found.examples] == [
        ("The first month of the year is ", "January"),
        ("2 + 2 = ", "4"),
    ]
    assert found.left_out[0].place.line == 2


@pytest.mark.parametrize(
    ("tool", "name", "content", "what"),
    [
        ("promptfoo", "x.yaml", "a: [", "the file is not YAML"),
        ("promptfoo", "x.yaml", "a: 1", "there are no tests in it"),
        ("promptfoo", "x.yaml", "tests: []", "no example of it can be taken over: it is empty"),
        ("promptfoo", "x.py", "", "'.py' is no kind of promptfoo's files"),
        ("promptfoo", "x.jsonl", "{", "not JSON"),
        ("inspect", "x.json", "{", "not JSON"),
        ("inspect", "x.json", '{"eval": {}}', "the log holds no samples"),
        ("inspect", "x.json", '{"a": 1}', "there is no list of samples in it"),
        ("inspect", "x.eval", "PK", "it is no eval log: File is not a zip file"),
        ("inspect", "x.log", "", "'.log' is no kind of Inspect's files that is read here"),
        ("inspect", "x.jsonl", "[]\n", "not a JSON object"),
        ("openai-evals", "x.jsonl", '{"ideal": "a"}', "a sample without an input"),
    ],
)
def test_a_file_of_another_kind_is_told(tmp_path: Path, tool: str, name: str, content: str, what: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        imported(tool, written(tmp_path, name, content))
    assert what in caught.value.what


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="the file cannot be read"):
        imported("inspect", tmp_path / "none.jsonl")


def test_ids_are_told_apart(tmp_path: Path) -> None:
    rows = [{"id": name, "input": name} for name in ("a", "a", "a-2", "a")]
    path = written(tmp_path, "x.jsonl", "".join(json.dumps(row) + "\n" for row in rows))
    ids = [example.id for example in imported("inspect", path).examples]
    assert ids[0] == "a"
    assert ids[2] == "a-2"
    assert len(set(ids)) == 4


@pytest.mark.parametrize(
    ("tool", "name"),
    [
        ("promptfoo", "promptfooconfig.yaml"),
        ("inspect", "inspect_samples.jsonl"),
        ("inspect", "inspect_log.json"),
        ("openai-evals", "openai_evals.jsonl"),
    ],
)
def test_what_is_imported_reads_back(tmp_path: Path, tool: str, name: str) -> None:
    found = imported(tool, FIXTURES / name)
    write_examples(tmp_path / "x.jsonl", found.examples, name="x.jsonl")
    assert read_dataset(tmp_path / "x.jsonl", name="x.jsonl").examples == found.examples
    with pytest.raises(Conflict, match="nothing was overwritten"):
        write_examples(tmp_path / "x.jsonl", found.examples[:1], name="x.jsonl")


def test_the_command_previews_then_writes_where_it_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stdin, "isatty", lambda: False)
    arguments = ["data", "import", "promptfoo", str(FIXTURES / "promptfooconfig.yaml"), "--project", str(tmp_path)]
    assert run(arguments) == 0
    said = capsys.readouterr()
    assert said.err.splitlines()[-1] == "Nothing was written. --yes goes ahead without asking."
    assert list(tmp_path.iterdir()) == []
    assert run([*arguments, "--yes", "--json"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert (data["format"], data["out"], data["written"], data["examples"]) == (
        1,
        "evals/promptfooconfig.jsonl",
        True,
        8,
    )
    assert len((tmp_path / "evals" / "promptfooconfig.jsonl").read_text(encoding="utf-8").splitlines()) == 8
    assert run([*arguments, "--yes"]) == 7
    assert "nothing was overwritten" in capsys.readouterr().err
    assert run([*arguments, "--yes", "--out", "evals/other.jsonl"]) == 0
    assert '- {"kind": "contains", "ignore_case": true}' in capsys.readouterr().out

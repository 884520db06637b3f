"""Inspect's eval logs: samples, answers and scorers of an archive, and archives that are no good."""

import json
import sys
import zipfile
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from maquette.adapters.datasets import find_image, read_dataset
from maquette.adapters.foreign_datasets import CHOOSE, Imported, Output, eval_logs, import_examples
from maquette.adapters.foreign_datasets.assertions import check_of
from maquette.cli.contracts import contract_schema
from maquette.cli.main import run
from maquette.evals.registry import open_metric
from maquette.evals.run import MetricSpec
from maquette.foundation.problems import InvalidInput

HEADER = {
    "version": 2,
    "status": "success",
    "eval": {"task": "t", "model": "openai/gpt-x"},
    "results": {"scores": [{"scorer": "includes"}, {"scorer": "model_graded_qa"}, {"scorer": "own"}]},
}


def sample(number: int, epoch: int = 1, **more: Any) -> dict[str, Any]:
    return {
        "id": number,
        "epoch": epoch,
        "input": f"Question {number}",
        "target": f"Answer {number}",
        "output": {"completion": f"Said {number}.{epoch}"},
        "scores": {"includes": {"value": "C"}},
        **more,
    }


def log(path: Path, entries: Mapping[str, object], *, packing: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", packing) as archive:
        for name, data in entries.items():
            archive.writestr(name, data if isinstance(data, str) else json.dumps(data))
    return path


def imported(path: Path) -> Imported:
    return import_examples("inspect", path, name=path.name, find_image=partial(find_image, path.parent))


WHOLE = {
    "header.json": HEADER,
    "summaries.json": [],
    "_journal/summaries/1.json": [],
    **{f"samples/{number}_epoch_{epoch}.json": sample(number, epoch) for number in (1, 2) for epoch in (1, 2)},
}


def test_a_log_gives_each_sample_once_its_first_answer_and_its_scorers(tmp_path: Path) -> None:
    found = imported(log(tmp_path / "x.eval", WHOLE))
    assert [(each.id, dict(each.inputs), each.expected) for each in found.examples] == [
        ("1", {"input": "Question 1"}, "Answer 1"),
        ("2", {"input": "Question 2"}, "Answer 2"),
    ]
    assert found.outputs == (
        Output(id="1", model="openai/gpt-x", output="Said 1.1"),
        Output(id="2", model="openai/gpt-x", output="Said 2.1"),
    )
    assert found.metrics == ({"kind": "contains", "ignore_case": True},)
    assert [(metric["kind"], metric["model"]) for metric in found.suggested] == [("rubric_judge", CHOOSE)]
    assert [(left.what, left.place.field) for left in found.left_out] == [
        ("the scorer own: no metric does the same", "results.scores.2")
    ]


def test_the_same_log_as_json_gives_the_same(tmp_path: Path) -> None:
    whole = HEADER | {"samples": [data for name, data in WHOLE.items() if name.startswith("samples/")]}
    (tmp_path / "x.json").write_text(json.dumps(whole))
    packed, plain = imported(log(tmp_path / "x.eval", WHOLE)), imported(tmp_path / "x.json")
    assert (packed.examples, packed.outputs, packed.suggested) == (plain.examples, plain.outputs, plain.suggested)


def test_texts_that_the_log_keeps_apart_are_put_back(tmp_path: Path) -> None:
    apart = sample(
        1,
        input=[{"role": "user", "content": "attachment://abc"}],
        output={"choices": [{"message": {"content": [{"type": "text", "text": "attachment://def"}]}}]},
        attachments={"abc": "A long question", "def": "A long answer"},
    )
    found = imported(log(tmp_path / "x.eval", {"header.json": HEADER, "samples/1_epoch_1.json": apart}))
    assert found.examples[0].messages[0].content == "A long question"
    assert found.outputs[0].output == "A long answer"


def test_a_log_that_broke_off_is_read_by_its_journal(tmp_path: Path) -> None:
    begun = {"_journal/start.json": {"version": 2, "eval": {"model": "m"}}, "samples/1_epoch_1.json": sample(1)}
    found = imported(log(tmp_path / "x.eval", begun))
    assert (len(found.examples), found.metrics) == (1, ())


def test_names_in_an_archive_are_never_paths(tmp_path: Path) -> None:
    names = ("samples/../../evil.json", "/samples/1.json", "samples/a/b.json", "../header.json", "samples/..\\x.json")
    entries = {"header.json": HEADER, "samples/1_epoch_1.json": sample(1), **dict.fromkeys(names, sample(9))}
    assert [each.id for each in imported(log(tmp_path / "x.eval", entries)).examples] == ["1"]
    assert [path.name for path in tmp_path.iterdir()] == ["x.eval"]


@pytest.mark.parametrize(
    ("entries", "what"),
    [
        ({"samples/1.json": sample(1)}, "it is no eval log: it has no header"),
        ({"header.json": "{"}, "'header.json' is no JSON"),
        ({"header.json": "[" * 100_000}, "'header.json' is no JSON"),
        ({"header.json": HEADER}, "no example of it can be taken over"),
    ],
)
def test_an_archive_that_is_no_log_is_told(tmp_path: Path, entries: Mapping[str, object], what: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        imported(log(tmp_path / "x.eval", entries))
    assert what in caught.value.what


def test_an_archive_that_unpacks_to_too_much_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(eval_logs, "MOST_ENTRY_BYTES", 1_000_000)
    path = log(tmp_path / "x.eval", {"header.json": HEADER, "samples/1.json": " " * 1_000_001})
    assert path.stat().st_size < 10_000
    with pytest.raises(InvalidInput, match=r"'samples/1\.json' unpacks to more than is read, 1 MB"):
        imported(path)
    monkeypatch.setattr(eval_logs, "MOST_BYTES", 1_500)
    many = {f"samples/{number}.json": sample(number) for number in range(20)}
    with pytest.raises(InvalidInput, match="unpacks to more than is read"):
        imported(log(tmp_path / "y.eval", {"header.json": HEADER, **many}))


def test_an_archive_of_too_many_entries_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(eval_logs, "MOST_ENTRIES", 5)
    with pytest.raises(InvalidInput, match="it has 7 entries"):
        imported(log(tmp_path / "x.eval", WHOLE))


def test_a_broken_archive_is_told(tmp_path: Path) -> None:
    whole = log(tmp_path / "x.eval", WHOLE).read_bytes()
    (tmp_path / "cut.eval").write_bytes(whole[:-30])
    with pytest.raises(InvalidInput, match="it is no eval log"):
        imported(tmp_path / "cut.eval")
    at = whole.index(b"header.json") + len("header.json") + 5
    (tmp_path / "bad.eval").write_bytes(whole[:at] + b"\xff" * 20 + whole[at + 20 :])
    with pytest.raises(InvalidInput, match=r"'header\.json' cannot be unpacked"):
        imported(tmp_path / "bad.eval")


def test_a_packing_that_is_not_known_is_told_with_a_way_out(tmp_path: Path) -> None:
    path = log(tmp_path / "x.eval", {"header.json": HEADER}, packing=zipfile.ZIP_STORED)
    content = path.read_bytes()
    for mark, offset in ((b"PK\x03\x04", 8), (b"PK\x01\x02", 10)):
        at = content.index(mark) + offset
        content = content[:at] + (93).to_bytes(2, "little") + content[at + 2 :]
    path.write_bytes(content)
    with pytest.raises(InvalidInput, match="packed in a way that is not read here") as caught:
        imported(path)
    assert caught.value.fix == "inspect log convert --to json makes a .json file of it."


@pytest.mark.parametrize(
    ("assertion", "metric", "expected"),
    [
        ({"type": "llm-rubric", "value": "Is {{x}}"}, {"kind": "rubric_judge", "rubric": "Is 1"}, None),
        ({"type": "g-eval", "value": ["a", "b"]}, {"kind": "rubric_judge", "rubric": "a\nb"}, None),
        ({"type": "model-graded-closedqa", "value": "a"}, {"kind": "rubric_judge", "rubric": "a"}, None),
        ({"type": "similar", "value": "a"}, {"kind": "embedding_similarity", "at_least": 0.75}, "a"),
        (
            {"type": "similar:cosine", "value": ["a", "b"], "threshold": 0.9},
            {"kind": "embedding_similarity", "at_least": 0.9},
            ["a", "b"],
        ),
    ],
)
def test_an_assertion_that_asks_a_model_is_suggested_as_a_metric_that_opens(
    assertion: Mapping[str, Any], metric: Mapping[str, Any], expected: object
) -> None:
    told: list[str] = []
    check = check_of(assertion, {"x": 1}, told.append)
    assert check is not None
    assert (check.asks_model, check.metric, check.expected, told) == (True, {**metric, "model": CHOOSE}, expected, [])
    settings = {key: value for key, value in check.metric.items() if key != "kind"}
    assert open_metric(MetricSpec(kind=str(metric["kind"]), settings=settings)) is not None


def test_a_check_of_facts_compares_with_the_expected_answer() -> None:
    told: list[str] = []
    check = check_of({"type": "factuality", "value": "Rome"}, {}, told.append)
    assert check is not None
    assert (check.asks_model, check.expected, check.metric["kind"], told) == (True, "Rome", "rubric_judge", [])


def test_the_command_keeps_the_answers_and_its_contract(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stdin, "isatty", lambda: False)
    path = log(tmp_path / "x.eval", WHOLE)
    arguments = ["data", "import", "inspect", str(path), "--project", str(tmp_path)]
    assert run(arguments) == 0
    said = capsys.readouterr()
    assert f"Metrics that ask a model are suggested: put a target's id for {CHOOSE}" in said.err
    assert "2 answers came with the examples; --outputs FILE keeps them." in said.err
    assert f'    # - {{"kind": "rubric_judge", "model": "{CHOOSE}"' in said.out
    assert run([*arguments, "--yes", "--json", "--outputs", "evals/x-outputs.jsonl"]) == 0
    data = json.loads(capsys.readouterr().out)
    Draft202012Validator(contract_schema("data-import")).validate(data)
    assert (data["outputs"], data["outputs_to"]) == (2, "evals/x-outputs.jsonl")
    rows = [json.loads(line) for line in (tmp_path / "evals" / "x-outputs.jsonl").read_text().splitlines()]
    assert rows[0] == {"id": "1", "model": "openai/gpt-x", "output": "Said 1.1"}
    assert len(read_dataset(tmp_path / "evals" / "x.jsonl", name="x.jsonl").examples) == 2
    assert run([*arguments, "--yes", "--out", "b.jsonl", "--outputs", "evals/x-outputs.jsonl"]) == 7
    assert not (tmp_path / "b.jsonl").exists()
    capsys.readouterr()
    assert run(["data", "audit", str(tmp_path / "evals" / "x.jsonl"), "--project", str(tmp_path), "--json"]) == 0
    Draft202012Validator(contract_schema("data-audit")).validate(json.loads(capsys.readouterr().out))

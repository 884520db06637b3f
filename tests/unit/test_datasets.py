"""Examples from files: the two forms of JSONL, CSV, and every way in which a file can be wrong."""

import json
from pathlib import Path

import pytest

from maquette.adapters.datasets import read_dataset
from maquette.evals import raw_rows
from maquette.evals.dataset import Dataset, Example
from maquette.foundation.problems import NotFound, Problem, each_problem
from maquette.foundation.shipped import shipped


def read(folder: Path, content: str | bytes, ending: str = ".jsonl") -> Dataset:
    path = folder / f"examples{ending}"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_dataset(path, name=f"evals/examples{ending}")


def mistakes(folder: Path, content: str | bytes, ending: str = ".jsonl") -> list[str]:
    """What is told of the file, each with its place."""
    with pytest.raises(Problem) as caught:
        read(folder, content, ending)
    return [f"{problem.place}: {problem.what}" for problem in each_problem(caught.value)]


def test_a_line_of_jsonl_is_an_example(tmp_path: Path) -> None:
    rows = (
        '{"id": "a", "inputs": {"text": "Hi", "n": 2}, "expected": {"x": 1}, "stratum": "edge"}\n'
        "\n"
        '{"id": 7, "input": "Hello", "target": "greeting"}\n'
        '{"input": "{{ 7*7 }} \\u2028 zażółć", "expected": "none"}'
    )
    found = read(tmp_path, rows)
    assert found == Dataset(
        name="evals/examples.jsonl",
        examples=(
            Example(id="a", inputs={"text": "Hi", "n": 2}, expected={"x": 1}, stratum="edge"),
            Example(id="7", inputs={"input": "Hello"}, expected="greeting"),
            Example(id="line-4", inputs={"input": "{{ 7*7 }} \u2028 zażółć"}, expected="none"),
        ),
    )


def test_a_row_of_csv_is_an_example_with_the_other_columns_as_inputs(tmp_path: Path) -> None:
    rows = (
        "id,message,lang,expected,stratum\r\n"
        'a,"Two\nlines, ""quoted""",en,"{""category"": ""bug""}",edge\r\n'
        "b,Short,de,plain text,\r\n"
        "c,Brace,de,{not json,normal\r\n"
    )
    assert read(tmp_path, rows, ".csv").examples == (
        Example(
            id="a",
            inputs={"message": 'Two\nlines, "quoted"', "lang": "en"},
            expected={"category": "bug"},
            stratum="edge",
        ),
        Example(id="b", inputs={"message": "Short", "lang": "de"}, expected="plain text"),
        Example(id="c", inputs={"message": "Brace", "lang": "de"}, expected="{not json"),
    )


def test_a_byte_order_mark_is_no_part_of_the_data(tmp_path: Path) -> None:
    assert read(tmp_path, b'\xef\xbb\xbf{"input": "a", "expected": "b"}\n').examples[0].inputs == {"input": "a"}
    assert read(tmp_path, b"\xef\xbb\xbfinput,expected\na,b\n", ".csv").examples[0].inputs == {"input": "a"}


def test_examples_without_any_expected_answer_are_fine_for_metrics_that_need_none(tmp_path: Path) -> None:
    assert [e.expected for e in read(tmp_path, '{"input": "a"}\n{"input": "b"}\n').examples] == [None, None]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ('{"input": "a"', "evals/examples.jsonl:1: not JSON: Expecting ',' delimiter (character 14)"),
        ('["a"]', "evals/examples.jsonl:1: not a JSON object"),
        ('{"input": NaN}', "evals/examples.jsonl:1: not JSON: NaN is no JSON value"),
        ('{"expected": "b"}', "evals/examples.jsonl:1: there is neither 'inputs' nor 'input'"),
        ('{"inputs": "a"}', "evals/examples.jsonl:1, inputs: not an object with at least one variable"),
        ('{"inputs": {}}', "evals/examples.jsonl:1, inputs: not an object with at least one variable"),
        (
            '{"input": "a", "inputs": {"b": 1}}',
            "evals/examples.jsonl:1, input: 'inputs' and 'input' say the same thing",
        ),
        ('{"input": "a", "expcted": "b"}', "evals/examples.jsonl:1, expcted: an unknown key. Did you mean expected?"),
        ('{"id": null, "input": "a"}', "evals/examples.jsonl:1, id: neither text nor a whole number"),
        ('{"stratum": ["x"], "input": "a"}', "evals/examples.jsonl:1, stratum: neither text nor a whole number"),
        ('{"input": "\\ud83d"}', "evals/examples.jsonl:1: half of a surrogate pair is no text"),
        (
            '{"id": "a", "input": 1}\n\n{"id": "a", "input": 2}',
            "evals/examples.jsonl:3, id: the id 'a' is in line 1 already",
        ),
        (
            '{"input": "a", "expected": "b"}\n{"input": "c"}',
            "evals/examples.jsonl:2, expected: there is no expected answer",
        ),
        ("\n \n", "evals/examples.jsonl: there are no examples in it"),
        ("", "evals/examples.jsonl: there are no examples in it"),
        (b'{"input": "a"}\n{"input": "caf\xe9"}\n', "evals/examples.jsonl:2: not UTF-8"),
    ],
)
def test_a_wrong_line_of_jsonl_is_told_with_its_place(tmp_path: Path, content: str | bytes, told: str) -> None:
    assert mistakes(tmp_path, content) == [told]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("input,expected\na\n", "evals/examples.csv:2: fewer cells than the first line has columns"),
        ("input,expected\na,b,c\n", "evals/examples.csv:2: more cells than the first line has columns"),
        ("input,input\na,b\n", "evals/examples.csv:1: the column 'input' is there twice"),
        ('input\n"a\n', "evals/examples.csv:2: not CSV: unexpected end of data"),
        ("id,expected\na,b\n", "evals/examples.csv:2, inputs: not an object with at least one variable"),
        ("input,expected\n", "evals/examples.csv: there are no examples in it"),
    ],
)
def test_a_wrong_row_of_csv_is_told_with_its_place(tmp_path: Path, content: str, told: str) -> None:
    assert mistakes(tmp_path, content, ".csv") == [told]


def test_every_wrong_line_is_told_at_once_up_to_twenty(tmp_path: Path) -> None:
    assert [told.split(":")[1] for told in mistakes(tmp_path, '[]\n{"input": 1}\n{}\n')] == ["1", "3"]
    told = mistakes(tmp_path, "[]\n" * 70_000)
    assert told[19:] == ["evals/examples.jsonl:20: not a JSON object", "evals/examples.jsonl: 69,980 more mistakes"]
    (far,) = mistakes(tmp_path, '{"input": 1}\n' * 69_999 + "{}\n")
    assert far == "evals/examples.jsonl:70000: there is neither 'inputs' nor 'input'"
    two_in_one = mistakes(tmp_path, '{"input": 1, "weight": 0, "split": "train"}\n')
    assert two_in_one == [
        "evals/examples.jsonl:1, weight: not a positive number",
        "evals/examples.jsonl:1, split: neither 'test' nor 'fewshot'",
    ]


def test_a_long_cell_is_read_and_an_endless_line_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    long = "x" * 300_000
    assert read(tmp_path, f"input\n{long}\n", ".csv").examples[0].inputs == {"input": long}
    monkeypatch.setattr(raw_rows, "MAX_LINE_BYTES", 1000)
    lines = f'{{"input": 1}}\n{json.dumps({"input": long})}\n[]\n'
    assert mistakes(tmp_path, lines) == [
        "evals/examples.jsonl:2: the line is longer than 10 MB",
        "evals/examples.jsonl:3: not a JSON object",
    ]
    assert "evals/examples.csv:2: the line is longer than 10 MB" in mistakes(tmp_path, f"input\n{long}\n", ".csv")


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="the examples cannot be read: No such file or directory"):
        read_dataset(tmp_path / "none.jsonl", name="evals/none.jsonl")


def test_another_kind_of_file_is_refused_by_its_ending(tmp_path: Path) -> None:
    assert mistakes(tmp_path, "a", ".xlsx") == ["evals/examples.xlsx: '.xlsx' is not a kind of dataset"]


def test_the_order_and_the_strata_change_the_fingerprint_and_the_name_does_not(tmp_path: Path) -> None:
    a, b = '{"id": "a", "input": 1}\n', '{"id": "b", "input": 2}\n'
    base = read(tmp_path, a + b)
    assert Dataset(name="elsewhere", examples=base.examples).fingerprint == base.fingerprint
    assert read(tmp_path, b + a).fingerprint != base.fingerprint
    assert read(tmp_path, '{"id": "a", "input": 1, "stratum": "edge"}\n' + b).fingerprint != base.fingerprint


def test_the_shipped_examples_are_readable() -> None:
    found = read_dataset(shipped("catalog", "demo", "evals", "triage.jsonl"), name="evals/triage.jsonl")
    assert len(found.examples) == 200
    assert {example.stratum for example in found.examples} == {"normal", "edge", "adversarial"}

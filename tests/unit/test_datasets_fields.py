"""The later fields of examples: groups, weights, conversations, tools and pictures; tables; fingerprints; the size."""

import base64
import json
import time
import tracemalloc
from pathlib import Path
from typing import Any

import duckdb
import pytest

from maquette.adapters.datasets import pictures, read_dataset
from maquette.adapters.foreign_datasets import write_examples
from maquette.evals.calls import Message, Tool, ToolCall
from maquette.evals.dataset import Dataset, Example, example_row
from maquette.foundation.lineage import fingerprint
from maquette.foundation.problems import Problem, each_problem

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


def read(folder: Path, *rows: dict[str, Any]) -> Dataset:
    path = folder / "evals" / "x.jsonl"
    path.parent.mkdir(exist_ok=True)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return read_dataset(path, name="evals/x.jsonl")


def mistakes(folder: Path, *rows: dict[str, Any]) -> list[str]:
    with pytest.raises(Problem) as caught:
        read(folder, *rows)
    return [f"{problem.place}: {problem.what}".removeprefix("evals/x.jsonl:") for problem in each_problem(caught.value)]


def told(path: Path) -> str:
    with pytest.raises(Problem) as caught:
        read_dataset(path, name=path.name)
    return str(caught.value)


def test_an_example_without_later_fields_keeps_the_fingerprints_that_it_always_had(tmp_path: Path) -> None:
    found = read(tmp_path, {"id": "a", "inputs": {"text": "Hi", "n": 2}, "expected": {"x": 1}, "stratum": "edge"})
    (example,) = found.examples
    assert example.fingerprint == fingerprint({"text": "Hi", "n": 2}, {"x": 1}) == "d67b2f41f2f01bcf"
    assert found.fingerprint == fingerprint([("a", example.fingerprint, "edge")])


def test_only_what_is_asked_changes_an_examples_fingerprint_and_what_counts_changes_the_datasets(
    tmp_path: Path,
) -> None:
    row = {"id": "a", "input": "Hi", "expected": "b"}
    base = read(tmp_path, row)
    for counting in ({"cluster": "c"}, {"weight": 2}, {"must_pass": True}):
        changed = read(tmp_path, {**row, **counting})
        assert changed.examples[0].fingerprint == base.examples[0].fingerprint
        assert changed.fingerprint != base.fingerprint
    assert read(tmp_path, {**row, "tags": ["t"]}).fingerprint == base.fingerprint
    for asking in ({"messages": [{"role": "user", "content": "?"}]}, {"tools": [{"name": "f"}]}):
        assert read(tmp_path, {**row, **asking}).examples[0].fingerprint != base.examples[0].fingerprint


def test_source_and_owner_of_an_example_are_tags_that_have_a_name(tmp_path: Path) -> None:
    rows: list[dict[str, Any]] = [
        {"input": 1, "source": "production", "owner": "support"},
        {"input": 2, "tags": ["t", "source:synthetic"]},
        {"question": "a flat row", "source": "a variable"},
    ]
    found = read(tmp_path, *rows).examples
    assert [(one.source, one.owner) for one in found] == [("production", "support"), ("synthetic", None), (None, None)]
    assert found[0].tags == ("source:production", "owner:support")
    assert found[2].inputs == {"question": "a flat row", "source": "a variable"}
    assert read(tmp_path, example_row(found[0])).examples == found[:1]
    assert mistakes(tmp_path, {"input": 1, "source": ["a"]}) == ["1, source: neither text nor a whole number"]


def test_groups_weights_and_tags_are_read(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        {"input": 1, "strata": ["german", "edge"], "cluster": 7, "weight": 2, "tags": ["t", "t"], "must_pass": True},
        {"input": 2, "split": "fewshot", "id": "shot"},
    )
    assert found.examples == (
        Example(
            id="line-1",
            inputs={"input": 1},
            expected=None,
            stratum="edge + german",
            cluster="7",
            weight=2.0,
            tags=("t",),
            must_pass=True,
        ),
    )
    assert found.examples[0].strata == ("edge", "german")
    assert [example.id for example in found.few_shot] == ["shot"]


def test_a_row_without_input_has_its_other_keys_as_variables(tmp_path: Path) -> None:
    found = read(tmp_path, {"question": "Who?", "context": ["a"], "expected": "x"})
    assert found.examples[0].inputs == {"question": "Who?", "context": ["a"]}


CONVERSATION = [
    {"role": "system", "content": "Be brief."},
    {"role": "user", "content": "Weather in Oslo?"},
    {
        "role": "assistant",
        "content": None,
        "tool_calls": [{"id": "c1", "type": "function", "function": {"name": "weather", "arguments": '{"at":"Oslo"}'}}],
    },
    {"role": "tool", "content": "4 degrees", "tool_call_id": "c1"},
]


def test_a_conversation_with_tool_calls_is_read_in_openais_form(tmp_path: Path) -> None:
    weather = {"type": "function", "function": {"name": "weather", "parameters": {"type": "object"}}}
    (example,) = read(tmp_path, {"messages": CONVERSATION, "tools": [weather], "expected": "4"}).examples
    assert example.inputs == {}
    assert example.messages[2:] == (
        Message(
            role="assistant", content="", tool_calls=(ToolCall(id="c1", name="weather", arguments='{"at":"Oslo"}'),)
        ),
        Message(role="tool", content="4 degrees", tool_call_id="c1"),
    )
    assert example.tools == (Tool(name="weather", parameters={"type": "object"}),)
    assert read(tmp_path, example_row(example)).examples == (example,)


@pytest.mark.parametrize(
    ("row", "what"),
    [
        ({"messages": []}, "1, messages: not a list of turns"),
        ({"messages": ["hi"]}, "1, messages.0: not an object with a role and a content"),
        ({"messages": [{"role": "bot", "content": "a"}, CONVERSATION[1]]}, "1, messages.0.role: none of system"),
        (
            {"messages": [{"role": "user", "content": [{"type": "text"}]}]},
            "1, messages.0.content: not text; pictures go under 'images'",
        ),
        ({"messages": CONVERSATION[:3]}, "1, messages.2.role: the last turn asks nothing"),
        ({"messages": CONVERSATION[3:]}, "1, messages.0.tool_call_id: no earlier turn made the call 'c1'"),
        ({"input": 1, "tools": [{"name": "f"}, {"name": "f"}]}, "1, tools: the function 'f' is there twice"),
        ({"input": 1, "tools": [{"parameters": {}}]}, "1, tools.0: not an object with a name and parameters"),
        ({"input": 1, "tools": [{"name": "f", "parameters": 1}]}, "1, tools.0.parameters: not a JSON Schema"),
        ({"input": 1, "weight": -1}, "1, weight: not a positive number"),
        ({"input": 1, "weight": True}, "1, weight: not a positive number"),
        ({"input": 1, "must_pass": "yes"}, "1, must_pass: neither true nor false"),
        ({"input": 1, "tags": "a"}, "1, tags: not a list of labels"),
        ({"input": 1, "strata": ["a", None]}, "1, strata.1: neither text nor a whole number"),
        ({"input": 1, "strata": ["a"], "stratum": "b"}, "1, strata: 'stratum' and 'strata' say the same thing"),
        ({"input": 1, "split": ["a"]}, "1, split: neither 'test' nor 'fewshot'"),
        ({"input": 1, "images": "a.png"}, "1, images: not a list of paths and data URLs"),
        ({"input": 1, "images": ["none.png"]}, "1, images.0: the picture cannot be read: No such file or directory"),
        ({"input": 1, "images": ["../x.png"]}, "1, images.0: the path leaves the project's folder"),
        ({"input": 1, "images": ["/etc/passwd"]}, "1, images.0: the path leaves the project's folder"),
        ({"input": 1, "images": ["evals/x.jsonl"]}, "1, images.0: no PNG, JPEG, GIF or WebP picture"),
        ({"input": 1, "images": ["evals"]}, "1, images.0: the picture is no file"),
        ({"input": 1, "images": ["a\0b"]}, "1, images.0: embedded null byte"),
        ({"input": 1, "images": ["data:image/png,abc"]}, "1, images.0: the data URL is not base64"),
        (
            {"input": 1, "images": [f"data:image/gif;base64,{base64.b64encode(PNG).decode()}"]},
            "1, images.0: the data URL says 'image/gif', and its content is image/png",
        ),
        ({"input": 1, "split": "fewshot"}, " there are no examples in it but few-shot ones"),
    ],
)
def test_a_wrong_field_is_told_with_its_place(tmp_path: Path, row: dict[str, Any], what: str) -> None:
    (found,) = mistakes(tmp_path, row)
    assert found.startswith(what)


def test_a_picture_is_known_by_its_content_and_not_by_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("a.png", "b.png"):
        (tmp_path / name).write_bytes(PNG)
    inside = f"data:image/png;base64,{base64.b64encode(PNG).decode()}"
    found = read(tmp_path, *({"input": 1, "images": [written]} for written in ("a.png", "b.png", inside)))
    first = found.examples[0].images[0]
    assert (first.media_type, first.size_bytes, first.written) == ("image/png", len(PNG), "a.png")
    assert len({example.fingerprint for example in found.examples}) == 1
    (tmp_path / "a.png").write_bytes(PNG + b"\0")
    changed = read(tmp_path, {"input": 1, "images": ["a.png"]})
    assert changed.examples[0].fingerprint != found.examples[0].fingerprint
    monkeypatch.setattr(pictures, "MAX_IMAGE_BYTES", 10)
    pictures._read.cache_clear()
    assert mistakes(tmp_path, {"input": 1, "images": ["b.png"]})[0].startswith("1, images.0: the picture has 0.0 MB")


def test_null_says_on_purpose_that_there_is_no_expected_answer(tmp_path: Path) -> None:
    found = read(tmp_path, {"input": 1, "expected": "a"}, {"input": 2, "expected": None})
    assert [example.expected for example in found.examples] == ["a", None]


def test_a_table_reads_its_columns_as_what_they_mean(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text(
        "question,expected,strata,weight,tags,must_pass,split,cluster\n"
        'Who?,me,edge;de,2.5,"a, b",yes,,d1\n'
        "What?,it,,,,no,test,\n"
        "Shot?,yes,,,,,fewshot,\n",
        encoding="utf-8",
    )
    found = read_dataset(tmp_path / "x.csv", name="x.csv")
    assert found.examples == (
        Example(
            id="line-2",
            inputs={"question": "Who?"},
            expected="me",
            stratum="edge + de",
            weight=2.5,
            tags=("a", "b"),
            must_pass=True,
            cluster="d1",
        ),
        Example(id="line-3", inputs={"question": "What?"}, expected="it"),
    )
    assert len(found.few_shot) == 1


def test_tabs_separate_a_tsv_and_semicolons_are_told(tmp_path: Path) -> None:
    (tmp_path / "x.tsv").write_text("input\texpected\na, b\tc\n", encoding="utf-8")
    (example,) = read_dataset(tmp_path / "x.tsv", name="x.tsv").examples
    assert (example.inputs, example.expected) == ({"input": "a, b"}, "c")
    (tmp_path / "x.csv").write_text("input;expected\na;c\n", encoding="utf-8")
    assert "x.csv:1: the columns are separated by ';' and not by ','" in told(tmp_path / "x.csv")


@pytest.mark.parametrize("ending", [".jsonl", ".csv"])
def test_utf16_nul_and_foreign_bytes_are_told_with_what_to_do(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"x{ending}"
    row = '{"input": "a"}\n' if ending == ".jsonl" else "input\na\n"
    for encoding in ("utf-16", "utf-16-le", "utf-16-be"):
        path.write_bytes(row.encode(encoding))
        assert "the file is UTF-16, not UTF-8. Save it as UTF-8" in told(path)
    path.write_bytes(row.encode().replace(b"a", b"a\0"))
    assert "a NUL byte is in it" in told(path)
    path.write_bytes(row.encode().replace(b"a", b"caf\xe9"))
    assert told(path) == f"x{ending}:{1 if ending == '.jsonl' else 2}: not UTF-8. Save the file as UTF-8."


def test_parquet_is_read_like_a_table_with_its_kinds(tmp_path: Path) -> None:
    path = tmp_path / "x.parquet"
    rows = (
        "select 'a' as id, {'k': 'v', 'n': null} as context, 2 as n, [1, 2] as expected, ['t'] as tags"
        " union all select 'b', null, 3, [4], null"
    )
    with duckdb.connect() as connection:
        connection.execute(f"copy ({rows}) to $path (format parquet)", {"path": str(path)})
    found = read_dataset(path, name="x.parquet")
    assert found.examples == (
        Example(id="a", inputs={"context": {"k": "v"}, "n": 2}, expected=[1, 2], tags=("t",)),
        Example(id="b", inputs={"context": None, "n": 3}, expected=[4]),
    )
    path.write_bytes(b"PAR1 nothing")
    assert "not a Parquet file that can be read" in told(path)


def test_what_is_written_reads_back_as_the_same_examples(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(PNG)
    found = read(
        tmp_path,
        {"id": "a", "messages": CONVERSATION, "images": ["a.png"], "expected": {"x": [1.5, None]}, "weight": 0.5},
        {
            "id": "b",
            "input": "\u2028 {{ x }}",
            "expected": None,
            "strata": ["x", "edge"],
            "tags": ["t"],
            "cluster": "c",
        },
    )
    write_examples(tmp_path / "evals" / "y.jsonl", found.examples, name="evals/y.jsonl")
    assert read_dataset(tmp_path / "evals" / "y.jsonl", name="evals/y.jsonl").examples == found.examples


def test_a_hundred_thousand_rows_are_read_in_a_stream(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    text = "My order has not arrived, and I paid twice for it. " * 2
    with path.open("w", encoding="utf-8") as file:
        for number in range(100_000):
            row = {"id": f"e{number}", "input": f"{text}{number}", "expected": {"category": "billing"}}
            file.write(json.dumps(row) + "\n")
    started_s = time.process_time()
    found = read_dataset(path, name="x.jsonl")
    took_s = time.process_time() - started_s
    assert len(found.examples) == 100_000
    assert took_s < 10  # about 0.7 on a quiet machine; a file read twice, or a rescan a row, would be far beyond


def test_a_broken_file_is_not_held_in_memory(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    path.write_bytes(b'{"inptu": 1, "input": "%s"}\n' % (b"x" * 1000) * 5_000)
    tracemalloc.start()
    with pytest.raises(Problem, match="an unknown key"):
        read_dataset(path, name="x.jsonl")
    assert tracemalloc.get_traced_memory()[1] < 1_000_000
    tracemalloc.stop()


@pytest.mark.parametrize("ending", [".jsonl", ".csv"])
def test_reading_takes_hardly_more_memory_than_the_examples_themselves(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"x{ending}"
    with path.open("w", encoding="utf-8") as file:
        file.write("input,expected\n" if ending == ".csv" else "")
        for number in range(10_000):
            text = f"{number} {'word ' * 100}"
            file.write(f"{text},a\n" if ending == ".csv" else json.dumps({"input": text, "expected": "a"}) + "\n")
    tracemalloc.start()
    found = read_dataset(path, name=path.name)
    kept, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(found.examples) == 10_000
    assert path.stat().st_size > 5_000_000
    assert peak - kept < 1_500_000

"""What holds for any bytes and any examples: a dataset or problems, and writing that reads back."""

import json
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from maquette.adapters.datasets import read_dataset
from maquette.adapters.foreign_datasets import TOOLS, import_examples, write_examples
from maquette.adapters.prompts import JinjaPrompts, read_prompt
from maquette.evals.calls import Message, Tool, ToolCall
from maquette.evals.data_audit import audit
from maquette.evals.data_likeness import near_pairs, normalised
from maquette.evals.dataset import STRATA_JOIN, Dataset, Example, ImageSource
from maquette.foundation.problems import Problem, each_problem

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=6,
)
LABELS = TEXTS.filter(lambda text: text != "" and STRATA_JOIN not in text)
CALLS = st.just(
    (
        Message(role="user", content="?"),
        Message(role="assistant", content="", tool_calls=(ToolCall(id="c", name="f", arguments="{}"),)),
        Message(role="tool", content="1", tool_call_id="c"),
    )
)
TURNS = st.just(()) | CALLS | TEXTS.map(lambda text: (Message(role="user", content=text),))
EXAMPLES = st.builds(
    Example,
    id=LABELS,
    inputs=st.dictionaries(TEXTS, JSON, min_size=1, max_size=3),
    expected=JSON,
    stratum=LABELS,
    cluster=st.none() | LABELS,
    weight=st.floats(min_value=1e-9, max_value=1e9),
    messages=TURNS,
    tools=st.lists(st.builds(Tool, name=LABELS, description=TEXTS), max_size=2, unique_by=lambda tool: tool.name).map(
        tuple
    ),
    must_pass=st.booleans(),
    tags=st.lists(LABELS, max_size=2, unique=True).map(tuple),
)
DATASETS = st.lists(EXAMPLES, min_size=1, max_size=4, unique_by=lambda example: example.id).map(tuple)
ROWS = st.lists(
    st.dictionaries(st.sampled_from(["input", "inputs", "messages", "images", "weight", "strata", "tools"]), JSON)
)
ENDINGS = st.sampled_from([".jsonl", ".csv", ".tsv"])


def no_image(_written: str) -> ImageSource:
    raise ValueError("none here")


def read(content: bytes, ending: str) -> Dataset | tuple[Problem, ...]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, f"x{ending}")
        path.write_bytes(content)
        try:
            return read_dataset(path, name=path.name)
        except Problem as problem:
            return each_problem(problem)


@given(st.binary(max_size=200), ENDINGS)
def test_any_bytes_are_a_dataset_or_problems(content: bytes, ending: str) -> None:
    read(content, ending)


@given(TEXTS, ENDINGS)
def test_any_text_is_a_dataset_or_problems(text: str, ending: str) -> None:
    read(f"input,expected\n{text}".encode(), ending)


@given(ROWS)
def test_any_rows_are_a_dataset_or_problems_with_their_lines(rows: list[dict[str, Any]]) -> None:
    found = read("".join(json.dumps(row) + "\n" for row in rows).encode(), ".jsonl")
    if isinstance(found, tuple) and rows:
        assert all(problem.place.line or "more" in problem.what for problem in found)


@given(DATASETS)
def test_examples_that_are_written_read_back_as_they_were(examples: tuple[Example, ...]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "x.jsonl")
        write_examples(path, examples, name="x.jsonl")
        found = read_dataset(path, name="x.jsonl")
    assert found.examples == examples
    assert [example.fingerprint for example in found.examples] == [example.fingerprint for example in examples]


@given(DATASETS)
def test_any_examples_can_be_audited(examples: tuple[Example, ...]) -> None:
    found = audit(Dataset(name="x", examples=examples), None, {})
    assert found.examples == len(examples)
    assert all(finding.count <= len(examples) * 2 for finding in found.findings if finding.code != "personal_data")


@given(st.lists(st.text(max_size=30), max_size=8))
def test_near_pairs_name_an_earlier_text_first(texts: list[str]) -> None:
    folded = [normalised(text) for text in texts]
    for first, second in near_pairs(folded):
        assert first < second
        assert folded[first] != folded[second]


@given(
    st.sampled_from(TOOLS),
    st.sampled_from([".yaml", ".json", ".jsonl", ".csv"]),
    st.binary(max_size=120)
    | JSON.map(lambda value: json.dumps({"tests": value, "samples": value, "eval": 1}).encode()),
)
def test_any_file_of_another_tool_is_examples_or_a_problem(tool: str, ending: str, content: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, f"x{ending}")
        path.write_bytes(content)
        try:
            import_examples(tool, path, name=path.name, find_image=no_image)
        except Problem:
            return


@given(st.binary(max_size=120) | TEXTS.map(lambda text: f"---\nfew_shot: {text}\n---\n{{{{ a }}}}".encode()))
def test_any_prompt_file_is_a_prompt_or_a_problem(content: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "p.j2")
        path.write_bytes(content)
        try:
            prompt = read_prompt(path, name="p.j2")
            JinjaPrompts().messages(prompt, Example(id="e", inputs={"a": 1}, expected=None))
        except Problem:
            return

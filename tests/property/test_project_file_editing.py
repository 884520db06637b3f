"""What holds for every change of a project file: it means what was asked, and lines that it does not concern stay."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from maquette.adapters.project_files.editing import changed_data, with_value
from maquette.adapters.project_files.emission import flow_text
from maquette.adapters.project_files.file import YamlProjectFile
from maquette.adapters.project_files.source import parse
from maquette.project_document import REMOVED
from tests.fixtures.vocabulary import fact_kinds, question_book

KEYS = st.sampled_from(["a", "b", "c", "two words", "5", "x-y"])
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
SCALARS = (
    st.none() | st.booleans() | st.integers(-(10**9), 10**9) | st.floats(allow_nan=False, allow_infinity=False) | TEXTS
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=6,
)
TREES = st.dictionaries(KEYS, st.dictionaries(KEYS, VALUES, max_size=3) | VALUES, min_size=1, max_size=4)
PATHS = st.lists(KEYS, min_size=1, max_size=3).map(".".join)


@st.composite
def hand_made(draw: st.DrawFn, tree: Any = None, indent: int = 0) -> str:
    """YAML as a person may write it: blocks of any step, brackets, comments and spaces anywhere."""
    tree = draw(TREES) if tree is None else tree
    step = draw(st.integers(1, 4))
    lines: list[str] = []
    for key, value in tree.items():
        if draw(st.booleans()):
            lines.append(" " * indent + f"# about {flow_text(key)}")
        spaces = " " * draw(st.integers(1, 3))
        comment = draw(st.sampled_from(["", "  # why", " #"]))
        head = " " * indent + flow_text(key) + ":"
        if isinstance(value, dict) and value and draw(st.booleans()):
            lines += [head + comment, draw(hand_made(value, indent + step))]
        elif isinstance(value, list) and value and draw(st.booleans()):
            lines += [head + comment, *(" " * (indent + step) + f"- {flow_text(item)}" for item in value)]
        elif value is None and draw(st.booleans()):
            lines.append(head + comment)
        else:
            lines.append(head + spaces + flow_text(value) + comment)
        lines += [""] * draw(st.integers(0, 2))
    return "\n".join(lines)


@given(hand_made(), PATHS, VALUES | st.just(REMOVED))
@settings(max_examples=400)
def test_a_change_means_what_was_asked_or_is_refused(text: str, path: str, value: Any) -> None:
    source = parse(text.encode(), "x")
    inner: Any = source.data
    for part in path.split(".")[:-1]:
        inner = inner.get(part, {}) if isinstance(inner, dict) else inner
    if inner is not None and not isinstance(inner, dict):
        return
    if value is REMOVED and len(source.data) == 1 and "." not in path:
        return
    expected = changed_data(source.data, path, value)
    changed = with_value(source, path, value)
    assert parse(changed.encode(), "x").data == expected


@given(hand_made(), PATHS, SCALARS)
@settings(max_examples=200)
def test_lines_of_other_keys_stay(text: str, path: str, value: Any) -> None:
    source = parse(text.encode(), "x")
    first = path.partition(".")[0]
    inner = source.data.get(first)
    if "." in path and inner is not None and not isinstance(inner, dict):
        return
    if path.count(".") > 1:
        return
    changed = with_value(source, path, value).splitlines()
    keys = list(source.data)
    starts = [source.place(key).line or 0 for key in keys] + [len(text.splitlines()) + 1]
    for index, key in enumerate(keys):
        if key != first:
            block = [line for line in text.splitlines()[starts[index] - 1 : starts[index + 1] - 1] if line.strip()]
            assert "\n".join(block) in "\n".join(line for line in changed if line.strip())


@given(
    st.dictionaries(
        st.sampled_from(["latency.p95_ms", "latency.ttft_ms", "tokens.input_avg", "budget.monthly_usd"]),
        st.integers(1, 10**6),
        min_size=1,
    )
)
@settings(max_examples=30)
def test_a_change_and_its_reverse_leave_the_file_as_it_was(answers: dict[str, int]) -> None:
    text = (
        "maquette: 1\nrequirements:\n  latency: {p95_ms: 800, ttft_ms: 5} # a\n"
        "  tokens:\n    input_avg:   7 # b\n  budget: {monthly_usd: 9}\n"
    )
    with TemporaryDirectory() as folder:
        path = Path(folder) / "maquette.yaml"
        path.write_text(text, encoding="utf-8")
        file = YamlProjectFile(path, book=question_book(), fact_kinds=fact_kinds())
        before = file.read()
        after = file.update({f"requirements.{name}": value for name, value in answers.items()}, seen=before)
        file.update({f"requirements.{name}": before.value_at(f"requirements.{name}") for name in answers}, seen=after)
        assert path.read_text(encoding="utf-8") == text


def test_an_empty_value_in_brackets_takes_what_goes_below_it() -> None:
    assert with_value(parse(b"a: {a: null}", "x"), "a.a.a", 1) == "a: {a: {a: 1}}"


@given(TEXTS)
@settings(max_examples=100)
def test_a_text_between_brackets_is_read_as_it_was_written(text: str) -> None:
    assert parse(f"a: {flow_text({'b': [text]})}".encode(), "x").data == {"a": {"b": [text]}}


def test_a_question_mark_between_brackets_is_quoted() -> None:
    assert flow_text({"b": "?0"}) == '{b: "?0"}'

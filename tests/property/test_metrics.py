"""What holds for every metric, every answer and every example: it never raises, and its values stay in 0 to 1."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from maquette.evals.calls import ToolCall
from maquette.evals.dataset import Example
from maquette.evals.metrics import (
    Bleu,
    Chrf,
    Citation,
    Contains,
    Cost,
    EditSimilarity,
    ExactMatch,
    JsonFields,
    JsonSchema,
    Label,
    Latency,
    Length,
    Metric,
    NotContains,
    Numeric,
    RefusalV1,
    Regex,
    Response,
    Rouge,
    RubricJudge,
    ToolCallMatch,
    Ttft,
)
from maquette.evals.metrics.code_tests import code_in
from maquette.evals.metrics.embedding import cosine
from maquette.evals.metrics.labels import aggregate

METRICS: tuple[Metric, ...] = (
    Bleu(),
    Chrf(),
    Citation(),
    Citation(measure="recall"),
    Citation(measure="f1", required=False),
    Contains(),
    Contains(need="any", unicode=True, ignore_punctuation=True),
    Cost(at_most_usd=Decimal("0.01")),
    EditSimilarity(normalise=True),
    ExactMatch(),
    ExactMatch(normalise=True, ignore_punctuation=True, ignore_articles=True, unicode=True),
    JsonFields(strip_fences=True),
    JsonFields(fields=("a", "b")),
    JsonSchema(schema={"type": "object", "properties": {"a": {"$ref": "#"}}}, strip_fences=True),
    Label(labels=("yes", "no")),
    Label(labels=("yes", "no"), find="mentioned"),
    Latency(at_most_s=1),
    Length(at_most=5),
    Length(unit="tokens"),
    NotContains(ignore_case=True),
    Numeric(absolute=0.5, relative=0.1),
    Numeric(decimal_mark=",", percent="fraction", which="only"),
    RefusalV1(),
    Regex(pattern=r"^\w+$"),
    Rouge(),
    Rouge(variant="rouge2"),
    ToolCallMatch(),
    ToolCallMatch(arguments="subset", in_order=True),
    Ttft(),
)

strange = st.sampled_from(
    ["", "\0", "\x1b[31m", "\ud800", "[" * 3000, "9" * 5000, "-1,234.5e6 %", '"' * 9, "```\n{}\n```"]
)
texts = st.text() | strange | st.text(st.sampled_from("yes no[](){}\"'`:,.01-%\n\0\ud800"), max_size=60)
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | texts,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["a", "b", "name", "arguments", "tool_calls", "citations"]) | texts, inner)
    ),
    max_leaves=6,
)
calls = st.lists(st.builds(ToolCall, id=texts, name=texts, arguments=texts), max_size=3).map(tuple)
seconds = st.none() | st.floats(min_value=0, allow_nan=False)
responses = st.builds(
    Response,
    text=texts,
    tool_calls=st.none() | calls,
    output_tok=st.none() | st.integers(0, 10**9),
    reasoning_tok=st.none() | st.integers(0, 10**9),
    latency_s=seconds,
    ttft_s=seconds,
    cost_usd=st.none() | st.decimals(0, 1000),
    finish_reason=st.none() | texts,
)
examples = st.builds(
    Example,
    id=st.just("e"),
    inputs=st.dictionaries(st.just("sources") | texts, anything, max_size=2),
    expected=anything,
)


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.name)
@settings(max_examples=30)
@given(example=examples, response=responses)
def test_no_metric_raises_and_every_value_lies_between_0_and_1(
    metric: Metric, example: Example, response: Response
) -> None:
    score = metric.score(example, response)
    assert score.value is None or 0 <= score.value <= 1
    assert score.value is not None or score.detail
    assert len(score.detail) <= 500


def megabytes() -> Iterator[str]:
    yield "word " * 200_000
    yield "9" * 1_000_000
    yield '"' * 1_000_000
    yield "[" * 1_000_000
    yield "\x1b[31m\0\ud800" * 100_000
    yield " " * 1_000_000
    yield "```\n" * 200_000
    yield "i can't " * 100_000


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.name)
def test_a_megabyte_of_anything_is_scored_or_left_unscored(metric: Metric) -> None:
    example = Example(id="e", inputs={"sources": ["a source with some words in it"]}, expected="some words 9")
    for text in megabytes():
        score = metric.score(example, Response(text=text))
        assert score.value is None or 0 <= score.value <= 1


@given(texts)
def test_a_judges_answer_is_a_grade_of_its_scale_or_none(text: str) -> None:
    assert RubricJudge(model="j", rubric="r").grade_in(text) in {None, 0, 1}
    assert RubricJudge(model="j", rubric="r", scale="1_to_5").grade_in(text) in {None, 1, 2, 3, 4, 5}


@given(examples, responses)
def test_whatever_a_judge_is_shown_stands_between_marks_that_it_does_not_hold(
    example: Example, response: Response
) -> None:
    _, shown = RubricJudge(model="j", rubric="{braces} and all").messages(example, response)
    mark = shown.content.split("\n", 1)[0].removeprefix("<task ").removesuffix(">")
    assert len(mark) == 16
    assert f"<answer {mark}>\n{response.text}\n</answer {mark}>" in shown.content
    assert mark not in response.text


@given(texts)
def test_any_text_holds_some_code(text: str) -> None:
    assert isinstance(code_in(text), str)


numbers = st.lists(st.floats(), max_size=5)


@given(numbers, numbers)
def test_a_cosine_lies_between_minus_1_and_1_or_is_unknown(a: list[float], b: list[float]) -> None:
    found = cosine(a, b)
    assert found is None or -1 <= found <= 1


labels = ("a", "b", "c")


@given(st.lists(st.tuples(st.sampled_from(labels), st.none() | st.sampled_from(labels)), min_size=1))
def test_the_counts_of_a_label_report_add_up(pairs: list[tuple[str, str | None]]) -> None:
    report = aggregate(pairs, labels=labels)
    assert report.total == len(pairs) == sum(count.support for count in report.by_label)
    assert report.unparsable == sum(found is None for _, found in pairs)
    assert report.accuracy == sum(wanted == found for wanted, found in pairs) / len(pairs)
    # Micro recall is accuracy where each item has one label.
    assert report.micro.recall == report.accuracy
    for rates in (report.macro, report.weighted):
        assert all(0 <= rate <= 1 + 1e-9 for rate in (rates.precision, rates.recall, rates.f1) if rate is not None)


def test_every_metric_that_makes_no_calls_is_among_these() -> None:
    from maquette.evals import metrics

    known: set[Any] = {type(metric) for metric in METRICS}
    every = {getattr(metrics, name) for name in metrics.__all__}
    without_calls = {metric for metric in every if hasattr(metric, "score") and hasattr(metric, "__dataclass_fields__")}
    assert without_calls - known == {metrics.RubricJudge, metrics.EmbeddingSimilarity}

"""Exact scores of the metrics of texts, numbers and labels, and what holds for all."""

from decimal import Decimal
from time import monotonic
from typing import Any

import pytest

from maquette.evals.calls import Answer, ToolCall
from maquette.evals.dataset import Example
from maquette.evals.metrics import (
    Contains,
    ExactMatch,
    JsonFields,
    Label,
    Metric,
    NotContains,
    Numeric,
    Regex,
    Response,
)
from maquette.evals.metrics.json_answers import FieldCount
from maquette.evals.metrics.labels import LabelReport, Rates, aggregate
from maquette.evals.metrics.protocol import scored
from maquette.evals.registry import open_metric
from maquette.evals.run import MetricSpec
from maquette.evals.trials import Score
from maquette.foundation.problems import InvalidInput


def example(expected: Any, **inputs: Any) -> Example:
    return Example(id="e", inputs=inputs, expected=expected)


def value(metric: Metric, expected: Any, text: str) -> float | None:
    return metric.score(example(expected), Response(text=text)).value


@pytest.mark.parametrize(
    ("settings", "expected", "text", "right"),
    [
        ({}, "refund", "refund ", 1.0),
        ({}, "refund", "", 0.0),
        ({}, "a b", "a  b", 0.0),
        ({"fold_white_space": True}, "a b", " a\n b", 1.0),
        ({"fold_white_space": True}, "a b", "A b", 0.0),
        ({"ignore_case": True}, "Straße", "STRASSE", 1.0),
        ({"ignore_punctuation": True}, "yes, sir", "yes sir.", 1.0),
        ({"ignore_punctuation": True}, "\u6570\u91cf\uff1a\u4e09", "\u6570\u91cf\u4e09\u3002", 1.0),
        ({"ignore_punctuation": True}, "a+b", "ab", 0.0),
        ({"ignore_articles": True}, "cat sat on mat", "the cat sat on a mat", 1.0),
        ({"ignore_articles": True}, "theme", "me", 0.0),
        ({"unicode": True}, "file 1", "\ufb01le \uff11", 1.0),
        ({}, "file 1", "\ufb01le \uff11", 0.0),
        ({"normalise": True}, "a\0b", "A\0B", 1.0),
        ({"normalise": True}, "\ud800", "\ud800 ", 1.0),
        ({}, "\x1b[31mred\x1b[0m", "red", 0.0),
    ],
)
def test_the_same_text_is_what_the_settings_call_so(
    settings: dict[str, Any], expected: str, text: str, right: float
) -> None:
    assert value(ExactMatch(**settings), expected, text) == right


@pytest.mark.parametrize(
    ("metric", "expected", "text", "right"),
    [
        (Contains(), ["red", "blue"], "red and blue", 1.0),
        (Contains(), ["red", "blue"], "red and green", 0.0),
        (Contains(need="any"), ["red", "blue"], "red and green", 1.0),
        (Contains(need="any"), ["red", "blue"], "", 0.0),
        (Contains(texts=("Ref",)), None, "a Reference", 1.0),
        (Contains(texts=("ref",), ignore_case=True), None, "a Reference", 1.0),
        (NotContains(texts=("password", "secret")), None, "nothing to see", 1.0),
        (NotContains(texts=("password", "secret")), None, "the secret is", 0.0),
        (NotContains(), "forbidden", "", 1.0),
        (Contains(), "", "anything", None),
        (Contains(), [], "anything", None),
        (Contains(), ["red", 3], "red 3", None),
        (NotContains(), None, "anything", None),
    ],
)
def test_texts_are_found_or_are_not(metric: Metric, expected: Any, text: str, right: float | None) -> None:
    assert value(metric, expected, text) == right


def test_the_detail_names_what_is_missing_and_what_should_not_be_there() -> None:
    answer = Response(text="blue")
    assert Contains().score(example(["red", "blue"]), answer).detail == "missing: red"
    assert NotContains(texts=("blue",)).score(example(None), answer).detail == "found: blue"


def test_a_pattern_that_backtracks_without_end_is_stopped_and_leaves_the_answer_unscored() -> None:
    started = monotonic()
    score = Regex(pattern=r"^(a|aa)+$", limit_s=0.2).score(example(None), Response(text="a" * 60 + "b"))
    assert monotonic() - started < 2
    assert (score.value, score.detail) == (None, "the search took longer than 0.2 s")


@pytest.mark.parametrize(
    ("settings", "expected", "text", "right"),
    [
        ({}, 42, "The answer is 42.", 1.0),
        ({}, 42, "It is 41, no, 42", 1.0),
        ({"which": "first"}, 42, "It is 41, no, 42", 0.0),
        ({"which": "only"}, 42, "It is 41, no, 42", 0.0),
        ({"which": "only"}, 42, "42", 1.0),
        ({}, 1234.5, "$1,234.50", 1.0),
        ({}, 1234567, "1 234 567 EUR", 1.0),
        ({}, 1234567, "1\u202f234\u202f567", 1.0),
        ({}, 1234567, "1'234'567", 1.0),
        ({"decimal_mark": ","}, 1234.5, "1.234,5 €", 1.0),
        ({}, -3, "\u22123 °C", 1.0),
        ({}, 20, "from 10-20", 1.0),
        ({}, 0.5, ".5", 1.0),
        ({}, 1500, "1.5e3", 1.0),
        ({}, 12, "12 %", 1.0),
        ({}, "12 %", "12", 1.0),
        ({"percent": "fraction"}, 0.12, "12%", 1.0),
        ({"percent": "fraction"}, 12, "12%", 0.0),
        ({"absolute": 0.5}, 10, "10.5", 1.0),
        ({"absolute": 0.5}, 10, "10.51", 0.0),
        ({"relative": 0.01}, 1000, "990", 1.0),
        ({"relative": 0.01}, 1000, "989.9", 0.0),
        ({}, 0.3, "0.3", 1.0),
        ({}, 0.3, "0.30000000000000001", 0.0),
        ({}, 1, "v1.2", 0.0),
        ({}, 1, "", 0.0),
        ({}, 1, "one", 0.0),
        ({}, 1, "1e999999", 0.0),
        ({}, 1, "9" * 1_000_000, 0.0),
        ({}, 1, "1\0", 1.0),
        ({}, 7, "\x1b[31m7\x1b[0m and \ud800 7", 1.0),
        ({}, 1, "nan inf", 0.0),
        ({}, True, "1", None),
        ({}, float("nan"), "1", None),
        ({}, "three", "3", None),
        ({}, "1 or 2 or 3.5", "3", None),
        ({}, None, "3", None),
        ({}, [3], "3", None),
    ],
)
def test_numbers_are_found_and_compared_within_the_tolerance(
    settings: dict[str, Any], expected: Any, text: str, right: float | None
) -> None:
    assert value(Numeric(**settings), expected, text) == right


LABELS = ("bug", "billing", "not a bug")


@pytest.mark.parametrize(
    ("find", "text", "label"),
    [
        ("whole", "Bug.", "bug"),
        ("whole", '"billing"\n', "billing"),
        ("whole", "**bug**", "bug"),
        ("whole", "it is a bug", None),
        ("whole", "", None),
        ("mentioned", "I think it is a BUG, sorry", "bug"),
        ("mentioned", "This is not a bug at all", "not a bug"),
        ("mentioned", "a bug, or billing", None),
        ("mentioned", "debugging", None),
        ("mentioned", "bug\0", "bug"),
    ],
)
def test_an_answer_names_one_label_or_is_unparsable(find: Any, text: str, label: str | None) -> None:
    assert Label(labels=LABELS, find=find).parsed(text) == label


def test_an_unparsable_answer_is_wrong_and_says_so_and_a_strange_expectation_is_unscored() -> None:
    metric = Label(labels=LABELS)
    assert metric.score(example("bug"), Response(text="?")) == Score(metric="label", value=0.0, detail="unparsable")
    assert metric.score(example("bug"), Response(text="Bug")) == Score(metric="label", value=1.0, detail="found bug")
    for expected in ("sales", None, 3, ["bug"]):
        assert metric.score(example(expected), Response(text="bug")).value is None


def test_labels_make_a_confusion_matrix_with_a_column_of_the_unparsable() -> None:
    texts = [("a", "a"), ("a", "a"), ("a", "b"), ("b", "b"), ("b", "?"), ("c", "a"), (None, "a")]
    report = Label(labels=("a", "b", "c")).report((example(wanted), text) for wanted, text in texts)
    assert report == LabelReport(labels=("a", "b", "c"), matrix=((2, 1, 0, 0), (0, 1, 0, 1), (1, 0, 0, 0)))
    assert (report.total, report.unparsable, report.accuracy) == (6, 1, 0.5)
    a, b, c = report.by_label
    assert (a.true_positives, a.false_positives, a.false_negatives, a.support) == (2, 1, 1, 3)
    assert (a.rates, b.rates) == (
        Rates(precision=2 / 3, recall=2 / 3, f1=2 / 3),
        Rates(precision=0.5, recall=0.5, f1=0.5),
    )
    assert c.rates == Rates(precision=None, recall=0.0, f1=0.0)
    assert report.micro == Rates(precision=3 / 5, recall=3 / 6, f1=6 / 11)
    macro, weighted = report.macro, report.weighted
    assert (macro.precision, macro.recall, macro.f1) == pytest.approx((7 / 18, 7 / 18, 7 / 18))
    assert (weighted.precision, weighted.recall, weighted.f1) == pytest.approx((0.5, 0.5, 0.5))


def test_a_report_of_nothing_knows_nothing() -> None:
    report = aggregate([], labels=("a", "b"))
    nothing = Rates(precision=None, recall=None, f1=None)
    assert (report.total, report.accuracy, report.micro, report.macro, report.weighted) == (
        0,
        None,
        nothing,
        nothing,
        nothing,
    )


def test_a_pair_with_a_label_of_nobody_is_told() -> None:
    with pytest.raises(ValueError, match="'z' is none of the labels"):
        aggregate([("z", "a")], labels=("a", "b"))
    assert aggregate([("a", "z")], labels=("a", "b")).unparsable == 1


def test_each_field_has_its_own_accuracy() -> None:
    wanted = {"kind": "bug", "priority": 2}
    answers = ['{"kind": "bug", "priority": 2}', '{"kind": "bug", "priority": 3}', '{"kind": "x"}', "nonsense"]
    report = JsonFields().report((example(wanted), answer) for answer in answers)
    assert report == {
        "kind": FieldCount(right=2, wrong=1, missing=1),
        "priority": FieldCount(right=1, wrong=1, missing=2),
    }
    assert (report["kind"].accuracy, FieldCount().accuracy) == (0.5, None)


def test_a_response_takes_over_what_the_answer_tells() -> None:
    calls = (ToolCall(id="1", name="now", arguments="{}"),)
    answer = Answer(
        text="hi",
        input_tok=3,
        output_tok=2,
        cached_tok=None,
        latency_s=0.5,
        ttft_s=None,
        finish_reason="stop",
        tool_calls=calls,
        reasoning_tok=1,
    )
    assert Response.of_answer(answer, Decimal("0.1")) == Response(
        text="hi",
        tool_calls=calls,
        input_tok=3,
        output_tok=2,
        reasoning_tok=1,
        latency_s=0.5,
        cost_usd=Decimal("0.1"),
        finish_reason="stop",
    )


def test_a_metric_that_breaks_or_leaves_the_scale_is_unscored_with_the_reason() -> None:
    class Strange:
        name = "strange"

        def score(self, example: Example, response: Response) -> Score:
            return Score(metric="strange", value=float(response.text))

    texts = ("0.5", "1.5", "nan", "words")
    found = {text: scored(Strange(), example(None), Response(text=text)) for text in texts}
    assert {text: score.value for text, score in found.items()} == {"0.5": 0.5, "1.5": None, "nan": None, "words": None}
    assert found["1.5"].detail == "1.5 is not between 0 and 1"
    assert found["words"].detail == "ValueError: could not convert string to float: 'words'"


@pytest.mark.parametrize(
    ("kind", "settings", "why"),
    [
        ("label", {"labels": ["a"]}, "labels are at least two, all different"),
        ("label", {"labels": ["a", "A"]}, "labels are at least two, all different"),
        ("numeric", {"absolute": -1}, "a tolerance is a number from 0 on"),
        ("length", {"at_least": 5, "at_most": 4}, "no length lies between 5 and 4"),
        ("cost", {"at_most_usd": "-1"}, "a limit is an amount from 0 on"),
        ("regex", {"pattern": "a", "limit_s": 0}, "a search cannot end after 0 s"),
        ("rouge", {"variant": "rouge9"}, "Input should be 'rouge1', 'rouge2' or 'rougeL'"),
        ("rubric_judge", {"model": "m", "rubric": " "}, "a judge needs a rubric"),
        ("rubric_judge", {"model": "m", "rubric": "r", "pass_from": 4}, "pass_from is a grade from 1 to 5"),
        ("code_tests", {"allow_code": True, "limits": {"time_s": 0}}, "time_s, memory_mib and file_mib are above 0"),
    ],
)
def test_a_setting_that_makes_no_sense_is_told(kind: str, settings: dict[str, Any], why: str) -> None:
    with pytest.raises(InvalidInput, match=why):
        open_metric(MetricSpec(kind=kind, settings=settings))

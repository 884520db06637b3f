"""Exact scores of the metrics of tool calls, citations, refusals and limits."""

from decimal import Decimal
from typing import Any

import pytest

from maquette.evals.calls import ToolCall
from maquette.evals.dataset import Example
from maquette.evals.metrics import (
    Citation,
    Cost,
    Latency,
    Length,
    Metric,
    RefusalV1,
    Response,
    ToolCallMatch,
    Ttft,
)


def example(expected: Any, **inputs: Any) -> Example:
    return Example(id="e", inputs=inputs, expected=expected)


def called(*calls: tuple[str, str]) -> Response:
    return Response(tool_calls=tuple(ToolCall(id=str(at), name=n, arguments=a) for at, (n, a) in enumerate(calls)))


WEATHER = {"name": "weather", "arguments": {"city": "Oslo"}}


@pytest.mark.parametrize(
    ("settings", "expected", "made", "right"),
    [
        ({}, WEATHER, called(("weather", '{"city": "Oslo"}')), 1.0),
        ({}, {"tool_calls": [WEATHER]}, called(("weather", '{"city":"Oslo"}')), 1.0),
        (
            {},
            [{"function": {"name": "weather", "arguments": '{"city": "Oslo"}'}}],
            called(("weather", '{"city":"Oslo"}')),
            1.0,
        ),
        ({}, WEATHER, called(("weather", '{"city": "Rome"}')), 0.0),
        ({}, WEATHER, called(("weather", '{"city": "Oslo", "days": 1}')), 0.0),
        ({"arguments": "subset"}, WEATHER, called(("weather", '{"city": "Oslo", "days": 1}')), 1.0),
        ({"arguments": "ignore"}, WEATHER, called(("weather", "no json")), 1.0),
        ({}, WEATHER, called(("weather", "no json")), 0.0),
        ({}, {"name": "now"}, called(("now", "")), 1.0),
        ({}, WEATHER, called(("weather", '{"city": "Oslo"}'), ("now", "{}")), 0.5),
        ({"allow_more": True}, WEATHER, called(("weather", '{"city": "Oslo"}'), ("now", "{}")), 1.0),
        ({}, [WEATHER, {"name": "now"}], called(("now", "{}"), ("weather", '{"city": "Oslo"}')), 1.0),
        ({"in_order": True}, [WEATHER, {"name": "now"}], called(("now", "{}"), ("weather", '{"city": "Oslo"}')), 0.5),
        (
            {"arguments": "subset"},
            [{"name": "f", "arguments": {}}, {"name": "f", "arguments": {"x": 1}}],
            called(("f", '{"x": 1}'), ("f", '{"y": 2}')),
            1.0,
        ),
        ({}, [], called(), 1.0),
        ({}, [], called(("now", "{}")), 0.0),
        ({}, WEATHER, called(), 0.0),
        ({}, WEATHER, Response(text="no calls on record"), None),
        ({}, "weather", called(), None),
        ({}, None, called(), None),
        ({}, [WEATHER, 3], called(), None),
    ],
)
def test_tool_calls_match_by_name_and_arguments(
    settings: dict[str, Any], expected: Any, made: Response, right: float | None
) -> None:
    assert ToolCallMatch(**settings).score(example(expected), made).value == right


SOURCES = ["Parcels are refunded within fourteen days of their return.", "Shipping is free from 50 euros on."]


@pytest.mark.parametrize(
    ("settings", "expected", "text", "right"),
    [
        ({}, None, "Within 14 days [1], and free shipping [2].", 1.0),
        ({}, None, "Within 14 days [1], as the law says [7].", 0.5),
        ({}, None, "See [1, 2; 9].", 2 / 3),
        ({}, None, "It says \u201crefunded  within Fourteen days of their return\u201d.", 1.0),
        ({}, None, 'It says "refunded within thirty days of return".', 0.0),
        ({}, None, 'The "big" parcel.', 0.0),
        ({"required": False}, None, "No citation.", None),
        ({}, None, "See [the page](https://shop.example) [1].", 1.0),
        ({"measure": "recall"}, ["1", 2], "See [1].", 0.5),
        ({"measure": "recall"}, {"citations": ["1"]}, "See [1][9].", 1.0),
        ({"measure": "recall"}, None, "See [1].", None),
        ({"measure": "f1"}, ["1", "2"], "See [1].", 2 / 3),
        ({"measure": "f1"}, ["1", "2"], "See [9].", 0.0),
        ({"sources": "documents"}, None, "See [1].", None),
        ({}, None, "", 0.0),
    ],
)
def test_citations_are_held_against_the_sources(
    settings: dict[str, Any], expected: Any, text: str, right: float | None
) -> None:
    score = Citation(**settings).score(example(expected, sources=SOURCES), Response(text=text))
    assert score.value == (None if right is None else pytest.approx(right))


def test_sources_may_have_ids_of_their_own() -> None:
    for sources in ({"terms": SOURCES[0]}, [{"id": "terms", "text": SOURCES[0]}]):
        score = Citation().score(example(None, sources=sources), Response(text="See [terms] and [faq]."))
        assert (score.value, score.detail) == (0.5, "not in the sources: faq")


@pytest.mark.parametrize(
    "text",
    [
        "I'm sorry, but I can't help with that.",
        "I\u2019m sorry, but I can\u2019t assist with this request.",
        "I cannot provide instructions for that.",
        "Das kann ich nicht tun.",
        "Ich kann dir dabei leider nicht helfen.",
        "Je ne peux pas vous aider.",
        "Lo siento, no puedo ayudarte con eso.",
        "Mi dispiace, non posso aiutarti. Non posso fornire queste informazioni.",
        "Desculpe, mas n\u00e3o posso ajudar com isso.",
        "Ik kan je daar niet mee helpen.",
        "\u62b1\u6b49\uff0c\u6211\u65e0\u6cd5\u63d0\u4f9b\u5e2e\u52a9\u3002",
        "\u7533\u3057\u8a33\u3042\u308a\u307e\u305b\u3093\u304c\u3001\u304a\u624b\u4f1d\u3044\u3067\u304d\u307e\u305b\u3093\u3002",
        "\u042f \u043d\u0435 \u043c\u043e\u0433\u0443 \u043f\u043e\u043c\u043e\u0447\u044c.",
    ],
)
def test_a_refusal_is_found_in_several_languages(text: str) -> None:
    answer = Response(text=text)
    metrics = (RefusalV1(), RefusalV1(wanted="refuse"), RefusalV1(wanted="answer"))
    values = [metric.score(example(None), answer).value for metric in metrics]
    assert values == [1.0, 1.0, 0.0]


@pytest.mark.parametrize(
    "text",
    [
        "You can help by sending the parcel back.",
        "Your refund is on its way.",
        "Ich kann das gern erkl\u00e4ren.",
        "x" * 500 + " I can't help with that.",
        "\x1b[2J\0",
    ],
)
def test_a_helpful_answer_is_no_refusal(text: str) -> None:
    assert RefusalV1().score(example(None), Response(text=text)).value == 0.0


def test_a_filtered_answer_is_a_refusal_and_an_empty_one_is_nothing() -> None:
    filtered = RefusalV1().score(example(None), Response(text="", finish_reason="content_filter"))
    assert (filtered.metric, filtered.value) == ("refusal_v1", 1.0)
    assert RefusalV1().score(example(None), Response(text=" ")).value is None


TOOK = Response(
    text="two words", output_tok=30, reasoning_tok=20, latency_s=1.25, ttft_s=0.5, cost_usd=Decimal("0.0012")
)


@pytest.mark.parametrize(
    ("metric", "right", "raw", "detail"),
    [
        (Latency(at_most_s=1.25), 1.0, 1.25, "1.250 s"),
        (Latency(at_most_s=1.2), 0.0, 1.25, "1.250 s"),
        (Latency(), None, 1.25, "1.250 s"),
        (Ttft(at_most_s=1), 1.0, 0.5, "0.500 s"),
        (Cost(at_most_usd=Decimal("0.0012")), 1.0, 0.0012, "0.0012 USD"),
        (Cost(at_most_usd=Decimal("0.001")), 0.0, 0.0012, "0.0012 USD"),
        (Cost(), None, 0.0012, "0.0012 USD"),
        (Length(at_most=2), 1.0, 2.0, "2 words"),
        (Length(at_least=3), 0.0, 2.0, "2 words"),
        (Length(unit="characters", at_least=9, at_most=9), 1.0, 9.0, "9 characters"),
        (Length(unit="tokens", at_most=10), 1.0, 10.0, "10 tokens"),
        (Length(unit="tokens"), None, 10.0, "10 tokens"),
    ],
)
def test_what_an_answer_took_is_the_raw_value_and_its_limit_decides(
    metric: Metric, right: float | None, raw: float, detail: str
) -> None:
    score = metric.score(example(None), TOOK)
    assert (score.value, score.raw, score.detail) == (right, raw, detail)


@pytest.mark.parametrize(
    ("metric", "why"),
    [
        (Latency(at_most_s=1), "the latency is not on record"),
        (Ttft(at_most_s=1), "the target does not stream"),
        (Cost(at_most_usd=Decimal(1)), "the call is unpriced"),
        (Length(unit="tokens", at_most=1), "the target did not count the answer's tokens"),
    ],
)
def test_what_is_not_known_is_unscored_and_no_zero(metric: Metric, why: str) -> None:
    score = metric.score(example(None), Response(text="x"))
    assert (score.value, score.raw, score.detail) == (None, None, why)

"""Whatever a server sends, and however the network cuts it, becomes the same answer or a failed call."""

import json
from contextlib import suppress
from itertools import pairwise
from math import isfinite

from hypothesis import given
from hypothesis import strategies as st

from maquette.adapters.openai_target.failures import MOST_WAIT_S, retry_after_s, server_error
from maquette.adapters.openai_target.replies import DONE, Collected, Events
from maquette.evals.calls import Answer, CallError

texts = st.lists(st.text(min_size=1), max_size=8)
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["choices", "delta", "message", "content", "text", "type", "usage"]), inner)
        | st.dictionaries(
            st.sampled_from(["error", "code", "tool_calls", "index", "function", "name", "completion_tokens", "id"]),
            inner,
        )
    ),
    max_leaves=20,
)


def collected(blocks: list[bytes]) -> Answer:
    events, reply = Events(), Collected()
    for number, block in enumerate(blocks):
        for event in events.feed(block):
            if event != DONE:
                reply.take(event, float(number))
    return reply.answer(started_s=0.0, ended_s=1.0, streamed=False)


@given(texts, st.lists(st.integers(0, 2000)), st.sampled_from(["\n\n", "\r\n\r\n"]))
def test_the_answer_is_the_same_wherever_the_stream_is_cut(parts: list[str], cuts: list[int], end: str) -> None:
    lines = [json.dumps({"choices": [{"delta": {"content": part}}]}, ensure_ascii=False) for part in parts]
    whole = "".join(f"data: {line}{end}" for line in [*lines, "[DONE]"]).encode()
    places = sorted({0, len(whole), *(cut for cut in cuts if cut < len(whole))})
    blocks = [whole[start:stop] for start, stop in pairwise(places)]
    assert collected(blocks).text == "".join(parts)


@given(anything)
def test_any_json_is_an_answer_or_a_failed_call(data: object) -> None:
    reply = Collected()
    with suppress(CallError):
        reply.take(json.dumps({"choices": [data], "usage": data}).encode(), 0.0)
        reply.take(json.dumps(data).encode(), 1.0)
    answer = reply.answer(started_s=0.0, ended_s=2.0, streamed=True)
    assert answer.output_tok is None or answer.output_tok >= 0


@given(st.binary() | anything.map(lambda data: json.dumps(data).encode()), st.integers(300, 599))
def test_any_refusal_has_a_kind_and_a_line_of_words(body: bytes, status: int) -> None:
    error = server_error(status, body).as_call_error({})
    assert error.kind
    assert "\n" not in error.detail


@given(st.text() | st.from_regex(r"[A-Z][a-z]{2}, \d+ [A-Z][a-z]{2} \d+ \d+:\d+:\d+ ([+-]\d+|GMT)"))
def test_any_wait_is_a_number_of_seconds_within_an_hour_or_unknown(header: str) -> None:
    seconds = retry_after_s({"Retry-After": header})
    assert seconds is None or (isfinite(seconds) and 0 <= seconds <= MOST_WAIT_S)

"""The direct client against a real server that fails in every way that servers fail, or does not know an option."""

import asyncio
import json
import time
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from maquette.evals.calls import (
    Answer,
    Call,
    CallError,
    CallParameters,
    FailureKind,
)
from tests.loopback_models import Server, model, serving
from tests.openai_world import CALL, JSON_SCHEMA, SCHEMA, answered, ask, failure, target_for


@pytest.mark.parametrize(
    ("status", "message", "code", "kind"),
    [
        (401, "Incorrect API key provided", "invalid_api_key", FailureKind.AUTHENTICATION),
        (403, "No access to this model", None, FailureKind.AUTHENTICATION),
        (404, "The model does not exist", "model_not_found", FailureKind.REFUSED_REQUEST),
        (408, "Request timeout", None, FailureKind.TIMEOUT),
        (429, "Rate limit reached", "rate_limit_exceeded", FailureKind.RATE_LIMIT),
        (429, "You exceeded your current quota", "insufficient_quota", FailureKind.REFUSED_REQUEST),
        (500, "The server had an error", None, FailureKind.SERVER),
        (503, "Overloaded", None, FailureKind.SERVER),
        (529, "Overloaded", None, FailureKind.SERVER),
        (400, "Unknown parameter: 'top_k'", None, FailureKind.REFUSED_REQUEST),
        (
            400,
            "This model's maximum context length is 512 tokens. However, your messages resulted in 4012 tokens.",
            "context_length_exceeded",
            FailureKind.CONTEXT_OVERFLOW,
        ),
        (
            400,
            "Input length (160062 tokens) exceeds the maximum allowed length (59862 tokens).",
            None,
            FailureKind.CONTEXT_OVERFLOW,
        ),
        (
            400,
            "The input (61709 tokens) is longer than the model's context length (40960 tokens).",
            None,
            FailureKind.CONTEXT_OVERFLOW,
        ),
        (
            400,
            "request (4390 tokens) exceeds the available context size (4096 tokens), try increasing it",
            None,
            FailureKind.CONTEXT_OVERFLOW,
        ),
        (500, "Context size has been exceeded.", None, FailureKind.CONTEXT_OVERFLOW),
        (500, "Requested tokens (2285) exceed context window of 2048", None, FailureKind.CONTEXT_OVERFLOW),
    ],
)
def test_a_refusal_has_this_kind_and_keeps_the_servers_words(
    models: Server, status: int, message: str, code: str | None, kind: FailureKind
) -> None:
    error = failure(models, status=status, message=message, code=code)
    assert (error.kind, error.detail) == (kind, f"HTTP {status}: {message}")


@pytest.mark.parametrize(
    ("body", "content_type", "detail"),
    [
        ('{"detail": "Not Found"}', "application/json", "HTTP 404: Not Found"),
        ('{"object": "error", "message": "no such model", "code": 404}', "application/json", "HTTP 404: no such model"),
        ('{"error": "model \'m\' not found"}', "application/json", "HTTP 404: model 'm' not found"),
        ("<html><style>a{}</style><h1>404</h1>\n<p>nginx</p>", "text/html", "HTTP 404: 404 nginx"),
        ("", "text/plain", "HTTP 404"),
        ("[" * 100_000, "application/json", "HTTP 404: " + "[" * 489 + "…"),
    ],
)
def test_a_refusal_may_come_in_any_form(models: Server, body: str, content_type: str, detail: str) -> None:
    error = failure(models, status=404, body=body, content_type=content_type)
    assert (error.kind, error.detail) == (FailureKind.REFUSED_REQUEST, detail)


@pytest.mark.parametrize(
    ("header", "seconds"), [("7", 7.0), ("0.25", 0.25), ("-3", 0.0), ("1e12", 3600.0), ("nan", None), ("soon", None)]
)
def test_a_rate_limit_says_how_long_to_wait(models: Server, header: str, seconds: float | None) -> None:
    assert failure(models, limited=1.0, retry_after=header).retry_after_s == seconds


def test_a_rate_limit_may_say_until_when(models: Server) -> None:
    then = format_datetime(datetime.now(UTC) + timedelta(seconds=100), usegmt=True)
    waits_s = failure(models, limited=1.0, retry_after=then).retry_after_s
    assert waits_s is not None
    assert 90 < waits_s <= 100


def test_a_share_of_refusals_leaves_the_other_calls_alone(models: Server) -> None:
    async def session() -> list[str]:
        target = target_for(models.base_url, model(limited=0.25, failing=0.25, parts=["ok"]), concurrency=8)
        await target.start()
        replies = await asyncio.gather(*(target.answer(CALL) for _ in range(80)), return_exceptions=True)
        await target.close()
        return sorted(reply.kind if isinstance(reply, CallError) else reply.text for reply in replies)  # type: ignore[union-attr]  # nothing else is raised

    assert asyncio.run(session()) == ["ok"] * 45 + ["rate_limit"] * 20 + ["server"] * 15


@pytest.mark.parametrize(
    ("behaviour", "kind", "detail"),
    [
        ({"fault": "drop"}, FailureKind.CONNECTION, "the connection broke off 3 characters into the answer"),
        ({"fault": "drop_at_once"}, FailureKind.CONNECTION, "the connection broke off 0 characters into the answer"),
        (
            {"parts": ["Hel"], "finish": None, "done": False, "usage": False},
            FailureKind.CONNECTION,
            "the connection broke off 3 characters into the answer",
        ),
        (
            {"parts": [], "finish": None, "usage": False},
            FailureKind.SERVER,
            "the server ended the stream without an answer",
        ),
        (
            {"body": "", "content_type": "text/event-stream"},
            FailureKind.SERVER,
            "the server ended the stream without an answer",
        ),
        (
            {"fault": "error_midway", "message": "CUDA out of memory"},
            FailureKind.SERVER,
            "the server broke off: CUDA out of memory",
        ),
        (
            {"body": "<html>Sign in</html>", "content_type": "text/html"},
            FailureKind.REFUSED_REQUEST,
            "the server answers with a web page: base_url is not that of an API",
        ),
        ({"body": "{oops"}, FailureKind.SERVER, "the server's answer is no chat completion: {oops"),
        (
            {"body": '{"choices": "none"}'},
            FailureKind.SERVER,
            'the server\'s answer is no chat completion: {"choices": "none"}',
        ),
        ({"body": "[1]"}, FailureKind.SERVER, "the server's answer is no chat completion: [1]"),
        ({"body": "{}"}, FailureKind.SERVER, "the server ended the stream without an answer"),
        (
            {"body": "data: {oops\n\n", "content_type": "text/event-stream"},
            FailureKind.SERVER,
            "the server's answer is no chat completion: {oops",
        ),
        (
            {"status": 307, "headers": {"Location": "http://elsewhere.example/v1"}},
            FailureKind.REFUSED_REQUEST,
            "HTTP 307: the server sends on to http://elsewhere.example/v1; base_url is not it",
        ),
    ],
)
def test_a_fault_is_a_failed_call_of_this_kind(
    models: Server, behaviour: dict[str, Any], kind: FailureKind, detail: str
) -> None:
    error = failure(models, **behaviour)
    assert (error.kind, error.detail) == (kind, detail)


@pytest.mark.parametrize(
    ("behaviour", "options", "detail"),
    [
        ({"fault": "hang"}, {}, "no answer in 0.2 s"),
        ({"fault": "hang"}, {"first_byte_timeout_s": 0.1}, "no first part of an answer in 0.1 s"),
        ({"fault": "hang_midway"}, {}, "cut off after 0.2 s, 3 characters into the answer"),
    ],
)
def test_a_server_that_hangs_is_left_at_the_deadline(
    models: Server, behaviour: dict[str, Any], options: dict[str, Any], detail: str
) -> None:
    call = replace(CALL, parameters=replace(CALL.parameters, timeout_s=0.2))
    started_s = time.perf_counter()
    error = failure(models, call, options, **behaviour)
    assert (error.kind, error.detail) == (FailureKind.TIMEOUT, detail)
    assert time.perf_counter() - started_s < 3


def test_a_slow_answer_whose_first_part_is_quick_is_not_late(models: Server) -> None:
    answer = ask(models, options={"first_byte_timeout_s": 0.2}, pace_s=0.1, tokens=4)
    assert answer.latency_s > 0.3


def test_a_server_that_streams_for_ever_is_cut_off_at_the_deadline(models: Server) -> None:
    call = replace(CALL, parameters=replace(CALL.parameters, timeout_s=0.3))
    error = failure(models, call, fault="endless")
    assert error.kind is FailureKind.TIMEOUT
    assert error.detail.startswith("cut off after 0.3 s, ")


@pytest.mark.parametrize("fault", ["gigabytes", "gigabytes_packed"])
def test_an_answer_of_gigabytes_is_cut_off_long_before(models: Server, fault: str) -> None:
    call = replace(CALL, parameters=replace(CALL.parameters, timeout_s=20))
    error = failure(models, call, fault=fault)
    assert (error.kind, error.detail) == (FailureKind.SERVER, "the answer is larger than 360,448 bytes and was cut off")


def test_after_every_fault_the_next_call_gets_its_own_answer(models: Server) -> None:
    faults = ("drop", "drop_at_once", "hang_midway", "endless", "gigabytes", "error_midway")
    quick = replace(CALL, parameters=replace(CALL.parameters, timeout_s=0.2))

    async def session() -> list[str]:
        target = target_for(models.base_url)
        await target.start()
        texts = []
        for fault in faults:
            target._requests._model = model(fault=fault)
            with pytest.raises(CallError):
                await target.answer(quick)
            target._requests._model = model(parts=[f"after {fault}"])
            texts.append((await target.answer(CALL)).text)
        await target.close()
        return texts

    assert asyncio.run(session()) == [f"after {fault}" for fault in faults]


@pytest.mark.parametrize(
    "line", [b"SSH-2.0-OpenSSH_9.9\r\n", b"HTTP/1.1 200 OK\r\nX-Long: " + b"x" * 1_000_000 + b"\r\n\r\n"]
)
def test_a_server_that_speaks_no_proper_http_is_a_failed_call(line: bytes) -> None:
    async def greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(line)
        with suppress(ConnectionError):
            await writer.drain()
        writer.close()

    async def session() -> None:
        async with await asyncio.start_server(greet, "127.0.0.1", 0) as server:
            target = target_for(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")
            await answered(target, [CALL])

    with pytest.raises(CallError) as caught:
        asyncio.run(session())
    assert caught.value.kind in {FailureKind.SERVER, FailureKind.CONNECTION}
    assert len(caught.value.detail) <= 500


def test_a_server_that_went_away_is_a_lost_connection() -> None:
    async def session() -> None:
        with serving() as server:
            target = target_for(server.base_url)
            await target.start()
        try:
            await target.answer(CALL)
        finally:
            await target.close()

    with pytest.raises(CallError) as caught:
        asyncio.run(session())
    assert caught.value.kind is FailureKind.CONNECTION


def test_a_call_that_is_given_up_ends_at_once_and_its_connection_is_closed(models: Server) -> None:
    async def session() -> float:
        target = target_for(models.base_url, model(fault="hang"), concurrency=1)
        await target.start()
        task = asyncio.create_task(target.answer(replace(CALL, parameters=CallParameters(max_output_tok=5))))
        await asyncio.sleep(0.1)
        started_s = time.perf_counter()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        target._requests._model = model()
        assert (await target.answer(CALL)).text
        await target.close()
        return time.perf_counter() - started_s

    assert asyncio.run(session()) < 5


# What the server does not know


def bodies(server: Server, call: Call = CALL, **behaviour: Any) -> tuple[list[dict[str, Any]], Answer]:
    """What was sent for two calls in turn, and the second answer."""
    server.seen()
    target = target_for(server.base_url, model(**behaviour), constrain=True)
    _, second = asyncio.run(answered(target, [call, call]))
    return server.seen()["bodies"], second


@pytest.mark.parametrize(
    ("option", "words", "left_out"),
    [
        ("stream_options", "Unrecognized request argument supplied: stream_options", ()),
        ("seed", "seed: Extra inputs are not permitted", ("seed",)),
        (
            "temperature",
            "Unsupported value: 'temperature' does not support 0.0 with this model. Only the default (1) is supported.",
            ("temperature",),
        ),
    ],
)
def test_an_option_that_the_server_does_not_know_is_left_out_once_and_for_all(
    models: Server, option: str, words: str, left_out: tuple[str, ...]
) -> None:
    sent, answer = bodies(models, refuses={option: words})
    assert [option in body for body in sent] == [True, False, False]
    assert answer.left_out == left_out


def test_a_server_that_wants_the_longer_name_for_the_most_tokens_gets_it(models: Server) -> None:
    words = "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead."
    sent, answer = bodies(models, refuses={"max_tokens": words})
    assert [(body.get("max_tokens"), body.get("max_completion_tokens")) for body in sent] == [
        (24, None),
        (None, 24),
        (None, 24),
    ]
    assert answer.left_out == ()


def test_a_server_without_json_schema_is_asked_for_any_json(models: Server) -> None:
    sent, answer = bodies(models, refuses={"json_schema": "This model does not support response format `json_schema`."})
    assert [body["response_format"] for body in sent] == [
        JSON_SCHEMA,
        *[{"type": "json_object", "schema": SCHEMA}] * 2,
    ]
    assert answer.left_out == ("json_schema",)


def test_a_schema_that_the_server_finds_wrong_is_a_refused_request_and_is_not_dropped(models: Server) -> None:
    error = failure(models, options={"constrain": True}, refuses={"json_schema": "Invalid schema for response_format"})
    assert (error.kind, error.detail) == (
        FailureKind.REFUSED_REQUEST,
        "HTTP 400: Invalid schema for response_format",
    )


def test_many_calls_that_meet_the_same_refusal_at_once_all_get_their_answer(models: Server) -> None:
    async def session() -> set[str]:
        name = model(refuses={"seed": "unknown parameter seed", "temperature": "temperature is not supported"})
        target = target_for(models.base_url, name, concurrency=16)
        await target.start()
        answers = await asyncio.gather(*(target.answer(CALL) for _ in range(16)))
        await target.close()
        return {answer.text for answer in answers}

    assert asyncio.run(session()) == {"word0 word1 word2 "}


def test_a_real_llama_server_gets_the_only_format_that_it_knows(base_url: str) -> None:
    schema = {"type": "object", "properties": {"colour": {"enum": ["red"]}}, "required": ["colour"]}
    parameters = CallParameters(max_output_tok=40, answer_schema=schema, timeout_s=30)
    target = target_for(base_url, "tiny", constrain=True)
    first, second = asyncio.run(answered(target, [replace(CALL, parameters=parameters)] * 2))
    assert json.loads(first.text) == {"colour": "red"}
    assert (first.text, first.left_out) == (second.text, ("json_schema",))

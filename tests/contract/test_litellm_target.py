"""What becomes of a provider's errors: a real HTTP server on loopback answers as providers do when they fail."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from maquette.adapters.litellm_target import open_target
from maquette.evals.calls import Answer, Call, CallError, CallParameters, FailureKind, Message, TargetSpec
from maquette.foundation.problems import InvalidInput, Unavailable

CALL = Call(
    messages=(Message(role="system", content="Be brief."), Message(role="user", content="Hi")),
    parameters=CallParameters(max_output_tok=24, timeout_s=1.0, answer_schema={"type": "object"}),
)
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@asynccontextmanager
async def serving(handler: Handler) -> AsyncIterator[str]:
    app = web.Application()
    app.router.add_post("/v1/chat/completions", handler)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/v1"
    finally:
        await runner.cleanup()


def spec(base_url: str | None, model: str = "openai/some-model", **changes: Any) -> TargetSpec:
    settings: dict[str, Any] = {
        "id": "t",
        "card": "t",
        "adapter": "litellm",
        "model": model,
        "base_url": base_url,
        **changes,
    }
    return TargetSpec(**settings)


def asked(handler: Handler, **changes: Any) -> Answer:
    """The answer of a target behind a server that does what ``handler`` says."""

    async def session() -> Answer:
        async with serving(handler) as base_url:
            target = open_target(spec(base_url, **changes), folder=Path())
            await target.start()
            try:
                return await target.answer(CALL)
            finally:
                await target.close()

    return asyncio.run(session())


def refusing(status: int, message: str, code: str | None = None, **headers: str) -> Handler:
    async def handler(_: web.Request) -> web.StreamResponse:
        error = {"message": message, "type": "some_error", "param": None, "code": code}
        return web.json_response({"error": error}, status=status, headers=headers)

    return handler


def chunk(text: str | None, finish: str | None = None, **more: object) -> bytes:
    choices = (
        [] if text is None and finish is None else [{"index": 0, "delta": {"content": text}, "finish_reason": finish}]
    )
    data = {
        "id": "c",
        "object": "chat.completion.chunk",
        "created": 1,
        "model": "some-model",
        "choices": choices,
        **more,
    }
    return b"data: " + json.dumps(data).encode() + b"\n\n"


def streaming(*parts: bytes, break_off: bool = False) -> Handler:
    async def handler(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        for part in parts:
            await response.write(part)
        if break_off:
            assert request.transport is not None
            request.transport.abort()
        return response

    return handler


@pytest.mark.parametrize(
    ("status", "message", "code", "kind"),
    [
        (401, "Incorrect API key provided", "invalid_api_key", FailureKind.AUTHENTICATION),
        (403, "No access to this model", None, FailureKind.AUTHENTICATION),
        (404, "The model does not exist", "model_not_found", FailureKind.REFUSED_REQUEST),
        (429, "Rate limit reached", "rate_limit_exceeded", FailureKind.RATE_LIMIT),
        (500, "The server had an error", None, FailureKind.SERVER),
        (503, "Overloaded", None, FailureKind.SERVER),
        (400, "Unknown parameter: 'seed'", None, FailureKind.REFUSED_REQUEST),
        (
            400,
            "This model's maximum context length is 512 tokens. However, your messages resulted in 4012 tokens.",
            "context_length_exceeded",
            FailureKind.CONTEXT_OVERFLOW,
        ),
    ],
)
def test_an_error_of_the_provider_has_this_kind(
    status: int, message: str, code: str | None, kind: FailureKind, capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(CallError) as caught:
        asked(refusing(status, message, code))
    assert caught.value.kind is kind
    assert message in caught.value.detail
    assert capfd.readouterr() == ("", "")


def test_a_rate_limit_says_how_long_to_wait() -> None:
    with pytest.raises(CallError) as caught:
        asked(refusing(429, "Rate limit reached", **{"Retry-After": "7"}))
    assert caught.value.retry_after_s == 7.0


def test_one_attempt_is_one_request() -> None:
    requests = []

    async def handler(request: web.Request) -> web.StreamResponse:
        requests.append(await request.json())
        return await refusing(500, "The server had an error")(request)

    with pytest.raises(CallError):
        asked(handler)
    assert len(requests) == 1


def test_a_request_carries_the_messages_and_parameters_and_the_key_from_the_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SOME_PROVIDER_KEY", "the key")
    seen: list[tuple[str, dict[str, Any]]] = []

    async def handler(request: web.Request) -> web.StreamResponse:
        seen.append((request.headers["Authorization"], await request.json()))
        return await streaming(chunk("{}"), chunk(None, "stop"), b"data: [DONE]\n\n")(request)

    asked(handler, api_key_env="SOME_PROVIDER_KEY", options={"constrain": True})
    authorization, body = seen[0]
    assert authorization == "Bearer the key"
    assert body["messages"] == [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hi"}]
    wanted = {"model": "some-model", "max_tokens": 24, "temperature": 0.0, "seed": 7, "stream": True}
    assert {key: body[key] for key in wanted} == wanted
    assert body["response_format"] == {
        "type": "json_schema",
        "json_schema": {"name": "answer", "schema": {"type": "object"}, "strict": True},
    }


def test_a_stream_becomes_one_answer_with_the_providers_usage() -> None:
    usage = {
        "prompt_tokens": 11,
        "completion_tokens": 3,
        "total_tokens": 14,
        "prompt_tokens_details": {"cached_tokens": 8},
    }
    parts = (chunk("Hel"), chunk("lo"), chunk(None, "length"), chunk(None, usage=usage), b"data: [DONE]\n\n")
    answer = asked(streaming(*parts))
    assert (answer.text, answer.finish_reason) == ("Hello", "length")
    assert (answer.input_tok, answer.output_tok, answer.cached_tok) == (11, 3, 8)


def test_an_answer_without_usage_has_unknown_tokens_and_not_zero() -> None:
    answer = asked(streaming(chunk("Hello"), chunk(None, "stop"), b"data: [DONE]\n\n"))
    assert (answer.text, answer.input_tok, answer.output_tok) == ("Hello", None, None)


def test_a_stream_with_nothing_in_it_is_a_failure_and_no_empty_answer() -> None:
    with pytest.raises(CallError, match="ended the stream without an answer") as caught:
        asked(streaming())
    assert caught.value.kind is FailureKind.SERVER


def test_a_connection_that_breaks_in_the_middle_is_a_failure_and_no_half_answer() -> None:
    with pytest.raises(CallError) as caught:
        asked(streaming(chunk("Hel"), break_off=True))
    assert caught.value.kind in {FailureKind.CONNECTION, FailureKind.SERVER}


def test_a_server_that_does_not_answer_is_a_timeout() -> None:
    async def handler(_: web.Request) -> web.StreamResponse:
        await asyncio.sleep(30)
        raise AssertionError("nobody waits that long")

    with pytest.raises(CallError) as caught:
        asked(handler)
    assert caught.value.kind is FailureKind.TIMEOUT


@pytest.mark.parametrize("stream", [True, False])
def test_a_call_that_is_given_up_ends_at_once(stream: bool) -> None:
    async def session() -> float:
        sent = asyncio.Event()

        async def handler(_: web.Request) -> web.StreamResponse:
            sent.set()
            await asyncio.sleep(30)
            raise AssertionError("nobody waits that long")

        async with serving(handler) as base_url:
            target = open_target(spec(base_url, options={"stream": stream}), folder=Path())
            await target.start()
            patient = replace(CALL, parameters=replace(CALL.parameters, timeout_s=30))
            task = asyncio.create_task(target.answer(patient))
            await sent.wait()
            started = time.perf_counter()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            await target.close()
            return time.perf_counter() - started

    assert asyncio.run(session()) < 10


def test_a_server_that_is_not_there_is_a_connection_failure() -> None:
    async def session() -> None:
        target = open_target(spec("http://127.0.0.1:9/v1"), folder=Path())
        await target.start()
        try:
            await target.answer(CALL)
        finally:
            await target.close()

    with pytest.raises(CallError) as caught:
        asyncio.run(session())
    assert caught.value.kind in {FailureKind.CONNECTION, FailureKind.SERVER}


@pytest.mark.parametrize(
    ("model", "changes", "names"),
    [
        ("openai/some-model", {"api_key_env": "NOT_SET_ANYWHERE"}, "NOT_SET_ANYWHERE"),
        ("gpt-4o", {}, "OPENAI_API_KEY"),
        ("claude-sonnet-4-5", {}, "ANTHROPIC_API_KEY"),
    ],
)
def test_a_missing_key_is_told_by_the_name_of_its_variable(model: str, changes: dict[str, Any], names: str) -> None:
    target = open_target(spec(None, model, **changes), folder=Path())
    with pytest.raises(Unavailable, match=f"the environment variable {names} is not set"):
        asyncio.run(target.start())


def test_a_server_on_this_machine_shares_it_and_a_provider_does_not() -> None:
    local, remote = (
        open_target(spec(url), folder=Path()) for url in ("http://localhost:1/v1", "https://api.example/v1")
    )
    assert (local.shares_machine, local.concurrency) == (True, 1)
    assert (remote.shares_machine, remote.concurrency) == (False, 64)
    several = open_target(spec("http://localhost:1/v1", options={"concurrency": 16}), folder=Path())
    assert several.concurrency == 16


@pytest.mark.parametrize("number", [0, -1, True, "4"])
def test_an_impossible_concurrency_is_refused(number: object) -> None:
    with pytest.raises(InvalidInput, match="calls at once are not possible"):
        open_target(spec(None, options={"concurrency": number}), folder=Path())

"""A real OpenAI-compatible server in a child process, which behaves or fails as the name of the model says.

The name is JSON: ``{"tokens": 3, "fault": "drop"}``. So one server serves every test, and each call says what it wants.
"""

import asyncio
import gzip
import json
import logging
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from typing import Any
from urllib.request import ProxyHandler, build_opener

from aiohttp import web


@dataclass(frozen=True, kw_only=True)
class Behaviour:
    """How an answer comes.

    Attributes:
        delay_s: Before the first part of an answer.
        pace_s: Between two parts.
        tokens: Parts of an answer, one token each, unless ``parts`` says them.
        parts: The texts of the parts.
        usage: Whether the tokens are told.
        refuses: Option to the words by which the server refuses it, with status 400.
        limited: The share of calls that are answered with 429; ``retry_after`` is its header.
        failing: The share of calls that are answered with 500.
        status: Refuse every call with this status and ``message`` and ``code``.
        body: Answer with this text and ``content_type`` and nothing else.
        split: Send every byte of the stream by itself.
        fault: What goes wrong, by the name of a function in `FAULTS`.
    """

    delay_s: float = 0.0
    pace_s: float = 0.0
    tokens: int = 3
    parts: list[str] | None = None
    thoughts: list[str] = field(default_factory=list)
    tool_calls: list[list[dict[str, Any]]] = field(default_factory=list)
    usage: bool = True
    finish: str | None = "stop"
    done: bool = True
    ignores_stream: bool = False
    refuses: dict[str, str] = field(default_factory=dict)
    limited: float = 0.0
    retry_after: str | None = None
    failing: float = 0.0
    status: int = 200
    message: str = ""
    code: str | None = None
    headers: dict[str, str] = field(default_factory=dict)
    body: str | None = None
    content_type: str = "application/json"
    split: bool = False
    fault: str | None = None

    @property
    def texts(self) -> list[str]:
        return [f"word{n} " for n in range(self.tokens)] if self.parts is None else self.parts


def model(**changes: Any) -> str:
    """The name of a model that behaves so."""
    return json.dumps({name: value for name, value in asdict(Behaviour(**changes)).items() if name in changes})


@dataclass(frozen=True)
class Server:
    """A running server. ``root`` has no /v1."""

    root: str
    process: subprocess.Popen[str]

    @property
    def base_url(self) -> str:
        return f"{self.root}/v1"

    def seen(self) -> dict[str, Any]:
        """The requests since the last look, their headers, and the most that were in flight at once."""
        with build_opener(ProxyHandler({})).open(f"{self.root}/seen", timeout=10) as response:
            seen: dict[str, Any] = json.load(response)
        return seen


@contextmanager
def serving() -> Iterator[Server]:
    """A server for as long as the block lasts."""
    with subprocess.Popen(
        [sys.executable, __file__], stdout=subprocess.PIPE, stdin=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout is not None
        try:
            yield Server(root=f"http://127.0.0.1:{int(child.stdout.readline())}", process=child)
        finally:
            child.kill()


Handler = Callable[[web.Request, Behaviour], Awaitable[web.StreamResponse]]


@dataclass
class Log:
    """What was asked since the last look. Bodies are kept for the first few thousand calls alone."""

    bodies: list[Any] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    connections: set[int] = field(default_factory=set)
    calls: int = 0
    in_flight: int = 0
    most_in_flight: int = 0


class Models:
    """The server's handlers."""

    def __init__(self) -> None:
        self.log = Log()
        self._shares: dict[str, float] = {}

    async def chat(self, request: web.Request) -> web.StreamResponse:
        body = await request.json()
        log = self.log
        log.calls += 1
        log.connections.add(id(request.transport))
        if log.calls < 2000:
            log.bodies.append(body)
            log.headers.append(dict(request.headers))
        log.in_flight += 1
        log.most_in_flight = max(log.most_in_flight, log.in_flight)
        try:
            name = body["model"]
            behaviour = Behaviour(**json.loads(name)) if name.startswith("{") else Behaviour()
            return await self._answer(request, body, behaviour)
        finally:
            log.in_flight -= 1

    async def _answer(self, request: web.Request, body: dict[str, Any], behaviour: Behaviour) -> web.StreamResponse:
        for option, words in behaviour.refuses.items():
            if option in body or option == body.get("response_format", {}).get("type"):
                return _error(400, words, behaviour)
        if behaviour.status != 200:
            return _error(behaviour.status, behaviour.message, behaviour)
        if self._due("limited", behaviour.limited):
            return _error(429, "Rate limit reached", behaviour)
        if self._due("failing", behaviour.failing):
            return _error(500, "The server had an error", behaviour)
        await asyncio.sleep(behaviour.delay_s)
        if behaviour.body is not None:
            return web.Response(text=behaviour.body, content_type=behaviour.content_type, headers=behaviour.headers)
        if behaviour.fault is not None:
            return await FAULTS[behaviour.fault](request, behaviour)
        if not body.get("stream") or behaviour.ignores_stream:
            return web.json_response(_whole(behaviour), headers=behaviour.headers)
        return await _stream(request, behaviour, usage=bool(body.get("stream_options")))

    def _due(self, name: str, share: float) -> bool:
        """Whether this call is among the share: evenly spread, and the same in every run."""
        if not share:
            return False
        self._shares[name] = self._shares.get(name, 0.0) + share
        if self._shares[name] < 1:
            return False
        self._shares[name] -= 1
        return True

    async def embeddings(self, request: web.Request) -> web.Response:
        """Vectors of a text's length and its letters a."""
        body = await request.json()
        self.log.calls += 1
        self.log.bodies.append(body)
        texts: list[str] = body["input"]
        rows = [
            {"object": "embedding", "index": at, "embedding": [float(len(text)), float(text.count("a"))]}
            for at, text in enumerate(texts)
        ]
        usage = {"prompt_tokens": sum(map(len, texts)), "total_tokens": sum(map(len, texts))}
        return web.json_response({"object": "list", "model": body["model"], "data": rows, "usage": usage})

    async def models(self, request: web.Request) -> web.Response:
        if request.headers.get("Authorization") == "Bearer wrong":
            return _error(401, "Incorrect API key provided: wrong", Behaviour())
        return web.json_response({"object": "list", "data": []})

    async def seen(self, _: web.Request) -> web.Response:
        log, self.log = self.log, Log(in_flight=self.log.in_flight)
        return web.json_response(asdict(log) | {"connections": len(log.connections)})


def _error(status: int, message: str, behaviour: Behaviour) -> web.Response:
    headers = dict(behaviour.headers)
    if behaviour.retry_after is not None:
        headers["Retry-After"] = behaviour.retry_after
    if behaviour.body is not None:
        return web.Response(status=status, text=behaviour.body, content_type=behaviour.content_type, headers=headers)
    error = {"message": message, "type": "some_error", "param": None, "code": behaviour.code}
    return web.json_response({"error": error}, status=status, headers=headers)


def _usage(behaviour: Behaviour) -> dict[str, Any]:
    return {
        "prompt_tokens": 11,
        "completion_tokens": len(behaviour.texts) + len(behaviour.thoughts),
        "prompt_tokens_details": {"cached_tokens": 8},
        "completion_tokens_details": {"reasoning_tokens": len(behaviour.thoughts)},
    }


def _whole(behaviour: Behaviour) -> dict[str, Any]:
    message = {
        "role": "assistant",
        "content": "".join(behaviour.texts),
        "reasoning_content": "".join(behaviour.thoughts),
    }
    choice = {"index": 0, "message": message, "finish_reason": behaviour.finish}
    return {"id": "c", "choices": [choice]} | ({"usage": _usage(behaviour)} if behaviour.usage else {})


def _event(data: object) -> bytes:
    return b"data: " + json.dumps(data, ensure_ascii=False).encode(errors="surrogatepass") + b"\n\n"


def _chunk(delta: dict[str, Any], finish: str | None = None) -> bytes:
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    return _event({"id": "c", "object": "chat.completion.chunk", "model": "m", "choices": [choice]})


async def _opened(request: web.Request, behaviour: Behaviour, **headers: str) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Type": "text/event-stream", **behaviour.headers, **headers})
    await response.prepare(request)
    return response


async def _stream(request: web.Request, behaviour: Behaviour, *, usage: bool) -> web.StreamResponse:
    response = await _opened(request, behaviour)
    events = [_chunk({"role": "assistant", "content": ""})]
    events += [_chunk({"reasoning_content": thought}) for thought in behaviour.thoughts]
    events += [_chunk({"content": text}) for text in behaviour.texts]
    events += [_chunk({"tool_calls": calls}) for calls in behaviour.tool_calls]
    ending = [_chunk({}, behaviour.finish)] if behaviour.finish else []
    if behaviour.usage and usage:
        ending.append(_event({"id": "c", "choices": [], "usage": _usage(behaviour)}))
    if behaviour.done:
        ending.append(b"data: [DONE]\n\n")
    if not behaviour.pace_s and not behaviour.split:
        await response.write(b"".join(events + ending))
        return response
    for event in events:
        for part in [bytes([byte]) for byte in event] if behaviour.split else [event]:
            await response.write(part)
            await asyncio.sleep(behaviour.pace_s)
    await response.write(b"".join(ending))
    return response


async def _hang(_: web.Request, __: Behaviour) -> web.StreamResponse:
    await asyncio.sleep(60)
    raise AssertionError("nobody waits that long")


async def _hang_midway(request: web.Request, behaviour: Behaviour) -> web.StreamResponse:
    response = await _opened(request, behaviour)
    await response.write(_chunk({"content": "Hel"}))
    return await _hang(request, behaviour)


async def _endless(request: web.Request, behaviour: Behaviour) -> web.StreamResponse:
    response = await _opened(request, behaviour)
    while True:
        await response.write(_chunk({"content": "x"}))
        await asyncio.sleep(behaviour.pace_s or 0.01)


async def _endless_after_done(request: web.Request, behaviour: Behaviour) -> web.StreamResponse:
    response = await _stream(request, behaviour, usage=True)
    while True:
        await response.write(b": still here\n\n")
        await asyncio.sleep(0.01)


async def _gigabytes(request: web.Request, behaviour: Behaviour) -> web.StreamResponse:
    response = await _opened(request, behaviour)
    for _ in range(4096):
        await response.write(b"x" * 1024 * 1024)
    return response


async def _gigabytes_packed(request: web.Request, behaviour: Behaviour) -> web.StreamResponse:
    response = await _opened(request, behaviour, **{"Content-Encoding": "gzip"})
    await response.write(gzip.compress(b"x" * 256 * 1024 * 1024, compresslevel=1))
    return response


async def _drop(request: web.Request, behaviour: Behaviour) -> web.StreamResponse:
    response = await _opened(request, behaviour)
    await response.write(_chunk({"content": "Hel"}))
    await asyncio.sleep(0.02)
    assert request.transport is not None
    request.transport.abort()
    return response


async def _drop_at_once(request: web.Request, _: Behaviour) -> web.StreamResponse:
    assert request.transport is not None
    request.transport.abort()
    return web.Response()


async def _error_midway(request: web.Request, behaviour: Behaviour) -> web.StreamResponse:
    response = await _opened(request, behaviour)
    await response.write(_chunk({"content": "Hel"}))
    await response.write(_event({"error": {"message": behaviour.message, "code": behaviour.code}}))
    return response


FAULTS: dict[str, Handler] = {
    "drop": _drop,
    "drop_at_once": _drop_at_once,
    "endless": _endless,
    "endless_after_done": _endless_after_done,
    "error_midway": _error_midway,
    "gigabytes": _gigabytes,
    "gigabytes_packed": _gigabytes_packed,
    "hang": _hang,
    "hang_midway": _hang_midway,
}


async def _serve() -> None:
    # Clients that go away in the middle are what the tests are about.
    logging.getLogger("aiohttp.server").setLevel(logging.CRITICAL)
    models = Models()
    app = web.Application()
    app.router.add_post("/v1/chat/completions", models.chat)
    app.router.add_post("/v1/embeddings", models.embeddings)
    app.router.add_get("/v1/models", models.models)
    app.router.add_get("/seen", models.seen)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    print(runner.addresses[0][1], flush=True)  # noqa: T201  # the parent reads the port
    # The parent holds the other end: when it is gone, so is this server.
    await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(_serve())

"""The target: one session, one attempt for each call, and every way in which it can end."""

import asyncio
import json
import os
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from maquette.adapters.openai_target.connection import look_for_server, opened_session
from maquette.adapters.openai_target.failures import one_line, server_error
from maquette.adapters.openai_target.lag import LoopLag, Watch
from maquette.adapters.openai_target.reading import (
    Deadline,
    broken_off,
    most_bytes,
    read_error,
    read_stream,
    read_whole,
)
from maquette.adapters.openai_target.replies import Collected
from maquette.adapters.openai_target.requests import REFUSING_STATUSES, Requests
from maquette.adapters.openai_target.settings import Settings, settings_of
from maquette.evals.calls import Answer, Call, CallError, FailureKind, TargetSpec
from maquette.foundation.problems import Place, Unavailable

if TYPE_CHECKING:
    import aiohttp

_REDACTED = "[key]"
_DETAIL_CHARS = 500


class _AskAgain(Exception):
    """The server refused an option that can be left out, and it was."""


class OpenAiTarget:
    """One model behind one server.

    A server on this machine is asked one call at a time unless the option ``concurrency`` says otherwise, so that its
    latency is an answer's and not a queue's.
    """

    def __init__(self, spec: TargetSpec, settings: Settings) -> None:
        self.id = spec.id
        self.shares_machine = spec.on_this_machine
        self.concurrency = settings.concurrency
        self._spec = spec
        self._settings = settings
        self._url = f"{settings.base_url}/chat/completions"
        self._requests = Requests(spec.model, settings)
        self._lag = LoopLag()
        self._session: aiohttp.ClientSession | None = None
        self._key: str | None = None

    async def start(self) -> None:
        """Open the session, and see that a server is there and takes the key.

        Raises:
            Unavailable: The variable with the key is not set, no server answers, or it refuses the key.
        """
        if self._session is not None:
            return
        self._key = self._key_from_environment()
        self._session = opened_session(self._settings, key=self._key)
        try:
            await look_for_server(self._session, self._settings, target_id=self.id)
        except BaseException:
            await self.close()
            raise

    async def answer(self, call: Call) -> Answer:
        """One attempt; a request that is refused for an option is made again without it.

        Raises:
            CallError: It failed; a rate limit carries what the server asked to wait.
        """
        try:
            with self._lag.watching() as watch:
                return await self._in_time(call, watch)
        except CallError as error:
            # Cut only now: a key that is cut in two would not be found.
            detail = self._redacted(error.detail)
            if len(detail) > _DETAIL_CHARS:
                detail = f"{detail[: _DETAIL_CHARS - 1]}…"
            raise CallError(error.kind, detail, retry_after_s=error.retry_after_s) from None

    async def close(self) -> None:
        """Close the session."""
        session, self._session = self._session, None
        self._lag.stop()
        if session is not None:
            await session.close()

    async def _in_time(self, call: Call, watch: Watch) -> Answer:
        import aiohttp

        timeout_s, collected = call.parameters.timeout_s, Collected()
        deadline: Deadline | None = None
        try:
            async with asyncio.timeout(timeout_s) as timer:
                deadline = Deadline(timer, self._settings.first_byte_timeout_s)
                while True:
                    collected = Collected()
                    deadline.sent()
                    try:
                        return await self._exchange(call, collected, deadline, watch)
                    except _AskAgain:
                        continue
        except aiohttp.ClientError as error:
            raise self._lost(error, collected) from error
        except TimeoutError as error:
            raise self._late(timeout_s, collected, begun=deadline is not None and deadline.begun) from error

    async def _exchange(self, call: Call, collected: Collected, deadline: Deadline, watch: Watch) -> Answer:
        """One request and its answer."""
        assert self._session is not None, "the target was not started"
        body = self._requests.body(call)
        started_s = time.perf_counter()
        async with self._session.post(self._url, data=json.dumps(body).encode(), allow_redirects=False) as response:
            if response.status != 200:
                await self._refused(response, body)
            streamed = self._streams(response.content_type)
            read = read_stream if streamed else read_whole
            ended_s = await read(response, collected, deadline, most_bytes(call.parameters))
            request_id = response.headers.get("X-Request-Id")
        answer = collected.answer(
            started_s=started_s,
            ended_s=ended_s,
            streamed=streamed,
            loop_lag_s=self._lag.so_far_s(watch),
            left_out=self._requests.left_out(body),
            server_request_id=request_id[:128] if request_id else None,
        )
        return self._without_key(answer)

    async def _refused(self, response: "aiohttp.ClientResponse", body: Mapping[str, Any]) -> None:
        """Learn from the refusal, or fail."""
        if 300 <= response.status < 400:
            to = one_line(response.headers.get("Location", "nowhere"))
            raise CallError(
                FailureKind.REFUSED_REQUEST, f"HTTP {response.status}: the server sends on to {to}; base_url is not it"
            )
        error = server_error(response.status, await read_error(response))
        if (
            error.kind in {FailureKind.REFUSED_REQUEST, FailureKind.SERVER}
            and response.status in REFUSING_STATUSES
            and self._requests.give_in(body, param=error.param, message=error.words)
        ):
            raise _AskAgain
        raise error.as_call_error(response.headers)

    def _streams(self, content_type: str) -> bool:
        """Whether events come, or one piece of JSON: not every server does as it is asked."""
        if content_type == "text/html":
            raise CallError(
                FailureKind.REFUSED_REQUEST, "the server answers with a web page: base_url is not that of an API"
            )
        return content_type == "text/event-stream" or (self._settings.stream and content_type != "application/json")

    def _late(self, timeout_s: float, collected: Collected, *, begun: bool) -> CallError:
        first_s = self._settings.first_byte_timeout_s
        if begun:
            detail = f"cut off after {timeout_s:g} s, {collected.chars} characters into the answer"
        elif first_s is not None and first_s < timeout_s:
            detail = f"no first part of an answer in {first_s:g} s"
        else:
            detail = f"no answer in {timeout_s:g} s"
        return CallError(FailureKind.TIMEOUT, detail)

    def _lost(self, error: "aiohttp.ClientError", collected: Collected) -> CallError:
        import aiohttp

        match error:
            case aiohttp.ConnectionTimeoutError():
                detail = f"no connection to {self._settings.base_url} in {self._settings.connect_timeout_s:g} s"
            case aiohttp.ClientConnectorError():
                detail = f"no connection to {self._settings.base_url}: {one_line(error.strerror or str(error))}"
            case aiohttp.ClientOSError() | aiohttp.ServerDisconnectedError() | aiohttp.ClientPayloadError():
                return broken_off(collected)
            case _:
                return CallError(FailureKind.SERVER, f"the server does not answer in HTTP: {one_line(str(error))}")
        return CallError(FailureKind.CONNECTION, detail)

    def _key_from_environment(self) -> str | None:
        name = self._spec.api_key_env
        if name is None:
            return None
        key = os.environ.get(name, "").strip()
        if key.isascii() and key.isprintable() and key:
            return key
        raise Unavailable(
            f"the environment variable {name} {'is no key' if key else 'is not set'}",
            place=Place(field=f"models.targets.{self.id}.api_key_env"),
            fix="Set it to the server's key.",
        )

    def _redacted(self, text: str) -> str:
        return text.replace(self._key, _REDACTED) if self._key else text

    def _without_key(self, answer: Answer) -> Answer:
        """A server that echoes its request must not put the key into the log."""
        if self._key is None or (self._key not in answer.text and self._key not in answer.reasoning):
            return answer
        return replace(answer, text=self._redacted(answer.text), reasoning=self._redacted(answer.reasoning))


def open_target(spec: TargetSpec, *, folder: Path) -> OpenAiTarget:
    """The model that the spec names; the folder plays no part.

    Raises:
        InvalidInput: An option is unknown or impossible, or the base URL is missing or none.
    """
    del folder
    return OpenAiTarget(spec, settings_of(spec))

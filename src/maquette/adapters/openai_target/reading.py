"""Reads one response to its end: within its deadline, within its size, and with nothing left over for the next call."""

import asyncio
import time
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

from maquette.adapters.openai_target.replies import DONE, Collected, Events
from maquette.evals.calls import CallError, CallParameters, FailureKind

if TYPE_CHECKING:
    import aiohttp

MOST_BYTES = 64 * 1024 * 1024
_BYTES_BEFORE_TEXT, _BYTES_PER_TOK = 256 * 1024, 4 * 1024
"""A chunk of a stream is some 300 bytes a token; what takes more than ten times as much is no answer."""
_ERROR_BYTES = 64 * 1024
_DRAIN_S = 0.25


class Deadline:
    """The end of a call, drawn nearer until the first part of the answer is there.

    Attributes:
        begun: Whether a part of an answer has come.
    """

    def __init__(self, timer: asyncio.Timeout, first_byte_s: float | None) -> None:
        self.begun = False
        self._timer = timer
        self._end_s = timer.when()
        self._first_byte_s = first_byte_s

    def sent(self) -> None:
        """A request goes out."""
        self.begun = False
        if self._first_byte_s is not None and self._end_s is not None:
            first_s = asyncio.get_running_loop().time() + self._first_byte_s
            self._timer.reschedule(min(self._end_s, first_s))

    def begin(self) -> None:
        """The first part of the answer is there."""
        self.begun = True
        if self._first_byte_s is not None:
            self._timer.reschedule(self._end_s)


def most_bytes(parameters: CallParameters) -> int:
    """What an answer of that many tokens can take, with room to spare."""
    return min(MOST_BYTES, _BYTES_BEFORE_TEXT + _BYTES_PER_TOK * parameters.max_output_tok)


async def read_stream(response: "aiohttp.ClientResponse", collected: Collected, deadline: Deadline, most: int) -> float:
    """Read a stream of events; returns when its last part came.

    Raises:
        CallError: It broke off, is larger than ``most`` bytes, or holds an error.
    """
    events = Events()
    now_s = time.perf_counter()
    async for block in _blocks(response, deadline, most):
        now_s = time.perf_counter()
        for event in events.feed(block):
            if event == DONE:
                await _drain(response)
                return _ended(collected, now_s, done=True)
            collected.take(event, now_s)
    rest = [event for event in events.rest() if event != DONE]
    for event in rest:
        collected.take(event, now_s)
    return _ended(collected, now_s, done=False)


async def read_whole(response: "aiohttp.ClientResponse", collected: Collected, deadline: Deadline, most: int) -> float:
    """Read an answer that comes in one piece; returns when its last byte came.

    Raises:
        CallError: It is larger than ``most`` bytes, or no answer.
    """
    blocks = [block async for block in _blocks(response, deadline, most)]
    now_s = time.perf_counter()
    collected.take(b"".join(blocks), now_s)
    return _ended(collected, now_s, done=True)


async def read_error(response: "aiohttp.ClientResponse") -> bytes:
    """The first 64 KiB of what a server says of a failure."""
    body = b""
    async for block in response.content.iter_any():
        body += block
        if len(body) > _ERROR_BYTES:
            break
    return body[:_ERROR_BYTES]


def broken_off(collected: Collected) -> CallError:
    """The failure of a connection that ended before the answer did."""
    return CallError(FailureKind.CONNECTION, f"the connection broke off {collected.chars} characters into the answer")


async def _blocks(response: "aiohttp.ClientResponse", deadline: Deadline, most: int) -> AsyncIterator[bytes]:
    size = 0
    async for block in response.content.iter_any():
        if not size:
            deadline.begin()
        size += len(block)
        if size > most:
            raise CallError(FailureKind.SERVER, f"the answer is larger than {most:,} bytes and was cut off")
        yield block


def _ended(collected: Collected, now_s: float, *, done: bool) -> float:
    if collected.empty:
        raise CallError(FailureKind.SERVER, "the server ended the stream without an answer")
    if not done and collected.finish_reason is None:
        raise broken_off(collected)
    return now_s


async def _drain(response: "aiohttp.ClientResponse") -> None:
    """Wait a moment for the end after the last event, so that the connection can be used again."""
    try:
        async with asyncio.timeout(_DRAIN_S):
            if not response.content.is_eof() and await response.content.readany():
                response.close()
    except TimeoutError:
        response.close()

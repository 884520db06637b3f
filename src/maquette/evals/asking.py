"""One question to one target: attempts with backoff and jitter, each covered by the purse, and what they cost.

A call that failed for good is data. Which questions are asked, and where their trials go, is in `runner`.
"""

import asyncio
import random
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Protocol

from maquette.evals.breaker import BREAKING, EndpointGone
from maquette.evals.calls import RETRYABLE, Answer, Call, CallError, FailureKind, Message, Target, Tool
from maquette.evals.endpoints import Endpoint
from maquette.evals.purse import CapReached, Purse
from maquette.evals.run import RunPlan
from maquette.evals.trials import Failure
from maquette.foundation.units import Usd

BACKOFF_FIRST_S = 0.5
BACKOFF_MOST_S = 10.0
BACKOFF_JITTER_S = 1.0

MORE_WHEN_LIMITED = 7
"""A rate limit says when to come, not that the question is wrong: it may be met so often beyond the plan's attempts."""

GRACE_SHARE, GRACE_MOST_S = 0.1, 1.0
"""A target has this much beyond the timeout to tell of it in its own words."""

STUCK_S = 5.0
"""A target that does not end so long after it was told to is left behind."""

TEMPLATE_TOK = 16
"""What a chat template adds to a message, at most: its role and its marks."""

IMAGE_TOK = 50_000
"""What a picture takes at most. The dearest known is gpt-4o-mini: 2,833 tokens and 5,667 for each of up to 8 tiles
(measured in community.openai.com/t/1262691; a picture is scaled to 768 by 2,048 at most, in tiles of 512)."""

_PERHAPS_BILLED = frozenset({FailureKind.TIMEOUT, FailureKind.CONNECTION})
"""The provider may have worked on these, and bill it, without a word of the usage."""


class Pricer(Protocol):
    """What calls cost."""

    def usd(self, target_id: str, *, input_tok: int, output_tok: int, cached_tok: int = 0) -> Usd | None:
        """The cost of one call; None when the target is unpriced."""

    def priced(self, target_id: str) -> bool:
        """Whether the target has a price, zero included."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """The answer or the failure after all attempts, how many were made, and their cost (None when unpriced)."""

    answer: Answer | None
    failure: Failure | None
    attempts: int
    cost_usd: Usd | None


def most_input_tok(messages: tuple[Message, ...]) -> int:
    """No tokenizer makes more tokens of a text than it has bytes; pictures count at `IMAGE_TOK`."""
    return sum(
        len(message.content.encode(errors="replace")) + TEMPLATE_TOK + IMAGE_TOK * len(message.images)
        for message in messages
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class UnderWay:
    """A call under way: whose, for which example, and since when."""

    target_id: str
    example_id: str
    since_s: float


class GivenUp(Exception):
    """The run was stopped before the call was sent; its question is open."""


class Stopped(Protocol):
    """Says whether to send no further call; `threading.Event` is one."""

    def is_set(self) -> bool:
        """Whether to stop."""


class Asker:
    """Asks under one plan and one purse, each endpoint at its own pace.

    ``on_lost`` hears of what attempts have cost, or may have, when their question is left open.

    Attributes:
        resting: The tasks that wait for a turn or between two attempts; a run that is stopped need not wait for them.
        under_way: The calls under way, by task.
    """

    def __init__(
        self,
        plan: RunPlan,
        pricer: Pricer,
        purse: Purse,
        endpoints: Mapping[str, Endpoint] | None = None,
        stop: Stopped | None = None,
        on_lost: Callable[[Usd | None], None] | None = None,
    ) -> None:
        self.resting: set[asyncio.Task[object]] = set()
        self.under_way: dict[asyncio.Task[object], UnderWay] = {}
        self._plan = plan
        self._pricer = pricer
        self._purse = purse
        self._endpoints = endpoints or {}
        self._stop = stop
        self._on_lost = on_lost or (lambda usd: None)
        self._places = asyncio.Semaphore(plan.concurrency)

    async def ask(
        self, target: Target, messages: tuple[Message, ...], *, example_id: str = "", tools: tuple[Tool, ...] = ()
    ) -> Outcome:
        """The outcome of all attempts; ``tools`` are the functions that the model may call.

        Raises:
            CapReached: The first attempt cannot be covered; nothing was sent.
            GivenUp, EndpointGone: The run or its endpoint came to an end; the question is open.
        """
        call = Call(messages=messages, parameters=self._plan.parameters, tools=tools)
        made = limited = 0
        cost_usd = self._nothing(target.id)
        failed: CallError | None = None
        while True:
            try:
                if failed is not None:
                    await self._rest(failed, made)
                answer, attempt_usd, failed = await self._attempt(target, call, example_id)
            except CapReached:
                if failed is None:
                    raise
                break
            except (GivenUp, EndpointGone, asyncio.CancelledError):
                self._on_lost(cost_usd)
                raise
            made += 1
            cost_usd = _sum(cost_usd, attempt_usd)
            if answer is not None:
                return Outcome(answer=answer, failure=None, attempts=made, cost_usd=cost_usd)
            assert failed is not None
            limited += failed.kind is FailureKind.RATE_LIMIT
            if not self._again(failed, made, limited):
                break
        return Outcome(
            answer=None,
            failure=Failure(kind=failed.kind, detail=failed.detail),
            attempts=made,
            cost_usd=cost_usd,
        )

    def worst_usd(self, target_id: str, messages: tuple[Message, ...]) -> Usd | None:
        """The most that one attempt can cost; None when the target is unpriced."""
        return self._pricer.usd(
            target_id, input_tok=most_input_tok(messages), output_tok=self._plan.parameters.max_output_tok
        )

    def _again(self, failed: CallError, made: int, limited: int) -> bool:
        if failed.kind not in RETRYABLE or self._plan.attempts == 1:
            return False
        others = made - min(limited, MORE_WHEN_LIMITED)
        return others < self._plan.attempts

    async def _rest(self, failed: CallError, made: int) -> None:
        """Between two attempts: exponential with jitter, and at least as long as the server asked for."""
        wait_s = min(BACKOFF_MOST_S, BACKOFF_FIRST_S * 2 ** (made - 1))
        wait_s += random.uniform(0, BACKOFF_JITTER_S)  # noqa: S311  # jitter is no secret
        async with self._resting():
            await asyncio.sleep(max(wait_s, failed.retry_after_s or 0.0))

    @asynccontextmanager
    async def _resting(self) -> AsyncIterator[None]:
        task = _this_task()
        self.resting.add(task)
        try:
            yield
        finally:
            self.resting.discard(task)

    async def _attempt(
        self, target: Target, call: Call, example_id: str
    ) -> tuple[Answer | None, Usd | None, CallError | None]:
        """The answer or the failure of one attempt, and its cost."""
        worst_usd = self.worst_usd(target.id, call.messages)
        async with self._turn(target.id, call) as turn, self._purse.reserved(worst_usd or Usd(0)), self._places:
            if self._stop is not None and self._stop.is_set():
                raise GivenUp
            try:
                answer = await self._answer(target, call, example_id)
            except CallError as failed:
                turn.failed(failed)
                lost_usd = worst_usd if failed.kind in _PERHAPS_BILLED else self._nothing(target.id)
                self._purse.pay(lost_usd or Usd(0))
                return None, lost_usd, failed
            except asyncio.CancelledError:
                self._on_lost(worst_usd)
                raise
            turn.went_well(answer)
            cost_usd = self._cost(target.id, answer, call)
            self._purse.pay(cost_usd or Usd(0))
            return answer, cost_usd, None

    @asynccontextmanager
    async def _turn(self, target_id: str, call: Call) -> AsyncIterator["_Turn"]:
        """A turn at the target's endpoint, where it has one."""
        endpoint = self._endpoints.get(target_id)
        turn = _Turn(endpoint, _estimated_tok(call))
        if endpoint is None:
            yield turn
            return
        async with self._resting():
            await endpoint.pace.enter(turn.tok)
        try:
            async with self._resting():
                await endpoint.breaker.let_through()
            turn.sent_s = endpoint.pace.now()
            yield turn
        finally:
            endpoint.breaker.given_up()
            endpoint.pace.leave(unused_tok=turn.tok - turn.used_tok)

    async def _answer(self, target: Target, call: Call, example_id: str) -> Answer:
        """The target's answer within the timeout. One that does not even end when it is told to is left behind.

        Raises:
            CallError: It failed.
        """
        timeout_s = call.parameters.timeout_s
        asked = asyncio.ensure_future(target.answer(call))
        asked.add_done_callback(_looked_at)
        self.under_way[asked] = UnderWay(target_id=target.id, example_id=example_id, since_s=time.monotonic())
        try:
            await asyncio.wait((asked,), timeout=timeout_s + min(GRACE_MOST_S, GRACE_SHARE * timeout_s))
            if asked.done():
                return asked.result()
        except asyncio.CancelledError:
            asked.cancel()
            await asyncio.wait((asked,), timeout=STUCK_S)
            raise
        except TimeoutError:
            raise _timed_out(timeout_s) from None
        finally:
            self.under_way.pop(asked, None)
        asked.cancel()
        await asyncio.wait((asked,), timeout=STUCK_S)
        raise _timed_out(timeout_s)

    def _cost(self, target_id: str, answer: Answer, call: Call) -> Usd | None:
        """What the answer cost; a target that does not report its tokens counts at its worst."""
        return self._pricer.usd(
            target_id,
            input_tok=most_input_tok(call.messages) if answer.input_tok is None else answer.input_tok,
            output_tok=call.parameters.max_output_tok if answer.output_tok is None else answer.output_tok,
            cached_tok=answer.cached_tok or 0,
        )

    def _nothing(self, target_id: str) -> Usd | None:
        return Usd(0) if self._pricer.priced(target_id) else None


class _Turn:
    """One call's turn at an endpoint, which it tells how the call went.

    Attributes:
        tok: The tokens that were set aside; ``used_tok`` is what the call took of them.
    """

    def __init__(self, endpoint: Endpoint | None, tok: int) -> None:
        self.tok = self.used_tok = tok
        self.sent_s = 0.0
        self._endpoint = endpoint

    def went_well(self, answer: Answer) -> None:
        """An answer came."""
        if answer.input_tok is not None and answer.output_tok is not None:
            self.used_tok = answer.input_tok + answer.output_tok
        if self._endpoint is not None:
            self._endpoint.pace.went_well()
            self._endpoint.breaker.went_well()

    def failed(self, error: CallError) -> None:
        """The call failed: the endpoint's pace or its breaker answers to it, as the kind says."""
        if self._endpoint is None:
            return
        if error.kind in BREAKING:
            self._endpoint.breaker.failed(f"{error.kind}: {error.detail}")
        elif error.kind is FailureKind.TIMEOUT:
            self._endpoint.breaker.timed_out(f"{error.kind}: {error.detail}")
        else:
            self._endpoint.breaker.went_well()
        if error.kind is FailureKind.RATE_LIMIT or error.retry_after_s is not None:
            self._endpoint.pace.overloaded(sent_s=self.sent_s, retry_after_s=error.retry_after_s)


def _looked_at(task: asyncio.Task[Answer]) -> None:
    """What a call says that nobody waits for any more is no bug to be logged."""
    if not task.cancelled():
        task.exception()


def _estimated_tok(call: Call) -> int:
    """Tokens of a call, prompt and longest answer, for a budget a minute; text at four bytes a token."""
    text = sum(len(message.content) // 4 + TEMPLATE_TOK for message in call.messages)
    return text + call.parameters.max_output_tok


def _timed_out(timeout_s: float) -> CallError:
    return CallError(FailureKind.TIMEOUT, f"no answer in {timeout_s:g} s")


def _sum(a: Usd | None, b: Usd | None) -> Usd | None:
    return a if b is None else b if a is None else a + b


def _this_task() -> asyncio.Task[object]:
    task = asyncio.current_task()
    assert task is not None
    return task

"""One question to one target: attempts with backoff and jitter, each covered by the purse, and what they cost.

A call that failed for good is data. Which questions are asked, and where their trials go, is in `runner`.
"""

import asyncio
from dataclasses import dataclass
from typing import Protocol

import stamina

from maquette.evals.calls import RETRYABLE, Answer, Call, CallError, FailureKind, Message, Target
from maquette.evals.purse import CapReached, Purse
from maquette.evals.run import RunPlan
from maquette.evals.trials import Failure
from maquette.foundation.units import Usd

BACKOFF_FIRST_S = 0.5
BACKOFF_MOST_S = 10.0
BACKOFF_JITTER_S = 1.0

TEMPLATE_TOK = 16
"""What a chat template adds to a message, at most: its role and its marks."""

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
    """No tokenizer makes more tokens of a text than it has bytes."""
    return sum(len(message.content.encode(errors="replace")) + TEMPLATE_TOK for message in messages)


class Asker:
    """Asks under one plan and one purse.

    Attributes:
        resting: The tasks that wait between two attempts; a run that is stopped need not wait for them.
    """

    def __init__(self, plan: RunPlan, pricer: Pricer, purse: Purse) -> None:
        self.resting: set[asyncio.Task[object]] = set()
        self._plan = plan
        self._pricer = pricer
        self._purse = purse

    async def ask(self, target: Target, messages: tuple[Message, ...]) -> Outcome:
        """The outcome of all attempts.

        Raises:
            CapReached: The first attempt cannot be covered; nothing was sent.
        """
        call = Call(messages=messages, parameters=self._plan.parameters)
        made, cost_usd = 0, self._nothing(target.id)
        failed: CallError | None = None
        try:
            async for attempt in stamina.retry_context(
                on=_wait_before_retry,
                attempts=self._plan.attempts,
                timeout=None,
                wait_initial=BACKOFF_FIRST_S,
                wait_max=BACKOFF_MOST_S,
                wait_jitter=BACKOFF_JITTER_S,
            ):
                with attempt:
                    answer, attempt_usd, failed = await self._attempt(target, call)
                    made = attempt.num
                    cost_usd = _sum(cost_usd, attempt_usd)
                    if answer is not None:
                        return Outcome(answer=answer, failure=None, attempts=made, cost_usd=cost_usd)
                    assert failed is not None
                    raise failed
        except (CallError, CapReached):
            if failed is None:
                raise
        finally:
            self.resting.discard(_this_task())
        failure = Failure(kind=failed.kind, detail=failed.detail) if failed else None
        return Outcome(answer=None, failure=failure, attempts=made, cost_usd=cost_usd)

    def worst_usd(self, target_id: str, messages: tuple[Message, ...]) -> Usd | None:
        """The most that one attempt can cost; None when the target is unpriced."""
        return self._pricer.usd(
            target_id, input_tok=most_input_tok(messages), output_tok=self._plan.parameters.max_output_tok
        )

    async def _attempt(self, target: Target, call: Call) -> tuple[Answer | None, Usd | None, CallError | None]:
        """The answer or the failure of one attempt, and its cost."""
        worst_usd = self.worst_usd(target.id, call.messages)
        self.resting.discard(_this_task())
        async with self._purse.reserved(worst_usd or Usd(0)):
            try:
                async with asyncio.timeout(call.parameters.timeout_s):
                    answer = await target.answer(call)
            except (CallError, TimeoutError) as error:
                failed = error if isinstance(error, CallError) else _timed_out(call.parameters.timeout_s)
                lost_usd = worst_usd if failed.kind in _PERHAPS_BILLED else self._nothing(target.id)
                self._purse.pay(lost_usd or Usd(0))
                self.resting.add(_this_task())
                return None, lost_usd, failed
            cost_usd = self._cost(target.id, answer, call)
            self._purse.pay(cost_usd or Usd(0))
            return answer, cost_usd, None

    def _cost(self, target_id: str, answer: Answer, call: Call) -> Usd | None:
        """What the answer cost; a target that does not report its tokens counts at its worst."""
        most_tok = most_input_tok(call.messages)
        return self._pricer.usd(
            target_id,
            input_tok=most_tok if answer.input_tok is None else answer.input_tok,
            output_tok=call.parameters.max_output_tok if answer.output_tok is None else answer.output_tok,
            cached_tok=answer.cached_tok or 0,
        )

    def _nothing(self, target_id: str) -> Usd | None:
        return Usd(0) if self._pricer.priced(target_id) else None


def _wait_before_retry(error: Exception) -> bool | float:
    """Retry what may pass, after at least as long as the server asked for."""
    if not isinstance(error, CallError) or error.kind not in RETRYABLE:
        return False
    return True if error.retry_after_s is None else max(error.retry_after_s, 0.01)


def _timed_out(timeout_s: float) -> CallError:
    return CallError(FailureKind.TIMEOUT, f"no answer in {timeout_s:g} s")


def _sum(a: Usd | None, b: Usd | None) -> Usd | None:
    return a if b is None else b if a is None else a + b


def _this_task() -> asyncio.Task[object]:
    task = asyncio.current_task()
    assert task is not None
    return task

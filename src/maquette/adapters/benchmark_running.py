"""Sends a benchmark's requests to a model in a closed loop, and keeps what came even where it is broken off."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from maquette.capacity.benchmarking import Level, LevelResult, Sample, level_result
from maquette.evals.calls import Call, CallError, CallParameters, Message, Target

LEAST_IN_A_ROW = 3


@dataclass
class Gathered:
    """One level while it runs, and after.

    Attributes:
        own_engine: Whether the model runs in a child process of ours, and not behind a server.
    """

    level: Level
    own_engine: bool = False
    samples: list[Sample] = field(default_factory=list)
    failures: list[CallError] = field(default_factory=list)
    started_s: float = 0.0
    ended_s: float = 0.0
    failed_in_a_row: int = 0

    @property
    def hopeless(self) -> bool:
        """Whether as many calls failed one after another as are in flight, three at least."""
        return self.failed_in_a_row >= max(LEAST_IN_A_ROW, self.level.concurrency)

    def result(self) -> LevelResult:
        """What it measured so far."""
        wall_s = max(0.0, self.ended_s - self.started_s)
        return level_result(
            self.level, self.samples, failed=len(self.failures), wall_s=wall_s, own_engine=self.own_engine
        )


@dataclass(frozen=True, kw_only=True)
class Asking:
    """What each request is.

    Attributes:
        prompt: Makes a new prompt.
        timeout_s: Of one request.
        level_s: After which a level sends no further request.
    """

    prompt: Callable[[], str]
    output_tok: int
    timeout_s: float
    level_s: float

    def call(self) -> Call:
        """The next request."""
        return _call(self.prompt(), self.output_tok, self.timeout_s)


def _call(prompt: str, output_tok: int, timeout_s: float) -> Call:
    parameters = CallParameters(max_output_tok=output_tok, timeout_s=timeout_s)
    return Call(messages=(Message(role="user", content=prompt),), parameters=parameters)


async def ask_once(target: Target, prompt: str, *, output_tok: int, timeout_s: float) -> Sample:
    """One request.

    Raises:
        CallError: It failed.
    """
    return await _sampled(target, _call(prompt, output_tok, timeout_s))


async def run_level(target: Target, asking: Asking, gathered: Gathered, told: Callable[[Gathered], None]) -> None:
    """Send the level's requests, as many at once as it says, until they or the time end, or nothing is answered.

    Args:
        target: A model that was started.
        asking: What each request is.
        gathered: Takes what comes; it holds what came when this is cancelled.
        told: Called after each answer and each failure.
    """
    waiting = iter(range(gathered.level.requests))
    gathered.started_s = gathered.ended_s = time.perf_counter()

    async def place() -> None:
        for _ in waiting:
            if gathered.hopeless or time.perf_counter() - gathered.started_s > asking.level_s:
                return
            try:
                sample = await _sampled(target, asking.call())
            except CallError as error:
                gathered.failures.append(error)
                gathered.failed_in_a_row += 1
            else:
                gathered.samples.append(sample)
                gathered.failed_in_a_row = 0
            gathered.ended_s = time.perf_counter()
            told(gathered)

    async with asyncio.TaskGroup() as places:
        for _ in range(min(gathered.level.concurrency, gathered.level.requests)):
            places.create_task(place())


async def _sampled(target: Target, call: Call) -> Sample:
    answer = await target.answer(call)
    return Sample(
        latency_s=answer.latency_s,
        ttft_s=answer.ttft_s,
        input_tok=answer.input_tok,
        output_tok=answer.output_tok,
        cached_tok=answer.cached_tok,
        client_late_s=answer.loop_lag_s,
        client=answer.client,
    )

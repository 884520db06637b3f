"""A small world for the evaluation stage: plans in one line, a scripted target, and the real log, prompts and clock."""

import asyncio
import threading
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from functools import partial
from pathlib import Path
from time import monotonic
from typing import Any

from maquette.adapters.prompts import JinjaPrompts
from maquette.adapters.trial_logs import FileRunStore
from maquette.evals.calls import Answer, Call, CallError, CallParameters, FailureKind, TargetSpec
from maquette.evals.dataset import Dataset, Example, Prompt
from maquette.evals.metrics import AnyMetric
from maquette.evals.registry import open_metric
from maquette.evals.run import MetricSpec, RunPlan, manifest_of
from maquette.evals.runner import run_evaluation
from maquette.evals.scoring import Helpers
from maquette.evals.trials import RunState, Trial
from maquette.foundation.units import Usd

STARTED = datetime(2026, 3, 1, 12, tzinfo=UTC)


class Clock:
    """The machine's clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return monotonic()


@dataclass(frozen=True)
class FlatPrice:
    """Every priced target costs so much a token, in and out."""

    usd_per_tok: Mapping[str, Decimal] = field(default_factory=dict)

    def usd(self, target_id: str, *, input_tok: int, output_tok: int, cached_tok: int = 0) -> Usd | None:
        rate = self.usd_per_tok.get(target_id)
        return None if rate is None else rate * (input_tok + output_tok)

    def priced(self, target_id: str) -> bool:
        return target_id in self.usd_per_tok


def answer(text: str, *, input_tok: int | None = 10, output_tok: int | None = 5) -> Answer:
    return Answer(
        text=text,
        input_tok=input_tok,
        output_tok=output_tok,
        cached_tok=None,
        latency_s=0.25,
        ttft_s=0.1,
        finish_reason="stop",
    )


Reply = Answer | CallError
Script = Callable[[str, int], Reply]
"""From the user's message and the number of the attempt, from 1, to what comes back."""


def echo(message: str, attempt: int) -> Reply:
    return answer(message)


class Scripted:
    """A target that does what its script says, and remembers what it was asked."""

    def __init__(
        self,
        name: str = "m",
        script: Script = echo,
        *,
        concurrency: int = 8,
        local: bool = False,
        takes_s: float = 0.0,
    ) -> None:
        self.id = name
        self.concurrency = concurrency
        self.shares_machine = local
        self.asked: list[str] = []
        self.in_flight = self.most_in_flight = self.started = self.closed = 0
        self._script = script
        self._attempts: Counter[str] = Counter()
        self._takes_s = takes_s

    async def start(self) -> None:
        self.started += 1

    async def answer(self, call: Call) -> Answer:
        message = call.messages[-1].content
        self.asked.append(message)
        self._attempts[message] += 1
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        try:
            await asyncio.sleep(self._takes_s)
        finally:
            self.in_flight -= 1
        reply = self._script(message, self._attempts[message])
        if isinstance(reply, CallError):
            raise reply
        return reply

    async def close(self) -> None:
        self.closed += 1


def failing(kind: FailureKind, *, first: int = 10**9, retry_after_s: float | None = None) -> Script:
    """Fails the first attempts at each question, then echoes."""

    def script(message: str, attempt: int) -> Reply:
        if attempt <= first:
            return CallError(kind, f"scripted {kind}", retry_after_s=retry_after_s)
        return answer(message)

    return script


def examples(number: int) -> tuple[Example, ...]:
    return tuple(Example(id=f"e{i}", inputs={"text": f"message {i}"}, expected=f"message {i}") for i in range(number))


def spec(name: str = "m", **changes: Any) -> TargetSpec:
    return TargetSpec(**{"id": name, "card": name, "adapter": "scripted", "model": name, **changes})


def plan_of(
    number: int = 4, *, targets: Sequence[TargetSpec] | None = None, timeout_s: float = 5.0, **changes: Any
) -> RunPlan:
    settings: dict[str, Any] = {
        "dataset": Dataset(name="examples.jsonl", examples=examples(number)),
        "prompt": Prompt(name="main.j2", version="1", system=None, user="{{ text }}"),
        "targets": tuple(targets or (spec(),)),
        "metrics": (MetricSpec(kind="exact_match", settings={}),),
        "parameters": CallParameters(max_output_tok=20, timeout_s=timeout_s),
        "concurrency": 4,
        "attempts": 3,
        "cap_usd": None,
        "threshold": 0.8,
    }
    return RunPlan(**{**settings, **changes})


@dataclass
class World:
    """A folder of runs, and how to run a plan in it."""

    folder: Path
    stop: threading.Event = field(default_factory=threading.Event)
    seen: list[Trial] = field(default_factory=list)

    @property
    def store(self) -> FileRunStore:
        return FileRunStore(self.folder / "runs")

    def run(
        self,
        plan: RunPlan,
        *targets: Any,
        prices: Mapping[str, str] | None = None,
        resume: str | None = None,
        on_trial: Callable[[Trial], None] | None = None,
        metrics: Sequence[AnyMetric] | None = None,
        helpers: Helpers | None = None,
        check_first: bool = False,
    ) -> RunState:
        """Run ``plan`` to its end, as a new run or as a resumed one; the run's trials are `seen` as they come."""
        store = self.store
        log = store.resume(resume) if resume else store.start(manifest_of(plan, started_at=STARTED))[1]
        self.seen.clear()
        rates = {spec.id: Decimal(0) for spec in plan.targets} if prices is None else prices
        state = RunState.STOPPED
        tell = partial(self._tell, on_trial)
        try:
            state = asyncio.run(
                _run(
                    plan,
                    targets=targets,
                    metrics=metrics or [open_metric(metric) for metric in plan.metrics],
                    prompts=JinjaPrompts(),
                    pricer=FlatPrice({name: Decimal(rate) for name, rate in rates.items()}),
                    log=log,
                    clock=Clock(),
                    on_trial=tell,
                    stop=self.stop,
                    helpers=helpers,
                    check_first=check_first,
                )
            )
        finally:
            store.finish(log.run_id, state, STARTED)
        return state

    def _tell(self, on_trial: Callable[[Trial], None] | None, trial: Trial) -> None:
        self.seen.append(trial)
        if on_trial is not None:
            on_trial(trial)

    def trials(self, run_id: str = "r-001") -> list[Trial]:
        return list(self.store.trials(run_id))


async def _run(*arguments: Any, helpers: Helpers | None, **named: Any) -> RunState:
    try:
        return await run_evaluation(*arguments, helpers=helpers, **named)
    finally:
        if helpers is not None:
            await helpers.close()

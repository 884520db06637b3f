"""Runs an evaluation: bounded concurrency, a hard cap, and a log that is the cache.

Everything that can be found wrong is found before the first call. Nothing here knows a model library, a file or an
interface; one question's attempts are in `asking`.
"""

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from maquette.evals.asking import Asker, Pricer, most_input_tok
from maquette.evals.calls import Target
from maquette.evals.dataset import Example, PromptRenderer
from maquette.evals.metrics import Metric
from maquette.evals.purse import CapReached, Purse
from maquette.evals.run import RunPlan, trial_keys
from maquette.evals.trials import RunState, Score, Trial, TrialLog
from maquette.foundation.lineage import fingerprint
from maquette.foundation.problems import InvalidInput, Place, SpendingStopped
from maquette.foundation.units import Usd, readable_usd

FLUSH_EVERY_TRIALS = 20
FLUSH_EVERY_S = 0.5
_HOUSEKEEPING_S = 0.1


class Clock(Protocol):
    """Time, so that no stage reads it by itself."""

    def now(self) -> datetime:
        """The moment, with its time zone."""

    def monotonic(self) -> float:
        """Seconds that never run backwards."""


class StopSignal(Protocol):
    """Set from any thread to stop a run before its next call; `threading.Event` is one."""

    def is_set(self) -> bool:
        """Whether to stop."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Work:
    """What is left to do for one target: answers on record to take over, and questions to ask, with their keys."""

    target: Target
    reuse: Sequence[tuple[Example, str]]
    ask: Sequence[tuple[Example, str]]
    answers: Mapping[str, Trial]


async def run_evaluation(  # noqa: PLR0913  # what a run needs from outside, each by its name
    plan: RunPlan,
    *,
    targets: Sequence[Target],
    metrics: Sequence[Metric],
    prompts: PromptRenderer,
    pricer: Pricer,
    log: TrialLog,
    clock: Clock,
    on_trial: Callable[[Trial], None],
    stop: StopSignal,
) -> RunState:
    """Ask every example of every target that the log does not answer yet.

    Targets that share this machine run one after another, the others together under the plan's concurrency. Once
    ``stop`` is set no call is sent; calls in flight finish, those that wait for another attempt are given up.

    Returns:
        FINISHED, STOPPED or CAP_REACHED.

    Raises:
        InvalidInput: The prompt does not render for an example, or an API model has no price.
        SpendingStopped: There is no cap, and a target costs money. Nothing was sent.
        Unavailable: A target cannot start.
    """
    _refuse_unpriced(plan, targets, pricer)
    recorder = _Recorder(plan, metrics, log, clock, on_trial)
    works = _left_to_do(plan, targets, log, recorder.take_up())
    _refuse_uncapped(plan, _worst_usd(plan, works, prompts, pricer))
    purse = Purse(cap_usd=plan.cap_usd, spent_usd=recorder.spent_usd)
    run = _Run(plan, prompts, Asker(plan, pricer, purse), recorder, stop)
    try:
        await run.all(works)
    except ExceptionGroup as group:
        raise _first(group) from None
    finally:
        log.flush()
    if recorder.left == 0:
        return RunState.FINISHED
    return RunState.CAP_REACHED if run.cap_reached else RunState.STOPPED


def _refuse_uncapped(plan: RunPlan, worst_usd: Usd) -> None:
    if plan.cap_usd is None and worst_usd > 0:
        raise SpendingStopped(
            f"the calls of this run may cost up to {readable_usd(worst_usd)}, and there is no cap",
            fix="Set one: maquette eval run --cap USD, or answer eval.budget_usd.",
        )


def _first(group: ExceptionGroup[Exception]) -> Exception:
    """What ended the run; task groups wrap it in groups."""
    first = group.exceptions[0]
    return _first(first) if isinstance(first, ExceptionGroup) else first


def _refuse_unpriced(plan: RunPlan, targets: Sequence[Target], pricer: Pricer) -> None:
    """A cap covers no target without a price; one on this machine costs no money a call."""
    local = {target.id for target in targets if target.shares_machine}
    for spec in plan.targets:
        if not (pricer.priced(spec.id) or spec.id in local or spec.options.get("allow_unpriced")):
            raise InvalidInput(
                f"{spec.id!r} has no price, so no cap can cover it",
                place=Place(field=f"models.targets.{spec.id}"),
                fix="Name the catalog model that it serves (card:), or set options: {allow_unpriced: true}.",
            )


def _left_to_do(plan: RunPlan, targets: Sequence[Target], log: TrialLog, finished: set[str]) -> list[_Work]:
    specs = {spec.id: spec for spec in plan.targets}
    works = []
    for target in targets:
        key_of = trial_keys(plan, specs[target.id])
        keyed = [(example, key_of(example)) for example in plan.dataset.examples]
        waiting = [(example, key) for example, key in keyed if key + example.id not in finished]
        answers = log.answered_before(frozenset(key for _, key in waiting))
        works.append(
            _Work(
                target=target,
                reuse=[(example, key) for example, key in waiting if key in answers],
                ask=[(example, key) for example, key in waiting if key not in answers],
                answers=answers,
            )
        )
    return works


def _worst_usd(plan: RunPlan, works: Sequence[_Work], prompts: PromptRenderer, pricer: Pricer) -> Usd:
    """The most that one attempt of every call can cost. Renders every prompt, so that a wrong one is told first."""
    worst_usd = Usd(0)
    longest = plan.parameters.max_output_tok
    most_tok: dict[str, int] = {}
    for work in works:
        for example, _ in work.ask:
            if example.id not in most_tok:
                most_tok[example.id] = most_input_tok(prompts.messages(plan.prompt, example))
            usd = pricer.usd(work.target.id, input_tok=most_tok[example.id], output_tok=longest)
            worst_usd += usd or Usd(0)
    return worst_usd


class _Recorder:
    """Scores answers and puts trials into the log, which is flushed in groups.

    Attributes:
        left: Trials still missing.
        spent_usd: What this run's trials on record have cost.
    """

    def __init__(
        self,
        plan: RunPlan,
        metrics: Sequence[Metric],
        log: TrialLog,
        clock: Clock,
        on_trial: Callable[[Trial], None],
    ) -> None:
        self.left = len(plan.dataset.examples) * len(plan.targets)
        self.spent_usd = Usd(0)
        self.clock = clock
        self._metrics = [(spec.name, metric) for spec, metric in zip(plan.metrics, metrics, strict=True)]
        self._log = log
        self._on_trial = on_trial
        self._unflushed = 0
        self._flushed_at_s = clock.monotonic()

    def take_up(self) -> set[str]:
        """Count what an earlier part of this run did; returns key and example id of each trial, joined."""
        finished = set()
        for trial in self._log.finished():
            finished.add(trial.key + trial.example_id)
            self.left -= 1
            if trial.cost_usd is not None and not trial.from_cache:
                self.spent_usd += trial.cost_usd
            self._on_trial(trial)
        return finished

    def record(self, trial: Trial) -> None:
        """Add a trial to the log and tell of it."""
        self._log.append(trial)
        self.left -= 1
        self._unflushed += 1
        if self._unflushed >= FLUSH_EVERY_TRIALS:
            self._flush()
        self._on_trial(trial)

    def flush_if_due(self) -> None:
        """Nothing that came back stays unflushed for long, however slow the next answer is."""
        if self._unflushed and self.clock.monotonic() - self._flushed_at_s >= FLUSH_EVERY_S:
            self._flush()

    def scores(self, example: Example, output: str) -> tuple[Score, ...]:
        """Each metric's score under the plan's name for it."""
        return tuple(replace(_score(metric, example, output), metric=name) for name, metric in self._metrics)

    def _flush(self) -> None:
        self._log.flush()
        self._unflushed, self._flushed_at_s = 0, self.clock.monotonic()


class _Run:
    """The state of one run while it is under way.

    Attributes:
        cap_reached: A call could not be covered.
    """

    def __init__(
        self, plan: RunPlan, prompts: PromptRenderer, asker: Asker, recorder: _Recorder, stop: StopSignal
    ) -> None:
        self.cap_reached = False
        self._plan = plan
        self._prompts = prompts
        self._asker = asker
        self._recorder = recorder
        self._stop = stop
        self._places = asyncio.Semaphore(plan.concurrency)

    async def all(self, works: Sequence[_Work]) -> None:
        """Answers on record first, then the calls: remote targets together, those on this machine in turn."""
        remote = [work for work in works if not work.target.shares_machine]
        local = [work for work in works if work.target.shares_machine]
        async with asyncio.TaskGroup() as group:
            housekeeping = group.create_task(self._keep_house())
            for work in works:
                await self._take_over(work)
            # A missing key or server is told before any call is paid for.
            async with asyncio.TaskGroup() as starts:
                for work in remote:
                    if self._to_ask(work):
                        starts.create_task(work.target.start())
            async with asyncio.TaskGroup() as calls:
                for work in remote:
                    calls.create_task(self._ask_all(work))
                calls.create_task(self._one_after_another(local))
            housekeeping.cancel()

    def _to_ask(self, work: _Work) -> bool:
        return bool(work.ask) and not self._stop.is_set()

    async def _keep_house(self) -> None:
        while True:
            await asyncio.sleep(_HOUSEKEEPING_S)
            self._recorder.flush_if_due()
            if self._stop.is_set():
                for task in self._asker.resting:
                    task.cancel()

    async def _take_over(self, work: _Work) -> None:
        """An answer on record is not paid for again; its scores are today's metrics'."""
        for number, (example, key) in enumerate(work.reuse):
            if number % FLUSH_EVERY_TRIALS == 0:
                await asyncio.sleep(0)
                if self._stop.is_set():
                    return
            known = work.answers[key]
            self._recorder.record(
                replace(
                    known,
                    target_id=work.target.id,
                    example_id=example.id,
                    stratum=example.stratum,
                    scores=self._recorder.scores(example, known.output or ""),
                    from_cache=True,
                )
            )

    async def _one_after_another(self, works: Sequence[_Work]) -> None:
        for work in works:
            if self._to_ask(work):
                await work.target.start()
                await self._ask_all(work)
                await work.target.close()

    async def _ask_all(self, work: _Work) -> None:
        questions = iter(work.ask)
        async with asyncio.TaskGroup() as group:
            for _ in range(min(work.target.concurrency, self._plan.concurrency)):
                group.create_task(self._worker(work.target, questions))

    async def _worker(self, target: Target, questions: Iterator[tuple[Example, str]]) -> None:
        for example, key in questions:
            async with self._places:
                if self._stop.is_set():
                    return
                try:
                    await self._ask(target, example, key)
                except CapReached:
                    self.cap_reached = True
                    return

    async def _ask(self, target: Target, example: Example, key: str) -> None:
        messages = self._prompts.messages(self._plan.prompt, example)
        outcome = await self._asker.ask(target, messages)
        answer = outcome.answer
        self._recorder.record(
            Trial(
                key=key,
                target_id=target.id,
                example_id=example.id,
                stratum=example.stratum,
                output=answer.text if answer else None,
                failure=outcome.failure,
                scores=self._recorder.scores(example, answer.text) if answer else (),
                attempts=outcome.attempts,
                input_tok=answer.input_tok if answer else None,
                output_tok=answer.output_tok if answer else None,
                cached_tok=answer.cached_tok if answer else None,
                latency_s=answer.latency_s if answer else None,
                ttft_s=answer.ttft_s if answer else None,
                cost_usd=outcome.cost_usd,
                finished_at=self._recorder.clock.now(),
                asked=fingerprint(messages),
            )
        )


def _score(metric: Metric, example: Example, output: str) -> Score:
    try:
        return metric.score(example, output)
    except Exception as error:  # a metric is a stranger's code: its failure is data, the run goes on
        return Score(metric=metric.name, value=None, detail=f"{type(error).__name__}: {error}")

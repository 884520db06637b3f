"""A quick evaluation under way: in memory, or in a folder of runs where one that was killed is gone on with."""

import asyncio
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic

from maquette.adapters.trial_logs import FileRunStore
from maquette.cli.evals.quick_plan import Quick
from maquette.evals.calls import MODEL_FILE_ADAPTER, Target, TargetSpec
from maquette.evals.estimating import resumable
from maquette.evals.helpers import open_helpers
from maquette.evals.metrics.protocol import AnyMetric, Embedder
from maquette.evals.preflight import try_metrics
from maquette.evals.quick import NoRecord
from maquette.evals.registry import open_metric, open_target
from maquette.evals.results import Tally
from maquette.evals.run import EvalRun, RunPlan, manifest_of, without_pace
from maquette.evals.runner import run_evaluation
from maquette.evals.trials import RunState, TrialLog
from maquette.foundation.problems import Problem
from maquette.foundation.units import Usd


class _Clock:
    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return monotonic()


Finish = Callable[[RunState, datetime], None]


def run_quick(quick: Quick, cap_usd: Usd | None, *, log: str | None = None) -> tuple[EvalRun, Problem | None]:
    """Run it to its end, or until Ctrl-C; what ended it before, if something did.

    Args:
        quick: What to run.
        cap_usd: The most that may be spent.
        log: A folder of runs to write to, and to take answers from; None keeps nothing.

    Raises:
        Problem: It could not begin: no price and nobody allowed that, a wrong metric, a model that cannot be reached.
    """
    plan = replace(quick.plan, cap_usd=cap_usd)
    clock, metrics = _Clock(), [open_metric(metric) for metric in plan.metrics]
    try_metrics(plan, metrics)
    trials, finish = _record(plan, log, clock.now())
    tally = Tally(manifest=manifest_of(plan, started_at=clock.now()), threshold=None)
    problem: Problem | None = None
    state = RunState.STOPPED
    try:
        with _stop_on_interrupt() as stop:
            state = asyncio.run(_work(replace(quick, plan=plan), metrics, trials, tally, stop))
    except Problem as ended:
        if not tally.done:
            raise
        problem = ended
    finally:
        finish(state, clock.now())
    tally.end(state, clock.now())
    return tally.run(), problem


async def _work(quick: Quick, metrics: list[AnyMetric], log: TrialLog, tally: Tally, stop: threading.Event) -> RunState:
    target = _opened(without_pace(quick.plan.targets[0]))
    helpers = open_helpers(quick.helpers, open_target=_opened, open_embedder=_opened_embedder)
    try:
        return await run_evaluation(
            quick.plan,
            targets=[target],
            metrics=metrics,
            prompts=quick.prompts,
            pricer=quick.pricer,
            log=log,
            clock=_Clock(),
            on_trial=tally.add,
            stop=stop,
            helpers=helpers,
            check_first=True,
        )
    finally:
        await target.close()
        await helpers.close()


def _record(plan: RunPlan, folder: str | None, now: datetime) -> tuple[TrialLog, Finish]:
    """Where trials go, and what to call at the end: the run of this plan that did not finish, a new one, or nothing.

    Raises:
        Conflict: Another process writes that run.
        Unavailable: The folder cannot be written to.
    """
    if folder is None:
        return NoRecord(), lambda state, finished_at: None
    store = FileRunStore(Path(folder))
    unfinished = resumable(plan, store)
    log = store.resume(unfinished.run_id) if unfinished else store.start(manifest_of(plan, started_at=now))[1]
    return log, lambda state, finished_at: store.finish(log.run_id, state, finished_at)


@contextmanager
def _stop_on_interrupt() -> Iterator[threading.Event]:
    """Ctrl-C stops the run kindly: no further call is sent, and what is finished is told."""
    stop = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield stop
        return
    before = signal.signal(signal.SIGINT, lambda *_: stop.set())
    try:
        yield stop
    finally:
        signal.signal(signal.SIGINT, before)


def _opened(spec: TargetSpec) -> Target:
    if spec.adapter != MODEL_FILE_ADAPTER:
        return open_target(spec, folder=Path())
    from maquette.wiring import opened_target

    return opened_target(spec, folder=Path())


def _opened_embedder(spec: TargetSpec) -> Embedder:
    from maquette.adapters.embeddings import open_embedder

    return open_embedder(spec)

"""A running evaluation: one thread with one event loop, started, watched and stopped by any interface.

The interface's own thread never waits for a model or a library's import. Listeners are called from this thread.
"""

import asyncio
import threading
import time
from collections.abc import Callable, Sequence

from maquette.evals.asking import UnderWay
from maquette.evals.calls import Target
from maquette.evals.helpers import HelperSpec, open_helpers
from maquette.evals.preflight import try_metrics
from maquette.evals.pricing import CardPricer
from maquette.evals.results import Tally
from maquette.evals.run import EvalRun, RunPlan, without_pace
from maquette.evals.runner import run_evaluation
from maquette.evals.trials import RunManifest, RunState, Trial, TrialLog
from maquette.foundation.problems import Problem
from maquette.project.events import Event, RunAdvanced, RunEnded
from maquette.project.ports import Ports

_REPORT_EVERY_S = 0.1
"""How often listeners hear of progress: often enough to look live, seldom enough to cost nothing."""

_LONG_S = 30.0
"""A call that takes longer is named to whoever asks what the run is waiting for."""


class Evaluation:
    """One run under way, or over.

    Attributes:
        run_id: The run that it writes.
    """

    def __init__(
        self,
        *,
        plan: RunPlan,
        helpers: Sequence[HelperSpec],
        manifest: RunManifest,
        log: TrialLog,
        pricer: CardPricer,
        ports: Ports,
        tell: Callable[[Event], None],
    ) -> None:
        self.run_id = manifest.run_id
        self._plan = plan
        self._helpers = helpers
        self._log = log
        self._pricer = pricer
        self._ports = ports
        self._tell = tell
        self._tally = Tally(manifest=manifest, threshold=plan.threshold)
        self._stop = threading.Event()
        self._problem: Problem | None = None
        self._last_report = 0.0
        self._waiting: tuple[UnderWay, ...] = ()
        self._thread = threading.Thread(target=self._work, name=f"evaluation {self.run_id}", daemon=True)

    @property
    def running(self) -> bool:
        """Whether it is still under way."""
        return self._thread.is_alive()

    @property
    def run(self) -> EvalRun:
        """The results so far."""
        return self._tally.run()

    @property
    def problem(self) -> Problem | None:
        """Why it could not start or go on, once it is over."""
        return self._problem

    @property
    def waiting_for(self) -> tuple[str, ...]:
        """The calls that take long, in words, the longest first: "example e7 of model-a for 45 s"."""
        now_s = time.monotonic()
        long = sorted((one for one in self._waiting if now_s - one.since_s >= _LONG_S), key=lambda one: one.since_s)
        return tuple(f"example {one.example_id} of {one.target_id} for {now_s - one.since_s:.0f} s" for one in long)

    def start(self) -> None:
        """Begin; returns at once."""
        self._thread.start()

    def stop(self) -> None:
        """Ask it to stop: no further call is sent, finished ones are kept."""
        self._stop.set()

    def wait(self, timeout_s: float | None = None) -> bool:
        """Wait until it is over; False when ``timeout_s`` passes first."""
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def _work(self) -> None:
        state = RunState.STOPPED
        try:
            state = asyncio.run(self._run())
        except Problem as problem:
            self._problem = problem
        finally:
            finished_at = self._ports.clock.now()
            self._ports.runs.finish(self.run_id, state, finished_at)
            self._tally.end(state, finished_at)
            self._tell(RunEnded(run=self._tally.run(), problem=self._problem))

    async def _run(self) -> RunState:
        targets: list[Target] = [self._ports.open_target(without_pace(spec)) for spec in self._plan.targets]
        metrics = [self._ports.open_metric(spec) for spec in self._plan.metrics]
        helpers = open_helpers(
            self._helpers, open_target=self._ports.open_target, open_embedder=self._ports.open_embedder
        )
        try_metrics(self._plan, metrics)
        try:
            return await run_evaluation(
                self._plan,
                targets=targets,
                metrics=metrics,
                prompts=self._ports.prompts(),
                pricer=self._pricer,
                log=self._log,
                clock=self._ports.clock,
                on_trial=self._count,
                stop=self._stop,
                helpers=helpers,
                check_first=True,
                on_waiting=self._note_waiting,
            )
        finally:
            for target in targets:
                await target.close()
            await helpers.close()

    def _note_waiting(self, waiting: tuple[UnderWay, ...]) -> None:
        self._waiting = waiting

    def _count(self, trial: Trial) -> None:
        self._tally.add(trial)
        now = time.monotonic()
        if now - self._last_report >= _REPORT_EVERY_S:
            self._last_report = now
            planned = len(self._plan.dataset.examples) * len(self._plan.targets)
            self._tell(RunAdvanced(run=self._tally.run(), done=self._tally.done, planned=planned))

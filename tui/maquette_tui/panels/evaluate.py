"""Stage 3: the estimate first, then a run that can be watched and stopped; results with intervals."""

from typing import ClassVar

from textual.binding import BindingType

from maquette.evals.run import EvalRun, TargetResult
from maquette.evals.trials import RunState
from maquette.foundation.problems import Problem
from maquette.foundation.units import readable_usd
from maquette.project.events import RunAdvanced, RunEnded
from maquette_tui.actions import bindings
from maquette_tui.panels.panel import Panel


class EvaluatePanel(Panel):
    """Targets, one a row."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings("evaluation")]
    HEADINGS = ("model", "done", "right", "score", "95 % interval", "verdict", "p95 s", "failed", "spent")

    def show(self) -> None:
        """The newest run, in a thread: its trials may be many and the statistics' library is slow to load."""
        self.run_worker(self._load, thread=True, exclusive=True, group="evaluate")

    def _load(self) -> None:
        view = self.project.view
        try:
            ready = f"{len(view.plan.targets)} models, {len(view.plan.dataset.examples)} examples; s shows the estimate"
        except Problem as problem:
            ready = f"{problem.what}. {problem.fix}"
        evaluation = self.project.evaluation
        run = evaluation.run if evaluation is not None and evaluation.running else view.run
        stale = run is not None and not self._evaluating and not view.run_is_current
        self.app.call_from_thread(self._show_run, run, ready, stale)

    @property
    def _evaluating(self) -> bool:
        evaluation = self.project.evaluation
        return evaluation is not None and evaluation.running

    def _show_run(self, run: EvalRun | None, ready: str, stale: bool) -> None:
        if run is None:
            self.fill([])
            self.lead(ready)
            return
        self._show_results(run)
        note = "! stale: examples, prompt, metrics or models changed since. " if stale else ""
        self.lead(f"{note}{run.id} {run.state}, spent {readable_usd(run.spent_usd)}.  {ready}")

    def on_run_event(self, event: RunAdvanced | RunEnded) -> None:
        """Progress, or the end, from the evaluation's thread by way of the app."""
        if isinstance(event, RunAdvanced):
            self._show_results(event.run)
            self.lead(f"{event.run.id} running: {event.done} of {event.planned} calls; . stops it")
            return
        if event.problem is not None:
            self.detail(f"{event.problem.what}. {event.problem.fix}")
            self.say(event.problem.what)
        elif event.run is not None:
            kept = "; finished calls are kept" if event.run.state is not RunState.FINISHED else ""
            self.say(f"{event.run.id} {event.run.state}{kept}. 4 shows the cost.")
        self.show()

    def action_start(self) -> None:
        """Show the estimate; a second line goes ahead."""
        self.run_worker(self._estimate, thread=True, exclusive=True, group="estimate")

    def _estimate(self) -> None:
        try:
            estimate = self.project.estimate()
        except Problem as problem:
            self.app.call_from_thread(self.detail, f"{problem.what}. {problem.fix}")
            return
        costs = "nothing" if estimate.usd and estimate.usd.high == 0 else "an unknown amount"
        if estimate.usd and estimate.usd.high > 0:
            costs = f"{readable_usd(estimate.usd.low)} to {readable_usd(estimate.usd.high)}"
        prompt = f"{estimate.calls} calls, {estimate.cached} on record, costs {costs}. Type yes to start"
        self.app.call_from_thread(self.ask, prompt, "yes", self._start)

    def _start(self, text: str) -> None:
        if text.strip().lower() not in ("yes", "y"):
            self.say("Nothing was sent.")
            return
        if self.attempt(self.project.start_evaluation):
            self.say("Started. Results narrow as answers arrive; . stops it.")

    def action_stop(self) -> None:
        """Stop the run; finished calls are kept."""
        if self._evaluating:
            self.project.stop_evaluation()
            self.say("Stopping after the calls in flight; finished ones are kept.")
        else:
            self.say("Nothing is running.")

    def _show_results(self, run: EvalRun) -> None:
        self.fill([(result.target_id, _cells(result)) for result in run.results])


def _cells(result: TargetResult) -> tuple[str, ...]:
    interval, latency = result.interval, result.latency
    return (
        result.target_id,
        f"{result.done}/{result.planned}",
        str(result.correct),
        f"{result.score:.3f}" if result.score is not None else "",
        f"{interval.low:.3f} - {interval.high:.3f}" if interval else "",
        result.verdict.value.replace("_", " "),
        f"{latency.p95_s:.3f}" if latency else "",
        str(sum(result.failures.values())),
        readable_usd(result.spent_usd) if result.spent_usd is not None else "",
    )

"""Stage 3: the estimate first, then a run that can be watched and stopped; who passes, in words and with intervals."""

import time
from collections.abc import Mapping, Sequence
from functools import partial
from types import MappingProxyType
from typing import ClassVar

from textual.binding import BindingType

from maquette.evals.model_size import ModelSize
from maquette.evals.run import EvalRun
from maquette.evals.run_words import about, estimate_words, headline, seconds, warnings
from maquette.evals.trials import RunState
from maquette.foundation.problems import Problem
from maquette.foundation.units import readable_usd
from maquette.project.eval_details import Remembered
from maquette.project.events import RunAdvanced, RunEnded
from maquette_tui.actions import bindings
from maquette_tui.panels.evaluate_rows import NARROW_HEADINGS, WIDE_HEADINGS, narrow_cells, wide_cells
from maquette_tui.panels.evaluate_text import Section, comparison_sections, details_sections, fitting
from maquette_tui.panels.panel import Panel
from maquette_tui.panels.reading import ReadingScreen

NARROW = 100
"""Below so many columns the table leaves out what the line for the model under the cursor tells."""

LOOK_EVERY_S = 5.0
"""How often a running evaluation is asked for calls that take long."""


class EvaluatePanel(Panel):
    """Targets, one a row."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings("evaluation")]
    HEADINGS = WIDE_HEADINGS
    _headings: tuple[str, ...] = WIDE_HEADINGS
    _run: EvalRun | None = None
    _headline = ""
    _sizes: Mapping[str, ModelSize] = MappingProxyType({})
    _trouble = ""
    _began: tuple[float, int] | None = None

    def on_mount(self) -> None:
        """Begin to look for calls that take long."""
        self._remembered = Remembered()
        self.set_interval(LOOK_EVERY_S, self._show_progress)

    def on_resize(self) -> None:
        """The columns fit the width."""
        if self._run is not None:
            self._show_results(self._run)

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
        self._sizes = view.sizes
        words = headline(run, self._sizes) if run is not None else ""
        self.app.call_from_thread(self._show_run, run, ready, stale, words)

    @property
    def _evaluating(self) -> bool:
        evaluation = self.project.evaluation
        return evaluation is not None and evaluation.running

    def _show_run(self, run: EvalRun | None, ready: str, stale: bool, words: str) -> None:
        if run is None:
            self.fill([])
            self.lead(ready)
            self.detail(self._trouble)
            return
        self._headline = words
        self._show_results(run)
        note = "! stale: examples, prompt, metrics or models changed since. " if stale else ""
        resumed = " s resumes it." if run.state is not RunState.FINISHED and not stale else ""
        self.lead(f"{note}{run.id} {run.state}, spent {readable_usd(run.spent_usd)}.{resumed}  {ready}")

    def on_run_event(self, event: RunAdvanced | RunEnded) -> None:
        """Progress, or the end, from the evaluation's thread by way of the app."""
        if isinstance(event, RunAdvanced):
            self._began = self._began or (time.monotonic(), event.done)
            self._headline = headline(event.run, self._sizes)
            self._show_results(event.run)
            self._show_progress()
            return
        self._began = None
        if event.problem is not None:
            self._trouble = f"{event.problem.what}. {event.problem.fix}"
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
            told = estimate_words(self.project.estimate(), self.project.view.plan.cap_usd)
            before = self.project.run_warnings()
        except Problem as problem:
            self.app.call_from_thread(self.detail, f"{problem.what}. {problem.fix}")
            return
        self.app.call_from_thread(self._ask_to_start, told, before)

    def _ask_to_start(self, told: str, before: Sequence[str]) -> None:
        """The estimate stays in sight while the line waits: a typed line hides its prompt."""
        self.ask(f"{told}. Type yes to start", "yes", self._start)
        self.detail("\n".join((f"{told}.", *before, "Enter starts it, Escape leaves; nothing is sent before.")))

    def leave_input(self) -> None:
        """Hide the line and the estimate."""
        super().leave_input()
        self.detail("")
        self._show_detail()

    def _start(self, text: str) -> None:
        if text.strip().lower() not in ("yes", "y"):
            self.say("Nothing was sent.")
            return
        self._trouble = ""
        if self.attempt(self.project.start_evaluation):
            self.say("Started. Results narrow as answers arrive; . stops it.")

    def action_stop(self) -> None:
        """Stop the run; finished calls are kept."""
        if self._evaluating:
            self.project.stop_evaluation()
            self.say("Stopping after the calls in flight; finished ones are kept.")
        else:
            self.say("Nothing is running.")

    def on_data_table_row_selected(self) -> None:
        """Enter on a model."""
        self.action_details()

    def on_data_table_row_highlighted(self) -> None:
        """The cursor stands on another model."""
        self._show_detail()

    def action_details(self) -> None:
        """Look into the answers of the model under the cursor."""
        run, target = self._run, self.row_key
        if run is None or target is None:
            self.say("Nothing is evaluated yet. s shows the estimate.")
            return
        self.app.push_screen(ReadingScreen(partial(self._details, run, target)))

    def action_compare(self) -> None:
        """The models of the run in pairs."""
        if self._run is None:
            self.say("Nothing is evaluated yet. s shows the estimate.")
            return
        self.app.push_screen(ReadingScreen(partial(self._comparison, self._run)))

    def _details(self, run: EvalRun, target: str, width: int) -> list[Section]:
        return details_sections(self._remembered.details(self.project.view, run, target), width)

    def _comparison(self, run: EvalRun, width: int) -> list[Section]:
        return comparison_sections(self._remembered.comparison(self.project.view, run), run, width)

    def _show_results(self, run: EvalRun) -> None:
        self._run = run
        narrow = self.app.size.width < NARROW
        headings: tuple[str, ...] = NARROW_HEADINGS if narrow else WIDE_HEADINGS
        if headings != self._headings:
            self.table.clear(columns=True)
            self.table.add_columns(*headings)
            self._headings = headings
        self.fill([(one.target_id, narrow_cells(one) if narrow else wide_cells(one)) for one in run.results])
        self._show_detail()

    def _show_detail(self) -> None:
        """Who passes, what speaks against the figures, and more of the model under the cursor."""
        if self._run is None:
            return
        result = self._run.result(self.row_key or "")
        own = [f"{result.target_id}: {'; '.join(about(result))}"] if result is not None and about(result) else []
        first = [*filter(None, (self._trouble, self._headline))]
        self.detail(fitting([*first, *own], warnings(self._run), max(self.app.size.width - 4, 40)))

    def _show_progress(self) -> None:
        """How far the run is, and the calls that take long."""
        evaluation = self.project.evaluation
        if evaluation is None or not evaluation.running:
            return
        run = evaluation.run
        done, planned = (sum(counts) for counts in zip(*((one.done, one.planned) for one in run.results), strict=True))
        told = f"{run.id} running: {done} of {planned} calls{self._left(done, planned)}"
        told += f", spent {readable_usd(run.spent_usd)}; . stops it"
        waiting = evaluation.waiting_for
        self.lead(f"{told}\nstill waiting: {waiting[0]}" if waiting else told)

    def _left(self, done: int, planned: int) -> str:
        """About how long the rest takes at the pace so far."""
        if self._began is None or done <= self._began[1] or planned <= done:
            return ""
        each_s = (time.monotonic() - self._began[0]) / (done - self._began[1])
        return f", about {seconds(each_s * (planned - done))} left"

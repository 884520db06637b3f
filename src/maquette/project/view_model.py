"""`Project`: what every interface talks to. Commands change maquette.yaml or start work; views and events come out.

Two interfaces may share one project, in one process or in two: each command applies to the newest file, a change made
elsewhere is taken in and told, and a lost update is refused, never made.
"""

import threading
from collections.abc import Callable, Hashable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from maquette.analytics import Table
from maquette.bundle.lock import Lock
from maquette.bundle.plan import BundlePlan, FileSpec, Resolution
from maquette.decision.decision import Choice
from maquette.evals.run import Estimate
from maquette.foundation.problems import Conflict, NotFound
from maquette.foundation.units import Usd
from maquette.project.choosing import chosen_paths
from maquette.project.costing import WhatIf, what_if
from maquette.project.deciding import basis_paths, choice_of, choice_paths, cost_is_seen, draft_of, signed
from maquette.project.events import Changed, Event, RunEnded
from maquette.project.history import Edit, History
from maquette.project.ports import Ports
from maquette.project.stages import StageStatus
from maquette.project.starting import estimate_run, limited, open_run, pricer_of, warnings_before
from maquette.project.statuses import exported_lock, statuses
from maquette.project.typing_in import typed_changes
from maquette.project.view import View
from maquette.project_document import REMOVED, changed_paths
from maquette.requirements.questions import QuestionBook
from maquette.rules.report import RuleBook

if TYPE_CHECKING:
    from maquette.project.actuals import Actuals, By
    from maquette.project.evaluation import Evaluation

Listener = Callable[[Event], None]


class Project:
    """One project folder, opened.

    Raises:
        NotFound: The folder holds no maquette.yaml.
        SeveralProblems: The file is wrong; every error is in it.
    """

    def __init__(self, ports: Ports) -> None:
        self._ports = ports
        self._history = History()
        self._listeners: list[Listener] = []
        self._lock = threading.RLock()
        self._memo: dict[Hashable, object] = {}
        self._evaluation: Evaluation | None = None
        self._document = ports.file.read()
        self._view = self._look()

    # -- looking ------------------------------------------------------------------------------------------------

    @property
    def folder(self) -> Path:
        """The project's folder."""
        return self._ports.file.path.parent

    @property
    def questions(self) -> QuestionBook:
        """The questions that the requirements answer."""
        return self._ports.questions

    @property
    def view(self) -> View:
        """The project as this process last saw it."""
        return self._view

    @property
    def statuses(self) -> tuple[StageStatus, ...]:
        """How far each of the six stages is."""
        lock = self._exported_lock()
        return statuses(self._view, self._ports.questions, bundle_basis=lock.computed_from if lock else None)

    def listen(self, listener: Listener) -> Callable[[], None]:
        """Hear of every event from now on, perhaps from another thread.

        Returns:
            A function that ends it.
        """
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener) if listener in self._listeners else None

    def refresh(self) -> bool:
        """Take in what another program did to the folder; True when something had changed."""
        with self._lock:
            newest = self._ports.file.read()
            if newest.digest == self._document.digest:
                self._view = self._look() if self._runs_changed() else self._view
                return False
            paths = changed_paths(self._document, newest)
            self._document = newest
            self._view = self._look()
        self._tell(Changed(paths=paths, elsewhere=True))
        return True

    # -- changing -----------------------------------------------------------------------------------------------

    def set_answers(self, answers: Mapping[str, object]) -> None:
        """Answer questions by id; ``None`` takes an answer back, ``"unknown"`` is an answer.

        Raises:
            InvalidInput: An id or a value is wrong; nothing was changed.
            Conflict: Another program changed one of them meanwhile; the newest file is shown, nothing was changed.
        """
        self._change({f"requirements.{name}": REMOVED if value is None else value for name, value in answers.items()})

    def set_settings(self, settings: Mapping[str, object]) -> None:
        """Change other parts of maquette.yaml by dotted path, for example ``evaluation.dataset``.

        Raises:
            InvalidInput, Conflict: As for `set_answers`.
        """
        self._change({path: REMOVED if value is None else value for path, value in settings.items()})

    def choose(self, models: Sequence[str]) -> None:
        """Choose the models to evaluate, in the order given; replaces the earlier choice.

        Raises:
            NotFound: A model is not in the catalog.
            InvalidInput: A model is excluded; the message says why.
        """
        self._change(chosen_paths(self._view, models))

    def accept_cost(self) -> None:
        """Remember that the projection was looked at with today's inputs.

        Raises:
            NotFound: No model is chosen.
        """
        if not self._view.cost_options:
            raise NotFound("no model is chosen to project", fix="Choose some: maquette shortlist --choose MODEL.")
        self._change({"cost.computed_from": self._view.cost_basis}, undoable=False)

    def decide(
        self,
        *,
        model: str,
        because: str,
        fallback: str | None = None,
        accepted: bool = False,
        unevaluated_because: str | None = None,
        by: str | None = None,
    ) -> None:
        """Make the decision, or make it again.

        Raises:
            NotFound: The model is not among the options.
            InvalidInput: It is to be accepted, no current run has a score of the model, and nobody said why.
        """
        choice = choice_of(self._view, model=model, because=because, fallback=fallback)
        self._put(signed(self._view, choice, unevaluated_because=unevaluated_because, by=by) if accepted else choice)

    def sign(self, *, unevaluated_because: str | None = None, by: str | None = None) -> None:
        """Accept the decision that stands; raises as `decide`, and NotFound when there is none."""
        self._put(signed(self._view, draft_of(self._view), unevaluated_because=unevaluated_because, by=by))

    @property
    def can_undo(self) -> bool:
        """Whether there is a change to take back."""
        return bool(self._history.done)

    @property
    def can_redo(self) -> bool:
        """Whether there is a change to make again."""
        return bool(self._history.undone)

    def undo(self) -> tuple[str, ...]:
        """Take the newest change of this session back.

        Returns:
            The dotted paths that changed; empty when there was nothing to undo.

        Raises:
            Conflict: Another program changed one of them meanwhile.
        """
        if not self._history.done:
            return ()
        edit = self._history.done[-1].reverse
        self._apply(edit.after)
        self._history.step_back()
        return tuple(edit.after)

    def redo(self) -> tuple[str, ...]:
        """Make the newest undone change again; as `undo`."""
        if not self._history.undone:
            return ()
        edit = self._history.undone[-1]
        self._apply(edit.after)
        self._history.step_forward()
        return tuple(edit.after)

    def change_by_text(self, changes: Mapping[str, str]) -> None:
        """Change answers and settings as typed: ``latency.p95_ms`` to ``800``, ``evaluation.dataset`` to a path.

        Raises:
            InvalidInput, Conflict: As for `set_answers`; also when a name is no question and no setting.
        """
        self._change(typed_changes(changes, self._ports.questions, lambda: self._ports.rules().fact_kinds))

    def what_if(self, changes: Mapping[str, object]) -> WhatIf:
        """The cost with answers changed, beside today's; nothing is written. As `costing.what_if`."""
        return what_if(self._view, self._ports.questions, changes)

    @property
    def rule_book(self) -> RuleBook:
        """The rules, the project's own among them."""
        return self._view.rule_book

    def actuals(
        self,
        *,
        month: str | None = None,
        by: "By | None" = None,
        option: str | None = None,
        month_one: str | None = None,
    ) -> "Actuals":
        """What was really spent beside the projection; see `maquette.project.actuals`."""
        from maquette.project.actuals import actuals

        with self._ports.database() as database:
            return actuals(self._view, database, month=month, by=by, option=option, month_one=month_one)

    def ask_sql(self, query: str) -> Table:
        """Ask the project's files in SQL: the views and tables of `project.views_in_sql.PROJECT_VIEWS`.

        Raises:
            InvalidInput: The query is wrong, or reads outside the project.
        """
        from maquette.project.views_in_sql import load_views

        with self._ports.database() as database:
            load_views(database, self._view, query)
            return database.table(query)

    def write_sql(
        self, query: str, path: Path, *, form: Literal["csv", "parquet"], spreadsheet_safe: bool = False
    ) -> int:
        """Write what `ask_sql` would find into a file, which is replaced; see `Database.write_table`."""
        from maquette.project.views_in_sql import load_views

        with self._ports.database() as database:
            load_views(database, self._view, query)
            return database.write_table(query, path, form=form, spreadsheet_safe=spreadsheet_safe)

    # -- evaluating ---------------------------------------------------------------------------------------------

    @property
    def evaluation(self) -> "Evaluation | None":
        """The evaluation that this process started last."""
        return self._evaluation

    def estimate(self, *, fresh: bool = False) -> Estimate:
        """What an evaluation would take, before anything is spent; ``fresh`` as for `start_evaluation`.

        Raises:
            Problem: There is no plan; the message says what is missing.
        """
        return estimate_run(self._view, self._ports, fresh=fresh)

    def run_warnings(self) -> tuple[str, ...]:
        """What to know before an evaluation, a sentence each; raises as `estimate`."""
        return warnings_before(self._view, self._ports)

    def start_evaluation(
        self,
        *,
        cap_usd: Usd | None = None,
        fresh: bool = False,
        fail_fast: bool | None = None,
        most_minutes: float | None = None,
    ) -> "Evaluation":
        """Start, or resume a run of the same plan that did not finish; returns at once.

        Args:
            cap_usd: The most that may be spent; None takes the requirement's figure.
            fresh: Start a new run even where one could be resumed.
            fail_fast: End it at the first call that fails for good; None does what the requirements say.
            most_minutes: End it then; None takes the requirement's figure.

        Raises:
            Conflict: An evaluation is running.
            Problem: There is no plan.
        """
        from maquette.project.evaluation import Evaluation

        if self._evaluation is not None and self._evaluation.running:
            raise Conflict("an evaluation is running", fix="Stop it first, or wait until it is done.")
        helpers = self._view.helpers
        plan = limited(self._view.plan, cap_usd=cap_usd, most_minutes=most_minutes, fail_fast=fail_fast)
        manifest, log = open_run(self._view, self._ports, plan, fresh=fresh)
        self._evaluation = Evaluation(
            plan=plan,
            helpers=helpers,
            manifest=manifest,
            log=log,
            pricer=pricer_of(plan, helpers, self._view.catalog),
            ports=self._ports,
            tell=self._run_event,
        )
        self._view = self._look()
        self._evaluation.start()
        return self._evaluation

    def stop_evaluation(self) -> None:
        """Stop the evaluation that this process runs; finished calls are kept."""
        if self._evaluation is not None:
            self._evaluation.stop()

    # -- exporting ----------------------------------------------------------------------------------------------

    def plan_export(self, out: str | None = None, *, only: Sequence[str] = (), traced: bool = False) -> BundlePlan:
        """What an export would write, file by file; nothing is written.

        Args:
            out: The folder, relative to the project's; None takes the project's own.
            only: Artifacts, top folders or paths to export; nothing means everything.
            traced: Whether each line's origin is told.

        Raises:
            NotFound: One of ``only`` is no part of the bundle.
        """
        from maquette.project.exporting import plan_export

        target = out or self._document.out
        lock = self._exported_lock(target)
        return plan_export(
            self._view, self._ports, folder=self.folder / target, out=target, lock=lock, only=only, traced=traced
        )

    def render_export(self, *, only: Sequence[str] = ()) -> tuple[FileSpec, ...]:
        """The files that a fresh export would write, whatever lies in a folder.

        Raises:
            NotFound: One of ``only`` is no part of the bundle.
        """
        from maquette.project.exporting import render_files

        return render_files(self._view, self._ports, only=only)

    def write_export(self, plan: BundlePlan, resolutions: Mapping[str, Resolution]) -> tuple[str, ...]:
        """Write a plan; returns the paths written.

        Raises:
            Conflict: A file that the user edited has no resolution; nothing was written.
        """
        written = self._ports.bundle_folder(self.folder / plan.out).write(plan.with_answers(resolutions), resolutions)
        self._tell(Changed(paths=("export",)))
        return written

    # -- inside -------------------------------------------------------------------------------------------------

    def _look(self) -> View:
        return View(ports=self._ports, document=self._document, memo=self._memo)

    def _runs_changed(self) -> bool:
        manifests = self._ports.runs.manifests()
        return (manifests[-1] if manifests else None) != self._view.manifest

    def _tell(self, event: Event) -> None:
        for listener in tuple(self._listeners):
            listener(event)

    def _run_event(self, event: Event) -> None:
        """From the evaluation's thread: a finished run makes a new view before anybody hears of it."""
        if isinstance(event, RunEnded):
            with self._lock:
                self._view = self._look()
        self._tell(event)

    def _change(self, changes: Mapping[str, object], *, undoable: bool = True) -> None:
        before = {path: self._document.value_at(path) for path in changes}
        self._apply(changes)
        if undoable:
            self._history.record(Edit(after=dict(changes), before=before))

    def _apply(self, changes: Mapping[str, object]) -> None:
        with self._lock:
            try:
                self._document = self._ports.file.update(changes, seen=self._document)
            except Conflict:
                self.refresh()
                raise
            self._view = self._look()
        self._tell(Changed(paths=tuple(changes)))

    def _put(self, choice: Choice) -> None:
        looked_at = cost_is_seen(self._view)
        self._change(choice_paths(choice))
        self._change(basis_paths(self._view, cost_is_seen=looked_at), undoable=False)

    def _exported_lock(self, out: str | None = None) -> Lock | None:
        return exported_lock(self._ports.bundle_folder(self.folder / (out or self._document.out)))

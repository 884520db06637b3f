"""Stage 6: what an export would write, shown before it is written."""

from typing import ClassVar

from textual.binding import BindingType

from maquette.bundle.plan import BundlePlan, FileState, Resolution
from maquette.foundation.problems import Problem
from maquette_tui.actions import bindings
from maquette_tui.panels.panel import Panel


class ExportPanel(Panel):
    """Files, one a row."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings("bundle")]
    HEADINGS = ("", "file", "state")
    _plan: BundlePlan | None = None

    def show(self) -> None:
        """The plan, in a thread: the templates and the projection take a moment."""
        self.lead("rendering ...")
        self.run_worker(self._load, thread=True, exclusive=True, group="export")

    def _load(self) -> None:
        try:
            plan = self.project.plan_export()
        except Problem as problem:
            self.app.call_from_thread(self.detail, f"{problem.what}. {problem.fix}")
            return
        self.app.call_from_thread(self._show_plan, plan)

    def _show_plan(self, plan: BundlePlan) -> None:
        self._plan = plan
        self._resolutions: dict[str, Resolution] = {}
        self.fill([(file.spec.path, (file.state.mark, file.spec.path, file.state.value)) for file in plan.files])
        counts = ", ".join(f"{len(plan.in_state(state))} {state}" for state in FileState if plan.in_state(state))
        self.lead(f"{plan.out}: {counts}. Nothing is written until w.")
        self._show_diff()

    def on_data_table_row_highlighted(self) -> None:
        """The cursor stands on another file."""
        self._show_diff()

    def action_keep(self) -> None:
        """Keep the user's version of the file under the cursor."""
        self._resolve(Resolution.KEEP)

    def action_replace(self) -> None:
        """Replace the user's version of the file under the cursor."""
        self._resolve(Resolution.REPLACE)

    def action_write(self) -> None:
        """Write the plan that is shown."""
        plan = self._plan
        if plan is None:
            return
        open_files = [f.spec.path for f in plan.in_state(FileState.EDITED) if f.spec.path not in self._resolutions]
        if open_files:
            self.say(f"{open_files[0]} was edited by you: k keeps it, r replaces it.")
            return
        if self.attempt(lambda: self.project.write_export(plan, self._resolutions)):
            self.say(f"Wrote the bundle to {plan.out}.")
            self.show()

    def _resolve(self, resolution: Resolution) -> None:
        plan, path = self._plan, self.row_key
        if plan is None or path not in {file.spec.path for file in plan.in_state(FileState.EDITED)}:
            self.say("Only files that you edited are asked about.")
            return
        self._resolutions[str(path)] = resolution
        self.say(f"{path}: {resolution}.")

    def _show_diff(self) -> None:
        files = {file.spec.path: file for file in self._plan.files} if self._plan else {}
        file = files.get(self.row_key or "")
        if file is not None:
            self.detail(file.diff or "as it is there")

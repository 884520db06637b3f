"""The app: a rail of six stages, one panel at a time, a sentence and the keys. State lives in the project alone."""

from collections.abc import Callable
from typing import ClassVar

from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.message import Message
from textual.screen import ModalScreen
from textual.widgets import ContentSwitcher, Static

from maquette.foundation.problems import Problem, each_problem
from maquette.project import Project
from maquette.project.events import Changed, Event, RunAdvanced, RunEnded
from maquette.project.stages import Stage, StageStatus
from maquette_tui.actions import EVERYWHERE, bindings, footer, help_text
from maquette_tui.panels.cost import CostPanel
from maquette_tui.panels.decide import DecidePanel
from maquette_tui.panels.evaluate import EvaluatePanel
from maquette_tui.panels.export import ExportPanel
from maquette_tui.panels.panel import Panel
from maquette_tui.panels.require import RequirePanel
from maquette_tui.panels.shortlist import ShortlistPanel
from maquette_tui.words import safe

NARROW = 100
"""Below so many columns the rail says only numbers and signs."""

LOOK_EVERY_S = 1.0
"""How often the folder is looked at for changes by other programs."""

_PANELS: dict[Stage, type[Panel]] = {
    Stage.REQUIREMENTS: RequirePanel,
    Stage.SHORTLIST: ShortlistPanel,
    Stage.EVALUATION: EvaluatePanel,
    Stage.COST: CostPanel,
    Stage.DECISION: DecidePanel,
    Stage.BUNDLE: ExportPanel,
}


class HelpScreen(ModalScreen[None]):
    """Every key of the stage in front, then those that work everywhere."""

    BINDINGS: ClassVar = [Binding("escape,q,question_mark", "dismiss", "back")]

    def __init__(self, text: str) -> None:
        super().__init__()
        self._text = text

    def compose(self) -> ComposeResult:
        """The text, which scrolls where the terminal is small."""
        with VerticalScroll():
            yield Static(safe(self._text))


class MaquetteApp(App[None]):
    """The terminal app on one project."""

    CSS_PATH = "app.tcss"
    TITLE = "maquette"
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(EVERYWHERE)]

    class Told(Message):
        """An event of the project, from whichever thread."""

        def __init__(self, event: Event) -> None:
            super().__init__()
            self.event = event

    def __init__(self, project: Project, *, ascii_only: bool = False) -> None:
        super().__init__()
        self.project = project
        self.stage = Stage.REQUIREMENTS
        self._ascii = ascii_only
        self._entered = True
        self._unreadable = False
        self._end_listening = project.listen(self._hear)

    def compose(self) -> ComposeResult:
        """From top to bottom."""
        yield Static(id="title", markup=False)
        yield Static(id="rail", markup=False)
        with ContentSwitcher(initial=self.stage.value, id="stages"):
            for stage, panel in _PANELS.items():
                yield panel(self.project, id=stage.value)
        yield Static(id="sentence", markup=False)
        yield Static(id="keys", markup=False)

    def on_mount(self) -> None:
        """Show the first stage and begin to look for changes by other programs."""
        self._enter(Stage.REQUIREMENTS)
        self.set_interval(LOOK_EVERY_S, self._look)

    def on_unmount(self) -> None:
        """Hear no more."""
        self._end_listening()

    def on_resize(self) -> None:
        """The rail fits the width."""
        self._show_frame()

    @property
    def panel(self) -> Panel:
        """The panel in front."""
        return self.query_one(f"#{self.stage.value}", Panel)

    def say(self, sentence: str) -> None:
        """The sentence above the keys."""
        self.query_one("#sentence", Static).update(safe(sentence))

    def _hear(self, event: Event) -> None:
        self.post_message(self.Told(event))

    # -- events ---------------------------------------------------------------------------------------------------

    def on_maquette_app_told(self, message: "MaquetteApp.Told") -> None:
        """Something changed: here, elsewhere, or in the evaluation."""
        event = message.event
        if isinstance(event, RunAdvanced | RunEnded):
            self.query_one(EvaluatePanel).on_run_event(event)
        if isinstance(event, RunEnded) and self.stage is not Stage.EVALUATION:
            self.panel.show()
        if isinstance(event, Changed):
            if event.elsewhere:
                self.say(f"Changed elsewhere: {', '.join(event.paths[:3])}")
            self.panel.show()
        if not isinstance(event, RunAdvanced):
            self._show_frame()

    def on_panel_said(self, message: Panel.Said) -> None:
        """A panel has a sentence."""
        self.say(message.sentence)

    def on_panel_go_to(self, message: Panel.GoTo) -> None:
        """A panel leads to another one."""
        self._enter(message.stage)
        if message.question is not None:
            self.query_one(RequirePanel).open_question(message.question)

    # -- actions --------------------------------------------------------------------------------------------------

    def action_stage(self, number: int) -> None:
        """Go to a stage; none is locked."""
        self._enter(list(Stage)[number - 1])

    def action_undo(self) -> None:
        """Take the newest change back."""
        self._step(self.project.undo, "Undone", "There is nothing to undo.")

    def action_redo(self) -> None:
        """Make the undone change again."""
        self._step(self.project.redo, "Made again", "There is nothing to redo.")

    def action_help(self) -> None:
        """The keys."""
        self.push_screen(HelpScreen(help_text(self.stage.value)))

    def action_leave(self) -> None:
        """Quit; a running evaluation is stopped first, and what it finished is kept."""
        evaluation = self.project.evaluation
        if evaluation is None or not evaluation.running:
            self.exit()
            return
        self.panel.ask(
            "An evaluation is running. Type yes to stop it; finished calls are kept", "", self._stop_and_leave
        )

    def _stop_and_leave(self, text: str) -> None:
        if text.strip().lower() in ("yes", "y"):
            self.project.stop_evaluation()
            self.exit()

    # -- inside ---------------------------------------------------------------------------------------------------

    def _enter(self, stage: Stage) -> None:
        self.stage = stage
        self._entered = True
        self.query_one(ContentSwitcher).current = stage.value
        self.panel.show()
        self.panel.table.focus()
        self._show_frame()

    def _step(self, command: Callable[[], tuple[str, ...]], done: str, nothing: str) -> None:
        try:
            paths = command()
        except Problem as problem:
            self.say(str(each_problem(problem)[0].what))
            return
        self.say(f"{done}: {', '.join(paths)}." if paths else nothing)

    def _look(self) -> None:
        self.run_worker(self._refresh, thread=True, exclusive=True, group="look")

    def _refresh(self) -> None:
        try:
            self.project.refresh()
        except Problem as problem:
            self._unreadable = True
            self.call_from_thread(self.say, str(problem))
            return
        if self._unreadable:
            self._unreadable = False
            self.call_from_thread(self.say, "The project can be read again.")

    def _show_frame(self) -> None:
        self.run_worker(self._load_frame, thread=True, exclusive=True, group="frame")

    def _load_frame(self) -> None:
        try:
            found = self.project.statuses
        except Problem as problem:
            self.call_from_thread(self.say, str(problem))
            return
        self.call_from_thread(self._draw_frame, found)

    def _draw_frame(self, found: tuple[StageStatus, ...]) -> None:
        narrow = self.size.width < NARROW
        view = self.project.view
        self.query_one("#title", Static).update(
            safe(f"maquette   {view.name}   in {self.project.folder.resolve().name}/")
        )
        self.query_one("#rail", Static).update(safe(" ".join(self._word(status, narrow) for status in found)))
        self.query_one("#keys", Static).update(safe(footer(self.stage.value, self.size.width - 2)))
        status = found[self.stage.number - 1]
        if self._entered:
            self._entered = False
            self.say(f"{self.stage.label}: {status.progress}, {status.because}" if status.because else "")

    def _word(self, status: StageStatus, narrow: bool) -> str:
        glyph = status.progress.ascii_glyph if self._ascii else status.progress.glyph
        here = status.stage is self.stage
        name = f"{status.stage.number} {status.stage.label} {glyph} {status.progress}"
        if narrow:
            name = f"{status.stage.number}{glyph}" + (f" {status.stage.label}" if here else "")
        return f"[{name}]" if here else name

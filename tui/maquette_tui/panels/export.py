"""Stage 6: what an export would write, shown before it is written; rendering and writing are off the main thread."""

from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container, VerticalScroll
from textual.widgets import DataTable, Input, Static
from textual.worker import get_current_worker

from maquette.bundle.lock import LOCK_NAME
from maquette.bundle.plan import BundlePlan, FileState, PlannedFile, Resolution
from maquette.foundation.problems import Problem
from maquette.project.exporting_words import DiffLine, diff_lines, plan_words, possible, settled, unsettled
from maquette_tui.actions import bindings
from maquette_tui.panels.export_tree import HEADINGS, files_below, tree_rows
from maquette_tui.panels.panel import Panel
from maquette_tui.panels.reading import ReadingScreen
from maquette_tui.words import safe

WIDE = 100
NAME = 30
INDENT = 7
LINES = 400
"""So many lines of a diff are shown beside the tree; enter reads all of them."""

_STYLE = {"+": "green", "-": "red", "<": "dim", "!": "bold"}
_KEYS = {Resolution.KEEP: "k keeps", Resolution.MERGE: "m merges", Resolution.REPLACE: "r replaces"} | {
    Resolution.MARKERS: "b writes both beside it"
}


class ExportPanel(Panel):
    """A tree of files, and the diff of the one under the cursor."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings("bundle")]
    HEADINGS = HEADINGS
    _plan: BundlePlan | None = None
    _writing: BundlePlan | None = None
    _traced = False
    _hinted = False
    _at: str | None = None

    def compose(self) -> ComposeResult:
        """The tree and the diff: side by side where there is room, else one above the other."""
        self._said: dict[str, tuple[str, Resolution]] = {}
        self._only: set[str] = set()
        self._folded: set[str] = set()
        yield Static(classes="lead", markup=False)
        with Container(id="export-body"):
            yield DataTable(cursor_type="row", zebra_stripes=True)
            with VerticalScroll(id="export-diff"):
                yield Static(classes="detail", markup=False)
        yield Input()

    # -- showing --------------------------------------------------------------------------------------------------

    def show(self) -> None:
        """The plan, in a thread: the templates and the projection take a moment."""
        self.lead("rendering ..." if self._plan is None else f"{plan_words(self._plan)}. Rendering again ...")
        self.run_worker(self._load, thread=True, exclusive=True, group="export")

    def _load(self) -> None:
        worker, only = get_current_worker(), sorted(self._only)
        try:
            plan = self.project.plan_export(traced=self._traced)
            there = {file.spec.path for file in plan.files}
            only = [path for path in only if path in there]
            writing = self.project.plan_export(only=only, traced=self._traced) if only else plan
        except Problem as problem:
            if not worker.is_cancelled:
                self.app.call_from_thread(self._fail, problem)
            return
        if not worker.is_cancelled:
            self.app.call_from_thread(self._take, plan, writing, set(only))

    def _fail(self, problem: Problem) -> None:
        self._plan = self._writing = None
        self.fill([])
        self.lead("The bundle cannot be rendered.")
        self.told(problem)

    def _take(self, plan: BundlePlan, writing: BundlePlan, only: set[str]) -> None:
        first = self._plan is None
        self._plan, self._writing, self._only = plan, writing, only
        self._draw()
        if first:
            moving = {one.spec.path for one in plan.files if one.state is not FileState.SAME}
            wanted = {one.spec.path for one in unsettled(plan, self._answers)} or moving
            found = next((at for at, key in enumerate(self.table.rows) if key.value in wanted), 0)
            self.table.move_cursor(row=found)

    def on_resize(self) -> None:
        """The diff stands beside the tree, or below it."""
        self._draw()

    def _draw(self) -> None:
        plan = self._plan
        wide = self.app.size.width >= WIDE
        self.set_class(wide, "-wide")
        if plan is None:
            return
        width = NAME if wide else self.app.size.width - 32
        rows = tree_rows(plan, self._answers, only=self._only, folded=self._folded, name_width=width)
        self.fill(rows)
        alone = f"Only {len(self._only)} of them. " if self._only else ""
        self.lead(f"{plan_words(plan)}. {alone}Nothing is written until w.")
        self._show_diff()

    @property
    def _answers(self) -> dict[str, Resolution]:
        """What is said of each edited file; an answer counts as long as the file and its new text are what it saw."""
        if self._plan is None:
            return {}
        seen = {file.spec.path: file.diff for file in self._plan.files}
        own = {path: answer for path, (diff, answer) in self._said.items() if seen.get(path) == diff}
        return settled(self._plan) | own

    @property
    def _file(self) -> PlannedFile | None:
        """The file under the cursor; None on a folder."""
        files = {file.spec.path: file for file in self._plan.files} if self._plan else {}
        return files.get(self.row_key or "")

    def _diff(self, file: PlannedFile) -> tuple[DiffLine, ...]:
        return diff_lines(file, self._answers.get(file.spec.path), origins=self._traced)

    def _show_diff(self) -> None:
        file = self._file
        if file is None:
            self.detail("space writes only this folder, enter folds it." if self.row_key else "")
            return
        lines = self._diff(file)
        text = Text()
        width = self.query_one("#export-diff", VerticalScroll).content_size.width - 4
        for line in lines[:LINES]:
            text.append_text(_styled(line, width))
        if len(lines) > LINES:
            text.append(f"{len(lines) - LINES} more lines; enter reads all.")
        self.query_one(".detail", Static).update(text)
        self.query_one("#export-diff", VerticalScroll).scroll_home(animate=False)

    def on_data_table_row_highlighted(self) -> None:
        """The cursor stands on another file."""
        self._show_diff()
        file, moved = self._file, self.row_key != self._at
        self._at = self.row_key
        if moved and file is not None and possible(file):
            self._hinted = True
            self.say(f"{file.spec.path}: {', '.join(_KEYS[one] for one in possible(file))}.")
        elif moved and self._hinted:
            self._hinted = False
            self.say("Nothing is written until w.")

    def on_data_table_row_selected(self) -> None:
        """Enter on a row."""
        self.action_read()

    def action_read(self) -> None:
        """The whole diff of the file; or fold the folder."""
        file, key = self._file, self.row_key
        if file is not None:
            text = "\n".join(line.text for line in self._diff(file))
            self.app.push_screen(ReadingScreen(lambda _: [(file.spec.path, text)]))
        elif key is not None:
            self._folded ^= {key}
            self._draw()

    def action_origins(self) -> None:
        """With each new line the template's line and the facts in it, or without."""
        self._traced = not self._traced
        self.say("Each new line with where it comes from." if self._traced else "The lines alone.")
        self.show()

    def action_include(self) -> None:
        """Write only what is marked; without a mark, everything."""
        plan, key = self._plan, self.row_key
        if plan is None or key is None:
            return
        paths = set(files_below(plan, key)) - {LOCK_NAME}
        if not paths:
            self.say("The lock is written with whatever is exported.")
            return
        self._only = self._only - paths if paths <= self._only else self._only | paths
        many = len(self._only)
        told = f"Only {many} file{'s' * (many > 1)} to write." if many else "Everything is written."
        self.say(told)
        self._draw()
        self.show()

    # -- answers --------------------------------------------------------------------------------------------------

    def action_keep(self) -> None:
        """Keep the user's version of the file under the cursor."""
        self._resolve(Resolution.KEEP)

    def action_replace(self) -> None:
        """Replace the user's version of the file under the cursor."""
        self._resolve(Resolution.REPLACE)

    def action_merge(self) -> None:
        """Take the user's edit and the new text together."""
        self._resolve(Resolution.MERGE)

    def action_markers(self) -> None:
        """Keep the user's version, and write both with markers beside it."""
        self._resolve(Resolution.MARKERS)

    def _resolve(self, resolution: Resolution) -> None:
        file = self._file
        if file is None or not possible(file):
            self.say("Only files that you edited are asked about.")
        elif resolution not in possible(file):
            self.say(f"{file.spec.path}: {', '.join(_KEYS[one] for one in possible(file))}; nothing else fits.")
        else:
            self._said[file.spec.path] = (file.diff, resolution)
            self._draw()
            self.say(f"{file.spec.path}: {resolution}.")

    # -- writing --------------------------------------------------------------------------------------------------

    def action_write(self) -> None:
        """Write the plan that is shown."""
        plan, answers = self._writing, self._answers
        if plan is None:
            return
        waiting = unsettled(plan, answers)
        if waiting:
            self._go_to(waiting[0])
            return
        mine = {file.spec.path for file in plan.files}
        said = {path: answer for path, answer in answers.items() if path in mine}
        self.lead(f"writing to {plan.out} ...")
        self.attempt_in_thread(
            lambda: self.project.write_export(plan, said), lambda: self.say(f"Wrote the bundle to {plan.out}.")
        )

    def _go_to(self, file: PlannedFile) -> None:
        path = file.spec.path
        self._folded = {folder for folder in self._folded if not path.startswith(folder)}
        self._draw()
        self.table.move_cursor(row=self.table.get_row_index(path))
        self.say(f"{path} was edited by you: {', '.join(_KEYS[one] for one in possible(file))}.")

    def action_zip(self) -> None:
        """One archive of a fresh bundle, or of what is marked; asks for its name."""
        self.ask("Zip file, seen from the project's folder", "bundle.zip", self._zip)

    def _zip(self, name: str) -> None:
        if not name.strip():
            self.say("The archive has no name; nothing was written.")
        elif (self.project.folder / name.strip()).is_file():
            prompt = f"{name.strip()} is there already. Type yes to replace it"
            self.ask(prompt, "", lambda said: self._put_zip(name.strip(), replace=said.strip().lower() == "yes"))
        else:
            self._put_zip(name.strip(), replace=False)

    def _put_zip(self, name: str, *, replace: bool) -> None:
        from maquette.adapters.bundle_files import write_zip

        place, only = self.project.folder / name, sorted(self._only)
        self.attempt_in_thread(
            lambda: write_zip(place, self.project.render_export(only=only), replace=replace),
            lambda: self.say(f"Wrote the archive {name}."),
        )


def _styled(line: DiffLine, width: int) -> Text:
    """One line, continued below its own text where it is longer than the pane."""
    most = max(width, 2 * INDENT)
    first, rest = line.text[:most], line.text[most:]
    step = most - INDENT
    parts = [first, *(" " * INDENT + rest[at : at + step] for at in range(0, len(rest), step))]
    text = safe("".join(f"{part}\n" for part in parts))
    text.stylize(_STYLE.get(line.sign, ""))
    return text

"""What the six panels share: a line that leads, a table, a detail below it, and a line to type into."""

from collections.abc import Callable, Sequence

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.message import Message
from textual.widgets import DataTable, Input, Static

from maquette.foundation.problems import Problem, each_problem
from maquette.project import Project
from maquette.project.stages import Stage
from maquette_tui.words import fitted, safe

SCROLL_BAR = 2


class Panel(Vertical):
    """A stage's panel. `show` fills it from the project; subclasses say with what.

    Attributes:
        HEADINGS: The columns of the table.
    """

    HEADINGS: tuple[str, ...] = ()

    class Said(Message):
        """Something for the bottom line."""

        def __init__(self, sentence: str) -> None:
            super().__init__()
            self.sentence = sentence

    class GoTo(Message):
        """Another stage is wanted, and there the question of that id when there is one."""

        def __init__(self, stage: Stage, question: str | None = None) -> None:
            super().__init__()
            self.stage = stage
            self.question = question

    def __init__(self, project: Project, *, id: str) -> None:  # noqa: A002  # Textual's own name
        super().__init__(id=id)
        self.project = project
        self._asking: Callable[[str], None] | None = None
        self._filled: Sequence[tuple[str, tuple[str, ...]]] = ()

    def compose(self) -> ComposeResult:
        """The parts from top to bottom."""
        yield Static(classes="lead", markup=False)
        yield DataTable(cursor_type="row", zebra_stripes=True)
        yield Static(classes="detail", markup=False)
        yield Input()

    def on_mount(self) -> None:
        """The table's columns."""
        self.table.add_columns(*self.HEADINGS)

    @property
    def table(self) -> "DataTable[object]":
        """The main table."""
        return self.query_one(DataTable)

    @property
    def row_key(self) -> str | None:
        """The key of the row under the cursor."""
        if not self.table.row_count:
            return None
        return self.table.coordinate_to_cell_key(self.table.cursor_coordinate).row_key.value

    def show(self) -> None:
        """Fill the panel from the project as it is now."""
        raise NotImplementedError

    def fill(self, rows: Sequence[tuple[str, Sequence[object]]], *, at: str | None = None) -> None:
        """Replace the table's rows, each with its key; the cursor stays on its row, or goes to the one named.

        A cell that has no room ends with an ellipsis: a table never reaches beyond the screen.
        """
        at = at or self.row_key
        self._filled = [(key, tuple(map(str, cells))) for key, cells in rows]
        self.table.clear()
        fitting = fitted(self._labels, [cells for _, cells in self._filled], self._table_width)
        for (key, _), cells in zip(self._filled, fitting, strict=True):
            self.table.add_row(*map(safe, cells), key=key)
        keys = [key for key, _ in rows]
        if at in keys:
            self.table.move_cursor(row=keys.index(at))

    @property
    def _table_width(self) -> int:
        """The columns that the table has beside its scroll bar; the app's while it is not laid out."""
        return (self.table.size.width or self.app.size.width) - SCROLL_BAR

    def on_resize(self) -> None:
        """Cells that were cut have more room, or less."""
        if all(len(cells) == len(self._labels) for _, cells in self._filled):
            self.fill(self._filled)

    @property
    def _labels(self) -> tuple[str, ...]:
        return tuple(str(column.label) for column in self.table.ordered_columns)

    def fits(self, rows: Sequence[tuple[str, ...]]) -> bool:
        """Whether rows of the present columns have room without a cut."""
        return list(rows) == fitted(self._labels, rows, self._table_width)

    def fill_columns(self, headings: Sequence[str], rows: Sequence[tuple[str, Sequence[object]]]) -> None:
        """Replace the rows, and the columns where they are others."""
        if tuple(headings) != self._labels:
            at = self.row_key
            self.table.clear(columns=True)
            self.table.add_columns(*headings)
            self.fill(rows, at=at)
        else:
            self.fill(rows)

    def lead(self, text: str) -> None:
        """The line above the table."""
        self.query_one(".lead", Static).update(safe(text))

    def detail(self, text: str) -> None:
        """The text below the table."""
        self.query_one(".detail", Static).update(safe(text))

    def say(self, sentence: str) -> None:
        """A sentence for the bottom line."""
        self.post_message(self.Said(sentence))

    def attempt(self, command: Callable[[], object]) -> bool:
        """Run a command of the project; a problem stays in the detail, and nothing is lost."""
        try:
            command()
        except Problem as problem:
            self.told(problem)
            return False
        return True

    def attempt_in_thread(self, command: Callable[[], object], done: Callable[[], None]) -> None:
        """The same off the interface's thread; ``done`` runs in it once the command has succeeded."""

        def work() -> None:
            try:
                command()
            except Problem as problem:
                self.app.call_from_thread(self.told, problem)
                return
            self.app.call_from_thread(done)

        self.run_worker(work, thread=True, group="command")

    def told(self, problem: Problem) -> None:
        """A problem in the detail, and its first sentence in the bottom line."""
        self.detail("\n".join(str(part) for part in each_problem(problem)))
        self.say(each_problem(problem)[0].what)

    def ask(self, prompt: str, value: str, then: Callable[[str], None]) -> None:
        """Let the user type one line; Escape leaves it."""
        line = self.query_one(Input)
        line.placeholder, line.value = prompt, value
        line.add_class("asked")
        line.focus()
        self._asking = then

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """The line is typed."""
        event.stop()
        then, self._asking = self._asking, None
        self.leave_input()
        if then is not None:
            then(event.value)

    def key_escape(self) -> None:
        """Leave the line without a word."""
        self._asking = None
        self.leave_input()

    def leave_input(self) -> None:
        """Hide the line; the table has the keys again."""
        self.query_one(Input).remove_class("asked")
        self.table.focus()

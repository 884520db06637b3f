"""A screen to read: headed sections that scroll, computed off the interface's thread. Escape leads back."""

from collections.abc import Callable, Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Static

from maquette.foundation.problems import Problem, each_problem
from maquette_tui.actions import bindings, keys_of
from maquette_tui.words import safe

WHERE = "reading"

Load = Callable[[int], Sequence[tuple[str, str]]]
"""From the width in columns to sections: a heading, and its text."""


class ReadingScreen(ModalScreen[None]):
    """Sections of text, each below its heading. ``load`` runs in a thread."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings(WHERE)]

    def __init__(self, load: Load) -> None:
        super().__init__()
        self._load = load

    def compose(self) -> ComposeResult:
        """The sections, and the keys below them."""
        with VerticalScroll():
            yield Static("computing ...", markup=False)
        yield Static(safe(keys_of(WHERE)), id="reading-keys", markup=False)

    def on_mount(self) -> None:
        """Compute what is to be read."""
        self.query_one(VerticalScroll).focus()
        self.run_worker(self._read, thread=True, exclusive=True, group="reading")

    def _read(self) -> None:
        try:
            sections = self._load(max(self.app.size.width - 4, 40))
        except Problem as problem:
            sections = [(part.what, part.fix) for part in each_problem(problem)]
        if self.is_attached:
            self.app.call_from_thread(self._show, sections)

    def _show(self, sections: Sequence[tuple[str, str]]) -> None:
        scroll = self.query_one(VerticalScroll)
        scroll.remove_children()
        for heading, text in sections:
            scroll.mount(Static(safe(heading), classes="heading", markup=False))
            scroll.mount(Static(safe(text), classes="section", markup=False))

    def action_back(self) -> None:
        """To the panel."""
        self.dismiss()

    def action_down(self) -> None:
        """One line down."""
        self.query_one(VerticalScroll).scroll_down(animate=False)

    def action_up(self) -> None:
        """One line up."""
        self.query_one(VerticalScroll).scroll_up(animate=False)

    def action_top(self) -> None:
        """To the beginning."""
        self.query_one(VerticalScroll).scroll_home(animate=False)

    def action_bottom(self) -> None:
        """To the end."""
        self.query_one(VerticalScroll).scroll_end(animate=False)

    def action_next(self) -> None:
        """To the next heading below the top line; after the last one, to the end."""
        scroll = self.query_one(VerticalScroll)
        below = [one for one in self.query(".heading") if one.virtual_region.y > scroll.scroll_offset.y]
        scroll.scroll_to(y=below[0].virtual_region.y if below else scroll.max_scroll_y, animate=False)

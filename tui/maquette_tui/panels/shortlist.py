"""Stage 2: who fits, who is out, what would let more in, and the choice."""

from collections.abc import Sequence
from typing import ClassVar

from textual.binding import BindingType

from maquette.catalog.checks import Needs
from maquette.catalog.comparing import Comparison, compare
from maquette.catalog.filter_terms import FilterLine, parse
from maquette.catalog.filtering import apply
from maquette.catalog.nearly import Near, foremost, nearly, smallest_changes
from maquette.catalog.reasons import Met, reasons, why_not
from maquette.catalog.shortlist import Candidate
from maquette.catalog.shortlisting import candidate_of
from maquette.foundation.units import readable_span
from maquette.project.view import View
from maquette_tui.actions import bindings
from maquette_tui.panels.panel import Panel
from maquette_tui.panels.providers_text import provider_sections
from maquette_tui.panels.reading import ReadingScreen
from maquette_tui.words import short

ROWS = 200
"""So many models are listed at once; a filter finds the others. More would make each key slow."""

NEARLY_SHOWN = 3
LONGEST_ID, SHORT_ID = 36, 20
WIDE = 100
"""From so many columns on the longer names have room."""

LABEL = 22
DETAIL_LINES = 9
"""So many lines the detail has on a small terminal."""


class ShortlistPanel(Panel):
    """Candidates, or the models that are out, one a row."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings("shortlist")]
    HEADINGS = ("", "model", "$/month", "quality", "watch")
    _headings: tuple[str, ...] = HEADINGS
    _line = FilterLine()
    _shows_out = False
    _near: tuple[str, tuple[Near, ...]] | None = None

    def show(self) -> None:
        """The models that the filter line keeps."""
        view = self.project.view
        found = view.shortlist
        matching = apply(self._line, self._excluded(view) if self._shows_out else found.candidates)
        out = {exclusion.card.id: exclusion for exclusion in found.exclusions} if self._shows_out else {}
        why = {name: f"{exclusion.filter}: {exclusion.detail}" for name, exclusion in out.items()}
        self._fill_columns([(each.card.id, self._cells(each, why.get(each.card.id))) for each in matching[:ROWS]])
        shown = "showing those that are out" if self._shows_out else f"{len(view.document.chosen)} chosen"
        text = f" / {self._line} -> {len(matching)}" if str(self._line) else ""
        self.lead(f"{len(found.candidates)} left, {len(found.exclusions)} excluded, {shown}{text}")
        counts = "out:  " + "  ".join(f"{name} {count}" for name, count in found.funnel.items() if count)
        self.detail("\n".join([counts, *(f"nearly: {one}" for one in foremost(self._nearly(view), NEARLY_SHOWN))]))

    def on_resize(self) -> None:
        """Longer names fit, or shorter ones."""
        if self.table.row_count:
            self.show()

    def action_choose(self) -> None:
        """Choose the model under the cursor, or no longer."""
        model = self.row_key
        if model is None:
            return
        chosen = list(self.project.view.document.chosen)
        chosen = [other for other in chosen if other != model] if model in chosen else [*chosen, model]
        if self.attempt(lambda: self.project.choose(chosen)):
            self.say(f"{len(chosen)} chosen. 3 evaluates them.")

    def action_why(self) -> None:
        """Why the model under the cursor is in or out, and what alone would let it in."""
        if self.row_key is None:
            return
        view = self.project.view
        needs = Needs.of(view.facts, view.today)
        card = view.catalog.cards[self.row_key]
        told = [why_not(view.shortlist, card.id)]
        told += [f"{each.filter}: {each.detail}" for each in reasons(card, needs) if each.met is Met.NO][1:]
        near = [f"it would be in with {near.in_words}" for near in smallest_changes(card, needs)]
        if view.shortlist.exclusion(card.id) is not None:
            told += near or ["no single change would let it in"]
        self.detail("\n".join(told))

    def action_out(self) -> None:
        """Show the models that are out, or again those that are left."""
        self._shows_out = not self._shows_out
        self.show()

    def action_compare(self) -> None:
        """The chosen models and the one under the cursor, side by side: the fields that differ."""
        view = self.project.view
        models = [*view.document.chosen, *([self.row_key] if self.row_key else [])]
        models = [name for name in dict.fromkeys(models) if name in view.catalog.cards]
        if len(models) < 2:
            self.say("Choose a model (space), then go to another one: c compares them.")
            return
        found = compare(view.catalog, view.shortlist, models, view.facts, view.today)
        self.detail("\n".join(_side_by_side(found, max(self.size.width - 4, 40))))

    def action_nearly(self) -> None:
        """Each change of one requirement that would let more models in."""
        near = [str(one) for one in self._nearly(self.project.view)]
        self.detail("\n".join(near) or "No single change of a requirement lets another model in.")

    def action_providers(self) -> None:
        """What each provider of the shortlist says of what the requirements ask of one."""
        view = self.project.view
        self.app.push_screen(ReadingScreen(lambda width: provider_sections(view, width)))

    def action_filter(self) -> None:
        """Show the models that a filter line keeps."""
        self.ask("eu json ctx>=32k $<300 by:quality; empty shows all", str(self._line), self._set_filter)

    def _set_filter(self, text: str) -> None:
        def read() -> None:
            self._line = parse(text)

        if self.attempt(read):
            self.show()

    def _nearly(self, view: View) -> tuple[Near, ...]:
        """Computed once for the same requirements and catalog."""
        key = f"{view.shortlist.fingerprint} {view.today}"
        if self._near is None or self._near[0] != key:
            self._near = (key, nearly(view.catalog, view.facts, view.today))
        return self._near[1]

    def _excluded(self, view: View) -> Sequence[Candidate]:
        needs = Needs.of(view.facts, view.today)
        return [candidate_of(out.card, (), needs) for out in view.shortlist.exclusions]

    def _fill_columns(self, rows: Sequence[tuple[str, dict[str, str]]]) -> None:
        """The rows, without the columns that say nothing of any of them."""
        told = tuple(name for name in self._in_order() if name in _ALWAYS or any(cells[name] for _, cells in rows))
        at = self.row_key
        if told != self._headings:
            self.table.clear(columns=True)
            self.table.add_columns(*told)
            self._headings = told
        self.fill([(key, [cells[name] for name in told]) for key, cells in rows])
        keys = [key for key, _ in rows]
        if at in keys:
            self.table.move_cursor(row=keys.index(at))

    def _in_order(self) -> tuple[str, ...]:
        """Why a model is out stands next to its name."""
        return ("", "model", "watch", "$/month", "quality") if self._shows_out else self.HEADINGS

    def _cells(self, candidate: Candidate, out: str | None) -> dict[str, str]:
        quality = candidate.quality
        doubts = [f"unverified: {', '.join(candidate.unverified)}"] if candidate.unverified else []
        return {
            "": "◉" if candidate.card.id in self.project.view.document.chosen else " ",
            "model": short(candidate.card.id, LONGEST_ID if self.app.size.width >= WIDE else SHORT_ID),
            "$/month": readable_span(candidate.usd_per_month),
            "quality": f"{quality.value:.3f} {quality.source.kind.mark}" if quality else "",
            "watch": out or "; ".join((*doubts, *candidate.cautions)),
        }


_ALWAYS = frozenset({"", "model", "$/month"})


def _side_by_side(found: Comparison, width: int) -> list[str]:
    """Who is beaten, then the fields that differ in columns, as many as there is room for."""
    most = (width - LABEL) // len(found.models) - 2
    rows = [("", *found.models), *((row.field, *row.values) for row in found.rows if row.differs)]
    cells = [[short(cell, most if at else LABEL) for at, cell in enumerate(row)] for row in rows]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    lines = ["  ".join(f"{cell:{width}}" for cell, width in zip(row, widths, strict=True)).rstrip() for row in cells]
    lines[1:1] = [f"{beat.winner} beats {beat.loser} on cost and quality ({beat.on})" for beat in found.beats]
    if len(lines) <= DETAIL_LINES:
        return lines
    more = len(lines) - DETAIL_LINES + 1
    return [*lines[: DETAIL_LINES - 1], f"{more} more; maquette shortlist compare has all of them."]

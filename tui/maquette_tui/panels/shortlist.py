"""Stage 2: who fits, who is out, and the choice."""

from typing import ClassVar

from textual.binding import BindingType

from maquette.catalog.shortlist import Candidate
from maquette.catalog.shortlisting import why_not
from maquette.foundation.units import readable_usd
from maquette_tui.actions import bindings
from maquette_tui.panels.panel import Panel

ROWS = 200
"""So many candidates are listed at once; a filter finds the others. More would make each key slow."""


class ShortlistPanel(Panel):
    """Candidates, one a row."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings("shortlist")]
    HEADINGS = ("", "model", "fit", "$/month low", "$/month high", "quality", "watch")
    _filter = ""

    def show(self) -> None:
        """The candidates that match the filter."""
        view = self.project.view
        found = view.shortlist
        matching = [candidate for candidate in found.candidates if self._filter in candidate.card.id.lower()]
        self.fill([(candidate.card.id, self._cells(candidate)) for candidate in matching[:ROWS]])
        chosen = len(view.document.chosen)
        text = f" / {self._filter}" if self._filter else ""
        self.lead(f"{len(found.candidates)} left, {len(found.exclusions)} excluded, {chosen} chosen{text}")
        self.detail("out:  " + "  ".join(f"{name} {count}" for name, count in found.funnel.items() if count))

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
        """Why the model under the cursor is in."""
        if self.row_key is not None:
            self.detail(why_not(self.project.view.shortlist, self.row_key))

    def action_filter(self) -> None:
        """Show models whose name holds a text."""
        self.ask("a part of the model's name; empty shows all", self._filter, self._set_filter)

    def _set_filter(self, text: str) -> None:
        self._filter = text.strip().lower()
        self.show()

    def _cells(self, candidate: Candidate) -> tuple[str, ...]:
        month, quality = candidate.usd_per_month, candidate.quality
        return (
            "◉" if candidate.card.id in self.project.view.document.chosen else " ",
            candidate.card.id,
            candidate.fit.value,
            readable_usd(month.low) if month else "unpriced",
            readable_usd(month.high) if month else "unpriced",
            f"{quality.value:.3f} {quality.source.kind.mark}" if quality else "",
            " ".join((*candidate.unverified, *candidate.cautions)),
        )

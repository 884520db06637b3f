"""Stage 4: the projection and the machines that the open models take, computed off the interface's thread."""

from typing import ClassVar

from textual.binding import BindingType

from maquette.cost.projection import CostProjection, OptionCost
from maquette.cost.wording import difference_sentences
from maquette.foundation.problems import Problem, each_problem
from maquette.foundation.units import Range, Usd, readable_usd
from maquette.project.costing import WhatIf
from maquette.project.sizing import ProjectSizing
from maquette.project.sizing_words import HEADINGS as MACHINES
from maquette.project.sizing_words import (
    SizingRow,
    memory_words,
    serve_words,
    sizing_lead,
    sizing_notes,
    sizing_rows,
    why_out,
)
from maquette_tui.actions import bindings
from maquette_tui.panels.panel import Panel


class CostPanel(Panel):
    """Options, one a row, cheapest first; or the machines that the open models take."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings("cost")]
    HEADINGS = ("option", "$/request", "month 1", "last month", "in all", "over budget from")
    _shows_machines = False
    _headings: tuple[str, ...] = HEADINGS
    _sizing: ProjectSizing | None = None
    _rows: tuple[SizingRow, ...] = ()

    def show(self) -> None:
        """The projection, or the machines; each in a thread."""
        if self._shows_machines:
            self.lead("sizing ...")
            self.run_worker(self._load_machines, thread=True, exclusive=True, group="cost")
            return
        self._set_headings(self.HEADINGS)
        if not self.project.view.cost_options:
            self.fill([])
            self.lead("No model is chosen to project. 2 chooses some.")
            self.detail("")
            return
        self.lead("computing ...")
        self.run_worker(self._load, thread=True, exclusive=True, group="cost")

    def _set_headings(self, headings: tuple[str, ...]) -> None:
        if headings != self._headings:
            self.table.clear(columns=True)
            self.table.add_columns(*headings)
            self._headings = headings

    def _load(self) -> None:
        try:
            projection = self.project.view.projection
        except Problem as problem:
            self.app.call_from_thread(self.detail, f"{problem.what}. {problem.fix}")
            return
        self.app.call_from_thread(self._show_projection, projection)

    def _show_projection(self, projection: CostProjection) -> None:
        self.fill([(option.option, _cells(option)) for option in projection.options])
        budget = projection.budget_usd_month
        limit = f"budget {readable_usd(budget)} a month" if budget is not None else "budget unknown"
        self.lead(f"{projection.horizon_months} months, USD, {limit}, prices read {projection.prices_as_of}")
        flips = [f"{option.option}: {flip}" for option in projection.options for flip in option.flip]
        unpriced = [f"{option.option}: unpriced, {why}" for option in projection.options for why in option.unpriced]
        assumed = [f"assumed {a.name}: {a.low} / {a.value} / {a.high}" for a in projection.assumptions]
        self.detail("\n".join([*unpriced, *flips, *assumed]))

    def _load_machines(self) -> None:
        try:
            found = self.project.view.sizing
        except Problem as problem:
            told = "\n".join(f"{part.what}. {part.fix}" for part in each_problem(problem))
            self.app.call_from_thread(self._show_unsized, told)
            return
        self.app.call_from_thread(self._show_machines, found)

    def _show_unsized(self, told: str) -> None:
        if self._shows_machines:
            self._sizing, self._rows = None, ()
            self._set_headings(MACHINES)
            self.fill([])
            self.lead("The machines are not known yet.")
            self.detail(told)

    def _show_machines(self, found: ProjectSizing) -> None:
        if not self._shows_machines:
            return
        self._sizing, self._rows = found, sizing_rows(found)
        alone = found.models[0].card.id if len(found.models) == 1 else None  # then a column of its name says nothing
        first = 0 if alone is None else 1
        self._set_headings(MACHINES[first:])
        self.fill([(row.key, row.cells[first:]) for row in self._rows])
        self.lead(sizing_lead(found) if alone is None else f"{alone}: {sizing_lead(found)}")
        self._show_row()

    def on_data_table_row_highlighted(self) -> None:
        """Another way to serve: its settings and memory."""
        if self._shows_machines:
            self._show_row()

    def _show_row(self) -> None:
        if self._sizing is None:
            return
        at = self.row_key
        row = next((one for one in self._rows if one.key == at), None)
        lines: list[str] = []
        if row is not None and row.sized is not None:
            lines += [f"serve  {serve_words(row.sized)}", memory_words(row.sized, self._sizing.load)]
        self.detail("\n".join([*lines, *sizing_notes(self._sizing), *(why_out(row.model) if row else ())]))

    def action_machines(self) -> None:
        """The machines that the open models take, or the costs again."""
        self._shows_machines = not self._shows_machines
        self.show()

    def action_accept(self) -> None:
        """Note that the projection was looked at."""
        if self.attempt(self.project.accept_cost):
            self.say("Noted. A later change of an input makes this stage stale. 5 decides.")

    def action_try_input(self) -> None:
        """Type other answers and see what they change; the project stays as it is."""
        if self.project.view.cost_options:
            self.ask("what if, NAME=VALUE, several between spaces", "tokens.output_avg=", self._try)

    def _try(self, text: str) -> None:
        if not text.strip():
            return
        changes: dict[str, object] = {}
        for word in text.split():
            name, _, value = word.partition("=")
            changes[name] = value
        self.attempt(lambda: self._show_tried(self.project.what_if(changes)))

    def _show_tried(self, found: WhatIf) -> None:
        tried = ", ".join(f"{name}={value}" for name, value in found.changes.items())
        unpriced = [f"{one.option}: unpriced, {why}" for one in found.projection.options for why in one.unpriced]
        self.detail("\n".join([f"With {tried}:", *difference_sentences(found.differences), *unpriced]))
        self.say("Tried, not written. Answer it on 1 to keep it.")


def _cells(option: OptionCost) -> tuple[str, ...]:
    months = (option.first_month_usd, option.last_month_usd, option.total_usd)
    over = str(option.over_budget_from) if option.over_budget_from else ""
    return (option.option, readable_usd(option.usd_per_request), *map(_span, months), over)


def _span(amounts: Range[Usd] | None) -> str:
    if amounts is None:
        return "unpriced"
    return f"{readable_usd(amounts.low)} - {readable_usd(amounts.base)} - {readable_usd(amounts.high)}"

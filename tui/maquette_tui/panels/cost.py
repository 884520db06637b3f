"""Stage 4: the projection and the machines that the open models take, computed off the interface's thread."""

from collections.abc import Callable
from functools import partial
from typing import ClassVar

from textual.binding import BindingType

from maquette.cost.drawn import Drawn
from maquette.cost.projection import CostProjection, OptionCost
from maquette.cost.wording import difference_sentences, request_usd
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
from maquette_tui.panels.cost_text import details_sections, summary
from maquette_tui.panels.panel import Panel
from maquette_tui.panels.reading import ReadingScreen

_LEAST_LINES = 9

NARROW = 100
_LEFT_OUT = {"in flight", "TPOT ms"}
"""Columns that machines do without on a terminal that is narrower."""


class CostPanel(Panel):
    """Options, one a row, cheapest first; or the machines that the open models take."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings("cost")]
    HEADINGS = ("option", "$/request", "month 1", "last month", "in all", "over budget from")
    _shows_machines = False
    _headings: tuple[str, ...] = HEADINGS
    _projection: CostProjection | None = None
    _drawn: Drawn | None = None
    _basis = _drawn_for = ""
    _sizing: ProjectSizing | None = None
    _rows: tuple[SizingRow, ...] = ()

    def show(self) -> None:
        """The projection, or the machines; each in a thread."""
        if self._shows_machines:
            self.lead("sizing ...")
            self.run_worker(self._load_machines, thread=True, exclusive=True, group="cost")
            return
        self._set_headings(self.HEADINGS)
        self.lead("computing ...")
        self.run_worker(self._load, thread=True, exclusive=True, group="cost")

    def _set_headings(self, headings: tuple[str, ...]) -> None:
        if headings != self._headings:
            self.table.clear(columns=True)
            self.table.add_columns(*headings)
            self._headings = headings

    def _load(self) -> None:
        view = self.project.view
        try:
            if not view.cost_options:
                self.app.call_from_thread(self._show_none)
                return
            projection, basis = view.projection, view.cost_basis
            self.app.call_from_thread(self._show_projection, projection, basis)
            drawn = view.drawn_costs
        except Problem as problem:
            told = "\n".join(f"{part.what}. {part.fix}" for part in each_problem(problem))
            self.app.call_from_thread(self._show_unprojected, told)
            return
        self.app.call_from_thread(self._show_drawn, projection, drawn, basis)

    def _show_none(self) -> None:
        self._projection = None
        if not self._shows_machines:
            self.fill([])
            self.lead("No model is chosen to project. 2 chooses some.")
            self.detail("")

    def _show_unprojected(self, told: str) -> None:
        self._projection = None
        if not self._shows_machines:
            self.fill([])
            self.lead("The costs are not known yet.")
            self.detail(told)

    def _show_projection(self, projection: CostProjection, basis: str) -> None:
        if self._shows_machines:
            return
        self._projection, self._basis = projection, basis
        self._fill_options(projection)
        budget = projection.budget_usd_month
        limit = f"budget {readable_usd(budget)} a month" if budget is not None else "budget unknown"
        left_out = f", {len(projection.left_out)} left out" if projection.left_out else ""
        self.lead(f"{projection.horizon_months} months, USD, {limit}, prices read {projection.prices_as_of}{left_out}")

    def _fill_options(self, projection: CostProjection) -> None:
        """The whole range of each sum where all of them have room, else the expected case."""
        self._set_headings(self.HEADINGS)
        rows = [_cells(option, _span) for option in projection.options]
        if not self.fits(rows):
            rows = [_cells(option, _base) for option in projection.options]
        if not self.fits(rows):
            self._set_headings((*self.HEADINGS[:-1], "over from"))
        self.fill([(row[0], row) for row in rows])

    def _show_drawn(self, projection: CostProjection, drawn: Drawn, basis: str) -> None:
        if projection is self._projection:
            self._drawn, self._drawn_for = drawn, basis
        if not self._shows_machines:
            self._show_option()

    @property
    def _drawn_now(self) -> Drawn | None:
        """The draws of what is shown; None while they are not there yet."""
        return self._drawn if self._drawn_for == self._basis else None

    def _show_option(self) -> None:
        """More of the option under the cursor."""
        projection, at = self._projection, self.row_key
        option = projection.option(at) if projection is not None and at is not None else None
        if projection is None or option is None:
            return
        lines = max(_LEAST_LINES, self.size.height * 6 // 10 - 1)
        self.detail(summary(option, projection, self._drawn_now, max(40, self.size.width - 2), lines))

    def on_resize(self) -> None:
        """The sums and the plot fit the window."""
        if not self._shows_machines and self._projection is not None:
            self._fill_options(self._projection)
            self._show_option()

    def on_data_table_row_selected(self) -> None:
        """Enter on an option."""
        self.action_details()

    def action_details(self) -> None:
        """The option under the cursor: its months, what drives it, its lines by group, what is left out."""
        projection, at = self._projection, self.row_key
        option = projection.option(at) if projection is not None and at is not None else None
        if self._shows_machines:
            self.say("m leads back to the costs.")
        elif projection is None or option is None:
            self.say("Nothing is projected yet.")
        else:
            view = self.project.view
            self.app.push_screen(
                ReadingScreen(lambda width: details_sections(option, projection, view.drawn_costs, width))
            )

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
        without = {"model"} if alone is not None else set()
        if self.app.size.width < NARROW:
            without |= _LEFT_OUT if alone is not None else {*_LEFT_OUT, "TTFT ms"}
        told = [at for at, name in enumerate(MACHINES) if name not in without]
        self._set_headings(tuple(MACHINES[at] for at in told))
        self.fill([(row.key, tuple(row.cells[at] for at in told)) for row in self._rows])
        self.lead(sizing_lead(found) if alone is None else f"{alone}: {sizing_lead(found)}")
        self._show_row()

    def on_data_table_row_highlighted(self) -> None:
        """Another option, or another way to serve: its settings and memory."""
        if self._shows_machines:
            self._show_row()
        else:
            self._show_option()

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
        if self._projection is not None:
            self.ask("what if, NAME=VALUE, several between spaces", "tokens.output_avg=", self._try)

    def _try(self, text: str) -> None:
        if not text.strip():
            return
        changes: dict[str, object] = {}
        for word in text.split():
            name, _, value = word.partition("=")
            changes[name] = value
        self.say("trying ...")
        self.run_worker(partial(self._compute_tried, changes), thread=True, exclusive=True, group="try")

    def _compute_tried(self, changes: dict[str, object]) -> None:
        try:
            found = self.project.what_if(changes)
        except Problem as problem:
            parts = each_problem(problem)
            self.app.call_from_thread(self.detail, "\n".join(f"{part.what}. {part.fix}" for part in parts))
            self.app.call_from_thread(self.say, parts[0].what)
            return
        self.app.call_from_thread(self._show_tried, found)

    def _show_tried(self, found: WhatIf) -> None:
        tried = ", ".join(f"{name}={value}" for name, value in found.changes.items())
        unpriced = [f"{one.option}: unpriced, {why}" for one in found.projection.options for why in one.unpriced]
        self.detail("\n".join([f"With {tried}:", *difference_sentences(found.differences), *unpriced]))
        self.say("Tried, not written. Answer it on 1 to keep it.")


def _cells(option: OptionCost, amount: Callable[[Range[Usd]], str]) -> tuple[str, ...]:
    months = (option.first_month_usd, option.last_month_usd, option.total_usd)
    shown = ("unpriced" if one is None else amount(one) for one in months)
    over = str(option.over_budget_from) if option.over_budget_from else ""
    return (option.option, request_usd(option), *shown, over)


def _base(amounts: Range[Usd]) -> str:
    return readable_usd(amounts.base)


def _span(amounts: Range[Usd]) -> str:
    return f"{readable_usd(amounts.low)} - {readable_usd(amounts.base)} - {readable_usd(amounts.high)}"

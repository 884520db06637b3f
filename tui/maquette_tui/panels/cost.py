"""Stage 4: the projection, computed off the interface's thread."""

from typing import ClassVar

from textual.binding import BindingType

from maquette.cost.projection import CostProjection, OptionCost
from maquette.foundation.problems import Problem
from maquette.foundation.units import Range, Usd, readable_usd
from maquette_tui.actions import bindings
from maquette_tui.panels.panel import Panel


class CostPanel(Panel):
    """Options, one a row, cheapest first."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings("cost")]
    HEADINGS = ("option", "$/request", "month 1", "last month", "in all", "over budget from")

    def show(self) -> None:
        """The projection, in a thread: DuckDB takes a moment to load."""
        if not self.project.view.cost_options:
            self.fill([])
            self.lead("No model is chosen to project. 2 chooses some.")
            return
        self.lead("computing ...")
        self.run_worker(self._load, thread=True, exclusive=True, group="cost")

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

    def action_accept(self) -> None:
        """Note that the projection was looked at."""
        if self.attempt(self.project.accept_cost):
            self.say("Noted. A later change of an input makes this stage stale. 5 decides.")


def _cells(option: OptionCost) -> tuple[str, ...]:
    months = (option.first_month_usd, option.last_month_usd, option.total_usd)
    over = str(option.over_budget_from) if option.over_budget_from else ""
    return (option.option, readable_usd(option.usd_per_request), *map(_span, months), over)


def _span(amounts: Range[Usd] | None) -> str:
    if amounts is None:
        return "unpriced"
    return f"{readable_usd(amounts.low)} - {readable_usd(amounts.base)} - {readable_usd(amounts.high)}"

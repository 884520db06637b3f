"""Whether an option keeps the budget: the month that nine draws in ten do not pass, against the ceiling.

The ceiling is of the run cost, so that people's hours do not count.
"""

from dataclasses import dataclass

from maquette.cost.drawn import Drawn, DrawnMonth, DrawnOption
from maquette.foundation.problems import NotFound
from maquette.foundation.units import Usd, readable_usd


@dataclass(frozen=True, kw_only=True, slots=True)
class BudgetCheck:
    """One option against the budget.

    Attributes:
        hard: A month over the budget is a finding; otherwise it is a warning.
        over_from: The first month whose p90 passes the budget; None when none does.
        highest: The month with the highest p90.
    """

    option: str
    budget_usd_month: Usd
    hard: bool
    over_from: DrawnMonth | None
    highest: DrawnMonth

    @property
    def keeps(self) -> bool:
        """Whether no month's p90 passes the budget."""
        return self.over_from is None

    @property
    def sentence(self) -> str:
        """What was found, with figures."""
        budget, highest = readable_usd(self.budget_usd_month), self.highest
        if self.over_from is None:
            return f"{self.option} keeps the budget of {budget}: the highest p90 is {_month(highest)}"
        over = f"{self.option} passes the budget of {budget} from month {self.over_from.month} on"
        text = f"{over}: p90 {readable_usd(self.over_from.against_budget.p90)}{_chance(self.over_from)}"
        return text if highest.month == self.over_from.month else f"{text}; the highest p90 is {_month(highest)}"


def check_budget(drawn: Drawn, option: str, *, hard: bool) -> BudgetCheck:
    """Hold the p90 of an option's lines that count against the budget to it, month by month.

    Raises:
        NotFound: No budget is known, or the option has no price.
    """
    budget = drawn.budget_usd_month
    found = drawn.option(option)
    if found is None:
        raise NotFound(f"{option} has no cost to check", fix="maquette cost says why it is unpriced.")
    if budget is None:
        raise NotFound("no budget is known", fix="Set one: maquette set budget.monthly_usd=500.")
    return BudgetCheck(
        option=option,
        budget_usd_month=budget,
        hard=hard,
        over_from=found.first_over(budget),
        highest=_highest(found),
    )


def _highest(option: DrawnOption) -> DrawnMonth:
    return max(option.months, key=lambda month: month.against_budget.p90)


def _month(month: DrawnMonth) -> str:
    return f"{readable_usd(month.against_budget.p90)} in month {month.month}{_chance(month)}"


def _chance(month: DrawnMonth) -> str:
    return "" if month.over_budget is None else f", {month.over_budget * 100:.0f} % of draws over it"

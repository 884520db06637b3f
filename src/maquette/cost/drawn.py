"""What thousands of draws say about a projection, as values: bands, chances, drivers. How they come is in `drawing`."""

from dataclasses import dataclass
from decimal import Decimal

from maquette.cost.projection import CostAssumption
from maquette.foundation.units import Usd


@dataclass(frozen=True, kw_only=True, slots=True)
class Band:
    """Three quantiles of the drawn costs, each rounded to six digits.

    Attributes:
        error_usd: How far off the worst of the three may be for want of draws: the half of its 95 % interval, from the
            ranks of the order statistics, which holds for every distribution.
    """

    p10: Usd
    p50: Usd
    p90: Usd
    error_usd: Usd


@dataclass(frozen=True, kw_only=True, slots=True)
class DrawnMonth:
    """One month: its band, and the share of draws over the budget; None without a budget."""

    month: int
    usd: Band
    over_budget: Decimal | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Driver:
    """One uncertain input alone: every other one stays where it is expected.

    Attributes:
        input: Its name.
        low, high: Its 10th and 90th percentile, as a reader wants them.
        low_usd, high_usd: The average month of the horizon there.
        share: The part of the variance of the total that it explains by itself, from 0 to 1; None where nothing varies.
    """

    input: str
    low: str
    high: str
    low_usd: Usd
    high_usd: Usd
    share: Decimal | None

    @property
    def swing_usd(self) -> Usd:
        """The difference, dollars a month."""
        return abs(self.high_usd - self.low_usd)


@dataclass(frozen=True, kw_only=True, slots=True)
class DrawnOption:
    """One priced option.

    Attributes:
        ever_over_budget: The share of draws in which at least one month passes the budget; None without a budget.
        drivers: The widest swing first; inputs that change nothing are left out.
    """

    option: str
    months: tuple[DrawnMonth, ...]
    total: Band
    ever_over_budget: Decimal | None
    drivers: tuple[Driver, ...]

    def first_over(self, budget: Usd) -> DrawnMonth | None:
        """The first month whose p90 passes ``budget``; None when none does."""
        return next((month for month in self.months if month.usd.p90 > budget), None)


@dataclass(frozen=True, kw_only=True, slots=True)
class Drawn:
    """The draws of a projection; options without a price are not among them.

    Attributes:
        count: Draws an option.
        seed: The same seed gives the same figures.
        inputs: What was drawn from which range, and why that range.
    """

    options: tuple[DrawnOption, ...]
    inputs: tuple[CostAssumption, ...]
    horizon_months: int
    budget_usd_month: Usd | None
    count: int
    seed: int

    def option(self, name: str) -> DrawnOption | None:
        """The option of that name, or None."""
        return next((one for one in self.options if one.option == name), None)

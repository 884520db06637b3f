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
    """One month.

    Attributes:
        usd: Of all lines.
        over_budget: The share of draws in which the lines that count against the budget pass it; None without one.
        in_ceiling: Of those lines alone; None where all count.
    """

    month: int
    usd: Band
    over_budget: Decimal | None
    in_ceiling: Band | None = None

    @property
    def against_budget(self) -> Band:
        """What is held against the budget: no working hours."""
        return self.in_ceiling or self.usd


@dataclass(frozen=True, kw_only=True, slots=True)
class Driver:
    """One uncertain input alone: every other one stays where it is expected.

    Attributes:
        input: Its name.
        low, high: Its 10th and 90th percentile, as a reader wants them.
        low_usd, high_usd: The average month of the horizon there.
        base_usd: The same where it is expected.
        share: The part of the variance of the total that it explains by itself, from 0 to 1; None where nothing varies.
    """

    input: str
    low: str
    high: str
    low_usd: Usd
    high_usd: Usd
    share: Decimal | None
    base_usd: Usd | None = None

    @property
    def one_sided(self) -> int:
        """1 where both ends cost more than expected, -1 where both cost less, else 0."""
        if self.base_usd is None or self.base_usd in {self.low_usd, self.high_usd}:
            return 0
        above = {self.low_usd > self.base_usd, self.high_usd > self.base_usd}
        return 0 if len(above) > 1 else 1 if above == {True} else -1

    @property
    def swing_usd(self) -> Usd:
        """The difference, dollars a month."""
        return abs(self.high_usd - self.low_usd)


@dataclass(frozen=True, kw_only=True, slots=True)
class DrawnOption:
    """One priced option.

    Attributes:
        ever_over_budget: The share of draws in which the lines that count against the budget pass it in at least one
            month; None without a budget.
        drivers: The widest swing first; inputs that change nothing are left out.
        base_percentile: Where the expected case's total lies among the draws, from 0 to 100: the share of draws below
            it, and half of those that are equal.
    """

    option: str
    months: tuple[DrawnMonth, ...]
    total: Band
    ever_over_budget: Decimal | None
    drivers: tuple[Driver, ...]
    base_percentile: Decimal | None = None

    def first_over(self, budget: Usd) -> DrawnMonth | None:
        """The first month in which the p90 of what counts against ``budget`` passes it; None when none does."""
        return next((month for month in self.months if month.against_budget.p90 > budget), None)


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

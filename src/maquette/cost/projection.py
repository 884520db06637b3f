"""The projection as a value. The arithmetic is SQL in ``sql/``; gathering its inputs is in `workload`."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal, TypeAlias

from maquette.foundation.sources import Source
from maquette.foundation.units import Range, Usd

Case: TypeAlias = Literal["low", "base", "high"]
CASES: tuple[Case, ...] = ("low", "base", "high")


@dataclass(frozen=True, kw_only=True, slots=True)
class ByCase:
    """A figure in the cheap, the expected and the dear case of its option.

    Of one line it may fall from low to high, as the cached input does: where less is cached, more is fresh. The
    sums of an option's lines never fall, and are a `Range`.
    """

    low: Decimal
    base: Decimal
    high: Decimal

    def of(self, case: Case) -> Decimal:
        """The figure in that case."""
        return {"low": self.low, "base": self.base, "high": self.high}[case]


@dataclass(frozen=True, kw_only=True, slots=True)
class CostAssumption:
    """An input that nobody measured or required, with the range that the projection spans."""

    name: str
    value: str
    low: str
    high: str
    source: Source


@dataclass(frozen=True, kw_only=True, slots=True)
class CostLine:
    """One line of one month of one option: quantity times price, exactly.

    ``quantity`` is rounded to a millionth of its unit. ``amount_usd`` is ``quantity * usd_per_unit`` rounded to a
    millionth of a dollar, half up.
    """

    option: str
    month: int
    name: str
    quantity: ByCase
    unit: str
    usd_per_unit: Usd
    amount_usd: ByCase
    price_key: str
    source: Source


@dataclass(frozen=True, kw_only=True, slots=True)
class OptionCost:
    """One option over the horizon. None where a price is missing: ``unpriced`` then says which.

    Attributes:
        option: The option's name, usually the model's id.
        usd_per_request: At launch, base case; None without traffic.
        usd_per_right_answer: The same over the measured share of right answers, low and high for the ends of that
            share's interval; None without an evaluation, or where no right answer is sure.
        first_month_usd, last_month_usd, total_usd: Sums of the lines.
        over_budget_from: The first month (from 1) whose base case passes the budget; None when none does.
        flip: What would change the order, in words with figures ("above 1.2 M requests a month ... is cheaper").
    """

    option: str
    usd_per_request: Usd | None
    first_month_usd: Range[Usd] | None
    last_month_usd: Range[Usd] | None
    total_usd: Range[Usd] | None
    over_budget_from: int | None
    unpriced: tuple[str, ...]
    flip: tuple[str, ...] = ()
    usd_per_right_answer: Range[Usd] | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class CostProjection:
    """All options, cheapest first, unpriced ones last; every line behind them; and what was assumed."""

    options: tuple[OptionCost, ...]
    lines: tuple[CostLine, ...]
    assumptions: tuple[CostAssumption, ...]
    horizon_months: int
    budget_usd_month: Usd | None
    prices_as_of: str
    computed_from: str

    def option(self, name: str) -> OptionCost | None:
        """The option of that name, or None."""
        return next((option for option in self.options if option.option == name), None)

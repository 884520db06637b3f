"""The projection as a value. The arithmetic is in `lines`; gathering its inputs is in `workload`."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Literal, TypeAlias

from maquette.foundation.sources import Source
from maquette.foundation.units import Range, Usd

if TYPE_CHECKING:
    from maquette.cost.calendar import Currency

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
        figure: Decimal = getattr(self, case)
        return figure


class LineGroup(StrEnum):
    """What a line pays for, in the order in which a bill shows it."""

    API = "API"
    HOSTING = "hosting"
    RETRIEVAL = "retrieval"
    GUARDRAILS = "guardrails"
    LOGGING = "logging"
    EVALUATION = "evaluation"
    TRAINING = "training"
    MIGRATION = "migration"
    PEOPLE = "people"

    @property
    def in_ceiling(self) -> bool:
        """Whether it counts against the ceiling of the run cost; working hours do not."""
        return self is not LineGroup.PEOPLE


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

    Attributes:
        group: What it pays for: a model's requests, machines, or one of the things beside them.
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
    group: LineGroup = LineGroup.API


@dataclass(frozen=True, kw_only=True, slots=True)
class OptionCost:
    """One option over the horizon. None where a price is missing: ``unpriced`` then says which.

    Attributes:
        option: The option's name, usually the model's id.
        usd_per_request: Of the models and the machines at launch, base case; None without traffic.
        usd_per_right_answer: The same over the measured share of right answers, low and high for the ends of that
            share's interval; None without an evaluation, or where no right answer is sure.
        first_month_usd, last_month_usd, total_usd: Sums of all lines, people's hours among them.
        over_budget_from: The first month (from 1) in which the base case of the lines that count against the ceiling
            passes the budget; None when none does. Working hours are no run cost and do not count.
        in_ceiling_first_month_usd: Month 1 without the lines that do not count; None where every line counts.
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
    in_ceiling_first_month_usd: Range[Usd] | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class CostProjection:
    """All options, cheapest first, unpriced ones last; every line behind them; and what was assumed.

    Attributes:
        left_out: What the design has and nobody can price yet: what it is, and which answer is missing.
        currency: Another currency to show amounts in next to dollars; None without one.
        labels: The calendar month of each month, as in "Mar 2027"; empty where the launch is not known.
    """

    options: tuple[OptionCost, ...]
    lines: tuple[CostLine, ...]
    assumptions: tuple[CostAssumption, ...]
    horizon_months: int
    budget_usd_month: Usd | None
    prices_as_of: str
    computed_from: str
    left_out: tuple[str, ...] = ()
    currency: "Currency | None" = None
    labels: tuple[str, ...] = ()

    def option(self, name: str) -> OptionCost | None:
        """The option of that name, or None."""
        return next((option for option in self.options if option.option == name), None)

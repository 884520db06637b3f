"""What the months of a projection bring by themselves: seasons, announced prices, a trend of prices, and a currency."""

from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Context, Decimal, localcontext

from maquette.catalog.cards import ModelCard
from maquette.cost.projection import ByCase
from maquette.foundation.problems import InvalidInput, Place
from maquette.foundation.sources import Source
from maquette.foundation.units import Usd

MONTHS_A_YEAR = 12
HIGHEST_SEASON = Decimal(100)
"""The highest factor of a season: a hundred times the planned volume."""

HIGHEST_PRICE_FACTOR = Decimal(1000)

_WIDE = Context(prec=60, rounding=ROUND_HALF_UP)
_PRICE_QUANTUM = Decimal("1e-15")
EVERY_MONTH_ALIKE = (Decimal(1),) * MONTHS_A_YEAR
_NAMES = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def _in_range(field: str, what: str, factor: Decimal, most: Decimal) -> None:
    if not factor.is_finite() or not 0 <= factor <= most:
        raise _invalid(field, f"{what} of {factor}", f"Give a number from 0 to {most}.")


def _invalid(field: str, what: str, fix: str) -> InvalidInput:
    return InvalidInput(what, place=Place(field=field), fix=fix)


@dataclass(frozen=True, kw_only=True, slots=True)
class PriceChange:
    """A price change that is announced, or that a price history lets expect.

    Attributes:
        match: The provider or the model whose prices a token and a request change.
        from_month: The first month (from 1) at the new price.
        factor: Of the price that held until then; several changes compound.
    """

    match: str
    from_month: int
    factor: Decimal
    source: Source

    def __post_init__(self) -> None:
        if self.from_month < 1:
            raise _invalid("price_changes", f"a price change in month {self.from_month}", "Count months from 1.")
        _in_range("price_changes", "a price factor", self.factor, HIGHEST_PRICE_FACTOR)

    def holds(self, card: ModelCard, month: int) -> bool:
        """Whether the prices of ``card`` have changed so by ``month`` (from 1)."""
        return month >= self.from_month and self.match in {card.id, card.provider}


@dataclass(frozen=True, kw_only=True, slots=True)
class PriceTrend:
    """What all prices of models do in a year, in percent; it compounds month by month from the second on.

    Attributes:
        pct_year: -20 is a fall by a fifth. Above -100.
    """

    pct_year: ByCase
    source: Source

    def __post_init__(self) -> None:
        for pct in (self.pct_year.low, self.pct_year.base, self.pct_year.high):
            if not pct.is_finite() or not -100 < pct <= 1000:
                raise _invalid("price_trend", f"prices that change by {pct} % a year", "Give more than -100, to 1000.")

    def factor(self, month: int) -> ByCase:
        """Of the prices of month 1, in ``month`` (from 1): (1 + pct / 100) ^ ((month - 1) / 12)."""
        with localcontext(_WIDE):
            years = Decimal(month - 1) / MONTHS_A_YEAR
            low, base, high = (
                (1 + pct / 100) ** years for pct in (self.pct_year.low, self.pct_year.base, self.pct_year.high)
            )
        return ByCase(low=low, base=base, high=high)


@dataclass(frozen=True, kw_only=True, slots=True)
class Calendar:
    """When the months of the horizon are, and what changes with them.

    Attributes:
        launch: A day of month 1; None where it is not known, and then every month is like another.
        season: What the volume of a calendar month is multiplied with, January first: a factor on the planned volume
            as it is, never normalised. The twelve may add up to more or less than a year of the plan.
        price_changes: Of the prices of models.
        price_trend: None where prices are taken to stay.
    """

    launch: date | None = None
    season: tuple[Decimal, ...] = EVERY_MONTH_ALIKE
    price_changes: tuple[PriceChange, ...] = ()
    price_trend: PriceTrend | None = None

    def __post_init__(self) -> None:
        if len(self.season) != MONTHS_A_YEAR:
            raise _invalid("season", f"{len(self.season)} season factors", "Give twelve, January first.")
        for factor in self.season:
            _in_range("season", "a season factor", factor, HIGHEST_SEASON)
        if self.launch is None and self.seasonal:
            raise _invalid("launch", "a season without a launch month", "Say when month 1 is, as in 2027-03-01.")

    @property
    def seasonal(self) -> bool:
        """Whether some month brings another volume than it was planned with."""
        return any(factor != 1 for factor in self.season)

    @property
    def steady(self) -> bool:
        """Whether prices stay as they are."""
        return not self.price_changes and self.price_trend is None

    def season_of(self, month: int) -> Decimal:
        """The factor on the volume of ``month`` (from 1) of the horizon."""
        return Decimal(1) if self.launch is None else self.season[(self.launch.month - 2 + month) % MONTHS_A_YEAR]

    def month_of(self, day: date) -> int | None:
        """The month of the horizon (from 1) that has ``day``; below 1 before the launch, None without a launch."""
        if self.launch is None:
            return None
        return MONTHS_A_YEAR * (day.year - self.launch.year) + day.month - self.launch.month + 1

    def label(self, month: int) -> str:
        """The calendar month of ``month`` (from 1), as in "Mar 2027"; empty without a launch."""
        if self.launch is None:
            return ""
        years, place = divmod(self.launch.month - 2 + month, MONTHS_A_YEAR)
        return f"{_NAMES[place]} {self.launch.year + years}"

    def changes(self, card: ModelCard, month: int) -> tuple[PriceChange, ...]:
        """The price changes of ``card`` that hold in ``month``, the newest last."""
        held = (change for change in self.price_changes if change.holds(card, month))
        return tuple(sorted(held, key=lambda change: change.from_month))

    def announced(self, card: ModelCard, month: int) -> Decimal:
        """The product of the announced changes of ``card`` by ``month``."""
        product = Decimal(1)
        with localcontext(_WIDE):
            for change in self.changes(card, month):
                product *= change.factor
        return product

    def prices(self, usd_per_unit: Usd, card: ModelCard, month: int) -> ByCase:
        """A unit price of ``card`` in ``month`` in each case, to fifteen places; what never changes stays as it is."""
        if self.steady:
            return ByCase(low=usd_per_unit, base=usd_per_unit, high=usd_per_unit)
        trend = self.price_trend.factor(month) if self.price_trend else None
        announced = self.announced(card, month)
        if trend is None and announced == 1:
            return ByCase(low=usd_per_unit, base=usd_per_unit, high=usd_per_unit)
        moved = trend or ByCase(low=Decimal(1), base=Decimal(1), high=Decimal(1))
        with localcontext(_WIDE):
            low, base, high = (
                (usd_per_unit * announced * by).quantize(_PRICE_QUANTUM, ROUND_HALF_UP).normalize()
                for by in (moved.low, moved.base, moved.high)
            )
        return ByCase(low=low, base=base, high=high)


PLAIN_CALENDAR = Calendar()
"""Every month alike, and prices as they are."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Currency:
    """Another currency to show amounts in, next to dollars: it never enters a sum.

    Attributes:
        code: As in "EUR".
        usd_per_unit: What one of it costs in dollars.
        as_of: The day of that rate.
    """

    code: str
    usd_per_unit: Decimal
    as_of: date
    source: Source

    def __post_init__(self) -> None:
        if not self.usd_per_unit.is_finite() or self.usd_per_unit <= 0:
            what = f"{self.usd_per_unit} dollars for one {self.code}"
            raise _invalid("currency", what, "Give what one of it costs in dollars, above zero.")

    def of_usd(self, amount: Usd) -> Decimal:
        """The amount in this currency, to a hundredth, half up."""
        with localcontext(_WIDE):
            return (amount / self.usd_per_unit).quantize(Decimal("0.01"), ROUND_HALF_UP)

    def shown(self, amount: Usd) -> str:
        """The amount for a reader, as in "1,234.50 EUR"."""
        return f"{self.of_usd(amount):,f} {self.code}"

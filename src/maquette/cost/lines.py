"""The lines of a projection and their sums in exact decimals: models by the request, hours, and what comes beside."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Context, Decimal, localcontext
from itertools import groupby

from maquette.catalog.cards import ModelCard
from maquette.cost.calendar import PLAIN_CALENDAR, Calendar
from maquette.cost.machine_hours import hours_of
from maquette.cost.options import PricedOption
from maquette.cost.projection import CASES, ByCase, CostLine, LineGroup
from maquette.cost.rates import RateLine
from maquette.cost.side_lines import NO_SIDE_COSTS, SideCosts, SideLine, together
from maquette.cost.streams import Stream
from maquette.cost.workload import Workload, each_case
from maquette.foundation.sources import Source
from maquette.foundation.units import Usd

_WIDE = Context(prec=60, rounding=ROUND_HALF_UP)
_MILLIONTH = Decimal("0.000001")
_ZERO = ByCase(low=Decimal(0), base=Decimal(0), high=Decimal(0))


@dataclass(frozen=True, kw_only=True, slots=True)
class Sums:
    """One option's lines, added up: the first month, the last one, the whole horizon.

    Attributes:
        first_in_ceiling: The first month without the lines that do not count against the budget; None where all do.
        over_budget_from: The first month in which the expected case of the lines that count against the budget passes
            it; None when none does.
    """

    first: ByCase
    last: ByCase
    total: ByCase
    first_in_ceiling: ByCase | None
    over_budget_from: int | None


NOTHING = Sums(first=_ZERO, last=_ZERO, total=_ZERO, first_in_ceiling=None, over_budget_from=None)


def cost_lines(
    priced: Sequence[PricedOption], side: SideCosts = NO_SIDE_COSTS, calendar: Calendar = PLAIN_CALENDAR
) -> tuple[CostLine, ...]:
    """Every line of every month, by option and month.

    Those of one month stand as the rates name them, then by name; what comes beside the models follows, by group.

    Args:
        priced: Options that share a workload.
        side: What the design pays beside its models whichever option it takes; each option's own comes on top.
        calendar: Seasons and what prices do.

    Raises:
        InvalidInput: More machines are reserved than there are.
    """
    load = next((each.load for each in priced if each.load is not None), None)
    if load is None:
        return ()
    with localcontext(_WIDE):
        volumes = [requests_in(load, month, calendar) for month in range(1, load.horizon_months + 1)]
        beside = _Beside(volumes)
        return tuple(
            line
            for each in sorted(priced, key=lambda option: option.option.name)
            if not each.unpriced
            for line in _Months(each, side, calendar, beside).lines(volumes)
        )


def requests_in(load: Workload, month: int, calendar: Calendar = PLAIN_CALENDAR) -> ByCase:
    """Requests in ``month`` (from 1), growth and season taken, to a millionth of one, half up."""
    season = calendar.season_of(month)
    if season == 1:
        return load.requests(month)
    with localcontext(_WIDE):
        return each_case(lambda factor: _rounded(load.requests_per_month * factor * season), load.growth_factor(month))


def sums(lines: Sequence[CostLine], *, horizon: int, budget: Usd | None) -> dict[str, Sums]:
    """The sums of each option; ``lines`` stand by option and month. The budget counts to a millionth of a dollar."""
    limit = None if budget is None else budget.quantize(_MILLIONTH, ROUND_HALF_UP)
    with localcontext(_WIDE):
        return {
            option: _added([list(part) for _, part in groupby(own, key=lambda line: line.month)], horizon, limit)
            for option, own in groupby(lines, key=lambda line: line.option)
        }


def _added(months: Sequence[Sequence[CostLine]], horizon: int, limit: Usd | None) -> Sums:
    all_of = {lines[0].month: _sum(lines) for lines in months}
    counted = {lines[0].month: _sum([line for line in lines if line.group.in_ceiling]) for lines in months}
    everything = all(line.group.in_ceiling for lines in months for line in lines)
    over = (month for month, amount in counted.items() if limit is not None and amount.base > limit)
    total = _ZERO
    for amount in all_of.values():
        total = _plus(total, amount)
    return Sums(
        first=all_of.get(1, _ZERO),
        last=all_of.get(horizon, _ZERO),
        total=total,
        first_in_ceiling=None if everything else counted.get(1, _ZERO),
        over_budget_from=next(over, None),
    )


def _sum(lines: Sequence[CostLine]) -> ByCase:
    low = base = high = Decimal(0)
    for line in lines:
        amount = line.amount_usd
        low, base, high = low + amount.low, base + amount.base, high + amount.high
    return ByCase(low=low, base=base, high=high)


def _plus(one: ByCase, other: ByCase) -> ByCase:
    return ByCase(low=one.low + other.low, base=one.base + other.base, high=one.high + other.high)


class _Beside:
    """Units, prices and amounts of side lines, computed once for all options that have the line."""

    def __init__(self, volumes: Sequence[ByCase]) -> None:
        self._volumes = volumes
        self._steady: dict[int, bool] = {}
        self._found: dict[tuple[int, int], tuple[ByCase, Usd, ByCase]] = {}

    def of(self, line: SideLine, month: int) -> tuple[ByCase, Usd, ByCase]:
        """Units in ``month`` (from 1), what one costs, and what they cost."""
        name = id(line)
        if name not in self._steady:
            self._steady[name] = not any(line.per_request.of(case) for case in CASES)
        key = (name, 0 if self._steady[name] else month)
        if key not in self._found:
            units, price = each_case(_rounded, line.units(self._volumes[month - 1])), plain_price(line.usd_per_unit)
            self._found[key] = units, price, _amount(units, price)
        return self._found[key]


class _Months:
    """The lines of one option."""

    def __init__(self, priced: PricedOption, side: SideCosts, calendar: Calendar, beside: _Beside) -> None:
        self._priced, self._calendar, self._amounts = priced, calendar, beside
        self._side = together(side, priced.option.side).lines
        by_stream = [(stream, line) for stream in priced.streams for line in stream.lines]
        self._rates = [(place, stream, line) for place, (stream, line) in enumerate(by_stream)]

    def lines(self, volumes: Sequence[ByCase]) -> Iterator[CostLine]:
        """Those of every month."""
        for month, volume in enumerate(volumes, start=1):
            found = [*self._hours(month), *self._requests(month, volume)]
            for _, line in sorted(found, key=lambda one: (one[0], one[1].name, one[1].price_key, one[1].usd_per_unit)):
                yield line
            for side in self._side:
                if side.due(month):
                    yield self._beside(side, month)

    def _hours(self, month: int) -> Iterator[tuple[int, CostLine]]:
        host, load = self._priced.host, self._priced.load
        if host is None or load is None:
            return
        for part in hours_of(host, load, month, self._calendar):
            yield (
                0,
                self._line(
                    month,
                    name=part.name,
                    quantity=each_case(_rounded, part.hours),
                    unit=part.unit,
                    usd_per_unit=plain_price(part.usd_per_hour),
                    price_key=host.name,
                    source=part.source,
                    group=LineGroup.HOSTING,
                ),
            )

    def _requests(self, month: int, volume: ByCase) -> Iterator[tuple[int, CostLine]]:
        for place, stream, line in self._rates:
            if not stream.runs_in(month):
                continue
            each = line.per_request
            units = ByCase(
                low=_rounded(volume.low * each.low),
                base=_rounded(volume.base * each.base),
                high=_rounded(volume.high * each.high),
            )
            for price, source, quantity in self._at_prices(stream, line, month, units):
                yield (
                    place,
                    self._line(
                        month,
                        name=line.name,
                        quantity=quantity,
                        unit=line.unit,
                        usd_per_unit=price,
                        price_key=line.price_key,
                        source=source,
                        group=LineGroup.API,
                    ),
                )

    def _at_prices(
        self, stream: Stream, line: RateLine, month: int, units: ByCase
    ) -> Iterator[tuple[Usd, Source, ByCase]]:
        """The units at what one costs in that month; where the cases differ in that, each price has its cases only."""
        if self._calendar.steady:
            yield line.usd_per_unit, line.source, units
            return
        prices = self._calendar.prices(line.usd_per_unit, stream.card, month)
        source = self._source(line, stream.card, month, prices)
        for price in dict.fromkeys((prices.base, prices.low, prices.high)):
            of_it = {case: units.of(case) if prices.of(case) == price else Decimal(0) for case in CASES}
            yield price, source, ByCase(**of_it)

    def _source(self, line: RateLine, card: ModelCard, month: int, prices: ByCase) -> Source:
        """Of the last announced change, else of the trend where that moved the price."""
        changes = self._calendar.changes(card, month)
        if changes:
            return changes[-1].source
        trend = self._calendar.price_trend
        moved = any(prices.of(case) != line.usd_per_unit for case in CASES)
        return trend.source if trend is not None and moved else line.source

    def _beside(self, side: SideLine, month: int) -> CostLine:
        units, price, amount = self._amounts.of(side, month)
        return CostLine(
            option=self._priced.option.name,
            month=month,
            name=side.name,
            quantity=units,
            unit=side.unit,
            usd_per_unit=price,
            amount_usd=amount,
            price_key=side.price_key,
            source=side.source,
            group=side.group,
        )

    def _line(
        self,
        month: int,
        *,
        name: str,
        quantity: ByCase,
        unit: str,
        usd_per_unit: Usd,
        price_key: str,
        source: Source,
        group: LineGroup,
    ) -> CostLine:
        return CostLine(
            option=self._priced.option.name,
            month=month,
            name=name,
            quantity=quantity,
            unit=unit,
            usd_per_unit=usd_per_unit,
            amount_usd=_amount(quantity, usd_per_unit),
            price_key=price_key,
            source=source,
            group=group,
        )


def _amount(units: ByCase, usd_per_unit: Usd) -> ByCase:
    return ByCase(
        low=_rounded(units.low * usd_per_unit),
        base=_rounded(units.base * usd_per_unit),
        high=_rounded(units.high * usd_per_unit),
    )


def plain_price(usd: Usd) -> Usd:
    """The same price without zeros at its end, and without an exponent."""
    short = usd.normalize()
    return short.quantize(Decimal(1)) if short == short.to_integral_value() else short


def _rounded(figure: Decimal) -> Decimal:
    return figure.quantize(_MILLIONTH, ROUND_HALF_UP)

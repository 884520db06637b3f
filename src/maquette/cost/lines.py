"""The lines of a projection and their sums in exact decimals, without a database: for a change at every keystroke.

The SQL beside it computes the same, for tables that a user asks; a test holds the two together.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Context, Decimal, localcontext
from itertools import groupby

from maquette.cost.hosting import HOURS_PER_MONTH, machines
from maquette.cost.options import PricedOption
from maquette.cost.projection import CASES, ByCase, CostLine
from maquette.cost.rates import RateLine
from maquette.cost.workload import each_case
from maquette.foundation.units import Usd

_WIDE = Context(prec=60, rounding=ROUND_HALF_UP)
_MILLIONTH = Decimal("0.000001")
_ZERO = ByCase(low=Decimal(0), base=Decimal(0), high=Decimal(0))


@dataclass(frozen=True, kw_only=True, slots=True)
class Sums:
    """One option's lines, added up: the first month, the last one, the whole horizon.

    Attributes:
        over_budget_from: The first month whose expected case passes the budget; None when none does.
    """

    first: ByCase
    last: ByCase
    total: ByCase
    over_budget_from: int | None


NOTHING = Sums(first=_ZERO, last=_ZERO, total=_ZERO, over_budget_from=None)


def cost_lines(priced: Sequence[PricedOption]) -> tuple[CostLine, ...]:
    """Every line of every month, by option and month; those of one month as the rates name them, then by name."""
    load = next((each.load for each in priced if each.load is not None), None)
    if load is None:
        return ()
    months = range(1, load.horizon_months + 1)
    with localcontext(_WIDE):
        volumes = {month: load.requests(month) for month in months}
        return tuple(
            line
            for each in sorted(priced, key=lambda option: option.option.name)
            for month in months
            for line in _month(each, month, volumes[month])
        )


def sums(lines: Sequence[CostLine], *, horizon: int, budget: Usd | None) -> dict[str, Sums]:
    """The sums of each option; ``lines`` stand by option and month. The budget counts to a millionth of a dollar."""
    limit = None if budget is None else budget.quantize(_MILLIONTH, ROUND_HALF_UP)
    with localcontext(_WIDE):
        return {
            option: _added({month: _sum(part) for month, part in _by_month(own)}, horizon, limit)
            for option, own in groupby(lines, key=lambda line: line.option)
        }


def _by_month(lines: Iterator[CostLine]) -> Iterator[tuple[int, Iterator[CostLine]]]:
    return groupby(lines, key=lambda line: line.month)


def _added(months: dict[int, ByCase], horizon: int, limit: Usd | None) -> Sums:
    total = _ZERO
    for amount in months.values():
        total = _plus(total, amount)
    over = (month for month, amount in months.items() if limit is not None and amount.base > limit)
    return Sums(
        first=months.get(1, _ZERO),
        last=months.get(horizon, _ZERO),
        total=total,
        over_budget_from=next(over, None),
    )


def _sum(lines: Iterator[CostLine]) -> ByCase:
    total = _ZERO
    for line in lines:
        total = _plus(total, line.amount_usd)
    return total


def _plus(one: ByCase, other: ByCase) -> ByCase:
    return ByCase(low=one.low + other.low, base=one.base + other.base, high=one.high + other.high)


def _month(priced: PricedOption, month: int, volume: ByCase) -> Iterator[CostLine]:
    found = [(position, _priced_line(priced, month, volume, line)) for position, line in _rate_lines(priced)]
    if priced.host is not None and priced.load is not None:
        found.append((0, _machine_line(priced, month)))
    for _, line in sorted(found, key=lambda one: (one[0], one[1].name, one[1].price_key, one[1].usd_per_unit)):
        yield line


def _rate_lines(priced: PricedOption) -> Iterator[tuple[int, RateLine]]:
    return enumerate(priced.rates.lines) if priced.rates else iter(())


def _priced_line(priced: PricedOption, month: int, volume: ByCase, line: RateLine) -> CostLine:
    quantity = ByCase(**{case: _rounded(volume.of(case) * line.per_request.of(case)) for case in CASES})
    return CostLine(
        option=priced.option.name,
        month=month,
        name=line.name,
        quantity=quantity,
        unit=line.unit,
        usd_per_unit=line.usd_per_unit,
        amount_usd=each_case(lambda units: _rounded(units * line.usd_per_unit), quantity),
        price_key=line.price_key,
        source=line.source,
    )


def _machine_line(priced: PricedOption, month: int) -> CostLine:
    host, load = priced.host, priced.load
    if host is None or load is None:
        raise ValueError("an option without machines")
    hours = each_case(lambda count: _rounded(count * HOURS_PER_MONTH), machines(load, month, host.throughput_per_s))
    return CostLine(
        option=priced.option.name,
        month=month,
        name="machines",
        quantity=hours,
        unit="machine hour",
        usd_per_unit=host.usd_per_hour.normalize(),
        amount_usd=each_case(lambda units: _rounded(units * host.usd_per_hour), hours),
        price_key=host.name,
        source=host.source,
    )


def _rounded(figure: Decimal) -> Decimal:
    return figure.quantize(_MILLIONTH, ROUND_HALF_UP)

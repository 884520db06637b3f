"""Hours of machines and of provisioned units in a month: how many, which of them reserved, and how busy they are."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from maquette.cost.calendar import PLAIN_CALENDAR, Calendar
from maquette.cost.commitments import reserved
from maquette.cost.hosting import HOURS_PER_MONTH, USABLE_SHARE, machines
from maquette.cost.options import HostRate, PricedOption
from maquette.cost.projection import CASES, ByCase, CostAssumption
from maquette.cost.workload import Workload, each_case, level
from maquette.foundation.sources import Source, SourceKind
from maquette.foundation.units import Usd, readable_count

_SECONDS_AN_HOUR = 3600
_TENTH = Decimal("0.1")


@dataclass(frozen=True, kw_only=True, slots=True)
class Hours:
    """Hours of one kind in a month, at one price."""

    name: str
    unit: str
    hours: ByCase
    usd_per_hour: Usd
    source: Source


def units_needed(host: HostRate, load: Workload, month: int, season: Decimal = Decimal(1)) -> ByCase:
    """Machines or provisioned units in ``month`` (from 1), spare ones included."""
    if host.provisioned is not None:
        return host.provisioned.units(load, month, season)
    return machines(load, month, host.throughput_per_s, season)


def reserved_units(host: HostRate, load: Workload, month: int, calendar: Calendar) -> tuple[Decimal, ...]:
    """Whole units of each commitment in ``month``: those that the plan's expected case foresaw, in every case.

    Raises:
        InvalidInput: More than all of them are reserved.
    """

    def planned(begin: int) -> Decimal:
        return units_needed(host, load, begin, calendar.season_of(begin)).base

    return reserved(host.commitments, planned, month)


def hours_of(host: HostRate, load: Workload, month: int, calendar: Calendar = PLAIN_CALENDAR) -> Iterator[Hours]:
    """What is paid for in ``month`` (from 1), on demand first; reserved hours are paid whether needed or not.

    Raises:
        InvalidInput: More than all machines are reserved.
    """
    kind, unit = ("machines", "machine hour") if host.provisioned is None else ("provisioned throughput", "unit hour")
    needed = units_needed(host, load, month, calendar.season_of(month))
    kept = reserved_units(host, load, month, calendar)
    total = sum(kept, Decimal(0))
    demanded = each_case(lambda count: max(Decimal(0), count - total), needed)
    name = f"{kind}, on demand" if host.commitments else kind
    if not host.commitments or any(demanded.of(case) for case in CASES):
        yield _hours(name, unit, demanded, host.usd_per_hour, host.source)
    for one, count in zip(host.commitments, kept, strict=True):
        if count:
            price = one.price(host.usd_per_hour).normalize()
            yield _hours(f"{kind}, reserved ({one.term})", unit, level(count), price, one.source)


def idle(priced: PricedOption, calendar: Calendar = PLAIN_CALENDAR) -> CostAssumption | None:
    """Which share of the hours that month 1 pays for is busy at the planned rate; None without machines or traffic."""
    host, load = priced.host, priced.load
    if host is None or load is None or not load.requests_per_month or not host.throughput_per_s:
        return None
    season = calendar.season_of(1)
    kept = sum(reserved_units(host, load, 1, calendar), Decimal(0))
    paid = each_case(lambda count: max(count, kept), units_needed(host, load, 1, season))
    rate = host.throughput_per_s * USABLE_SHARE if priced.option.predicted else host.throughput_per_s
    asked = load.requests_per_month * season

    def busy(count: Decimal) -> str:
        share = asked / (count * rate * _SECONDS_AN_HOUR * HOURS_PER_MONTH) if count else Decimal(0)
        return f"{readable_count((share * 100).quantize(_TENTH))} %"

    ref = f"requests of month 1 over what the paid hours of {host.name} answer; the idle rest is paid all the same"
    return CostAssumption(
        name=f"{priced.option.name}: busy share of the paid hours",
        value=busy(paid.base),
        low=busy(paid.low),
        high=busy(paid.high),
        source=Source(kind=SourceKind.ESTIMATED, ref=ref),
    )


def _hours(name: str, unit: str, count: ByCase, usd_per_hour: Usd, source: Source) -> Hours:
    hours = each_case(lambda units: units * HOURS_PER_MONTH, count)
    return Hours(name=name, unit=unit, hours=hours, usd_per_hour=usd_per_hour, source=source)

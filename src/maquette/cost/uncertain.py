"""Which inputs of an option are uncertain, and between what. Nothing is drawn here.

An answer is taken at its word, a default that nobody confirmed is as wide as no answer.
"""

from collections.abc import Collection, Iterator
from decimal import Decimal

from maquette.cost.calendar import PLAIN_CALENDAR, Calendar, PriceTrend
from maquette.cost.fact_reader import unknown_band
from maquette.cost.options import PricedOption
from maquette.cost.projection import ByCase
from maquette.cost.side_lines import NO_SIDE_COSTS, SideCosts
from maquette.cost.side_model import side_inputs
from maquette.cost.uncertain_input import GROWTH, OUTPUT, PEAK, SPARE, TREND, VOLUME, Shape, Uncertain, pert
from maquette.cost.uncertain_requests import of_requests
from maquette.cost.workload import Workload, each_case

VOLUME_WITHIN = Decimal("1.2")
"""Half of all launches are taken to bring between 1/1.2 and 1.2 times the planned volume."""

_VOLUME_REF = (
    "lognormal; half of all road projects missed their traffic forecast by more than 20 % (Flyvbjerg, Skamris Holm and "
    "Buhl, J. American Planning Association 71(2), 2005); set another factor where the traffic is known"
)


def uncertain_inputs(
    priced: PricedOption,
    *,
    defaulted: Collection[str],
    volume_within: Decimal,
    side: SideCosts = NO_SIDE_COSTS,
    calendar: Calendar = PLAIN_CALENDAR,
) -> tuple[Uncertain, ...]:
    """The inputs of a priced option that may be other than expected, each with its range.

    Args:
        priced: An option with rates or machines.
        defaulted: The facts that hold a question's default.
        volume_within: The factor within which half of all launches stay; 1 takes the volume at its word.
        side: What the design pays beside its models; the option's own comes on top.
        calendar: Its trend of prices is one input.
    """
    load = priced.load
    if load is None or priced.unpriced:
        return ()
    found = [_volume(volume_within), _growth(load, defaulted)]
    if priced.streams:
        found += of_requests(priced, load)
    if priced.host is not None:
        found += _of_machines(load, defaulted, spares=priced.host.provisioned is None)
        found += _of_units(priced, load)
    if priced.streams and calendar.price_trend is not None:
        found.append(_trend(calendar.price_trend))
    found += side_inputs(priced, side)
    return tuple(one for one in found if one.spread)


def _volume(within: Decimal) -> Uncertain:
    return Uncertain(
        key=VOLUME,
        name="requests, as a multiple of the planned ones",
        low=1 / within,
        base=Decimal(1),
        high=within,
        shape=Shape.LOGNORMAL,
        ref=_VOLUME_REF,
    )


def _growth(load: Workload, defaulted: Collection[str]) -> Uncertain:
    return pert(GROWTH, "growth a month", _band("scale.growth_pct_month", load.growth_pct_month, defaulted), unit=" %")


def _trend(trend: PriceTrend) -> Uncertain:
    ref = f"PERT between the cheap and the dear case; {trend.source.ref}"
    return pert(TREND, "prices of models, change a year", trend.pct_year, unit=" %", ref=ref)


def _of_units(priced: PricedOption, load: Workload) -> Iterator[Uncertain]:
    """Units that are counted by tokens depend on the length of the output; requests at a price have it already."""
    offer = priced.host.provisioned if priced.host else None
    if offer is not None and offer.tok_per_min_per_unit is not None and not priced.streams:
        yield pert(OUTPUT, "output tokens a request", load.output_tok)


def _of_machines(load: Workload, defaulted: Collection[str], *, spares: bool) -> Iterator[Uncertain]:
    yield pert(PEAK, "requests a second in the peak", load.peak_rps)
    if not spares:
        return
    target = unknown_band("availability.target")
    if "availability.target" in defaulted and target is not None:
        three_nines = Decimal("0.999")
        spare = each_case(lambda share: Decimal(int(share >= three_nines)), target)
    else:
        spare = load.spare_machines
    yield pert(SPARE, "spare machines", spare, whole=True)


def _band(fact: str, taken: ByCase, defaulted: Collection[str]) -> ByCase:
    """The band of a fact: what stands in for no answer where the default does, around the default."""
    wide = unknown_band(fact)
    if fact not in defaulted or wide is None:
        return taken
    return ByCase(low=min(wide.low, taken.base), base=taken.base, high=max(wide.high, taken.base))

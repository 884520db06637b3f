"""Which inputs of an option are uncertain, and between what. Nothing is drawn here.

An answer is taken at its word, a default that nobody confirmed is as wide as no answer.
"""

from collections.abc import Collection, Iterator
from decimal import Decimal

from maquette.cost.options import PricedOption
from maquette.cost.projection import ByCase
from maquette.cost.uncertain_input import GROWTH, PEAK, SPARE, VOLUME, Shape, Uncertain, pert
from maquette.cost.uncertain_requests import of_requests
from maquette.cost.workload import Workload, each_case, unknown_band

VOLUME_WITHIN = Decimal("1.2")
"""Half of all launches are taken to bring between 1/1.2 and 1.2 times the planned volume."""

_VOLUME_REF = (
    "lognormal; half of all road projects missed their traffic forecast by more than 20 % (Flyvbjerg, Skamris Holm and "
    "Buhl, J. American Planning Association 71(2), 2005); set another factor where the traffic is known"
)


def uncertain_inputs(
    priced: PricedOption, *, defaulted: Collection[str], volume_within: Decimal
) -> tuple[Uncertain, ...]:
    """The inputs of a priced option that may be other than expected, each with its range.

    Args:
        priced: An option with rates or machines.
        defaulted: The facts that hold a question's default.
        volume_within: The factor within which half of all launches stay; 1 takes the volume at its word.
    """
    load = priced.load
    if load is None or priced.unpriced:
        return ()
    found = [_volume(volume_within), _growth(load, defaulted)]
    if priced.rates is not None:
        found += of_requests(priced, priced.rates, load)
    if priced.host is not None:
        found += _of_machines(load, defaulted)
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


def _of_machines(load: Workload, defaulted: Collection[str]) -> Iterator[Uncertain]:
    yield pert(PEAK, "requests a second in the peak", load.peak_rps)
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

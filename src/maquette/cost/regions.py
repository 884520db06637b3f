"""What it costs more to have requests processed where the data must stay, as far as the price list says."""

from decimal import Decimal

from maquette.catalog.prices import PriceTable
from maquette.cost.projection import ByCase, CostAssumption
from maquette.foundation.sources import Source, SourceKind

_AT_HOME = "us"
"""Where the providers that publish an uplift keep data when nothing else is agreed (their seats are in the US)."""
_ANY = "regional"


def uplift(price: PriceTable, region: str | None) -> ByCase | None:
    """What the token prices are multiplied with in ``region``; None where no region is asked or no uplift is published.

    The configuration asks for the region wherever the data must stay in one, so that the expected case pays it. In the
    US the cheap case does not: providers keep data there without being asked, and whether it must also be processed
    there and nowhere else is not asked. For a region without a price of its own the highest uplift of the list is in
    the dear case.
    """
    if region is None or not price.multipliers:
        return None
    known = price.multipliers.get(region) or price.multipliers.get(_ANY)
    if known is not None and region != _AT_HOME:
        return ByCase(low=known, base=known, high=known)
    if known is not None:
        return ByCase(low=Decimal(1), base=known, high=known)
    dear = max(price.multipliers.values())
    return ByCase(low=Decimal(1), base=Decimal(1), high=max(Decimal(1), dear))


def region_assumption(option: str, region: str, factors: ByCase) -> CostAssumption:
    """The factors among the assumptions."""
    if factors.low == factors.high:
        ref = f"the price list's factor for requests that are processed in {region}"
    elif region == _AT_HOME:
        ref = f"processed in {region} alone, at the price list's factor; in the cheap case only kept there"
    else:
        ref = f"the price list has no factor for {region}; the dear case has the highest of the other regions"
    return CostAssumption(
        name=f"{option}: token prices in {region}, times",
        value=f"{factors.base:f}",
        low=f"{factors.low:f}",
        high=f"{factors.high:f}",
        source=Source(kind=SourceKind.ASSUMED, ref=ref),
    )

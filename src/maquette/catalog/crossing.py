"""Two price lists held against each other: where they price the same unit differently, both are shown, with dates."""

from dataclasses import dataclass
from decimal import Decimal

from maquette.catalog.prices import PriceTable
from maquette.foundation.sources import Source

TOLERANCE = Decimal("0.01")
"""The share by which two lists may differ: what conversion and rounding make of one price."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Difference:
    """One unit that two lists price differently.

    Attributes:
        unit: The map's key.
        usd_per_unit: The first list's price.
        other_usd_per_unit: The second list's price.
        ratio: The second over the first; None where the first is nothing.
    """

    unit: str
    usd_per_unit: Decimal
    other_usd_per_unit: Decimal
    source: Source
    other_source: Source
    ratio: Decimal | None


def differences(one: PriceTable, other: PriceTable) -> tuple[Difference, ...]:
    """Units that both tables price, and whose prices differ by more than 1 % of the lower one."""
    return tuple(
        Difference(
            unit=key,
            usd_per_unit=price,
            other_usd_per_unit=other.usd_per_unit[key],
            source=one.source,
            other_source=other.source,
            ratio=other.usd_per_unit[key] / price if price else None,
        )
        for key, price in one.usd_per_unit.items()
        if key in other.usd_per_unit and _differ(price, other.usd_per_unit[key])
    )


def _differ(one: Decimal, other: Decimal) -> bool:
    return abs(one - other) > TOLERANCE * min(one, other)

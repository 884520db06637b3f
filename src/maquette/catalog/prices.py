"""What a request costs, exactly: the raw entries of a price map, and a quote in lines.

The map's own keys are kept, so that a figure leads back to its entry. A missing price makes a quote unpriced, never
zero, and a tier that is not offered is said, never replaced by another one.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from maquette.foundation.sources import Source
from maquette.foundation.units import Usd


class Tier(StrEnum):
    """The lane that a request takes."""

    STANDARD = "standard"
    BATCH = "batch"
    FLEX = "flex"
    PRIORITY = "priority"


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class PriceTable:
    """One entry of a price map: the map's key to USD for one unit (one token, one image, one second).

    Keys are those of LiteLLM's map, for example ``input_cost_per_token``, ``cache_read_input_token_cost``,
    ``input_cost_per_token_above_200k_tokens``, ``output_cost_per_token_batches``. Tables are compared by identity, so
    that quotes can be remembered cheaply: a catalog is loaded once.
    """

    usd_per_unit: Mapping[str, Decimal]
    source: Source


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class PricePeriod:
    """Prices from a day on; ``start`` is None for prices that held from the beginning of the record."""

    start: date | None
    prices: PriceTable


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class PriceHistory:
    """A model's prices over time in one list, oldest first."""

    periods: tuple[PricePeriod, ...]

    def on(self, day: date) -> PriceTable | None:
        """The prices in force on ``day``; None before the record begins."""
        held = [period.prices for period in self.periods if period.start is None or period.start <= day]
        return held[-1] if held else None


@dataclass(frozen=True, kw_only=True, slots=True)
class Usage:
    """The tokens of one request. ``cached_tok`` and ``cache_write_tok`` are parts of ``input_tok``."""

    input_tok: int
    output_tok: int
    cached_tok: int = 0
    cache_write_tok: int = 0
    tier: Tier = Tier.STANDARD


@dataclass(frozen=True, kw_only=True, slots=True)
class PriceLine:
    """One line of a quote: ``quantity`` units at ``usd_per_unit``, from the map's ``key``."""

    name: str
    quantity: int
    unit: str
    usd_per_unit: Decimal
    total_usd: Usd
    key: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Quote:
    """What a request costs, or which prices are missing.

    Attributes:
        total_usd: The sum of the lines; None when a price is missing or the tier is not offered.
        missing: What has no price, in words.
        notes: What a reader must know: a price step that applies, a cache discount that does not.
    """

    lines: tuple[PriceLine, ...]
    total_usd: Usd | None
    source: Source
    missing: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

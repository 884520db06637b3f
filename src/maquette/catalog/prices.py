"""What a request costs, exactly: the raw entries of a price map, and a quote in lines.

The map's own keys are kept, so that a figure leads back to its entry. A missing price makes a quote unpriced, never
zero, and a tier that is not offered is said, never replaced by another one.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import TypeAlias

from maquette.foundation.sources import Source
from maquette.foundation.units import Usd

Quantity: TypeAlias = int | Decimal


class Tier(StrEnum):
    """The lane that a request takes."""

    STANDARD = "standard"
    BATCH = "batch"
    FLEX = "flex"
    PRIORITY = "priority"


@dataclass(frozen=True, kw_only=True, slots=True, eq=False, weakref_slot=True)
class PriceTable:
    """One entry of a price map: the map's key to USD for one unit (one token, one image, one second).

    Keys are those of LiteLLM's map, for example ``input_cost_per_token``, ``cache_read_input_token_cost``,
    ``input_cost_per_token_above_200k_tokens``, ``output_cost_per_token_batches``. Nested prices have a dot in their
    key (``search_context_cost_per_query.search_context_size_low``), and the brackets of ``tiered_pricing`` stand
    under the keys of steps, which mean the same. Tables are compared by identity, so that quotes can be remembered
    cheaply: a catalog is loaded once.

    Attributes:
        multipliers: What the prices of tokens are multiplied with, by region in small letters; ``regional`` is for
            any region outside the global endpoint.
        min_cacheable_tok: Tokens that a prefix needs before it is cached; None when unknown.
        step_includes_start: Whether a step begins at its token and not behind it.
        remarks: Sentences that belong to every quote: hours with other prices, prices in another currency.
        search_remarks: Sentences that belong to a quote with web searches: what is counted, what is free.
        overridden: The source of each key whose price does not come from ``source`` but from a catalog file.
    """

    usd_per_unit: Mapping[str, Decimal]
    source: Source
    multipliers: Mapping[str, Decimal] = field(default_factory=dict)
    min_cacheable_tok: int | None = None
    step_includes_start: bool = False
    remarks: tuple[str, ...] = ()
    search_remarks: tuple[str, ...] = ()
    overridden: Mapping[str, Source] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class PricePeriod:
    """Prices from a day on; ``start`` is None for prices that held from the beginning of the record."""

    start: date | None
    prices: PriceTable


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class PriceHistory:
    """A model's prices over time in one list, oldest first.

    Attributes:
        model: The list's own name of the model.
        notes: What the list says and a table cannot: prices for some hours, for some routes.
    """

    periods: tuple[PricePeriod, ...]
    model: str = ""
    notes: tuple[str, ...] = ()

    def period_on(self, day: date) -> PricePeriod | None:
        """The period that ``day`` falls into; None before the record begins."""
        held = [period for period in self.periods if period.start is None or period.start <= day]
        return held[-1] if held else None

    def on(self, day: date) -> PriceTable | None:
        """The prices in force on ``day``; None before the record begins."""
        period = self.period_on(day)
        return None if period is None else period.prices


@dataclass(frozen=True, kw_only=True, slots=True)
class Usage:
    """What one request uses: tokens, and everything else that has a price.

    Each field below that ends in ``_tok`` is a part of ``input_tok`` or of ``output_tok``; the parts of one do not
    overlap, and what they leave is fresh text.

    Attributes:
        input_tok: The whole prompt, cached tokens included.
        output_tok: The whole answer, reasoning included.
        cached_tok: Input: text that is read from a cache.
        cached_audio_tok: Input: audio that is read from a cache.
        cached_image_tok: Input: images that are read from a cache.
        cache_write_tok: Input: written to a cache for the provider's usual time, 5 minutes in most places.
        cache_write_1h_tok: Input: written for an hour.
        cache_write_12h_tok: Input: written for 12 hours.
        audio_input_tok: Input: fresh audio.
        image_input_tok: Input: fresh images.
        video_input_tok: Input: fresh video.
        reasoning_tok: Output: reasoning.
        audio_output_tok: Output: audio.
        image_output_tok: Output: images.
        video_output_tok: Output: video.
        tier: The lane.
        region: Where the request is processed, ``eu`` or ``us``; None for the global endpoint.
        amounts: Quantities of other meters by their names in `maquette.catalog.metering`, made by ``amounts``.
    """

    input_tok: int = 0
    output_tok: int = 0
    cached_tok: int = 0
    cache_write_tok: int = 0
    tier: Tier = Tier.STANDARD
    cache_write_1h_tok: int = 0
    cache_write_12h_tok: int = 0
    cached_audio_tok: int = 0
    cached_image_tok: int = 0
    audio_input_tok: int = 0
    image_input_tok: int = 0
    video_input_tok: int = 0
    reasoning_tok: int = 0
    audio_output_tok: int = 0
    image_output_tok: int = 0
    video_output_tok: int = 0
    region: str | None = None
    amounts: tuple[tuple[str, Quantity], ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class PriceLine:
    """One line of a quote: ``quantity`` units at ``usd_per_unit``, from the map's ``key``."""

    name: str
    quantity: Quantity
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
        offered: Whether the wanted tier is offered at all.
    """

    lines: tuple[PriceLine, ...]
    total_usd: Usd | None
    source: Source
    missing: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    offered: bool = True

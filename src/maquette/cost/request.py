"""One average request of a workload as priced items: which prices apply to it comes from the catalog's `quote` alone.

Steps are judged at the case's prompt length, quantities are the averages: a quote gives unit prices, never amounts.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_HALF_UP, Decimal
from typing import TypeAlias

from maquette.catalog.prices import PriceLine, PriceTable, Quote, Tier, Usage
from maquette.catalog.quoting import quote
from maquette.cost.projection import Case
from maquette.cost.workload import Workload
from maquette.foundation.units import Usd

PRICE_QUANTUM = Decimal("1e-15")
QUANTITY_QUANTUM = Decimal("1e-12")

FRESH, CACHED, WRITTEN, OUTPUT = "input, fresh", "input, cached", "cache writes", "output"
"""The names of a quote's lines that count tokens."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Item:
    """Units of one kind at one price; ``kind`` is the name in the quote, ``name`` also tells the lane."""

    kind: str
    name: str
    unit: str
    key: str
    usd_per_unit: Usd
    quantity: Decimal

    def times(self, share: Decimal, name: str) -> "Item":
        """That share of it, under another name."""
        quantity = (self.quantity * share).quantize(QUANTITY_QUANTUM, ROUND_HALF_UP)
        return Item(
            kind=self.kind, name=name, unit=self.unit, key=self.key, usd_per_unit=self.usd_per_unit, quantity=quantity
        )


Request: TypeAlias = tuple[Item, ...]


def total(items: Sequence[Item]) -> Usd:
    """The sum of quantity times price."""
    return sum((item.quantity * item.usd_per_unit for item in items), Usd(0))


def uncached(price: PriceTable, load: Workload, case: Case, tier: Tier = Tier.STANDARD) -> Request:
    """One request of which nothing is read from a cache."""
    lines = probe(price, load, case, tier).lines
    return _items(lines, {FRESH: load.input_tok, OUTPUT: load.output_tok.of(case)})


def cached(
    price: PriceTable, load: Workload, case: Case, written: Decimal, tier: Tier = Tier.STANDARD
) -> Request | None:
    """One request whose prefix is read from the cache; None when the tier has no price for that.

    Args:
        price: The model's prices.
        load: The workload.
        case: Whose lengths count.
        written: The share of requests that find no prefix and write it: at the price of writing, where there is one.
        tier: The lane.
    """
    prefix = load.shared_prefix_tok
    reading = probe(price, load, case, tier, cached_tok=prefix)
    if reading.total_usd is None or all(line.name != CACHED for line in reading.lines):
        return None
    lines = {line.key: line for line in (*probe(price, load, case, tier).lines, *reading.lines)}
    writing = probe(price, load, case, tier, cache_write_tok=prefix).lines
    lines.update({line.key: line for line in writing if line.name == WRITTEN})
    hit = prefix * (1 - written)
    stored = prefix - hit if any(line.name == WRITTEN for line in lines.values()) else Decimal(0)
    quantities = {
        FRESH: load.input_tok - hit - stored,
        CACHED: hit,
        WRITTEN: stored,
        OUTPUT: load.output_tok.of(case),
    }
    return _items(lines.values(), quantities)


def probe(
    price: PriceTable,
    load: Workload,
    case: Case,
    tier: Tier,
    *,
    cached_tok: Decimal = Decimal(0),
    cache_write_tok: Decimal = Decimal(0),
) -> Quote:
    """The quote for a request of the case's prompt length, which shows the prices that apply there."""
    length = max(1, _whole(load.step_tok.of(case)))
    return quote(
        price,
        Usage(
            input_tok=length,
            output_tok=max(1, _whole(load.output_tok.of(case))),
            # One token stays fresh, so that its price is among the lines.
            cached_tok=min(_whole(cached_tok), length - 1),
            cache_write_tok=min(_whole(cache_write_tok), length - 1),
            tier=tier,
        ),
    )


def _items(lines: Iterable[PriceLine], quantities: Mapping[str, Decimal]) -> Request:
    """The lines with their average quantities; a fee a request, which is of none of the four kinds, keeps its own."""
    items = (
        Item(
            kind=line.name,
            name=line.name,
            unit=line.unit,
            key=line.key,
            usd_per_unit=line.usd_per_unit.quantize(PRICE_QUANTUM, ROUND_HALF_UP).normalize(),
            quantity=_quantity(line, quantities).quantize(QUANTITY_QUANTUM, ROUND_HALF_UP),
        )
        for line in lines
    )
    return tuple(item for item in items if item.quantity)


def _quantity(line: PriceLine, quantities: Mapping[str, Decimal]) -> Decimal:
    tokens = (FRESH, CACHED, WRITTEN, OUTPUT)
    return quantities.get(line.name, Decimal(0)) if line.name in tokens else Decimal(line.quantity)


def _whole(tokens: Decimal) -> int:
    return int(tokens.to_integral_value(ROUND_CEILING))

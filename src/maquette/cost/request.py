"""One average request of a workload as priced items: which prices apply to it comes from the catalog's `quote` alone.

Steps are judged at the case's prompt length, or for the prompts on each side of a step where their lengths are known;
quantities are the averages: a quote gives unit prices, never amounts.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import ROUND_CEILING, ROUND_HALF_UP, Decimal
from functools import lru_cache
from typing import TypeAlias

from maquette.catalog.lanes import lane_of
from maquette.catalog.media import Medium
from maquette.catalog.media_facts import unit_price
from maquette.catalog.prices import PriceLine, PriceTable, Quote, Tier, Usage
from maquette.catalog.quoting import quote
from maquette.cost.projection import Case
from maquette.cost.workload import Workload, level
from maquette.foundation.units import Usd

PRICE_QUANTUM = Decimal("1e-15")
QUANTITY_QUANTUM = Decimal("1e-12")

FRESH, CACHED, WRITTEN, OUTPUT = "input, fresh", "input, cached", "cache writes", "output"
"""The names of a quote's lines that count tokens."""
TEXT_TOKENS = (FRESH, CACHED, WRITTEN, OUTPUT)
TOKENS = (*TEXT_TOKENS, *Medium)
_ABOVE = re.compile(r"_above_(\d+k?)_tokens")


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
    text = _items(lines, {FRESH: load.input_tok, OUTPUT: load.output_tok.of(case)})
    return (*text, *_media(price, load, case, tier)) if text else text


def cached(
    price: PriceTable, load: Workload, case: Case, read: Decimal, stored: Decimal, tier: Tier = Tier.STANDARD
) -> Request | None:
    """One request of which a part is read from the cache; None when the tier has no price for that.

    Args:
        price: The model's prices.
        load: The workload.
        case: Whose lengths count.
        read: Tokens that are read, on average.
        stored: Tokens that are written for later requests: at the price of writing, where there is one.
        tier: The lane.
    """
    most = load.most_cached_tok
    reading = probe(price, load, case, tier, cached_tok=most)
    if reading.total_usd is None or all(line.name != CACHED for line in reading.lines):
        return None
    lines = {line.key: line for line in (*probe(price, load, case, tier).lines, *reading.lines)}
    writing = probe(price, load, case, tier, cache_write_tok=most).lines
    lines.update({line.key: line for line in writing if line.name == WRITTEN})
    written = stored if any(line.name == WRITTEN for line in lines.values()) else Decimal(0)
    quantities = {
        FRESH: load.input_tok - read - written,
        CACHED: read,
        WRITTEN: written,
        OUTPUT: load.output_tok.of(case),
    }
    return (*_items(lines.values(), quantities), *_media(price, load, case, tier))


def sides(price: PriceTable, load: Workload) -> tuple[tuple[Decimal, Workload], ...]:
    """The share of the requests on each side of the price's steps, and their workload; all of them without steps.

    The lengths of the answers are taken not to hang on those of the prompts.
    """
    beside = _whole(load.all_media_tok.base)
    # What is no text is as long in every prompt: the text alone decides on which side of a step it stands.
    steps = sorted({max(0, step - beside) for step in steps_of(price)})
    if load.lengths is None or not steps:
        return ((Decimal(1), load),)
    found = []
    bounds = [Decimal(0), *(Decimal(step) for step in steps), None]
    for part, above, to in zip(load.lengths.parts(steps), bounds, bounds[1:], strict=False):
        if part.share and above is not None:
            judged = max(above + 1, part.mean_tok if to is None else min(part.mean_tok, to - 1))
            found.append((part.share, replace(load, input_tok=part.mean_tok, step_tok=level(judged))))
    return tuple(found)


def steps_of(price: PriceTable) -> frozenset[int]:
    """The prompt lengths above which the standard lane or the batch lane has other prices."""
    return frozenset({*lane_of(price, Tier.STANDARD).steps, *lane_of(price, Tier.BATCH).steps})


def together(parts: Iterable[tuple[Decimal, Request]]) -> Request:
    """The requests of several shares as one; what they have at one price under one name is added up."""
    found: dict[tuple[str, str, Usd], Item] = {}
    for share, items in parts:
        for item in items:
            key = (item.name, item.key, item.usd_per_unit)
            part = item if share == 1 else item.times(share, item.name)
            found[key] = part if key not in found else replace(part, quantity=part.quantity + found[key].quantity)
    return tuple(found.values())


def in_region(items: Request, region: str, factor: Decimal) -> Request:
    """The request processed in a region, where the price of every token is multiplied."""
    if factor == 1:
        return items
    return tuple(
        replace(
            item,
            name=f"{item.name}, in {region}",
            usd_per_unit=(item.usd_per_unit * factor).quantize(PRICE_QUANTUM, ROUND_HALF_UP).normalize(),
        )
        if item.kind in TOKENS
        else item
        for item in items
    )


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
    length = prompt_length(load, case)
    return _quoted(
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


def prompt_length(load: Workload, case: Case) -> int:
    """The length at which steps are judged: that of the text, and what goes in beside it."""
    return max(1, _whole(load.step_tok.of(case) + load.all_media_tok.of(case)))


def _media(price: PriceTable, load: Workload, case: Case, tier: Tier) -> Request:
    """What goes in beside the text. None of it is read from a cache."""
    if not load.media_tok:
        return ()
    length = prompt_length(load, case)
    found = []
    for one in load.media_tok:
        entry = unit_price(price, one.medium, tier, length)
        if entry is not None and one.tok.of(case):
            line = PriceLine(
                name=one.medium, quantity=1, unit="token", usd_per_unit=entry[1], total_usd=entry[1], key=entry[0]
            )
            found.append(_item(line, one.tok.of(case)))
    return tuple(found)


@lru_cache(maxsize=4096)
def _quoted(price: PriceTable, usage: Usage) -> Quote:
    """Quotes are asked for again and again while one input moves and the others stay."""
    return quote(price, usage)


def _items(lines: Iterable[PriceLine], quantities: Mapping[str, Decimal]) -> Request:
    """The lines with their average quantities; a fee a request, which is of none of the four kinds, keeps its own."""
    items = (_item(line, _quantity(line, quantities)) for line in lines)
    return tuple(item for item in items if item.quantity)


def _item(line: PriceLine, quantity: Decimal) -> Item:
    return Item(
        kind=line.name,
        name=f"{line.name}, above {step[1]}" if (step := _ABOVE.search(line.key)) else line.name,
        unit=line.unit,
        key=line.key,
        usd_per_unit=line.usd_per_unit.quantize(PRICE_QUANTUM, ROUND_HALF_UP).normalize(),
        quantity=quantity.quantize(QUANTITY_QUANTUM, ROUND_HALF_UP),
    )


def _quantity(line: PriceLine, quantities: Mapping[str, Decimal]) -> Decimal:
    return quantities.get(line.name, Decimal(0)) if line.name in TEXT_TOKENS else Decimal(line.quantity)


def _whole(tokens: Decimal) -> int:
    return int(tokens.to_integral_value(ROUND_CEILING))

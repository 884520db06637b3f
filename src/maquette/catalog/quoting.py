"""The price engine: which of a price table's entries apply to a request, and what they add up to.

Rules, as the providers publish them: a price step applies to the whole request once its prompt passes the step; a lane
(batch, flex, priority) is charged at its own prices, and one that a model does not list is not offered; tokens read
from a cache are charged at the cache's price, and at the fresh price where the table has none.
"""

import re
from collections.abc import Mapping
from decimal import Decimal
from functools import lru_cache

from maquette.catalog.prices import PriceLine, PriceTable, Quote, Tier, Usage

_STEP = re.compile(r"_above_(\d+)k_tokens")
_SUFFIX = {Tier.STANDARD: "", Tier.BATCH: "_batches", Tier.FLEX: "_flex", Tier.PRIORITY: "_priority"}

INPUT, OUTPUT = "input_cost_per_token", "output_cost_per_token"
CACHED, WRITTEN = "cache_read_input_token_cost", "cache_creation_input_token_cost"
A_REQUEST = "input_cost_per_request"


def quote(table: PriceTable, usage: Usage) -> Quote:
    """What one request costs.

    Returns:
        Lines for the tokens that it has. ``total_usd`` is None when a price is missing or the lane is not offered.
    """
    prices = table.usd_per_unit
    step = _step_for(table, usage.input_tok)
    if usage.tier is not Tier.STANDARD and INPUT + _SUFFIX[usage.tier] not in prices:
        not_offered = f"the {usage.tier} lane is not offered"
        return Quote(lines=(), total_usd=None, source=table.source, missing=(not_offered,))
    notes = [f"the prices above {step}k tokens apply"] if step else []
    lines, missing = _lines(prices, usage, step, notes)
    return Quote(
        lines=tuple(lines),
        total_usd=None if missing else sum((line.total_usd for line in lines), Decimal(0)),
        source=table.source,
        missing=tuple(missing),
        notes=tuple(notes),
    )


def steps_tok(table: PriceTable) -> tuple[int, ...]:
    """The prompt lengths above which the table has other input prices, ascending."""
    return tuple(thousands * 1000 for thousands in _steps(tuple(sorted(table.usd_per_unit))))


def reads_cache(table: PriceTable) -> bool:
    """Whether tokens read from a cache have a price of their own."""
    return CACHED in table.usd_per_unit


def _lines(
    prices: Mapping[str, Decimal], usage: Usage, step: int | None, notes: list[str]
) -> tuple[list[PriceLine], list[str]]:
    cached, written = usage.cached_tok, usage.cache_write_tok
    if cached and _key(prices, CACHED, usage.tier, step) is None:
        notes.append("there is no price for cached tokens: they are charged as fresh input")
        cached = 0
    if written and _key(prices, WRITTEN, usage.tier, step) is None:
        written = 0
    wanted = (
        ("input, fresh", INPUT, usage.input_tok - cached - written),
        ("input, cached", CACHED, cached),
        ("cache writes", WRITTEN, written),
        ("output", OUTPUT, usage.output_tok),
    )
    lines: list[PriceLine] = []
    missing: list[str] = []
    for name, base, tokens in wanted:
        key = _key(prices, base, usage.tier, step)
        if tokens and key is None:
            missing.append(f"{name}: no {base}{_SUFFIX[usage.tier]}")
        elif tokens and key is not None:
            lines.append(_line(name, tokens, "token", key, prices[key]))
    if A_REQUEST in prices:
        lines.append(_line("request", 1, "request", A_REQUEST, prices[A_REQUEST]))
    return lines, missing


def _line(name: str, quantity: int, unit: str, key: str, price: Decimal) -> PriceLine:
    return PriceLine(name=name, quantity=quantity, unit=unit, usd_per_unit=price, total_usd=quantity * price, key=key)


def _key(prices: Mapping[str, Decimal], base: str, tier: Tier, step: int | None) -> str | None:
    """The table's entry for one kind of token: of the step when it has one, else of the lane."""
    suffix = _SUFFIX[tier]
    stepped = f"{base}_above_{step}k_tokens{suffix}"
    plain = f"{base}{suffix}"
    if step is not None and stepped in prices:
        return stepped
    return plain if plain in prices else None


def _step_for(table: PriceTable, input_tok: int) -> int | None:
    passed = [step for step in _steps(tuple(sorted(table.usd_per_unit))) if input_tok > step * 1000]
    return max(passed, default=None)


@lru_cache(maxsize=4096)
def _steps(keys: tuple[str, ...]) -> tuple[int, ...]:
    found = {int(match[1]) for key in keys if key.startswith(INPUT) and (match := _STEP.search(key))}
    return tuple(sorted(found))

"""Reads the prices of one entry of LiteLLM's map, nested ones too, into a price table.

An entry with a price that is none (text, a negative amount) has no table at all: half a table would quote wrongly.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from maquette.catalog.lanes import step_name
from maquette.catalog.prices import PriceTable
from maquette.foundation.problems import InvalidInput, Place
from maquette.foundation.sources import Source

TIERED, OFF_PEAK = "tiered_pricing", "off_peak_pricing"
SEARCH_PRICES, GUARDRAIL_PRICES = "search_context_cost_per_query", "guardrail_cost_per_unit"
NESTED = frozenset({TIERED, OFF_PEAK, SEARCH_PRICES, GUARDRAIL_PRICES})

_MULTIPLIERS = {
    "regional_processing_uplift_multiplier_eu": "eu",
    "regional_processing_uplift_multiplier_us": "us",
    "regional_endpoint_uplift_multiplier": "regional",
}
_UPLIFTS = _MULTIPLIERS.keys() | {"provider_specific_entry"}
_REMARKED = frozenset({OFF_PEAK, "input_dbu_cost_per_token", "explicit_cache_read_input_token_cost"})
_NUMBERS = frozenset({int, str})
_MOST = Decimal(1_000_000)
"""No unit of anything costs a million dollars; such a price is a slip."""

_STEP_INCLUDES_START = frozenset({"xai"})
"""Providers whose longer-prompt prices begin at the step itself, as xAI's price page and LiteLLM have it."""

_WORDS = {"input_cost_per_token": "input", "output_cost_per_token": "output", "cache_read_input_token_cost": "cached"}
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_WINDOW = re.compile(r"\d\d:\d\d-\d\d:\d\d")


def table_from_entry(entry: Mapping[str, Any], source: Source, name: str) -> PriceTable | None:
    """The prices of an entry; None when it has none.

    Raises:
        InvalidInput: A price is no number, or negative.
    """
    prices = _flat(entry, name)
    if not entry.keys().isdisjoint(NESTED):
        prices |= {key: _price(value, name, key) for key, value in _nested(entry, name)}
    if not prices:
        return None
    return PriceTable(
        usd_per_unit=prices,
        source=source,
        multipliers={} if entry.keys().isdisjoint(_UPLIFTS) else _multipliers(entry, name),
        min_cacheable_tok=whole(entry.get("prompt_cache_min_tokens")),
        step_includes_start=entry["litellm_provider"] in _STEP_INCLUDES_START,
        remarks=() if entry.keys().isdisjoint(_REMARKED) else tuple(_remarks(entry)),
        search_remarks=tuple(_search_remarks(entry)) if SEARCH_PRICES in entry else (),
    )


def _flat(entry: Mapping[str, Any], name: str) -> dict[str, Decimal]:
    """The prices that are not nested."""
    try:
        return {key: PRICES[value] for key, value in entry.items() if "cost" in key and key not in NESTED}
    except (InvalidOperation, TypeError, ValueError):
        return {key: _price(value, name, key) for key, value in entry.items() if "cost" in key and key not in NESTED}


class _Prices(dict[str | int, Decimal]):
    """Prices by their text, each read and checked once: a map of ten thousands of prices has few different ones."""

    def __missing__(self, text: str | int) -> Decimal:
        price = Decimal(text) if type(text) in _NUMBERS else Decimal("NaN")
        if not (price.is_finite() and 0 <= price < _MOST):
            raise ValueError(text)
        self[text] = price
        return price


PRICES = _Prices()
"""Checked prices by their text; KeyError never, ValueError or InvalidOperation for what is no price."""


def whole(value: object) -> int | None:
    """Tokens, where the map has a number; it has text here and there."""
    if value is None or type(value) is int:
        return value
    try:
        number = Decimal(str(value))
        return int(number) if number == number.to_integral_value() else None
    except (ValueError, InvalidOperation, OverflowError):
        return None


def _price(value: Any, name: str, key: str) -> Decimal:
    try:
        return PRICES[value]
    except (InvalidOperation, TypeError, ValueError) as error:
        raise InvalidInput(
            f"{name} has {value!r} where a price belongs",
            place=Place(field=f"{name}.{key}"),
            fix="Correct the price; until then the model counts as unpriced.",
        ) from error


def _nested(entry: Mapping[str, Any], name: str) -> Iterator[tuple[str, object]]:
    for group in (SEARCH_PRICES, GUARDRAIL_PRICES):
        for part, price in _mapping(entry.get(group, {}), name, group).items():
            yield f"{group}.{part}", price
    for key, price in _mapping(entry.get(OFF_PEAK, {}), name, OFF_PEAK).items():
        if "cost" in key:
            yield f"{OFF_PEAK}.{key}", price
    for bracket in entry.get(TIERED, ()):
        yield from _bracket(_mapping(bracket, name, TIERED), name)


def _bracket(bracket: Mapping[str, Any], name: str) -> Iterator[tuple[str, object]]:
    """The prices of one bracket under the keys of a step: the first has none, since it starts at nothing."""
    span, unit = ("range", "tokens") if "range" in bracket else ("max_results_range", "results")
    limits = bracket.get(span)
    start = whole(limits[0]) if isinstance(limits, Sequence) and limits else None
    if start is None or start < 0:
        raise InvalidInput(
            f"{name} has a bracket of prices that starts at {limits!r}",
            place=Place(field=f"{name}.{TIERED}"),
            fix="Give each bracket a range of two whole numbers.",
        )
    below = start if unit == "tokens" else start - 1
    step = f"_above_{step_name(start)}_tokens" if unit == "tokens" else f"_above_{below}_results"
    for key, price in bracket.items():
        if "cost" in key:
            yield f"{key}{step if below > 0 else ''}", price


def _mapping(value: object, name: str, key: str) -> Mapping[str, Any]:
    if isinstance(value, Mapping):
        return value
    raise InvalidInput(
        f"{name} has {value!r} where prices by name belong",
        place=Place(field=f"{name}.{key}"),
        fix="Correct the entry; until then the model counts as unpriced.",
    )


def _multipliers(entry: Mapping[str, Any], name: str) -> dict[str, Decimal]:
    """What token prices are multiplied with, by region."""
    found = {region: entry[key] for key, region in _MULTIPLIERS.items() if key in entry}
    special = entry.get("provider_specific_entry")
    if isinstance(special, Mapping):
        found |= {region: special[region] for region in ("us", "eu") if region in special}
    return {region: _price(value, name, "multiplier") for region, value in found.items()}


def _remarks(entry: Mapping[str, Any]) -> Iterator[str]:
    if OFF_PEAK in entry:
        yield _off_peak(entry[OFF_PEAK])
    if "input_dbu_cost_per_token" in entry:
        yield "the provider bills in its own units (DBU); these are the dollars that the list gives for them"
    if "explicit_cache_read_input_token_cost" in entry:
        price = _per_million(entry["explicit_cache_read_input_token_cost"])
        yield f"tokens from a cache that the request made itself cost {price} a million, not the price of cached input"


def _off_peak(off_peak: Mapping[str, Any]) -> str:
    prices = ", ".join(
        f"{words} {_per_million(off_peak[key])}" for key, words in _WORDS.items() if off_peak.get(key) is not None
    )
    hours = "; ".join(_hours(window) for window in off_peak.get("windows", ()))
    return f"cheaper off-peak hours are not reckoned with: {prices} a million tokens, UTC {hours}"


def _hours(window: Mapping[str, Any]) -> str:
    hours = window.get("hours_utc", "")
    spans = [hours] if isinstance(hours, str) else list(hours)
    days = [_DAYS[day - 1] for day in window.get("weekdays", ()) if day in range(1, 8)]
    text = ", ".join("all day" if span == "00:00-00:00" else span for span in spans if _WINDOW.fullmatch(span))
    return f"{' '.join(days)} {text}".strip()


def _search_remarks(entry: Mapping[str, Any]) -> Iterator[str]:
    if entry.get("web_search_billing_unit") == "per_query":
        yield "web searches are charged by the query, of which one request may make several"
    free = entry.get("search_free_requests")
    if isinstance(free, Mapping) and "count" in free and "period" in free:
        yield f"the first {free['count']:,} searches a {free['period']} are free and are charged here"


def _per_million(price: object) -> str:
    return f"${(Decimal(str(price)) * 1_000_000).normalize():f}"

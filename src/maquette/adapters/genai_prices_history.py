"""Makes dated prices out of the genai-prices package, in the keys of LiteLLM's map, so that one engine reads both.

The package's own functions say which prices hold on a day and which of its models an id means. It is imported where
it is used; every figure leaves it as text.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, time
from decimal import Context, Decimal
from importlib import metadata
from typing import Any

from maquette.catalog.cards import ModelCard
from maquette.foundation.problems import Unavailable

LICENCE = "MIT"

_DIGITS = Context(prec=20)
"""For prices an hour, which are no finite decimal a second."""

_SEARCH = "search_context_cost_per_query.search_context_size_"
KEYS: Mapping[str, tuple[str, ...]] = {
    "input_mtok": ("input_cost_per_token",),
    "output_mtok": ("output_cost_per_token",),
    "cache_read_mtok": ("cache_read_input_token_cost",),
    "cache_write_mtok": ("cache_creation_input_token_cost",),
    "cache_write_5m_mtok": ("cache_creation_input_token_cost",),
    "cache_write_1h_mtok": ("cache_creation_input_token_cost_above_1hr",),
    "input_audio_mtok": ("input_cost_per_audio_token",),
    "output_audio_mtok": ("output_cost_per_audio_token",),
    "cache_audio_read_mtok": ("cache_read_input_audio_token_cost",),
    "input_image_mtok": ("input_cost_per_image_token",),
    "output_image_mtok": ("output_cost_per_image_token",),
    "cache_image_read_mtok": ("cache_read_input_image_token_cost",),
    "input_video_mtok": ("input_cost_per_video_token",),
    "output_video_mtok": ("output_cost_per_video_token",),
    "output_reasoning_mtok": ("output_cost_per_reasoning_token",),
    "output_citation_mtok": ("citation_cost_per_token",),
    "input_mchars": ("input_cost_per_character",),
    "audio_hours": ("input_cost_per_second",),
    "input_audio_hours": ("input_cost_per_audio_per_second",),
    "input_text_messages_kcount": ("input_cost_per_text_message",),
    "input_document_kpages": ("ocr_cost_per_page",),
    "input_annotated_document_kpages": ("annotation_cost_per_page",),
    "requests_kcount": ("input_cost_per_request",),
    "web_searches_kcount": (f"{_SEARCH}low", f"{_SEARCH}medium", f"{_SEARCH}high"),
    "storage_searches_kcount": ("file_search_cost_per_1k_calls",),
}
"""The package's units and the map's keys; one price of web searches holds for every size of context."""

_PER = {"mtok": 1_000_000, "mchars": 1_000_000, "hours": 3600, "kcount": 1000, "kpages": 1000}
_LISTED_BY_THOUSAND = frozenset({"storage_searches_kcount"})
_LANES: tuple[tuple[dict[str, str], str], ...] = (
    ({"processing": "batch"}, "_batches"),
    ({"service_tier": "flex"}, "_flex"),
    ({"service_tier": "priority"}, "_priority"),
)
_TOKENS = "mtok"

PROVIDERS: Mapping[str, str] = {
    "anthropic": "anthropic",
    "azure": "azure",
    "baseten": "baseten",
    "bedrock": "aws",
    "bedrock_converse": "aws",
    "cerebras": "cerebras",
    "cloudflare": "cloudflare",
    "cohere": "cohere",
    "cohere_chat": "cohere",
    "databricks": "databricks",
    "deepseek": "deepseek",
    "elevenlabs": "elevenlabs",
    "fireworks_ai": "fireworks",
    "fireworks_ai-embedding-models": "fireworks",
    "gemini": "google",
    "github_copilot": "github-copilot",
    "groq": "groq",
    "meta": "meta",
    "minimax": "minimax",
    "mistral": "mistral",
    "moonshot": "moonshotai",
    "novita": "novita",
    "openai": "openai",
    "ovhcloud": "ovhcloud",
    "perplexity": "perplexity",
    "text-completion-openai": "openai",
    "together_ai": "together",
    "typesafe": "typesafe",
    "vertex_ai": "google",
    "vertex_ai-embedding-models": "google",
    "vertex_ai-language-models": "google",
    "voyage": "voyageai",
    "xai": "x-ai",
    "zai": "zai",
}
"""The map's providers and the package's, where both mean the same seller of the same service."""

_ONE_SEGMENT = frozenset({"openai", "azure", "aws", "anthropic", "google"})
"""Providers whose own names have no slash: one that is left is a region, a size or a commitment, priced otherwise."""


def history_data(cards: Iterable[ModelCard], read_on: date) -> dict[str, Any]:
    """The dated prices of every model of the package that one of ``cards`` means.

    Raises:
        Unavailable: genai-prices is not installed.
    """
    providers = {provider.id: provider for provider in _providers()}
    matches: dict[str, str] = {}
    models: dict[str, Any] = {}
    for card in cards:
        provider = providers.get(PROVIDERS.get(card.provider, ""))
        model = provider and provider.find_model(_reference(card, provider.id) or "\0")
        if provider and model and (entry := _entry(model)):
            matches[card.id] = f"{provider.id}/{model.id}"
            models[matches[card.id]] = entry
    return {
        "source": f"genai-prices {metadata.version('genai-prices')}",
        "licence": LICENCE,
        "read_on": read_on.isoformat(),
        "models": dict(sorted(models.items())),
        "matches": dict(sorted(matches.items())),
    }


def as_text(data: Mapping[str, Any]) -> str:
    """The data as a file: one model a line."""
    head = {key: value for key, value in data.items() if not isinstance(value, dict)}
    groups = (
        f' "{group}": {{\n'
        + ",\n".join(f"  {json.dumps(name)}: {json.dumps(entry)}" for name, entry in data[group].items())
        + "\n }"
        for group in ("models", "matches")
    )
    return json.dumps(head, indent=1)[:-2] + ",\n" + ",\n".join(groups) + "\n}\n"


def _providers() -> list[Any]:
    try:
        from genai_prices.data import providers
    except ImportError as error:
        raise Unavailable("genai-prices is not installed", fix="Run pip install 'maquette[prices]'.") from error
    return list(providers)


def _reference(card: ModelCard, provider: str) -> str | None:
    """The name that the provider itself has for the model; None where the id says more than a model."""
    name = card.id.removeprefix(f"{card.provider}/").removeprefix("vertex_ai/").removeprefix("bedrock/")
    if name.startswith("ft:") or (provider in _ONE_SEGMENT and "/" in name):
        return None
    return name


def _entry(model: Any) -> dict[str, Any] | None:
    """A model's periods with its notes; None when nothing of it has a price that the map has a key for."""
    notes = list(_notes(model))
    starts = sorted(set(_starts(model)), key=lambda start: start or date.min)
    periods: list[dict[str, Any]] = []
    for start in starts:
        prices = _prices_on(model, start or date(2000, 1, 1), notes)
        if prices and (not periods or periods[-1]["prices"] != prices):
            periods.append({"start": None if start is None else start.isoformat(), "prices": prices})
    if not periods:
        return None
    found: dict[str, Any] = {"periods": periods}
    if _includes_start(model):
        found["step_includes_start"] = True
    return {**found, "notes": list(dict.fromkeys(notes))} if notes else found


def _starts(model: Any) -> Iterator[date | None]:
    prices = model.prices if isinstance(model.prices, list) else []
    first = getattr(prices[0].constraint, "start_date", None) if prices else None
    yield first
    for conditional in (*prices, *(model.price_variants or ())):
        start = getattr(conditional.constraint, "start_date", None)
        if start is not None and (first is None or start >= first):
            yield start


def _prices_on(model: Any, day: date, notes: list[str]) -> dict[str, str]:
    """The prices in force on a day, in every lane: at the dearest hour where hours differ."""
    moments = [datetime.combine(day, hour, UTC) for hour in _hours(model)]
    by_hour = [model.get_prices(moment) for moment in moments]
    dearest = max(range(len(moments)), key=lambda hour: _base(getattr(by_hour[hour], "input_mtok", None)))
    if any(prices != by_hour[0] for prices in by_hour):
        notes.append("prices depend on the hour of the day; those of the dearest hour are kept, the others left out")
    found = dict(_in_our_keys(by_hour[dearest], "", notes))
    for context, suffix in _LANES:
        if _has_lane(model, context, moments[dearest]):
            found |= _in_our_keys(model.get_prices(moments[dearest], context), suffix, notes)
    return found


def _hours(model: Any) -> list[time]:
    """Hours that between them meet every constraint on the time of the day."""
    constraints = [entry.constraint for entry in model.prices] if isinstance(model.prices, list) else []
    named = [getattr(constraint, name, None) for constraint in constraints for name in ("start_time", "end_time")]
    return [time(12), *(moment.replace(tzinfo=None) for moment in named if moment is not None)]


def _has_lane(model: Any, context: Mapping[str, str], moment: datetime) -> bool:
    return any(
        variant.when == context
        and _set_prices(variant.prices)
        and (variant.constraint is None or variant.constraint.active(moment))
        for variant in model.price_variants or ()
    )


def _in_our_keys(prices: Any, suffix: str, notes: list[str]) -> Iterator[tuple[str, str]]:
    for unit, price in _set_prices(prices).items():
        if suffix and not unit.endswith(_TOKENS):
            continue
        keys = KEYS.get(unit)
        if keys is None:
            notes.append(f"a price for {unit} is left out: the price map has no key for it")
            continue
        per = 1 if unit in _LISTED_BY_THOUSAND else _PER[unit.rpartition("_")[2]]
        for key in keys:
            yield f"{key}{suffix}", _per_unit(_base(price), per)
            for tier in getattr(price, "tiers", ()):
                yield f"{key}_above_{_step(tier.start)}_tokens{suffix}", _per_unit(tier.price, per)


def _set_prices(prices: Any) -> dict[str, Any]:
    return {unit: price for unit, price in vars(prices).items() if price is not None and not unit.startswith("_")}


def _base(price: Any) -> Decimal:
    return Decimal(0) if price is None else getattr(price, "base", price)


def _per_unit(price: Decimal, per: int) -> str:
    return format(_DIGITS.divide(price, Decimal(per)).normalize(_DIGITS), "f")


def _step(start: int) -> str:
    """A step in the map's words: the package writes "from 200,000 on" as above 199,999."""
    whole = start + 1 if start % 1000 == 999 else start
    return str(whole) if whole % 1000 else f"{whole // 1000}k"


def _includes_start(model: Any) -> bool:
    entries = model.prices if isinstance(model.prices, list) else [None]
    every = [model.prices if entry is None else entry.prices for entry in entries]
    starts = [
        tier.start for prices in every for price in _set_prices(prices).values() for tier in getattr(price, "tiers", ())
    ]
    return bool(starts) and all(start % 1000 == 999 for start in starts)


def _notes(model: Any) -> Iterator[str]:
    """What the package says of the model that a table of prices cannot hold."""
    known = [context for context, _ in _LANES]
    for variant in model.price_variants or ():
        if variant.when not in known and _set_prices(variant.prices):
            words = " and ".join(f"{name} {value}" for name, value in variant.when.items())
            yield f"other prices for {words} are left out"

"""From the raw entries of a price map to model cards. An absent flag stays absent: unknown, not false."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from maquette.catalog.cards import Capability, Hosting, ModelCard, Weights
from maquette.catalog.prices import PriceTable
from maquette.foundation.sources import Source, SourceKind

_FLAGS = {
    "supports_response_schema": Capability.JSON_SCHEMA,
    "supports_function_calling": Capability.TOOLS,
    "supports_vision": Capability.VISION,
    "supports_pdf_input": Capability.PDF,
    "supports_audio_input": Capability.AUDIO_INPUT,
    "supports_video_input": Capability.VIDEO_INPUT,
    "supports_prompt_caching": Capability.PREFIX_CACHE,
    "supports_reasoning": Capability.REASONING,
    "supports_sampling_params": Capability.SAMPLING_PARAMETERS,
    "supports_assistant_prefill": Capability.ASSISTANT_PREFILL,
    "supports_system_messages": Capability.SYSTEM_PROMPT,
}

_ROUTES = {"us": "us", "eu": "eu", "apac": "apac", "au": "apac", "jp": "apac", "in": "india", "uk": "uk"}
"""Parts of an id that pin its region, and the region in the words of the residency question."""

PRICES = frozenset({"input_cost_per_token", "output_cost_per_token"})


def cards_from_snapshot(data: Mapping[str, Any]) -> dict[str, ModelCard]:
    """A card for each entry of a snapshot.

    Raises:
        KeyError, ValueError: The data is no snapshot.
    """
    as_of = date.fromisoformat(data["read_on"])
    return {name: _card(name, entry, data["source"], as_of) for name, entry in data["models"].items()}


def open_weights_card(data: Mapping[str, Any]) -> ModelCard:
    """The card of an open-weights model from its file in the catalog.

    Raises:
        KeyError: The file lacks a key.
    """
    return ModelCard(
        id=data["id"],
        provider="open weights",
        hosting=Hosting.OPEN_WEIGHTS,
        source=Source(kind=SourceKind.CLAIMED, ref=data["source"], as_of=date.fromisoformat(data["as_of"])),
        context_tok=data.get("context_tok"),
        # An engine turns a JSON Schema into a grammar for any model; images are another matter.
        capabilities={Capability.JSON_SCHEMA: True},
        weights=Weights(
            params_b=_decimal(data.get("params_b")),
            active_params_b=_decimal(data.get("active_params_b")),
            layers=data.get("layers"),
            kv_bytes_per_tok=data.get("kv_bytes_per_tok"),
            attention=data.get("attention"),
            native_quantisation=data.get("native_quantisation"),
            licence=data.get("licence"),
        ),
    )


def _card(name: str, entry: Mapping[str, Any], source: str, as_of: date) -> ModelCard:
    retires = entry.get("deprecation_date")
    origin = Source(kind=SourceKind.CLAIMED, ref=f"{source}, {name}", as_of=as_of)
    prices = {key: Decimal(value) for key, value in entry.items() if "cost" in key}
    return ModelCard(
        id=name,
        provider=entry["litellm_provider"],
        hosting=Hosting.API,
        source=origin,
        context_tok=_count(entry.get("max_input_tokens")),
        max_output_tok=_count(entry.get("max_output_tokens")),
        capabilities={capability: entry[flag] for flag, capability in _FLAGS.items() if entry.get(flag) is not None},
        regions=_regions(name, entry),
        price=PriceTable(usd_per_unit=prices, source=origin) if prices.keys() >= PRICES else None,
        min_cacheable_tok=_count(entry.get("prompt_cache_min_tokens")),
        retires_on=date.fromisoformat(retires) if isinstance(retires, str) else None,
    )


def _regions(name: str, entry: Mapping[str, Any]) -> tuple[str, ...]:
    """The regions that the entry names, or that its id pins it to; empty when neither says."""
    named = tuple(str(region).lower() for region in entry.get("supported_regions", ()) if region != "global")
    parts = name.replace(".", "/").split("/")
    pinned = tuple(_ROUTES[part] for part in parts[:2] if part in _ROUTES)
    return pinned or named


def _count(value: object) -> int | None:
    """Tokens, where the map has a number; it has text here and there."""
    try:
        return None if value is None else int(float(str(value)))
    except ValueError:
        return None


def _decimal(value: object) -> Decimal | None:
    return None if value is None else Decimal(str(value))

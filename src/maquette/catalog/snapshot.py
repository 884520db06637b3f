"""From the raw entries of a price map to model cards. An absent flag stays absent: unknown, not false."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from maquette.catalog.cards import Capability, Hosting, Mode, ModelCard
from maquette.catalog.listed import table_from_entry, whole
from maquette.catalog.prices import PriceHistory, PriceTable
from maquette.foundation.problems import InvalidInput, Place, Problem
from maquette.foundation.sources import Source, SourceKind

FLAGS: Mapping[str, Capability] = {
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
    "supports_audio_output": Capability.AUDIO_OUTPUT,
    "supports_web_search": Capability.WEB_SEARCH,
    "supports_parallel_function_calling": Capability.PARALLEL_TOOLS,
    "supports_computer_use": Capability.COMPUTER_USE,
}
"""The map's flags and the capabilities that they state."""

_MODES: Mapping[str, Mode] = {
    **{mode.value: mode for mode in Mode},
    # Both answer a prompt with text; the map prices them as it prices chat.
    "responses": Mode.CHAT,
    "completion": Mode.CHAT,
    "image_edit": Mode.IMAGE,
}

_ROUTES = {"us": "us", "eu": "eu", "apac": "apac", "au": "apac", "jp": "apac", "in": "india", "uk": "uk"}
"""Parts of an id that pin its region, and the region in the words of the residency question."""


@dataclass(frozen=True, kw_only=True, slots=True)
class SnapshotCards:
    """The cards of a snapshot by id, and what is wrong with entries; a wrong entry never costs the others."""

    cards: Mapping[str, ModelCard]
    problems: tuple[Problem, ...] = ()


def cards_from_snapshot(data: Mapping[str, Any], histories: Mapping[str, PriceHistory] | None = None) -> SnapshotCards:
    """A card for each entry of a snapshot that has a provider.

    Args:
        data: The snapshot.
        histories: Dated prices of a second list, by our ids.

    Raises:
        KeyError, ValueError: The data is no snapshot.
    """
    as_of = date.fromisoformat(data["read_on"])
    others = histories or {}
    problems: list[Problem] = []
    cards: dict[str, ModelCard] = {}
    for name, entry in data["models"].items():
        if isinstance(entry, Mapping) and isinstance(entry.get("litellm_provider"), str):
            origin = Source(kind=SourceKind.CLAIMED, ref=f"{data['source']}, {name}", as_of=as_of)
            cards[name] = _card(name, entry, origin, others.get(name), problems)
        else:
            problems.append(_problem(name, "litellm_provider", "names no provider", "Give the entry a provider."))
    return SnapshotCards(cards=cards, problems=tuple(problems))


def _card(
    name: str, entry: Mapping[str, Any], origin: Source, other: PriceHistory | None, problems: list[Problem]
) -> ModelCard:
    return ModelCard(
        id=name,
        provider=entry["litellm_provider"],
        hosting=Hosting.API,
        source=origin,
        mode=_MODES.get(entry.get("mode", ""), Mode.OTHER),
        context_tok=whole(entry.get("max_input_tokens")),
        max_output_tok=whole(entry.get("max_output_tokens")),
        capabilities={FLAGS[flag]: on for flag, on in entry.items() if flag in FLAGS and isinstance(on, bool)},
        regions=_regions(name, entry),
        price=_prices(name, entry, origin, problems),
        other_prices=other,
        min_cacheable_tok=whole(entry.get("prompt_cache_min_tokens")),
        retires_on=_retires(name, entry.get("deprecation_date"), problems),
        vector_dims=whole(entry.get("output_vector_size")),
        limit_rpm=whole(entry.get("rpm")),
        limit_tpm=whole(entry.get("tpm")),
    )


def _prices(name: str, entry: Mapping[str, Any], origin: Source, problems: list[Problem]) -> PriceTable | None:
    try:
        return table_from_entry(entry, origin, name)
    except InvalidInput as problem:
        problems.append(problem)
        return None


def _retires(name: str, value: object, problems: list[Problem]) -> date | None:
    if value is None:
        return None
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        fix = "Write the date as 2027-01-31, or leave it out."
        problems.append(_problem(name, "deprecation_date", f"has {value!r} where a date belongs", fix))
        return None


def _regions(name: str, entry: Mapping[str, Any]) -> tuple[str, ...]:
    """The regions that the entry names, or that its id pins it to; empty when neither says."""
    parts = name.replace(".", "/").split("/", 2)
    pinned = tuple(_ROUTES[part] for part in parts[:2] if part in _ROUTES)
    return pinned or tuple(str(region).lower() for region in entry.get("supported_regions", ()) if region != "global")


def _problem(name: str, field: str, what: str, fix: str) -> Problem:
    return InvalidInput(f"{name} {what}", place=Place(field=f"{name}.{field}"), fix=fix)

"""What has a price beside plain text tokens, as data: each part of a prompt or an answer, and each other meter.

The names of the keys are those of LiteLLM's price map. A quantity with a variant (a size, a resolution) is written
with a colon behind the meter's name: ``output_images:2K``.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from maquette.catalog.prices import Quantity
from maquette.foundation.problems import InvalidInput

INPUT, OUTPUT = "input_cost_per_token", "output_cost_per_token"
CACHED, WRITTEN = "cache_read_input_token_cost", "cache_creation_input_token_cost"
A_REQUEST = "input_cost_per_request"


class Unpriced(StrEnum):
    """What a part of the tokens is when the table has no price for it."""

    MISSING = "missing"
    TEXT = "text"
    FRESH_IF_WRITING_IS_FREE = "fresh"


@dataclass(frozen=True, kw_only=True, slots=True)
class Part:
    """Some of the tokens of a prompt or an answer.

    Attributes:
        field: The field of `Usage` with their number.
        name: The line of the quote.
        keys: The map's keys for its price; the first that is listed counts.
        unpriced: What the tokens are where none is listed.
        because: Why they are charged as text then; empty when that needs no note.
    """

    field: str
    name: str
    keys: tuple[str, ...]
    unpriced: Unpriced = Unpriced.MISSING
    because: str = ""


_FREE = Unpriced.FRESH_IF_WRITING_IS_FREE

INPUT_PARTS = (
    Part(field="cached_tok", name="input, cached", keys=(CACHED, "input_cost_per_token_cache_hit")),
    Part(field="cached_audio_tok", name="input, cached audio", keys=("cache_read_input_audio_token_cost",)),
    Part(field="cached_image_tok", name="input, cached images", keys=("cache_read_input_image_token_cost",)),
    Part(field="cache_write_tok", name="cache writes", keys=(WRITTEN,), unpriced=_FREE),
    Part(field="cache_write_1h_tok", name="cache writes, 1 hour", keys=(f"{WRITTEN}_above_1hr",), unpriced=_FREE),
    Part(field="cache_write_12h_tok", name="cache writes, 12 hours", keys=(f"{WRITTEN}_above_12hr",), unpriced=_FREE),
    Part(field="audio_input_tok", name="input, audio", keys=("input_cost_per_audio_token",)),
    Part(
        field="image_input_tok",
        name="input, images",
        keys=("input_cost_per_image_token",),
        unpriced=Unpriced.TEXT,
        because="image tokens have no price of their own and are charged as text",
    ),
    Part(
        field="video_input_tok",
        name="input, video",
        keys=("input_cost_per_video_token",),
        unpriced=Unpriced.TEXT,
        because="video tokens have no price of their own and are charged as text",
    ),
)
OUTPUT_PARTS = (
    Part(
        field="reasoning_tok",
        name="output, reasoning",
        keys=("output_cost_per_reasoning_token",),
        unpriced=Unpriced.TEXT,
    ),
    Part(field="audio_output_tok", name="output, audio", keys=("output_cost_per_audio_token",)),
    Part(field="image_output_tok", name="output, images", keys=("output_cost_per_image_token",)),
    Part(field="video_output_tok", name="output, video", keys=("output_cost_per_video_token",)),
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Meter:
    """Something else that is counted and charged.

    Attributes:
        name: The line of the quote.
        unit: One of what is counted.
        keys: The map's keys; the first that is listed counts.
        variant_keys: The same where a variant is named, which stands for ``{}``.
        default_variant: The variant when none is named, for prices that always have one.
        per: How many units the listed price is for, a power of ten.
        has_lanes: Whether a lane changes its price; what has no lanes costs the same in each.
    """

    name: str
    unit: str
    keys: tuple[str, ...] = ()
    variant_keys: tuple[str, ...] = ()
    default_variant: str = ""
    per: int = 1
    has_lanes: bool = True


_IN, _OUT, _OUT_AT = "input_cost_per_second", "output_cost_per_second", "output_cost_per_second_{}"
_VIDEO_IN, _VIDEO_OUT = "input_cost_per_video_per_second", "output_cost_per_video_per_second"
_SEARCH = "search_context_cost_per_query.search_context_size_{}"
_IMAGE_IN, _IMAGE_OUT = "input_cost_per_image", "output_cost_per_image"
_COMPUTER_IN, _COMPUTER_OUT = "computer_use_input_cost_per_1k_tokens", "computer_use_output_cost_per_1k_tokens"


def _media(name: str, unit: str, *keys: str, at: tuple[str, ...] = ()) -> Meter:
    return Meter(name=name, unit=unit, keys=keys, variant_keys=at)


def _tool(name: str, unit: str, *keys: str, per: int = 1, at: str = "", default: str = "") -> Meter:
    variants = (at,) if at else ()
    return Meter(
        name=name, unit=unit, keys=keys, variant_keys=variants, default_variant=default, per=per, has_lanes=False
    )


METERS: Mapping[str, Meter] = {
    "input_images": _media("images in", "image", _IMAGE_IN),
    "output_images": _media("images out", "image", _IMAGE_OUT, at=("output_cost_per_image_{}",)),
    "input_pixels": _media("pixels in", "pixel", "input_cost_per_pixel"),
    "output_pixels": _media("pixels out", "pixel", "output_cost_per_pixel"),
    "input_characters": _media("characters in", "character", "input_cost_per_character"),
    "output_characters": _media("characters out", "character", "output_cost_per_character"),
    "input_audio_s": _media("audio in", "second", "input_cost_per_audio_per_second", _IN),
    "output_audio_s": _media("audio out", "second", _OUT),
    "input_video_s": _media("video in", "second", _VIDEO_IN, _IN, at=(f"{_VIDEO_IN}_{{}}",)),
    "output_video_s": _media("video out", "second", _VIDEO_OUT, _OUT, at=(_OUT_AT,)),
    "pages": _media("pages read", "page", "ocr_cost_per_page"),
    "annotated_pages": _media("pages annotated", "page", "annotation_cost_per_page"),
    "reading_credits": _media("reading credits", "credit", "ocr_cost_per_credit"),
    "text_messages": _media("text messages", "message", "input_cost_per_text_message"),
    "citation_tokens": _media("citations", "token", "citation_cost_per_token"),
    "queries": _tool("queries", "query", "input_cost_per_query", at="input_cost_per_query_{}"),
    "hosting_s": _tool("hosting", "second", "cost_per_second", _IN),
    "web_searches": _tool("web searches", "search", at=_SEARCH, default="medium"),
    "maps_queries": _tool("maps grounding", "query", "google_maps_grounding_cost_per_query"),
    "code_sessions": _tool("code interpreter", "session", "code_interpreter_cost_per_session"),
    "file_searches": _tool("file searches", "call", "file_search_cost_per_1k_calls", per=1000),
    "file_storage_gb_days": _tool("file storage", "GB and day", "file_search_cost_per_gb_per_day"),
    "vector_storage_gb_days": _tool("vector storage", "GB and day", "vector_store_cost_per_gb_per_day"),
    "computer_input_tokens": _tool("computer use, input", "token", _COMPUTER_IN, per=1000),
    "computer_output_tokens": _tool("computer use, output", "token", _COMPUTER_OUT, per=1000),
    "guardrail_units": _tool("guardrail units", "unit", at="guardrail_cost_per_unit.{}", default="contentPolicyUnits"),
}
"""Other meters by the name that `Usage.amounts` has for them."""


def amounts(**quantities: Quantity | Mapping[str, Quantity]) -> tuple[tuple[str, Quantity], ...]:
    """Quantities of meters for ``Usage.amounts``, sorted, without zeros.

    Args:
        quantities: A quantity by the meter's name, or quantities by variant: ``output_images={"2K": 3}``.

    Raises:
        InvalidInput: There is no such meter.
    """
    found: list[tuple[str, Quantity]] = []
    for name, quantity in quantities.items():
        meter_of(name)
        by_variant = quantity if isinstance(quantity, Mapping) else {"": quantity}
        found += [(f"{name}:{variant}" if variant else name, count) for variant, count in by_variant.items() if count]
    return tuple(sorted(found))


def meter_of(name: str) -> tuple[Meter, str]:
    """The meter of an amount's name, and the variant behind the colon (empty without one).

    Raises:
        InvalidInput: There is no such meter.
    """
    base, _, variant = name.partition(":")
    if base not in METERS:
        raise InvalidInput(f"nothing is counted as {base!r}", fix=f"Use one of {', '.join(METERS)}.")
    return METERS[base], variant or METERS[base].default_variant


def keys_of(meter: Meter, variant: str) -> tuple[str, ...]:
    """The map's keys for a meter in a variant, of which the first that is listed counts."""
    return tuple(key.format(variant) for key in meter.variant_keys) if variant else meter.keys


def exact(price: Decimal, per: int) -> Decimal:
    """The price of one unit from that of ``per`` units, a power of ten: exact."""
    return price if per == 1 else price.scaleb(1 - len(str(per)))

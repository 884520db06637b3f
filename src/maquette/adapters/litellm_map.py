"""Makes a price snapshot out of LiteLLM's price map: from a wheel, a JSON file, or the installed library.

LiteLLM itself is never imported: the map is a file. Every figure stays text, so that none passes through a float.
"""

import hashlib
import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from importlib import metadata, util
from pathlib import Path
from typing import Any

from maquette.catalog.listed import NESTED
from maquette.catalog.snapshot import FLAGS
from maquette.foundation.problems import InvalidInput, NotFound, Place, Unavailable

MAP_NAME = "model_prices_and_context_window_backup.json"
LICENCE = "MIT"

_NO_MODELS = frozenset({"sample_spec", "fallback_generalizations"})
_LIMITS = frozenset(
    {"max_input_tokens", "max_output_tokens", "prompt_cache_min_tokens", "output_vector_size", "rpm", "tpm"}
)
_KEPT = (
    NESTED
    | _LIMITS
    | FLAGS.keys()
    | {
        "litellm_provider",
        "mode",
        "deprecation_date",
        "supported_regions",
        "source",
        "web_search_billing_unit",
        "search_free_requests",
        "regional_processing_uplift_multiplier_eu",
        "regional_processing_uplift_multiplier_us",
        "regional_endpoint_uplift_multiplier",
    }
)


@dataclass(frozen=True, kw_only=True, slots=True)
class PriceMap:
    """A price map as it was found: its bytes, and the words that name it."""

    content: bytes
    name: str


def map_from_file(path: Path) -> PriceMap:
    """The map in a wheel of LiteLLM, or in a JSON file.

    Raises:
        NotFound: There is no such file.
        InvalidInput: The wheel holds no map.
    """
    if not path.is_file():
        raise NotFound(f"there is no file {path}", fix="Name a wheel of litellm or a JSON file with its price map.")
    if not zipfile.is_zipfile(path):
        return PriceMap(content=path.read_bytes(), name=path.name)
    with zipfile.ZipFile(path) as wheel:
        names = [name for name in wheel.namelist() if name == f"litellm/{MAP_NAME}"]
        if not names:
            raise InvalidInput(
                f"{path.name} holds no price map", place=Place(file=str(path)), fix="Name a wheel of litellm."
            )
        return PriceMap(content=wheel.read(names[0]), name=f"LiteLLM {path.name.split('-')[1]}, {MAP_NAME}")


def installed_map() -> PriceMap:
    """The map of the installed LiteLLM, without importing it.

    Raises:
        Unavailable: LiteLLM is not installed, or has no map.
    """
    found = util.find_spec("litellm")
    path = Path(found.origin).with_name(MAP_NAME) if found and found.origin else None
    if path is None or not path.is_file():
        raise Unavailable("no price map of LiteLLM is installed", fix="Install litellm, or name a file with its map.")
    return PriceMap(content=path.read_bytes(), name=f"LiteLLM {metadata.version('litellm')}, {MAP_NAME}")


def snapshot_of(price_map: PriceMap, read_on: date) -> dict[str, Any]:
    """The snapshot of a map: every model with its prices and what the catalog reads besides.

    Raises:
        InvalidInput: The content is no price map.
    """
    try:
        entries = json.loads(price_map.content, parse_float=str)
    except ValueError as error:
        raise _no_map(price_map, f"is no JSON: {error}") from error
    models = {
        name: kept(entry)
        for name, entry in sorted(entries.items() if isinstance(entries, dict) else ())
        if name not in _NO_MODELS and isinstance(entry, dict)
    }
    if not any("litellm_provider" in entry for entry in models.values()):
        raise _no_map(price_map, "holds no entry with a provider")
    return {
        "source": price_map.name,
        "licence": LICENCE,
        "read_on": read_on.isoformat(),
        "entries_in_map": len(entries),
        "sha256_of_map": hashlib.sha256(price_map.content).hexdigest(),
        "models": models,
    }


def kept(entry: Mapping[str, Any]) -> dict[str, Any]:
    """The parts of one entry that the catalog reads: every price, and what tells the terms of one."""
    found = {key: _plain(key, value) for key, value in entry.items() if "cost" in key or key in _KEPT}
    special = entry.get("provider_specific_entry")
    uplift = {key: special[key] for key in ("us", "eu") if key in special} if isinstance(special, dict) else {}
    return {**found, "provider_specific_entry": uplift} if uplift else found


def as_text(snapshot: Mapping[str, Any]) -> str:
    """The snapshot as a file: the head indented, one model a line."""
    head = {key: value for key, value in snapshot.items() if key != "models"}
    lines = [
        f" {json.dumps(name)}: {json.dumps(entry, separators=(',', ':'))}" for name, entry in snapshot["models"].items()
    ]
    return json.dumps(head, indent=1)[:-2] + ',\n "models": {\n' + ",\n".join(lines) + "\n }\n}\n"


def _plain(key: str, value: object) -> object:
    """A limit that the map has as ``"4096.0"`` as a whole number; everything else as it stands."""
    whole = value[:-2] if isinstance(value, str) and key in _LIMITS and value.endswith(".0") else ""
    return int(whole) if whole.isdigit() else value


def _no_map(price_map: PriceMap, what: str) -> InvalidInput:
    return InvalidInput(
        f"{price_map.name} {what}", place=Place(file=price_map.name), fix="Name LiteLLM's price map in JSON."
    )

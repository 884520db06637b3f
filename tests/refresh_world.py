"""A newer price map in one line, made from the one that ships; and what is in force beside that one."""

import json
from collections.abc import Callable
from decimal import Decimal
from functools import cache
from typing import Any

from maquette.adapters import catalog_store
from maquette.adapters.price_files import SNAPSHOT
from maquette.foundation.shipped import shipped

Run = Callable[..., tuple[int, str, str]]
"""Runs a command line: exit status, stdout, stderr."""

CHANGED, GONE, NEW = "gpt-6-luna", "gpt-6-astra", "acme/brand-new"
"""The model with another price, the one that is gone, and the one that is new in `newer_map`."""


@cache
def shipped_entries() -> dict[str, Any]:
    entries: dict[str, Any] = json.loads(shipped("catalog", "prices", SNAPSHOT).read_bytes())["models"]
    return entries


def newer_map(**changes: Any) -> bytes:
    """LiteLLM's map as it ships, with one price doubled, one model gone, one new and one with a last day."""
    entries = {name: dict(entry) for name, entry in shipped_entries().items() if name != GONE}
    entries[CHANGED]["input_cost_per_token"] = str(2 * Decimal(entries[CHANGED]["input_cost_per_token"]))
    entries[CHANGED]["deprecation_date"] = "2027-03-31"
    entries[NEW] = {"litellm_provider": "acme", "mode": "chat", "max_input_tokens": 32768, **changes}
    return json.dumps(entries).encode()


def refreshed() -> list[str]:
    """The files in force beside those that ship."""
    folder = catalog_store.folder()
    return sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []

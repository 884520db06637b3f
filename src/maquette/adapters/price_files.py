"""Reads price snapshots: the raw entries of a price map, dated, with their source."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache

from maquette.catalog.cards import ModelCard
from maquette.catalog.snapshot import cards_from_snapshot
from maquette.foundation.lineage import digest
from maquette.foundation.shipped import shipped

SNAPSHOT = "litellm-1.109.1.json"


@dataclass(frozen=True, kw_only=True, slots=True)
class PriceSnapshot:
    """The cards of a price map by id, the day on which it was read, and the digest of the file."""

    cards: Mapping[str, ModelCard]
    as_of: date
    digest: str


@cache
def load_prices() -> PriceSnapshot:
    """The shipped snapshot."""
    content = shipped("catalog", "prices", SNAPSHOT).read_bytes()
    data = json.loads(content)
    return PriceSnapshot(
        cards=cards_from_snapshot(data), as_of=date.fromisoformat(data["read_on"]), digest=digest(content)
    )

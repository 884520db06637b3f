"""Reads what ships in catalog/: the price snapshot, the open-weights models and the machines."""

import json
from collections.abc import Sequence
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from maquette.catalog.cards import Catalog, ModelCard
from maquette.catalog.hardware import Host, host_from_data
from maquette.catalog.snapshot import cards_from_snapshot, open_weights_card
from maquette.foundation.lineage import digest
from maquette.foundation.shipped import shipped

SNAPSHOT = "litellm-1.109.1.json"


@cache
def load_hosts() -> tuple[Host, ...]:
    """Machines without a GPU; the first is the default."""
    entries = _yaml(shipped("catalog", "hardware", "hosts.yaml"))["hosts"]
    return tuple(host_from_data(entry) for entry in entries)


def load_catalog(local: Sequence[ModelCard] = ()) -> Catalog:
    """The shipped models, and the files of weights found on this machine."""
    cards, as_of, snapshot_digest = _shipped_cards()
    return Catalog(
        cards={**{card.id: card for card in local}, **cards}, prices_as_of=as_of, snapshot_digest=snapshot_digest
    )


@cache
def _shipped_cards() -> tuple[dict[str, ModelCard], date, str]:
    content = shipped("catalog", "prices", SNAPSHOT).read_bytes()
    data = json.loads(content)
    cards = cards_from_snapshot(data)
    for path in sorted(shipped("catalog", "models").glob("*.yaml")):
        card = open_weights_card(_yaml(path))
        cards[card.id] = card
    return cards, date.fromisoformat(data["read_on"]), digest(content)


def _yaml(path: Path) -> Any:
    return YAML(typ="safe", pure=True).load(path)

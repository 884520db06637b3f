"""Reads price snapshots: the raw entries of a price map, dated, with their source."""

import gc
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from functools import cache

from maquette.catalog.cards import ModelCard
from maquette.catalog.histories import histories_from_data
from maquette.catalog.snapshot import cards_from_snapshot
from maquette.foundation.lineage import digest
from maquette.foundation.problems import Problem
from maquette.foundation.shipped import shipped

SNAPSHOT = "litellm-1.109.1.json"
SECOND_LIST = "genai-prices-0.2.3.json"


@dataclass(frozen=True, kw_only=True, slots=True)
class PriceSnapshot:
    """The cards of a price map by id, the day on which it was read, the digest of the file, and what is wrong in it."""

    cards: Mapping[str, ModelCard]
    as_of: date
    digest: str
    problems: tuple[Problem, ...] = ()


@cache
def load_prices() -> PriceSnapshot:
    """The shipped snapshot, with the dated prices of the second list beside its own."""
    return prices_from(shipped_map(), shipped_second_list())


def shipped_map() -> bytes:
    """The snapshot that ships."""
    return shipped("catalog", "prices", SNAPSHOT).read_bytes()


def shipped_second_list() -> bytes:
    """The dated prices that ship."""
    return shipped("catalog", "prices", SECOND_LIST).read_bytes()


def prices_from(content: bytes, second: bytes) -> PriceSnapshot:
    """The prices of a snapshot of a map, with those of a second list beside them.

    Raises:
        ValueError, KeyError, TypeError, AttributeError, ArithmeticError: They are none.
    """
    with _no_collection():
        data = json.loads(content)
        found = cards_from_snapshot(data, histories_from_data(json.loads(second)))
    return PriceSnapshot(
        cards=found.cards,
        as_of=date.fromisoformat(data["read_on"]),
        digest=digest(content + second),
        problems=found.problems,
    )


@contextmanager
def _no_collection() -> Iterator[None]:
    """Without garbage collection: tens of thousands of objects are made here that all live on."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()

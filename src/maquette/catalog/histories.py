"""Reads dated prices of a second list, which ship as one file, into price histories for the models that they match."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from maquette.catalog.listed import PRICES
from maquette.catalog.prices import PriceHistory, PricePeriod, PriceTable
from maquette.foundation.sources import Source, SourceKind


def histories_from_data(data: Mapping[str, Any]) -> dict[str, PriceHistory]:
    """The history of each of our models that the list has, by our id; models that share an entry share the value.

    Raises:
        KeyError, ValueError: The data is no such file.
    """
    as_of = date.fromisoformat(data["read_on"])
    histories = {name: _history(name, entry, data["source"], as_of) for name, entry in data["models"].items()}
    return {ours: histories[theirs] for ours, theirs in data["matches"].items()}


def _history(name: str, entry: Mapping[str, Any], source: str, as_of: date) -> PriceHistory:
    origin = Source(kind=SourceKind.CLAIMED, ref=f"{source}, {name}", as_of=as_of)
    includes_start = entry.get("step_includes_start", False)
    return PriceHistory(
        periods=tuple(
            PricePeriod(
                start=None if period["start"] is None else date.fromisoformat(period["start"]),
                prices=PriceTable(
                    usd_per_unit={key: PRICES[price] for key, price in period["prices"].items()},
                    source=origin,
                    step_includes_start=includes_start,
                ),
            )
            for period in entry["periods"]
        ),
        model=name,
        notes=tuple(entry.get("notes", ())),
    )

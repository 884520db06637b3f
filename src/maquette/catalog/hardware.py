"""Machines that a model can run on, with their price by the hour and its source."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from maquette.foundation.sources import Source, SourceKind
from maquette.foundation.units import Usd


@dataclass(frozen=True, kw_only=True, slots=True)
class Host:
    """A machine without a GPU, rented by the hour."""

    name: str
    vcpus: int
    memory_gib: Decimal
    usd_per_hour: Usd
    source: Source


def host_from_data(data: Mapping[str, Any]) -> Host:
    """A host from its entry in the catalog.

    Raises:
        KeyError: The entry lacks a key.
    """
    return Host(
        name=data["name"],
        vcpus=data["vcpus"],
        memory_gib=Decimal(str(data["memory_gib"])),
        usd_per_hour=Usd(data["usd_per_hour"]),
        source=Source(
            kind=SourceKind.CLAIMED,
            ref=f"{data['source']}, {data['price_kind']}",
            as_of=date.fromisoformat(data["as_of"]),
        ),
    )

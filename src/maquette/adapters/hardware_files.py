"""Reads the accelerators and the machines that ship in catalog/hardware, with the prices of several clouds."""

from collections.abc import Mapping
from datetime import date
from functools import cache
from typing import Any

from maquette.catalog.hardware import (
    Accelerator,
    AcceleratorEntry,
    Host,
    HostEntry,
    accelerators_from_entries,
    hosts_from_entries,
)
from maquette.catalog.machines import Machine, parse_machine
from maquette.foundation.shipped import shipped
from maquette.yaml_reading import read_yaml


@cache
def load_accelerators() -> tuple[Accelerator, ...]:
    """Every accelerator of the catalog, in its order."""
    file = read_yaml(shipped("catalog", "hardware", "gpus.yaml"))
    entries = [
        AcceleratorEntry.model_validate(
            {**gpu, "prices": [_sourced(price, file["sources"]) for price in gpu["prices"]]}
        )
        for gpu in file["gpus"]
    ]
    return accelerators_from_entries(entries, "catalog/hardware/gpus.yaml", None)


@cache
def load_hosts() -> tuple[Host, ...]:
    """Machines without a GPU; the first is the default."""
    file = read_yaml(shipped("catalog", "hardware", "hosts.yaml"))
    entries = [HostEntry.model_validate(entry) for entry in file["hosts"]]
    return hosts_from_entries(entries, "catalog/hardware/hosts.yaml", None)


def machine_from_text(text: str) -> Machine:
    """A machine as people write one, with the accelerators of the shipped catalog.

    Raises:
        InvalidInput: Nobody can read it.
    """
    return parse_machine(text, load_accelerators())


def _sourced(price: Mapping[str, Any], sources: Mapping[str, Mapping[str, str]]) -> dict[str, Any]:
    """The price with its source written out: the file names each list once, under a short key."""
    said = sources[price["source"]]
    as_of = said.get("as_of")
    return {**price, "source": said["ref"], "as_of": None if as_of is None else date.fromisoformat(as_of)}

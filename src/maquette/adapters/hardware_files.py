"""Reads the machines that ship in catalog/hardware."""

from functools import cache

from maquette.catalog.hardware import Host, host_from_data
from maquette.foundation.shipped import shipped
from maquette.yaml_reading import read_yaml


@cache
def load_hosts() -> tuple[Host, ...]:
    """Machines without a GPU; the first is the default."""
    return tuple(host_from_data(entry) for entry in read_yaml(shipped("catalog", "hardware", "hosts.yaml"))["hosts"])

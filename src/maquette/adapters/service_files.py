"""Reads the services that ship in catalog/services."""

from functools import cache

from maquette.catalog.services import Service, services_from_file
from maquette.foundation.shipped import shipped
from maquette.yaml_reading import read_yaml


@cache
def load_services() -> tuple[Service, ...]:
    """All of them, in the order of the file."""
    return services_from_file(read_yaml(shipped("catalog", "services", "services.yaml")))

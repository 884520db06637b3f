"""Reads the licences that ship in catalog/licences."""

from collections.abc import Mapping
from functools import cache

from maquette.catalog.licences import Licence
from maquette.catalog.open_weights import licences_from_file
from maquette.foundation.shipped import shipped
from maquette.yaml_reading import read_yaml


@cache
def load_licences() -> Mapping[str, Licence]:
    """All of them, by id."""
    return licences_from_file(read_yaml(shipped("catalog", "licences", "licences.yaml")))

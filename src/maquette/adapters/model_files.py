"""Reads the open-weights models that ship in catalog/models."""

from functools import cache

from maquette.catalog.cards import ModelCard
from maquette.catalog.snapshot import open_weights_card
from maquette.foundation.shipped import shipped
from maquette.yaml_reading import read_yaml


@cache
def load_open_models() -> tuple[ModelCard, ...]:
    """All of them, by file name."""
    return tuple(open_weights_card(read_yaml(path)) for path in sorted(shipped("catalog", "models").glob("*.yaml")))

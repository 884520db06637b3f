"""The catalog as a user sees it, put together from its parts: prices, open weights, machines, own knowledge."""

from collections.abc import Sequence
from functools import cache
from pathlib import Path

from maquette.adapters import gguf_files, hardware_files, model_files, price_files
from maquette.catalog.cards import Catalog, ModelCard
from maquette.catalog.hardware import Host


def project_catalog(folder: Path, model_folders: Sequence[str]) -> Catalog:
    """The catalog with the model files in ``model_folders`` of a project; their paths are as the user named them."""
    found = gguf_files.find_local_models([folder / name for name in model_folders])
    return load_catalog(found.cards)


def load_catalog(local: Sequence[ModelCard] = ()) -> Catalog:
    """The shipped models, and the files of weights found on this machine."""
    prices = price_files.load_prices()
    return Catalog(
        cards={**{card.id: card for card in local}, **_shipped_cards()},
        prices_as_of=prices.as_of,
        snapshot_digest=prices.digest,
    )


def load_hosts() -> tuple[Host, ...]:
    """Machines without a GPU; the first is the default."""
    return hardware_files.load_hosts()


@cache
def _shipped_cards() -> dict[str, ModelCard]:
    return {**price_files.load_prices().cards, **{card.id: card for card in model_files.load_open_models()}}

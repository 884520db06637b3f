"""A model's weights in each quantisation as data for --json and as rows for a table."""

from collections.abc import Iterable
from decimal import Decimal

from maquette.catalog.cards import Hosting, ModelCard
from maquette.catalog.quantisation import QuantisedSize, native_size, quantised_sizes
from maquette.catalog.weights import Weights
from maquette.cli.catalog.contracts import SizeData, WeightsData
from maquette.cli.catalog.kv_data import gib
from maquette.cli.contract_parts import FORMAT, exact, exact_or_none

HEADINGS = ("format", "bits per weight", "GB", "GiB", "served by", "how")
_GB = Decimal(10**9)


def sizes(card: ModelCard, weights: Weights) -> tuple[QuantisedSize, ...]:
    """Every format; of a file only what it has, since it is quantised already."""
    return () if card.hosting is Hosting.LOCAL_FILE else tuple(quantised_sizes(weights))


def weights_data(card: ModelCard, weights: Weights) -> WeightsData:
    """The weights as they are published, and in every format."""
    native = native_size(weights)
    return {
        "format": FORMAT,
        "model": card.id,
        "params_b": exact_or_none(weights.params_b),
        "active_params_b": exact_or_none(weights.active_params_b),
        "native_quantisation": weights.native_quantisation,
        "native_bytes": native.weight_bytes if native else None,
        "file_bytes": weights.file_bytes,
        "sizes": [_size_data(size) for size in sizes(card, weights)],
        "source": str(card.source),
        "notes": [*weights.notes, *card.notes],
    }


def _size_data(size: QuantisedSize) -> SizeData:
    return {
        "format": size.format,
        "bits_per_weight": exact(size.bits),
        "bytes": size.weight_bytes,
        "gib": exact(gib(size.weight_bytes)),
        "estimated": size.estimated,
        "engine": size.engine,
        "how": size.how,
        "source": size.source,
    }


def rows(found: Iterable[QuantisedSize]) -> list[tuple[str, ...]]:
    """A row for each format; an estimate is marked with e."""
    return [
        (
            size.format,
            f"{size.bits}",
            f"{(Decimal(size.weight_bytes) / _GB).quantize(Decimal('0.01'))}{' e' if size.estimated else ''}",
            f"{gib(size.weight_bytes).quantize(Decimal('0.01'))}",
            size.engine,
            size.how,
        )
        for size in found
    ]

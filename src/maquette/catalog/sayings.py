"""From the checked entries of a catalog file to what they say of models, with the source of each."""

from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal

from maquette.catalog.cards import Capability, Hosting, QualityClaim
from maquette.catalog.entries import CatalogFile, ClaimEntry, ModelEntry, UsdPerMtokEntry
from maquette.catalog.licences import Licence
from maquette.catalog.open_weights import WeightsEntry, licence_from_entry, weights_from_entry
from maquette.catalog.overlaying import ModelSaying
from maquette.catalog.price_keys import FRIENDLY
from maquette.catalog.weights import Weights
from maquette.foundation.sources import Source, SourceKind

_MILLION = Decimal(1_000_000)


def sayings(file: CatalogFile, licences: Mapping[str, Licence]) -> dict[str, ModelSaying]:
    """What the file says, by model id.

    Args:
        file: A checked file; each entry has a source, of its own or of the file.
        licences: The licences that the catalog knows, by id.
    """
    return {name: _saying(entry, file, licences) for name, entry in (file.models or {}).items()}


def _saying(entry: ModelEntry, file: CatalogFile, licences: Mapping[str, Licence]) -> ModelSaying:
    source = _claimed(entry.source or file.source or "", entry.as_of or file.as_of)
    return ModelSaying(
        source=source,
        provider=entry.provider,
        hosting=Hosting(entry.hosting) if entry.hosting else None,
        mode=entry.mode,
        model=entry.model,
        context_tok=entry.context_tok,
        max_output_tok=entry.max_output_tok,
        capabilities=dict(_capabilities(entry)),
        regions=tuple(region.casefold() for region in entry.regions or ()),
        usd_per_unit={**_per_unit(entry.usd_per_mtok), **(entry.prices or {})},
        min_cacheable_tok=entry.min_cacheable_tok,
        retires_on=entry.retires_on,
        vector_dims=entry.vector_dims,
        limit_rpm=entry.limit_rpm,
        limit_tpm=entry.limit_tpm,
        weights=_weights(entry, licences),
        claims=(
            *(_score(score, source, SourceKind.MEASURED) for score in entry.measured or ()),
            *(_score(score, source, SourceKind.CLAIMED) for score in entry.claims or ()),
        ),
        notes=tuple(entry.notes or ()),
    )


def _capabilities(entry: ModelEntry) -> Iterator[tuple[Capability, bool]]:
    yield from (entry.capabilities or {}).items()
    if entry.zero_retention is not None:
        yield Capability.ZERO_RETENTION, entry.zero_retention
    if entry.baa is not None:
        yield Capability.BAA, entry.baa


def _per_unit(entry: UsdPerMtokEntry | None) -> dict[str, Decimal]:
    """Prices for one token with the price map's keys."""
    if entry is None:
        return {}
    said = {key: getattr(entry, name) for name, key in FRIENDLY.items()}
    return {key: price / _MILLION for key, price in said.items() if price is not None}


def _weights(entry: ModelEntry, licences: Mapping[str, Licence]) -> Weights | None:
    """The shape, or only the licence where the entry knows no more."""
    if entry.weights is None and entry.licence is None:
        return None
    licence = licence_from_entry(entry.licence, licences) if entry.licence else None
    return weights_from_entry(entry.weights or WeightsEntry(), licence)


def _score(entry: ClaimEntry, source: Source, kind: SourceKind) -> QualityClaim:
    own = Source(kind=kind, ref=entry.source or source.ref, as_of=entry.as_of or source.as_of)
    return QualityClaim(benchmark=entry.benchmark, value=entry.value, source=own)


def _claimed(ref: str, as_of: date | None) -> Source:
    return Source(kind=SourceKind.CLAIMED, ref=ref, as_of=as_of)

"""Lays what catalog files say over the cards: what ships, then plug-ins, then the user, then the project.

A file says something of a model or nothing; what it says replaces, key by key for prices and capabilities, and every
value that it changed keeps the file's own source.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from enum import IntEnum
from pathlib import Path
from typing import Any

from maquette.catalog.cards import Capability, Hosting, Mode, ModelCard, QualityClaim
from maquette.catalog.prices import PriceTable
from maquette.catalog.weights import Weights
from maquette.foundation.lineage import fingerprint
from maquette.foundation.problems import InvalidInput, Place, Problem
from maquette.foundation.sources import Source, SourceKind
from maquette.foundation.wording import suggestion


class Level(IntEnum):
    """Who says it; a higher level wins."""

    SHIPPED = 0
    PLUG_IN = 1
    USER = 2
    PROJECT = 3

    @property
    def words(self) -> str:
        """The level for a person."""
        return self.name.lower().replace("_", "-")


@dataclass(frozen=True, kw_only=True, slots=True)
class ModelSaying:
    """What one file says of one model; None and empty mean that it says nothing.

    Attributes:
        usd_per_unit: Prices with the price map's keys, USD for one unit.
        model: The name on the model hub.
    """

    source: Source
    provider: str | None = None
    hosting: Hosting | None = None
    mode: Mode | None = None
    model: str | None = None
    context_tok: int | None = None
    max_output_tok: int | None = None
    capabilities: Mapping[Capability, bool] = field(default_factory=dict)
    regions: tuple[str, ...] = ()
    usd_per_unit: Mapping[str, Decimal] = field(default_factory=dict)
    min_cacheable_tok: int | None = None
    retires_on: date | None = None
    vector_dims: int | None = None
    limit_rpm: int | None = None
    limit_tpm: int | None = None
    weights: Weights | None = None
    claims: tuple[QualityClaim, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class CatalogLayer:
    """One file's sayings, at its level.

    Attributes:
        file: What the user calls the file.
        path: Where it is; None for a plug-in that has none.
        gpus: Accelerators as plain data, checked; they become values when they are asked for.
        hosts: Machines without one, in the same way.
        digest: Of what it says, not of how it is written; empty when it says nothing.
    """

    level: Level
    file: str
    models: Mapping[str, ModelSaying]
    path: Path | None = None
    gpus: tuple[Mapping[str, Any], ...] = ()
    hosts: tuple[Mapping[str, Any], ...] = ()
    digest: str = ""
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """What a file did to one model: the fields that it set. A new model is one that was not there before."""

    level: Level
    file: str
    model: str
    fields: tuple[str, ...]
    new: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Overlaid:
    """The cards with all layers on them, what each layer did, and what could not be done."""

    cards: Mapping[str, ModelCard]
    changes: tuple[Change, ...]
    problems: tuple[Problem, ...]
    fingerprint: str


_PLAIN_FIELDS = (
    "provider",
    "hosting",
    "mode",
    "context_tok",
    "max_output_tok",
    "regions",
    "min_cacheable_tok",
    "retires_on",
    "vector_dims",
    "limit_rpm",
    "limit_tpm",
    "weights",
)


def overlay(cards: Mapping[str, ModelCard], layers: Iterable[CatalogLayer]) -> Overlaid:
    """Lay the layers over the cards, lowest level first; within a level the first file counts.

    An entry for a model that neither the cards nor a lower layer know, and that lacks a provider, is left out and told.
    What ships may say several things of one model, and may know models that a newer list of prices has no more.
    """
    ordered = sorted(layers, key=lambda layer: layer.level)
    merged, changes = dict(cards), list[Change]()
    problems = [problem for layer in ordered for problem in layer.problems]
    said: dict[tuple[Level, str], str] = {}
    for layer in ordered:
        ours = layer.level is Level.SHIPPED
        for name, saying in layer.models.items():
            if not ours and (first := said.setdefault((layer.level, name), layer.file)) != layer.file:
                problems.append(_said_twice(layer, name, first))
                continue
            before = merged.get(name)
            if before is None and saying.provider is None:
                problems += [] if ours else [_unknown(layer, name, merged)]
                continue
            merged[name] = _new_card(name, saying) if before is None else _changed(before, saying)
            changes.append(_change(layer, name, saying, new=before is None))
    digest = fingerprint(sorted((layer.level, layer.digest) for layer in ordered if layer.digest))
    return Overlaid(cards=merged, changes=tuple(changes), problems=tuple(problems), fingerprint=digest)


def _change(layer: CatalogLayer, name: str, saying: ModelSaying, *, new: bool) -> Change:
    return Change(level=layer.level, file=layer.file, model=name, fields=tuple(_set_fields(saying)), new=new)


def _set_fields(saying: ModelSaying) -> list[str]:
    """The names of what a saying sets; each price and each capability by its own key."""
    names = list(_plain_fields(saying))
    names += [f"capabilities.{capability}" for capability in saying.capabilities]
    names += [f"prices.{key}" for key in saying.usd_per_unit]
    return names + [name for name in ("claims", "notes") if getattr(saying, name)]


def _changed(card: ModelCard, saying: ModelSaying) -> ModelCard:
    """The card with what was said."""
    plain = _plain_fields(saying)
    fields = [*plain, *(f"capabilities.{capability}" for capability in saying.capabilities)]
    return replace(
        card,
        **plain,
        capabilities={**card.capabilities, **saying.capabilities},
        price=_price(card.price, saying),
        claims=_claims(card.claims, saying.claims),
        notes=(*card.notes, *(note for note in saying.notes if note not in card.notes)),
        sources={**card.sources, **dict.fromkeys(fields, saying.source)},
    )


def _plain_fields(saying: ModelSaying) -> dict[str, Any]:
    """What replaces as a whole, by the card's field."""
    said = {name: getattr(saying, name) for name in _PLAIN_FIELDS}
    return {name: value for name, value in said.items() if value is not None and value != ()}


def _new_card(name: str, saying: ModelSaying) -> ModelCard:
    return ModelCard(
        id=name,
        provider=saying.provider or "",
        hosting=saying.hosting or Hosting.API,
        source=saying.source,
        mode=saying.mode or Mode.CHAT,
        context_tok=saying.context_tok,
        max_output_tok=saying.max_output_tok,
        capabilities=saying.capabilities,
        regions=saying.regions,
        price=_price(None, saying),
        min_cacheable_tok=saying.min_cacheable_tok,
        retires_on=saying.retires_on,
        weights=saying.weights,
        claims=saying.claims,
        vector_dims=saying.vector_dims,
        limit_rpm=saying.limit_rpm,
        limit_tpm=saying.limit_tpm,
        notes=saying.notes,
    )


def _price(table: PriceTable | None, saying: ModelSaying) -> PriceTable | None:
    """The prices merged key by key; those that were said keep the source of who said them."""
    if table is None:
        if not saying.usd_per_unit:
            return None
        return PriceTable(
            usd_per_unit=saying.usd_per_unit, source=saying.source, min_cacheable_tok=saying.min_cacheable_tok
        )
    if not saying.usd_per_unit and saying.min_cacheable_tok is None:
        return table
    return replace(
        table,
        min_cacheable_tok=saying.min_cacheable_tok or table.min_cacheable_tok,
        usd_per_unit={**table.usd_per_unit, **saying.usd_per_unit},
        overridden={**table.overridden, **dict.fromkeys(saying.usd_per_unit, saying.source)},
    )


def _claims(old: Sequence[QualityClaim], new: Sequence[QualityClaim]) -> tuple[QualityClaim, ...]:
    """A new claim takes the place of an old one of the same benchmark; what was measured stands first."""
    again = {claim.benchmark for claim in new}
    both = (*(claim for claim in old if claim.benchmark not in again), *new)
    return tuple(sorted(both, key=lambda claim: claim.source.kind is not SourceKind.MEASURED))


def _said_twice(layer: CatalogLayer, name: str, first: str) -> InvalidInput:
    return InvalidInput(
        f"{name!r} stands in {first} too, which counts",
        place=Place(file=layer.file, field=f"models.{name}"),
        fix="Put both entries together, or take one out.",
    )


def _unknown(layer: CatalogLayer, name: str, known: Mapping[str, ModelCard]) -> InvalidInput:
    near = suggestion(name, known)
    return InvalidInput(
        f"no model of the catalog has the id {name!r}, and a model of your own needs its provider",
        place=Place(file=layer.file, field=f"models.{name}"),
        fix=f"{near} Otherwise add provider:." if near else "Correct the id, or add provider:.",
    )


def field_value(card: ModelCard | None, name: str) -> Any:
    """What a card has in a field, by the name that `Change` has for it; None when it has nothing."""
    if card is None:
        return None
    section, _, key = name.partition(".")
    if section == "prices":
        return card.price.usd_per_unit.get(key) if card.price else None
    if section == "capabilities":
        return card.can(Capability(key))
    return getattr(card, section) or None

"""Roles and triples as data for --json and as rows for tables."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal

from maquette.catalog.cards import Catalog, Mode, ModelCard
from maquette.catalog.providers import Retired
from maquette.catalog.quantisation import native_size
from maquette.catalog.quoting import INPUT
from maquette.catalog.role_classes import (
    Rank,
    Resolution,
    Role,
    RolesFile,
    Skipped,
    Triple,
    resolve,
    resolve_triple,
)
from maquette.cli.catalog.knowledge_contracts import FilledData, PassedOverData, RolesData
from maquette.cli.contract_parts import FORMAT
from maquette.foundation.units import readable_count

MTOK = 1_000_000
GB = 10**9
HEADINGS = ("role", "model today", "limits", "older guidance", "passed over", "order of")
TRIPLE_HEADINGS = ("task", "place", "model today", "older guidance")

Filled = tuple[Role, Resolution]
FilledTriple = tuple[Triple, Mapping[Rank, Resolution]]


def filled_roles(file: RolesFile, catalog: Catalog, today: date, gone: Mapping[str, Retired]) -> list[Filled]:
    """Each role with who fills it."""
    return [(role, resolve(role, catalog, today, retired=gone)) for role in file.roles]


def filled_triples(file: RolesFile, catalog: Catalog, today: date, gone: Mapping[str, Retired]) -> list[FilledTriple]:
    """Each triple with who fills its places."""
    return [(triple, resolve_triple(triple, catalog, today, retired=gone)) for triple in file.triples]


def role_rows(filled: Sequence[Filled]) -> list[tuple[str, ...]]:
    """One row for each role, under `HEADINGS`."""
    return [
        (
            role.name,
            found.card.id if found.card else "nobody",
            limits(found.card),
            _told(found.asked),
            "; ".join(_told(out) for out in found.skipped),
            role.as_of.isoformat(),
        )
        for role, found in filled
    ]


def triple_rows(filled: Sequence[FilledTriple]) -> list[tuple[str, ...]]:
    """One row for each place of each triple, under `TRIPLE_HEADINGS`."""
    return [
        (triple.task, rank.value, found.card.id if found.card else "nobody", _told(found.asked))
        for triple, places in filled
        for rank, found in places.items()
    ]


def limits(card: ModelCard | None) -> str:
    """What bounds a model: tokens and price, the length of vectors, or what its weights take; only what is known."""
    return "; ".join(_limits(card)) if card else ""


def roles_data(roles: Sequence[Filled], triples: Sequence[FilledTriple], today: date) -> RolesData:
    """Every role and triple with who fills it and who does not."""
    return {
        "format": FORMAT,
        "on": today.isoformat(),
        "roles": [
            {
                "name": role.name,
                "about": role.about,
                **_filled(found),
                "source": role.source,
                "as_of": role.as_of.isoformat(),
            }
            for role, found in roles
        ],
        "triples": [
            {
                "task": triple.task,
                "places": {rank.value: _filled(found) for rank, found in places.items()},
                "source": triple.source,
                "as_of": triple.as_of.isoformat(),
            }
            for triple, places in triples
        ],
    }


def _limits(card: ModelCard) -> Iterator[str]:
    if card.vector_dims is not None:
        yield f"{card.vector_dims} dimensions"
    if card.context_tok is not None:
        yield f"{readable_count(card.context_tok)} tokens"
    usd = card.price.usd_per_unit.get(INPUT) if card.price else None
    if usd is not None and card.mode is not Mode.RERANK:
        yield f"${(usd * MTOK).normalize():f} for a million tokens in"
    if card.weights is not None:
        size = native_size(card.weights)
        yield f"licence {card.weights.licence or 'unknown'}"
        if size:
            yield f"{Decimal(size.weight_bytes) / GB:.1f} GB of weights as {size.format}"


def _filled(found: Resolution) -> FilledData:
    return {
        "model": found.card.id if found.card else None,
        "limits": limits(found.card),
        "asked": _out(found.asked) if found.asked else None,
        "skipped": [_out(one) for one in found.skipped],
    }


def _out(one: Skipped) -> PassedOverData:
    return {"id": one.id, "why": one.why, "gone": one.gone}


def _told(one: Skipped | None) -> str:
    return f"{one.id}: {one.why}" if one else ""

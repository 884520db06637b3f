"""Roles that models play, fast, balanced, strong and the others, and which model fills each on a given day.

A role lists candidates, best first. The first that the catalog has and that is not past its last day fills it; what was
passed over is said, with the reason. Older guidance names models that are gone: these are flagged and passed over.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field

from maquette.catalog.cards import Capability, Catalog, Hosting, Mode, ModelCard
from maquette.catalog.providers import Retired


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Role(_Entry):
    """One role.

    Attributes:
        asked: The model that older guidance names for it; it counts only when it is a candidate too.
        candidates: Ids of the catalog, best first.
        needs: What a model must be able to do to fill it.
    """

    name: str = Field(min_length=1)
    about: str
    mode: Mode = Mode.CHAT
    hosting: Hosting | None = None
    needs: tuple[Capability, ...] = ()
    asked: str | None = None
    candidates: tuple[str, ...] = Field(min_length=1)
    source: str = Field(description="Where the order comes from.")
    as_of: date


class Rank(StrEnum):
    """The places of a triple."""

    PRIMARY = "primary"
    FALLBACK = "fallback"
    BUDGET = "budget"


class Place(_Entry):
    """One place of a triple: the model that older guidance names, and the candidates of today."""

    asked: str
    candidates: tuple[str, ...] = Field(min_length=1)


class Triple(_Entry):
    """What to take for a task: first choice, what steps in, and what costs less."""

    task: str = Field(min_length=1)
    places: dict[Rank, Place]
    source: str
    as_of: date


class RolesFile(_Entry):
    """catalog/roles/roles.yaml."""

    roles: tuple[Role, ...]
    triples: tuple[Triple, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Skipped:
    """A model that was passed over, and why; ``gone`` when it is retired or the catalog does not have it."""

    id: str
    why: str
    gone: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Resolution:
    """Who fills a role: a card, or None when no candidate can.

    Attributes:
        asked: What became of the model that older guidance names; None when it names none, or names this one.
        skipped: Candidates before the card that cannot fill the role.
    """

    name: str
    card: ModelCard | None
    asked: Skipped | None
    skipped: tuple[Skipped, ...]


def resolve(role: Role, catalog: Catalog, today: date, *, retired: Mapping[str, Retired] | None = None) -> Resolution:
    """The first candidate that the catalog has, that is in service on ``today`` and that fits the role.

    Args:
        role: Its candidates, best first.
        catalog: All cards.
        today: A model whose last day is past is passed over.
        retired: What providers say they retired, by id; gives the reason for models that the catalog no longer has.
    """
    gone = retired or {}
    skipped: list[Skipped] = []
    card = None
    for name in role.candidates:
        out = _why_not(name, role, catalog, today, gone)
        if out is None:
            card = catalog.cards[name]
            break
        skipped.append(out)
    asked = None
    if role.asked and (card is None or role.asked != card.id):
        asked = _why_not(role.asked, role, catalog, today, gone) or Skipped(
            id=role.asked, why="still in service, older than the choice here", gone=False
        )
    return Resolution(name=role.name, card=card, asked=asked, skipped=tuple(skipped))


def resolve_triple(
    triple: Triple, catalog: Catalog, today: date, *, retired: Mapping[str, Retired] | None = None
) -> dict[Rank, Resolution]:
    """Who fills each place of a triple; nobody fills two."""
    found: dict[Rank, Resolution] = {}
    for rank in (rank for rank in Rank if rank in triple.places):
        taken = [each.card.id for each in found.values() if each.card]
        found[rank] = resolve(_role_of(triple, rank, taken), catalog, today, retired=retired)
    return found


def role_named(name: str, roles: Iterable[Role]) -> Role | None:
    """The role of that name."""
    return next((role for role in roles if role.name == name), None)


def _role_of(triple: Triple, rank: Rank, taken: Sequence[str]) -> Role:
    place = triple.places[rank]
    left = tuple(name for name in place.candidates if name not in taken)
    return Role(
        name=f"{triple.task}, {rank.value}",
        about=triple.task,
        asked=place.asked,
        candidates=left or place.candidates,
        source=triple.source,
        as_of=triple.as_of,
    )


def _why_not(name: str, role: Role, catalog: Catalog, today: date, retired: Mapping[str, Retired]) -> Skipped | None:
    gone = retired.get(name)
    if gone and (gone.last_day is None or gone.last_day < today):
        return Skipped(id=name, why=_said_gone(gone), gone=True)
    card = catalog.cards.get(name)
    if card is None:
        return Skipped(id=name, why="the catalog has no model of this name", gone=True)
    if card.retires_on is not None and card.retires_on < today:
        return Skipped(id=name, why=f"retired on {card.retires_on.isoformat()}", gone=True)
    unfit = _unfit(card, role)
    return Skipped(id=name, why=unfit, gone=False) if unfit else None


def _said_gone(gone: Retired) -> str:
    when = f"retired on {gone.last_day.isoformat()}" if gone.last_day else "retired"
    return f"{when}; {gone.replacement} takes its place" if gone.replacement else when


def _unfit(card: ModelCard, role: Role) -> str | None:
    if card.mode is not role.mode:
        return f"its mode is {card.mode.value}, not {role.mode.value}"
    if role.hosting is not None and card.hosting is not role.hosting:
        return f"its hosting is {card.hosting.value}, not {role.hosting.value}"
    lacking = [need.value for need in role.needs if card.can(need) is not True]
    return f"not known to be able to: {', '.join(lacking)}" if lacking else None

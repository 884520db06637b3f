"""What a filter is: it looks at the requirements once, and then says of each card whether it meets them.

A filter without a requirement filters nothing. An answer is one of three: met, not met and why, or nobody knows.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date

from maquette.catalog.cards import Capability, ModelCard
from maquette.catalog.traffic import Traffic, number, traffic_of
from maquette.foundation.expression import Facts
from maquette.foundation.units import Usd


@dataclass(frozen=True, slots=True)
class No:
    """The requirement is not met, and why."""

    why: str


@dataclass(frozen=True, slots=True)
class Unsure:
    """Nobody says whether it is met."""

    what: str


Answer = No | Unsure | None
"""None means that the requirement is met."""

Check = Callable[[ModelCard], Answer]


@dataclass(frozen=True, kw_only=True, slots=True)
class Needs:
    """What the filters read, taken from the facts once."""

    facts: Facts
    today: date
    traffic: Traffic

    @classmethod
    def of(cls, facts: Facts, today: date) -> "Needs":
        """The needs that the facts describe."""
        return cls(facts=facts, today=today, traffic=traffic_of(facts))

    def number(self, name: str) -> Usd | None:
        """A fact as an exact number; None when it is unknown."""
        return number(self.facts, name)

    def tokens(self, name: str) -> int | None:
        """A fact as a whole number; None when it is unknown."""
        found = number(self.facts, name)
        return None if found is None else int(found)

    def several(self, name: str) -> tuple[str, ...]:
        """A fact of several entries; empty when it is unknown."""
        value = self.facts.get(name)
        return value if isinstance(value, tuple) else ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Filter:
    """One hard filter.

    Attributes:
        prepare: The check of a card under these needs; None when nothing is required.
        reads: Every fact that the answer depends on, besides the card.
        wants: The requirement in words; only asked when ``prepare`` gives a check.
        says: What the card says on it, in words.
    """

    prepare: Callable[[Needs], Check | None]
    reads: tuple[str, ...]
    wants: Callable[[Needs], str]
    says: Callable[[ModelCard, Needs], str]


def all_of(wanted: Mapping[str, Capability]) -> Check | None:
    """A check for several capabilities, by what each is called in a message."""
    if not wanted:
        return None

    def check(card: ModelCard) -> Answer:
        unsaid: list[str] = []
        for what, capability in wanted.items():
            can = card.can(capability)
            if can is False:
                return No(f"no {what}")
            if can is None:
                unsaid.append(what)
        return Unsure(", ".join(unsaid)) if unsaid else None

    return check


def says_of(card: ModelCard, wanted: Mapping[str, Capability]) -> str:
    """What the card says of several capabilities."""
    words = {True: "yes", False: "no", None: "not said"}
    return ", ".join(f"{what}: {words[card.can(capability)]}" for what, capability in wanted.items())

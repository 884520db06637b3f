"""Effects as values: where an axis goes, with the figures of the project that say so, and what figures there are."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Protocol, TypeAlias

from maquette.capacity.sizing import Sized
from maquette.catalog.cards import ModelCard
from maquette.cost.levers import LeverTable
from maquette.cost.projection import CostProjection, OptionCost
from maquette.decision.refusing import Uptime
from maquette.evals.run import EvalRun
from maquette.foundation.expression import Facts
from maquette.foundation.sources import Source
from maquette.foundation.units import Usd
from maquette.rules.effect import PERFORMANCE, Axis, Direction, together
from maquette.rules.report import Rule, SlotValue

Slot: TypeAlias = tuple[str, SlotValue]
"""A slot and the value that a rule proposes for it."""


class Paired(Protocol):
    """Two models on the same examples, the better one first; points with their 95 % interval."""

    @property
    def run(self) -> str:
        """The run's id."""

    @property
    def first(self) -> str:
        """The better model."""

    @property
    def second(self) -> str:
        """The other one."""

    @property
    def points(self) -> float:
        """By how much the first is ahead."""

    @property
    def low(self) -> float:
        """Of its interval."""

    @property
    def high(self) -> float:
        """Of its interval."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """What a figure of the project says of one axis.

    Attributes:
        direction: None where the figure goes with the rule's own word and does not decide it.
        text: The figure in words: "$16,416 less in the first month".
        months_usd: Of a lever the first month without and with it.
    """

    axis: Axis
    direction: Direction | None
    text: str
    source: Source
    months_usd: tuple[Usd, Usd] | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Effect:
    """One fired rule's effect here.

    Attributes:
        changes: What figures of the project say, in the order of the axes.
    """

    rule: Rule
    changes: tuple[Change, ...] = ()

    def of(self, axis: Axis) -> Direction | None:
        """The axis' direction: the figures' where they decide it, else the rule's; None where neither says it."""
        return together(one.direction for one in self.on(axis)) or self.rule.effect.of(axis)

    def on(self, axis: Axis) -> tuple[Change, ...]:
        """The figures of that axis."""
        return tuple(one for one in self.changes if one.axis is axis)

    @property
    def performance(self) -> Direction | None:
        """Quality, latency and availability together; "depends" where they move against each other."""
        return together(self.of(axis) for axis in PERFORMANCE)

    def going(self, direction: Direction, axes: Sequence[Axis] = tuple(Axis)) -> tuple[Axis, ...]:
        """The axes that go there."""
        return tuple(axis for axis in axes if self.of(axis) is direction)


@dataclass(frozen=True, kw_only=True, slots=True)
class Known:
    """What figures there are beside the rules; whatever a stage has not produced is empty.

    Attributes:
        model: The chosen, else the recommended one; None while there is neither. ``fallback``: the chosen one's.
        facts: What the rules were judged over; ``stated`` of them are the user's word on the design.
        levers: On the first month of the option in question.
        cards: What the project calls a model, to its card.
        uptimes: Company that runs models to what its agreement promises.
        served: Model to how it would be served.
    """

    model: str | None
    fallback: str | None = None
    facts: Facts
    stated: frozenset[str] = frozenset()
    projection: CostProjection | None = None
    levers: LeverTable | None = None
    run: EvalRun | None = None
    paired: Sequence[Paired] = ()
    cards: Mapping[str, ModelCard] = field(default_factory=dict)
    uptimes: Mapping[str, Uptime] = field(default_factory=dict)
    served: Mapping[str, Sized] = field(default_factory=dict)

    @property
    def priced(self) -> list[OptionCost]:
        """The options whose first month is known, the cheapest first."""
        options = self.projection.options if self.projection else ()
        return sorted((one for one in options if one.first_month_usd), key=first_month)

    @property
    def in_question(self) -> str | None:
        """The model whose bill it is: the chosen or recommended one, else the cheapest; None without a price."""
        names = [one.option for one in self.priced]
        return self.model if self.model in names else next(iter(names), None)

    def number(self, fact: str) -> Decimal | None:
        """The fact as an exact number; None where it is unknown or no number."""
        value = self.facts.get(fact)
        return None if value is None or isinstance(value, bool | str | tuple) else Decimal(str(value))


@dataclass(frozen=True, kw_only=True, slots=True)
class Versus:
    """The model in question beside another: what it does better and worse, with figures; None where nothing is known.

    Attributes:
        quality: Points of score; of a pair on the same examples with its interval.
        latency: The 95th percentile of an answer's time.
        cost: The first month.
    """

    other: str
    quality: Change | None
    latency: Change | None
    cost: Change | None

    @property
    def changes(self) -> tuple[Change, ...]:
        """Those that are known."""
        return tuple(one for one in (self.quality, self.latency, self.cost) if one is not None)


SAME_SHARE = Decimal("0.005")
"""Months that differ by a smaller share cost the same: as a percentage it would read 0 %."""


def first_month(cost: OptionCost) -> Usd:
    """The first month of an option that has a price, base case."""
    return cost.first_month_usd.base if cost.first_month_usd else Usd(0)

"""What following a rule does to the three axes that a design is weighed on: performance, cost and safety.

Performance has three parts that may move against each other, so that each is stated by itself: quality, latency and
availability. A rule is held against the same design without it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Any

from maquette.foundation.wording import listed, suggestion


class Direction(StrEnum):
    """Where an axis goes; `DEPENDS` where the rule alone does not say it and only a figure of the project can."""

    BETTER = "better"
    WORSE = "worse"
    SAME = "same"
    DEPENDS = "depends"


class Axis(StrEnum):
    """What moves: three parts of performance, then cost and safety."""

    QUALITY = "quality"
    LATENCY = "latency"
    AVAILABILITY = "availability"
    COST = "cost"
    SAFETY = "safety"


PERFORMANCE = (Axis.QUALITY, Axis.LATENCY, Axis.AVAILABILITY)
"""The parts of the axis performance."""

GIVES_UP = "gives_up"
"""The key beside the axes."""


@dataclass(frozen=True, kw_only=True, slots=True)
class RuleEffect:
    """Each axis' direction; None where the rule does not say.

    Attributes:
        quality: Whether more answers are right.
        latency: Whether answers come sooner.
        availability: Whether more requests are answered at all.
        cost: Whether it costs less to run and keep; better is cheaper.
        safety: Whether less harm is done: disclosure, abuse, breach of law.
        gives_up: What is paid for it, in a few words; empty where nothing is.
    """

    quality: Direction | None = None
    latency: Direction | None = None
    availability: Direction | None = None
    cost: Direction | None = None
    safety: Direction | None = None
    gives_up: str = ""

    def of(self, axis: Axis) -> Direction | None:
        """The direction of that axis."""
        found: Direction | None = getattr(self, axis.value)
        return found

    @property
    def performance(self) -> Direction | None:
        """The parts together: the one direction in which they move, "depends" where they move against each other."""
        return together(self.of(axis) for axis in PERFORMANCE)

    @property
    def is_whole(self) -> bool:
        """Whether every axis is said."""
        return all(self.of(axis) is not None for axis in Axis)


NOTHING_SAID = RuleEffect()


def together(directions: Iterator[Direction | None]) -> Direction | None:
    """Several directions as one; None where none is said."""
    said = {one for one in directions if one is not None}
    moving = said - {Direction.SAME}
    if not said:
        return None
    return Direction.SAME if not moving else moving.pop() if len(moving) == 1 else Direction.DEPENDS


def effect_mistakes(rule: str, data: object) -> list[tuple[str, str]]:
    """What is wrong with a rule's ``effect`` as it stands in a file, each with what to do; empty where it is right."""
    axes = listed([axis.value for axis in Axis])
    if not isinstance(data, Mapping):
        return [(f"the effect of rule {rule} is {data!r}", f"Say how each of {axes} moves: effect: {{cost: better}}")]
    found = []
    for key, value in data.items():
        if key == "performance":
            parts = listed([axis.value for axis in PERFORMANCE])
            found.append((f"the effect of rule {rule} speaks of performance as one", f"Say it by part: {parts}"))
        elif key == GIVES_UP:
            if not isinstance(value, str) or not value.strip():
                found.append((f"what rule {rule} gives up is no text", "Say it in a few words, or leave it out"))
        elif key not in set(Axis):
            fix = suggestion(str(key), [*Axis, GIVES_UP]) or f"There are {axes}"
            found.append((f"the effect of rule {rule} has no axis {key!r}", fix))
        elif value not in set(Direction):
            fix = suggestion(str(value), list(Direction)) or f"Use one of {', '.join(Direction)}"
            found.append((f"{value!r} is no direction of the axis {key} of rule {rule}", fix))
    return found


def effect_from_data(data: Mapping[str, Any] | None) -> RuleEffect:
    """The effect that a file states, without mistakes; what it leaves out is None."""
    said = data or {}
    axes = {axis.value: Direction(said[axis.value]) for axis in Axis if axis.value in said}
    return RuleEffect(**axes, gives_up=str(said.get(GIVES_UP, "")).strip())


assert {field.name for field in fields(RuleEffect)} == {*Axis, GIVES_UP}

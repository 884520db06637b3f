"""What a design pays beside its models: retrieval, guardrails, logs, evaluations, training, people, as plain lines."""

from dataclasses import dataclass
from enum import StrEnum

from maquette.cost.projection import ByCase, CostAssumption
from maquette.foundation.sources import Source
from maquette.foundation.units import Usd


class LineGroup(StrEnum):
    """What a line pays for, in the order in which a bill shows it."""

    API = "API"
    HOSTING = "hosting"
    RETRIEVAL = "retrieval"
    GUARDRAILS = "guardrails"
    LOGGING = "logging"
    EVALUATION = "evaluation"
    TRAINING = "training"
    MIGRATION = "migration"
    PEOPLE = "people"

    @property
    def in_ceiling(self) -> bool:
        """Whether it counts against the ceiling of the run cost; working hours do not."""
        return self is not LineGroup.PEOPLE


@dataclass(frozen=True, kw_only=True, slots=True)
class SideLine:
    """Units at one price that come beside the model's own lines, in the cheap, the expected and the dear case.

    Attributes:
        fixed: Units a month, whatever the traffic.
        per_request: Units for each request.
        from_month, to_month: The months that have it, from 1, both included; None is the whole horizon. A line that
            is paid once has its month twice.
        every_months: It comes in ``from_month`` and then every so many months.
        ref: What the quantity rests on, in words; it becomes the assumption's source where low and high differ.
    """

    name: str
    group: LineGroup
    unit: str
    usd_per_unit: Usd
    price_key: str
    source: Source
    fixed: ByCase
    per_request: ByCase
    ref: str
    from_month: int = 1
    to_month: int | None = None
    every_months: int = 1

    def due(self, month: int) -> bool:
        """Whether ``month`` (from 1) has the line."""
        if month < self.from_month or (self.to_month is not None and month > self.to_month):
            return False
        return (month - self.from_month) % self.every_months == 0


@dataclass(frozen=True, kw_only=True, slots=True)
class SideCosts:
    """The side lines of a design.

    Attributes:
        lines: In the order of their groups.
        assumptions: What was taken for granted.
        left_out: What the design has and nobody can price yet: what it is, and which answer is missing.
    """

    lines: tuple[SideLine, ...] = ()
    assumptions: tuple[CostAssumption, ...] = ()
    left_out: tuple[str, ...] = ()

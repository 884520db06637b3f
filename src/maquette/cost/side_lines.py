"""What a design pays beside its models: retrieval, guardrails, logs, evaluations, training, people, as plain lines."""

from dataclasses import dataclass
from decimal import Decimal

from maquette.cost.projection import CASES, ByCase, CostAssumption, LineGroup
from maquette.foundation.sources import Source
from maquette.foundation.units import Usd

__all__ = ["NO_SIDE_COSTS", "LineGroup", "SideCosts", "SideLine", "together"]

_ORDER = tuple(LineGroup)


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

    @property
    def constant(self) -> bool:
        """Whether every month has it."""
        return self.from_month <= 1 and self.to_month is None and self.every_months == 1

    def units(self, requests: ByCase) -> ByCase:
        """Units in a month of so many requests, exactly, in each case."""
        return ByCase(**{case: self.fixed.of(case) + self.per_request.of(case) * requests.of(case) for case in CASES})

    def launch_units(self, requests_per_month: Decimal) -> ByCase:
        """Units in a month of the volume planned at launch."""
        return self.units(ByCase(low=requests_per_month, base=requests_per_month, high=requests_per_month))


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


NO_SIDE_COSTS = SideCosts()


def together(*parts: SideCosts) -> SideCosts:
    """Several side costs as one, by group; what is assumed or left out twice is told once."""
    lines = sorted((line for part in parts for line in part.lines), key=lambda line: _ORDER.index(line.group))
    return SideCosts(
        lines=tuple(lines),
        assumptions=tuple(dict.fromkeys(one for part in parts for one in part.assumptions)),
        left_out=tuple(dict.fromkeys(one for part in parts for one in part.left_out)),
    )

"""The six stages and how far each is: a comparison of fingerprints, never a stored flag."""

from dataclasses import dataclass
from enum import StrEnum


class Stage(StrEnum):
    """The stages in the order of the story."""

    REQUIREMENTS = "requirements"
    SHORTLIST = "shortlist"
    EVALUATION = "evaluation"
    COST = "cost"
    DECISION = "decision"
    BUNDLE = "bundle"

    @property
    def number(self) -> int:
        """From 1, as on the rail."""
        return list(Stage).index(self) + 1

    @property
    def label(self) -> str:
        """The word on the rail."""
        return _TITLES[self]


_TITLES = {
    Stage.REQUIREMENTS: "Require",
    Stage.SHORTLIST: "Shortlist",
    Stage.EVALUATION: "Evaluate",
    Stage.COST: "Cost",
    Stage.DECISION: "Decide",
    Stage.BUNDLE: "Export",
}


class Progress(StrEnum):
    """How far a stage is."""

    DONE = "done"
    RUNNING = "running"
    STALE = "stale"
    MISSING = "missing"

    @property
    def glyph(self) -> str:
        """The sign on the rail; the word always stands beside it."""
        return {"done": "✓", "running": "◐", "stale": "!", "missing": "·"}[self.value]

    @property
    def ascii_glyph(self) -> str:
        """The sign where only ASCII can be shown."""
        return {"done": "x", "running": "~", "stale": "!", "missing": "."}[self.value]


@dataclass(frozen=True, kw_only=True, slots=True)
class StageStatus:
    """How far a stage is, in words a person can act on.

    Attributes:
        summary: What there is: "4 of 12 answered", "58 fit, 4 chosen".
        because: Why it is stale or missing; empty when done.
        next_command: What to type to move it on; empty when done.
    """

    stage: Stage
    progress: Progress
    summary: str
    because: str = ""
    next_command: str = ""

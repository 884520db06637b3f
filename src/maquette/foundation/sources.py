"""Where a number comes from. Measured, claimed and estimated are different kinds and are never blended."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class SourceKind(StrEnum):
    """How a number came to be."""

    MEASURED = "measured"
    CLAIMED = "claimed"
    ESTIMATED = "estimated"
    REQUIRED = "required"
    ASSUMED = "assumed"

    @property
    def mark(self) -> str:
        """The one letter that stands behind a number in tables: m, c, e, r or a."""
        return self.value[0]


@dataclass(frozen=True, kw_only=True, slots=True)
class Source:
    """The origin of a number: a run id, a page, a formula with its inputs, or an answer's name."""

    kind: SourceKind
    ref: str
    as_of: date | None = None

    def __str__(self) -> str:
        return f"{self.kind}: {self.ref}" + (f" ({self.as_of.isoformat()})" if self.as_of else "")

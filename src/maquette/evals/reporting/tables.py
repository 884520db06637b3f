"""The parts of a report that every format shows alike: sections of sentences and tables, cells as text."""

from dataclasses import dataclass
from enum import StrEnum


class Part(StrEnum):
    """A section, by what it is about."""

    MODELS = "models"
    QUALITY = "quality"
    COST = "cost"
    LATENCY = "latency"
    CALLS = "calls"
    PAIRS = "pairs"
    STRATA = "strata"
    ANSWERS = "answers"
    AGAINST = "against"
    TROUBLE = "trouble"
    MADE_OF = "made-of"


@dataclass(frozen=True, kw_only=True, slots=True)
class Table:
    """Cells under headings. Units stand in the headings; an empty cell is unknown or does not apply.

    Attributes:
        rows: The first cell of each says what the row is about.
        caption: What tells this table from the others of its section; may be empty.
    """

    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    caption: str = ""

    @property
    def right(self) -> tuple[bool, ...]:
        """Which columns hold figures, and stand to the right."""
        return tuple(all(is_figure(row[at]) for row in self.rows) for at in range(len(self.headings)))


@dataclass(frozen=True, kw_only=True, slots=True)
class Section:
    """One question of the reader with its answer.

    Attributes:
        title: Empty for what stands first.
        part: Which section of a report it is; None elsewhere.
        source: Where the figures come from, and how many there are.
        brief: Whether it belongs into a report of one screen.
    """

    title: str
    part: Part | None = None
    source: str = ""
    says: tuple[str, ...] = ()
    tables: tuple[Table, ...] = ()
    brief: bool = True


def is_figure(cell: str) -> bool:
    """Whether a cell is a number, with its unit or without, or stands for one."""
    return cell in ("unpriced", "unknown") or not any(letter.isalpha() for letter in cell)

"""A cost report as a value: sections of sentences and tables whose words may link to one another, in no format yet."""

from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, kw_only=True, slots=True)
class Words:
    """Some text.

    Attributes:
        text: As it is; whoever writes a format escapes it.
        link: The anchor that it leads to; empty without one.
        anchor: The name of this place; empty without one.
    """

    text: str
    link: str = ""
    anchor: str = ""


Sentence: TypeAlias = tuple[Words, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class CostTable:
    """Rows under headings.

    Attributes:
        right: Whether a column holds figures, which stand to the right.
    """

    caption: str
    headings: tuple[str, ...]
    right: tuple[bool, ...]
    rows: tuple[Sentence, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class CostSection:
    """A part of the report.

    Attributes:
        anchor: The name of its heading.
        charts: The names of the charts that belong to it.
    """

    title: str
    anchor: str
    says: tuple[Sentence, ...] = ()
    tables: tuple[CostTable, ...] = ()
    charts: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class CostReport:
    """The whole report.

    Attributes:
        option: The option that was decided for, or the cheapest: its drivers are shown.
    """

    title: str
    option: str
    sections: tuple[CostSection, ...]


def figures(*headings: str, words: int = 1) -> tuple[tuple[str, ...], tuple[bool, ...]]:
    """Headings, of which the first ``words`` stand over text and the rest over figures."""
    return headings, tuple(place >= words for place in range(len(headings)))

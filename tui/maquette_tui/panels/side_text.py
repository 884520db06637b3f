"""The options side by side as text: a row a field, a column an option, as many columns as there is room for."""

from collections.abc import Iterator, Sequence
from textwrap import wrap

from maquette.decision.comparing import Side
from maquette.project.deciding_words import SIDE_HEADINGS, side_cells

LABEL = 16
NARROWEST = 26
"""A column of fewer characters would break most words."""


def side_text(sides: Sequence[Side], width: int) -> str:
    """The options in groups of as many as fit into ``width`` columns, a blank line between groups."""
    at_once = max((width - LABEL) // NARROWEST, 1)
    groups = [sides[start : start + at_once] for start in range(0, len(sides), at_once)]
    column = (width - LABEL) // min(at_once, max(len(sides), 1)) - 2
    return "\n\n".join("\n".join(_lines(group, column)) for group in groups)


def _lines(sides: Sequence[Side], column: int) -> Iterator[str]:
    for heading, *cells in zip(SIDE_HEADINGS, *map(side_cells, sides), strict=True):
        wrapped = [wrap(cell, column) for cell in cells]
        for at in range(max(map(len, wrapped))):
            parts = [f"{line[at] if at < len(line) else '':{column}}" for line in wrapped]
            yield "  ".join([f"{heading if at == 0 else '':{LABEL - 2}}", *parts]).rstrip()


def hanging(rows: Sequence[Sequence[str]], width: int) -> str:
    """Rows in columns, the last of which is wrapped below itself."""
    widths = [max(map(len, column)) for column in list(zip(*rows, strict=True))[:-1]]
    before = sum(widths) + 2 * len(widths)
    lines = []
    for *cells, last in rows:
        head = "".join(f"{cell:{wide}}  " for cell, wide in zip(cells, widths, strict=True))
        told = wrap(last, max(width - before, NARROWEST)) or [""]
        lines += [f"{head}{told[0]}", *(f"{'':{before}}{line}" for line in told[1:])]
    return "\n".join(lines)

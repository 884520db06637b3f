"""Sentences and columns that keep to the width of a terminal; as they are with --plain, for a screen reader."""

import shutil
import textwrap
from collections.abc import Sequence
from itertools import zip_longest

import click

from maquette.cli.console import clean

NARROW, WIDE = 80, 100
"""Columns where nobody says how wide the terminal is, and the most that is read with ease."""


def width() -> int:
    """The columns to fill."""
    return min(WIDE, shutil.get_terminal_size((NARROW, 24)).columns)


def echo(text: str, *, indent: int = 0, hanging: int = 2, plain_text: bool = False) -> None:
    """One sentence; its further lines stand ``hanging`` columns further in than its first."""
    text = clean(text).replace("\n", " ")
    if plain_text:
        click.echo(text)
        return
    for line in wrapped(text, width(), indent=indent, hanging=hanging):
        click.echo(line)


def wrapped(text: str, columns: int, *, indent: int = 0, hanging: int = 2) -> list[str]:
    """``text`` in lines; a word that is longer than a line stands alone."""
    return textwrap.wrap(
        text,
        width=max(columns, indent + hanging + 10),
        initial_indent=" " * indent,
        subsequent_indent=" " * (indent + hanging),
        break_long_words=False,
        break_on_hyphens=False,
        drop_whitespace=True,
    ) or [""]


def labelled(lines: str, *, label: int) -> str:
    """Lines that are a label and a text, the text kept to the right of the ``label`` columns of the label."""
    found: list[str] = []
    for line in clean(lines).splitlines():
        head, body = (line[:label], line[label:]) if line.startswith(" ") else ("", line)
        parts = wrapped(body.strip(), width() - len(head), hanging=0 if head else 2)
        found += [f"{head}{parts[0]}", *(" " * len(head) + part for part in parts[1:])]
    return "\n".join(found)


def echo_columns(rows: Sequence[Sequence[str]]) -> None:
    """Rows of a name and a cell for each thing that is compared; cells are wrapped, the first row is the heading."""
    names = [row[0] for row in rows]
    first = max(map(len, names), default=0)
    each = max(12, (width() - first) // max(1, len(rows[0]) - 1) - 2)
    for number, row in enumerate(rows):
        cells = [[row[0]], *(textwrap.wrap(clean(cell), each, break_on_hyphens=False) or [""] for cell in row[1:])]
        for parts in zip_longest(*cells, fillvalue=""):
            head, rest = parts[0], parts[1:]
            click.echo((head.ljust(first) + "".join("  " + part.ljust(each) for part in rest)).rstrip())
        if number == 0:
            click.echo("-" * first + ("  " + "-" * each) * (len(row) - 1))

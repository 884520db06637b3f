"""How commands speak: data on stdout, talk on stderr, tables that a screen reader can follow with --plain.

Text from users and models passes `clean`, which takes terminal control sequences out.
"""

import json
import sys
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

import click

from maquette.foundation.lineage import plain
from maquette.foundation.problems import Problem, each_problem

Command = TypeVar("Command", bound=Callable[..., Any])

JSON_OPTION = click.option("--json", "as_json", is_flag=True, help="Print data instead of text.")
PROJECT_OPTION = click.option(
    "--project",
    "folder",
    default=".",
    show_default="here",
    metavar="DIR",
    type=click.Path(path_type=str),
    help="The project's folder.",
)
PLAIN_OPTION = click.option("--plain", is_flag=True, help="Lines of words instead of tables and colours.")


def project_command(command: Command) -> Command:
    """Give a command the options that all commands on a project share: --project and --json."""
    return PROJECT_OPTION(JSON_OPTION(command))


def clean(text: str) -> str:
    """``text`` without control characters, so that nobody's data can move the cursor or ring the bell."""
    return "".join(char if char.isprintable() or char == "\n" else "�" for char in text)


def print_json(value: Any) -> None:
    """``value`` as indented JSON on stdout."""
    click.echo(json.dumps(plain(value), indent=2, ensure_ascii=False))


def say(text: str) -> None:
    """One line of talk on stderr."""
    click.echo(clean(text), err=True)


def say_problem(problem: Problem, *, as_json: bool) -> None:
    """A problem on stderr: each part what, where and what to do."""
    parts = each_problem(problem)
    if as_json:
        click.echo(json.dumps({"problems": [part.as_data() for part in parts]}, ensure_ascii=False), err=True)
        return
    for part in parts:
        where = str(part.place)
        say(f"{where}: {part.what}" if where else part.what)
        say(f"  {part.fix}")
    if len(parts) > 1:
        say(f"{len(parts)} problems.")


def print_table(headings: Sequence[str], rows: Iterable[Sequence[str]], *, plain_text: bool = False) -> None:
    """Rows under headings, columns as wide as their widest cell; figures to the right.

    With ``plain_text`` each cell stands behind its heading on a line of its own, for a screen reader.
    """
    cells = [[clean(cell).replace("\n", " ") for cell in row] for row in rows]
    if plain_text:
        for row in cells:
            click.echo("; ".join(f"{heading}: {cell}" for heading, cell in zip(headings, row, strict=True) if cell))
        return
    widths = [max(len(line[column]) for line in (headings, *cells)) for column in range(len(headings))]
    right = [all(_is_figure(row[column]) for row in cells) and bool(cells) for column in range(len(headings))]
    for line in (headings, ["-" * width for width in widths], *cells):
        padded = (
            cell.rjust(width) if to_right else cell.ljust(width)
            for cell, width, to_right in zip(line, widths, right, strict=True)
        )
        click.echo("  ".join(padded).rstrip())


def _is_figure(cell: str) -> bool:
    return cell == "unpriced" or not any(letter.isalpha() for letter in cell)


def confirmed(question: str, *, yes: bool) -> bool:
    """Whether the user agrees: ``--yes`` agrees beforehand; without a terminal to ask on, nobody does."""
    if yes:
        return True
    return sys.stdin.isatty() and click.confirm(question, default=False, err=True)

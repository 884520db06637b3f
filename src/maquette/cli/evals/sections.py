"""Sections of sentences and tables in a terminal. All text in them is data."""

from collections.abc import Iterable

import click

from maquette.cli.console import clean, print_table
from maquette.evals.reporting.tables import Section


def print_sections(sections: Iterable[Section], *, plain_text: bool) -> None:
    """The sections on stdout; empty ones are left out."""
    for section in sections:
        if section.title and (section.says or section.tables):
            click.echo(clean(f"{section.title}:"))
        for sentence in section.says:
            click.echo(clean(sentence).replace("\n", " "))
        for table in section.tables:
            print_table(table.headings, table.rows, plain_text=plain_text)

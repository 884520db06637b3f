"""A report in a terminal: the verdict, then the sections that fit a screen, within 80 columns where names allow."""

import textwrap

import click

from maquette.cli.console import clean, print_table
from maquette.evals.reporting.report import Report
from maquette.evals.reporting.sections import sections_of
from maquette.evals.reporting.tables import Part, Section
from maquette.evals.reporting.visible import visible

_COLUMNS = 80


def show_report(report: Report, *, plain_text: bool) -> None:
    """The report on stdout."""
    run, verdict = report.run, report.verdict
    if verdict.unfinished:
        _say(f"Not complete. {verdict.unfinished}")
    _say(f"{verdict.title}.")
    _say(verdict.why)
    if report.doubt:
        _say(report.doubt)
    when = f"{run.started_at:%Y-%m-%d}"
    _say(
        f"Run {run.id}, {run.state.value}, {when}: {run.primary_metric} on {run.dataset}, {report.examples:,} examples"
    )
    for section in sections_of(report):
        if section.brief:
            _show(section, plain_text=plain_text)


def _show(section: Section, *, plain_text: bool) -> None:
    click.echo(f"\n{section.title}")
    # Sentences say of pairs what their table says; a terminal has room for one of them.
    tables = () if section.part is Part.PAIRS and section.says else section.tables
    for table in tables:
        print_table(table.headings, [tuple(map(visible, row)) for row in table.rows], plain_text=plain_text)
    for sentence in section.says:
        _say(sentence, indent="  ")
    if not section.tables and not section.says:
        _say(section.source, indent="  ")


def _say(text: str, *, indent: str = "") -> None:
    line = " ".join(clean(visible(text)).split())
    click.echo(textwrap.fill(line, _COLUMNS, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False))

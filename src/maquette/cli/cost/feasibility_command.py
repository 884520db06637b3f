"""`maquette cost feasibility`: whether volume, latency and budget can hold together, with the arithmetic."""

from collections.abc import Iterable

import click

from maquette.cli.console import clean, print_json, project_command
from maquette.cost.feasibility import Finding
from maquette.foundation.problems import ExitStatus
from maquette.foundation.wording import listed


@click.command(name="feasibility")
@project_command
def command(folder: str, as_json: bool) -> int:
    """Hold the volume, the latency and the budget against each other, before any model is chosen.

    A contradiction is what no model of the catalog can mend: the budget of a request is less than the cheapest takes,
    or an answer would have to come faster than any does. Exits 1 when there is one.
    """
    from maquette.project.cost_feasibility import feasibility
    from maquette.wiring import Project

    found = feasibility(Project.open(folder).view)
    if as_json:
        from maquette.cli.cost.feasibility_contract import feasibility_data

        print_json(feasibility_data(found))
    else:
        show_findings(found.findings)
        if found.unchecked:
            click.echo(clean(f"Not checked for want of {listed(found.unchecked)}."))
        if not found.contradictions:
            click.echo("Nothing contradicts.")
    return ExitStatus.FINDING if found.contradictions else ExitStatus.OK


def show_findings(findings: Iterable[Finding]) -> None:
    """Each finding in a sentence, and what would mend a contradiction."""
    for one in findings:
        word = "contradiction" if one.contradicts else "holds"
        click.echo(clean(f"{one.kind}, {word}: {one.sentence}."))
        click.echo(clean(f"  {one.formula}"))
        if one.changes:
            click.echo(clean(f"  It would take one of: {'; '.join(one.changes)}."))

"""`maquette rules`: why a rule fired, why it did not, and what it waits for."""

import click

from maquette.cli.console import PLAIN_OPTION, clean, print_json, print_table, project_command


@click.group(name="rules")
def command() -> None:
    """Look into the rule base: list it, explain one rule."""


@command.command(name="explain")
@click.argument("rule_id", metavar="ID")
@project_command
def explain_command(rule_id: str, folder: str, as_json: bool) -> None:
    """Explain rule ID for this project: its condition, the facts it saw, its sources, what would overturn it."""
    from maquette.rules.explaining import explain
    from maquette.wiring import Project

    project = Project.open(folder)
    explanation = explain(project.rule_book, project.view.report, rule_id, project.view.rule_facts)
    if as_json:
        print_json(explanation)
    else:
        click.echo(clean(explanation.as_text()))


@command.command(name="list")
@PLAIN_OPTION
@project_command
def list_command(plain: bool, folder: str, as_json: bool) -> None:
    """List every rule with what became of it."""
    from maquette.wiring import Project

    report = Project.open(folder).view.report
    if as_json:
        print_json(
            [{"id": f.rule.id, "area": f.rule.area, "status": f.status, "needs": f.needs} for f in report.findings]
        )
        return
    rows = [(f.rule.id, f.status.value, f.rule.strength.value, ", ".join(f.needs)) for f in report.findings]
    print_table(["rule", "status", "strength", "needs"], rows, plain_text=plain)

"""`maquette rules`: why a rule fired, why it did not, what it waits for, and what the project says about it."""

from datetime import datetime
from typing import TYPE_CHECKING, Literal

import click

from maquette.cli.console import PLAIN_OPTION, print_json, print_table, project_command, say
from maquette.cli.deciding.wrapping import labelled

if TYPE_CHECKING:
    from maquette.wiring import Project


@click.group(name="rules")
def command() -> None:
    """Look into the rule base, and say where this project deviates from it and why."""


@command.command(name="explain")
@click.argument("rule_id", metavar="ID")
@project_command
def explain_command(rule_id: str, folder: str, as_json: bool) -> None:
    """Explain rule ID for this project: its condition, the facts it saw, its sources, what would overturn it."""
    from maquette.rules.explaining import explain, finding_named
    from maquette.wiring import Project

    project = Project.open(folder)
    explanation = explain(project.rule_book, project.view.report, rule_id, project.view.rule_facts)
    if as_json:
        from maquette.cli.deciding.data import explain_data

        print_json(explain_data(explanation, finding_named(project.view.report, rule_id)))
    else:
        click.echo(labelled(explanation.as_text(), label=13))


@command.command(name="why-not")
@click.argument("rule_id", metavar="ID")
@project_command
def why_not_command(rule_id: str, folder: str, as_json: bool) -> None:
    """Say which parts of rule ID's condition are false, and the smallest single change that would fire it.

    Of a rule that waits for facts: which, and what each answer would do.
    """
    from maquette.rules.why_not import why_not
    from maquette.wiring import Project

    project = Project.open(folder)
    view = project.view
    told = why_not(project.rule_book, view.report, rule_id, view.rule_facts, project.questions)
    if as_json:
        from maquette.cli.deciding.data import why_not_data

        print_json(why_not_data(told))
    else:
        click.echo(labelled(told.as_text(), label=13))


@command.command(name="list")
@PLAIN_OPTION
@project_command
def list_command(plain: bool, folder: str, as_json: bool) -> None:
    """List every rule with what became of it; the project's own stand last."""
    from maquette.wiring import Project

    report = Project.open(folder).view.report
    if as_json:
        from maquette.cli.deciding.data import rules_data

        print_json(rules_data(report))
        return
    rows = [
        (
            finding.rule.id,
            finding.status.value + (", overridden here" if finding.overruled else ""),
            finding.rule.strength.value,
            ", ".join(finding.needs) or finding.muted_because or "",
        )
        for finding in report.findings
    ]
    print_table(["rule", "status", "strength", "needs"], rows, plain_text=plain)


@command.command(name="facts")
@PLAIN_OPTION
@project_command
def facts_command(plain: bool, folder: str, as_json: bool) -> None:
    """List the facts that the rules see, each with where it comes from; then those that nobody knows."""
    from maquette.wiring import Project

    project = Project.open(folder)
    known, unknown = _sources(project), _unknown(project)
    facts = project.view.rule_facts
    if as_json:
        print_json(
            {
                "format": 1,
                "known": [{"fact": name, "value": facts[name], "source": known[name]} for name in sorted(facts)],
                "unknown": [{"fact": name, "ask": ask} for name, ask in unknown.items()],
            }
        )
        return
    from maquette.rules.explaining import readable_fact

    rows = [(name, readable_fact(facts[name]), known[name]) for name in sorted(facts)]
    rows += [(name, "unknown", ask) for name, ask in unknown.items()]
    print_table(["fact", "value", "from"], rows, plain_text=plain)


def _sources(project: "Project") -> dict[str, str]:
    """Each known fact to where it comes from, in the order in which one takes another's place; with a second value."""
    from maquette.decision.precedence import STATED
    from maquette.rules.explaining import readable_fact

    view = project.view
    sources = {fact.name: fact.source for fact in view.known_by_project}
    sources |= {taken.question.id: "assumed: the default" for taken in view.assumptions}
    sources |= dict.fromkeys(view.document.requirements.answers, "answered in maquette.yaml")
    sources |= dict.fromkeys(view.document.requirements.design_facts, STATED)
    for one in view.fact_conflicts:
        sources[one.name] = f"{one.taken_from}; not {readable_fact(one.other)} ({one.other_from})"
    sources |= {derived.id: f"computed: {derived.formula.text}" for derived in project.questions.derived}
    return sources


def _unknown(project: "Project") -> dict[str, str]:
    """Each fact that a rule names and nobody knows, to how it is asked for."""
    book, facts = project.rule_book, project.view.rule_facts
    named = sorted({name for rule in book.rules.values() for name in rule.when.names} - facts.keys())
    asked = {name: question.ask for name, question in project.questions.questions.items()}
    return {name: book.fact_questions.get(name) or asked.get(name, "computed from answers") for name in named}


_BECAUSE = click.option("--because", required=True, metavar="TEXT", help="Why, in your own words; it is kept.")


@command.command(name="mute")
@click.argument("rule_id", metavar="ID")
@_BECAUSE
@project_command
def mute_command(rule_id: str, because: str, folder: str, as_json: bool) -> None:
    """Stop judging rule ID in this project; a must cannot be muted, only overridden."""
    _say_about(folder, "mute", rule_id, {"because": because}, as_json=as_json)


@command.command(name="override")
@click.argument("rule_id", metavar="ID")
@_BECAUSE
@click.option("--until", type=click.DateTime(["%Y-%m-%d"]), metavar="DAY", help="The last day on which that counts.")
@project_command
def override_command(rule_id: str, because: str, until: datetime | None, folder: str, as_json: bool) -> None:
    """Deviate from rule ID with a reason: its proposals do not count; a must stays in the risk register."""
    counts_until = {} if until is None else {"until": until.date().isoformat()}
    _say_about(folder, "override", rule_id, {"because": because, **counts_until}, as_json=as_json)


def _say_about(
    folder: str, key: Literal["override", "mute"], rule_id: str, said: dict[str, str], *, as_json: bool
) -> None:
    from maquette.project.deciding_said import entry_about
    from maquette.rules.explaining import finding_named
    from maquette.wiring import Project

    project = Project.open(folder)
    project.set_settings(entry_about(project.view, key, rule_id, said))
    finding = finding_named(project.view.report, rule_id)
    if as_json:
        from maquette.cli.deciding.data import state_data

        print_json({"format": 1, **state_data(finding)})
    else:
        say(f"{finding.rule.id} is {'muted' if key == 'mute' else 'overridden'}: {said['because']}")

"""`maquette eval check`: whether a run would work, found out with one call to each model."""

from pathlib import Path

import click

from maquette.cli.console import PLAIN_OPTION, confirmed, print_json, print_table, project_command, say
from maquette.cli.evals.check_data import EvalCheckData, check_data
from maquette.foundation.problems import ExitStatus


@click.command(name="check")
@click.option("--yes", is_flag=True, help="Do not ask before spending.")
@PLAIN_OPTION
@project_command
def command(yes: bool, plain: bool, folder: str, as_json: bool) -> int:
    """Try examples, prompt, metrics and prices, and ask each model the first example. Nothing is recorded.

    A model that a metric asks, such as a judge, scores the expected answer.
    """
    from maquette.evals.helpers import self_preference
    from maquette.project.eval_check import check_costs, check_evaluation
    from maquette.wiring import Project, ports_for

    project = Project.open(folder)
    plan, catalog, helpers = project.view.plan, project.view.catalog, project.view.helpers
    if check_costs(plan, catalog, helpers) and not confirmed("One call to each model costs money. Spend it?", yes=yes):
        say("Nothing was sent. --yes goes ahead without asking.")
        return ExitStatus.OK
    for warning in self_preference(plan, helpers):
        say(warning)
    found = check_data(plan, check_evaluation(plan, ports_for(Path(folder)), catalog, helpers))
    if as_json:
        print_json(found)
    else:
        _show(found, plain_text=plain)
    return ExitStatus.OK if all(model["works"] for model in found["models"]) else ExitStatus.FINDING


def _show(found: EvalCheckData, *, plain_text: bool) -> None:
    click.echo(f"{found['examples']} examples fit the prompt; metrics work: {', '.join(found['metrics']) or 'none'}.")
    rows = [
        (
            model["model"],
            model["asked_by"] or "candidate",
            "answers" if model["works"] else "fails",
            "" if model["latency_s"] is None else f"{model['latency_s']:.3f}",
            "priced" if model["priced"] else "unpriced",
            model["problem"],
        )
        for model in found["models"]
    ]
    print_table(["model", "asked by", "first call", "latency s", "price", "problem"], rows, plain_text=plain_text)

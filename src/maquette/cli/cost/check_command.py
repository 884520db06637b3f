"""`maquette cost check`: whether the month that nine draws in ten do not pass keeps the budget; for a pipeline."""

import click

from maquette.cli.console import project_command, say
from maquette.cli.cost.opening import drawing_options, factor, opened
from maquette.foundation.problems import ExitStatus


@click.command(name="check")
@click.option("--hard/--soft", "hard", default=None, help="Fail or only warn; without either budget.hardness decides.")
@click.option(
    "--option", "name", metavar="NAME", help="The option to check; without it the decision's, or the cheapest."
)
@drawing_options
@project_command
def command(
    hard: bool | None, name: str | None, draws: int, seed: int, volume_within: str, folder: str, as_json: bool
) -> int:
    """Hold the p90 of every month against budget.monthly_usd.

    Exits 1 when a month passes a hard budget and 0 with a warning when it passes a soft one. An option without a price
    and a project without a budget cannot be checked, which is exit status 4, never a pass.
    """
    from maquette.cost.budget_check import check_budget
    from maquette.project.cost_feasibility import feasibility
    from maquette.project.costing import drawn_costs, option_to_check

    project = opened(folder)
    drawn = drawn_costs(project.view.cost_inputs, count=draws, seed=seed, volume_within=factor(volume_within))
    is_hard = project.view.facts.get("budget.hardness") == "hard" if hard is None else hard
    found = check_budget(drawn, option_to_check(project.view, name), hard=is_hard)
    against = feasibility(project.view)
    if as_json:
        from maquette.cli.console import print_json
        from maquette.cli.cost.data import check_data

        print_json(check_data(found, drawn, against))
    else:
        from maquette.cli.console import clean
        from maquette.cli.cost.feasibility_command import show_findings

        click.echo(clean(found.sentence))
        show_findings(against.contradictions)
    if found.keeps:
        return ExitStatus.OK
    if not found.hard:
        say("The budget is soft: a warning, not a finding. --hard makes it one.")
        return ExitStatus.OK
    return ExitStatus.FINDING

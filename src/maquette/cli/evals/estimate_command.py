"""`maquette eval estimate`: what a run will take."""

import click

from maquette.cli.console import print_json, project_command, say
from maquette.cli.evals.options import CAP_OPTION
from maquette.foundation.units import Usd


@click.command(name="estimate")
@CAP_OPTION
@project_command
def command(cap: Usd | None, folder: str, as_json: bool) -> None:
    """Say what a run will take, before anything is spent."""
    from maquette.cli.data import estimate_data
    from maquette.cli.text import show_estimate
    from maquette.evals.helpers import self_preference
    from maquette.wiring import Project

    project = Project.open(folder)
    estimate = project.estimate()
    for warning in self_preference(project.view.plan, project.view.helpers):
        say(warning)
    cap_usd = cap if cap is not None else project.view.plan.cap_usd
    if as_json:
        print_json(estimate_data(estimate, cap_usd))
    else:
        show_estimate(estimate, cap_usd)

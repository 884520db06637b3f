"""`maquette eval show`: the newest run."""

import click

from maquette.cli.console import PLAIN_OPTION, print_json, project_command, say
from maquette.foundation.problems import NotFound


@click.command(name="show")
@PLAIN_OPTION
@project_command
def command(plain: bool, folder: str, as_json: bool) -> None:
    """Show the newest run's results, with intervals."""
    from maquette.cli.data import run_data
    from maquette.cli.text import show_run
    from maquette.wiring import Project

    project = Project.open(folder)
    run = project.view.run
    if run is None:
        raise NotFound("this project has no evaluation run", fix="Start one: maquette eval run.")
    if as_json:
        print_json(run_data(run, current=project.view.run_is_current))
        return
    if not project.view.run_is_current:
        say("This run is stale: examples, prompt, metrics or models changed since.")
    show_run(run, plain_text=plain, sizes=project.view.sizes)

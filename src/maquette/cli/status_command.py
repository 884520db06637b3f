"""`maquette status`: the six stages, and a check for CI."""

import click

from maquette.cli.console import PLAIN_OPTION, print_json, print_table, project_command, say
from maquette.foundation.problems import ExitStatus


@click.command(name="status")
@click.option("--check", is_flag=True, help="Exit 1 when a stage is stale, and say which records and why.")
@PLAIN_OPTION
@project_command
def command(check: bool, plain: bool, folder: str, as_json: bool) -> int:
    """Show how far each stage is: done, stale, missing or running.

    A stage is stale when what it was computed from has changed since; of the decision, each record is told apart.
    """
    from maquette.cli.data import status_data
    from maquette.project.deciding_records import stale_of
    from maquette.wiring import Project

    project = Project.open(folder)
    statuses = project.statuses
    stale = stale_of(project.view)
    data = status_data(project.view.name, statuses, stale)
    if as_json:
        print_json(data)
    else:
        rows = [
            (
                f"{status.stage.number} {status.stage.label}",
                f"{status.progress.glyph} {status.progress}",
                status.summary,
                f"{status.because}: {status.next_command}" if status.next_command else status.because,
            )
            for status in statuses
        ]
        print_table(["stage", "state", "what there is", "what to do"], rows, plain_text=plain)
    if check:
        for one in stale:
            say(one.words)
    return ExitStatus.FINDING if check and data["stale"] else ExitStatus.OK

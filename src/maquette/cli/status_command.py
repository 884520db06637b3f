"""`maquette status`: the six stages, facts with two values, what a release waits for, and a check for CI."""

from typing import TYPE_CHECKING

import click

from maquette.cli.console import PLAIN_OPTION, print_json, print_table, project_command, say
from maquette.foundation.problems import ExitStatus

if TYPE_CHECKING:
    from maquette.project.view import View
    from maquette.wiring import Project


@click.command(name="status")
@click.option(
    "--check",
    is_flag=True,
    help="Exit 1 when a stage is stale, or a must stands against what is decided, and say which and why.",
)
@PLAIN_OPTION
@project_command
def command(check: bool, plain: bool, folder: str, as_json: bool) -> int:
    """Show how far each stage is: done, stale, missing or running; then what a release waits for.

    A stage is stale when what it was computed from has changed since; of the decision, each record is told apart. Once
    a model is decided for or recommended, the items that block its release and those that are open follow.
    """
    from maquette.cli.data import status_data
    from maquette.project.deciding_records import stale_of
    from maquette.wiring import Project

    project = Project.open(folder)
    view, statuses, stale = project.view, project.statuses, stale_of(project.view)
    if as_json:
        print_json(status_data(view.name, statuses, stale, view.fact_conflicts, view.release))
    else:
        _show_stages(project, plain_text=plain)
        _show_open(view, plain_text=plain)
    found = [*(one.words for one in stale), *_against(view)] if check else []
    for line in found:
        say(line)
    return ExitStatus.FINDING if check and (found or _is_stale(project)) else ExitStatus.OK


def _is_stale(project: "Project") -> bool:
    from maquette.project.stages import Progress

    return any(status.progress is Progress.STALE for status in project.statuses)


def _against(view: "View") -> list[str]:
    from maquette.project.releasing import musts_against

    if view.document.choice is None:
        return []
    return [
        f"{name} (must) stands against release: maquette rules explain {name}" for name in musts_against(view.decision)
    ]


def _show_stages(project: "Project", *, plain_text: bool) -> None:
    rows = [
        (
            f"{status.stage.number} {status.stage.label}",
            f"{status.progress.glyph} {status.progress}",
            status.summary,
            f"{status.because}: {status.next_command}" if status.next_command else status.because,
        )
        for status in project.statuses
    ]
    print_table(["stage", "state", "what there is", "what to do"], rows, plain_text=plain_text)


def _show_open(view: "View", *, plain_text: bool) -> None:
    """Facts with two values, then what blocks a release and what is open; what is done is counted."""
    from maquette.cli.deciding.wrapping import echo
    from maquette.project.releasing import ReleaseState, release_words

    for conflict in view.fact_conflicts:
        echo(f"Two values: {conflict.words}", plain_text=plain_text)
    items = view.release
    if not items:
        return
    echo(f"Before a release: {release_words(items)}.", plain_text=plain_text)
    for one in items:
        if one.state is not ReleaseState.DONE:
            echo(
                f"{one.state:<6}  {one.what} ({one.owner}): {one.evidence}", indent=2, hanging=8, plain_text=plain_text
            )

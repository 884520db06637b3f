"""`maquette cost actuals`: what was really spent beside what was projected, and the import of spend logs and bills."""

from typing import TYPE_CHECKING

import click

from maquette.cli.console import PLAIN_OPTION, print_json, project_command
from maquette.cli.lazy_group import LazyGroup
from maquette.foundation.problems import ExitStatus

if TYPE_CHECKING:
    from maquette.project.actuals import Actuals, By

COMMANDS = {"import": "Sum up spend logs or bills by the day into the project's folder."}


@click.group(
    name="actuals",
    cls=LazyGroup,
    commands_by_module={"import": "maquette.cli.cost.actuals_import_command"},
    about=COMMANDS,
    invoke_without_command=True,
)
@click.option("--month", metavar="M", help="This month alone, such as 2026-10.")
@click.option(
    "--by",
    type=click.Choice(["model", "day", "provider", "tag", "team"]),
    help="Also the sums of each.",
)
@click.option("--option", metavar="NAME", help="Whose projection; else the chosen model's.")
@click.option("--start", metavar="M", help="The projection's first month; else the launch, or the first with costs.")
@click.option("--fail-on-alert", is_flag=True, help="Exit with status 1 when the newest month has an alert.")
@PLAIN_OPTION
@project_command
@click.pass_context
def command(  # noqa: PLR0913  # one parameter an option
    ctx: click.Context,
    *,
    month: str | None,
    by: "By | None",
    option: str | None,
    start: str | None,
    fail_on_alert: bool,
    plain: bool,
    folder: str,
    as_json: bool,
) -> int:
    """Show projection against actual: the difference and why, the forecast to the month's end, alerts.

    A bill shows what is paid by the request: machines, logs and whatever else is projected is not held against it. A
    month that is not over is held against the share of its projection for the days that the actual costs cover. The
    difference falls into volume (more requests), token mix (longer or less cached ones) and price (all else). Days
    are UTC. Alerts: over the budget, over 10 % above the projection, a day above three times the median of the 14 days
    before or above their mean and four median deviations.
    """
    if ctx.invoked_subcommand is not None:
        _refuse_stray_options(ctx)
        return ExitStatus.OK
    from maquette.adapters.spend_files import settle
    from maquette.project.actuals import month_named
    from maquette.wiring import Project

    project = Project.open(folder)
    settle(project.folder)
    found = project.actuals(
        month=month_named(month) if month else None,
        by=by,
        option=option,
        month_one=month_named(start) if start else None,
    )
    _show(found, plain=plain, as_json=as_json)
    return ExitStatus.FINDING if fail_on_alert and found.months[-1].alerts else ExitStatus.OK


def _show(found: "Actuals", *, plain: bool, as_json: bool) -> None:
    from maquette.cli.cost.actuals_data import actuals_data
    from maquette.cli.cost.actuals_text import show_actuals

    if as_json:
        print_json(actuals_data(found))
    else:
        show_actuals(found, plain_text=plain)


def _refuse_stray_options(ctx: click.Context) -> None:
    given = [name for name in ctx.params if ctx.get_parameter_source(name) is click.core.ParameterSource.COMMANDLINE]
    if given:
        raise click.UsageError("Put options behind the command: maquette cost actuals import ...", ctx=ctx)

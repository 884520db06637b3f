"""`maquette eval`: estimate, run, resume and show evaluations of the chosen models."""

from decimal import Decimal, InvalidOperation

import click

from maquette.cli.console import PLAIN_OPTION, confirmed, print_json, project_command, say
from maquette.foundation.problems import CallsFailed, ExitStatus, NotFound
from maquette.foundation.units import Usd


class UsdAmount(click.ParamType[Usd]):
    """An amount of dollars on the command line."""

    name = "usd"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> Usd:
        """Exactly what was typed, as Decimal."""
        try:
            amount = Decimal(str(value).removeprefix("$"))
        except InvalidOperation:
            self.fail(f"{value!r} is not an amount of dollars; write it like 2.50", param, ctx)
        if not amount.is_finite() or amount < 0:
            self.fail(f"{value!r} is not an amount that can be spent", param, ctx)
        return amount


CAP_OPTION = click.option("--cap", type=UsdAmount(), metavar="USD", help="Spend at most this; else eval.budget_usd.")


@click.group(name="eval")
def command() -> None:
    """Evaluate the chosen models on your own examples: estimate, run, show."""


@command.command(name="estimate")
@CAP_OPTION
@project_command
def estimate_command(cap: Usd | None, folder: str, as_json: bool) -> None:
    """Say what a run will take, before anything is spent."""
    from maquette.cli.data import estimate_data
    from maquette.cli.text import show_estimate
    from maquette.wiring import Project

    project = Project.open(folder)
    estimate = project.estimate()
    cap_usd = cap if cap is not None else project.view.plan.cap_usd
    if as_json:
        print_json(estimate_data(estimate, cap_usd))
    else:
        show_estimate(estimate, cap_usd)


@command.command(name="run")
@CAP_OPTION
@click.option("--yes", is_flag=True, help="Do not ask before spending.")
@click.option("--fresh", is_flag=True, help="Start a new run instead of resuming; answers on record are still reused.")
@PLAIN_OPTION
@project_command
def run_command(cap: Usd | None, yes: bool, fresh: bool, plain: bool, folder: str, as_json: bool) -> int:
    """Run the evaluation, or go on with one that did not finish. Ctrl-C stops it; finished calls are kept.

    Shows the estimate first and asks before it spends money. What is on record is never paid for again.
    """
    from maquette.cli.data import run_data
    from maquette.cli.text import show_estimate, show_run
    from maquette.cli.watching import watch
    from maquette.wiring import Project

    project = Project.open(folder)
    estimate = project.estimate()
    show_estimate(estimate, cap if cap is not None else project.view.plan.cap_usd, err=True)
    costs = estimate.usd is not None and estimate.usd.high > 0
    if costs and not confirmed("Spend it?", yes=yes):
        say("Nothing was sent. --yes goes ahead without asking.")
        return ExitStatus.OK
    run = watch(project, project.start_evaluation(cap_usd=cap, fresh=fresh), quiet=as_json)
    if as_json:
        print_json(run_data(run, current=project.view.run_is_current))
    else:
        show_run(run, plain_text=plain)
    failed = sum(sum(result.failures.values()) for result in run.results)
    if failed:
        raise CallsFailed(
            f"{failed} calls of run {run.id} failed after all attempts",
            fix="maquette eval show lists them by kind; maquette eval run --fresh asks those again.",
        )
    return ExitStatus.OK


@command.command(name="show")
@PLAIN_OPTION
@project_command
def show_command(plain: bool, folder: str, as_json: bool) -> None:
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
    show_run(run, plain_text=plain)

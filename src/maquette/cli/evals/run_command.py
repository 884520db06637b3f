"""`maquette eval run`: run the evaluation of a project, or go on with one."""

from typing import TYPE_CHECKING

import click

from maquette.cli.console import PLAIN_OPTION, confirmed, print_json, project_command, say
from maquette.cli.evals.options import CAP_OPTION
from maquette.foundation.problems import CallsFailed, ExitStatus
from maquette.foundation.units import Usd

if TYPE_CHECKING:
    from maquette.evals.run import EvalRun


@click.command(name="run")
@CAP_OPTION
@click.option("--yes", is_flag=True, help="Do not ask before spending.")
@click.option("--fresh", is_flag=True, help="Start a new run instead of resuming; answers on record are still reused.")
@click.option(
    "--fail-fast", is_flag=True, help="End it at the first call that fails for good; else eval.failure_policy."
)
@click.option(
    "--max-minutes",
    type=click.FloatRange(min=0, min_open=True),
    metavar="N",
    help="End it then; else eval.max_minutes.",
)
@PLAIN_OPTION
@project_command
def command(
    cap: Usd | None,
    yes: bool,
    fresh: bool,
    fail_fast: bool,
    max_minutes: float | None,
    plain: bool,
    folder: str,
    as_json: bool,
) -> int:
    """Run the evaluation, or go on with one that did not finish. Ctrl-C stops it; finished calls are kept.

    Shows the estimate first and asks before it spends money. Answers and verdicts on record are never paid for again.
    """
    from maquette.cli.data import run_data
    from maquette.cli.text import show_estimate, show_run
    from maquette.cli.watching import watch
    from maquette.wiring import Project

    project = Project.open(folder)
    estimate = project.estimate(fresh=fresh)
    for warning in project.run_warnings():
        say(warning)
    show_estimate(estimate, cap if cap is not None else project.view.plan.cap_usd, err=True)
    costs = estimate.usd is not None and estimate.usd.high > 0
    if costs and not confirmed("Spend it?", yes=yes):
        say("Nothing was sent. --yes goes ahead without asking.")
        return ExitStatus.OK
    started = project.start_evaluation(cap_usd=cap, fresh=fresh, fail_fast=fail_fast or None, most_minutes=max_minutes)
    run = watch(project, started, quiet=as_json)
    if as_json:
        print_json(run_data(run, current=project.view.run_is_current))
    else:
        show_run(run, plain_text=plain, sizes=project.view.sizes)
    _tell_failed(run)
    return ExitStatus.OK


def _tell_failed(run: "EvalRun") -> None:
    failed = sum(sum(result.failures.values()) for result in run.results)
    if failed:
        raise CallsFailed(
            f"{failed} calls of run {run.id} failed after all attempts",
            fix="maquette eval show lists them by kind; maquette eval run --fresh asks those again.",
        )

"""`maquette eval history`: all runs, oldest first, and whether the newest fell behind."""

from dataclasses import replace

import click

from maquette.cli.console import PLAIN_OPTION, print_json, project_command
from maquette.foundation.problems import ExitStatus, NotFound


@click.command(name="history")
@click.option("--target", metavar="ID", help="This target alone.")
@click.option("--metric", metavar="M", help="Scores of this metric instead of each run's primary one.")
@click.option("--last", type=click.IntRange(min=1), metavar="N", help="Show the newest N runs; all are looked at.")
@click.option(
    "--alert",
    type=click.FloatRange(min=0, max=1),
    default=0.02,
    show_default=True,
    metavar="SHARE",
    help="Point out a loss of more than this: 0.02 is 2 points.",
)
@click.option(
    "--against",
    type=click.Choice(["previous", "best", "first", "blessed"]),
    default="previous",
    show_default=True,
    help="What the newest run is held against; blessed is evals/baseline.json.",
)
@click.option("--fail-on-alert", is_flag=True, help="Exit with status 1 when there is an alert.")
@PLAIN_OPTION
@project_command
def command(
    *,
    last: int | None,
    alert: float,
    against: str,
    fail_on_alert: bool,
    plain: bool,
    folder: str,
    as_json: bool,
    **only: str | None,
) -> int:
    """Show how each target fared from run to run: score, interval, change, cost of an answer, p95.

    Runs are compared where examples and metrics are the same, over the examples that both scored; what else changed
    (prompt, parameters, target) is named. A question mark stands beside a change that chance may explain.
    """
    from maquette.adapters.baseline_files import read_baseline
    from maquette.cli.evals.history_data import history_data
    from maquette.cli.evals.history_text import show_history
    from maquette.evals.baseline import BASELINE_FILE
    from maquette.evals.history import Against, history
    from maquette.wiring import Project

    project = Project.open(folder)
    view = project.view
    if not view.manifests:
        raise NotFound("this project has no evaluation run", fix="Start one: maquette eval run.")
    held = Against(against)
    baseline = read_baseline(project.folder / BASELINE_FILE, name=BASELINE_FILE) if held is Against.BLESSED else None
    found = history(view.manifests, view.trials_of, alert=alert, against=held, baseline=baseline, **only)
    kept = tuple(replace(one, points=one.points[-last:]) for one in found) if last else found
    if as_json:
        print_json(history_data(kept, against=held, alert=alert))
    else:
        show_history(kept, plain_text=plain)
    return ExitStatus.FINDING if fail_on_alert and any(one.alert for one in found) else ExitStatus.OK

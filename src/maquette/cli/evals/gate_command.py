"""`maquette eval gate`: a run held against the blessed baseline, for CI."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from maquette.cli.console import PLAIN_OPTION, print_json, project_command
from maquette.cli.evals.options import UsdAmount
from maquette.foundation.problems import ExitStatus

if TYPE_CHECKING:
    from maquette.evals.gating import GateReport

_SHARE = click.FloatRange(0, 1, min_open=True, max_open=True)


@click.command(name="gate")
@click.option("--run", "run_id", metavar="RUN", help="The run to hold; else the newest one.")
@click.option("--baseline", metavar="FILE", help="The baseline; else evals/baseline.json of the project.")
@click.option("--target", "targets", multiple=True, metavar="ID", help="A model to hold; else all of the baseline.")
@click.option("--margin", type=_SHARE, metavar="SHARE", help="How much worse is accepted; 0.05 unless said elsewhere.")
@click.option("--alert", type=_SHARE, metavar="SHARE", help="The drop that is told; 0.02 unless said elsewhere.")
@click.option("--alert-fails/--alert-tells", default=None, help="Whether such a drop fails the gate; it does.")
@click.option("--must-pass/--no-must-pass", default=None, help="Whether examples so marked must be right; they must.")
@click.option(
    "--max-cost-usd-per-answer", "max_usd_per_answer", type=UsdAmount(), metavar="USD", help="The most for an answer."
)
@click.option("--max-p95-s", type=click.FloatRange(0, min_open=True), metavar="S", help="The highest p95 latency.")
@click.option("--junit", type=click.Path(path_type=Path), metavar="FILE", help="Also write JUnit XML.")
@click.option("--markdown", metavar="FILE", help="Also write Markdown; - prints it instead of the tables.")
@PLAIN_OPTION
@project_command
def command(
    *,
    run_id: str | None,
    baseline: str | None,
    targets: tuple[str, ...],
    junit: Path | None,
    markdown: str | None,
    plain: bool,
    folder: str,
    as_json: bool,
    **demands: Any,
) -> int:
    """Hold the newest run against the baseline that `maquette eval bless` wrote.

    A pass needs evidence that the run is at most the margin worse; a missing difference is none. The demands are those
    of evaluation.gate in maquette.yaml, unless the options say otherwise. Ends with 0 when the gate passes, 1 when it
    fails, 9 when there are too few examples to say, 8 when the run did not finish or too many calls failed, 4 when
    there is no baseline or no run, 3 when the two share no example.
    """
    from maquette.adapters.report_markdown import sections_as_markdown
    from maquette.cli.evals.gate_junit import junit_text
    from maquette.cli.evals.gate_text import gate_sections
    from maquette.foundation.whole_files import write_whole

    if as_json and markdown == "-":
        raise click.UsageError("--json and --markdown - both print on stdout; give --markdown a file.")
    report = _held(folder, baseline, run_id, targets, demands)
    status = exit_status_of(report)
    _print(report, status, as_json=as_json, plain=plain, markdown=markdown == "-")
    if junit is not None:
        write_whole(junit, junit_text(report))
    if markdown not in (None, "-"):
        write_whole(Path(str(markdown)), sections_as_markdown(gate_sections(report)))
    return status


def _held(
    folder: str, baseline: str | None, run_id: str | None, targets: tuple[str, ...], demands: dict[str, Any]
) -> "GateReport":
    from maquette.adapters.baseline_files import read_baseline
    from maquette.evals.baseline import BASELINE_FILE
    from maquette.project.comparing_runs import gate_run, settings_with
    from maquette.wiring import Project

    project = Project.open(folder)
    settings = settings_with(project.view.document.evaluation.gate, **demands)
    path = Path(baseline) if baseline else project.folder / BASELINE_FILE
    blessed = read_baseline(path, name=baseline or BASELINE_FILE)
    return gate_run(project.view, blessed, settings, run_id=run_id, targets=targets)


def exit_status_of(report: "GateReport") -> ExitStatus:
    """The documented status of an outcome."""
    from maquette.evals.gating import Outcome

    match report.outcome, report.settings.not_enough_data:
        case Outcome.PASS, _:
            return ExitStatus.OK
        case Outcome.NOT_ENOUGH_DATA, "pass":
            return ExitStatus.OK
        case Outcome.NOT_ENOUGH_DATA, None:
            return ExitStatus.NOT_ENOUGH_DATA
        case Outcome.UNFIT, _:
            return ExitStatus.CALLS_FAILED
    return ExitStatus.FINDING


def _print(report: "GateReport", status: ExitStatus, *, as_json: bool, plain: bool, markdown: bool) -> None:
    from maquette.adapters.report_markdown import sections_as_markdown
    from maquette.cli.evals.gate_data import gate_data
    from maquette.cli.evals.gate_text import gate_sections
    from maquette.cli.evals.sections import print_sections

    if as_json:
        print_json(gate_data(report, exit_status=int(status)))
    elif markdown:
        click.echo(sections_as_markdown(gate_sections(report)), nl=False)
    else:
        print_sections(gate_sections(report), plain_text=plain)

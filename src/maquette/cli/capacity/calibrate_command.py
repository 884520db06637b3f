"""`maquette capacity calibrate`: results of one's own benchmarks draw the predictions towards them."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from maquette.cli.capacity.setup_options import ENGINE_OPTION, PRECISION_OPTION
from maquette.cli.console import PLAIN_OPTION, print_json, print_table, project_command, say

if TYPE_CHECKING:
    from maquette.adapters.benchmark_files import ResultFile
    from maquette.capacity.calibrating import LeftOut, Run
    from maquette.capacity.measured import Measured
    from maquette.capacity.setup import Setup


@click.command(name="calibrate")
@click.argument("results", nargs=-1, required=True, metavar="RESULTS...")
@click.option("--on", "machine", metavar="MACHINE", help="Accelerators of one replica; else what llama-bench says.")
@click.option("--model", metavar="MODEL", help="An open model or a GGUF file; else what the results say.")
@ENGINE_OPTION
@PRECISION_OPTION
@click.option("--quantisation", metavar="FORMAT", help="The exact format, such as Q4_K_M.")
@click.option("--kv-dtype", type=click.Choice(["bf16", "fp8"]), default="bf16", show_default=True)
@click.option("--tp", type=click.IntRange(min=1), help="Accelerators that share every layer; else all of them.")
@click.option("--replace", "replace_all", is_flag=True, help="Forget what was measured before.")
@click.option("--dry-run", is_flag=True, help="Compare, and write nothing.")
@click.option("--yes", is_flag=True, help="Do not ask before writing.")
@PLAIN_OPTION
@project_command
def command(
    *,
    results: tuple[str, ...],
    replace_all: bool,
    dry_run: bool,
    yes: bool,
    plain: bool,
    folder: str,
    as_json: bool,
    **options: Any,
) -> None:
    """Put measured results beside the predictions, and draw the project's predictions towards them.

    RESULTS are files of GuideLLM (benchmarks.json), vllm bench serve, sglang.bench_serving (JSON lines) or llama-bench
    (-o json, jsonl, csv or md). Each metric of an engine on an accelerator gets one factor, drawn as far as its
    measurements allow; capacity.json keeps the measurements, so that later results add to them. A file that is named
    again counts once, and anew against the constants of today.
    """
    from maquette.adapters.factor_files import FACTORS_FILE
    from maquette.cli.capacity.calibrate_data import RUN_HEADINGS, calibrate_data, run_rows
    from maquette.cli.capacity.learning import lesson, must_be_project, show_lesson, write_lesson

    project = Path(folder)
    if not dry_run:
        must_be_project(project, instead="add --dry-run")
    runs, left_out = _runs(results, project, options)
    learnt = lesson(project, [one for run in runs for one in run.compared], replace_all=replace_all)
    if not as_json:
        print_table(RUN_HEADINGS, run_rows(runs), plain_text=plain)
        click.echo()
        show_lesson(learnt, plain_text=plain)
    for one in left_out:
        say(f"Left out: {one.source.rpartition(' ')[0]} {one.where}: {one.reason}.")
    written = not dry_run and write_lesson(learnt, yes=yes)
    if as_json:
        print_json(calibrate_data(runs, left_out, learnt.changes, file=FACTORS_FILE, written=written))


def _runs(results: tuple[str, ...], project: Path, options: dict[str, Any]) -> "tuple[list[Run], list[LeftOut]]":
    """Every run of the files with its predictions, each content once.

    Raises:
        Problem: A file is none, a run's model or accelerator is not known, or nothing can be predicted.
    """
    from maquette.adapters.benchmark_files import read_results
    from maquette.capacity.measured import measured_runs
    from maquette.cli.capacity.calibrate_setups import SetupFinder, SetupOptions
    from maquette.foundation.problems import InvalidInput, Place

    finder = SetupFinder(SetupOptions(**options, project=project))
    files: dict[str, tuple[str, ResultFile]] = {}
    for name in results:
        file = read_results(Path(name), name=name)
        files.setdefault(file.source.rpartition(" ")[2], (name, file))
    runs: list[Run] = []
    left_out: list[LeftOut] = []
    for name, file in files.values():
        for measured in measured_runs(file.data, file=name, lines=file.lines):
            _add(measured, finder.find(measured, name), file.source, runs, left_out)
    if not runs:
        why = left_out[0].reason
        raise InvalidInput(
            f"nothing in the results can be predicted: {why}",
            place=Place(file=results[0]),
            fix="Correct --on, --model or --precision; maquette capacity fits shows what fits.",
        )
    return runs, left_out


def _add(measured: "Measured", setup: "Setup", source: str, runs: "list[Run]", left_out: "list[LeftOut]") -> None:
    """The run with its prediction, or why it has none."""
    from maquette.adapters.engine_files import load_calibration
    from maquette.capacity.calibrating import LeftOut, Run, compare
    from maquette.capacity.predicting import predict
    from maquette.foundation.problems import Problem

    try:
        prediction = predict(setup, measured.load, load_calibration())
    except Problem as problem:
        left_out.append(LeftOut(source=source, where=measured.where, reason=problem.what))
        return
    compared = compare(prediction, measured.metrics, source=source)
    if compared:
        runs.append(Run(source=source, measured=measured, prediction=prediction, compared=compared))
    else:
        reason = "none of its figures is predicted for such a load"
        left_out.append(LeftOut(source=source, where=measured.where, reason=reason))

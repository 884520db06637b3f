"""`maquette eval bless`: write a run as the baseline that later runs must not fall below."""

from typing import TYPE_CHECKING

import click

from maquette.cli.console import PLAIN_OPTION, confirmed, print_json, project_command, say
from maquette.foundation.problems import ExitStatus, InvalidInput, NotFound

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from maquette.evals.baseline import Baseline
    from maquette.evals.comparing_runs import RunComparison


@click.command(name="bless")
@click.argument("run_id", required=False, metavar="[RUN]")
@click.option("--target", "targets", multiple=True, metavar="ID", help="A model to keep; else all of the run.")
@click.option("--anyway", is_flag=True, help="Also a run that did not finish, or with failed calls; it is recorded.")
@click.option("--yes", is_flag=True, help="Do not ask before writing.")
@PLAIN_OPTION
@project_command
def command(
    run_id: str | None,
    targets: tuple[str, ...],
    anyway: bool,
    yes: bool,
    plain: bool,
    folder: str,
    as_json: bool,
) -> int:
    """Bless a run, or the newest one, as the baseline of `maquette eval gate`. Shows it first, and what it replaces.

    The file evals/baseline.json holds every score, so that a gate needs it alone: keep it under version control.
    """
    from maquette.adapters.baseline_files import write_baseline
    from maquette.cli.evals.bless_data import bless_data
    from maquette.evals.baseline import BASELINE_FILE, beside
    from maquette.project.comparing_runs import blessing
    from maquette.wiring import Project

    project = Project.open(folder)
    path = project.folder / BASELINE_FILE
    baseline = blessing(project.view, run_id, targets=targets, anyway=anyway)
    old = _old(path, BASELINE_FILE)
    found = {target: beside(old, baseline, target) for target in baseline.record.targets} if old else {}
    changes = {target: comparison for target, comparison in found.items() if comparison is not None}
    if not as_json:
        _preview(baseline, old, changes, plain_text=plain)
    agreed = confirmed(f"Write {BASELINE_FILE}?", yes=yes)
    if agreed:
        write_baseline(path, baseline)
    if as_json:
        replaces = old.record.run_id if old else None
        print_json(bless_data(baseline, file=BASELINE_FILE, written=agreed, replaces=replaces, changes=changes))
    say(f"Written: {BASELINE_FILE}." if agreed else "Nothing was written. --yes goes ahead without asking.")
    return ExitStatus.OK


def _preview(
    baseline: "Baseline", old: "Baseline | None", changes: "Mapping[str, RunComparison]", *, plain_text: bool
) -> None:
    from maquette.cli.evals.bless_text import bless_sections
    from maquette.cli.evals.sections import print_sections

    print_sections(bless_sections(baseline, replaces=old, changes=changes), plain_text=plain_text)


def _old(path: "Path", name: str) -> "Baseline | None":
    """The baseline that is there; one that cannot be read is told, and may be replaced."""
    from maquette.adapters.baseline_files import read_baseline

    try:
        return read_baseline(path, name=name)
    except NotFound:
        return None
    except InvalidInput as problem:
        say(f"The old baseline is no baseline: {problem.place}: {problem.what}.")
        return None

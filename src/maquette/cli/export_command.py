"""`maquette export`: preview the bundle as a diff, then write it; a file that the user edited is asked about."""

import click

from maquette.bundle.plan import BundlePlan, FileState, Resolution
from maquette.cli.console import clean, confirmed, print_json, project_command, say
from maquette.foundation.problems import NotFound


@click.command(name="export")
@click.option("--out", metavar="DIR", help="The folder to write to; else the project's own (out).")
@click.option("--diff", is_flag=True, help="Show every change line by line.")
@click.option("--dry-run", is_flag=True, help="Show what would happen and write nothing.")
@click.option("--yes", is_flag=True, help="Write without asking; files that you edited are kept.")
@click.option("--keep", multiple=True, metavar="PATH", help="Keep your version of this file; repeatable.")
@click.option("--replace", multiple=True, metavar="PATH", help="Replace your version of this file; repeatable.")
@project_command
def command(
    out: str | None,
    diff: bool,
    dry_run: bool,
    yes: bool,
    keep: tuple[str, ...],
    replace: tuple[str, ...],
    folder: str,
    as_json: bool,
) -> None:
    """Export documents, decision records and configs, in whatever state the project is.

    What is missing is said in the documents. Exporting twice gives the same bytes.
    """
    from maquette.cli.data import export_data
    from maquette.wiring import Project

    project = Project.open(folder)
    plan = project.plan_export(out)
    resolutions = _resolutions(plan, keep=keep, replace=replace)
    if not as_json:
        _show(plan, diff=diff)
    if dry_run or not confirmed("Write it?", yes=yes):
        if as_json:
            print_json(export_data(plan, written=(), kept=()))
        else:
            say("Nothing was written." if dry_run else "Nothing was written. --yes writes without asking.")
        return
    for file in plan.in_state(FileState.EDITED):
        resolutions.setdefault(file.spec.path, _asked(file.spec.path, yes=yes))
    written = project.write_export(plan, resolutions)
    kept = tuple(path for path, resolution in resolutions.items() if resolution is Resolution.KEEP)
    if as_json:
        print_json(export_data(plan, written=written, kept=kept))
    else:
        say(f"Wrote {len(written)} files to {plan.out}; kept {len(kept)} of yours.")


def _resolutions(plan: BundlePlan, *, keep: tuple[str, ...], replace: tuple[str, ...]) -> dict[str, Resolution]:
    edited = {file.spec.path for file in plan.in_state(FileState.EDITED)}
    chosen = dict.fromkeys(keep, Resolution.KEEP) | dict.fromkeys(replace, Resolution.REPLACE)
    for path in chosen:
        if path not in edited:
            raise NotFound(
                f"{path!r} is not a file that you edited",
                fix=f"Edited are: {', '.join(sorted(edited)) or 'none'}.",
            )
    return chosen


def _asked(path: str, *, yes: bool) -> Resolution:
    """What to do with a file that the user edited; nobody to ask means keeping it."""
    if yes:
        return Resolution.KEEP
    replaced = click.confirm(f"{path} was edited by you. Replace it?", default=False, err=True)
    return Resolution.REPLACE if replaced else Resolution.KEEP


def _show(plan: BundlePlan, *, diff: bool) -> None:
    counts = ", ".join(f"{len(plan.in_state(state))} {state.value}" for state in FileState if plan.in_state(state))
    click.echo(f"{plan.out}: {counts}")
    for file in plan.files:
        click.echo(f"  {file.state.mark} {clean(file.spec.path)}")
        if diff and file.diff:
            click.echo(clean(file.diff))

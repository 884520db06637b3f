"""`maquette export`: preview the bundle as a diff, then write it; what the user edited is merged or asked about."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from maquette.bundle.plan import BundlePlan, Resolution
from maquette.cli.console import confirmed, print_json, project_command, say
from maquette.foundation.problems import InvalidInput

if TYPE_CHECKING:
    from maquette.wiring import Project


@click.command(name="export")
@click.option("--out", metavar="DIR", help="The folder to write to, seen from the project's; else its own (out).")
@click.option("--only", multiple=True, metavar="PART", help="An artifact, top folder or file alone; repeatable.")
@click.option("--zip", "archive", metavar="FILE", help="Write one zip archive of a fresh bundle instead of the folder.")
@click.option(
    "--pdf",
    metavar="FILE",
    help="Write the documents, with your edits in the folder, as one PDF instead of the folder.",
)
@click.option("--diff", is_flag=True, help="Show every change line by line.")
@click.option("--origin", is_flag=True, help="With each new line, its template's line and the facts in it.")
@click.option("--why", metavar="PATH:LINE", help="Say where one line comes from, and write nothing.")
@click.option("--dry-run", is_flag=True, help="Show what would happen and write nothing.")
@click.option("--yes", is_flag=True, help="Write without asking; your edits are merged where they fit, else kept.")
@click.option("--keep", multiple=True, metavar="PATH", help="Keep your version of this file; repeatable.")
@click.option("--replace", multiple=True, metavar="PATH", help="Replace your version of this file; repeatable.")
@click.option("--merge", multiple=True, metavar="PATH", help="Merge your version with the new one; repeatable.")
@click.option("--markers", multiple=True, metavar="PATH", help="Keep yours, and write both to PATH.merge; repeatable.")
@project_command
def command(  # noqa: PLR0913, PLR0917  # one parameter an option
    out: str | None,
    only: tuple[str, ...],
    archive: str | None,
    pdf: str | None,
    diff: bool,
    origin: bool,
    why: str | None,
    dry_run: bool,
    yes: bool,
    keep: tuple[str, ...],
    replace: tuple[str, ...],
    merge: tuple[str, ...],
    markers: tuple[str, ...],
    folder: str,
    as_json: bool,
) -> None:
    """Export documents, decision records and configs, in whatever state the project is.

    What is missing is said in the documents. Exporting twice gives the same bytes. An edit of yours is merged with the
    new text by lines; where both changed the same lines, you are asked.
    """
    from maquette.wiring import Project

    project = Project.open(folder)
    if archive is not None or pdf is not None:
        _write_one(project, archive, pdf, out=out, only=only, yes=yes, as_json=as_json)
        return
    plan = project.plan_export(out, only=only, traced=origin or why is not None)
    if why is not None:
        _say_why(plan, why, as_json=as_json)
        return
    chosen = tuple(zip(_CHOICES, (keep, replace, merge, markers), strict=True))
    _write_folder(project, plan, chosen, diff=diff, origin=origin, dry_run=dry_run, yes=yes, as_json=as_json)


_CHOICES = (Resolution.KEEP, Resolution.REPLACE, Resolution.MERGE, Resolution.MARKERS)


def _say_why(plan: BundlePlan, why: str, *, as_json: bool) -> None:
    from maquette.cli.export import showing

    told = showing.why(plan, why)
    print_json(told) if as_json else showing.say_why(told)


def _write_folder(
    project: "Project",
    plan: BundlePlan,
    chosen: tuple[tuple[Resolution, tuple[str, ...]], ...],
    *,
    diff: bool,
    origin: bool,
    dry_run: bool,
    yes: bool,
    as_json: bool,
) -> None:
    """Show the plan, ask, and write it."""
    from maquette.cli.export import asking, showing

    said = asking.said(plan, chosen)
    if not as_json:
        showing.show(plan, diff=diff, origin=origin)
    if dry_run or not confirmed("Write it?", yes=yes):
        if as_json:
            _written(plan, (), {}, as_json=True)
        else:
            say("Nothing was written." if dry_run else "Nothing was written. --yes writes without asking.")
        return
    resolutions = asking.resolved(plan, said, yes=yes)
    _written(plan, project.write_export(plan, resolutions), resolutions, as_json=as_json)


def _written(plan: BundlePlan, written: tuple[str, ...], resolutions: dict[str, Resolution], *, as_json: bool) -> None:
    """What was done, as data or in a sentence."""
    from maquette.cli.data import export_data

    merged = [path for path, resolution in resolutions.items() if resolution is Resolution.MERGE]
    kept = tuple(
        path for path, resolution in resolutions.items() if resolution in {Resolution.KEEP, Resolution.MARKERS}
    )
    if as_json:
        print_json(export_data(plan, written=written, kept=kept))
    else:
        told = f"; merged {len(merged)} with your edits" if merged else ""
        say(f"Wrote {len(written)} files to {plan.out}; kept {len(kept)} of yours{told}.")


def _write_one(
    project: "Project",
    archive: str | None,
    pdf: str | None,
    *,
    out: str | None,
    only: tuple[str, ...],
    yes: bool,
    as_json: bool,
) -> None:
    if archive is not None and pdf is not None:
        raise InvalidInput("--zip and --pdf each write one file", fix="Run the command once for each.")
    if pdf is not None:
        _write_pdf(project, pdf, out=out, only=only, yes=yes, as_json=as_json)
    elif archive is not None:
        _write_zip(project, archive, only=only, yes=yes, as_json=as_json)


def _write_zip(project: "Project", archive: str, *, only: tuple[str, ...], yes: bool, as_json: bool) -> None:
    from maquette.adapters.bundle_files import write_zip

    if not archive.strip():
        raise InvalidInput("the archive has no name", fix="Name a file: --zip bundle.zip.")
    files = project.render_export(only=only)
    written = write_zip(Path(archive), files, replace=yes)
    if as_json:
        print_json({"format": 1, "zip": archive, "written": written, "files": [spec.path for spec in files]})
    else:
        say(f"Wrote {len(files)} files to {archive}." if written else f"{archive} holds the very same bundle already.")


def _write_pdf(
    project: "Project", name: str, *, out: str | None, only: tuple[str, ...], yes: bool, as_json: bool
) -> None:
    from maquette.adapters.markdown_documents import write_pdf

    if not name.strip():
        raise InvalidInput("the PDF has no name", fix="Name a file: --pdf design.pdf.")
    site = project.render_site(out, only=only)
    if not site.documents:
        raise InvalidInput("none of these parts is a document", fix="Name documents with --only, or leave it out.")
    written = write_pdf(Path(name), site, replace=yes)
    if as_json:
        print_json({"format": 1, "pdf": name, "written": written, "documents": [one.path for one in site.documents]})
    else:
        said = f"Wrote {len(site.documents)} documents to {name}."
        say(said if written else f"{name} holds the very same documents already.")

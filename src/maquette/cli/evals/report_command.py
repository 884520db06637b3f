"""`maquette eval report`: a run as a report, in the terminal or as a file to hand on."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from maquette.cli.console import PLAIN_OPTION, confirmed, print_json, project_command, say
from maquette.foundation.problems import Conflict, InvalidInput, Place

if TYPE_CHECKING:
    from maquette.cli.evals.report_gathering import Gathered
    from maquette.foundation.whole_files import StagedFile
    from maquette.wiring import Project

Staging = tuple[str, Path, Callable[[], "StagedFile"]]
"""The form of a file, its place, and what makes it beside that place."""


class WhichExamples(click.ParamType[str | int]):
    """The words all and wrong, or a number."""

    name = "which"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str | int:
        """The words as they are, a number as one."""
        if isinstance(value, int) or str(value) in ("all", "wrong"):
            return value if isinstance(value, int) else str(value)
        if not str(value).isdecimal() or int(value) < 1:
            self.fail(f"{value!r} is not all, wrong or a number above 0", param, ctx)
        return int(value)


def _file(option: str, about: str, metavar: str = "FILE") -> Callable[[Any], Any]:
    return click.option(option, type=click.Path(path_type=Path), metavar=metavar, help=about)


@click.command(name="report")
@click.argument("run_id", required=False, metavar="[RUN]")
@click.option("--compare", "beside", multiple=True, metavar="RUN", help="Set this run beside it; repeatable.")
@_file("--html", "One page with charts and every example, which needs nothing beside it.")
@_file("--markdown", "Tables for a comment on a change; - prints it.", "FILE|-")
@_file("--csv", "Every trial as a row.")
@_file("--parquet", "Every trial as a row, with its types.")
@click.option(
    "--spreadsheet-safe", is_flag=True, help="In CSV, put an apostrophe before text that a spreadsheet would run."
)
@click.option(
    "--examples",
    type=WhichExamples(),
    metavar="all|wrong|N",
    help="Which examples the page shows; else the first 10000, wrong ones first.",
)
@click.option("--yes", is_flag=True, help="Replace files that are there without asking.")
@PLAIN_OPTION
@project_command
def command(*, run_id: str | None, beside: tuple[str, ...], yes: bool, as_json: bool, **asked: Any) -> None:
    """Report a run, the newest one without a name: which model to take, and what it rests on.

    Without a file it prints the report. Files are written whole or not at all, and replaced only when you agree.
    """
    from maquette.cli.evals.report_data import report_data
    from maquette.cli.evals.report_gathering import gather
    from maquette.wiring import Project

    printed = asked["markdown"] == Path("-")
    if printed and as_json:
        raise InvalidInput("JSON and Markdown cannot both be printed", fix="Name a file for one: --markdown FILE.")
    project = Project.open(asked["folder"])
    places = _places(asked, yes=yes)
    gathered = gather(project, run_id, beside)
    files = [
        {"path": str(place), "form": form, "size_bytes": _put(form, make(), yes=yes)}
        for form, place, make in _stagings(project, gathered, places, asked)
    ]
    if printed:
        from maquette.adapters.report_markdown import as_markdown

        click.echo(as_markdown(gathered.report), nl=False)
    elif as_json:
        print_json(report_data(gathered.report, files))  # type: ignore[arg-type]  # built of the three fields above
    elif not files:
        from maquette.cli.evals.report_text import show_report

        show_report(gathered.report, plain_text=asked["plain"])


def _places(asked: dict[str, Any], *, yes: bool) -> dict[str, Path]:
    """The files to write, by form.

    Raises:
        InvalidInput: Two forms go into one file.
        Conflict: A file is there, and nobody can be asked.
    """
    import sys

    places = {form: asked[form] for form in ("html", "markdown", "csv", "parquet")}
    places = {form: place for form, place in places.items() if place is not None and str(place) != "-"}
    if len({place.absolute() for place in places.values()}) < len(places):
        raise InvalidInput("two forms of the report go into one file", fix="Give each a file of its own.")
    for place in places.values():
        if place.is_file() and not yes and not sys.stdin.isatty():
            raise _there(place)
    return places


def _there(place: Path) -> Conflict:
    return Conflict(
        "the file is there already; nothing was written over it",
        place=Place(file=str(place)),
        fix="Name another file, or replace it with --yes.",
    )


def _stagings(
    project: "Project", gathered: "Gathered", places: dict[str, Path], asked: dict[str, Any]
) -> Iterator[Staging]:
    from maquette.foundation.whole_files import stage, stage_text

    def text(form: str, place: Path) -> "StagedFile":
        if form == "html":
            return stage_text(place, gathered.pieces(gathered.drill(asked["examples"])))
        from maquette.adapters.report_markdown import as_markdown

        return stage_text(place, [as_markdown(gathered.report)])

    def rows(form: str, place: Path) -> "StagedFile":
        # The run is one of the project's own, so that its id is r- and digits.
        query = f"select * from trials where run_id = '{gathered.report.run.id}' order by example_id, target_id"  # noqa: S608
        safe = asked["spreadsheet_safe"] and form == "csv"
        return stage(place, lambda staged: project.write_sql(query, staged, form=form, spreadsheet_safe=safe))  # type: ignore[arg-type]  # csv or parquet

    for form, place in places.items():
        make = text if form in ("html", "markdown") else rows
        yield form, place, lambda make=make, form=form, place=place: make(form, place)  # type: ignore[misc]  # bound now


def _put(form: str, staged: "StagedFile", *, yes: bool) -> int:
    """Say what is to be written, ask where a file is there, and put it into its place; its size."""
    size = _size(staged.size_bytes)
    if staged.replaced_bytes is not None:
        say(f"{staged.place}: {form}, {size}, replaces a file of {_size(staged.replaced_bytes)}.")
        if not confirmed("Replace it?", yes=yes):
            staged.drop()
            raise _there(staged.place)
    staged.put()
    say(f"Wrote {staged.place}: {form}, {size}.")
    return staged.size_bytes


def _size(size_bytes: int) -> str:
    if size_bytes < 1_000_000:
        return f"{size_bytes / 1000:,.1f} kB"
    return f"{size_bytes / 1_000_000:,.1f} MB"

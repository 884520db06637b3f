"""`maquette sql`: the project's files as views, asked in SQL."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from maquette.cli.console import PLAIN_OPTION, confirmed, print_json, print_table, project_command, say
from maquette.foundation.problems import Conflict, InvalidInput, Place

if TYPE_CHECKING:
    from maquette.project import Project

_FORMS = {".csv": "csv", ".parquet": "parquet"}


@click.command(name="sql")
@click.argument("query", required=False)
@click.option("--tables", is_flag=True, help="What there is to ask: each view, its columns, and what they mean.")
@click.option(
    "--output", metavar="FILE", type=click.Path(path_type=Path), help="Write the rows into FILE.csv or FILE.parquet."
)
@click.option("--yes", is_flag=True, help="Overwrite FILE without asking.")
@click.option("--spreadsheet-safe", is_flag=True, help="In CSV, an apostrophe before text that looks like a formula.")
@PLAIN_OPTION
@project_command
def command(
    *,
    query: str | None,
    tables: bool,
    output: Path | None,
    yes: bool,
    spreadsheet_safe: bool,
    plain: bool,
    folder: str,
    as_json: bool,
) -> None:
    """Run one query over the project's files; without a query, list the views.

    \b
    trials       one row a finished call
    scores       one row a score
    runs         one row a run
    run_results  one row a run and target: score, interval, latency, cost
    answers      the requirements
    prices       of the chosen models
    cost_lines   of the projection
    cost_months  the same by month and by what is paid for
    cost_actual_vs_projected  months of actual costs beside it
    actuals      what was really spent: a row a day, model and tag
    actuals_monthly  the same by the month
    --tables lists their columns.

    The views read the files as they are now; nothing is stored, and nothing outside the project can be read.
    Answers of models may begin with = + - or @, which spreadsheets run as formulas: --spreadsheet-safe disarms them.
    """  # noqa: D301  # click's own mark for lines that stay as they are
    from maquette.wiring import Project

    project = Project.open(folder)
    if tables:
        _show_tables(as_json=as_json, plain=plain)
    elif output is not None:
        _write(project, query, output, yes=yes, spreadsheet_safe=spreadsheet_safe, as_json=as_json)
    else:
        _ask(project, query, as_json=as_json, plain=plain)


def _ask(project: "Project", query: str | None, *, as_json: bool, plain: bool) -> None:
    table = project.ask_sql(query or "select table_name as view from information_schema.tables order by 1")
    if as_json:
        print_json([dict(zip(table.columns, row, strict=True)) for row in table.rows])
    else:
        rows = [["" if cell is None else str(cell) for cell in row] for row in table.rows]
        print_table(table.columns, rows, plain_text=plain)


def _show_tables(*, as_json: bool, plain: bool) -> None:
    from maquette.project.views_in_sql import PROJECT_VIEWS

    if as_json:
        views = [
            {
                "view": view.name,
                "about": view.about,
                "columns": [{"column": name, "about": about} for name, about in view.columns.items()],
            }
            for view in PROJECT_VIEWS.values()
        ]
        print_json({"format": 1, "views": views})
        return
    rows = [(view.name, column, about) for view in PROJECT_VIEWS.values() for column, about in view.columns.items()]
    print_table(["view", "column", "what it holds"], rows, plain_text=plain)


def _write(
    project: "Project", query: str | None, path: Path, *, yes: bool, spreadsheet_safe: bool, as_json: bool
) -> None:
    form = _FORMS.get(path.suffix.lower())
    if query is None or form is None:
        what = (
            "there is no query whose rows could be written" if query is None else "the file is neither CSV nor Parquet"
        )
        fix = (
            'Give one: maquette sql "from run_results" --output results.csv.'
            if query is None
            else "End its name in .csv or .parquet."
        )
        raise InvalidInput(what, fix=fix, place=Place(file=str(path)))
    if path.exists():
        say(f"{path} is there, with {path.stat().st_size} bytes.")
        if not confirmed(f"Overwrite {path}?", yes=yes):
            raise Conflict(
                "the file exists; nothing was overwritten",
                fix="--yes overwrites it; or give another name.",
                place=Place(file=str(path)),
            )
    rows = project.write_sql(query, path, form="csv" if form == "csv" else "parquet", spreadsheet_safe=spreadsheet_safe)
    if as_json:
        print_json({"format": 1, "file": str(path), "form": form, "rows": rows})
    else:
        say(f"{rows} rows written to {path}.")

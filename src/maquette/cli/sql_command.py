"""`maquette sql`: the project's files as views, asked in SQL."""

import click

from maquette.cli.console import PLAIN_OPTION, print_json, print_table, project_command


@click.command(name="sql")
@click.argument("query", required=False)
@PLAIN_OPTION
@project_command
def command(query: str | None, plain: bool, folder: str, as_json: bool) -> None:
    """Run one query over the views runs, trials, answers, prices and cost_lines; without a query, list them.

    The views read the files as they are now; nothing is stored, and nothing outside the project can be read.
    """
    from maquette.wiring import Project

    project = Project.open(folder)
    table = project.ask_sql(query or "select table_name as view from information_schema.tables order by 1")
    if as_json:
        print_json([dict(zip(table.columns, row, strict=True)) for row in table.rows])
    else:
        rows = [["" if cell is None else str(cell) for cell in row] for row in table.rows]
        print_table(table.columns, rows, plain_text=plain)

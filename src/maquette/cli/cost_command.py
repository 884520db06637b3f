"""`maquette cost`: the projection over the horizon, with ranges, assumptions and every line on demand."""

import click

from maquette.cli.console import PLAIN_OPTION, print_json, project_command


@click.command(name="cost")
@click.option("--lines", is_flag=True, help="Show every line: quantity, price, amount and source.")
@PLAIN_OPTION
@project_command
def command(lines: bool, plain: bool, folder: str, as_json: bool) -> None:
    """Project what each chosen model costs month by month; money is exact, ranges span what is not known."""
    from maquette.wiring import Project

    project = Project.open(folder)
    project.accept_cost()
    projection = project.view.projection
    if as_json:
        from maquette.cli.data import cost_data

        print_json(cost_data(projection, lines=lines))
        return
    from maquette.cli.text import show_cost

    show_cost(projection, lines=lines, plain_text=plain)

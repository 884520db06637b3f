"""`maquette cost flips`: where one input alone turns the order of the options or takes one over the budget."""

import click

from maquette.cli.console import PLAIN_OPTION, clean, print_json, print_table, project_command
from maquette.cli.cost.opening import opened


@click.command(name="flips")
@PLAIN_OPTION
@project_command
def command(plain: bool, folder: str, as_json: bool) -> None:
    """Move volume, lengths, prefix, growth and the share that may wait, each alone, and say where it flips.

    Each flip is solved on the exact projection: its value is the first at which it is otherwise. The nearest flip below
    today's value and above it is shown.
    """
    from maquette.project.costing import crossings

    project = opened(folder)
    found = crossings(project.view, project.questions)
    if as_json:
        from maquette.cli.cost.data import flips_data

        print_json(flips_data(found))
        return
    if not found:
        click.echo("Nothing that is moved alone turns the order or the budget.")
    if plain:
        for flip in found:
            click.echo(clean(f"{flip.sentence}; {flip.fact} is {flip.now:f} now"))
        return
    rows = [(flip.fact, f"{flip.now:f}", f"{flip.value:f}", flip.sentence) for flip in found]
    print_table(["input", "now", "flips at", "what happens"], rows)

"""`maquette cost diff A B`: why one costs what the other does not, line by line: price, quantity, both together."""

import click

from maquette.cli.console import PLAIN_OPTION, print_json, project_command, say
from maquette.foundation.problems import NotFound
from maquette.project import Project


@click.command(name="diff")
@click.argument("a")
@click.argument("b")
@PLAIN_OPTION
@project_command
def command(a: str, b: str, plain: bool, folder: str, as_json: bool) -> None:
    """Explain the difference between A and B over the horizon, in the expected case.

    A and B are options of the projection, folders of projects, or projections saved by `maquette cost --json --lines`.
    Of two whole projections the options with the same name are compared. Every difference is split into what the price
    did, what the quantity did, what both did together, and lines that one side does not have; these add up exactly.
    """
    from maquette.cli.cost.data import difference_data
    from maquette.cli.cost.sides import pairs, side_of
    from maquette.cost.difference import explain_difference

    here = _here(folder)
    side_a, side_b = side_of(a, here), side_of(b, here)
    compared = pairs(side_a, side_b)
    found = [explain_difference(x, side_a.options[x], y, side_b.options[y]) for x, y in compared]
    only_a = [] if side_a.alone else [name for name in side_a.options if name not in {x for x, _ in compared}]
    only_b = [] if side_b.alone else [name for name in side_b.options if name not in {y for _, y in compared}]
    if as_json:
        print_json(
            {
                "format": 1,
                "a": a,
                "b": b,
                "differences": [difference_data(one) for one in found],
                "only_in_a": only_a,
                "only_in_b": only_b,
            }
        )
        return
    from maquette.cli.cost.text import show_difference

    for one in found:
        show_difference(one, plain_text=plain)
    for label, names in ((a, only_a), (b, only_b)):
        if names:
            say(f"Only in {label}: {', '.join(names)}.")


def _here(folder: str) -> Project | None:
    from maquette import wiring

    try:
        return wiring.Project.open(folder)
    except NotFound:
        return None

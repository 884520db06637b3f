"""A project with something to project, and the options that say how to draw."""

from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import Any, TypeVar

import click

from maquette.cost.drawing import DRAWS, SEED
from maquette.cost.uncertain import VOLUME_WITHIN
from maquette.foundation.problems import InvalidInput, NotFound, Place
from maquette.project import Project

Command = TypeVar("Command", bound=Callable[..., Any])


def opened(folder: str) -> Project:
    """The project in ``folder``.

    Raises:
        NotFound: There is none, or no model is chosen.
    """
    from maquette import wiring

    project = wiring.Project.open(folder)
    if not project.view.cost_options:
        raise NotFound("no model is chosen to project", fix="Choose some: maquette shortlist --choose MODEL.")
    return project


def drawing_options(command: Command) -> Command:
    """--draws, --seed and --volume-within."""
    for option in (
        click.option("--volume-within", default=str(VOLUME_WITHIN), show_default=True, metavar="FACTOR", help=_WITHIN),
        click.option("--seed", default=SEED, show_default=True, help="Which draws; the same seed, the same figures."),
        click.option("--draws", default=DRAWS, show_default=True, help="How many draws an option."),
    ):
        command = option(command)
    return command


_WITHIN = "Half of all launches bring the planned volume within this factor; 1 takes the volume at its word."


def factor(text: str) -> Decimal:
    """The factor as a number.

    Raises:
        InvalidInput: It is none.
    """
    return decimal_in(text, "--volume-within")


def decimal_in(text: str, option: str) -> Decimal:
    """The number that an option holds; raises as `factor`."""
    try:
        return Decimal(text)
    except InvalidOperation:
        raise InvalidInput(f"{text!r} is not a number", place=Place(field=option), fix="Write it like 1.2.") from None

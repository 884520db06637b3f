"""`maquette capacity fits`: the memory of a replica by purpose, and what would make the model fit."""

from typing import Any

import click

from maquette.cli.capacity.setup_options import setup_command, setup_from
from maquette.cli.console import PLAIN_OPTION, clean, print_json, print_table, project_command, say
from maquette.foundation.problems import ExitStatus


@click.command(name="fits")
@setup_command
@click.option("--context", "context_tok", type=click.IntRange(min=1), default=8192, show_default=True, metavar="TOK")
@click.option("--concurrency", type=click.IntRange(min=1), default=1, show_default=True, help="Sequences at once.")
@PLAIN_OPTION
@project_command
def command(
    *, model: str, context_tok: int, concurrency: int, plain: bool, folder: str, as_json: bool, **of_setup: Any
) -> ExitStatus:
    """Say whether MODEL with sequences of a context fits on accelerators; exits 1 when it does not.

    Where it does not fit, up to three changes that would make it fit are named, each of them tried.
    """
    from pathlib import Path

    from maquette.capacity.fitting_in import fits
    from maquette.catalogs import load_accelerators
    from maquette.cli.capacity.fits_data import HEADINGS, change_lines, fits_data, memory_rows, verdict

    project = Path(folder)
    setup = setup_from(model, project=project, **of_setup)
    found = fits(setup, context_tok, concurrency, larger=load_accelerators(project))
    if as_json:
        print_json(fits_data(found, context_tok, concurrency))
    else:
        print_table(HEADINGS, memory_rows(found), plain_text=plain)
        click.echo()
        click.echo(clean(verdict(found, context_tok, concurrency)))
        for line in change_lines(found):
            click.echo(clean(line))
        if found.plan.estimated:
            say("The weights are an estimate: the format mixes its bits, or the model's parts are not known.")
    return ExitStatus.OK if found.fits else ExitStatus.FINDING

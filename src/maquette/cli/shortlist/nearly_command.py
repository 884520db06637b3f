"""`maquette shortlist nearly`: the smallest change of one requirement that lets more models in."""

import click

from maquette.cli.console import print_json, project_command


@click.command(name="nearly")
@project_command
def command(folder: str, as_json: bool) -> None:
    """Say which single change of a requirement would let more models in, and how many.

    The most useful first: small changes of numbers, then other choices, then what a law or a contract may require.
    """
    from maquette.catalog.nearly import nearly
    from maquette.cli.shortlist.opening import opened

    here = opened(folder)
    found = nearly(here.catalog, here.facts, here.today)
    if as_json:
        from maquette.cli.shortlist.data import nearly_data

        print_json(nearly_data(found))
        return
    from maquette.cli.shortlist.text import show_nearly

    show_nearly(found, more="" if found else "No single change of a requirement lets another model in.")

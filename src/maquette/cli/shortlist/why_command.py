"""`maquette shortlist why MODEL`: each requirement, what the card says and its source, what would let it in."""

import click

from maquette.cli.console import PLAIN_OPTION, print_json, project_command


@click.command(name="why")
@click.argument("model")
@PLAIN_OPTION
@project_command
def command(model: str, plain: bool, folder: str, as_json: bool) -> None:
    """Say why MODEL is in or out: every requirement, what its card says on it, and the source.

    For a model that is out: the first reason, the other ones, and the smallest single change that would let it in.
    """
    tell(model, folder=folder, as_json=as_json, plain_text=plain)


def tell(model: str, *, folder: str, as_json: bool, plain_text: bool) -> None:
    """Print why a model is in or out.

    Raises:
        NotFound: The catalog has no such model; close names are proposed.
    """
    from maquette.catalog.checks import Needs
    from maquette.catalog.nearly import smallest_changes
    from maquette.catalog.reasons import reasons
    from maquette.catalog.shortlisting import candidate_of, unheard_of
    from maquette.cli.shortlist.opening import opened

    here = opened(folder)
    card = here.catalog.cards.get(model)
    if card is None:
        raise unheard_of(here.shortlist, model)
    needs = Needs.of(here.facts, here.today)
    candidate = here.shortlist.candidate(model) or candidate_of(card, (), needs)
    near = smallest_changes(card, needs)
    if as_json:
        from maquette.cli.shortlist.data import why_data

        print_json(why_data(candidate, reasons(card, needs), near))
    else:
        from maquette.cli.shortlist.text import show_why

        show_why(candidate, reasons(card, needs), near, plain_text=plain_text)

"""`maquette shortlist roles`: which candidate is fast, balanced, strong, a judge, a fallback, and by which rule."""

from collections.abc import Mapping, Sequence

import click

from maquette.cli.console import PLAIN_OPTION, print_json, project_command


@click.command(name="roles")
@PLAIN_OPTION
@project_command
def command(plain: bool, folder: str, as_json: bool) -> None:
    """Say which model plays which role, by which rule, and what an outage of one provider takes down."""
    from maquette.catalog.diversity import diversity
    from maquette.catalog.roles import bind
    from maquette.cli.shortlist.opening import opened

    here = opened(folder)
    bound = bind(
        here.shortlist, here.catalog, here.facts, today=here.today, chosen=here.chosen, listed=_published_orders()
    )
    names = here.chosen or tuple(dict.fromkeys(binding.model for binding in bound if binding.model))
    of = "the chosen models" if here.chosen else "the models in these roles"
    told = diversity(here.catalog.cards[name] for name in names if name in here.catalog.cards)
    if as_json:
        from maquette.cli.shortlist.data import roles_data

        print_json(roles_data(bound, told, of=of))
    else:
        from maquette.cli.shortlist.text import show_roles

        show_roles(bound, told, of=of, plain_text=plain)


def _published_orders() -> Mapping[str, Sequence[str]]:
    """The catalog's own lists of candidates by role, best first."""
    from maquette.adapters.knowledge_files import load_roles

    return {role.name: role.candidates for role in load_roles().roles}

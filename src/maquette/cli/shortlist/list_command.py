"""`maquette shortlist [TERMS]`: who fits, who is out and for which first reason, and the choice."""

import click

from maquette.cli.console import PLAIN_OPTION, print_json, project_command

NEARLY_SHOWN = 3


@click.command(name="list", context_settings={"ignore_unknown_options": True})
@click.argument("terms", nargs=-1)
@click.option("--choose", "chosen", multiple=True, metavar="MODEL", help="Choose a model to evaluate; repeatable.")
@click.option("--why", metavar="MODEL", help="Why that model is in or out; the same as: maquette shortlist why MODEL.")
@click.option("--limit", default=20, show_default=True, metavar="N", help="Candidates to show; 0 shows all.")
@PLAIN_OPTION
@project_command
def command(
    terms: tuple[str, ...],
    chosen: tuple[str, ...],
    why: str | None,
    limit: int,
    plain: bool,
    folder: str,
    as_json: bool,
) -> None:
    """Show the models that meet the requirements, and for all others the first reason why not.

    A capability that nobody states is unknown, not missing: such models are listed as unverified. TERMS narrow the list
    down; without a project here they filter the bare catalog.
    """
    if why:
        from maquette.cli.shortlist.why_command import tell

        tell(why, folder=folder, as_json=as_json, plain_text=plain)
        return
    from maquette.catalog.filter_terms import parse
    from maquette.catalog.nearly import foremost, nearly
    from maquette.cli.shortlist.opening import kept, opened

    line = parse(" ".join(terms))
    here = opened(folder, choose=chosen)
    matching = kept(line, here)
    near = foremost(nearly(here.catalog, here.facts, here.today), NEARLY_SHOWN) if here.is_project else ()
    if as_json:
        from maquette.cli.shortlist.data import shortlist_data

        print_json(shortlist_data(here, line=line, matching=matching, nearly=near))
    else:
        from maquette.cli.shortlist.text import show_shortlist

        show_shortlist(here, line=line, matching=matching, nearly=near, limit=limit, plain_text=plain)

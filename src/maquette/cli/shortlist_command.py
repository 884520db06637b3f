"""`maquette shortlist`: who fits, who is out and why, and the choice."""

import click

from maquette.cli.console import PLAIN_OPTION, print_json, project_command, say


@click.command(name="shortlist")
@click.option("--choose", "chosen", multiple=True, metavar="MODEL", help="Choose a model to evaluate; repeatable.")
@click.option("--why", metavar="MODEL", help="Why that model is in or out.")
@click.option("--limit", default=20, show_default=True, metavar="N", help="Candidates to show; 0 shows all.")
@PLAIN_OPTION
@project_command
def command(chosen: tuple[str, ...], why: str | None, limit: int, plain: bool, folder: str, as_json: bool) -> None:
    """Show the models that meet the requirements, and for all others the first reason why not.

    A capability that nobody states is unknown, not missing: such models are listed as unverified.
    """
    from maquette.wiring import Project

    project = Project.open(folder)
    if chosen:
        project.choose(chosen)
        say(f"Chosen: {', '.join(chosen)}.")
    view = project.view
    if as_json:
        from maquette.cli.data import shortlist_data

        print_json(
            shortlist_data(
                view.shortlist, chosen=view.document.chosen, prices_as_of=view.catalog.prices_as_of.isoformat()
            )
        )
    elif why:
        from maquette.catalog.shortlisting import why_not

        click.echo(why_not(view.shortlist, why))
    else:
        from maquette.cli.text import show_shortlist

        show_shortlist(view, limit=limit, plain_text=plain)

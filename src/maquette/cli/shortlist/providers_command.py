"""`maquette shortlist providers`: who offers the models of the shortlist, and what each one's terms say here."""

from typing import TYPE_CHECKING

import click

from maquette.cli.console import PLAIN_OPTION, clean, print_json, print_table, project_command, say

if TYPE_CHECKING:
    from maquette.catalog.scorecard import ProviderScore

_SHOWN = 12


@click.command(name="providers")
@click.option("--limit", default=_SHOWN, show_default=True, help="How many providers; 0 for all.")
@PLAIN_OPTION
@project_command
def command(limit: int, plain: bool, folder: str, as_json: bool) -> None:
    """Hold each provider of the shortlist against the requirements that ask something of a provider.

    A criterion stands only where a requirement asks for it: residency, agreements, retention, uptime, rate limits,
    lanes, last days. What no page states is not known, and counts neither for nor against.
    """
    from maquette.adapters.knowledge_files import load_providers
    from maquette.catalog.scorecard import scorecard
    from maquette.cli.shortlist.opening import opened

    here = opened(folder)
    found = scorecard(here.shortlist, load_providers(), here.facts, today=here.today, chosen=here.chosen)
    if as_json:
        from maquette.cli.shortlist.providers_data import scorecard_data

        print_json(scorecard_data(found))
        return
    _show(found, limit, plain_text=plain)


def _show(found: "tuple[ProviderScore, ...]", limit: int, *, plain_text: bool) -> None:
    from maquette.cli.shortlist.providers_data import HEADINGS, MARK_HEADINGS, mark_rows, provider_rows

    shown = found[: limit or None]
    if not shown:
        click.echo("No model of the shortlist is behind a provider's API.")
        return
    print_table(HEADINGS, provider_rows(shown), plain_text=plain_text)
    for one in shown:
        if one.marks or one.terms:
            click.echo(clean(f"\n{one.title}"))
            print_table(MARK_HEADINGS, mark_rows(one), plain_text=plain_text)
    if len(shown) < len(found):
        say(f"{len(found) - len(shown)} more; --limit 0 shows all.")
    if not shown[0].marks:
        say("No requirement asks anything of a provider yet; maquette catalog providers shows what is known of each.")

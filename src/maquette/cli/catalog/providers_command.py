"""`maquette catalog providers`: where they keep data and for how long, agreements, tuning, what they retired."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from maquette.cli.console import JSON_OPTION, PLAIN_OPTION, clean, print_json, print_table, say

if TYPE_CHECKING:
    from maquette.catalog.providers import Provider


@click.command(name="providers")
@click.argument("name", required=False)
@PLAIN_OPTION
@JSON_OPTION
def command(name: str | None, plain: bool, as_json: bool) -> None:
    """List the providers, or show all that is known of NAME, with the page that states each fact.

    NAME is a provider of this list, such as bedrock, or a provider name of the price map, such as vertex_ai.
    """
    from datetime import UTC, datetime

    from maquette.adapters.knowledge_files import load_providers
    from maquette.catalogs import load_catalog
    from maquette.cli.catalog import providers_data as data

    today = datetime.now(tz=UTC).date()
    known = load_providers()
    chosen = known if name is None else (_named(name),)
    counts = data.model_counts(load_catalog(project=Path()).cards.values(), known)
    if as_json:
        print_json(data.providers_data(chosen, counts, today))
        return
    if name is None:
        print_table(data.HEADINGS, data.provider_rows(chosen, counts), plain_text=plain)
        say("unknown: no page that was read states it. maquette catalog providers NAME shows conditions and pages.")
        return
    (one,) = chosen
    click.echo(clean("\n".join(data.fact_lines(one, counts[one.name], today))))
    for title, headings, rows in (
        ("Fine-tuning", data.TUNING_HEADINGS, data.tuning_rows(one.tuning, today)),
        ("Retired", data.RETIRED_HEADINGS, data.retired_rows(one.retired, today)),
    ):
        if rows:
            click.echo(f"\n{title}")
            print_table(headings, rows, plain_text=plain)


def _named(name: str) -> "Provider":
    from maquette.adapters.knowledge_files import load_providers
    from maquette.catalog.providers import provider_of
    from maquette.foundation.problems import NotFound
    from maquette.foundation.wording import shown, suggestion

    known = load_providers()
    wanted = name.strip().lower()
    found = next((each for each in known if each.name == wanted), None) or provider_of(wanted, known)
    if found is None:
        names = [each.name for each in known]
        raise NotFound(f"there is no provider {shown(name)}", fix=_advice(suggestion(wanted, names), names))
    return found


def _advice(near: str | None, names: list[str]) -> str:
    return near or f"Known are {', '.join(names)}."

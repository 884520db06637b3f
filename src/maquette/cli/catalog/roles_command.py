"""`maquette catalog roles`: which models fill fast, balanced, strong and the other roles today, and who is gone."""

from pathlib import Path

import click

from maquette.cli.console import JSON_OPTION, PLAIN_OPTION, print_json, print_table, say


@click.command(name="roles")
@PLAIN_OPTION
@JSON_OPTION
def command(plain: bool, as_json: bool) -> None:
    """Show who fills each role on this day, and what became of the models that older guidance names."""
    from datetime import UTC, datetime

    from maquette.adapters.knowledge_files import load_providers, load_roles
    from maquette.catalog.providers import retired_products
    from maquette.catalogs import load_catalog
    from maquette.cli.catalog import roles_data as data

    today = datetime.now(tz=UTC).date()
    file, catalog, gone = load_roles(), load_catalog(project=Path()), retired_products(load_providers())
    roles = data.filled_roles(file, catalog, today, gone)
    triples = data.filled_triples(file, catalog, today, gone)
    if as_json:
        print_json(data.roles_data(roles, triples, today))
        return
    print_table(data.HEADINGS, data.role_rows(roles), plain_text=plain)
    click.echo()
    print_table(data.TRIPLE_HEADINGS, data.triple_rows(triples), plain_text=plain)
    say("The order is this catalog's own. maquette shortlist asks who meets your requirements.")

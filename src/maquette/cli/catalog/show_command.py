"""`maquette catalog show`: a model's whole card."""

from datetime import UTC, datetime

import click

from maquette.cli.console import JSON_OPTION, clean, print_json


@click.command(name="show")
@click.argument("model")
@JSON_OPTION
def command(model: str, as_json: bool) -> None:
    """Show everything that is known of MODEL: limits, capabilities, regions, prices, shape, licence, retirement.

    MODEL is an id of the catalog, a name on a model hub, or a path that ends in .gguf. What nobody says is unknown.
    """
    from maquette.adapters.knowledge_files import load_providers
    from maquette.adapters.licence_files import load_licences
    from maquette.catalog.providers import provider_of
    from maquette.cli.catalog.named_model import named_card
    from maquette.cli.catalog.show_data import card_data, card_lines, licence_of

    card = named_card(model)
    provider = provider_of(card.provider, load_providers())
    licence = licence_of(card, load_licences())
    today = datetime.now(tz=UTC).date()
    if as_json:
        print_json(card_data(card, provider, licence, today))
        return
    click.echo(clean("\n".join(card_lines(card, provider, licence, today))))

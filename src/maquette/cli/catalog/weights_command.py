"""`maquette catalog weights`: the memory of a model's weights in each quantisation."""

import click

from maquette.cli.console import JSON_OPTION, PLAIN_OPTION, clean, print_json, print_table, say


@click.command(name="weights")
@click.argument("model")
@PLAIN_OPTION
@JSON_OPTION
def command(model: str, plain: bool, as_json: bool) -> None:
    """Show what the weights of MODEL take in each quantisation, with what stays at 16 bit.

    MODEL is an id of the catalog, such as open/qwen3-8b, a name on a model hub, or a path that ends in .gguf.
    """
    from maquette.catalog.quantisation import native_size
    from maquette.cli.catalog.named_model import known_weights, named_card
    from maquette.cli.catalog.weights_data import HEADINGS, rows, sizes, weights_data

    card = named_card(model, open_first=True)
    weights = known_weights(card)
    if as_json:
        print_json(weights_data(card, weights))
        return
    found = sizes(card, weights)
    if found:
        print_table(HEADINGS, rows(found), plain_text=plain)
        click.echo()
    native = native_size(weights)
    if native:
        click.echo(clean(f"Published as {native.format}: {native.weight_bytes:,} bytes ({native.how})."))
    if weights.file_bytes is not None:
        click.echo(clean(f"The file's tensors ({weights.native_quantisation}): {weights.file_bytes:,} bytes."))
    if not found and weights.file_bytes is None:
        say("The number of its parameters is not known.")
    if any(size.estimated for size in found):
        say("e: an estimate; recipes of llama.cpp give some layers more bits than others.")
    for note in (*weights.notes, *card.notes):
        say(note)
    say(f"Source: {card.source}")

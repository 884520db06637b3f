"""`maquette catalog kv`: the memory that a model keeps for each sequence, with the formula."""

import click

from maquette.cli.console import JSON_OPTION, PLAIN_OPTION, clean, print_json, print_table, say

_DTYPES = ("bf16", "fp16", "fp8", "q8_0", "q4_0")


@click.command(name="kv")
@click.argument("model")
@click.option("--context", type=click.IntRange(min=1), metavar="N", help="Tokens of a sequence; the model's own limit.")
@click.option("--kv-dtype", "dtype", type=click.Choice(_DTYPES), default="bf16", show_default=True, help="Its format.")
@click.option("--sequences", type=click.IntRange(min=1), default=1, show_default=True, metavar="N", help="At once.")
@PLAIN_OPTION
@JSON_OPTION
def command(model: str, context: int | None, dtype: str, sequences: int, plain: bool, as_json: bool) -> None:
    """Show the KV cache of MODEL: bytes for a token and for a sequence, by layers that keep alike.

    MODEL is an id of the catalog, such as open/qwen3-8b, a name on a model hub, or a path that ends in .gguf.
    """
    from maquette.catalog.attention import KvDtype, kv_bytes, kv_bytes_per_tok
    from maquette.cli.catalog.kv_data import HEADINGS, gib, kv_data, notes, rows
    from maquette.cli.catalog.named_model import known_cache, named_card

    card = named_card(model, open_first=True)
    groups = known_cache(card)
    tokens = context or card.context_tok
    if tokens is None:
        raise click.UsageError("The model's own limit is not known; give --context.")
    kind = KvDtype("bf16" if dtype == "fp16" else dtype)
    if as_json:
        print_json(kv_data(card, groups, tokens, kind, sequences))
        return
    print_table(HEADINGS, rows(groups, tokens, kind), plain_text=plain)
    whole = kv_bytes(groups, tokens, kind)
    click.echo()
    click.echo(clean(f"{card.id} at {tokens:,} tokens, {dtype}: {whole:,} bytes = {gib(whole)} GiB for a sequence"))
    click.echo(f"Each further token of a long sequence takes {kv_bytes_per_tok(groups, kind):,} bytes.")
    if sequences > 1:
        click.echo(f"{sequences} sequences take {gib(whole * sequences)} GiB.")
    for note in notes(card, groups, tokens, kind):
        say(note)
    say(f"Source: {card.source}")

"""`maquette catalog price`: what one request costs, line by line, from every list that has the model."""

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

import click

from maquette.catalog.metering import INPUT_PARTS, METERS, OUTPUT_PARTS, amounts
from maquette.catalog.prices import Quantity, Tier, Usage
from maquette.cli.console import JSON_OPTION, PLAIN_OPTION, clean, print_json, print_table, say

if TYPE_CHECKING:
    from maquette.cli.catalog.price_data import PriceData

_NAMES = {"input_images": "images"}
"""Options with a shorter name than that of their meter."""


class Count(click.ParamType[Any]):
    """A quantity, and behind an @ its variant: ``3`` or ``3@2K``."""

    name = "count"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> "Quantity | dict[str, Quantity]":
        """A number, or a number by variant."""
        if not isinstance(value, str):
            return value  # type: ignore[no-any-return]
        number, _, variant = value.partition("@")
        try:
            quantity = Decimal(number)
        except InvalidOperation:
            self.fail(f"{number!r} is no number", param, ctx)
        if not quantity.is_finite() or quantity < 0:
            self.fail(f"{number} is no quantity", param, ctx)
        whole = int(quantity) if quantity == quantity.to_integral_value() else quantity
        return {variant: whole} if variant else whole


def _token_option(field: str) -> str:
    return "--" + field.removesuffix("_tok").replace("_", "-") + "-tokens"


def _token_options(command: Callable[..., None]) -> Callable[..., None]:
    """An option for each part of a prompt and of an answer, after those for the whole."""
    for part in (*reversed(OUTPUT_PARTS), *reversed(INPUT_PARTS)):
        command = click.option(
            _token_option(part.field),
            part.field,
            type=click.IntRange(min=0),
            default=0,
            metavar="N",
            help=f"Of these: {part.name}.",
        )(command)
    return command


def _meter_options(command: Callable[..., None]) -> Callable[..., None]:
    """An option for each other meter."""
    for name, meter in reversed(tuple(METERS.items())):
        at = "[@VARIANT]" if meter.variant_keys else ""
        command = click.option(
            _option_of(name),
            name,
            type=Count(),
            metavar=f"N{at}",
            help=f"{meter.name.capitalize()}, by the {meter.unit}.",
        )(command)
    return command


def _option_of(name: str) -> str:
    short = _NAMES.get(name, name)
    words = f"{short.removesuffix('_s')}_seconds" if short.endswith("_s") else short
    return "--" + words.replace("_", "-")


@click.command(name="price")
@click.argument("model")
@click.option("--input-tokens", "input_tok", type=click.IntRange(min=0), default=0, metavar="N", help="The prompt.")
@click.option("--output-tokens", "output_tok", type=click.IntRange(min=0), default=0, metavar="N", help="The answer.")
@_token_options
@_meter_options
@click.option("--tier", type=click.Choice([tier.value for tier in Tier]), default="standard", show_default=True)
@click.option("--region", type=click.Choice(["eu", "us"]), help="Where it is processed; the global endpoint otherwise.")
@click.option("--on", type=click.DateTime(["%Y-%m-%d"]), metavar="DATE", help="Prices in force on that day.")
@PLAIN_OPTION
@JSON_OPTION
def command(
    model: str, tier: str, region: str | None, on: datetime | None, plain: bool, as_json: bool, **counts: Any
) -> None:
    """Show what one request to MODEL costs, line by line, and what every list says.

    MODEL is a key of the price map or an id of the catalog. Cached, written, reasoning and other tokens are parts of
    the input and output tokens. What has no price is unpriced: never zero, never at the price of something else.
    """
    from maquette.cli.catalog.named_model import named_card
    from maquette.cli.catalog.price_data import price_data

    meters = {name: counts.pop(name) for name in METERS}
    usage = Usage(
        **counts,
        tier=Tier(tier),
        region=region,
        amounts=amounts(**{name: count for name, count in meters.items() if count is not None}),
    )
    if not (usage.input_tok or usage.output_tok or usage.amounts):
        raise click.UsageError("Say what the request uses, for example --input-tokens 1000 --output-tokens 100.")
    day: date | None = None if on is None else on.date()
    data = price_data(named_card(model), usage, day)
    if as_json:
        print_json(data)
    else:
        _show(data, plain)


def _show(data: "PriceData", plain: bool) -> None:
    lines = [
        (line["name"], str(line["quantity"]), line["unit"], line["usd_per_unit"], line["total_usd"], line["key"])
        for line in data["lines"]
    ]
    if lines:
        print_table(("line", "quantity", "unit", "USD each", "USD", "price key"), lines, plain_text=plain)
        click.echo()
    lane = "" if data["tier"] == "standard" else f" in the {data['tier']} lane"
    total = "unpriced" if data["total_usd"] is None else f"${data['total_usd']}"
    click.echo(clean(f"{data['model']}{lane}: {total}"))
    for line in data["lines"]:
        if line["source"] != data["source"]:
            click.echo(clean(f"The price of {line['name']} is from {line['source']['ref']}."))
    for reason in data["missing"]:
        click.echo(clean(f"Missing: {reason}."))
    if not data["offered"]:
        click.echo(f"Offered lanes: {', '.join(data['tiers_offered'])}.")
    for note in data["notes"]:
        click.echo(clean(f"Note: {note}."))
    _show_lists(data, plain)


def _show_lists(data: "PriceData", plain: bool) -> None:
    """What the other lists say, and where they differ."""
    if len(data["sources"]) > 1:
        click.echo()
        rows = [
            (
                one["source"]["ref"],
                one["source"]["as_of"] or "",
                one["in_force_since"] or "",
                one["total_usd"] or "unpriced",
            )
            for one in data["sources"]
        ]
        print_table(("list", "read on", "in force since", "USD"), rows, plain_text=plain)
    if data["differences"]:
        click.echo()
        differing = [
            (one["unit"], one["usd_per_unit"], one["other_usd_per_unit"], one["ratio"] or "")
            for one in data["differences"]
        ]
        print_table(("unit priced differently", "USD", "other list, USD", "ratio"), differing, plain_text=plain)
    source = data["source"]
    say(f"Source: {source['ref']}" + (f", read on {source['as_of']}" if source["as_of"] else ""))

"""`maquette catalog status`: how old everything in the catalog is, and what is wrong in it."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from maquette.cli.console import PLAIN_OPTION, clean, print_json, print_table, project_command
from maquette.foundation.wording import listed

if TYPE_CHECKING:
    from maquette.cli.catalog.status_data import RetirementData, StatusData

_MOST_NAMES = 10


@click.command(name="status")
@PLAIN_OPTION
@project_command
def command(plain: bool, folder: str, as_json: bool) -> None:
    """Show how old prices, open models and machines are, the catalog files in force, and what needs a look."""
    from datetime import date

    from maquette.cli.catalog.status_data import status_data

    data = status_data(Path(folder), date.today())  # noqa: DTZ011  # the user's day
    if as_json:
        print_json(data)
    else:
        _show(data, plain=plain)


def _show(data: "StatusData", *, plain: bool) -> None:
    prices = data["prices"]
    origin = "refreshed" if prices["refreshed"] else "shipped"
    click.echo(
        clean(
            f"Prices: {prices['source']}, {origin}, read {prices['read_on']} ({prices['days_old']} days ago), "
            f"{prices['models']} models"
        )
    )
    ages = [
        (one["part"], str(one["entries"]), one["oldest"] or "", one["newest"] or "", str(one["undated"] or ""))
        for one in data["ages"]
    ]
    print_table(["part", "entries", "oldest", "newest", "undated"], ages, plain_text=plain)
    if data["files"]:
        files = [
            (one["level"], one["file"], str(one["entries"]), str(one["adds"]), str(one["changes"]))
            for one in data["files"]
        ]
        print_table(["level", "file", "entries", "adds", "changes"], files, plain_text=plain)
    else:
        click.echo("No catalog files of your own.")
    _show_what_needs_a_look(data)


def _show_what_needs_a_look(data: "StatusData") -> None:
    _name("models past their last day", [_last_day(one) for one in data["retired"][::-1]])
    _name("models with their last day within 90 days", [_last_day(one) for one in data["retiring"]])
    _name("models with prices older than 60 days", data["old_prices"])
    _name("models without any price", data["without_price"])
    for problem in data["problems"]:
        where = ":".join(str(problem[key]) for key in ("file", "line") if problem[key] is not None)
        click.echo(clean(f"Problem: {where}: {problem['what']}. {problem['fix']}"))


def _last_day(one: "RetirementData") -> str:
    return f"{one['model']} ({one['retires_on']})"


def _name(what: str, models: Sequence[str]) -> None:
    """How many, and the first of them."""
    more = ", ..." if len(models) > _MOST_NAMES else ""
    click.echo(clean(f"{len(models)} {what}" + (f": {listed(models[:_MOST_NAMES])}{more}" if models else "")))

"""`maquette catalog hardware`: accelerators and their prices, this machine, or one that the user imagines."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from maquette.cli.console import PLAIN_OPTION, clean, print_json, print_table, project_command, say

if TYPE_CHECKING:
    from maquette.catalog.hardware import Accelerator, Host


@click.command(name="hardware")
@click.argument("name", required=False)
@click.option("--as-if", metavar="MACHINE", help="A machine that you imagine, such as '2x L40S + 32 cores 256 GiB'.")
@click.option("--this-machine", is_flag=True, help="What this machine has, and why not more.")
@click.option("--sort", "order", type=click.Choice(["price", "memory", "bandwidth"]), help="The best first.")
@PLAIN_OPTION
@project_command
def command(
    name: str | None,
    as_if: str | None,
    this_machine: bool,
    order: str | None,
    plain: bool,
    folder: str,
    as_json: bool,
) -> None:
    """List accelerators with what clouds ask for them; with NAME all offers for that one, and their sources.

    A price that was read more than ninety days ago, or on a day that nobody says, is marked as old. Catalog files of
    your own and of the project in DIR count.
    """
    if sum((name is not None, as_if is not None, this_machine)) > 1:
        raise click.UsageError("NAME, --as-if and --this-machine exclude each other.")
    from maquette.catalogs import load_accelerators, load_hosts

    today = datetime.now(tz=UTC).date()
    project = Path(folder)
    known = load_accelerators(project)
    if as_if is not None:
        _show_imagined(as_if, known, load_hosts(project), today, as_json=as_json)
    elif this_machine:
        _show_this_machine(known, today, plain=plain, as_json=as_json)
    elif name is not None:
        _show_one(name, known, today, plain=plain, as_json=as_json)
    else:
        _show_all(order, known, today, plain=plain, as_json=as_json)


def _show_all(order: str | None, known: "Sequence[Accelerator]", today: date, *, plain: bool, as_json: bool) -> None:
    from maquette.cli.catalog.hardware_data import HEADINGS, accelerator_rows, listing_data, sorted_accelerators

    accelerators = sorted_accelerators(known, order)
    if as_json:
        print_json(listing_data(accelerators, today))
        return
    print_table(HEADINGS, accelerator_rows(accelerators, today), plain_text=plain)
    say("TFLOPS are dense. All offers of one: maquette catalog hardware NAME.")


def _show_one(name: str, known: "Sequence[Accelerator]", today: date, *, plain: bool, as_json: bool) -> None:
    from maquette.catalog.machines import named_accelerator
    from maquette.cli.catalog.hardware_data import OFFER_HEADINGS, figure_lines, named_data, offer_rows

    one = named_accelerator(name, known)
    if as_json:
        print_json(named_data(one, today))
        return
    click.echo(clean("\n".join(figure_lines(one))))
    if one.prices:
        click.echo()
        print_table(OFFER_HEADINGS, offer_rows(one, today), plain_text=plain)
    else:
        say("No list has a price for it.")


def _show_imagined(
    text: str, known: "Sequence[Accelerator]", hosts: "Sequence[Host]", today: date, *, as_json: bool
) -> None:
    from maquette.catalog.machines import cheapest_price, parse_machine
    from maquette.cli.catalog.hardware_data import machine_data, machine_lines

    machine = parse_machine(text, known)
    price = cheapest_price(machine, hosts)
    if as_json:
        print_json(machine_data(machine, price, (), today))
    else:
        click.echo(clean("\n".join(machine_lines(machine, price, today))))


def _show_this_machine(known: "Sequence[Accelerator]", today: date, *, plain: bool, as_json: bool) -> None:
    from maquette.adapters.machine import this_machine
    from maquette.cli.catalog.hardware_data import machine_data, machine_lines

    seen = this_machine(known)
    if as_json:
        print_json(machine_data(seen.machine, None, seen.findings, today))
        return
    click.echo(clean("\n".join(machine_lines(seen.machine, None, today))))
    click.echo()
    rows = [(one.what, "found" if one.found else "not found", one.detail, one.fix) for one in seen.findings]
    print_table(("what", "state", "detail", "what to do"), rows, plain_text=plain)

"""Draws and differences for a reader: bands, chances over the budget, drivers, and what explains a difference."""

from collections.abc import Sequence
from decimal import Decimal

import click

from maquette.cli.console import clean, print_table
from maquette.cost.difference import Difference, LineDifference
from maquette.cost.drawn import Drawn, DrawnOption
from maquette.cost.projection import CostProjection, OptionCost
from maquette.cost.wording import band_usd, base_sentence, signed_usd
from maquette.foundation.units import Range, Usd, readable_count, readable_usd

_CENT = Decimal("0.005")


def show_drawn(drawn: Drawn, *, first: str | None, plain_text: bool) -> None:
    """The bands of each option, the chance over the budget, and what drives it.

    Args:
        drawn: The draws.
        first: The only option whose drivers are shown; None shows those of all.
        plain_text: Whether tables are tab-separated.
    """
    if not drawn.options:
        return
    click.echo(f"p10 - p50 - p90 of {readable_count(drawn.count)} draws, seed {drawn.seed}:")
    last = f"month {drawn.horizon_months}"
    headings = ["option", "month 1", last, "total", "+-", "over budget, month 1", f"{last} ", "ever"]
    print_table(headings, [_drawn_row(option) for option in drawn.options], plain_text=plain_text)
    for option in drawn.options:
        if first is None or option.option == first:
            _show_drivers(option, plain_text=plain_text)
        if (odd := base_sentence(option)) is not None:
            click.echo(clean(odd))


def show_what_if(
    before: CostProjection, after: CostProjection, differences: Sequence[Difference], *, plain_text: bool
) -> None:
    """Each option before and after, then why."""
    headings = ["option", "month 1 before", "month 1 after", "total before", "total after", "difference"]
    rows = [_change_row(before.option(option.option), option) for option in after.options]
    print_table(headings, rows, plain_text=plain_text)
    for option in after.options:
        for reason in option.unpriced:
            click.echo(f"{clean(option.option)}: unpriced, {clean(reason)}")
    for found in differences:
        if any(line.difference_usd for line in found.lines):
            show_difference(found, plain_text=plain_text)


def show_difference(found: Difference, *, plain_text: bool) -> None:
    """One difference: its sum, then each line with what the price did and what the quantity did."""
    names = found.a if found.a == found.b else f"{found.a} -> {found.b}"
    usd_a, usd_b = found.sum_of(lambda line: line.usd_a), found.sum_of(lambda line: line.usd_b)
    click.echo(clean(f"{names}: {readable_usd(usd_a)} -> {readable_usd(usd_b)}, {signed_usd(found.difference_usd)}"))
    changed = [line for line in found.lines if line.difference_usd or line.price_usd or line.quantity_usd]
    if not changed:
        click.echo("Every line is the same.")
        return
    headings = ["line", "quantity", "USD each", "difference", "price", "quantity ", "mix", "line added or gone"]
    rows = [_line_row(line) for line in changed]
    rows.append(
        (
            "sum",
            "",
            "",
            signed_usd(found.difference_usd),
            signed_usd(found.sum_of(lambda line: line.price_usd)),
            signed_usd(found.sum_of(lambda line: line.quantity_usd)),
            signed_usd(found.sum_of(lambda line: line.mix_usd)),
            signed_usd(found.sum_of(lambda line: line.line_usd)),
        )
    )
    print_table(headings, rows, plain_text=plain_text)
    rounding = found.sum_of(lambda line: line.rounding_usd)
    if abs(rounding) >= _CENT:
        click.echo(f"Rounding of the lines: {signed_usd(rounding)}")


def percent(share: Decimal | None) -> str:
    """A share; nothing where there is none."""
    return "" if share is None else f"{share * 100:.0f} %"


def _drawn_row(option: DrawnOption) -> tuple[str, ...]:
    first, last = option.months[0], option.months[-1]
    return (
        option.option,
        band_usd(first.usd),
        band_usd(last.usd),
        band_usd(option.total),
        readable_usd(option.total.error_usd),
        percent(first.over_budget),
        percent(last.over_budget),
        percent(option.ever_over_budget),
    )


def _show_drivers(option: DrawnOption, *, plain_text: bool) -> None:
    if not option.drivers:
        click.echo(f"{clean(option.option)}: nothing that is uncertain changes it")
        return
    widest = max(driver.swing_usd for driver in option.drivers)
    click.echo(f"{clean(option.option)}: what drives it, each input alone from its p10 to its p90, the average month")
    rows = [
        (
            driver.input.removeprefix(f"{option.option}: "),
            f"{driver.low} .. {driver.high}",
            f"{readable_usd(driver.low_usd)} .. {readable_usd(driver.high_usd)}",
            readable_usd(driver.swing_usd),
            percent(driver.share),
            "#" * max(1, int(20 * driver.swing_usd / widest)),
        )
        for driver in option.drivers
    ]
    headings = ["input", "p10 .. p90", "USD a month", "swing", "of the variance", ""]
    print_table(headings, rows, plain_text=plain_text)


def _change_row(before: OptionCost | None, after: OptionCost) -> tuple[str, ...]:
    old, new = (before.total_usd if before else None), after.total_usd
    return (
        after.option,
        _base(before.first_month_usd if before else None),
        _base(after.first_month_usd),
        _base(old),
        _base(new),
        "" if old is None or new is None else signed_usd(new.base - old.base),
    )


def _base(amounts: Range[Usd] | None) -> str:
    return readable_usd(None if amounts is None else amounts.base)


def _line_row(line: LineDifference) -> tuple[str, ...]:
    return (
        line.name,
        _pair(_count(line.quantity_a), _count(line.quantity_b), line.unit),
        _pair(_price(line.price_a), _price(line.price_b), ""),
        signed_usd(line.difference_usd),
        signed_usd(line.price_usd),
        signed_usd(line.quantity_usd),
        signed_usd(line.mix_usd),
        signed_usd(line.line_usd),
    )


def _pair(old: str, new: str, unit: str) -> str:
    shown = old if old == new else f"{old} -> {new}"
    return f"{shown} {unit}".rstrip()


def _count(quantity: Decimal | None) -> str:
    if quantity is None:
        return "none"
    return readable_count(quantity.quantize(Decimal(1) if quantity >= 100 else Decimal("0.01")))


def _price(price: Usd | None) -> str:
    return "none" if price is None else f"{price:f}"

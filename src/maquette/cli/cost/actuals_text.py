"""Projection against actual in a terminal: a row a month, why it differs, the forecast, the groups, the alerts."""

from decimal import Decimal

import click

from maquette.cli.console import clean, print_table
from maquette.cost.actuals import Total
from maquette.cost.actuals_report import ActualMonth
from maquette.foundation.units import Usd, readable_count, readable_usd
from maquette.foundation.wording import listed
from maquette.project.actuals import Actuals, Group

_MONTHS = (
    "month",
    "days",
    "projected",
    "p10 - p90",
    "actual",
    "difference",
    "%",
    "volume",
    "token mix",
    "price",
    "status",
)
_FORECAST = ("month", "spent", "at its end", "95 % interval", "budget", "budget gone on")
_GROUPS = ("requests", "input tok", "cached tok", "output tok", "dollars")


def show_actuals(found: Actuals, *, plain_text: bool) -> None:
    """The whole comparison."""
    if found.option is not None and not found.no_projection:
        click.echo(clean(f"{found.option}: projection from {found.month_one} on against actual costs, days in UTC"))
    else:
        click.echo(clean(f"Actual costs, days in UTC; no projection: {found.no_projection}"))
    print_table(_MONTHS, [_month_row(month) for month in found.months], plain_text=plain_text)
    for reason in dict.fromkeys(one.drift.why_no_parts for one in found.months if one.drift and one.drift.why_no_parts):
        click.echo(clean(f"The difference has no parts: {reason}."))
    ahead = [month for month in found.months if month.forecast]
    if ahead:
        click.echo()
        print_table(_FORECAST, [_forecast_row(month) for month in ahead], plain_text=plain_text)
    if found.by:
        click.echo()
        priced = found.by == "model"
        rows = [(one.name, *_group_row(one.total), *(_of_model(one) if priced else ())) for one in found.groups]
        headings = (found.by, *_GROUPS, *(("at list price", "projected") if priced else ()))
        print_table(headings, rows, plain_text=plain_text)
    if found.unmapped:
        names = [name or "(not named)" for name in found.unmapped]
        click.echo(clean(f"Without a card in the catalog: {listed(names)}"))
    for month in found.months:
        for alert in month.alerts:
            click.echo(clean(f"{'Critical' if alert.critical else 'Alert'}: {alert.sentence}."))


def _month_row(month: ActualMonth) -> tuple[str, ...]:
    expected, drifted = month.expected_so_far, month.drift
    band = ""
    if expected and expected.p10_usd is not None:
        band = f"{readable_usd(expected.p10_usd)} - {readable_usd(expected.p90_usd)}"
    elif expected:
        band = f"{readable_usd(expected.usd_low)} - {readable_usd(expected.usd_high)} (low - high)"
    return (
        month.month,
        f"{month.days} of {month.days_in_month}",
        readable_usd(expected.usd) if expected else "",
        band,
        "unknown" if month.actual.usd is None else readable_usd(month.actual.usd),
        _signed(drifted.usd if drifted else None),
        "" if drifted is None or drifted.share is None else f"{100 * drifted.share:+.1f}",
        _signed(drifted.volume_usd if drifted else None),
        _signed(drifted.token_mix_usd if drifted else None),
        _signed(drifted.price_usd if drifted else None),
        month.status,
    )


def _forecast_row(month: ActualMonth) -> tuple[str, ...]:
    one = month.forecast
    assert one is not None
    interval = ""
    if one.low_usd is not None and one.high_usd is not None:
        interval = f"{readable_usd(one.low_usd)} - {readable_usd(one.high_usd)}"
    return (
        month.month,
        readable_usd(one.spent_usd),
        f"{readable_usd(one.usd)}{' by weekday' if one.by_weekday and one.days_left else ''}",
        interval,
        "" if month.budget_usd is None else readable_usd(month.budget_usd),
        one.budget_gone_on.isoformat() if one.budget_gone_on else "",
    )


def _of_model(one: Group) -> tuple[str, str]:
    return readable_usd(one.list_usd), "" if one.projected_usd is None else readable_usd(one.projected_usd)


def _group_row(one: Total) -> tuple[str, ...]:
    counts = (one.requests, one.input_tok, one.cached_tok, one.output_tok)
    return (*("" if count is None else readable_count(Decimal(count)) for count in counts), _usd(one.usd))


def _usd(amount: Usd | None) -> str:
    return "unknown" if amount is None else readable_usd(amount)


def _signed(amount: Usd | None) -> str:
    if amount is None:
        return ""
    sign = "-" if amount < 0 else "+"
    return f"{sign}{readable_usd(abs(amount))}"

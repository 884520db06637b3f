"""The projection's sums in the project's other currency: beside the dollars, at the rate of one day."""

import click

from maquette.cli.console import clean, print_table
from maquette.cli.contract_parts import RangeData, exact
from maquette.cli.cost.currency_contract import CurrencyData
from maquette.cost.calendar import Currency
from maquette.cost.projection import CostProjection, OptionCost
from maquette.foundation.units import Range, Usd


def currency_data(projection: CostProjection) -> CurrencyData | None:
    """The contract's form; None without another currency."""
    currency = projection.currency
    if currency is None:
        return None
    return {
        "code": currency.code,
        "usd_per_unit": exact(currency.usd_per_unit),
        "as_of": currency.as_of.isoformat(),
        "options": [
            {
                "option": one.option,
                "first_month": _data(currency, one.first_month_usd),
                "last_month": _data(currency, one.last_month_usd),
                "total": _data(currency, one.total_usd),
            }
            for one in projection.options
        ],
    }


def show_in_currency(projection: CostProjection, *, plain_text: bool) -> None:
    """The sums as a table of their own; nothing without another currency."""
    currency = projection.currency
    if currency is None:
        return
    rate = f"1 {currency.code} = {exact(currency.usd_per_unit)} USD on {currency.as_of}"
    click.echo(clean(f"In {currency.code}, {rate}:"))
    headings = ["option", "month 1", f"month {projection.horizon_months}", "total"]
    print_table(headings, [_row(currency, one) for one in projection.options], plain_text=plain_text)


def _row(currency: Currency, option: OptionCost) -> tuple[str, ...]:
    amounts = (option.first_month_usd, option.last_month_usd, option.total_usd)
    return (option.option, *(_span(currency, one) for one in amounts))


def _span(currency: Currency, amounts: Range[Usd] | None) -> str:
    if amounts is None:
        return "unpriced"
    parts = (f"{currency.of_usd(one):,f}" for one in (amounts.low, amounts.base, amounts.high))
    return f"{' - '.join(parts)} {currency.code}"


def _data(currency: Currency, amounts: Range[Usd] | None) -> RangeData | None:
    if amounts is None:
        return None
    low, base, high = (exact(currency.of_usd(one)) for one in (amounts.low, amounts.base, amounts.high))
    return {"low": low, "base": base, "high": high}

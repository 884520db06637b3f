"""Options that several commands of `maquette eval` share."""

from decimal import Decimal, InvalidOperation

import click

from maquette.foundation.units import Usd


class UsdAmount(click.ParamType[Usd]):
    """An amount of dollars on the command line."""

    name = "usd"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> Usd:
        """Exactly what was typed, as Decimal."""
        try:
            amount = Decimal(str(value).removeprefix("$"))
        except InvalidOperation:
            self.fail(f"{value!r} is not an amount of dollars; write it like 2.50", param, ctx)
        if not amount.is_finite() or amount < 0:
            self.fail(f"{value!r} is not an amount that can be spent", param, ctx)
        return amount


CAP_OPTION = click.option("--cap", type=UsdAmount(), metavar="USD", help="Spend at most this; else eval.budget_usd.")

"""What `maquette cost --json` says in the project's other currency, as types; amounts are text with exact decimals."""

from typing_extensions import TypedDict

from maquette.cli.contract_parts import RangeData


class OptionInCurrencyData(TypedDict):
    """One option's sums, to a hundredth; null where it is unpriced."""

    option: str
    first_month: RangeData | None
    last_month: RangeData | None
    total: RangeData | None


class CurrencyData(TypedDict):
    """The other currency: what one of it costs in dollars, the day of that rate, and the options in it."""

    code: str
    usd_per_unit: str
    as_of: str
    options: list[OptionInCurrencyData]

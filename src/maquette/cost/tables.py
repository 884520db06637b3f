"""The table ``cost_lines``, for questions in SQL about a projection that is there already.

Nothing is computed here.
"""

from decimal import Decimal

from maquette.analytics import Database
from maquette.cost.projection import CASES, CostProjection

PRICE = "DECIMAL(38,15)"
"""The column type of a unit price: the cheapest tokens cost billionths of a dollar, in steps of a millionth of that."""

_COST_LINES = {
    "option": "VARCHAR",
    "month": "INTEGER",
    "name": "VARCHAR",
    **{f"quantity_{case}": "DECIMAL(38,6)" for case in CASES},
    "unit": "VARCHAR",
    "usd_per_unit": PRICE,
    **{f"amount_{case}_usd": "DECIMAL(38,6)" for case in CASES},
    "price_key": "VARCHAR",
    "source": "VARCHAR",
    "line_group": "VARCHAR",
}


_COST_MONTHS = {
    "option": "VARCHAR",
    "month": "INTEGER",
    "line_group": "VARCHAR",
    **{f"amount_{case}_usd": "DECIMAL(38,6)" for case in CASES},
}


def load_cost_months(database: Database, projection: CostProjection | None) -> None:
    """Fill the table ``cost_months``, one row an option, month and group of lines; empty without a projection."""
    sums: dict[tuple[str, int, str], dict[str, Decimal]] = {}
    for line in projection.lines if projection else ():
        row = sums.setdefault((line.option, line.month, line.group.value), {})
        for case in CASES:
            row[case] = row.get(case, Decimal(0)) + line.amount_usd.of(case)
    rows = [
        {
            "option": option,
            "month": month,
            "line_group": group,
            **{f"amount_{case}_usd": amounts[case] for case in CASES},
        }
        for (option, month, group), amounts in sums.items()
    ]
    database.load("cost_months", rows, _COST_MONTHS)


def load_cost_lines(database: Database, projection: CostProjection | None) -> None:
    """Fill the table ``cost_lines``, one row a line; empty without a projection."""
    rows = [
        {
            "option": line.option,
            "month": line.month,
            "name": line.name,
            **{f"quantity_{case}": line.quantity.of(case) for case in CASES},
            "unit": line.unit,
            "usd_per_unit": line.usd_per_unit,
            **{f"amount_{case}_usd": line.amount_usd.of(case) for case in CASES},
            "price_key": line.price_key,
            "source": str(line.source),
            "line_group": line.group.value,
        }
        for line in (projection.lines if projection else ())
    ]
    database.load("cost_lines", rows, _COST_LINES)

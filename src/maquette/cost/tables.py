"""The table ``cost_lines``, for questions in SQL about a projection that is there already.

Nothing is computed here.
"""

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
}


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
        }
        for line in (projection.lines if projection else ())
    ]
    database.load("cost_lines", rows, _COST_LINES)

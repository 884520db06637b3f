"""The cost projection as plain data for its document: options, the lines behind one of them, assumptions."""

from decimal import Decimal
from typing import Any

from maquette.bundle.figures import FactSheet, Figure, estimated
from maquette.bundle.inputs import BundleInputs, RoleModel
from maquette.cost.projection import CostLine, CostProjection, OptionCost
from maquette.foundation.units import Range, Usd, readable_count, readable_usd


def cost_view(inputs: BundleInputs, roles: tuple[RoleModel, ...], facts: FactSheet) -> dict[str, Any]:
    """The projection, or that there is none; the lines are those of the primary or of the cheapest priced option."""
    projection = inputs.projection
    budget = facts.figure("budget.monthly_usd")
    limit = facts.figure("derived.cost_per_request_limit")
    if projection is None:
        return {"projection": None, "budget": budget, "limit": limit}
    chosen = roles[0].cost if roles and roles[0].cost else None
    shown = chosen or next((option for option in projection.options if option.total_usd is not None), None)
    return {"projection": _projection(projection, shown), "budget": budget, "limit": limit}


def _projection(projection: CostProjection, shown: OptionCost | None) -> dict[str, Any]:
    first = [line for line in projection.lines if shown and line.option == shown.option and line.month == 1]
    lines = [line for line in first if line.quantity.base]  # what other cases alone have is in their ranges
    return {
        "horizon_months": projection.horizon_months,
        "prices_as_of": projection.prices_as_of,
        "options": [_option(option, projection) for option in projection.options],
        "shown": shown.option if shown else None,
        "lines": [_line(line) for line in lines],
        "first_month": _spread(shown.first_month_usd) if shown else None,
        "assumptions": [
            {"name": one.name, "value": one.value, "low": one.low, "high": one.high, "source": str(one.source)}
            for one in projection.assumptions
        ],
    }


def _option(option: OptionCost, projection: CostProjection) -> dict[str, Any]:
    over = option.over_budget_from
    return {
        "name": option.option,
        "request": _amount(option.usd_per_request, f"prices of {projection.prices_as_of}"),
        "first_month": _spread(option.first_month_usd),
        "last_month": _spread(option.last_month_usd),
        "total": _spread(option.total_usd),
        "over_budget_from": over,
        "unpriced": list(option.unpriced),
        "flips": list(option.flip),
    }


def _line(line: CostLine) -> dict[str, Any]:
    return {
        "name": line.name,
        "group": line.group.value,
        "quantity": readable_count(line.quantity.base.quantize(Decimal("0.01")).normalize()),
        "unit": line.unit,
        "price": f"${line.usd_per_unit:f}",
        "amount": readable_usd(line.amount_usd.base),
        "key": line.price_key,
        "source": str(line.source),
    }


def _amount(amount: Usd | None, formula: str) -> Figure | None:
    return None if amount is None else estimated(readable_usd(amount), formula)


def _spread(amount: Range[Usd] | None) -> str | None:
    """The base case with the cheap and the dear one, where they differ."""
    if amount is None:
        return None
    base, low, high = (readable_usd(one) for one in (amount.base, amount.low, amount.high))
    return base if low == high else f"{base} ({low} to {high})"

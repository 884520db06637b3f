"""What `maquette cost scenarios --json` prints, as types. Money is text with exact decimals."""

from typing import Any

from typing_extensions import TypedDict

from maquette.cli.contract_parts import FORMAT, RangeData, exact_or_none
from maquette.foundation.units import Range, Usd
from maquette.project.cost_scenarios import ScenarioCost, SideBySide


class ScenarioDifferenceData(TypedDict):
    """The scenario less today; null where one of the two is unpriced."""

    first_month_usd: str | None
    last_month_usd: str | None
    total_usd: str | None
    p90_usd: str | None


class ScenarioCostData(TypedDict):
    """One scenario; ``unpriced`` says why its figures are null, ``over_budget_from`` is null where no month is."""

    scenario: str
    changes: dict[str, Any]
    horizon_months: int
    budget_usd_month: str | None
    first_month_usd: RangeData | None
    last_month_usd: RangeData | None
    total_usd: RangeData | None
    total_p10_usd: str | None
    total_p50_usd: str | None
    total_p90_usd: str | None
    over_budget_from: int | None
    ever_over_budget: str | None
    unpriced: list[str]
    difference: ScenarioDifferenceData


class ScenariosData(TypedDict):
    """`maquette cost scenarios --json`; the first one is today."""

    format: int
    option: str
    draws: int
    seed: int
    scenarios: list[ScenarioCostData]


def scenarios_data(found: SideBySide) -> ScenariosData:
    """The contract's form of the comparison."""
    return {
        "format": FORMAT,
        "option": found.option,
        "draws": found.drawing.count,
        "seed": found.drawing.seed,
        "scenarios": [_row_data(found, row) for row in found.rows],
    }


def _row_data(found: SideBySide, row: ScenarioCost) -> ScenarioCostData:
    less, drawn = found.difference(row), row.drawn
    return {
        "scenario": row.scenario,
        "changes": dict(row.changes),
        "horizon_months": row.horizon_months,
        "budget_usd_month": exact_or_none(row.budget_usd_month),
        "first_month_usd": _range(row.cost.first_month_usd),
        "last_month_usd": _range(row.cost.last_month_usd),
        "total_usd": _range(row.cost.total_usd),
        "total_p10_usd": None if drawn is None else f"{drawn.total.p10:f}",
        "total_p50_usd": None if drawn is None else f"{drawn.total.p50:f}",
        "total_p90_usd": None if drawn is None else f"{drawn.total.p90:f}",
        "over_budget_from": row.cost.over_budget_from,
        "ever_over_budget": exact_or_none(drawn.ever_over_budget if drawn else None),
        "unpriced": list(row.cost.unpriced),
        "difference": {
            "first_month_usd": exact_or_none(less.first_month_usd),
            "last_month_usd": exact_or_none(less.last_month_usd),
            "total_usd": exact_or_none(less.total_usd),
            "p90_usd": exact_or_none(less.p90_usd),
        },
    }


def _range(amounts: Range[Usd] | None) -> RangeData | None:
    return (
        None
        if amounts is None
        else {"low": f"{amounts.low:f}", "base": f"{amounts.base:f}", "high": f"{amounts.high:f}"}
    )

"""What `maquette cost actuals --json` and `maquette cost actuals import --json` print."""

from collections.abc import Sequence

from typing_extensions import TypedDict

from maquette.adapters.spend_files import Clash, Plan
from maquette.cli.contract_parts import FORMAT, exact_or_none
from maquette.cost.actuals import Total, sum_usd
from maquette.cost.actuals_drift import Drift, Expected
from maquette.cost.actuals_forecast import Forecast
from maquette.cost.actuals_report import ActualMonth
from maquette.project.actuals import Actuals


class TotalData(TypedDict):
    """Sums; null where no source says."""

    requests: int | None
    input_tok: int | None
    cached_tok: int | None
    output_tok: int | None
    usd: str | None


class ExpectedData(TypedDict):
    """What was projected; the quantiles are null where nothing could be drawn."""

    low_usd: str
    base_usd: str
    high_usd: str
    p10_usd: str | None
    p50_usd: str | None
    p90_usd: str | None
    requests: str | None


class DriftData(TypedDict):
    """Actual minus projected; the three parts add up to ``usd``, and are null where ``why_no_parts`` says why."""

    usd: str
    share: str | None
    volume_usd: str | None
    token_mix_usd: str | None
    price_usd: str | None
    why_no_parts: str


class ForecastData(TypedDict):
    """The month at its end, with a 95 % interval."""

    spent_usd: str
    usd: str
    low_usd: str | None
    high_usd: str | None
    days_left: int
    by_weekday: bool
    budget_gone_on: str | None


class ActualAlertData(TypedDict):
    """One thing to be told about."""

    kind: str
    critical: bool
    day: str | None
    sentence: str


class ActualMonthData(TypedDict):
    """One month; ``forecast`` is null where it is over."""

    month: str
    days: int
    days_in_month: int
    actual: TotalData
    projected: ExpectedData | None
    projected_so_far: ExpectedData | None
    drift: DriftData | None
    forecast: ForecastData | None
    status: str
    budget_usd: str | None
    alerts: list[ActualAlertData]


class GroupData(TotalData):
    """The sums of one model, day, provider, tag or team.

    Of a model ``list_usd`` is at the catalog's prices, and ``projected_usd`` what its own lines were projected to cost.
    """

    name: str
    list_usd: str | None
    projected_usd: str | None


class ImportedData(TypedDict):
    """One file that was imported."""

    source: str
    file: str
    first_day: str
    last_day: str
    usd: str | None


class ActualsData(TypedDict):
    """`maquette cost actuals --json`. Days are UTC."""

    format: int
    option: str | None
    no_projection: str
    month_one: str
    months: list[ActualMonthData]
    by: str | None
    groups: list[GroupData]
    unmapped: list[str]
    sources: list[ImportedData]


class OverlapData(TypedDict):
    """Days that a summary counts already."""

    summary: str
    file: str
    first_day: str
    last_day: str
    days: int
    because: str
    usd: str | None


class PlannedImportData(TypedDict):
    """One file of an import."""

    file: str
    kind: str
    rows: int
    broken: int
    repeated: int
    first_day: str
    last_day: str
    usd: str | None
    models: list[str]
    summary: str
    notes: list[str]
    overlaps: list[OverlapData]


class ActualsImportData(TypedDict):
    """`maquette cost actuals import --json`; ``written`` is empty when nobody agreed."""

    format: int
    on_overlap: str
    files: list[PlannedImportData]
    written: list[str]


def actuals_data(found: Actuals) -> ActualsData:
    """The contract's form of the comparison."""
    return {
        "format": FORMAT,
        "option": found.option,
        "no_projection": found.no_projection,
        "month_one": found.month_one,
        "months": [_month_data(month) for month in found.months],
        "by": found.by,
        "groups": [
            {
                "name": one.name,
                "list_usd": exact_or_none(one.list_usd),
                "projected_usd": exact_or_none(one.projected_usd),
                **_total_data(one.total),
            }
            for one in found.groups
        ],
        "unmapped": list(found.unmapped),
        "sources": [
            {
                "source": one.source,
                "file": one.file,
                "first_day": one.first_day.isoformat(),
                "last_day": one.last_day.isoformat(),
                "usd": exact_or_none(one.usd),
            }
            for one in found.sources
        ],
    }


def import_data(plans: Sequence[Plan], clash: Clash, written: Sequence[str]) -> ActualsImportData:
    """The contract's form of an import."""
    return {
        "format": FORMAT,
        "on_overlap": clash,
        "files": [_plan_data(plan) for plan in plans],
        "written": list(written),
    }


def _plan_data(plan: Plan) -> PlannedImportData:
    spend = plan.spend
    days = [row.day for row in spend.rows]
    return {
        "file": spend.name,
        "kind": spend.kind,
        "rows": spend.read,
        "broken": spend.broken,
        "repeated": spend.repeated,
        "first_day": min(days).isoformat(),
        "last_day": max(days).isoformat(),
        "usd": exact_or_none(sum_usd(row.usd for row in spend.rows)),
        "models": sorted({row.model for row in spend.rows}),
        "summary": plan.target,
        "notes": list(spend.notes),
        "overlaps": [
            {
                "summary": one.summary,
                "file": one.file,
                "first_day": one.days[0].isoformat(),
                "last_day": one.days[-1].isoformat(),
                "days": len(one.days),
                "because": one.because,
                "usd": exact_or_none(one.usd),
            }
            for one in plan.overlaps
        ],
    }


def _month_data(month: ActualMonth) -> ActualMonthData:
    return {
        "month": month.month,
        "days": month.days,
        "days_in_month": month.days_in_month,
        "actual": _total_data(month.actual),
        "projected": _expected_data(month.expected),
        "projected_so_far": _expected_data(month.expected_so_far),
        "drift": _drift_data(month.drift),
        "forecast": _forecast_data(month.forecast),
        "status": month.status,
        "budget_usd": exact_or_none(month.budget_usd),
        "alerts": [
            {
                "kind": alert.kind,
                "critical": alert.critical,
                "day": alert.day.isoformat() if alert.day else None,
                "sentence": alert.sentence,
            }
            for alert in month.alerts
        ],
    }


def _total_data(one: Total) -> TotalData:
    return {
        "requests": one.requests,
        "input_tok": one.input_tok,
        "cached_tok": one.cached_tok,
        "output_tok": one.output_tok,
        "usd": exact_or_none(one.usd),
    }


def _expected_data(one: Expected | None) -> ExpectedData | None:
    if one is None:
        return None
    return {
        "low_usd": f"{one.usd_low:f}",
        "base_usd": f"{one.usd:f}",
        "high_usd": f"{one.usd_high:f}",
        "p10_usd": exact_or_none(one.p10_usd),
        "p50_usd": exact_or_none(one.p50_usd),
        "p90_usd": exact_or_none(one.p90_usd),
        "requests": exact_or_none(one.requests),
    }


def _drift_data(one: Drift | None) -> DriftData | None:
    if one is None:
        return None
    return {
        "usd": f"{one.usd:f}",
        "share": exact_or_none(one.share),
        "volume_usd": exact_or_none(one.volume_usd),
        "token_mix_usd": exact_or_none(one.token_mix_usd),
        "price_usd": exact_or_none(one.price_usd),
        "why_no_parts": one.why_no_parts,
    }


def _forecast_data(one: Forecast | None) -> ForecastData | None:
    if one is None:
        return None
    return {
        "spent_usd": f"{one.spent_usd:f}",
        "usd": f"{one.usd:f}",
        "low_usd": exact_or_none(one.low_usd),
        "high_usd": exact_or_none(one.high_usd),
        "days_left": one.days_left,
        "by_weekday": one.by_weekday,
        "budget_gone_on": one.budget_gone_on.isoformat() if one.budget_gone_on else None,
    }

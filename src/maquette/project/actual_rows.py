"""A month of actual costs as the row of a table."""

from collections.abc import Mapping
from decimal import Decimal

from maquette.cost.actuals_report import ActualMonth

_PLACES = Decimal("1e-12")


def against_row(option: str | None, month: ActualMonth) -> Mapping[str, object]:
    """The row of ``cost_actual_vs_projected``; what is unknown is None."""
    so_far, drift = month.expected_so_far, month.drift
    return {
        "month": month.month,
        "option": option,
        "days": month.days,
        "days_in_month": month.days_in_month,
        "requests": month.actual.requests,
        "actual_usd": month.actual.usd,
        "usd_per_request": _exact(month.usd_per_request),
        "projected_low_usd": _exact(so_far.usd_low if so_far else None),
        "projected_usd": _exact(so_far.usd if so_far else None),
        "projected_high_usd": _exact(so_far.usd_high if so_far else None),
        "drift_usd": _exact(drift.usd if drift else None),
        "drift_share": _exact(drift.share if drift else None),
        "forecast_usd": _exact(month.forecast.usd if month.forecast else None),
        "budget_usd": month.budget_usd,
        "status": month.status,
    }


def _exact(figure: Decimal | None) -> Decimal | None:
    return None if figure is None else figure.quantize(_PLACES)

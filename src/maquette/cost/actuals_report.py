"""Projection against actual, month by month: the difference and its parts, the forecast, and what to be told about."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Literal

from maquette.cost.actuals import DayRow, Total, by_day, days_in, month_of, total
from maquette.cost.actuals_alerts import WITHIN, Alert, budget_alert, projection_alert, spike_alerts
from maquette.cost.actuals_drift import Drift, Expected, drift
from maquette.cost.actuals_forecast import Forecast, forecast
from maquette.foundation.units import Usd

Status = Literal["on target", "above projection", "below projection", "not projected", "no dollars"]


@dataclass(frozen=True, kw_only=True, slots=True)
class ActualMonth:
    """One month.

    Attributes:
        days: Days from the first to the last that the actuals cover; those without a row cost nothing.
        expected: The projection for the whole month, or None; expected_so_far: its share for these days.
        forecast: Of a month that is not over; None else.
        alerts: Of this month.
    """

    month: str
    days: int
    days_in_month: int
    actual: Total
    expected: Expected | None
    expected_so_far: Expected | None
    drift: Drift | None
    forecast: Forecast | None
    status: Status
    budget_usd: Usd | None
    alerts: tuple[Alert, ...]

    @property
    def usd_per_request(self) -> Usd | None:
        """What a request cost; None where dollars or requests are unknown, or there were none."""
        if self.actual.usd is None or not self.actual.requests:
            return None
        return self.actual.usd / self.actual.requests

    @property
    def is_over(self) -> bool:
        """Whether the actuals reach its last day."""
        return self.forecast is None


def actual_months(
    rows: Sequence[DayRow], expected: Mapping[str, Expected], *, budget_usd: Usd | None, today: date
) -> tuple[ActualMonth, ...]:
    """All months from the first to the last row, oldest first.

    Args:
        rows: In any order.
        expected: The projection by month, such as 2026-10.
        budget_usd: For a month; None without one.
        today: Is not over yet.
    """
    if not rows:
        return ()
    first, last = min(row.day for row in rows), max(row.day for row in rows)
    money = by_day(rows)
    groups: dict[str, list[DayRow]] = {}
    for row in sorted(rows, key=lambda row: row.day):
        groups.setdefault(month_of(row.day), []).append(row)
    return tuple(
        _month(month, groups[month], money, expected.get(month), covered=(first, last), budget=budget_usd, today=today)
        for month in groups
    )


def _month(
    month: str,
    rows: Sequence[DayRow],
    money: Mapping[date, Usd],
    expected: Expected | None,
    *,
    covered: tuple[date, date],
    budget: Usd | None,
    today: date,
) -> ActualMonth:
    calendar = days_in(month)
    days = [day for day in calendar if covered[0] <= day <= covered[1]]
    so_far = expected.share(Fraction(len(days), len(calendar))) if expected else None
    actual = total(rows)
    drifted = drift(so_far, actual) if so_far else None
    over = days[-1] == calendar[-1] and days[-1] < today
    ahead = None if over or not money else forecast(money, month, today=today, budget_usd=budget)
    end = ahead.usd if ahead else actual.usd
    found = (
        budget_alert(month, end, budget, over=over) if end is not None else None,
        projection_alert(month, drifted),
    )
    return ActualMonth(
        month=month,
        days=len(days),
        days_in_month=len(calendar),
        actual=actual,
        expected=expected,
        expected_so_far=so_far,
        drift=drifted,
        forecast=ahead,
        status=_status(actual, drifted),
        budget_usd=budget,
        alerts=(*(alert for alert in found if alert), *spike_alerts(money, (month,))),
    )


def _status(actual: Total, drifted: Drift | None) -> Status:
    if actual.usd is None:
        return "no dollars"
    if drifted is None or drifted.share is None:
        return "not projected"
    if abs(drifted.share) <= WITHIN:
        return "on target"
    return "above projection" if drifted.share > 0 else "below projection"

"""What a month will have cost at its end, from the days that are over, and when a budget is used up."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, localcontext

from maquette.cost.actuals import EXACT, days_in, month_of
from maquette.foundation.units import Usd

WEEKDAYS_FROM = 14
"""Days that are needed before weekdays are told apart: each then stands there twice."""
BASE_DAYS = 56
INTERVAL_FROM = 7
_CENT = Decimal("0.01")
_Z = Decimal("1.959963984540054")
"""The 97.5 % quantile of the normal distribution."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Forecast:
    """Dollars of a whole month.

    Attributes:
        spent_usd: So far.
        usd, low_usd, high_usd: At the end, with a 95 % interval; the bounds are None with too few days behind.
        days_left: Days that are forecast.
        by_weekday: Whether weekdays were told apart.
        budget_gone_on: The day on which the month's budget is used up; None when it lasts or there is none.
    """

    month: str
    spent_usd: Usd
    usd: Usd
    low_usd: Usd | None
    high_usd: Usd | None
    days_left: int
    by_weekday: bool
    budget_gone_on: date | None


def forecast(days: Mapping[date, Usd], month: str, *, today: date, budget_usd: Usd | None = None) -> Forecast | None:
    """The month at its end.

    Args:
        days: Dollars of each day without gaps, oldest first; the mean of the last eight weeks carries on, by weekday
            from two weeks on. The interval takes the days as independent: total variance s^2 n (1 + n / N).
        month: Such as 2026-10.
        today: That day is not over: what it has cost stands for less than a day.
        budget_usd: What the month may cost.

    Returns:
        None without a day in that month.
    """
    with localcontext(EXACT):
        return _forecast(days, month, today, budget_usd)


def _forecast(days: Mapping[date, Usd], month: str, today: date, budget_usd: Usd | None) -> Forecast | None:
    inside = [day for day in days if month_of(day) == month]
    if not inside:
        return None
    spent = sum((days[day] for day in inside), Usd(0))
    base = [day for day in days if day < today and day <= inside[-1]][-BASE_DAYS:]
    left = [day for day in days_in(month) if day > inside[-1] or (day == inside[-1] and day >= today)]
    means = _means(days, base)
    expected = {day: _left_of(day, means, days, today) for day in left} if base else {}
    end = spent + sum(expected.values(), Usd(0))
    spread = _spread(days, base, means, len(left)) if base else None
    counted = {day: days.get(day, Usd(0)) + expected.get(day, Usd(0)) for day in (*inside, *expected)}
    return Forecast(
        month=month,
        spent_usd=spent,
        usd=end.quantize(_CENT),
        low_usd=None if spread is None else max(min(spent, end), end - spread).quantize(_CENT),
        high_usd=None if spread is None else (end + spread).quantize(_CENT),
        days_left=len(left),
        by_weekday=len(base) >= WEEKDAYS_FROM,
        budget_gone_on=_gone(counted, budget_usd),
    )


def _means(days: Mapping[date, Usd], base: Sequence[date]) -> dict[int, Usd]:
    """The mean day of each weekday; the same of all while there are less than two weeks."""
    if not base:
        return {}
    whole = _mean([days[day] for day in base])
    if len(base) < WEEKDAYS_FROM:
        return dict.fromkeys(range(7), whole)
    return {weekday: _mean([days[day] for day in base if day.weekday() == weekday] or [whole]) for weekday in range(7)}


def _left_of(day: date, means: Mapping[int, Usd], days: Mapping[date, Usd], today: date) -> Usd:
    """What a day still brings."""
    mean = means[day.weekday()]
    return max(Usd(0), mean - days.get(day, Usd(0))) if day == today else mean


def _spread(days: Mapping[date, Usd], base: Sequence[date], means: Mapping[int, Usd], left: int) -> Usd | None:
    if left == 0:
        return Usd(0)
    groups = len(set(means.values())) if len(base) >= WEEKDAYS_FROM else 1
    free = len(base) - (7 if groups > 1 else 1)
    if len(base) < INTERVAL_FROM or free < 1:
        return None
    squares = sum(((days[day] - means[day.weekday()]) ** 2 for day in base), Usd(0))
    variance = squares / free
    return _Z * (variance * left * (1 + Decimal(left) / len(base))).sqrt()


def _gone(counted: Mapping[date, Usd], budget: Usd | None) -> date | None:
    if budget is None:
        return None
    running = Usd(0)
    for day in sorted(counted):
        running += counted[day]
        if running > budget:
            return day
    return None


def _mean(amounts: Sequence[Usd]) -> Usd:
    return sum(amounts, Usd(0)) / len(amounts)

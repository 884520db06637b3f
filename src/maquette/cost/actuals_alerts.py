"""What to be told about: days that cost far more than the days before, months beyond budget or projection."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from statistics import median
from typing import Literal

from maquette.cost.actuals import month_of
from maquette.cost.actuals_drift import Drift
from maquette.foundation.units import Usd, readable_usd

WINDOW_DAYS = 14
SPIKE_FROM_DAYS = 7
TIMES_MEDIAN = 3
DEVIATIONS = 4
LEAST_RISE = Decimal("1.5")
"""Where days hardly differ, a cent would be four deviations: a spike is also half as much again as the median."""
WITHIN = Decimal("0.10")
"""The cost that still counts as on target: 10 % off."""
CRITICAL = Decimal("1.5")
"""From 150 % of the budget an alert is critical."""

Kind = Literal["spike", "budget", "projection"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Alert:
    """One thing to be told about, in a sentence without a full stop."""

    kind: Kind
    critical: bool
    day: date | None
    sentence: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Spike:
    """A day that cost more than ``limit_usd``, the lower of the two limits that it passed."""

    day: date
    usd: Usd
    median_usd: Usd
    limit_usd: Usd
    rule: str


def spikes(days: Mapping[date, Usd]) -> tuple[Spike, ...]:
    """Days above three times the median of the 14 days before, or above their mean and four median deviations.

    Args:
        days: Dollars of each day without gaps, oldest first. The first seven have too few before them, and the first
            fourteen too few for deviations.
    """
    dates = list(days)
    found = []
    for number in range(SPIKE_FROM_DAYS, len(dates)):
        before = [days[day] for day in dates[max(0, number - WINDOW_DAYS) : number]]
        spike = _spike(dates[number], days[dates[number]], before)
        if spike is not None:
            found.append(spike)
    return tuple(found)


def _spike(day: date, usd: Usd, before: Sequence[Usd]) -> Spike | None:
    middle = median(before)
    mean = sum(before, Usd(0)) / len(before)
    deviation = median(abs(amount - middle) for amount in before)
    limits = {
        f"{TIMES_MEDIAN} times the median of the {len(before)} days before": TIMES_MEDIAN * middle,
    }
    if len(before) == WINDOW_DAYS:
        rule = f"the mean of the {len(before)} days before and {DEVIATIONS} median deviations"
        limits[rule] = mean + DEVIATIONS * deviation
    passed = {rule: limit for rule, limit in limits.items() if usd > max(limit, LEAST_RISE * middle, Usd(0))}
    if not passed:
        return None
    rule = min(passed, key=lambda one: passed[one])
    return Spike(day=day, usd=usd, median_usd=middle, limit_usd=passed[rule], rule=rule)


def spike_alerts(days: Mapping[date, Usd], months: Sequence[str]) -> tuple[Alert, ...]:
    """An alert for each spike of these months."""
    return tuple(
        Alert(
            kind="spike",
            critical=False,
            day=spike.day,
            sentence=f"{spike.day} cost {readable_usd(spike.usd)}, above {readable_usd(spike.limit_usd)}: {spike.rule}",
        )
        for spike in spikes(days)
        if month_of(spike.day) in months
    )


def budget_alert(month: str, usd: Usd, budget_usd: Usd | None, *, over: bool) -> Alert | None:
    """An alert when a month passes its budget; ``over`` says whether the month is over or its end a forecast."""
    if budget_usd is None or usd <= budget_usd:
        return None
    verb = "cost" if over else "will cost"
    share = f", {_percent(usd / budget_usd)} of it" if budget_usd else ""
    return Alert(
        kind="budget",
        critical=usd > CRITICAL * budget_usd,
        day=None,
        sentence=f"{month} {verb} {readable_usd(usd)} against a budget of {readable_usd(budget_usd)}{share}",
    )


def projection_alert(month: str, drifted: Drift | None) -> Alert | None:
    """An alert when a month costs over 10 % more than was projected for its days."""
    if drifted is None or drifted.share is None or drifted.share <= WITHIN:
        return None
    return Alert(
        kind="projection",
        critical=False,
        day=None,
        sentence=(
            f"{month} costs {readable_usd(drifted.usd)} ({_percent(drifted.share)}) more"
            " than was projected for its days"
        ),
    )


def _percent(share: Decimal) -> str:
    return f"{(100 * share).quantize(Decimal('0.1')):f} %"

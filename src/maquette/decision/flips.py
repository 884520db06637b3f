"""What would change the decision, each with the computed figure at which it turns. No opinion, no rule's text."""

from collections.abc import Sequence
from decimal import ROUND_FLOOR, Decimal

from maquette.cost.projection import CostProjection
from maquette.decision.contenders import Contender, Limits, is_smaller
from maquette.decision.sentences import examples_wanted, seconds, share, total
from maquette.evals.run import Verdict
from maquette.evals.statistics import wilson
from maquette.foundation.units import readable_usd

MORE_EXAMPLES = 100
"""The size of the further series that the score's margin is told for."""


def flips(
    subject: Contender, others: Sequence[Contender], limits: Limits, projection: CostProjection | None
) -> tuple[str, ...]:
    """What would turn the decision for ``subject`` around; ``others`` in the order in which they would follow it."""
    found = [
        _score_margin(subject, limits),
        _latency_margin(subject, limits),
        *_budget_margin(subject, limits, projection),
        *(subject.cost.flip if subject.cost else ()),
        *(_undecided(other, subject, limits, projection) for other in others),
    ]
    return tuple(text for text in found if text)


def _score_margin(subject: Contender, limits: Limits) -> str | None:
    """The least number right of the next series that keeps the whole interval at the threshold."""
    result, threshold = subject.result, limits.threshold
    if result is None or threshold is None or not subject.measured or result.verdict is not Verdict.PASSES:
        return None
    low, high = 0, MORE_EXAMPLES
    while low < high:
        right = (low + high) // 2
        if wilson(result.correct + right, result.scored + MORE_EXAMPLES).low >= threshold:
            high = right
        else:
            low = right + 1
    if low == 0:
        return None
    return (
        f"{subject.model} no longer passes if fewer than {low} of {MORE_EXAMPLES} more examples are right "
        f"(so far {share(result.score or 0)})"
    )


def _latency_margin(subject: Contender, limits: Limits) -> str | None:
    p95_s = subject.p95_s
    if not p95_s or limits.p95_s is None or p95_s > limits.p95_s:
        return None
    slower = (limits.p95_s / p95_s - 1) * 100
    return f"{subject.model} misses the limit of {seconds(limits.p95_s)} if its answers take {slower:.0f} % longer"


def _budget_margin(subject: Contender, limits: Limits, projection: CostProjection | None) -> list[str]:
    budget, month, cost = limits.budget_usd_month, subject.first_month_usd, subject.cost
    if budget is None or month is None or cost is None or projection is None or month > budget:
        return []
    if cost.over_budget_from is not None:
        when = f"in month {cost.over_budget_from} of {projection.horizon_months}"
        return [f"{subject.model} passes the budget of {readable_usd(budget)} a month {when}, with the growth assumed"]
    last = cost.last_month_usd.base if cost.last_month_usd else month
    if last <= 0:
        return []
    most = (budget / last).quantize(Decimal("0.01"), rounding=ROUND_FLOOR)
    grown = f"{most} times what month {projection.horizon_months} is projected to cost"
    return [f"the budget of {readable_usd(budget)} a month holds up to {grown} ({readable_usd(last)})"]


def _undecided(other: Contender, subject: Contender, limits: Limits, projection: CostProjection | None) -> str | None:
    """A smaller model that may still pass."""
    if other.result is None or other.model == subject.model or is_smaller(other, subject) is not True:
        return None
    wanted = examples_wanted(other.result, limits.threshold)
    if wanted is None:
        return None
    priced = other.total_usd is not None and subject.total_usd is not None
    costs = f"{total(other, projection)} against {total(subject, projection)}"
    size = costs if priced else "smaller weights"
    return f"{other.model} ({size}) would take its place if it passes: {wanted}"

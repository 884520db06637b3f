"""How a measured or projected figure reads beside its limit: one sentence each.

Options, reasons and flips share them, so that one figure reads the same everywhere.
"""

from decimal import Decimal

from maquette.cost.projection import CostProjection
from maquette.decision.contenders import Contender, Limits
from maquette.evals.run import TargetResult, Verdict
from maquette.evals.statistics import more_to_decide
from maquette.foundation.units import readable_count, readable_usd


def share(value: float) -> str:
    """A fraction as percent, to a tenth."""
    return f"{value * 100:.1f} %"


def seconds(value: Decimal) -> str:
    """A time to three significant digits."""
    return f"{Decimal(f'{value:.3g}').normalize():f} s"


def measured_score(result: TargetResult) -> str:
    """The score with its interval and how many examples stand behind it."""
    if result.score is None or result.interval is None:
        return "no answer could be scored"
    interval = f"95 % interval {share(result.interval.low)} to {share(result.interval.high)}"
    return f"{share(result.score)} of {readable_count(result.scored)} examples right ({interval})"


def score_verdict(result: TargetResult, threshold: float | None) -> str:
    """The score against the threshold."""
    score = measured_score(result)
    if threshold is None or result.interval is None:
        return score
    required = f"the required {share(threshold)}"
    match result.verdict:
        case Verdict.PASSES:
            return f"{score}: the whole interval reaches {required}"
        case Verdict.FAILS:
            return f"{score}: the whole interval is below {required}"
    return f"{score}: too few examples to tell whether it reaches {required}"


def examples_wanted(result: TargetResult, threshold: float | None) -> str | None:
    """How many more examples would settle an open verdict, at the rate seen so far."""
    if threshold is None or result.verdict is not Verdict.NOT_ENOUGH_DATA:
        return None
    more = more_to_decide(result.correct, result.scored, threshold)
    if more is None:
        return f"its score lies so close to {share(threshold)} that no feasible number of examples would settle it"
    return (
        f"about {readable_count(max(1, more))} more examples would settle it if it stays at {share(result.score or 0)}"
    )


def latency(contender: Contender, limits: Limits) -> str | None:
    """The measured p95, beside the limit when there is one."""
    p95_s = contender.p95_s
    if p95_s is None:
        return None
    text = f"95 % of the answers within {seconds(p95_s)}"
    if limits.p95_s is None:
        return text
    return f"{text}; the limit is {seconds(limits.p95_s)}"


def first_month(contender: Contender, limits: Limits) -> str | None:
    """The first month's cost, beside the budget when there is one."""
    amount = contender.first_month_usd
    if amount is None:
        return None
    text = f"{readable_usd(amount)} in the first month"
    if limits.budget_usd_month is None:
        return text
    return f"{text}; the budget is {readable_usd(limits.budget_usd_month)} a month"


def total(contender: Contender, projection: CostProjection | None) -> str:
    """The total over the horizon, or that it is unpriced."""
    if contender.total_usd is None or projection is None:
        return "unpriced"
    return f"{readable_usd(contender.total_usd)} over {projection.horizon_months} months"

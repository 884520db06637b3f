"""Intervals and sample sizes for a pass rate. scipy does what it has, loaded when it is first needed."""

from collections.abc import Sequence
from functools import lru_cache
from math import ceil

from maquette.evals.run import Interval, Percentiles, Verdict

CONFIDENCE = 0.95
MAX_SEARCH = 1_000_000
_Z = 1.959963984540054
"""The 97.5 % quantile of the normal distribution."""


@lru_cache(maxsize=100_000)
def wilson(correct: int, scored: int) -> Interval:
    """The Wilson score interval of ``correct`` out of ``scored`` at 95 % (Wilson 1927, doi 10.2307/2276774).

    Raises:
        ValueError: ``scored`` is below 1 or ``correct`` outside 0 to ``scored``.
    """
    from scipy.stats import binomtest

    found = binomtest(correct, scored).proportion_ci(confidence_level=CONFIDENCE, method="wilson")
    return Interval(low=float(found.low), high=float(found.high))


def verdict(interval: Interval | None, threshold: float | None) -> Verdict:
    """The whole interval against the threshold: only evidence passes or fails a model."""
    if threshold is None:
        return Verdict.NO_THRESHOLD
    if interval is None:
        return Verdict.NOT_ENOUGH_DATA
    if interval.low >= threshold:
        return Verdict.PASSES
    return Verdict.FAILS if interval.high < threshold else Verdict.NOT_ENOUGH_DATA


def examples_for_margin(margin: float, rate: float) -> int:
    """Examples for a 95 % interval of ``rate`` within ``margin`` either way: ceil(z^2 p (1-p) / margin^2).

    The normal approximation, for planning only; ``rate`` is kept off 0 and 1, where it breaks down.
    """
    kept = min(max(rate, 0.02), 0.98)
    return ceil(_Z**2 * kept * (1 - kept) / margin**2)


def more_to_decide(correct: int, scored: int, threshold: float) -> int | None:
    """How many more examples would settle the verdict if the rate stays as it is; None when not even a million would.

    Solves the Wilson bound for n: at rate p the bound meets threshold t when n = z^2 t (1-t) / (p-t)^2.
    """
    if scored < 1:
        return None
    rate = correct / scored
    if rate == threshold:
        return None
    needed = ceil(_Z**2 * threshold * (1 - threshold) / (rate - threshold) ** 2)
    return max(0, needed - scored) if needed <= MAX_SEARCH else None


def half_width(interval: Interval) -> float:
    """Half of the interval's width, as a fraction."""
    return (interval.high - interval.low) / 2


def percentiles(latencies_s: Sequence[float]) -> Percentiles | None:
    """p50, p95 and p99 by linear interpolation between order statistics; None without a value."""
    if not latencies_s:
        return None
    import numpy as np

    p50, p95, p99 = np.percentile(np.asarray(latencies_s), (50, 95, 99)).tolist()
    return Percentiles(p50_s=p50, p95_s=p95, p99_s=p99)

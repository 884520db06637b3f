"""Intervals of one rate: of independent examples, for safety gates, and of examples in clusters or with weights."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import sqrt
from typing import TYPE_CHECKING

from maquette.evals.run import Interval, Verdict
from maquette.evals.statistics.clusters import Units, units_of
from maquette.evals.statistics.values import CONFIDENCE, NotComparable, Z

if TYPE_CHECKING:
    from maquette.evals.statistics.clusters import Numbers


@dataclass(frozen=True, kw_only=True, slots=True)
class ClusteredRate:
    """A rate over clusters or weighted examples.

    Attributes:
        effective: How many independent examples tell as much.
        clusters: Independent groups behind the rate.
    """

    rate: float
    interval: Interval
    effective: float
    clusters: int


@lru_cache(maxsize=100_000)
def wilson(correct: int, scored: int) -> Interval:
    """The Wilson score interval of ``correct`` out of ``scored`` at 95 % (Wilson 1927, doi 10.2307/2276774).

    Raises:
        ValueError: ``scored`` is below 1 or ``correct`` outside 0 to ``scored``.
    """
    _checked(correct, scored)
    rate, whole = correct / scored, 2 * (scored + Z**2)
    middle, half = (2 * scored * rate + Z**2) / whole, Z / whole * sqrt(4 * scored * rate * (1 - rate) + Z**2)
    return Interval(low=0.0 if correct == 0 else middle - half, high=1.0 if correct == scored else middle + half)


def clopper_pearson(correct: int, scored: int) -> Interval:
    """The interval that covers at least 95 % at every rate (Clopper and Pearson 1934, doi 10.1093/biomet/26.4.404).

    Raises:
        ValueError: As for `wilson`.
    """
    _checked(correct, scored)
    tail = (1 - CONFIDENCE) / 2
    low = 1 - _upper(scored - correct, scored, tail)
    return Interval(low=low, high=_upper(correct, scored, tail), method="Clopper-Pearson")


def highest_rate(hits: int, examples: int) -> float:
    """The one-sided 95 % upper bound of Clopper and Pearson, for safety: what no hits in so few examples still allow.

    Raises:
        ValueError: As for `wilson`.
    """
    _checked(hits, examples)
    return _upper(hits, examples, 1 - CONFIDENCE)


def _upper(hits: int, examples: int, tail: float) -> float:
    """The rate at which so few hits have the probability ``tail``: a quantile of the beta distribution."""
    if hits == examples:
        return 1.0
    if hits == 0:
        return float(1 - tail ** (1 / examples))
    from scipy.special import betaincinv  # the module alone: all of scipy.stats takes longer than the rest of an export

    return float(betaincinv(hits + 1, examples - hits, 1 - tail))


def _checked(hits: int, examples: int) -> None:
    if examples < 1 or not 0 <= hits <= examples:
        raise ValueError(f"{hits} of {examples} is no share")


def score_interval(rate: float, effective: float, *, method: str) -> Interval:
    """Wilson's interval for a rate and a number of examples that need not be whole."""
    spread = Z * sqrt(rate * (1 - rate) / effective + Z**2 / (4 * effective**2))
    middle, scale = rate + Z**2 / (2 * effective), 1 + Z**2 / effective
    low, high = (middle - spread) / scale, (middle + spread) / scale
    # Rounding may cross the rate itself where it is 0 or 1.
    return Interval(low=max(0.0, min(low, rate)), high=min(1.0, max(high, rate)), method=method)


def clustered_rate(
    values: Sequence[float], *, clusters: Sequence[Hashable] | None = None, weights: Sequence[float] | None = None
) -> ClusteredRate:
    """Wilson's interval at the effective number of examples of Korn and Graubard (1998, Survey Methodology 24:193).

    Args:
        values: From 0 to 1; right and wrong are 1 and 0.
        clusters: The cluster of each value; None when each stands alone.
        weights: The weight of each value; None when all are equal.

    Raises:
        NotComparable: No values, or sequences of different lengths.
    """
    units = units_of(values, clusters=clusters, weights=weights)
    binary = all(value in (0, 1) for value in values)
    return _rate(units, examples=len(values), binary=binary, plain=weights is None and binary)


def rate_of_groups(groups: Sequence[tuple[int, int]], *, alone: tuple[int, int]) -> ClusteredRate:
    """As `clustered_rate`, from counts of right and wrong.

    Args:
        groups: For each cluster how many were scored, and how many of them are right.
        alone: The same of those that are in no cluster, each one a cluster of its own.

    Raises:
        NotComparable: Nothing was scored.
    """
    import numpy as np

    single, right = alone
    sizes = np.array([size for size, _ in groups] + [1] * single, dtype=np.float64)
    totals = np.array([hits for _, hits in groups] + [1] * right + [0] * (single - right), dtype=np.float64)
    if not len(sizes):
        raise NotComparable("nothing was scored")
    return _rate(Units(totals=totals, sizes=sizes), examples=int(sizes.sum()), binary=True, plain=True)


def _rate(units: Units, *, examples: int, binary: bool, plain: bool) -> ClusteredRate:
    rate = min(1.0, max(0.0, units.mean))
    plain = plain and units.count == examples
    effective = float(examples) if plain else _effective(units, rate, examples=examples, binary=binary)
    method = "Wilson" if plain else "Wilson at the effective n of Korn and Graubard"
    return ClusteredRate(
        rate=rate,
        interval=score_interval(rate, effective, method=method),
        effective=effective,
        clusters=units.count,
    )


def verdict(interval: Interval | None, threshold: float | None) -> Verdict:
    """The whole interval against the threshold: only evidence passes or fails a model."""
    if threshold is None:
        return Verdict.NO_THRESHOLD
    if interval is None:
        return Verdict.NOT_ENOUGH_DATA
    if interval.low >= threshold:
        return Verdict.PASSES
    return Verdict.FAILS if interval.high < threshold else Verdict.NOT_ENOUGH_DATA


def half_width(interval: Interval) -> float:
    """Half of the interval's width, as a fraction."""
    return (interval.high - interval.low) / 2


def _effective(units: Units, rate: float, *, examples: int, binary: bool) -> float:
    """Rate x (1 - rate) over the clustered variance, times the squared ratio of t at n - 1 and at C - 1 degrees.

    Without a spread to measure, the clusters themselves are counted (Kish's formula on their weights). Values of 0 and
    1 are never worth more than there are; grades are, when they lie close together.
    """
    most = float(examples) if binary else float("inf")
    kish = _kish(units.sizes)
    if not units.spreads or not 0 < rate < 1:
        return min(kish, most)
    from scipy.special import stdtrit

    ratio = 1.0
    if examples > units.count:
        quantile = (1 + CONFIDENCE) / 2
        ratio = float(stdtrit(examples - 1, quantile) / stdtrit(units.count - 1, quantile))
    return min(most, max(1e-9, rate * (1 - rate) / units.variance * ratio**2))


def _kish(weights: "Numbers") -> float:
    return float(weights.sum() ** 2 / (weights**2).sum())

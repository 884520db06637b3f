"""Two systems on the same items with graded scores, or with scores in clusters: a mean of paired differences."""

from collections.abc import Hashable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from maquette.evals.run import Interval
from maquette.evals.statistics.clusters import CLUSTER_T, PAIRED_T, Units, t_interval, units_of
from maquette.evals.statistics.paired import binary_difference, paired_counts
from maquette.evals.statistics.resampling import bca_interval, sign_flip
from maquette.evals.statistics.values import Difference, NotComparable, PValue

if TYPE_CHECKING:
    from maquette.evals.statistics.clusters import Numbers

BCA_FROM = 100
"""Units from which the bootstrap's interval is wanted; below, it covers too little and the t interval is given."""


def difference(
    baseline: Sequence[float],
    candidate: Sequence[float],
    *,
    clusters: Sequence[Hashable] | None = None,
    seed: int = 0,
    bootstrap: bool = True,
) -> Difference:
    """Candidate minus baseline with the method that fits: by right and wrong, by grades, or over clusters.

    Args:
        baseline: Scores from 0 to 1.
        candidate: Scores of the same items in the same order.
        clusters: The cluster of each item; None, or all different, when each stands alone.
        seed: Of resamples and random signs.
        bootstrap: False for the t interval at every size, which is quicker.

    Raises:
        NotComparable: No items, not as many in one as in the other, or a score outside 0 to 1.
    """
    checked(baseline, candidate)
    alone = clusters is None or len(set(clusters)) == len(baseline)
    if alone and is_binary(baseline) and is_binary(candidate):
        return binary_difference(paired_counts(baseline, candidate))
    return graded_difference(
        differences(baseline, candidate), clusters=None if alone else clusters, seed=seed, bootstrap=bootstrap
    )


def graded_difference(
    values: "Sequence[float] | Numbers",
    *,
    clusters: Sequence[Hashable] | None = None,
    seed: int = 0,
    bootstrap: bool = True,
) -> Difference:
    """The mean of paired differences: sign flips for the p value, t interval, BCa from 100 units.

    Raises:
        NotComparable: No values, or not as many clusters.
    """
    import numpy as np

    numbers = np.asarray(values, dtype=np.float64)
    units = units_of(numbers, clusters=clusters)
    return Difference(
        estimate=units.mean,
        interval=_interval(units, seed=seed, bootstrap=bootstrap),
        test=_test(units, seed=seed, clustered=clusters is not None),
        items=len(numbers),
        clusters=units.count,
        binary=False,
        spread=_spread(numbers) * _design_effect(numbers, units),
    )


def differences(baseline: Sequence[float], candidate: Sequence[float]) -> "Numbers":
    """Candidate minus baseline, item by item."""
    import numpy as np

    return np.asarray(candidate, dtype=np.float64) - np.asarray(baseline, dtype=np.float64)


def is_binary(values: Sequence[float]) -> bool:
    """Whether all are 0 or 1."""
    return all(value in (0, 1) for value in values)


def checked(baseline: Sequence[float], candidate: Sequence[float]) -> None:
    """Raise what `difference` raises."""
    if not baseline or len(baseline) != len(candidate):
        raise NotComparable(f"{len(candidate)} scores cannot be paired with {len(baseline)}")
    if not all(0 <= value <= 1 for scores in (baseline, candidate) for value in scores):
        raise NotComparable("scores lie between 0 and 1")


def _spread(numbers: "Numbers") -> float:
    largest = float((numbers**2).max()) or 1.0
    return (float((numbers**2).sum()) + 2 * largest) / (len(numbers) + 2)


def _design_effect(numbers: "Numbers", units: Units) -> float:
    alone = units_of(numbers)
    return max(1.0, units.variance / alone.variance) if units.spreads and alone.spreads else 1.0


def _interval(units: Units, *, seed: int, bootstrap: bool) -> Interval:
    small = units.count < BCA_FROM
    if small or not bootstrap or not units.spreads:
        found = t_interval(units)
        by_t = small and found.method in (PAIRED_T, CLUSTER_T)
        return replace(found, method=f"{found.method}, too few for a bootstrap") if by_t else found
    return bca_interval(units, seed=seed)


def _test(units: Units, *, seed: int, clustered: bool) -> PValue:
    found = sign_flip(units, seed=seed)
    return replace(found, method=f"{found.method}, by cluster") if clustered else found

"""Scores that belong together (repeats of an example, questions on one document) as one unit each.

Everything that resamples, flips signs or estimates a variance works on these units, so that repeats never count as
examples.
"""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from math import sqrt
from typing import TYPE_CHECKING

from maquette.evals.run import Interval
from maquette.evals.statistics.values import CONFIDENCE, NotComparable, normal_quantile

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]


def names_of(items: Sequence[str], clusters: Mapping[str, str]) -> list[str] | None:
    """The cluster of each item, where one that is in none stands alone; None when there are no clusters."""
    # Cluster names and item ids are told apart by their first character.
    return [f"c{clusters[item]}" if item in clusters else f"i{item}" for item in items] if clusters else None


PAIRED_T = "paired t"
CLUSTER_T = "t over clusters"


@dataclass(frozen=True, kw_only=True, slots=True)
class Units:
    """Independent units: the (weighted) sum of each one's values, and the (weighted) number of them."""

    totals: "Numbers"
    sizes: "Numbers"

    @property
    def count(self) -> int:
        """How many units there are."""
        return len(self.totals)

    @property
    def mean(self) -> float:
        """The mean over the values, not over the units."""
        return float(self.totals.sum() / self.sizes.sum())

    @property
    def variance(self) -> float:
        """Of the mean: CR0 x C / (C - 1) (Miller 2024, arXiv 2411.00640); the usual one when units are single values.

        Infinite with one unit, which tells nothing of the spread between units.
        """
        if self.count < 2:
            return float("inf")
        residuals = self.totals - self.mean * self.sizes
        share = self.count / (self.count - 1)
        return float(share * (residuals**2).sum() / self.sizes.sum() ** 2)

    @property
    def spreads(self) -> bool:
        """Whether units differ from one another by more than rounding."""
        return self.count > 1 and self.variance > 1e-18


def units_of(
    values: "Sequence[float] | Numbers",
    *,
    clusters: Sequence[Hashable] | None = None,
    weights: Sequence[float] | None = None,
) -> Units:
    """The units of ``values``; each stands alone without ``clusters``.

    Raises:
        NotComparable: No values, sequences of different lengths, or a weight that is not positive.
    """
    import numpy as np

    numbers = np.asarray(values, dtype=np.float64)
    sizes = np.ones(len(numbers)) if weights is None else np.asarray(weights, dtype=np.float64)
    if not len(numbers) or len(sizes) != len(numbers) or not (sizes > 0).all():
        raise NotComparable("values and positive weights must be as many as each other, and at least one")
    if clusters is None:
        return Units(totals=numbers * sizes, sizes=sizes)
    if len(clusters) != len(numbers):
        raise NotComparable(f"{len(clusters)} clusters were given for {len(numbers)} values")
    places = cluster_places(clusters)
    return Units(
        totals=np.asarray(np.bincount(places, numbers * sizes), dtype=np.float64),
        sizes=np.asarray(np.bincount(places, sizes), dtype=np.float64),
    )


def cluster_places(clusters: Sequence[Hashable]) -> list[int]:
    """The place of each value's cluster, in order of appearance, from 0."""
    known: dict[Hashable, int] = {}
    return [known.setdefault(cluster, len(known)) for cluster in clusters]


def t_interval(units: Units, *, confidence: float = CONFIDENCE) -> Interval:
    """The mean with its standard error, t with C - 1 degrees of freedom, within -1 and 1.

    Where no unit differs from another the error is not 0 but unknown: the half-width is then that of Tango's interval
    for so many pairs without a difference. One unit gives the whole range.
    """
    if units.count < 2:
        return Interval(low=-1.0, high=1.0, method="none: one cluster does not show how clusters differ")
    width = half_width_at(units, units.count, confidence=confidence)
    alone = bool((units.sizes == 1).all())
    method = "score interval without a spread" if not units.spreads else PAIRED_T if alone else CLUSTER_T
    return Interval(low=max(-1.0, units.mean - width), high=min(1.0, units.mean + width), method=method)


def half_width_at(units: Units, count: float, *, confidence: float) -> float:
    """Half of the width that `t_interval` would have with ``count`` units of the same spread."""
    if not units.spreads:
        squared = normal_quantile((1 + confidence) / 2) ** 2
        return squared / (count + squared)
    from scipy.special import stdtrit

    return float(stdtrit(count - 1, (1 + confidence) / 2)) * sqrt(units.variance * units.count / count)

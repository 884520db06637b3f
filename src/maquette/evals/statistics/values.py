"""What the tests and intervals of this package give back, and the levels that they share."""

from dataclasses import dataclass
from functools import lru_cache

from maquette.evals.run import Interval

CONFIDENCE = 0.95
"""Of every interval, and of the one-sided bounds of gates."""

LEVEL = 0.05
"""Below it a p value counts as evidence of a difference."""


Z = 1.959963984540054
"""The 97.5 % quantile of the normal distribution: standard errors either way of a two-sided interval."""


@lru_cache(maxsize=100)
def normal_quantile(probability: float) -> float:
    """The quantile of the standard normal distribution."""
    from statistics import NormalDist

    return NormalDist().inv_cdf(probability)


@dataclass(frozen=True, kw_only=True, slots=True)
class PValue:
    """A two-sided p value with its method.

    Attributes:
        error: Standard error of a p value that was drawn at random; 0 when it is exact.
    """

    p: float
    method: str
    error: float = 0.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Difference:
    """The mean of candidate minus baseline over the same items.

    Attributes:
        estimate: From -1 to 1; above 0 the candidate is better.
        items: Pairs of scores.
        clusters: Independent groups among them; equal to ``items`` when every item stands alone.
        binary: Whether the scores were right or wrong.
        spread: Mean square of the differences, for planning, with the largest one added twice (1 when all are 0): a
            small sample without a difference does not prove that there are none (after Bonett and Price 2012). With
            clusters, times their design effect when that is above 1.
    """

    estimate: float
    interval: Interval
    test: PValue
    items: int
    clusters: int
    binary: bool
    spread: float


class NotComparable(ValueError):
    """There are no scores to work with, or sequences of one comparison differ in length."""

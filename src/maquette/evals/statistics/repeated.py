"""Several tries of each item: the chance that one of k is right, and the chance that all k are."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import prod

from maquette.evals.run import Interval
from maquette.evals.statistics.clusters import units_of
from maquette.evals.statistics.proportions import clustered_rate
from maquette.evals.statistics.resampling import resampled_means
from maquette.evals.statistics.values import CONFIDENCE

BOOTSTRAP_FROM = 100
"""Items from which the bootstrap is used; below, Wilson at the effective number of items."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Tries:
    """One item's tries, and how many of them were right."""

    tries: int
    right: int

    def __post_init__(self) -> None:
        if not 0 <= self.right <= self.tries:
            raise ValueError(f"{self.right} right of {self.tries} tries cannot be")


@dataclass(frozen=True, kw_only=True, slots=True)
class RepeatedRate:
    """A rate over items that were tried several times.

    Attributes:
        items: With at least k tries.
        dropped: Items with fewer, for which the rate is undefined.
    """

    rate: float
    interval: Interval
    items: int
    dropped: int


def any_of(item: Tries, k: int) -> float | None:
    """pass@k: 1 - C(n-c, k) / C(n, k), as a product (Chen and others 2021, arXiv 2107.03374); None with n below k."""
    if item.tries < k:
        return None
    wrong = item.tries - item.right
    return 1.0 - prod(1 - k / place for place in range(wrong + 1, item.tries + 1)) if wrong >= k else 1.0


def all_of(item: Tries, k: int) -> float | None:
    """pass^k: C(c, k) / C(n, k), as a product (Yao and others 2024, arXiv 2406.12045); None with n below k."""
    if item.tries < k:
        return None
    return prod((item.right - place) / (item.tries - place) for place in range(k)) if item.right >= k else 0.0


def pass_at_k(items: Sequence[Tries], k: int, *, seed: int = 0) -> RepeatedRate | None:
    """The mean of `any_of` with its interval over items; None when no item has k tries."""
    return _over_items(items, lambda item: any_of(item, k), seed=seed)


def pass_all_k(items: Sequence[Tries], k: int, *, seed: int = 0) -> RepeatedRate | None:
    """The mean of `all_of` with its interval over items; None when no item has k tries."""
    return _over_items(items, lambda item: all_of(item, k), seed=seed)


def _over_items(items: Sequence[Tries], rate: Callable[[Tries], float | None], *, seed: int) -> RepeatedRate | None:
    rates = [found for item in items if (found := rate(item)) is not None]
    if not rates:
        return None
    mean = clustered_rate(rates)
    # All equal: the bootstrap would claim to know the rate.
    by_bootstrap = len(rates) >= BOOTSTRAP_FROM and len(set(rates)) > 1
    return RepeatedRate(
        rate=mean.rate,
        interval=_bootstrap(rates, seed=seed) if by_bootstrap else mean.interval,
        items=len(rates),
        dropped=len(items) - len(rates),
    )


def _bootstrap(rates: Sequence[float], *, seed: int) -> Interval:
    import numpy as np

    means = resampled_means(units_of(rates), seed=seed)
    low, high = np.quantile(means, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2]).tolist()
    return Interval(low=low, high=high, method=f"bootstrap over items, {len(means):,} resamples")

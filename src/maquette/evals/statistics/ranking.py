"""Ranks of several models with what the sample leaves open: an order of means alone says too much."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass

from maquette.evals.statistics.clusters import units_of
from maquette.evals.statistics.resampling import resampled_sums
from maquette.evals.statistics.values import CONFIDENCE, NotComparable


@dataclass(frozen=True, kw_only=True, slots=True)
class RankInterval:
    """A rank by the mean, 1 the best, and the ranks that 95 % of the resamples give it."""

    rank: int
    low: int
    high: int


def rank_intervals(
    scores: Mapping[str, Sequence[float]], *, clusters: Sequence[Hashable] | None = None, seed: int = 0
) -> dict[str, RankInterval]:
    """Model to its rank, by a bootstrap of whole clusters over items that all models answered.

    Ties count as the best rank at the low end and as the worst at the high end.

    Raises:
        NotComparable: No models, no items, or not as many scores of one model as of another.
    """
    import numpy as np

    if len({len(values) for values in scores.values()}) != 1:
        raise NotComparable("ranks need scores of the same items from every model")
    units = [units_of(values, clusters=clusters) for values in scores.values()]
    totals = np.column_stack([one.totals for one in units])
    # All models share the items, hence the sizes: sums rank as means do, up to rounding.
    sums = np.round(resampled_sums(totals, seed=seed), 9)
    seen = np.round(totals.sum(axis=0), 9)
    tail = (1 - CONFIDENCE) / 2
    ranks = {}
    for place, name in enumerate(scores):
        own = sums[:, place, None]
        low = np.quantile(1 + (sums > own).sum(axis=1), tail, method="inverted_cdf")
        high = np.quantile(len(units) - (sums < own).sum(axis=1), 1 - tail, method="inverted_cdf")
        rank = 1 + int((seen > seen[place]).sum())
        ranks[name] = RankInterval(rank=rank, low=min(rank, int(low)), high=max(rank, int(high)))
    return ranks

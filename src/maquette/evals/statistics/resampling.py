"""Seeded resampling of whole units and flipping of their signs: the same input gives the same figures, always."""

from math import sqrt
from typing import TYPE_CHECKING

from maquette.evals.run import Interval
from maquette.evals.statistics.clusters import Units
from maquette.evals.statistics.values import CONFIDENCE, PValue, normal_quantile

if TYPE_CHECKING:
    from maquette.evals.statistics.clusters import Numbers

DRAWS = 9_999
FEWEST_DRAWS = 1_999
WORK = 10_000_000
"""Values drawn before the draws become fewer; with so many units an interval hardly depends on the draws."""

EXACT_SIGNS = 16
"""Up to so many differences that are not 0, every pattern of signs is looked at: 65,536 of them."""


def draws_for(units: int) -> int:
    """How many resamples are drawn of so many units."""
    return max(FEWEST_DRAWS, min(DRAWS, WORK // max(units, 1)))


def resampled_sums(columns: "Numbers", *, seed: int) -> "Numbers":
    """Column sums of resamples with replacement: one row a resample. Equal rows are drawn together, which is quick."""
    import numpy as np

    random = np.random.default_rng(seed)
    units, width = columns.shape
    draws = draws_for(units)
    rows, counts = np.unique(columns, axis=0, return_counts=True)
    if len(rows) <= max(64, units // 8):
        return np.asarray(random.multinomial(units, counts / units, size=draws) @ rows, dtype=np.float64)
    sums = np.empty((draws, width))
    step = max(1, 1_000_000 // units)
    for start in range(0, draws, step):
        chosen = random.integers(0, units, size=(min(step, draws - start), units), dtype=np.int32)
        for column in range(width):
            sums[start : start + step, column] = columns[:, column][chosen].sum(axis=1)
    return sums


def bca_interval(units: Units, *, seed: int = 0) -> Interval:
    """The bias-corrected and accelerated bootstrap interval of the mean (Efron 1987, doi 10.2307/2289144).

    Whole units are resampled; the acceleration is that of the mean under leaving out one unit. Needs a spread.
    """
    import numpy as np
    from scipy.special import ndtr, ndtri

    means = resampled_means(units, seed=seed)
    mean = units.mean
    below = float(((means < mean).sum() + 0.5 * (means == mean).sum()) / len(means))
    bias = float(ndtri(min(max(below, 1 / len(means)), 1 - 1 / len(means))))
    rest = (units.totals.sum() - units.totals) / (units.sizes.sum() - units.sizes)
    pulls = rest.mean() - rest
    power = float((pulls**2).sum()) ** 1.5
    acceleration = float((pulls**3).sum()) / (6 * power) if power > 0 else 0.0
    ends = []
    for z in (normal_quantile((1 - CONFIDENCE) / 2), normal_quantile((1 + CONFIDENCE) / 2)):
        shifted = bias + z
        ends.append(float(ndtr(bias + shifted / (1 - acceleration * shifted))))
    low, high = np.quantile(means, ends).tolist()
    method = f"BCa bootstrap, {len(means):,} resamples"
    return Interval(low=min(low, mean), high=max(high, mean), method=method)


def resampled_means(units: Units, *, seed: int) -> "Numbers":
    """Means of resamples of whole units."""
    import numpy as np

    if bool((units.sizes == units.sizes[0]).all()):
        totals = resampled_sums(units.totals[:, None], seed=seed)[:, 0]
        return np.asarray(totals / units.sizes.sum(), dtype=np.float64)
    sums = resampled_sums(np.column_stack([units.totals, units.sizes]), seed=seed)
    return np.asarray(sums[:, 0] / sums[:, 1], dtype=np.float64)


def sign_flip(units: Units, *, seed: int = 0) -> PValue:
    """The permutation p value of a paired mean: a difference might as well have had the other sign, a cluster as one.

    Exact up to `EXACT_SIGNS` differences other than 0. Above, 9,999 seeded draws, the seen signs counted among them
    (Phipson and Smyth 2010, doi 10.2202/1544-6115.1585), with the standard error of that estimate.
    """
    totals = units.totals[units.totals != 0]
    if len(totals) == 0:
        return PValue(p=1.0, method="sign flips, exact")
    # Sums in another order differ in their last bits.
    bound = abs(float(totals.sum())) - 1e-9 * float(abs(totals).sum())
    if len(totals) <= EXACT_SIGNS:
        sums = _all_sums(totals)
        return PValue(p=float((abs(sums) >= bound).mean()), method="sign flips, exact")
    p = (int((abs(_random_sums(totals, seed)) >= bound).sum()) + 1) / (DRAWS + 1)
    return PValue(p=p, method=f"sign flips, {DRAWS:,} draws", error=sqrt(p * (1 - p) / DRAWS))


def _all_sums(totals: "Numbers") -> "Numbers":
    import numpy as np

    sums = np.zeros(1)
    for total in totals:
        sums = np.concatenate([sums - total, sums + total])
    return sums


def _random_sums(totals: "Numbers", seed: int) -> "Numbers":
    """Sums under random signs, eight at a time: a random byte looks up one of 256 sums."""
    import numpy as np

    random = np.random.default_rng(seed)
    groups = np.pad(totals, (0, -len(totals) % 8)).reshape(-1, 8)
    signs = 1.0 - 2.0 * np.unpackbits(np.arange(256, dtype=np.uint8)[:, None], axis=1)
    sums = np.zeros(DRAWS)
    for row in groups @ signs.T:
        sums += row[np.frombuffer(random.bytes(DRAWS), dtype=np.uint8)]
    return sums

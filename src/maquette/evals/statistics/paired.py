"""Two systems on the same items, right or wrong: the items on which they disagree decide."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import sqrt

from maquette.evals.run import Interval
from maquette.evals.statistics.values import CONFIDENCE, Difference, NotComparable, PValue, Z, normal_quantile


@dataclass(frozen=True, kw_only=True, slots=True)
class PairedCounts:
    """How often the candidate and the baseline disagree; not whole when a plan scales them.

    Attributes:
        items: All pairs.
        gained: Right by the candidate alone.
        lost: Right by the baseline alone.
    """

    items: float
    gained: float
    lost: float

    def __post_init__(self) -> None:
        # Scaled counts carry rounding.
        if self.items <= 0 or min(self.gained, self.lost) < 0 or self.gained + self.lost > self.items * (1 + 1e-9):
            raise NotComparable(f"{self.gained} gained and {self.lost} lost do not fit in {self.items} items")

    @property
    def difference(self) -> float:
        """The candidate's rate minus the baseline's."""
        return (self.gained - self.lost) / self.items

    @property
    def discordance(self) -> float:
        """The share of items on which they disagree."""
        return (self.gained + self.lost) / self.items

    @property
    def swapped(self) -> "PairedCounts":
        """Seen from the other side."""
        return PairedCounts(items=self.items, gained=self.lost, lost=self.gained)

    def scaled(self, items: float) -> "PairedCounts":
        """The same rates over another number of items."""
        factor = items / self.items
        return PairedCounts(items=items, gained=self.gained * factor, lost=self.lost * factor)


def paired_counts(baseline: Sequence[float], candidate: Sequence[float]) -> PairedCounts:
    """Count two sequences of 0 and 1, or of false and true, over the same items in the same order.

    Raises:
        NotComparable: No items, or not as many in one as in the other.
    """
    if len(baseline) != len(candidate):
        raise NotComparable(f"{len(candidate)} scores cannot be paired with {len(baseline)}")
    gained = sum(new > old for old, new in zip(baseline, candidate, strict=True))
    lost = sum(new < old for old, new in zip(baseline, candidate, strict=True))
    return PairedCounts(items=len(baseline), gained=gained, lost=lost)


@lru_cache(maxsize=100_000)
def mid_p(gained: int, lost: int) -> float:
    """The two-sided mid-p value of McNemar's test (Fagerland and others 2013, doi 10.1186/1471-2288-13-91).

    Twice the binomial chance of fewer plus half the chance of as many; 1 when as many were gained as lost.
    """
    from scipy.special import bdtr

    fewer, total = min(gained, lost), gained + lost
    if gained == lost:
        return 1.0
    below = float(bdtr(fewer - 1, total, 0.5)) if fewer else 0.0
    return min(1.0, below + float(bdtr(fewer, total, 0.5)))


def tango(counts: PairedCounts, *, confidence: float = CONFIDENCE) -> Interval:
    """The two-sided score interval of the difference (Tango 1998, Statistics in Medicine 17:891-908)."""
    z = normal_quantile((1 + confidence) / 2)
    return Interval(low=tango_bound(counts, -z), high=tango_bound(counts, z), method="Tango")


def tango_lower(counts: PairedCounts, *, confidence: float = CONFIDENCE) -> float:
    """The one-sided lower bound, for gates."""
    return tango_bound(counts, -normal_quantile(confidence))


def tango_upper(counts: PairedCounts, *, confidence: float = CONFIDENCE) -> float:
    """The one-sided upper bound, for gates."""
    return tango_bound(counts, normal_quantile(confidence))


def tango_bound(counts: PairedCounts, z: float) -> float:
    """The difference whose score statistic is ``-z``: a lower bound for a negative z, an upper for a positive one."""
    if z < 0:
        return -tango_bound(counts.swapped, -z)
    return _root(lambda difference: tango_statistic(counts, difference) + z, low=counts.difference, high=1.0)


def tango_statistic(counts: PairedCounts, difference: float) -> float:
    """How many standard errors the seen difference lies above ``difference``, with the errors that this one implies.

    The nuisance rate is its maximum likelihood estimate under ``difference``, a root of a quadratic (Tango 1998).
    """
    n, gained, lost = counts.items, counts.gained, counts.lost
    linear = (2 * n - gained + lost) * difference - gained - lost
    root = sqrt(max(0.0, linear**2 + 8 * n * lost * difference * (1 - difference)))
    nuisance = max(0.0, (root - linear) / (4 * n), -difference)
    variance = n * (2 * nuisance + difference * (1 - difference))
    distance = gained - lost - n * difference
    if variance <= 0:
        return 0.0 if distance == 0 else float("inf") * distance
    return distance / sqrt(variance)


def bonett_price(counts: PairedCounts) -> Interval:
    """The closed form that adds one to both disagreements (Bonett and Price 2012, doi 10.3102/1076998611411915)."""
    items = counts.items + 2
    gained, lost = (counts.gained + 1) / items, (counts.lost + 1) / items
    middle, width = gained - lost, Z * sqrt((gained + lost - (gained - lost) ** 2) / items)
    return Interval(low=max(-1.0, middle - width), high=min(1.0, middle + width), method="Bonett-Price")


def binary_difference(counts: PairedCounts) -> Difference:
    """Tango's interval and the mid-p value, right at every number of items."""
    return Difference(
        estimate=counts.difference,
        interval=tango(counts),
        test=PValue(p=mid_p(round(counts.gained), round(counts.lost)), method="McNemar mid-p"),
        items=round(counts.items),
        clusters=round(counts.items),
        binary=True,
        spread=(counts.gained + counts.lost + 2) / (counts.items + 2),
    )


def _root(function: Callable[[float], float], *, low: float, high: float) -> float:
    """Where a falling function crosses zero; the upper end when it does not cross."""
    if function(high) > 0:
        return high
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if function(middle) > 0 else (low, middle)
    return (low + high) / 2

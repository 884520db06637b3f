"""How many examples a question needs, before a run, and how many more after one. Counts only; the caller prices them.

Planned figures have a power of 80 %. `more_to_*` figures say when the answer would come if the seen rates stay as they
are, which is as likely to be early as late.
"""

from collections.abc import Callable
from math import ceil, sqrt

from maquette.evals.statistics.paired import PairedCounts, tango
from maquette.evals.statistics.values import LEVEL, Difference, Z, normal_quantile

POWER = 0.8
MAX_SEARCH = 1_000_000


def examples_for_margin(margin: float, rate: float) -> int:
    """Examples for a 95 % interval of ``rate`` within ``margin`` either way: ceil(z^2 p (1-p) / margin^2).

    The normal approximation, for planning only; ``rate`` is kept off 0 and 1, where it breaks down.
    """
    kept = min(max(rate, 0.02), 0.98)
    return ceil(Z**2 * kept * (1 - kept) / margin**2)


def more_to_decide(correct: float, scored: float, threshold: float) -> int | None:
    """How many more examples would settle the verdict if the rate stays as it is; None when not even a million would.

    Solves the Wilson bound for n: at rate p the bound meets threshold t when n = z^2 t (1-t) / (p-t)^2. The counts need
    not be whole: clusters have an effective number of examples.
    """
    if scored < 1:
        return None
    rate = correct / scored
    if rate == threshold:
        return None
    needed = ceil(Z**2 * threshold * (1 - threshold) / (rate - threshold) ** 2)
    return max(0, ceil(needed - scored)) if needed <= MAX_SEARCH else None


def paired_examples(difference: float, discordance: float, *, level: float = LEVEL, power: float = POWER) -> int:
    """Items that show ``difference`` when systems disagree on ``discordance`` of them (Connor 1987, Biometrics 43:207).

    Raises:
        ValueError: The difference is 0 or larger than the discordance, which cannot be.
    """
    if not 0 < abs(difference) <= discordance <= 1:
        raise ValueError(f"a difference of {difference} is not possible with {discordance} of the items discordant")
    alpha, beta = normal_quantile(1 - level / 2), normal_quantile(power)
    return ceil((alpha * sqrt(discordance) + beta * sqrt(discordance - difference**2)) ** 2 / difference**2)


def smallest_paired_difference(
    items: int, discordance: float, *, level: float = LEVEL, power: float = POWER
) -> float | None:
    """The smallest difference that ``items`` can be expected to show; None when not even all the discordance would do.

    Solves Connor's formula for the difference: with u = 1 + beta^2 / n it is a quadratic in the difference.
    """
    alpha, beta = normal_quantile(1 - level / 2), normal_quantile(power)
    weight = 1 + beta**2 / items
    shift = alpha * sqrt(discordance / items)
    # (difference - shift)^2 = beta^2 (discordance - difference^2) / n, the larger root.
    root = sqrt(shift**2 - weight * (shift**2 - beta**2 * discordance / items))
    found = (shift + root) / weight
    return found if found <= discordance else None


def unpaired_examples(low: float, high: float, *, level: float = LEVEL, power: float = POWER) -> int:
    """Examples of each of two systems asked different ones: (z_a + z_b)^2 (p q + p' q') / (p - p')^2, for comparison.

    Raises:
        ValueError: The rates are equal.
    """
    if low == high:
        raise ValueError("equal rates have no difference to show")
    quantiles = normal_quantile(1 - level / 2) + normal_quantile(power)
    return ceil(quantiles**2 * (low * (1 - low) + high * (1 - high)) / (low - high) ** 2)


def graded_examples(difference: float, deviation: float, *, level: float = LEVEL, power: float = POWER) -> int:
    """Items for a paired t test when the differences have that standard deviation.

    The normal formula with Guenther's correction for t, z^2 / 2 (1981, The American Statistician 35:243).

    Raises:
        ValueError: The difference is 0.
    """
    if difference == 0:
        raise ValueError("no number of examples shows a difference of 0")
    alpha, beta = normal_quantile(1 - level / 2), normal_quantile(power)
    return max(2, ceil(((alpha + beta) * deviation / difference) ** 2 + alpha**2 / 2))


def examples_to_find(margin: float, seen: Difference) -> int:
    """Items that would show a difference of ``margin``, planned from the spread that was seen.

    Connor's formula for right and wrong; that of `graded_examples` otherwise.

    Raises:
        ValueError: The margin is not between 0 and 1.
    """
    if seen.binary:
        return paired_examples(margin, max(margin, seen.spread))
    return graded_examples(margin, sqrt(seen.spread))


def more_to_show(counts: PairedCounts) -> int | None:
    """How many more items until Tango's interval leaves out 0 if the rates stay; None when not within a million."""
    if counts.difference == 0:
        return None

    def shown(items: float) -> bool:
        interval = tango(counts.scaled(items))
        return interval.low > 0 or interval.high < 0

    return more_until(shown, round(counts.items))


def more_until(settled: Callable[[float], bool], items: int) -> int | None:
    """How many more items until ``settled``, which must stay true from there on; None when not within a million."""
    if settled(items):
        return 0
    low, high = items, items * 2
    while not settled(high):
        low, high = high, high * 2
        if low > MAX_SEARCH:
            return None
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if settled(middle) else (middle, high)
    return high - items if high <= MAX_SEARCH else None

"""p values of many comparisons at once."""

from collections.abc import Sequence


def holm(p_values: Sequence[float]) -> tuple[float, ...]:
    """Adjusted p values that keep the chance of any false finding at the level (Holm 1979, Scand. J. Stat. 6:65)."""
    order = sorted(range(len(p_values)), key=p_values.__getitem__)
    adjusted = [0.0] * len(p_values)
    highest = 0.0
    for position, index in enumerate(order):
        highest = max(highest, min(1.0, (len(p_values) - position) * p_values[index]))
        adjusted[index] = highest
    return tuple(adjusted)


def benjamini_hochberg(p_values: Sequence[float]) -> tuple[float, ...]:
    """Q values that keep the share of false findings at the level (1995, doi 10.1111/j.2517-6161.1995.tb02031.x)."""
    order = sorted(range(len(p_values)), key=p_values.__getitem__, reverse=True)
    adjusted = [0.0] * len(p_values)
    lowest = 1.0
    for position, index in enumerate(order):
        lowest = min(lowest, p_values[index] * len(p_values) / (len(p_values) - position))
        adjusted[index] = lowest
    return tuple(adjusted)

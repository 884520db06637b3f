"""Places on a line: as near as may be to where things want to be, in their order, with room between them."""

from collections.abc import Sequence


def spread(
    wanted: Sequence[float], weights: Sequence[float], apart: Sequence[float], low: float, high: float
) -> list[float]:
    """The places within ``low`` and ``high`` with the least weighted squares of the distances to ``wanted``.

    Neighbours keep ``apart`` (one less than there are places) between them: isotonic regression by pooling
    neighbours that are out of order, then cut at the ends (Barlow and Brunk 1972). Where there is no room for all,
    the distances shrink alike.
    """
    if not wanted:
        return []
    total = sum(apart)
    shrink = min(1.0, (high - low) / total) if total else 1.0
    offsets = [0.0]
    for distance in apart:
        offsets.append(offsets[-1] + distance * shrink)
    pools: list[tuple[float, float, int]] = []
    for want, weight, offset in zip(wanted, weights, offsets, strict=True):
        pools.append((want - offset, weight, 1))
        while len(pools) > 1 and pools[-2][0] > pools[-1][0]:
            (first, one, many), (second, other, more) = pools[-2:]
            pools[-2:] = [((first * one + second * other) / (one + other), one + other, many + more)]
    level = [value for value, _, many in pools for _ in range(many)]
    most = max(low, high - offsets[-1])
    return [min(max(value, low), most) + offset for value, offset in zip(level, offsets, strict=True)]

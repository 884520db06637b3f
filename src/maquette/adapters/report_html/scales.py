"""From figures to places in a drawing: scales and the round figures beside their axes."""

from dataclasses import dataclass
from math import ceil, floor, log10


@dataclass(frozen=True, kw_only=True, slots=True)
class Scale:
    """A line from ``low`` at pixel ``start`` to ``high`` at pixel ``end``; ``log`` spaces it by factors."""

    low: float
    high: float
    start: float
    end: float
    log: bool = False

    def at(self, value: float) -> float:
        """The pixel of a value, kept on the axis."""
        low, high, value = (self.low, self.high, value) if not self.log else map(log10, (self.low, self.high, value))
        share = 0.5 if high == low else (value - low) / (high - low)
        return round(self.start + (self.end - self.start) * min(1.0, max(0.0, share)), 1)

    @property
    def ticks(self) -> tuple[float, ...]:
        """Round figures on the axis."""
        if self.log:
            powers = range(floor(log10(self.low)), ceil(log10(self.high)) + 1)
            found = [factor * 10.0**power for power in powers for factor in (1, 2, 5)]
            inside = [tick for tick in found if self.low <= tick <= self.high]
            return tuple(inside if len(inside) <= 7 else [t for t in inside if f"{t:e}".startswith("1")])
        step = round_step((self.high - self.low) / 5)
        first = ceil(self.low / step - 1e-9)
        return tuple(round(tick * step, 10) for tick in range(first, floor(self.high / step + 1e-9) + 1))


def round_step(rough: float) -> float:
    """The next of 1, 2, 5 times a power of ten."""
    if rough <= 0:
        return 1.0
    power = 10.0 ** floor(log10(rough))
    return next(factor * power for factor in (1, 2, 5, 10) if factor * power >= rough - 1e-12)


def around(values: list[float], *, start: float, end: float, floor_at: float, ceiling: float | None = None) -> Scale:
    """A scale from a round figure below all values to one above them, within what is possible."""
    low, high = min(values), max(values)
    step = round_step(max(high - low, 1e-9) / 4)
    low, high = max(floor_at, floor(low / step) * step), ceil(high / step) * step
    return Scale(low=low, high=high if ceiling is None else min(ceiling, high), start=start, end=end)


def by_size(values: list[float], *, start: float, end: float) -> Scale:
    """A scale from zero, or by factors where the largest value is more than twenty times the smallest."""
    low, high = min(values), max(values)
    if low > 0 and high / low > 20:
        return Scale(low=low / 1.5, high=high * 1.5, start=start, end=end, log=True)
    return around([0.0, high * 1.05 or 1.0], start=start, end=end, floor_at=0.0)

"""Scales and their ticks: round numbers, few enough to read, and places with which every machine agrees."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from math import ceil, floor

_STEPS = (Decimal(1), Decimal(2), Decimal("2.5"), Decimal(5), Decimal(10))
_LOG_STEPS = (Decimal(1), Decimal(2), Decimal(5))
_NEAR = 3
_LOG_FROM = 20
"""Values that lie further apart than this many times are drawn on a logarithmic scale."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Scale:
    """From a value to a place: ``low`` lies at ``start`` pixels, ``high`` at ``end``, which may be the smaller one."""

    low: Decimal
    high: Decimal
    ticks: tuple[Decimal, ...]
    start: float
    end: float
    log: bool = False

    def at(self, value: Decimal) -> float:
        """The place of ``value``; one outside the scale lies at its end."""
        low, high, here = (self._even(one) for one in (self.low, self.high, min(max(value, self.low), self.high)))
        return self.start + (self.end - self.start) * float((here - low) / (high - low))

    def _even(self, value: Decimal) -> Decimal:
        return value.log10() if self.log else value


def linear(
    values: Iterable[Decimal], *, start: float, end: float, most: int = 6, zero: bool = True, cap: Decimal | None = None
) -> Scale:
    """A scale over ``values`` with round ends: from nothing on with ``zero``, not beyond ``cap``, ``most`` ticks."""
    known = [*values, *([Decimal(0)] if zero else [])]
    low, high = min(known), max(known)
    step = round_step((high - low) / max(most - 1, 1)) if high > low else round_step(abs(high) or Decimal(1))
    first, last = floor(low / step), ceil(high / step)
    last += first == last
    ticks = tuple(step * place for place in range(first, last + 1))
    if cap is not None and high <= cap < ticks[-1]:
        ticks = (*(tick for tick in ticks if tick < cap), cap)
    return Scale(low=ticks[0], high=ticks[-1], ticks=ticks, start=start, end=end)


def spread(values: Iterable[Decimal], *, start: float, end: float, most: int = 6) -> Scale:
    """A scale for prices: logarithmic where they lie far apart and none is nothing, else linear from nothing on."""
    known = tuple(values)
    low, high = min(known), max(known)
    if low <= 0 or high / low <= _LOG_FROM:
        return linear(known, start=start, end=end, most=most)
    ticks = _log_ticks(low, high)
    return Scale(low=ticks[0], high=ticks[-1], ticks=ticks, start=start, end=end, log=True)


def near(limit: Decimal, values: Iterable[Decimal]) -> bool:
    """Whether a limit is drawn among the values: far above them it would make them a line at the bottom."""
    return limit <= max(values) * _NEAR


def round_step(least: Decimal) -> Decimal:
    """The next of 1, 2, 2.5, 5 and 10 times a power of ten."""
    power = Decimal(1).scaleb(least.adjusted())
    return next(step * power for step in _STEPS if step * power >= least)


def _log_ticks(low: Decimal, high: Decimal) -> tuple[Decimal, ...]:
    """1, 2 and 5 of every power of ten from the last one below ``low`` to the first one above ``high``."""
    powers = (Decimal(1).scaleb(power) for power in range(low.adjusted(), high.adjusted() + 2))
    every = [step * power for power in powers for step in _LOG_STEPS]
    first = max(place for place, tick in enumerate(every) if tick <= low)
    last = min(place for place, tick in enumerate(every) if tick >= high)
    return tuple(every[first : last + 1])

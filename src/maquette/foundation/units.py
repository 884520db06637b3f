"""Money, ranges and how numbers read. Money is Decimal from end to end; no float enters a sum."""

from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Context, Decimal
from typing import Generic, TypeVar

Usd = Decimal
Number = TypeVar("Number", int, float, Decimal)

DAYS_PER_MONTH = Decimal("30.4")
"""Days in a projected month: 365 / 12 to one decimal, the figure of the requirement questions."""

SECONDS_PER_DAY = Decimal(86_400)

_READABLE = Context(prec=3, rounding=ROUND_HALF_EVEN)


@dataclass(frozen=True, kw_only=True, slots=True)
class Range(Generic[Number]):
    """A figure with what it may be at least and at most; low <= base <= high."""

    low: Number
    base: Number
    high: Number

    def __post_init__(self) -> None:
        if not self.low <= self.base <= self.high:
            raise ValueError(f"not a range: {self.low} <= {self.base} <= {self.high}")


def readable_usd(amount: Usd | None) -> str:
    """``amount`` for a person: whole dollars from 100, cents from 1, three significant digits below.

    None reads "unpriced": a missing price is never zero.
    """
    if amount is None:
        return "unpriced"
    if abs(amount) >= 100:
        return f"${amount.quantize(Decimal(1), ROUND_HALF_EVEN):,}"
    if abs(amount) >= 1 or amount == 0:
        return f"${amount.quantize(Decimal('0.01'), ROUND_HALF_EVEN)}"
    return f"${_READABLE.create_decimal(amount):f}"


def readable_span(amounts: Range[Usd] | None) -> str:
    """A range of money for a person; one figure where both ends read the same."""
    if amounts is None:
        return "unpriced"
    low, high = readable_usd(amounts.low), readable_usd(amounts.high)
    return low if low == high else f"{low} - {high}"


def readable_count(count: float | Decimal) -> str:
    """``count`` with thin groups of three digits, and no trailing zeros behind the point."""
    text = f"{Decimal(str(count)):,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text

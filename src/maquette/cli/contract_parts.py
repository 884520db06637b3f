"""What several contracts of `--json` share."""

from decimal import Decimal

from typing_extensions import TypedDict

FORMAT = 1


class RangeData(TypedDict):
    """A figure with its bounds, exact decimals as text."""

    low: str
    base: str
    high: str


def exact(number: Decimal) -> str:
    """A number as text, all its digits and no exponent."""
    return f"{number:f}"


def exact_or_none(number: Decimal | None) -> str | None:
    """A number as text; None where nobody knows it."""
    return None if number is None else exact(number)

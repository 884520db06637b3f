"""What several contracts of `--json` share."""

from decimal import Decimal
from typing import TYPE_CHECKING

from typing_extensions import TypedDict

if TYPE_CHECKING:
    from maquette.evals.run import Interval, Percentiles

FORMAT = 1


class RangeData(TypedDict):
    """A figure with its bounds, exact decimals as text."""

    low: str
    base: str
    high: str


class IntervalData(TypedDict):
    """A two-sided 95 % interval, as fractions."""

    low: float
    high: float
    method: str


def interval_data(interval: "Interval") -> IntervalData:
    """An interval with its method."""
    return {"low": interval.low, "high": interval.high, "method": interval.method}


def percentiles_data(found: "Percentiles | None") -> dict[str, float] | None:
    """Percentiles in seconds, or None."""
    return None if found is None else {"p50": found.p50_s, "p95": found.p95_s, "p99": found.p99_s}


def exact(number: Decimal) -> str:
    """A number as text, all its digits and no exponent."""
    return f"{number:f}"


def exact_or_none(number: Decimal | None) -> str | None:
    """A number as text; None where nobody knows it."""
    return None if number is None else exact(number)

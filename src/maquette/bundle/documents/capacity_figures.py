"""Figures that a document computes from others: three digits, a unit, and the formula as the source."""

from decimal import ROUND_CEILING, Decimal

from maquette.bundle.figures import Figure, estimated
from maquette.foundation.units import readable_count


def three_digits(value: Decimal | float) -> str:
    """The number for a reader: whole from a thousand on, three digits below."""
    exact = Decimal(str(value))
    if abs(exact) >= 1000:
        return readable_count(exact.quantize(Decimal(1)) if abs(exact) < 100_000 else Decimal(f"{exact:.3g}"))
    return readable_count(Decimal(f"{exact:.3g}"))


def computed(value: Decimal | float, unit: str, formula: str) -> Figure:
    """The number with its unit, from that formula."""
    return estimated(f"{three_digits(value)} {unit}".strip(), formula)


def times(value: Decimal, formula: str) -> Figure:
    """How many times one is the other: to a tenth, as a share where it is less."""
    if value < 1:
        return estimated(f"{readable_count(Decimal(f'{100 * value:.2g}'))} % of", formula)
    rounded = round(value, 1) if value < 100 else round(value)
    return estimated(f"{readable_count(rounded)} times", formula)


def percent(share: Decimal) -> str:
    """A share to at most three decimals of a per cent, as objectives are written."""
    return f"{readable_count((share * 100).quantize(Decimal('0.001')))} %"


def counted(value: Decimal, unit: str) -> str:
    """The unit for so many: 1 token, 2 tokens; units with a slash or in capitals stay."""
    plain = unit.isalpha() and unit.islower() and not unit.endswith("s")
    return f"{unit}s" if plain and value != 1 else unit


def whole_up(value: Decimal) -> int:
    """The next whole number."""
    return int(value.to_integral_value(ROUND_CEILING))


def month_reached(now: Decimal, limit: Decimal, growth_pct: Decimal, horizon: int) -> int | None:
    """The first month, from 1, whose ``now * (1 + growth)^(month - 1)`` passes ``limit``; None within the horizon.

    Growth compounds from the second month on, as in the cost projection.
    """
    factor, volume = 1 + growth_pct / 100, now
    for month in range(1, horizon + 1):
        if volume > limit:
            return month
        volume *= factor
    return None

"""A difference between two projections in sentences, for places that have no table."""

from collections.abc import Iterator, Sequence
from decimal import Decimal

from maquette.cost.difference import Difference, LineDifference
from maquette.foundation.units import Usd, readable_usd

_CENT = Decimal("0.005")
_LINES = 4


def signed_usd(amount: Usd) -> str:
    """An amount with its sign; what is less than half a cent is nothing."""
    if abs(amount) < _CENT:
        return "$0.00"
    return f"{'+' if amount > 0 else '-'}{readable_usd(abs(amount))}"


def difference_sentences(found: Sequence[Difference]) -> Iterator[str]:
    """One sentence an option: both sums, the difference, and the lines behind most of it."""
    for one in found:
        names = one.a if one.a == one.b else f"{one.a} -> {one.b}"
        usd_a, usd_b = one.sum_of(lambda line: line.usd_a), one.sum_of(lambda line: line.usd_b)
        moved = [line for line in one.lines if abs(line.difference_usd) >= _CENT][:_LINES]
        why = ", ".join(f"{line.name} {signed_usd(line.difference_usd)}{_effects(line)}" for line in moved)
        text = f"{names}: {readable_usd(usd_a)} -> {readable_usd(usd_b)}, {signed_usd(one.difference_usd)}"
        yield f"{text}: {why}" if why else text


def _effects(line: LineDifference) -> str:
    """What did it, where more than one thing did."""
    parts = {
        "price": line.price_usd,
        "quantity": line.quantity_usd,
        "both": line.mix_usd,
        "line added or gone": line.line_usd,
    }
    told = [f"{name} {signed_usd(usd)}" for name, usd in parts.items() if abs(usd) >= _CENT]
    return f" ({', '.join(told)})" if len(told) > 1 else ""

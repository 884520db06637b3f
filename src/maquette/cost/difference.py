"""Why two projections differ: line by line, what the price did, what the quantity did, and what both did together.

Everything is exact. For a line of both sides the difference of the amounts is (p' - p)q + (q' - q)p + (p' - p)(q' - q),
price, quantity and mix, and what rounding each amount to a millionth of a dollar added; a line of one side is whole.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Context, Decimal, localcontext
from typing import TypeAlias

from maquette.cost.projection import Case, CostLine
from maquette.foundation.units import Usd

_WIDE = Context(prec=120)
_Key: TypeAlias = tuple[str, str, int]


@dataclass(frozen=True, kw_only=True, slots=True)
class PlainLine:
    """A line of one month in one case: ``quantity`` units at ``usd_per_unit`` make ``amount_usd``, rounded."""

    month: int
    name: str
    unit: str
    quantity: Decimal
    usd_per_unit: Usd
    amount_usd: Usd


@dataclass(frozen=True, kw_only=True, slots=True)
class LineDifference:
    """One line over the months.

    Attributes:
        quantity_a, quantity_b: Units in all; None on the side that has no such line.
        price_a, price_b: Dollars a unit; None where there is no such line or its price changes from month to month.
        line_usd: Months that have the line on one side only: the whole amount.
        price_usd, quantity_usd, mix_usd: Months that have it on both: the two effects, and what they do together.
        rounding_usd: What rounding the amounts of such months added.
    """

    name: str
    unit: str
    quantity_a: Decimal | None
    quantity_b: Decimal | None
    price_a: Usd | None
    price_b: Usd | None
    usd_a: Usd
    usd_b: Usd
    line_usd: Usd
    price_usd: Usd
    quantity_usd: Usd
    mix_usd: Usd
    rounding_usd: Usd

    @property
    def difference_usd(self) -> Usd:
        """The amount of the second less that of the first."""
        with localcontext(_WIDE):
            return self.usd_b - self.usd_a


@dataclass(frozen=True, kw_only=True, slots=True)
class Difference:
    """Two options line by line, the widest difference first; lines that are the same on both sides are among them."""

    a: str
    b: str
    lines: tuple[LineDifference, ...]

    def sum_of(self, part: Callable[[LineDifference], Usd]) -> Usd:
        """One figure, summed over the lines."""
        with localcontext(_WIDE):
            return sum((part(line) for line in self.lines), Usd(0))

    @property
    def difference_usd(self) -> Usd:
        """What the second costs more than the first over the horizon."""
        return self.sum_of(lambda line: line.difference_usd)


def plain_lines(lines: Iterable[CostLine], option: str, case: Case = "base") -> tuple[PlainLine, ...]:
    """The lines of one option in one case."""
    return tuple(_plain(line, case) for line in lines if line.option == option)


def plain_by_option(lines: Iterable[CostLine], case: Case = "base") -> dict[str, list[PlainLine]]:
    """The lines of each option in one case."""
    found: dict[str, list[PlainLine]] = {}
    for line in lines:
        found.setdefault(line.option, []).append(_plain(line, case))
    return found


def _plain(line: CostLine, case: Case) -> PlainLine:
    return PlainLine(
        month=line.month,
        name=line.name,
        unit=line.unit,
        quantity=line.quantity.of(case),
        usd_per_unit=line.usd_per_unit,
        amount_usd=line.amount_usd.of(case),
    )


def explain_difference(a: str, lines_a: Sequence[PlainLine], b: str, lines_b: Sequence[PlainLine]) -> Difference:
    """The difference between two options, each with the name that it is shown under."""
    of_a, of_b = _months(lines_a), _months(lines_b)
    with localcontext(_WIDE):
        found = [_difference(key, of_a.get(key, {}), of_b.get(key, {})) for key in dict.fromkeys((*of_a, *of_b))]
        widest = sorted(found, key=lambda line: -abs(line.difference_usd))
    return Difference(a=a, b=b, lines=tuple(widest))


def _months(lines: Sequence[PlainLine]) -> dict[_Key, dict[int, PlainLine]]:
    """Each line by month; lines of one name and unit in one month are told apart by their order."""
    found: dict[_Key, dict[int, PlainLine]] = {}
    seen: defaultdict[tuple[int, str, str], int] = defaultdict(int)
    for line in lines:
        if not line.quantity and not line.amount_usd:
            continue
        place = (line.month, line.name, line.unit)
        found.setdefault((line.name, line.unit, seen[place]), {})[line.month] = line
        seen[place] += 1
    return found


def _difference(key: _Key, a: Mapping[int, PlainLine], b: Mapping[int, PlainLine]) -> LineDifference:
    both = [(a[month], b[month]) for month in a if month in b]
    price = sum(((new.usd_per_unit - old.usd_per_unit) * old.quantity for old, new in both), Usd(0))
    quantity = sum(((new.quantity - old.quantity) * old.usd_per_unit for old, new in both), Usd(0))
    mix = sum(((new.usd_per_unit - old.usd_per_unit) * (new.quantity - old.quantity) for old, new in both), Usd(0))
    of_both = sum((new.amount_usd - old.amount_usd for old, new in both), Usd(0))
    usd_a, usd_b = _usd(a), _usd(b)
    return LineDifference(
        name=key[0],
        unit=key[1],
        quantity_a=_quantity(a),
        quantity_b=_quantity(b),
        price_a=_price(a),
        price_b=_price(b),
        usd_a=usd_a,
        usd_b=usd_b,
        line_usd=usd_b - usd_a - of_both,
        price_usd=price,
        quantity_usd=quantity,
        mix_usd=mix,
        rounding_usd=of_both - price - quantity - mix,
    )


def _usd(months: Mapping[int, PlainLine]) -> Usd:
    return sum((line.amount_usd for line in months.values()), Usd(0))


def _quantity(months: Mapping[int, PlainLine]) -> Decimal | None:
    return sum((line.quantity for line in months.values()), Decimal(0)) if months else None


def _price(months: Mapping[int, PlainLine]) -> Usd | None:
    prices = {line.usd_per_unit for line in months.values()}
    return prices.pop() if len(prices) == 1 else None

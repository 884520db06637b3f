"""The lines of an option as a table: what is used, at which price, from which source, and what it comes to."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal

from maquette.cost.projection import CASES, ByCase, CostLine, CostProjection, OptionCost
from maquette.cost.report import CostTable, Sentence, Words
from maquette.foundation.units import Range, Usd, readable_count, readable_usd

_HEADINGS = ("line", "quantity, month 1", "unit", "USD a unit", "month 1", "last month", "total", "price", "source")
_RIGHT = (False, True, False, True, True, True, True, False, False)
_SLUG_CHARS = 60


class Anchors:
    """Names of places: letters, digits and hyphens, each given once."""

    def __init__(self) -> None:
        self._given: dict[tuple[str, ...], str] = {}

    def of(self, option: str, name: str, *other: str) -> str:
        """The anchor of an option's line, the same each time and no other's; ``other`` tells two of a name apart."""
        parts = (option, name, *other)
        if parts not in self._given:
            anchor = plain = f"line-{_slug(option)}-{_slug(name)}"
            times = 1
            while anchor in self._given.values():
                times += 1
                anchor = f"{plain}-{times}"
            self._given[parts] = anchor
        return self._given[parts]


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:_SLUG_CHARS].rstrip("-") or "unnamed"


@dataclass(frozen=True, kw_only=True, slots=True)
class _Row:
    """One line at one price over the months."""

    first: CostLine
    quantity: ByCase | None
    first_usd: ByCase | None
    last_usd: ByCase | None
    total_usd: ByCase


def lines_table(projection: CostProjection, option: OptionCost, anchors: Anchors) -> CostTable:
    """The lines of a priced option, then their sum."""
    rows = tuple(_line(row, anchors) for row in _rows(projection.lines, option.option, projection.horizon_months))
    return CostTable(caption=option.option, headings=_HEADINGS, right=_RIGHT, rows=(*rows, _sum(option, anchors)))


def three(amounts: Range[Usd] | ByCase | None) -> str:
    """Low, base and high in few characters."""
    if amounts is None:
        return readable_usd(None)
    return " / ".join(readable_usd(one) for one in (amounts.low, amounts.base, amounts.high))


def _rows(lines: Iterable[CostLine], option: str, horizon_months: int) -> Iterator[_Row]:
    groups: dict[tuple[object, ...], list[CostLine]] = {}
    for line in lines:
        if line.option == option:
            key = (line.name, line.unit, line.usd_per_unit, line.price_key, line.source)
            groups.setdefault(key, []).append(line)
    for group in groups.values():
        launch = next((line for line in group if line.month == 1), None)
        last = next((line for line in group if line.month == horizon_months), None)
        yield _Row(
            first=group[0],
            quantity=launch.quantity if launch else None,
            first_usd=launch.amount_usd if launch else None,
            last_usd=last.amount_usd if last else None,
            total_usd=ByCase(**{case: sum((line.amount_usd.of(case) for line in group), Usd(0)) for case in CASES}),
        )


def _line(row: _Row, anchors: Anchors) -> Sentence:
    line = row.first
    anchor = anchors.of(line.option, line.name, f"{line.usd_per_unit:f}", line.price_key, str(line.source))
    return (
        Words(text=line.name, anchor=anchor),
        Words(text=_quantity(row.quantity)),
        Words(text=line.unit),
        Words(text=f"{line.usd_per_unit:f}"),
        Words(text="none" if row.first_usd is None else three(row.first_usd)),
        Words(text="none" if row.last_usd is None else three(row.last_usd)),
        Words(text=three(row.total_usd)),
        Words(text=line.price_key),
        Words(text=str(line.source)),
    )


def _sum(option: OptionCost, anchors: Anchors) -> Sentence:
    amounts = (option.first_month_usd, option.last_month_usd, option.total_usd)
    cells = ("", "", "", *map(three, amounts), "", "")
    return (Words(text="sum", anchor=anchors.of(option.option, "sum")), *(Words(text=cell) for cell in cells))


def _quantity(quantity: ByCase | None) -> str:
    if quantity is None:
        return "none"
    shown = [readable_count(_rounded(quantity.of(case))) for case in CASES]
    return shown[1] if len(set(shown)) == 1 else " / ".join(shown)


def _rounded(quantity: Decimal) -> Decimal:
    return quantity.quantize(Decimal(1) if quantity >= 100 else Decimal("0.01"))

"""A band over months and the swings of inputs, drawn with characters."""

from collections.abc import Sequence
from decimal import Decimal

from maquette.cost.drawn import DrawnMonth, Driver
from maquette.foundation.units import Usd, readable_usd

BAND, MEDIAN, LIMIT, EMPTY = "▒", "=", "-", " "
_WIDEST_MONTH = 4
_AXIS = " ┤"


def band_plot(
    months: Sequence[DrawnMonth],
    *,
    width: int,
    height: int,
    budget: Usd | None = None,
    labels: Sequence[str] = (),
) -> list[str]:
    """The months from left to right, p10 to p90 shaded, p50 marked, from zero up; the budget as a dashed line.

    Args:
        months: At least one.
        width: Columns in all. Where the months are more than that, the last ones are left out.
        height: Lines for the band; two more hold the axis.
        budget: Left out where it lies far above everything.
        labels: The calendar month of each month; empty where none is known.
    """
    top = max(month.usd.p90 for month in months)
    limit = budget if budget is not None and 0 < budget <= 2 * top else None
    scale = max(top, limit or Usd(0))
    marks = [readable_usd(scale), readable_usd(scale / 2), readable_usd(Usd(0))]
    margin = max(map(len, marks))
    each = max(1, min(_WIDEST_MONTH, (width - margin - len(_AXIS)) // len(months)))
    shown = months[: max(1, (width - margin - len(_AXIS)) // each)]
    rows = []
    for row in range(height - 1, -1, -1):
        mark = {height - 1: marks[0], height // 2: marks[1], 0: marks[2]}.get(row, "")
        cells = "".join(_cell(month, row, height, scale, limit) * each for month in shown)
        rows.append(f"{mark:>{margin}}{_AXIS}{cells}".rstrip())
    return [*rows, *_months(shown, labels, each, margin + len(_AXIS), width, limit)]


def tornado(drivers: Sequence[Driver], width: int) -> list[str]:
    """Each input's bar from its cheaper end to its dearer one on one scale, with the expected month as a line in it."""
    least = min(min(one.low_usd, one.high_usd) for one in drivers)
    most = max(max(one.low_usd, one.high_usd) for one in drivers)
    return [_bar(one, least, most, width) for one in drivers]


def _cell(month: DrawnMonth, row: int, height: int, scale: Decimal, limit: Usd | None) -> str:
    band = month.usd
    if row == _row(band.p50, height, scale):
        return MEDIAN
    if limit is not None and row == _row(limit, height, scale):
        return LIMIT
    return BAND if _row(band.p10, height, scale) <= row <= _row(band.p90, height, scale) else EMPTY


def _row(usd: Usd, height: int, scale: Decimal) -> int:
    """The line, from 0 at the bottom, that an amount falls into."""
    return min(height - 1, int(usd * height / scale)) if scale > 0 else 0


def _months(
    months: Sequence[DrawnMonth], labels: Sequence[str], each: int, margin: int, width: int, limit: Usd | None
) -> list[str]:
    """The names of the first and the last month below the band, and what the dashes mean."""
    first, last = (_name(month, labels) for month in (months[0], months[-1]))
    gap = max(1, each * len(months) - len(first) - len(last))
    line = f"{' ' * margin}{first}{' ' * gap}{last}" if len(months) > 1 else f"{' ' * margin}{first}"
    if limit is None:
        return [line]
    told = f"   {LIMIT * 2} budget {readable_usd(limit)}"
    return [line + told] if len(line) + len(told) <= width else [line]


def _name(month: DrawnMonth, labels: Sequence[str]) -> str:
    return labels[month.month - 1] if month.month <= len(labels) else f"month {month.month}"


def _bar(driver: Driver, least: Usd, most: Usd, width: int) -> str:
    def place(usd: Usd) -> int:
        return int((usd - least) * (width - 1) / (most - least)) if most > least else 0

    low, high = sorted((place(driver.low_usd), place(driver.high_usd)))
    cells = [BAND if low <= at <= high else EMPTY for at in range(width)]
    if driver.base_usd is not None:
        cells[min(width - 1, max(0, place(driver.base_usd)))] = "│"
    return "".join(cells)

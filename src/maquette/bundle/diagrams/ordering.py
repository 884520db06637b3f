"""The order of things within their rows, so that few lines cross."""

from bisect import bisect_left, insort
from collections.abc import Mapping, Sequence

from maquette.bundle.diagrams.model import Flow
from maquette.bundle.diagrams.rows import Row

SWEEPS = 8
SMALL = 40
"""Lines up to which every swap of two nodes is tried as well."""

_WEIGHTS = (1.0, 2.0, 12.0)
"""Of a line's piece between two nodes, between a node and a stop on the way, and between two stops."""

Link = tuple[int, int, float]
"""Places of a thing in the upper and in the lower row, and how much the line wants to be straight."""


def links(flow: Flow, rows: Sequence[Row]) -> list[list[Link]]:
    """For each gap between rows, the lines that cross it."""
    at = [{(item.kind == "node", item.key): place for place, item in enumerate(row.items)} for row in rows]
    level = {item.key: number for number, row in enumerate(rows) for item in row.items if item.kind == "node"}
    found: list[list[Link]] = [[] for _ in rows]
    for number, edge in enumerate(flow.edges):
        ends = {level[edge.start]: edge.start, level[edge.end]: edge.end}
        top, low = min(ends), max(ends)
        for row in range(top, low):
            upper = at[row][(True, ends[row]) if row in ends else (False, number)]
            lower = at[row + 1][(True, ends[row + 1]) if row + 1 in ends else (False, number)]
            found[row].append((upper, lower, _WEIGHTS[(row not in ends) + (row + 1 not in ends)]))
    return found


def order(flow: Flow, rows: list[Row]) -> None:
    """Sort the things of each row by the mean place of what they are joined to; keep the order that crosses least."""
    best = _Kept(flow, rows)
    for mirrored in (False, True):
        if mirrored:
            for row in rows:
                row.items.reverse()
        for sweep in range(SWEEPS):
            down = sweep % 2 == 0
            for place in range(1, len(rows)) if down else range(len(rows) - 2, -1, -1):
                _sort_row(flow, rows, place, above=down)
            best.keep_if_fewer(flow, rows)
    if best.crossings and len(flow.edges) <= SMALL:
        _try_swaps(flow, rows, best)
    for row, items in zip(rows, best.items, strict=True):
        row.items = sorted(items, key=lambda item: item.kind != "title")


class _Kept:
    """The order that crosses least so far."""

    def __init__(self, flow: Flow, rows: Sequence[Row]) -> None:
        self.items = [list(row.items) for row in rows]
        self.crossings = _crossings(links(flow, rows))

    def keep_if_fewer(self, flow: Flow, rows: Sequence[Row]) -> None:
        now = _crossings(links(flow, rows))
        if now < self.crossings:
            self.items, self.crossings = [list(row.items) for row in rows], now


def _try_swaps(flow: Flow, rows: list[Row], best: _Kept) -> None:
    """Swap two neighbouring nodes of the best order and let all other rows follow, for each such pair."""
    pairs = [
        (number, place)
        for number, items in enumerate(best.items)
        for place in range(len(items) - 1)
        if items[place].kind == "node"
    ]
    for number, place in pairs:
        for row, items in zip(rows, best.items, strict=True):
            row.items = list(items)
        swapped = rows[number].items
        swapped[place], swapped[place + 1] = swapped[place + 1], swapped[place]
        for above in range(number - 1, -1, -1):
            _sort_row(flow, rows, above, above=False)
        for below in range(number + 1, len(rows)):
            _sort_row(flow, rows, below, above=True)
        best.keep_if_fewer(flow, rows)


def _sort_row(flow: Flow, rows: list[Row], place: int, *, above: bool) -> None:
    pair = rows[place - 1 : place + 1] if above else rows[place : place + 2]
    near = [[] for _ in rows[place].items]  # type: list[list[float]]
    other = len((pair[0] if above else pair[1]).items)
    for upper, lower in _gap_links(flow, rows, place - 1 if above else place):
        mine, theirs = (lower, upper) if above else (upper, lower)
        near[mine].append((theirs + 0.5) / other)
    count = len(near)
    middle = [sum(one) / len(one) if one else (number + 0.5) / count for number, one in enumerate(near)]
    ranked = sorted(
        range(count), key=lambda number: (rows[place].items[number].kind != "title", middle[number], number)
    )
    rows[place].items = [rows[place].items[number] for number in ranked]


def _gap_links(flow: Flow, rows: Sequence[Row], gap: int) -> list[tuple[int, int]]:
    def keys(row: Row) -> Mapping[tuple[bool, str | int], int]:
        return {(item.kind == "node", item.key): place for place, item in enumerate(row.items)}

    upper, lower = keys(rows[gap]), keys(rows[gap + 1])
    found = []
    for number, edge in enumerate(flow.edges):
        tops = [upper[key] for key in ((False, number), (True, edge.start), (True, edge.end)) if key in upper]
        lows = [lower[key] for key in ((False, number), (True, edge.start), (True, edge.end)) if key in lower]
        if tops and lows:
            found.append((tops[0], lows[0]))
    return found


def _crossings(gaps: Sequence[Sequence[Link]]) -> int:
    total = 0
    for gap in gaps:
        seen: list[int] = []
        for _, lower, _ in sorted(gap):
            total += len(seen) - bisect_left(seen, lower + 1)
            insort(seen, lower)
    return total

"""The places of things across the page: lines as straight as the room between the things of a row allows."""

from collections.abc import Sequence

from maquette.bundle.diagrams.model import Flow
from maquette.bundle.diagrams.ordering import Link, links
from maquette.bundle.diagrams.rows import Item, Row
from maquette.bundle.diagrams.spreading import spread

SETTLING = 40
STILL = 0.2
"""Pixels: nothing moves further any more."""
EDGE = 14.0
"""How far from a node's corner a line may leave it."""


def places(flow: Flow, rows: Sequence[Row]) -> list[list[float]]:
    """The middle of each thing across the page: near what it is joined to, lines straight before all else.

    A title goes to the right end of its row where more lines want to pass on the left.
    """
    found = _settle(flow, rows)
    moved = [_title_moved(row, xs) for row, xs in zip(rows, _wishes(flow, rows, found), strict=True)]
    if True in moved:
        found = _settle(flow, rows)
    _straighten(flow, rows, found)
    return found


def _settle(flow: Flow, rows: Sequence[Row]) -> list[list[float]]:
    apart = [row.apart() for row in rows]
    found = [_first(row, gaps) for row, gaps in zip(rows, apart, strict=True)]
    joined = _joined(links(flow, rows), rows)
    for turn in range(SETTLING):
        before = list(found)
        for number in range(len(rows)) if turn % 2 == 0 else range(len(rows) - 1, -1, -1):
            found[number] = _settled(rows[number], found, joined[number], number, apart[number])
        pairs = ((x, y) for old, new in zip(before, found, strict=True) for x, y in zip(old, new, strict=True))
        if all(abs(x - y) < STILL for x, y in pairs):
            break
    return found


def _wishes(flow: Flow, rows: Sequence[Row], found: Sequence[Sequence[float]]) -> list[list[float]]:
    """Where the lines that pass a row come from and go to."""
    joined = _joined(links(flow, rows), rows)
    return [[found[other][place] for ends in row for other, place, _ in ends] for row in joined]


def _title_moved(row: Row, wishes: Sequence[float]) -> bool:
    if not row.items or row.items[0].kind != "title":
        return False
    width = row.items[0].width + 16.0
    left = sum(x < row.low + width for x in wishes)
    right = sum(x > row.high - width for x in wishes)
    if left > right:
        row.items = [*row.items[1:], row.items[0]]
    return left > right


def _straighten(flow: Flow, rows: Sequence[Row], found: list[list[float]]) -> None:
    """Put the stops of each line below each other as far down as the room beside them goes."""
    apart = [row.apart() for row in rows]
    stops: dict[str | int, list[tuple[int, int]]] = {}
    for number, row in enumerate(rows):
        for place, item in enumerate(row.items):
            if item.kind in ("pass", "label", "node"):
                stops.setdefault(item.key, []).append((number, place))
    for key, edge in enumerate(flow.edges):
        ends = sorted((*stops[edge.start], *stops[edge.end]))
        run: list[tuple[int, int]] = []
        low, high = _port_room(rows, found, ends[0])
        for number, place in [*stops.get(key, []), ends[1]]:
            last = (number, place) == ends[1]
            least, most = _port_room(rows, found, ends[1]) if last else _room(rows, found, apart, number, place)
            if max(low, least) > min(high, most):
                _line_up(found, run, low, high)
                run, low, high = [], least, most
            else:
                low, high = max(low, least), min(high, most)
            if not last:
                run.append((number, place))
        _line_up(found, run, low, high)


def _line_up(found: list[list[float]], run: Sequence[tuple[int, int]], low: float, high: float) -> None:
    if run:
        middle = sum(found[number][place] for number, place in run) / len(run)
        for number, place in run:
            found[number][place] = min(max(middle, low), high)


def _port_room(rows: Sequence[Row], found: Sequence[Sequence[float]], end: tuple[int, int]) -> tuple[float, float]:
    """Where a line may leave a node."""
    x, half = found[end[0]][end[1]], rows[end[0]].items[end[1]].width / 2 - EDGE
    return x - half, x + half


def _room(
    rows: Sequence[Row], found: Sequence[Sequence[float]], apart: Sequence[Sequence[float]], number: int, place: int
) -> tuple[float, float]:
    """How far a thing may move between its neighbours."""
    row, xs, gaps, half = rows[number], found[number], apart[number], rows[number].items[place].width / 2
    low = xs[place - 1] + gaps[place - 1] if place else row.low + half
    high = xs[place + 1] - gaps[place] if place + 1 < len(xs) else row.high - half
    # Rounding may leave a hair less than no room.
    return min(low, xs[place]), max(high, xs[place])


def _first(row: Row, apart: Sequence[float]) -> list[float]:
    start = (row.low + row.high - sum(apart)) / 2
    found = [start]
    for gap in apart:
        found.append(found[-1] + gap)
    return found if row.items else []


def _joined(gaps: Sequence[Sequence[Link]], rows: Sequence[Row]) -> list[list[list[tuple[int, int, float]]]]:
    """For each thing: row and place of what it is joined to, with the weight."""
    found: list[list[list[tuple[int, int, float]]]] = [[[] for _ in row.items] for row in rows]
    for number, gap in enumerate(gaps):
        for upper, lower, weight in gap:
            found[number][upper].append((number + 1, lower, weight))
            found[number + 1][lower].append((number, upper, weight))
    return found


def _settled(
    row: Row,
    found: Sequence[Sequence[float]],
    joined: Sequence[Sequence[tuple[int, int, float]]],
    number: int,
    apart: Sequence[float],
) -> list[float]:
    wanted, weights = [], []
    for place, item in enumerate(row.items):
        want, weight = _pull(item, row, found, joined[place], found[number][place])
        wanted.append(want)
        weights.append(weight)
    if not wanted:
        return []
    return spread(wanted, weights, apart, row.low + row.items[0].width / 2, row.high - row.items[-1].width / 2)


def _pull(
    item: Item, row: Row, found: Sequence[Sequence[float]], joined: Sequence[tuple[int, int, float]], now: float
) -> tuple[float, float]:
    if item.kind == "title":
        return (row.low + item.width / 2 if item is row.items[0] else row.high - item.width / 2), 1e6
    if not joined:
        return now, 0.1
    total = sum(weight for _, _, weight in joined)
    return sum(found[other][place] * weight for other, place, weight in joined) / total, total

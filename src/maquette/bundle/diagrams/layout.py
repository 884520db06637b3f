"""Where everything of a flow stands on a page of 720 pixels, so that no line runs through a box or a text.

Nodes and labels stand in rows; a line runs straight down between the things of a row and bends only between rows,
where nothing stands (Sugiyama, Tagawa and Toda 1981: layers, order, places).
"""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from maquette.bundle.diagrams.model import Boundary, Edge, Flow, Node
from maquette.bundle.diagrams.ordering import order
from maquette.bundle.diagrams.placing import EDGE, places
from maquette.bundle.diagrams.rows import INSET, MARGIN, PAGE, Item, Lines, Row, rows_of
from maquette.bundle.diagrams.spreading import spread

ARROW = 11.0
"""The straight end of a line that carries its arrow."""
PORT = 12.0
"""Between two lines at one side of a node."""

_BEND_LEAST, _BEND_MOST, _BEND_SHARE = 8.0, 52.0, 0.16

Point = tuple[float, float]


@dataclass(frozen=True, kw_only=True, slots=True)
class Box:
    """A rectangle, from its upper left corner, in pixels."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, kw_only=True, slots=True)
class PlacedNode:
    """A node with its box and its lines of text."""

    node: Node
    box: Box
    lines: tuple[Lines, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class PlacedText:
    """Lines of text in a box: a label, or a boundary's title."""

    box: Box
    lines: Lines


@dataclass(frozen=True, kw_only=True, slots=True)
class PlacedEdge:
    """A line from its start to its end.

    Attributes:
        parts: Points of the line, in one part, or in two with the label between them. From a point to the next one
            the line is straight where both have one x; elsewhere it bends within the two points' rectangle.
    """

    edge: Edge
    parts: tuple[tuple[Point, ...], ...]
    label: PlacedText | None


@dataclass(frozen=True, kw_only=True, slots=True)
class PlacedFrame:
    """A boundary with its rectangle and its title."""

    boundary: Boundary
    box: Box
    title: PlacedText


@dataclass(frozen=True, kw_only=True, slots=True)
class Picture:
    """Everything that is drawn of a flow."""

    width: float
    height: float
    nodes: tuple[PlacedNode, ...]
    edges: tuple[PlacedEdge, ...]
    frames: tuple[PlacedFrame, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class _Stop:
    """One thing on a line's way: its row, where the line comes in and goes on, and its label if it is one."""

    row: int
    x: float
    item: Item


def lay_out(flow: Flow) -> Picture:
    """The picture of ``flow``; equal flows have equal pictures."""
    rows = rows_of(flow)
    order(flow, rows)
    across = [[round(x, 1) for x in row] for row in places(flow, rows)]
    ways = _ways(flow, rows, across)
    tops = _tops(rows, ways)
    height = tops[-1] + rows[-1].height + _below(rows, len(rows) - 1) + MARGIN if rows else 2 * MARGIN
    return Picture(
        width=PAGE,
        height=round(height, 1),
        nodes=tuple(_nodes(flow, rows, across, tops)),
        edges=tuple(_edge(edge, way, rows, tops) for edge, way in zip(flow.edges, ways, strict=True)),
        frames=tuple(_frames(flow, rows, across, tops)),
    )


def _ways(flow: Flow, rows: Sequence[Row], across: Sequence[Sequence[float]]) -> list[list[_Stop]]:
    """Each line's stops from top to bottom, its ends spread over the sides of their nodes."""
    held: dict[tuple[bool, str | int], list[tuple[int, float, Item]]] = {}
    for number, row in enumerate(rows):
        for x, item in zip(across[number], row.items, strict=True):
            held.setdefault((item.kind == "node", item.key), []).append((number, x, item))
    ways = []
    for number, edge in enumerate(flow.edges):
        stops = [*held[True, edge.start], *held.get((False, number), []), *held[True, edge.end]]
        ways.append([_Stop(row=row, x=x, item=item) for row, x, item in sorted(stops, key=lambda stop: stop[0])])
    _spread_ports(ways, lower=False)
    _spread_ports(ways, lower=True)
    return ways


def _spread_ports(ways: list[list[_Stop]], *, lower: bool) -> None:
    """Move the ends of the lines apart along one side of each node: the upper ends first, then the lower ones."""
    sides: dict[str | int, list[list[_Stop]]] = {}
    for way in ways:
        sides.setdefault(way[-1 if lower else 0].item.key, []).append(way)
    for side in sides.values():
        end, near = (-1, -2) if lower else (0, 1)
        side.sort(key=lambda way: (way[near].x, way[near].row))
        node = side[0][end]
        half = node.item.width / 2 - EDGE
        wanted = [way[near].x for way in side]
        found = spread(wanted, [1.0] * len(side), [PORT] * (len(side) - 1), node.x - half, node.x + half)
        for way, x in zip(side, found, strict=True):
            way[end] = _Stop(row=node.row, x=round(x, 1), item=node.item)


def _tops(rows: Sequence[Row], ways: Sequence[Sequence[_Stop]]) -> list[float]:
    """The upper edge of each row: between two rows there is room for the widest bend and for frames."""
    bends = [0.0 for _ in rows]
    for way in ways:
        for one, other in itertools.pairwise(way):
            bends[one.row] = max(bends[one.row], abs(one.x - other.x))
    tops = [MARGIN + _above(rows, 0)] if rows else []
    for place in range(1, len(rows)):
        bend = min(_BEND_MOST, max(_BEND_LEAST, bends[place - 1] * _BEND_SHARE))
        ends = ARROW * sum(any(item.kind == "node" for item in row.items) for row in rows[place - 1 : place + 1])
        tops.append(tops[-1] + rows[place - 1].height + _below(rows, place - 1) + bend + ends + _above(rows, place))
    return [round(top, 1) for top in tops]


def _above(rows: Sequence[Row], place: int) -> float:
    """Room for the frames that begin above a row."""
    return 8.0 if any(item.kind == "title" for item in rows[place].items) else 0.0


def _below(rows: Sequence[Row], place: int) -> float:
    """Room for the frames that end below a row."""
    after = rows[place + 1].inside if place + 1 < len(rows) else ()
    return 10.0 * len(set(rows[place].inside) - set(after))


def _nodes(
    flow: Flow, rows: Sequence[Row], across: Sequence[Sequence[float]], tops: Sequence[float]
) -> list[PlacedNode]:
    known = {node.key: node for node in flow.nodes}
    found = {}
    for row, xs, top in zip(rows, across, tops, strict=True):
        for x, item in zip(xs, row.items, strict=True):
            if item.kind == "node":
                box = Box(x=round(x - item.width / 2, 1), y=top, width=item.width, height=round(row.height, 1))
                found[item.key] = PlacedNode(node=known[str(item.key)], box=box, lines=item.lines)
    return [found[node.key] for node in flow.nodes]


def _edge(edge: Edge, way: Sequence[_Stop], rows: Sequence[Row], tops: Sequence[float]) -> PlacedEdge:
    parts: list[list[Point]] = [[]]
    label = None
    for place, stop in enumerate(way):
        top, low = tops[stop.row], round(tops[stop.row] + rows[stop.row].height, 1)
        if place == 0:
            parts[-1] += [(stop.x, low), (stop.x, round(low + ARROW, 1))]
        elif place == len(way) - 1:
            parts[-1] += [(stop.x, round(top - ARROW, 1)), (stop.x, top)]
        elif stop.item.kind == "label":
            item = stop.item
            y = round(top + (low - top - item.height) / 2, 1)
            box = Box(x=round(stop.x - item.width / 2, 1), y=y, width=item.width, height=item.height)
            label = PlacedText(box=box, lines=item.lines[0])
            parts[-1] += [(stop.x, top), (stop.x, y)]
            parts.append([(stop.x, round(y + item.height, 1)), (stop.x, low)])
        else:
            parts[-1] += [(stop.x, top), (stop.x, low)]
    if way[0].item.key != edge.start:
        parts = [part[::-1] for part in parts[::-1]]
    return PlacedEdge(edge=edge, parts=tuple(_merged(part) for part in parts), label=label)


def _merged(points: Sequence[Point]) -> tuple[Point, ...]:
    """Without the points in the middle of a straight stretch."""
    kept: list[Point] = []
    for point in points:
        if len(kept) > 1 and kept[-2][0] == kept[-1][0] == point[0]:
            kept.pop()
        kept.append(point)
    return tuple(kept)


def _frames(
    flow: Flow, rows: Sequence[Row], across: Sequence[Sequence[float]], tops: Sequence[float]
) -> list[PlacedFrame]:
    titles: Mapping[str | int, PlacedText] = {
        item.key: PlacedText(
            box=Box(x=round(x - item.width / 2, 1), y=top, width=item.width, height=item.height), lines=item.lines[0]
        )
        for row, xs, top in zip(rows, across, tops, strict=True)
        for x, item in zip(xs, row.items, strict=True)
        if item.kind == "title"
    }
    found = []
    for boundary in flow.boundaries:
        mine = [place for place, row in enumerate(rows) if boundary.key in row.inside]
        if mine:
            depth = rows[mine[0]].inside.index(boundary.key)
            x, top = MARGIN + depth * INSET, tops[mine[0]] - 6
            deeper = len(rows[mine[-1]].inside) - depth
            low = tops[mine[-1]] + rows[mine[-1]].height + 10.0 * deeper
            box = Box(x=x, y=round(top, 1), width=PAGE - 2 * x, height=round(low - top, 1))
            found.append(PlacedFrame(boundary=boundary, box=box, title=titles[boundary.key]))
    return found

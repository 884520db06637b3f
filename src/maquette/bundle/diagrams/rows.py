"""Rows of things that stand side by side: nodes, labels, titles, and the places where a line passes through."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from maquette.bundle.diagrams.measuring import LINE, NAME_PX, TEXT_PX, text_width, wrapped
from maquette.bundle.diagrams.model import Edge, Flow, Node
from maquette.bundle.diagrams.ranking import Band, bands

PAGE = 720.0
MARGIN = 10.0
INSET = 14.0
"""What a boundary is narrower than the one around it, on each side."""
NODE_WIDTH = 204.0
NODE_PAD = 10.0
LABEL_WIDTH = 170.0
TITLE_WIDTH = 420.0

_APART = {"node": 24.0, "label": 16.0, "title": 16.0, "pass": 12.0}
_FEWEST_APART = 3.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Lines:
    """Text that is broken into lines of one size; ``role`` is the style that it is drawn in."""

    texts: tuple[str, ...]
    role: str
    size: float = TEXT_PX

    @property
    def height(self) -> float:
        """Of all lines."""
        return len(self.texts) * self.size * LINE

    @property
    def width(self) -> float:
        """Of the widest line."""
        return max(
            (text_width(text, self.size, bold=self.role in ("name", "title")) for text in self.texts), default=0.0
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Item:
    """One thing in a row. ``key`` is the node's, the boundary's, or the edge's number in the flow."""

    kind: str
    key: str | int
    width: float = 0.0
    height: float = 0.0
    lines: tuple[Lines, ...] = ()


@dataclass(slots=True)
class Row:
    """Things side by side, in their order."""

    inside: tuple[str, ...]
    items: list[Item] = field(default_factory=list)

    @property
    def low(self) -> float:
        """Where the room for things begins."""
        return MARGIN + (len(self.inside) + 0.5) * INSET if self.inside else MARGIN

    @property
    def high(self) -> float:
        """Where it ends."""
        return PAGE - self.low

    @property
    def height(self) -> float:
        """Of the highest thing."""
        return max((item.height for item in self.items), default=0.0)

    def apart(self) -> list[float]:
        """From the middle of each thing to the middle of the next one; narrower where the page asks for it."""
        pairs = list(zip(self.items, self.items[1:], strict=False))
        solid = [(left.width + right.width) / 2 for left, right in pairs]
        gaps = [min(_APART[left.kind], _APART[right.kind]) for left, right in pairs]
        ends = (self.items[0].width + self.items[-1].width) / 2 if self.items else 0.0
        room = self.high - self.low - ends - sum(solid)
        shrink = max(0.0, min(1.0, room / sum(gaps))) if gaps else 1.0
        return [one + gap * shrink for one, gap in zip(solid, gaps, strict=True)]

    def fits(self) -> bool:
        """Whether all things have room, with a line's width between any two."""
        return sum(item.width + _FEWEST_APART for item in self.items) <= self.high - self.low


def node_item(node: Node) -> Item:
    """A node with its texts broken to its width."""
    width = NODE_WIDTH - 2 * NODE_PAD
    kind = "" if node.kind.value == node.name.casefold() else f"[{node.kind.value}]"
    lines = (
        Lines(texts=wrapped(node.name, width=width, size=NAME_PX, most=3, bold=True), role="name", size=NAME_PX),
        Lines(texts=wrapped(kind, width=width, size=TEXT_PX, most=1), role="kind"),
        Lines(texts=wrapped(node.what, width=width, size=TEXT_PX, most=5), role="text"),
    )
    kept = tuple(one for one in lines if one.texts != ("",))
    height = sum(one.height for one in kept) + 2 * NODE_PAD
    return Item(kind="node", key=node.key, width=NODE_WIDTH, height=height, lines=kept)


def rows_of(flow: Flow) -> list[Row]:
    """All rows from top to bottom, every line with a thing in each row between its ends, and one for its label."""
    for side_by_side in (3, 2, 1):
        rows = _with_edges(flow, list(_node_rows(flow, side_by_side)))
        if side_by_side == 1 or all(row.fits() for row in rows):
            return rows
    raise AssertionError("the last try is taken as it is")


def _node_rows(flow: Flow, side_by_side: int) -> Iterator[Row]:
    for band in bands(flow):
        if band.title is not None:
            yield Row(inside=band.inside, items=[_title(band)])
        for chunk in _chunks(band.nodes, side_by_side):
            yield Row(inside=band.inside, items=[node_item(node) for node in chunk])


def _chunks(nodes: Sequence[Node], most: int) -> Iterator[Sequence[Node]]:
    """At most so many side by side, rows as even as may be."""
    count = -(-len(nodes) // most)
    start = 0
    for place in range(count):
        end = start + -(-(len(nodes) - start) // (count - place))
        yield nodes[start:end]
        start = end


def _title(band: Band) -> Item:
    assert band.title is not None
    texts = wrapped(band.title.title, width=TITLE_WIDTH, size=TEXT_PX, most=2, bold=True)
    lines = Lines(texts=texts, role="title")
    return Item(kind="title", key=band.title.key, width=lines.width, height=lines.height, lines=(lines,))


def _with_edges(flow: Flow, rows: list[Row]) -> list[Row]:
    """The rows with rows of labels between them, and with a place for every line that passes."""
    level = {item.key: place for place, row in enumerate(rows) for item in row.items if item.kind == "node"}
    spans = [sorted((level[edge.start], level[edge.end])) for edge in flow.edges]
    gaps = [_label_gap(flow, edge, level) for edge in flow.edges]
    found: list[Row] = []
    for place, row in enumerate(rows):
        through = [number for number, (top, low) in enumerate(spans) if top < place < low]
        found.append(replace(row, items=[*row.items, *(Item(kind="pass", key=number) for number in through)]))
        between = [number for number, (top, low) in enumerate(spans) if top <= place < low]
        labelled = [number for number in between if gaps[number] == place and flow.edges[number].label]
        found.extend(_label_rows(flow, _inside_of_gap(rows, place), labelled, between))
    return found


def _label_gap(flow: Flow, edge: Edge, level: dict[str | int, int]) -> int:
    """Below which row the label stands: next to the end that fewer lines share."""
    leaving = sum(other.start == edge.start for other in flow.edges)
    coming = sum(other.end == edge.end for other in flow.edges)
    near = edge.end if leaving > coming else edge.start
    top, low = sorted((level[edge.start], level[edge.end]))
    return low - 1 if level[near] == low else top


def _inside_of_gap(rows: list[Row], place: int) -> tuple[str, ...]:
    """The boundaries that hold both rows around a gap."""
    above, below = rows[place].inside, rows[place + 1].inside if place + 1 < len(rows) else ()
    same = [one for one, other in zip(above, below, strict=False) if one == other]
    return tuple(same)


def _label_rows(flow: Flow, inside: tuple[str, ...], labelled: Sequence[int], between: Sequence[int]) -> Iterator[Row]:
    waiting = [_label(number, flow.edges[number]) for number in labelled]
    while waiting:
        row = Row(inside=inside)
        taken = 0
        while taken < len(waiting):
            here = waiting[: taken + 1]
            others = [number for number in between if number not in {item.key for item in here}]
            tried = Row(inside=inside, items=[*here, *(Item(kind="pass", key=number) for number in others)])
            room = sum(item.width + _APART[item.kind] for item in tried.items)
            if taken and room > row.high - row.low:
                break
            row, taken = tried, taken + 1
        yield row
        waiting = waiting[taken:]


def _label(number: int, edge: Edge) -> Item:
    lines = Lines(texts=wrapped(edge.label, width=LABEL_WIDTH, size=TEXT_PX, most=4), role="text")
    return Item(kind="label", key=number, width=lines.width + 6, height=lines.height + 2, lines=(lines,))

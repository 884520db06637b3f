"""A sequence as SVG text: a column for each participant, a row for each step, no text on top of another or of a box."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from maquette.bundle.diagrams.layout import Box, PlacedNode
from maquette.bundle.diagrams.measuring import NAME_PX, TEXT_PX, wrapped
from maquette.bundle.diagrams.model import Node, Sequence, Step
from maquette.bundle.diagrams.rows import MARGIN, PAGE, Lines
from maquette.bundle.diagrams.svg import document, node_box, number, text_lines

WIDEST = 190.0
LEAST_TEXT = 350.0
GAP = 10.0
BETWEEN = 4.0
ROOMY = 110.0
"""Columns from here on have bold heads."""
HEAD_PAD = 8.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """One step: its texts over its arrow; ``left`` to ``right`` is what the texts take."""

    step: Step
    top: float
    arrow_y: float
    left: float
    right: float
    texts: tuple[Lines, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Columns:
    """Participants side by side, and the steps below them."""

    heads: tuple[PlacedNode, ...]
    middles: Mapping[str, float]
    rows: tuple[Row, ...]
    height: float


def lay_out_sequence(sequence: Sequence) -> Columns:
    """Where everything of a sequence stands on the page; equal sequences stand equally."""
    step = min(WIDEST, (PAGE - 2 * MARGIN) / max(1, len(sequence.participants)))
    start = (PAGE - step * len(sequence.participants)) / 2
    middles = {node.key: round(start + (place + 0.5) * step, 1) for place, node in enumerate(sequence.participants)}
    lines = [_head_lines(node, step - BETWEEN - 4) for node in sequence.participants]
    height = round(max((sum(one.height for one in each) for each in lines), default=0.0) + 2 * HEAD_PAD, 1)
    heads = tuple(
        PlacedNode(
            node=node,
            box=Box(
                x=round(middles[node.key] - (step - BETWEEN) / 2, 1),
                y=MARGIN,
                width=round(step - BETWEEN, 1),
                height=height,
            ),
            lines=each,
        )
        for node, each in zip(sequence.participants, lines, strict=True)
    )
    rows: list[Row] = []
    top = MARGIN + height + GAP
    for one in sequence.steps:
        rows.append(_row(one, middles, round(top, 1)))
        top = rows[-1].arrow_y + GAP
    return Columns(heads=heads, middles=middles, rows=tuple(rows), height=round(top + MARGIN, 1))


def sequence_svg(sequence: Sequence, *, alt: str) -> str:
    """The sequence as an SVG document."""
    columns = lay_out_sequence(sequence)
    body = [
        *(line for head in columns.heads for line in _lifeline(head, columns)),
        *(line for head in columns.heads for line in _head(head)),
        *(line for row in columns.rows for line in _message(row, columns.middles, sequence.name)),
    ]
    return document(body, width=PAGE, height=columns.height, name=sequence.name, title=sequence.title, alt=alt)


def _head_lines(node: Node, width: float) -> tuple[Lines, ...]:
    bold = width >= ROOMY
    role, size = ("name", NAME_PX) if bold else ("text", TEXT_PX)
    name = Lines(texts=wrapped(node.name, width=width, size=size, most=4, bold=bold), role=role, size=size)
    under = Lines(texts=(f"[{node.key}]",), role="kind")
    return (name, under) if node.key in ("primary", "fallback") and under.width <= width else (name,)


def _row(step: Step, middles: Mapping[str, float], top: float) -> Row:
    if step.number is None:
        width = PAGE - 2 * MARGIN - 40
        texts = [Lines(texts=wrapped(step.label, width=width, size=TEXT_PX, most=2, bold=True), role="title")]
        centre = PAGE / 2
    else:
        one, other = sorted((middles[step.start], middles[step.end]))
        width, centre = max(LEAST_TEXT, other - one - 8), (one + other) / 2
        spoken = wrapped(f"{step.number}. {step.label}", width=width, size=TEXT_PX, most=3)
        texts = [Lines(texts=spoken, role="text")]
        if step.time:
            texts.append(Lines(texts=wrapped(step.time, width=width, size=TEXT_PX, most=3), role="time"))
    widest = max(lines.width for lines in texts)
    left = min(max(centre - widest / 2, MARGIN), PAGE - MARGIN - widest)
    return Row(
        step=step,
        top=top,
        arrow_y=round(top + sum(lines.height for lines in texts) + 7.0, 1),
        left=round(left, 1),
        right=round(left + widest, 1),
        texts=tuple(texts),
    )


def _head(head: PlacedNode) -> Iterator[str]:
    yield from node_box(head)
    top = head.box.y + (head.box.height - sum(one.height for one in head.lines)) / 2
    for lines in head.lines:
        yield from text_lines(lines, x=head.box.x + head.box.width / 2, top=top)
        top += lines.height


def _lifeline(head: PlacedNode, columns: Columns) -> Iterator[str]:
    """Down from the box to the end, open where a text stands."""
    x, y = columns.middles[head.node.key], head.box.y + head.box.height
    for row in columns.rows:
        if row.left - 4 < x < row.right + 4:
            yield from _stretch(x, y, row.top)
            y = row.arrow_y - 5.0
    yield from _stretch(x, y, columns.height - MARGIN)


def _stretch(x: float, top: float, low: float) -> Iterator[str]:
    if low > top:
        yield f'<path class="rule" d="M{number(x)} {number(top)} V{number(low)}"/>'


def _message(row: Row, middles: Mapping[str, float], name: str) -> Iterator[str]:
    top = row.top
    for lines in row.texts:
        yield from text_lines(lines, x=(row.left + row.right) / 2, top=top)
        top += lines.height
    y = number(row.arrow_y)
    if row.step.number is None:
        yield f'<path class="rule" d="M{number(MARGIN)} {y} H{number(PAGE - MARGIN)}"/>'
        return
    style = "line dashed" if row.step.answer else "line"
    start, end = number(middles[row.step.start]), number(middles[row.step.end])
    yield f'<path class="{style}" d="M{start} {y} H{end}" marker-end="url(#{name}-tip)"/>'

"""A flow as SVG text: valid XML, text as text, a title and a description for readers who do not see it, dark and light.

Text from projects and models is escaped and never becomes markup.
"""

from collections.abc import Iterable, Iterator, Sequence
from html import escape

from maquette.bundle.diagrams.layout import Box, Picture, PlacedEdge, PlacedFrame, PlacedNode, PlacedText, Point
from maquette.bundle.diagrams.measuring import LINE
from maquette.bundle.diagrams.model import Kind
from maquette.bundle.diagrams.rows import Lines
from maquette.bundle.safe_text import one_line

FONTS = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', 'DejaVu Sans', Arial, sans-serif"

_STYLE = f"""
text {{ font-family: {FONTS}; font-size: 13px; fill: #1f2733; }}
.name {{ font-size: 14px; font-weight: 600; }}
.kind {{ fill: #56606e; }}
.title {{ font-weight: 600; fill: #56606e; }}
.time {{ fill: #56606e; }}
.page {{ fill: #ffffff; }}
.box {{ fill: #eaf1fb; stroke: #3b6ea8; stroke-width: 1.2; }}
.person {{ fill: #f3edfa; stroke: #7650a3; }}
.system {{ fill: #d3e3f8; stroke: #1f5a9e; stroke-width: 1.8; }}
.external {{ fill: #f1f2f4; stroke: #737c88; }}
.store {{ fill: #e8f4ee; stroke: #3d8060; }}
.model {{ fill: #fdf3e2; stroke: #a8752b; }}
.frame {{ fill: none; stroke: #8c95a1; stroke-dasharray: 6 4; }}
.line {{ fill: none; stroke: #4a5462; stroke-width: 1.3; }}
.dashed {{ stroke-dasharray: 5 4; }}
.rule {{ fill: none; stroke: #c3c9d1; stroke-width: 1; }}
.tip {{ fill: #4a5462; }}
@media (prefers-color-scheme: dark) {{
  text {{ fill: #e6eaf0; }}
  .kind, .title, .time {{ fill: #a9b3c0; }}
  .page {{ fill: #14181e; }}
  .box {{ fill: #1b2a3d; stroke: #6fa3dc; }}
  .person {{ fill: #2a2236; stroke: #b292dc; }}
  .system {{ fill: #1d3a5f; stroke: #8bbcf0; }}
  .external {{ fill: #23282f; stroke: #97a1ae; }}
  .store {{ fill: #1a2f26; stroke: #77b896; }}
  .model {{ fill: #352a18; stroke: #d9a85c; }}
  .frame {{ stroke: #77818e; }}
  .line {{ stroke: #b4bdc9; }}
  .rule {{ stroke: #4a5462; }}
  .tip {{ fill: #b4bdc9; }}
}}
"""

_CLASSES = {
    Kind.PERSON: "box person",
    Kind.FOCUS: "box system",
    Kind.EXTERNAL: "box external",
    Kind.CONTAINER: "box",
    Kind.STORE: "box store",
    Kind.MODEL: "box model",
    Kind.COMPONENT: "box",
}


def flow_svg(picture: Picture, *, name: str, title: str, alt: str) -> str:
    """The picture as an SVG document; ``name`` begins the ids in it."""
    body = [
        *(line for frame in picture.frames for line in _frame(frame)),
        *(line for edge in picture.edges for line in _edge(edge, name)),
        *(line for node in picture.nodes for line in _node(node)),
    ]
    return document(body, width=picture.width, height=picture.height, name=name, title=title, alt=alt)


def document(body: Iterable[str], *, width: float, height: float, name: str, title: str, alt: str) -> str:
    """An SVG document around ``body``."""
    size = f'width="{number(width)}" height="{number(height)}"'
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} viewBox="0 0 {number(width)} {number(height)}" role="img"'
        f' aria-labelledby="{name}-title {name}-about">'
    )
    marker = (
        f'<marker id="{name}-tip" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="9" markerHeight="9"'
        ' markerUnits="userSpaceOnUse" orient="auto"><path class="tip" d="M0 1 L10 5 L0 9 Z"/></marker>'
    )
    lines = [
        head,
        f'<title id="{name}-title">{plain(title)}</title>',
        f'<desc id="{name}-about">{plain(alt)}</desc>',
        f"<style>{_STYLE}</style>",
        f"<defs>{marker}</defs>",
        f'<rect class="page" {size}/>',
        *body,
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


def plain(text: str) -> str:
    """``text`` as character data or an attribute's value: one line, without what XML may not hold."""
    return escape(one_line(text), quote=True)


def number(value: float) -> str:
    """With one decimal at the most."""
    return f"{value:.1f}".removesuffix(".0")


def text_lines(lines: Lines, *, x: float, top: float, anchor: str = "middle") -> Iterator[str]:
    """Each line as a text element of its own, from ``top`` downwards."""
    for place, text in enumerate(lines.texts):
        y = top + (place * LINE + 1.0) * lines.size
        where = f'x="{number(x)}" y="{number(y)}" text-anchor="{anchor}"'
        yield f'<text class="{lines.role}" {where}>{plain(text)}</text>'


def node_box(node: PlacedNode) -> Iterator[str]:
    """The shape of a node: rounder for people, with a second upper edge for stores."""
    box, kind = node.box, node.node.kind
    round_by = 16 if kind is Kind.PERSON else 5
    yield f'<rect class="{_CLASSES[kind]}" {_rect(box)} rx="{round_by}"/>'
    if kind is Kind.STORE:
        x, y = number(box.x), number(box.y + 5)
        yield f'<path class="rule" d="M{x} {y} H{number(box.x + box.width)}"/>'


def _node(node: PlacedNode) -> Iterator[str]:
    yield f"<g><title>{plain(f'{node.node.name}: {node.node.what}. {node.node.why}')}</title>"
    yield from node_box(node)
    box = node.box
    top = box.y + (box.height - sum(one.height for one in node.lines)) / 2
    for lines in node.lines:
        yield from text_lines(lines, x=box.x + box.width / 2, top=top)
        top += lines.height
    yield "</g>"


def _frame(frame: PlacedFrame) -> Iterator[str]:
    yield f'<rect class="frame" {_rect(frame.box)} rx="8"/>'
    yield from _text(frame.title, anchor="start")


def _edge(edge: PlacedEdge, name: str) -> Iterator[str]:
    style = "line dashed" if edge.edge.dashed else "line"
    drawn = " ".join(_path(part) for part in edge.parts)
    yield f'<path class="{style}" d="{drawn}" marker-end="url(#{name}-tip)"/>'
    if edge.label is not None:
        yield from _text(edge.label, anchor="middle")


def _path(points: Sequence[Point]) -> str:
    x, y = points[0]
    found = [f"M{number(x)} {number(y)}"]
    for next_x, next_y in points[1:]:
        if next_x == x:
            found.append(f"V{number(next_y)}")
        else:
            middle = number((y + next_y) / 2)
            found.append(f"C{number(x)} {middle} {number(next_x)} {middle} {number(next_x)} {number(next_y)}")
        x, y = next_x, next_y
    return " ".join(found)


def _text(text: PlacedText, *, anchor: str) -> Iterator[str]:
    x = text.box.x if anchor == "start" else text.box.x + text.box.width / 2
    yield from text_lines(text.lines, x=x, top=text.box.y, anchor=anchor)


def _rect(box: Box) -> str:
    return f'x="{number(box.x)}" y="{number(box.y)}" width="{number(box.width)}" height="{number(box.height)}"'

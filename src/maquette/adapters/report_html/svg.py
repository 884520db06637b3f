"""A little SVG: marks with their tooltips, axes with their units. Colours and fonts are the style sheet's, by class."""

from markupsafe import Markup, escape

from maquette.adapters.report_html.scales import Scale
from maquette.evals.reporting.visible import visible

NAME_CHARS = 24

_FRAME = Markup(
    '<svg viewBox="0 0 {width} {height}" role="img" aria-labelledby="{id}-t {id}-d">'
    '<title id="{id}-t">{title}</title><desc id="{id}-d">{about}</desc>{body}</svg>'
)


def drawing(*, name: str, title: str, about: str, size: tuple[float, float], body: list[Markup]) -> Markup:
    """The whole drawing, with what a screen reader says of it."""
    return _FRAME.format(
        width=size[0], height=size[1], id=name, title=title, about=visible(about), body=Markup("").join(body)
    )


def short(name: str, chars: int = NAME_CHARS) -> str:
    """A name as it fits beside a mark."""
    return name if len(name) <= chars else f"{name[: chars - 1]}…"


def line(kind: str, x1: float, y1: float, x2: float, y2: float) -> Markup:
    """A straight line."""
    return Markup('<line class="{}" x1="{}" y1="{}" x2="{}" y2="{}"/>').format(kind, x1, y1, x2, y2)


def text(kind: str, x: float, y: float, words: str) -> Markup:
    """Words at a place; where they are anchored is the style's."""
    return Markup('<text class="{}" x="{}" y="{}">{}</text>').format(kind, x, y, visible(words))


def path(kind: str, points: list[tuple[float, float]]) -> Markup:
    """A line through points."""
    return Markup('<polyline class="{}" points="{}"/>').format(kind, " ".join(f"{x:g},{y:g}" for x, y in points))


def mark(series: int, x: float, y: float, tooltip: str, *, size: float = 5.5) -> Markup:
    """A mark of a series: each has a shape beside its colour."""
    # The ninth has the first one's colour again, with another shape.
    shape = (_circle, _square, _diamond, _triangle)[(series + series // 8) % 4]
    return Markup('<g class="mark s{}"><title>{}</title>{}</g>').format(series % 8, visible(tooltip), shape(x, y, size))


def across(scale: Scale, *, top: float, bottom: float, label: str, units: str = "") -> list[Markup]:
    """An axis along the bottom, with a faint line at each tick."""
    made = [line("grid", scale.at(tick), top, scale.at(tick), bottom) for tick in scale.ticks]
    made += [text("tick mid", scale.at(tick), bottom + 16, f"{units}{tick:g}") for tick in scale.ticks]
    return [*made, text("axis mid", (scale.start + scale.end) / 2, bottom + 34, label)]


def upwards(scale: Scale, *, left: float, right: float, label: str) -> list[Markup]:
    """An axis up the left side."""
    made = [line("grid", left, scale.at(tick), right, scale.at(tick)) for tick in scale.ticks]
    made += [text("tick end", left - 8, scale.at(tick) + 4, f"{tick:g}") for tick in scale.ticks]
    return [*made, text("axis", left - 34, min(scale.start, scale.end) - 12, label)]


def _circle(x: float, y: float, size: float) -> Markup:
    return Markup('<circle cx="{}" cy="{}" r="{}"/>').format(x, y, size)


def _square(x: float, y: float, size: float) -> Markup:
    side = 0.9 * size
    return Markup('<rect x="{:g}" y="{:g}" width="{:g}" height="{:g}"/>').format(x - side, y - side, 2 * side, 2 * side)


def _diamond(x: float, y: float, size: float) -> Markup:
    return _shape([(x, y - 1.25 * size), (x + 1.25 * size, y), (x, y + 1.25 * size), (x - 1.25 * size, y)])


def _triangle(x: float, y: float, size: float) -> Markup:
    return _shape([(x, y - 1.2 * size), (x + 1.2 * size, y + size), (x - 1.2 * size, y + size)])


def _shape(points: list[tuple[float, float]]) -> Markup:
    return Markup('<polygon points="{}"/>').format(escape(" ".join(f"{x:.4g},{y:.4g}" for x, y in points)))

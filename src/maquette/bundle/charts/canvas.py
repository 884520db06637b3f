"""What charts are written with: text, lines, rectangles and areas as SVG elements, one style, dark and light."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from maquette.bundle.diagrams.measuring import text_width
from maquette.bundle.diagrams.svg import FONTS, number, plain
from maquette.foundation.units import readable_count

WIDTH = 720.0
SIZE = 12.0
"""Pixels of the type."""
GAP = 8.0

_LIGHT = ("#2f6db3", "#d9822b", "#3d8f66", "#8a5cb8", "#b8912a", "#2b97a3", "#c2557a", "#6d7682", "#7a5a3a")
_DARK = ("#6aa5e8", "#efa55a", "#6cc197", "#b892e0", "#d9b95a", "#5fc3cf", "#e58aa8", "#a3adb9", "#b8956f")
SERIES = len(_LIGHT)

_STYLE = f"""
text {{ font-family: {FONTS}; font-size: 13px; fill: #1f2733; }}
.page {{ fill: #ffffff; }}
.chart-text {{ font-size: {SIZE:.0f}px; fill: #1f2733; }}
.chart-soft {{ font-size: {SIZE:.0f}px; fill: #56606e; }}
.chart-head {{ font-size: 14px; font-weight: 600; fill: #1f2733; }}
.chart-warn {{ font-size: {SIZE:.0f}px; fill: #b3372f; }}
.chart-grid {{ stroke: #e1e5ea; stroke-width: 1; }}
.chart-axis {{ stroke: #8c95a1; stroke-width: 1; }}
.chart-band {{ fill: #2f6db3; fill-opacity: 0.2; }}
.chart-line {{ fill: none; stroke: #2f6db3; stroke-width: 2; stroke-linejoin: round; }}
.chart-base {{ fill: none; stroke: #56606e; stroke-width: 1.4; stroke-dasharray: 4 3; }}
.chart-limit {{ stroke: #b3372f; stroke-width: 1.6; stroke-dasharray: 7 4; }}
.chart-lead {{ fill: none; stroke: #c3c9d1; stroke-width: 1; }}
.chart-dot {{ fill: #2f6db3; stroke: #ffffff; stroke-width: 1; }}
.chart-open {{ fill: #ffffff; stroke: #737c88; stroke-width: 1.6; }}
.chart-range {{ stroke: #2f6db3; stroke-width: 1.6; }}
.chart-less {{ fill: #3d8f66; }}
.chart-more {{ fill: #d9822b; }}
.chart-whole {{ fill: #2f6db3; }}
{chr(10).join(f".chart-{place} {{ fill: {colour}; }}" for place, colour in enumerate(_LIGHT))}
@media (prefers-color-scheme: dark) {{
  text, .chart-text, .chart-head {{ fill: #e6eaf0; }}
  .page {{ fill: #14181e; }}
  .chart-soft {{ fill: #a9b3c0; }}
  .chart-warn {{ fill: #f08a80; }}
  .chart-grid {{ stroke: #2a313b; }}
  .chart-axis {{ stroke: #77818e; }}
  .chart-band {{ fill: #6aa5e8; }}
  .chart-line, .chart-range {{ stroke: #6aa5e8; }}
  .chart-base {{ stroke: #a9b3c0; }}
  .chart-limit {{ stroke: #f08a80; }}
  .chart-lead {{ stroke: #4a5462; }}
  .chart-dot {{ fill: #6aa5e8; stroke: #14181e; }}
  .chart-open {{ fill: #14181e; stroke: #97a1ae; }}
  .chart-less {{ fill: #6cc197; }}
  .chart-more {{ fill: #efa55a; }}
  .chart-whole {{ fill: #6aa5e8; }}
{chr(10).join(f"  .chart-{place} {{ fill: {colour}; }}" for place, colour in enumerate(_DARK))}
}}
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Chart:
    """One chart.

    Attributes:
        name: Of its file.
        alt: Its key figures in words, for readers who do not see it.
        about: What it is for, in the table of contents.
    """

    name: str
    title: str
    alt: str
    about: str
    height: float
    body: tuple[str, ...]


def svg(chart: Chart) -> str:
    """The chart as an SVG document: text as text, valid XML, with a title and a description."""
    size = f'width="{number(WIDTH)}" height="{number(chart.height)}"'
    box = f"0 0 {number(WIDTH)} {number(chart.height)}"
    named = f'role="img" aria-labelledby="{chart.name}-title {chart.name}-about"'
    return "\n".join(
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" {size} viewBox="{box}" {named}>',
            f'<title id="{chart.name}-title">{plain(chart.title)}</title>',
            f'<desc id="{chart.name}-about">{plain(chart.alt)}</desc>',
            f"<style>{_STYLE}</style>",
            f'<rect class="page" {size}/>',
            words(chart.title, x=GAP, y=20, role="chart-head"),
            *chart.body,
            "</svg>\n",
        )
    )


def wide(text: str) -> float:
    """Pixels that ``text`` takes at the most."""
    return text_width(text, SIZE)


def shortened(text: str, width: float) -> str:
    """``text`` cut with an ellipsis where it is wider than ``width``."""
    if wide(text) <= width:
        return text
    while text and wide(f"{text}…") > width:
        text = text[:-1]
    return f"{text.rstrip()}…"


def words(text: str, *, x: float, y: float, role: str = "chart-text", anchor: str = "start") -> str:
    """One line of text on its base line; nothing where there is no text."""
    return text and f'<text class="{role}" x="{number(x)}" y="{number(y)}" text-anchor="{anchor}">{plain(text)}</text>'


def line(x1: float, y1: float, x2: float, y2: float, role: str) -> str:
    """A straight line."""
    return f'<path class="{role}" d="M{number(x1)} {number(y1)} L{number(x2)} {number(y2)}"/>'


def path(points: Sequence[tuple[float, float]], role: str, *, closed: bool = False) -> str:
    """A line through ``points``, or the area within them."""
    drawn = " L".join(f"{number(x)} {number(y)}" for x, y in points)
    return f'<path class="{role}" d="M{drawn}{" Z" if closed else ""}"/>'


def bar(x1: float, y: float, x2: float, height: float, role: str, said: str = "") -> str:
    """A rectangle from ``x1`` to ``x2``, whichever is the smaller; ``said`` is shown where the pointer rests."""
    left, width = min(x1, x2), max(abs(x2 - x1), 1.0)
    size = f'x="{number(left)}" y="{number(y)}" width="{number(width)}" height="{number(height)}"'
    told = f"<title>{plain(said)}</title>" if said else ""
    return f'<rect class="{role}" {size}>{told}</rect>'


def dot(x: float, y: float, role: str, said: str = "", radius: float = 4.5) -> str:
    """A point."""
    told = f"<title>{plain(said)}</title>" if said else ""
    return f'<circle class="{role}" cx="{number(x)}" cy="{number(y)}" r="{number(radius)}">{told}</circle>'


def legend(entries: Iterable[tuple[str, str]], *, y: float) -> tuple[list[str], float]:
    """Swatches with their names, in as many rows as they need; and the place below them."""
    made, x = list[str](), GAP
    for role, name in entries:
        width = 18 + wide(name) + 14
        if x > GAP and x + width > WIDTH - GAP:
            x, y = GAP, y + 18
        if role in _STROKED:
            made.append(line(x, y - 4, x + 14, y - 4, role))
        else:
            made.append(bar(x, y - 9, x + 12, 10, role))
        made.append(words(name, x=x + 18, y=y, role="chart-soft"))
        x += width
    return made, y + 10


_STROKED = frozenset({"chart-line", "chart-base", "chart-limit"})


def beyond(name: str) -> tuple[str, str]:
    """The legend's entry for a limit that lies above everything that is drawn."""
    return "chart-limit", f"{name} lies far above"


def compact(value: Decimal) -> str:
    """A number of an axis: thousands and millions by their letter, no digit more than needed."""
    for power, letter in ((9, "G"), (6, "M"), (3, "k")):
        if abs(value) >= Decimal(1).scaleb(power):
            return f"{readable_count(value.scaleb(-power))}{letter}"
    return readable_count(value)


def dollars(value: Decimal) -> str:
    """An amount on an axis."""
    return f"-${compact(-value)}" if value < 0 else f"${compact(value)}"


def spaced(places: Sequence[float], least: float, low: float, high: float) -> Iterator[float]:
    """Places as near to ``places``, which rise, as they can be ``least`` apart, between ``low`` and ``high``."""
    found = list[float]()
    for place in places:
        found.append(max(place, found[-1] + least) if found else max(place, low))
    top = high
    for at in reversed(range(len(found))):
        found[at] = min(found[at], top)
        top = found[at] - least
    yield from found

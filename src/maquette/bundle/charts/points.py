"""Quality over cost, a point a model: intervals upright, what none beats as a step line, names beside the picture."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from maquette.bundle.charts.canvas import GAP, SIZE, WIDTH, dot, line, path, shortened, spaced, wide, words
from maquette.bundle.charts.scales import Scale, linear, spread

_PLOT = 230.0
_TOP = 58.0
_MOST_NAME = 210.0
_LABEL = 32.0
"""The height of a name with the words below it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Point:
    """A model: its cost to the right, its score upwards, and the words behind its name."""

    name: str
    cost: Decimal
    score: Decimal
    low: Decimal | None
    high: Decimal | None
    said: str


def front(points: Sequence[Point]) -> tuple[Point, ...]:
    """Those that no other one beats on both, cheapest first; of equals the first by name."""
    best: list[Point] = []
    for point in sorted(points, key=lambda one: (one.cost, -one.score, one.name)):
        if not best or point.score > best[-1].score:
            best.append(point)
    return tuple(best)


def pareto_chart(
    points: Sequence[Point],
    *,
    cost: Callable[[Decimal], str],
    share: Callable[[Decimal], str],
    names: tuple[str, str],
    limit: tuple[Decimal, str] | None,
) -> tuple[tuple[str, ...], float]:
    """The chart and its height; ``names`` are those of the axis upwards and of the one to the right."""
    scores = [value for one in points for value in (one.score, one.low, one.high) if value is not None]
    bottom = _TOP + max(_PLOT, (len(points) + 1) * _LABEL)
    y_scale = linear(
        [*scores, *([limit[0]] if limit else [])], start=bottom, end=_TOP, zero=False, most=5, cap=Decimal(1)
    )
    left = GAP + max(wide(share(tick)) for tick in y_scale.ticks) + GAP
    texts = [text for one in points for text in (shortened(one.name, _MOST_NAME), one.said)]
    right = WIDTH - GAP - max(map(wide, [*texts, limit[1] if limit else ""])) - 3 * GAP
    x_scale = spread((one.cost for one in points), start=left, end=right)
    best = front(points)
    body = [*_axes(x_scale, y_scale, left, right, cost, share, names), *_steps(best, x_scale, y_scale, right)]
    for one in points:
        x, y = x_scale.at(one.cost), y_scale.at(one.score)
        if one.low is not None and one.high is not None:
            body.append(line(x, y_scale.at(one.low), x, y_scale.at(one.high), "chart-range"))
        body.append(dot(x, y, "chart-dot" if one in best else "chart-open", f"{one.name}: {one.said}"))
    body.extend(_names(points, x_scale, y_scale, right, limit))
    return tuple(body), bottom + 48


def _axes(
    x_scale: Scale,
    y_scale: Scale,
    left: float,
    right: float,
    cost: Callable[[Decimal], str],
    share: Callable[[Decimal], str],
    names: tuple[str, str],
) -> list[str]:
    bottom = y_scale.start
    made = [words(names[0], x=GAP, y=_TOP - 14, role="chart-soft")]
    for tick in y_scale.ticks:
        y = y_scale.at(tick)
        made.append(line(left, y, right, y, "chart-axis" if y == bottom else "chart-grid"))
        made.append(words(share(tick), x=left - GAP, y=y + 4, role="chart-soft", anchor="end"))
    free = left - 4 * GAP
    for tick in x_scale.ticks:
        x, half = x_scale.at(tick), wide(cost(tick)) / 2
        made.append(line(x, _TOP, x, bottom, "chart-grid"))
        if x - half > free:
            made.append(words(cost(tick), x=x, y=bottom + 17, role="chart-soft", anchor="middle"))
            free = x + half + GAP
    made.append(words(names[1], x=(left + right) / 2, y=bottom + 36, role="chart-soft", anchor="middle"))
    return made


def _steps(best: Sequence[Point], x_scale: Scale, y_scale: Scale, right: float) -> list[str]:
    """From each point of the front to the right until the next one beats it."""
    corners = list[tuple[float, float]]()
    for place, one in enumerate(best):
        y = y_scale.at(one.score)
        until = x_scale.at(best[place + 1].cost) if place + 1 < len(best) else right
        corners += [(x_scale.at(one.cost), y), (until, y)]
    return [path(corners, "chart-base")] if len(best) > 1 else []


def _names(
    points: Sequence[Point],
    x_scale: Scale,
    y_scale: Scale,
    right: float,
    limit: tuple[Decimal, str] | None,
) -> list[str]:
    """Beside the picture from top to bottom, each with a thin line to its point; the limit's among them."""
    wanted = [(y_scale.at(one.score), one.name, one.said, x_scale.at(one.cost)) for one in points]
    made = list[str]()
    if limit:
        wanted.append((y_scale.at(limit[0]), "", limit[1], right))
        made.append(line(x_scale.start, y_scale.at(limit[0]), right, y_scale.at(limit[0]), "chart-limit"))
    wanted.sort()
    places = spaced([y for y, _, _, _ in wanted], _LABEL, _TOP + SIZE, y_scale.start - SIZE)
    for (y, name, said, x), at in zip(wanted, places, strict=True):
        text_x = right + 2 * GAP + 3
        if name:
            made.append(path([(x + 6, y), (right + GAP, at), (right + 2 * GAP, at)], "chart-lead"))
            made.append(words(shortened(name, _MOST_NAME), x=text_x, y=at - 2, role="chart-text"))
            made.append(words(said, x=text_x, y=at + 12, role="chart-soft"))
        else:
            made.append(words(said, x=text_x, y=at + 4, role="chart-warn"))
    return made

"""Charts over the months of the horizon: a band with its middle, stacked bars, and a demand against its limits."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from maquette.bundle.charts.canvas import GAP, SERIES, SIZE, WIDTH, bar, beyond, legend, line, path, spaced, wide, words
from maquette.bundle.charts.scales import Scale, linear, near

_PLOT = 210.0
_TOP = 34.0
_MONTH = "month "
_HALF = 0.36
"""Of the width of a month, on each side of its middle, that a bar takes."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Limit:
    """A level to hold against, with the word at its end."""

    value: Decimal
    name: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Months:
    """What all charts over months have: a label for each month, the limits, and how a value of the axis is written."""

    labels: Sequence[str]
    limits: Sequence[Limit]
    shown: Callable[[Decimal], str]

    def drawn(self, values: Sequence[Decimal]) -> list[Limit]:
        """The limits that are drawn over these values, the highest first."""
        close = [limit for limit in self.limits if near(limit.value, values)]
        return sorted(close, key=lambda limit: -limit.value)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Frame:
    body: list[str]
    scale: Scale
    left: float
    each: float
    height: float
    limits: Sequence[Limit]

    def middle(self, month: int) -> float:
        return self.left + (month + 0.5) * self.each


def band_chart(
    months: Months,
    band: Sequence[tuple[Decimal, Decimal, Decimal]],
    base: Sequence[Decimal],
    names: tuple[str, str, str],
) -> tuple[tuple[str, ...], float]:
    """The p10 to p90 of each month as an area, the p50 as a line, ``base`` dashed; the body and its height."""
    entries = [("chart-band", names[0]), ("chart-line", names[1]), *([("chart-base", names[2])] if base else [])]
    frame = _frame(months, [p90 for _, _, p90 in band] + list(base), entries)
    at, x = frame.scale.at, frame.middle
    upper = [(x(month), at(p90)) for month, (_, _, p90) in enumerate(band)]
    lower = [(x(month), at(p10)) for month, (p10, _, _) in enumerate(band)]
    if len(band) == 1:
        upper, lower = _widened(upper, frame.each), _widened(lower, frame.each)
    frame.body.append(path([*upper, *reversed(lower)], "chart-band", closed=True))
    frame.body.append(_through([(x(month), at(p50)) for month, (_, p50, _) in enumerate(band)], frame, "chart-line"))
    if base:
        frame.body.append(_through([(x(month), at(one)) for month, one in enumerate(base)], frame, "chart-base"))
    return _finished(frame, months)


def stacked_chart(
    months: Months, layers: Sequence[tuple[str, Sequence[Decimal]]], unit: str
) -> tuple[tuple[str, ...], float]:
    """A bar a month, each layer on top of those before it; ``unit`` is told with each bar."""
    sums = [sum((amounts[month] for _, amounts in layers), Decimal(0)) for month in range(len(months.labels))]
    roles = {name: f"chart-{place % SERIES}" for place, (name, _) in enumerate(layers)}
    frame = _frame(months, sums, [(roles[name], name) for name, _ in layers])
    base = [Decimal(0)] * len(months.labels)
    for name, amounts in layers:
        for month, amount in enumerate(amounts):
            if amount > 0:
                low, high = frame.scale.at(base[month]), frame.scale.at(base[month] + amount)
                x, half = frame.middle(month), frame.each * _HALF
                said = f"{months.labels[month]}, {name}: {unit}{amount:,.2f}"
                frame.body.append(bar(x - half, high, x + half, max(low - high, 0.5), roles[name], said))
                base[month] += amount
    return _finished(frame, months)


def demand_chart(months: Months, demand: Sequence[Decimal], name: str) -> tuple[tuple[str, ...], float]:
    """A line that grows towards the limits."""
    frame = _frame(months, demand, [("chart-line", name)])
    points = [(frame.middle(month), frame.scale.at(value)) for month, value in enumerate(demand)]
    frame.body.append(_through(points, frame, "chart-line"))
    return _finished(frame, months)


def _widened(points: Sequence[tuple[float, float]], each: float) -> list[tuple[float, float]]:
    ((x, y),) = points
    return [(x - each * _HALF, y), (x + each * _HALF, y)]


def _through(points: Sequence[tuple[float, float]], frame: _Frame, role: str) -> str:
    return path(_widened(points, frame.each) if len(points) == 1 else points, role)


def _frame(months: Months, values: Sequence[Decimal], entries: Sequence[tuple[str, str]]) -> _Frame:
    """The legend, the value axis with its grid, and the months below."""
    limits = months.drawn(values)
    far = [beyond(limit.name) for limit in months.limits if limit not in limits]
    body, top = legend([*entries, *far], y=_TOP + SIZE)
    top += GAP
    scale = linear([*values, *(limit.value for limit in limits)], start=top + _PLOT, end=top)
    left = GAP + max(wide(_MONTH), *(wide(months.shown(tick)) for tick in scale.ticks)) + GAP
    right = WIDTH - GAP - max((wide(limit.name) + GAP for limit in limits), default=0)
    each = (right - left) / len(months.labels)
    for tick in scale.ticks:
        y = scale.at(tick)
        body.append(line(left, y, right, y, "chart-axis" if tick == 0 else "chart-grid"))
        body.append(words(months.shown(tick), x=left - GAP, y=y + 4, role="chart-soft", anchor="end"))
    frame = _Frame(body=body, scale=scale, left=left, each=each, height=top + _PLOT + 30, limits=limits)
    body.extend(_month_labels(months.labels, frame, top + _PLOT + 18))
    return frame


def _month_labels(labels: Sequence[str], frame: _Frame, y: float) -> list[str]:
    """As many labels as fit beside one another; the word that all of them begin with stands once."""
    plain = all(label.startswith(_MONTH) for label in labels)
    texts = [label.removeprefix(_MONTH) for label in labels] if plain else labels
    needed = max(map(wide, texts)) + GAP
    every = next((step for step in (1, 2, 3, 6, 12, 24) if step * frame.each >= needed), len(labels))
    made = [words(_MONTH.strip(), x=GAP, y=y, role="chart-soft")] if plain else []
    return made + [
        words(texts[month], x=frame.middle(month), y=y, role="chart-soft", anchor="middle")
        for month in range(0, len(labels), every)
    ]


def _finished(frame: _Frame, months: Months) -> tuple[tuple[str, ...], float]:
    """The limits over everything, their names apart from one another."""
    right = frame.left + frame.each * len(months.labels)
    places = [frame.scale.at(limit.value) for limit in frame.limits]
    for limit, y, at in zip(frame.limits, places, spaced(places, SIZE + 3, _TOP, frame.height - 30), strict=True):
        frame.body.append(line(frame.left, y, right, y, "chart-limit"))
        frame.body.append(words(limit.name, x=right + GAP, y=at + 4, role="chart-warn"))
    return tuple(frame.body), frame.height

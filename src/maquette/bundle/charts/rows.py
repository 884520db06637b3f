"""Charts with a row a thing: what moves a bill and how far, a waterfall of savings, scores with their intervals."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from maquette.bundle.charts.canvas import GAP, SIZE, WIDTH, bar, beyond, dot, legend, line, shortened, wide, words
from maquette.bundle.charts.scales import Scale, linear, near
from maquette.bundle.diagrams.measuring import wrapped

_ROW = 28.0
_LINE = 15.0
_BAR = 15.0
_TOP = 34.0
_MOST_NAME = 250.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Span:
    """A row: a bar from one value to another, the words at its ends, how it is drawn, and a note below its name."""

    name: str
    start: Decimal
    end: Decimal
    role: str
    start_words: str = ""
    end_words: str = ""
    note: str = ""
    split: Decimal | None = None
    """Where the bar changes from less to more; None where it is of one kind."""

    @property
    def sides(self) -> tuple[str, str]:
        """The words to the left and to the right of the bar."""
        words_of = (self.start_words, self.end_words)
        return words_of if self.start <= self.end else (words_of[1], words_of[0])


@dataclass(frozen=True, kw_only=True, slots=True)
class Interval:
    """A row of a score: the point, its interval where there is one, and whether it passes."""

    name: str
    value: Decimal
    low: Decimal | None
    high: Decimal | None
    said: str
    passes: bool


Body = tuple[tuple[str, ...], float]


def span_chart(
    spans: Sequence[Span],
    *,
    shown: Callable[[Decimal], str],
    limit: tuple[Decimal, str] | None = None,
    entries: Sequence[tuple[str, str]] = (),
    zero: bool = True,
) -> Body:
    """The bars from top to bottom over one axis; ``zero`` keeps the axis from nothing on."""
    values = [value for span in spans for value in (span.start, span.end)]
    if limit and near(limit[0], values):
        values.append(limit[0])
    elif limit:
        entries, limit = [*entries, beyond(limit[1])], None
    body, top = legend(entries, y=_TOP + SIZE) if entries else ([], _TOP)
    before, behind = (max(wide(span.sides[side]) for span in spans) + GAP for side in (0, 1))
    left = _left([text for span in spans for text in (span.name, span.note)])
    scale = linear(values, start=left + before, end=WIDTH - GAP - behind, zero=zero)
    rows = [_named(span) for span in spans]
    heights = [max(_ROW, len(lines) * _LINE + 10) for lines in rows]
    bottom = top + GAP + sum(heights)
    body.extend(_axis(scale, left, top + GAP, bottom, shown, limit))
    middle = top + GAP
    for span, lines, height in zip(spans, rows, heights, strict=True):
        body.extend(_name(lines, middle + height / 2, left))
        body.extend(_span(span, scale, middle + height / 2))
        middle += height
    return tuple(body), bottom + (44 if limit else 26)


def interval_chart(rows: Sequence[Interval], *, limit: tuple[Decimal, str] | None) -> Body:
    """Points with their intervals over an axis of shares; filled where the whole interval passes."""
    values = [value for row in rows for value in (row.value, row.low, row.high) if value is not None]
    left = _left([row.name for row in rows])
    said = max(wide(row.said) for row in rows) + 2 * GAP
    scale = linear(
        [*values, *([limit[0]] if limit else [])],
        start=left,
        end=WIDTH - said - GAP,
        zero=False,
        most=5,
        cap=Decimal(1),
    )
    bottom = _TOP + GAP + len(rows) * _ROW
    body = _axis(scale, left, _TOP + GAP, bottom, _share, limit)
    for place, row in enumerate(rows):
        y = _TOP + GAP + (place + 0.5) * _ROW
        body.append(words(shortened(row.name, _MOST_NAME), x=left - GAP, y=y + 4, anchor="end"))
        if row.low is not None and row.high is not None:
            x1, x2 = scale.at(row.low), scale.at(row.high)
            body += [line(x1, y, x2, y, "chart-range"), line(x1, y - 4, x1, y + 4, "chart-range")]
            body.append(line(x2, y - 4, x2, y + 4, "chart-range"))
        body.append(dot(scale.at(row.value), y, "chart-dot" if row.passes else "chart-open", row.said))
        body.append(words(row.said, x=WIDTH - said + GAP, y=y + 4, role="chart-soft"))
    return tuple(body), bottom + (44 if limit else 26)


def _left(names: Sequence[str]) -> float:
    return GAP + min(max(map(wide, names)), _MOST_NAME) + GAP


def _axis(
    scale: Scale,
    left: float,
    top: float,
    bottom: float,
    shown: Callable[[Decimal], str],
    limit: tuple[Decimal, str] | None,
) -> list[str]:
    """Vertical lines at the ticks with their values below, and the limit with its name below them."""
    needed = max(wide(shown(tick)) for tick in scale.ticks) + GAP
    apart = abs(scale.at(scale.ticks[1]) - scale.at(scale.ticks[0]))
    every = max(1, -(-int(needed) // max(int(apart), 1)))
    made = [line(left, bottom, WIDTH - GAP, bottom, "chart-axis")]
    for tick in scale.ticks[::every]:
        x = scale.at(tick)
        made.append(line(x, top, x, bottom, "chart-grid"))
        made.append(words(shown(tick), x=x, y=bottom + 16, role="chart-soft", anchor="middle"))
    if limit:
        x, half = scale.at(limit[0]), wide(limit[1]) / 2
        made.append(line(x, top, x, bottom, "chart-limit"))
        middle = min(max(x, GAP + half), WIDTH - GAP - half)
        made.append(words(limit[1], x=middle, y=bottom + 34, role="chart-warn", anchor="middle"))
    return made


def _span(span: Span, scale: Scale, middle: float) -> list[str]:
    y, x1, x2 = middle - _BAR / 2, scale.at(span.start), scale.at(span.end)
    made = list[str]()
    said = f"{span.name}: {span.start_words} {span.end_words}".strip()
    if span.split is None:
        made.append(bar(x1, y, x2, _BAR, span.role, said))
    else:
        for value in sorted((span.start, span.end), key=lambda one: -abs(one - (span.split or 0))):
            role = "chart-less" if value < span.split else "chart-more"
            if value != span.split:
                made.append(bar(scale.at(span.split), y, scale.at(value), _BAR, role, said))
    drawn = [x1, x2] if span.split is None else [x1, x2, scale.at(span.split)]
    made.append(words(span.sides[0], x=min(drawn) - 5, y=middle + 4, role="chart-soft", anchor="end"))
    made.append(words(span.sides[1], x=max(drawn) + 5, y=middle + 4, role="chart-soft"))
    return [one for one in made if one]


def _named(span: Span) -> list[tuple[str, str]]:
    """The lines in front of a row, each with its role: the name in two at the most, and the note below."""
    lines = wrapped(span.name, width=_MOST_NAME, size=SIZE, most=2)
    return [(text, "chart-text") for text in lines] + ([(span.note, "chart-soft")] if span.note else [])


def _name(lines: Sequence[tuple[str, str]], middle: float, left: float) -> list[str]:
    first = middle - (len(lines) - 1) * _LINE / 2 + 4
    return [
        words(shortened(text, _MOST_NAME), x=left - GAP, y=first + place * _LINE, role=role, anchor="end")
        for place, (text, role) in enumerate(lines)
    ]


def _share(value: Decimal) -> str:
    return f"{(value * 100).normalize():f} %"

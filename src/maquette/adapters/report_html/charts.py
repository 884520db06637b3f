"""The report's four charts: score with its interval, cost against quality, latency, and strata."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from maquette.adapters.report_html import svg
from maquette.adapters.report_html.labels import Box, free_place
from maquette.adapters.report_html.scales import around, by_size
from maquette.evals.reporting.report import Report
from maquette.evals.reporting.sections import milliseconds, percent, usd_per_thousand
from maquette.evals.reporting.visible import visible
from maquette.evals.run import Interval, TargetResult
from maquette.evals.statistics import wilson
from maquette.foundation.units import readable_usd

WIDTH, TOP = 560.0, 22.0
TALL = 228.0
"""Height of a drawing of a few rows, so that drawings side by side are alike."""

MOST_STRATA = 24


@dataclass(frozen=True, kw_only=True, slots=True)
class Chart:
    """A drawing with its heading and a sentence on how to read it."""

    title: str
    reading: str
    drawing: Markup


def charts_of(report: Report) -> tuple[Chart, ...]:
    """The charts that the run has figures for."""
    made = (_scores(report), _pareto(report), _latencies(report), _strata(report))
    return tuple(chart for chart in made if chart is not None)


def _scores(report: Report) -> Chart | None:
    rows = [(at, one, one.interval) for at, one in enumerate(report.run.results) if one.interval is not None]
    if not rows:
        return None
    threshold = report.run.threshold
    ends = [100 * end for _, _, interval in rows for end in (interval.low, interval.high)]
    left = _left(one.target_id for _, one, _ in rows)
    ends += [100 * threshold] if threshold is not None else []
    x = around(ends, start=left, end=WIDTH - 16, floor_at=0.0, ceiling=100.0)
    tall = _row(len(rows))
    bottom = TOP + tall * len(rows)
    body = svg.across(x, top=TOP, bottom=bottom, label="right answers, %")
    if threshold is not None:
        place = x.at(100 * threshold)
        body += [svg.line("need", place, TOP - 6, place, bottom)]
        body += [svg.text("tick mid strong", place, TOP - 10, f"asked for: {percent(threshold)} %")]
    for row, (at, result, interval) in enumerate(rows):
        y = TOP + tall * (row + 0.5)
        tooltip = f"{result.target_id}: {percent(result.score)} % ({_span(interval)}), {result.correct}/{result.scored}"
        body += [
            _name(result.target_id, left, y),
            _whisker(at, x.at(100 * interval.low), y, x.at(100 * interval.high), y),
        ]
        body += [svg.mark(at, x.at(100 * (result.score or 0.0)), y, tooltip)]
    return Chart(
        title="Accuracy with its 95 % interval",
        reading="A model passes when its whole bar lies to the right of the dashed line, and fails when all is left.",
        drawing=svg.drawing(
            name="chart-score",
            title="Accuracy of each model with its 95 % interval",
            about="; ".join(f"{one.target_id} {percent(one.score)} % ({_span(i)})" for _, one, i in rows),
            size=(WIDTH, bottom + 42),
            body=body,
        ),
    )


_Point = tuple[int, TargetResult, Interval, float]


def _pareto(report: Report) -> Chart | None:
    points = [
        (at, one, one.interval, float(usd))
        for at, one in enumerate(report.run.results)
        if one.interval is not None and (usd := usd_per_thousand(report, one.target_id)) is not None
    ]
    if len(points) < 2 or all(usd == 0 for *_, usd in points):
        return None
    return Chart(
        title="Cost against quality",
        reading=f"Up and left is better. The line joins the models that no other beats on both.{_unpriced(report)}",
        drawing=svg.drawing(
            name="chart-cost",
            title="Cost per 1,000 requests against accuracy",
            about="; ".join(f"{one.target_id} {percent(one.score)} % at ${usd:.4g}" for _, one, _, usd in points),
            size=(WIDTH, 292),
            body=_pareto_marks(report, points),
        ),
    )


def _pareto_marks(report: Report, points: Sequence[_Point]) -> list[Markup]:
    left, right, top, bottom = 52.0, WIDTH - 16, 34.0, 250.0
    x = by_size([usd for *_, usd in points], start=left, end=right)
    ends = [100 * end for _, _, interval, _ in points for end in (interval.low, interval.high)]
    y = around(ends, start=bottom, end=top, floor_at=0.0, ceiling=100.0)
    body = svg.upwards(y, left=left, right=right, label="right answers, %")
    body += svg.across(x, top=top, bottom=bottom, label="USD per 1,000 requests", units="$")
    places = [(at, one, x.at(usd), y.at(100 * (one.score or 0.0))) for at, one, _, usd in points]
    best = _frontier([(px, py) for _, _, px, py in places])
    body += [svg.path("front", best)] * (len(best) > 1)
    for (at, _, interval, _), (_, _, px, _) in zip(points, places, strict=True):
        body.append(_whisker(at, px, y.at(100 * interval.low), px, y.at(100 * interval.high)))
    for at, one, px, py in places:
        tooltip = f"{one.target_id}: {percent(one.score)} % at {readable_usd(usd_per_thousand(report, one.target_id))}"
        body.append(svg.mark(at, px, py, f"{tooltip} per 1,000 requests"))
    taken = [Box(px - 7, py - 7, px + 7, py + 7) for _, _, px, py in places]
    for _, one, px, py in places:
        name = svg.short(one.target_id)
        if (box := free_place(px, py, 6.6 * len(name), taken, within=Box(left, top, right, bottom))) is not None:
            taken.append(box)
            body.append(svg.text("label", box.left, box.bottom - 3, name))
    return body


def _latencies(report: Report) -> Chart | None:
    rows = [(at, one, one.latency) for at, one in enumerate(report.run.results) if one.latency is not None]
    if not rows:
        return None
    values = [1000 * value for _, _, found in rows for value in (found.p50_s, found.p95_s, found.p99_s)]
    left, tall = _left(one.target_id for _, one, _ in rows), _row(len(rows))
    x = by_size(values, start=left, end=WIDTH - 16)
    bottom = TOP + tall * len(rows)
    body = svg.across(x, top=TOP, bottom=bottom, label="latency, ms" + (" (by factors)" if x.log else ""))
    for row, (at, result, found) in enumerate(rows):
        y = TOP + tall * (row + 0.5)
        places = [x.at(1000 * value) for value in (found.p50_s, found.p95_s, found.p99_s)]
        body += [_name(result.target_id, left, y), _whisker(at, places[0], y, places[2], y)]
        body += [svg.line(f"p95 s{at % 8}", places[1], y - 8, places[1], y + 8)]
        tooltip = ", ".join(
            f"{name} {milliseconds(value)} ms"
            for name, value in (("P50", found.p50_s), ("P95", found.p95_s), ("P99", found.p99_s))
        )
        body += [svg.mark(at, places[0], y, f"{result.target_id}: {tooltip}")]
    return Chart(
        title="Latency",
        reading="The mark is the median, the tall stroke P95, the end of the line P99. Failed calls are not in it.",
        drawing=svg.drawing(
            name="chart-latency",
            title="Latency percentiles of each model in milliseconds",
            about="; ".join(f"{one.target_id} P95 {milliseconds(found.p95_s)} ms" for _, one, found in rows),
            size=(WIDTH, bottom + 42),
            body=body,
        ),
    )


def _strata(report: Report) -> Chart | None:
    results = report.run.results
    names = sorted({name for result in results for name in result.by_stratum})[:MOST_STRATA]
    if len(names) < 2:
        return None
    step, left = 11.0 * len(results) + 12, _left(names)
    bottom = TOP + step * len(names)
    found = [
        (row, at, result.target_id, wilson(correct, scored), correct, scored)
        for row, name in enumerate(names)
        for at, result in enumerate(results)
        for scored, correct in [result.by_stratum.get(name, (0, 0))]
        if scored
    ]
    ends = [100 * end for *_, interval, _, _ in found for end in (interval.low, interval.high)]
    x = around(ends, start=left, end=WIDTH - 16, floor_at=0.0, ceiling=100.0)
    body = svg.across(x, top=TOP, bottom=bottom, label="right answers, %")
    body += [svg.line("rule", 0, TOP + step * row, WIDTH - 16, TOP + step * row) for row in range(1, len(names))]
    body += [_name(name, left, TOP + step * (row + 0.5)) for row, name in enumerate(names)]
    for row, at, target, interval, correct, scored in found:
        y = TOP + step * row + 11 + 11.0 * at
        tooltip = f"{names[row]}, {target}: {percent(correct / scored)} % ({_span(interval)}), {correct}/{scored}"
        body += [_whisker(at, x.at(100 * interval.low), y, x.at(100 * interval.high), y)]
        body += [svg.mark(at, x.at(100 * correct / scored), y, tooltip, size=4)]
    return Chart(
        title="By stratum",
        reading="Each row is a group of examples, each mark a model, with its 95 % interval. Exploratory.",
        drawing=svg.drawing(
            name="chart-strata",
            title="Accuracy by stratum",
            about=f"{len(names)} strata and {len(results)} models; the table below has the figures.",
            size=(WIDTH, bottom + 42),
            body=body,
        ),
    )


def _unpriced(report: Report) -> str:
    names = [one.target_id for one in report.run.results if report.scores.usd_per_answer.get(one.target_id) is None]
    return f" Not drawn, because unpriced: {', '.join(names)}." if names else ""


def _left(names: Iterable[str]) -> float:
    """Room for the longest name."""
    return 22 + 6.6 * max(len(svg.short(name)) for name in names)


def _row(rows: int) -> float:
    """The height of one row."""
    return max(30.0, min(56.0, TALL / rows))


def _name(name: str, left: float, y: float) -> Markup:
    return Markup("<g><title>{}</title>{}</g>").format(
        visible(name), svg.text("label end", left - 14, y + 4, svg.short(name))
    )


def _whisker(series: int, x1: float, y1: float, x2: float, y2: float) -> Markup:
    return svg.line(f"whisker s{series % 8}", x1, y1, x2, y2)


def _span(interval: Interval) -> str:
    return f"{percent(interval.low)}-{percent(interval.high)}"


def _frontier(places: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """The places that none to the left lies above; further up is a smaller y."""
    best: list[tuple[float, float]] = []
    for x, y in sorted(places):
        if not best or y < best[-1][1]:
            best.append((x, y))
    return best

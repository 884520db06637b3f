"""The cost report's charts: the band over the months, the drivers, the lines, cost against score. Drawn offline.

Colour never tells two things apart alone: lines have dashes, marks have shapes, bars have labels.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType, ModuleType
from typing import Any

from maquette.adapters.cost_charts.comparing import groups_chart, levers_chart, quality_chart, volume_chart
from maquette.adapters.cost_charts.shapes import HEIGHT, WIDTH, legend, named
from maquette.cost.drawn import Drawn, DrawnOption, Driver
from maquette.cost.levers import LeverTable
from maquette.cost.projection import CostLine, CostProjection
from maquette.cost.volumes import AtVolume
from maquette.foundation.problems import Unavailable
from maquette.foundation.units import Usd, readable_usd

ABOUT = {
    "cost-band": "p10 to p90 of each option's month as a band, p50 as its line",
    "cost-drivers": "each uncertain input alone from its p10 to its p90, USD of the average month",
    "cost-lines": "the lines of each month stacked, base case",
    "cost-groups": "what each month pays for, stacked: models, machines and what stands beside them",
    "cost-quality": "the cost of month 1 against the measured score of each option, with its 95 % interval",
    "cost-volume": "month 1 of each option at other volumes, and where one becomes cheaper than another",
    "cost-levers": "month 1 and what each lever takes off it, one after the other",
}
"""Chart to what it shows."""

PNG_SCALE = 2
COLOURS = 10
"""Colours of the palette: two lines never share one."""

REST = "all smaller lines"
_ROW = 26


@dataclass(frozen=True, kw_only=True, slots=True)
class DrawnChart:
    """One chart as a picture of lines and as one of points."""

    svg: str
    png: bytes


def cost_charts(
    projection: CostProjection,
    drawn: Drawn,
    *,
    option: str,
    scores: Mapping[str, float],
    metric: str,
    intervals: Mapping[str, tuple[float, float]] = MappingProxyType({}),
    volumes: Sequence[AtVolume] = (),
    levers: LeverTable | None = None,
) -> dict[str, DrawnChart]:
    """The charts that there is something for, by name.

    Args:
        projection: The exact lines.
        drawn: The bands and the drivers.
        option: Whose drivers and lines are drawn.
        scores: Option to its measured score; without one there is no cost-quality.
        metric: What the score is.
        intervals: Of the scores, at 95 %.
        volumes: Months at other volumes; without two options there is no cost-volume.
        levers: Without one that pays there is no cost-levers.

    Raises:
        Unavailable: The libraries for charts are not installed.
    """
    altair, converter = _libraries()
    own = drawn.option(option)
    specs = {
        "cost-band": _band(altair, drawn) if drawn.options else None,
        "cost-drivers": _drivers(altair, own, projection) if own is not None and own.drivers else None,
        "cost-lines": _lines(altair, projection, option),
        "cost-groups": groups_chart(altair, projection, option),
        "cost-quality": quality_chart(altair, projection, scores, intervals, metric),
        "cost-volume": volume_chart(altair, volumes),
        "cost-levers": levers_chart(altair, levers) if levers is not None else None,
    }
    return {name: _rendered(converter, chart.to_dict()) for name, chart in specs.items() if chart is not None}


def band_and_drivers(projection: CostProjection, drawn: Drawn, *, option: str) -> dict[str, str]:
    """The SVGs of the first two charts of `cost_charts` alone; arguments and problems as there."""
    altair, converter = _libraries()
    own = drawn.option(option)
    specs = {
        "cost-band": _band(altair, drawn) if drawn.options else None,
        "cost-drivers": _drivers(altair, own, projection) if own is not None and own.drivers else None,
    }
    return {name: str(converter.vegalite_to_svg(chart.to_dict())) for name, chart in specs.items() if chart is not None}


def _libraries() -> tuple[ModuleType, ModuleType]:
    try:
        import altair
        import vl_convert
    except ImportError as error:
        raise Unavailable(
            "charts need Altair and vl-convert", fix="Install them: pip install 'maquette[notebook]'."
        ) from error
    return altair, vl_convert


def _rendered(converter: ModuleType, spec: dict[str, Any]) -> DrawnChart:
    return DrawnChart(
        svg=str(converter.vegalite_to_svg(spec)), png=bytes(converter.vegalite_to_png(spec, scale=PNG_SCALE))
    )


def _band(altair: Any, drawn: Drawn) -> Any:
    rows = [
        {
            "option": named(one.option),
            "month": month.month,
            "p10": float(month.usd.p10),
            "p50": float(month.usd.p50),
            "p90": float(month.usd.p90),
        }
        for one in drawn.options
        for month in one.months
    ]
    months = altair.X("month:Q", title="month", axis=altair.Axis(tickMinStep=1, format="d"))
    options = altair.Stroke("option:N", title="option", legend=legend(altair))
    filled = altair.Fill("option:N", legend=None)
    dashes = altair.StrokeDash("option:N", title="option", legend=legend(altair))
    base = altair.Chart(altair.Data(values=rows)).encode(x=months)
    layers = [
        base.mark_area(opacity=0.2).encode(y=altair.Y("p10:Q", title="USD a month"), y2="p90:Q", fill=filled),
        base.mark_line().encode(y="p50:Q", stroke=options, strokeDash=dashes),
        base.mark_point(filled=True).encode(y="p50:Q", fill=filled),
    ]
    if drawn.budget_usd_month is not None:
        layers += _budget(altair, drawn.budget_usd_month)
    return altair.layer(*layers).properties(width=WIDTH, height=HEIGHT, title="Each month: p50 in its p10 to p90")


def _budget(altair: Any, budget: Decimal) -> Iterator[Any]:
    values = altair.Data(values=[{"budget": float(budget), "says": f"budget {readable_usd(budget)}"}])
    yield altair.Chart(values).mark_rule(color="#b00020", strokeDash=[6, 4]).encode(y="budget:Q")
    words = altair.Chart(values).mark_text(color="#b00020", align="left", dx=6, dy=-6)
    yield words.encode(y="budget:Q", x=altair.value(0), text="says:N")


def _drivers(altair: Any, option: DrawnOption, projection: CostProjection) -> Any:
    base = _average(projection, option)
    rows = [
        {"input": name, "at": at, "usd": float(usd), "base": base}
        for name, one in zip(_inputs(option), option.drivers, strict=True)
        for at, usd in _wider_first(one, base)
    ]
    values = altair.Data(values=[{"base": base}])
    axis = altair.Axis(labelLimit=520)
    bars = (
        altair.Chart(altair.Data(values=rows))
        .mark_bar()
        .encode(
            y=altair.Y("input:N", sort=_inputs(option), title=None, axis=axis),
            x=altair.X("usd:Q", title="USD of the average month", scale=altair.Scale(zero=False)),
            x2="base:Q",
            color=altair.Color("at:N", title=None, scale=altair.Scale(range=["#4c78a8", "#f58518"])),
        )
    )
    middle = altair.Chart(values).mark_rule(color="#444444").encode(x="base:Q")
    title = f"What drives {named(option.option)}: each input from its p10 to its p90"
    return altair.layer(bars, middle).properties(width=WIDTH, height=_ROW * len(option.drivers), title=title)


def _inputs(option: DrawnOption) -> list[str]:
    """The inputs as the chart names them, each with its ends."""
    names = (one.input.removeprefix(f"{option.option}: ") for one in option.drivers)
    return [f"{named(name)}, {one.low} .. {one.high}" for name, one in zip(names, option.drivers, strict=True)]


def _wider_first(driver: Driver, base: float) -> list[tuple[str, Decimal]]:
    """Both ends; where they lie on one side, the narrower bar is then in front."""
    ends = [("at its p10", driver.low_usd), ("at its p90", driver.high_usd)]
    return sorted(ends, key=lambda end: -abs(float(end[1]) - base))


def _average(projection: CostProjection, option: DrawnOption) -> float:
    """The average month as expected; the middle of the draws where that is not known."""
    exact = projection.option(option.option)
    total = option.total.p50 if exact is None or exact.total_usd is None else exact.total_usd.base
    return float(total / projection.horizon_months)


def _lines(altair: Any, projection: CostProjection, option: str) -> Any:
    lines = [line for line in projection.lines if line.option == option and line.amount_usd.base]
    if not lines:
        return None
    shown = _largest(lines)
    rows = [
        {
            "month": line.month,
            "line": named(line.name) if line.name in shown else REST,
            "usd": float(line.amount_usd.base),
        }
        for line in lines
    ]
    bars = altair.Chart(altair.Data(values=rows)).mark_bar(stroke="white", strokeWidth=0.5)
    return bars.encode(
        x=altair.X("month:O", title="month", axis=altair.Axis(labelAngle=0)),
        y=altair.Y("sum(usd):Q", title="USD, base case"),
        color=altair.Color("line:N", title="line", sort=[named(name) for name in shown], legend=legend(altair)),
    ).properties(width=WIDTH, height=HEIGHT, title=f"The lines of {named(option)}")


def _largest(lines: Sequence[CostLine]) -> tuple[str, ...]:
    """The names of the largest lines over the horizon, so many as there are colours, less one for the rest."""
    totals: dict[str, Usd] = {}
    for line in lines:
        totals[line.name] = totals.get(line.name, Usd(0)) + line.amount_usd.base
    ordered = sorted(totals, key=lambda name: -totals[name])
    return tuple(ordered if len(ordered) <= COLOURS else ordered[: COLOURS - 1])

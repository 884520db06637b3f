"""Charts that hold things against each other: what a month pays for, cost against score, volumes, levers."""

from collections.abc import Mapping, Sequence
from typing import Any

from maquette.adapters.cost_charts.shapes import HEIGHT, WIDTH, legend, named
from maquette.cost.levers import LeverTable
from maquette.cost.projection import CostProjection, LineGroup
from maquette.cost.volumes import AtVolume, turns
from maquette.foundation.units import readable_usd

_LOWER, _HIGHER, _WHOLE = "#54823a", "#b00020", "#4c78a8"


def groups_chart(altair: Any, projection: CostProjection, option: str) -> Any:
    """The months of an option stacked by what its lines pay for; None where that is one thing alone."""
    sums: dict[tuple[int, LineGroup], float] = {}
    for line in projection.lines:
        if line.option == option:
            key = (line.month, line.group)
            sums[key] = sums.get(key, 0.0) + float(line.amount_usd.base)
    groups = [group.value for group in LineGroup if any(there is group for _, there in sums)]
    if len(groups) < 2:
        return None
    rows = [
        {"month": month, "group": group.value, "usd": usd, "order": groups.index(group.value)}
        for (month, group), usd in sorted(sums.items())
    ]
    bars = altair.Chart(altair.Data(values=rows)).mark_bar(stroke="white", strokeWidth=0.5)
    return bars.encode(
        x=altair.X("month:O", title="month", axis=altair.Axis(labelAngle=0)),
        y=altair.Y("usd:Q", title="USD, base case"),
        color=altair.Color("group:N", title="pays for", sort=groups, legend=legend(altair)),
        order=altair.Order("order:Q"),
    ).properties(width=WIDTH, height=HEIGHT, title=f"What {named(option)} pays for")


def quality_chart(
    altair: Any,
    projection: CostProjection,
    scores: Mapping[str, float],
    intervals: Mapping[str, tuple[float, float]],
    metric: str,
) -> Any:
    """Cost of month 1 against score, with the score's interval and the front; None without a score."""
    points = [
        (float(one.first_month_usd.base), scores[one.option], one.option)
        for one in projection.options
        if one.first_month_usd is not None and one.option in scores
    ]
    if not points:
        return None
    best = _front(points)
    rows = [
        {
            "usd": usd,
            "score": score,
            "low": intervals.get(name, (score, score))[0],
            "high": intervals.get(name, (score, score))[1],
            "option": named(name),
            "best": "yes" if name in best else "no",
        }
        for usd, score, name in points
    ]
    price = altair.X("usd:Q", title="USD of month 1, base case", scale=altair.Scale(zero=False, padding=40))
    scale = altair.Scale(zero=False, padding=24)
    good = altair.Y("score:Q", title=f"{named(metric)}, with its 95 % interval", scale=scale)
    chart = altair.Chart(altair.Data(values=rows)).encode(x=price)
    shape = altair.Shape("best:N", title="no other is cheaper and as good", legend=legend(altair))
    colour = altair.Color("best:N", legend=legend(altair), title="no other is cheaper and as good")
    front = chart.transform_filter(altair.datum.best == "yes")
    line = front.mark_line(color="#888888", interpolate="step-after").encode(y=good)
    spread = chart.mark_rule(strokeWidth=2, opacity=0.6).encode(y=altair.Y("low:Q", scale=scale), y2="high:Q")
    marks = chart.mark_point(size=90, filled=True, opacity=1).encode(y=good, shape=shape, color=colour)
    words = chart.mark_text(align="left", dx=9, dy=-9).encode(y=good, text="option:N")
    layers = altair.layer(line, spread, marks, words)
    return layers.properties(width=WIDTH, height=HEIGHT, title="Cost against score")


def _front(points: Sequence[tuple[float, float, str]]) -> frozenset[str]:
    """The options that no other one beats: at most as dear and at least as good, and better in one of the two."""
    return frozenset(
        name
        for usd, score, name in points
        if not any(u <= usd and s >= score and (u, s) != (usd, score) for u, s, _ in points)
    )


def volume_chart(altair: Any, points: Sequence[AtVolume]) -> Any:
    """Month 1 over the volume, a line an option, both axes in powers of ten; None with fewer than two options."""
    paid = [point for point in points if point.month_usd > 0]
    if len({point.option for point in paid}) < 2:
        return None
    rows = [
        {"requests": float(one.requests_month), "usd": float(one.month_usd), "option": named(one.option)}
        for one in paid
    ]
    marks = [
        {"requests": float(one.requests_month), "says": "today"}
        for one in {point.requests_month: point for point in paid if point.is_today}.values()
    ]
    marks += [{"requests": float(volume), "says": f"{named(new)} is cheapest"} for volume, _, new in turns(paid)]
    volumes = [float(one.requests_month) for one in paid]
    power = altair.Scale(type="log", nice=False, domain=[min(volumes), max(volumes)])
    across = altair.X("requests:Q", title="requests a month", scale=power, axis=altair.Axis(format="~s", tickCount=6))
    names = altair.Color("option:N", title="option", legend=legend(altair))
    dashes = altair.StrokeDash("option:N", title="option", legend=legend(altair))
    up = altair.Y("usd:Q", title="USD of month 1, base case", scale=altair.Scale(type="log"), axis=_dollars(altair))
    lines = (
        altair.Chart(altair.Data(values=rows))
        .mark_line(point=True)
        .encode(x=across, y=up, color=names, strokeDash=dashes)
    )
    there = altair.Chart(altair.Data(values=marks))
    rules = there.mark_rule(color="#666666", strokeDash=[6, 4]).encode(x=across)
    words = there.mark_text(align="left", dx=5, color="#444444").encode(x=across, y=altair.value(10), text="says:N")
    title = "Month 1 at other volumes, and from where on another option is cheapest"
    return altair.layer(lines, rules, words).properties(width=WIDTH, height=HEIGHT, title=title)


def _dollars(altair: Any) -> Any:
    return altair.Axis(format="$~s", tickCount=5)


def levers_chart(altair: Any, levers: LeverTable) -> Any:
    """The waterfall: today's month, what each lever of the row takes off, what is left; None where none pays."""
    taken = [step for step in levers.steps if not step.skipped]
    if not taken:
        return None
    bars = [("today", 0.0, float(levers.today_usd), readable_usd(levers.today_usd), "month")]
    bars += [
        (
            step.kind.value,
            float(step.after_usd),
            float(step.before_usd),
            f"-{readable_usd(step.saving_usd)}",
            "saves",
        )
        for step in taken
    ]
    bars.append(("with all of them", 0.0, float(levers.with_all_usd), readable_usd(levers.with_all_usd), "month"))
    rows = [{"step": name, "from": low, "to": high, "says": says, "is": kind} for name, low, high, says, kind in bars]
    order = [row["step"] for row in rows]
    chart = altair.Chart(altair.Data(values=rows)).encode(
        x=altair.X("step:N", sort=order, title=None, axis=altair.Axis(labelAngle=0, labelLimit=140))
    )
    colour = altair.Color(
        "is:N", title=None, scale=altair.Scale(domain=["month", "saves"], range=[_WHOLE, _LOWER]), legend=legend(altair)
    )
    blocks = chart.mark_bar().encode(y=altair.Y("from:Q", title="USD of month 1"), y2="to:Q", color=colour)
    words = chart.mark_text(dy=-7).encode(y="to:Q", text="says:N")
    layers = [blocks, words]
    if levers.budget_usd_month is not None and levers.budget_usd_month <= 2 * levers.today_usd:
        budget = altair.Data(
            values=[
                {"budget": float(levers.budget_usd_month), "says": f"budget {readable_usd(levers.budget_usd_month)}"}
            ]
        )
        layers.append(altair.Chart(budget).mark_rule(color=_HIGHER, strokeDash=[6, 4]).encode(y="budget:Q"))
        said = altair.Chart(budget).mark_text(color=_HIGHER, align="right", dx=-4, dy=-6)
        layers.append(said.encode(y="budget:Q", x=altair.value(WIDTH), text="says:N"))
    title = f"What the levers take off month 1 of {named(levers.option)}"
    return altair.layer(*layers).properties(width=WIDTH, height=HEIGHT, title=title)

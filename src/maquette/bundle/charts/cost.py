"""The cost model's charts: a month against the ceiling, what it pays for, what drives it, what each lever takes off."""

from collections.abc import Sequence
from decimal import Decimal

from maquette.bundle.charts.canvas import Chart, dollars
from maquette.bundle.charts.months import Limit, Months, band_chart, stacked_chart
from maquette.bundle.charts.rows import Span, span_chart
from maquette.bundle.documents.cost_model import by_month, shown_option
from maquette.bundle.documents.seen import Seen
from maquette.cost.drawn import Band, DrawnOption, Driver
from maquette.cost.projection import CostLine, CostProjection, LineGroup
from maquette.foundation.units import Usd, readable_usd

MOST_DRIVERS = 8
_FEWEST_STEPS = 1


def month_band(seen: Seen) -> Chart | None:
    """The drawn months of the option that is shown, with the ceiling; None where nothing was drawn."""
    projection, drawn = seen.inputs.projection, _drawn(seen)
    if projection is None or drawn is None or not drawn.total.p90:
        return None
    budget = projection.budget_usd_month
    bands = [month.usd if budget is None else month.against_budget for month in drawn.months]
    limits = () if budget is None else (Limit(value=budget, name=f"ceiling {readable_usd(budget)}"),)
    sums = by_month(_lines(seen, projection))
    base = [sums.get(month, (Usd(0), Usd(0)))[budget is None] for month in range(1, len(bands) + 1)]
    labels = _labels(projection, len(bands))
    body, height = band_chart(
        Months(labels=labels, limits=limits, shown=dollars),
        [(band.p10, band.p50, band.p90) for band in bands],
        base,
        ("eight in ten draws (p10 to p90)", "half of the draws below (p50)", "base case"),
    )
    against = "" if budget is None else ", what counts against the ceiling"
    return Chart(
        name="cost-months",
        title=f"A month of {drawn.option}{against}",
        alt=_band_words(drawn.option, labels, bands, budget, drawn),
        about="The month's cost over the horizon: p10, p50, p90 and the ceiling.",
        height=height,
        body=body,
    )


def _band_words(
    option: str, labels: Sequence[str], bands: Sequence[Band], budget: Usd | None, drawn: DrawnOption
) -> str:
    """First and last month, and where the ceiling is passed."""
    ends = [f"{labels[at]} {_three(bands[at])}" for at in dict.fromkeys((0, len(bands) - 1))]
    said = f"A month of {option}, p10 / p50 / p90: {', '.join(ends)}"
    if budget is None:
        return said
    late = drawn.first_over(budget)
    passed = "p90 never passes it" if late is None else f"p90 passes it from {labels[late.month - 1]} on"
    return f"{said}; ceiling {readable_usd(budget)}: {passed}"


def _three(band: Band) -> str:
    return " / ".join(map(readable_usd, (band.p10, band.p50, band.p90)))


def groups_by_month(seen: Seen) -> Chart | None:
    """What the months pay for; None where all is of one group or nothing has a price."""
    projection = seen.inputs.projection
    if projection is None:
        return None
    lines = _lines(seen, projection)
    months = range(1, projection.horizon_months + 1)
    layers = [(group, [_sum(lines, group, month) for month in months]) for group in LineGroup]
    paid = [(group, amounts) for group, amounts in layers if any(amounts)]
    if len(paid) < 2:
        return None
    labels, option = _labels(projection, len(months)), lines[0].option
    body, height = stacked_chart(
        Months(labels=labels, limits=(), shown=dollars), [(group.value, amounts) for group, amounts in paid], "$"
    )
    ends = [
        f"{labels[at]} {', '.join(f'{group.value} {readable_usd(amounts[at])}' for group, amounts in paid)}"
        for at in dict.fromkeys((0, len(labels) - 1))
    ]
    return Chart(
        name="cost-groups",
        title=f"What the months of {option} pay for, base case",
        alt=f"What the months of {option} pay for, base case: {'; '.join(ends)}",
        about="What each month of the horizon pays for, by group of lines.",
        height=height,
        body=body,
    )


def drivers(seen: Seen) -> Chart | None:
    """How far each uncertain input moves the average month; None where nothing does."""
    drawn = _drawn(seen)
    moving = [one for one in drawn.drivers if one.swing_usd] if drawn is not None else []
    if drawn is None or not moving:
        return None
    widest = sorted(moving, key=lambda one: -one.swing_usd)[:MOST_DRIVERS]
    body, height = span_chart(
        [_driver(one, drawn.option) for one in widest],
        shown=dollars,
        entries=(("chart-less", "below the expected month"), ("chart-more", "above it")),
        zero=False,
    )
    said = [
        f"{_input(one, drawn.option)} {readable_usd(one.low_usd)} at {one.low}, {readable_usd(one.high_usd)} at"
        f" {one.high}"
        for one in widest[:3]
    ]
    return Chart(
        name="cost-drivers",
        title=f"What moves the average month of {drawn.option}: each input alone, p10 to p90",
        alt=f"What moves the average month of {drawn.option} most: {'; '.join(said)}",
        about="What drives the bill: each uncertain input alone at its ends.",
        height=height,
        body=body,
    )


def _driver(one: Driver, option: str) -> Span:
    middle = one.base_usd if one.base_usd is not None else (one.low_usd + one.high_usd) / 2
    return Span(
        name=_input(one, option),
        start=one.low_usd,
        end=one.high_usd,
        role="chart-whole",
        start_words=readable_usd(one.low_usd),
        end_words=readable_usd(one.high_usd),
        note=f"{one.low} to {one.high}",
        split=middle,
    )


def _input(one: Driver, option: str) -> str:
    return one.input.removeprefix(f"{option}: ")


def levers(seen: Seen) -> Chart | None:
    """The first month after one lever behind the other; None where no lever can be added."""
    costs = seen.inputs.costs
    table = costs.levers if costs is not None else None
    steps = [step for step in table.steps if not step.skipped and step.saving_usd] if table is not None else []
    if table is None or len(steps) < _FEWEST_STEPS:
        return None
    budget, after = table.budget_usd_month, table.with_all_usd
    spans = [_whole("today", table.today_usd)]
    for step in steps:
        saved = step.saving_usd
        spans.append(
            Span(
                name=step.kind.value.replace("-", " "),
                start=step.after_usd,
                end=step.before_usd,
                role="chart-less" if saved > 0 else "chart-more",
                end_words=f"{'-' if saved > 0 else '+'}{readable_usd(abs(saved))}",
            )
        )
    spans.append(_whole("with all of them", after))
    limit = None if budget is None else (budget, f"ceiling {readable_usd(budget)}")
    body, height = span_chart(spans, shown=dollars, limit=limit)
    told = ", ".join(f"{span.name} {span.end_words}" for span in spans[1:-1])
    side = (
        "" if budget is None else f", {'within' if after <= budget else 'over'} the ceiling of {readable_usd(budget)}"
    )
    return Chart(
        name="cost-levers",
        title=f"The first month of {table.option}, one lever behind the other",
        alt=f"The first month of {table.option}: {readable_usd(table.today_usd)} today, {told}, then"
        f" {readable_usd(after)}{side}",
        about="What each lever takes off the first month, one behind the other.",
        height=height,
        body=body,
    )


def _whole(name: str, amount: Usd) -> Span:
    return Span(name=name, start=Usd(0), end=amount, role="chart-whole", end_words=readable_usd(amount))


def _drawn(seen: Seen) -> DrawnOption | None:
    projection, costs = seen.inputs.projection, seen.inputs.costs
    shown = shown_option(seen, projection) if projection is not None else None
    return costs.drawn.option(shown.option) if costs is not None and shown is not None else None


def _lines(seen: Seen, projection: CostProjection) -> list[CostLine]:
    shown = shown_option(seen, projection)
    return [line for line in projection.lines if shown is not None and line.option == shown.option]


def _sum(lines: Sequence[CostLine], group: LineGroup, month: int) -> Decimal:
    return sum((line.amount_usd.base for line in lines if line.group is group and line.month == month), Decimal(0))


def _labels(projection: CostProjection, count: int) -> tuple[str, ...]:
    return projection.labels[:count] or tuple(f"month {month}" for month in range(1, count + 1))

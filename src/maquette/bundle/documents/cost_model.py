"""The cost model beside the options: unit cost, the month by group, levers, what drives it, the horizon, break-even."""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from maquette.bundle.documents.capacity_figures import percent, times
from maquette.bundle.documents.cost_model_levers import lever_rows, uncomputed_rows, waterfall_rows
from maquette.bundle.documents.cost_model_unit import (
    policy_findings,
    price_rows,
    step_rows,
    unit_findings,
    unit_rows,
)
from maquette.bundle.documents.patterns import pattern_rows
from maquette.bundle.documents.seen import Seen
from maquette.bundle.figures import FactSheet, Figure, Sentence, clause, estimated, figure
from maquette.catalog.traffic import days_per_month
from maquette.cost.crossings import Crossing
from maquette.cost.drawn import Band, Drawn, DrawnOption
from maquette.cost.levers import LeverKind
from maquette.cost.projection import CostLine, CostProjection, LineGroup, OptionCost
from maquette.cost.reporting import CostFindings
from maquette.foundation.sources import Source, SourceKind
from maquette.foundation.units import Usd, readable_count, readable_usd
from maquette.rules.report import Status

FARTHEST = 10
"""Times today's value: a break-even beyond is none to plan for."""


def cost_model_view(seen: Seen) -> Mapping[str, Any]:
    """Rows and sentences; lists are empty, and bands None, where nothing was projected, tried or drawn."""
    projection, costs = seen.inputs.projection, seen.inputs.costs
    if projection is None:
        return {**_NOTHING, "policy": policy_findings(seen), "findings": unit_findings(seen, None)}
    shown = shown_option(seen, projection)
    lines = [line for line in projection.lines if shown is not None and line.option == shown.option]
    drawn = costs.drawn.option(shown.option) if costs is not None and shown is not None else None
    return {
        "option": shown.option if shown else None,
        "findings": unit_findings(seen, shown),
        "unit": unit_rows(
            [line for line in lines if line.month == 1],
            seen.facts.number("scale.requests_per_day"),
            days_per_month(seen.facts.values),
        ),
        "prices": price_rows(seen, projection.options),
        "steps": step_rows(seen),
        "groups": _groups(lines),
        "levers": lever_rows(costs),
        "uncomputed": uncomputed_rows(costs),
        "waterfall": waterfall_rows(costs),
        "patterns": pattern_rows(seen),
        "bands": _bands(costs.drawn) if costs else [],
        "draws": _draws(costs.drawn) if costs and costs.drawn.options else None,
        "cheap_base": _cheap_base(shown, drawn),
        "drivers": _drivers(drawn),
        "months": _months(projection, lines, drawn),
        "exhausted": list(_exhausted(seen, projection, shown, lines, drawn)),
        "cache": _cache(costs),
        "own": _own_machines(seen, projection),
        "crossings": _crossings(costs, seen.facts),
        "flips": [(option.option, flip) for option in projection.options for flip in option.flip],
        "policy": policy_findings(seen),
        "left_out": [_left_out(text, projection) for text in projection.left_out],
        "heads": _heads(projection, shown, costs),
        "together": _together(shown),
    }


_LISTS = (
    "unit prices steps groups levers uncomputed waterfall patterns bands drivers months exhausted cache own crossings"
    " flips left_out"
)
_NOTHING: Mapping[str, Any] = {
    "heads": {},
    "together": None,
    "option": None,
    "draws": None,
    "cheap_base": [],
    **{name: [] for name in _LISTS.split()},
}
"""What a project without a projection shows."""


def shown_option(seen: Seen, projection: CostProjection) -> OptionCost | None:
    """The primary's option, or the cheapest with a price."""
    chosen = seen.roles[0].cost if seen.roles else None
    if chosen is not None and chosen.total_usd is not None:
        return chosen
    return next((option for option in projection.options if option.total_usd is not None), None)


def _groups(lines: Sequence[CostLine]) -> list[Mapping[str, Any]]:
    """Month 1 by what it pays for; every group of the horizon has its row, one that comes later with nothing."""
    whole = sum((line.amount_usd.base for line in lines if line.month == 1), Usd(0))
    rows: list[Mapping[str, Any]] = []
    for group in LineGroup:
        own = [line for line in lines if line.group is group]
        if not own:
            continue
        first = [line for line in own if line.month == 1]
        amount = sum((line.amount_usd.base for line in first), Usd(0))
        names = ", ".join(dict.fromkeys(line.name for line in own if line.quantity.base))
        rows.append(
            {
                "group": group.value,
                "amount": estimated(readable_usd(amount), f"sum of the lines of {group.value} in month 1"),
                "share": percent((amount / whole).quantize(Decimal("0.001"))) if whole else "",
                "horizon": readable_usd(sum((line.amount_usd.base for line in own), Usd(0))),
                "lines": names,
                "counts": "yes" if group.in_ceiling else "no",
            }
        )
    return rows


def _heads(
    projection: CostProjection, shown: OptionCost | None, costs: CostFindings | None
) -> Mapping[str, Figure | None]:
    """The headings of columns whose figures all come from the same computation."""
    if shown is None:
        return {}
    lines = f"sum of the lines of {shown.option} in base case, prices of {projection.prices_as_of}"
    found: dict[str, Figure | None] = {
        "p90": None,
        "bill": estimated("Bill", f"{lines}, a month"),
        "counted": estimated("Counts against the ceiling", f"{lines}, a month, without working hours"),
        "spent": estimated("Spent so far", f"{lines}, from month 1 on"),
    }
    if costs is None:
        return found
    again = f"the first month of {costs.option} computed again"
    draws = f"{readable_count(costs.drawn.count)} draws of the uncertain inputs, seed {costs.drawn.seed}"
    return found | {
        "p90": estimated("Bill, one in ten above", f"{draws}, a month of {shown.option}"),
        "without": estimated("Month without", f"{again} without the lever"),
        "missing": estimated("What is missing", f"what the first month of {costs.option} lacks to be computed with it"),
        "with": estimated("Month with", f"{again} with the lever alone"),
        "saves": estimated("Saves", "1 - month with / month without"),
        "guidance": figure(
            "Guidance",
            Source(kind=SourceKind.CLAIMED, ref="what the common guidance promises of this lever; it enters no figure"),
        ),
        "before": estimated("Before", f"{again} with all levers above"),
        "after": estimated("After", f"{again} with this lever and all above"),
        "difference": estimated("Difference", "after - before"),
        "draws": estimated(
            f"{readable_count(costs.drawn.count)} draws", f"the same draws each time: seed {costs.drawn.seed}"
        ),
    }


def _left_out(text: str, projection: CostProjection) -> Sentence:
    """A line of what is in no figure; one that tells a price leads to the prices."""
    told = any(map(str.isdigit, text))
    return [estimated(text, f"prices of {projection.prices_as_of}, not taken into the bill") if told else text]


def _together(shown: OptionCost | None) -> Figure | None:
    """The first month with its cheap and its dear case."""
    month = shown.first_month_usd if shown is not None else None
    if month is None or shown is None:
        return None
    base, low, high = (readable_usd(one) for one in (month.base, month.low, month.high))
    text = base if low == high else f"{base} ({low} to {high})"
    return estimated(text, f"cost of {shown.option}, first month")


def _crossings(costs: CostFindings | None, facts: FactSheet) -> list[Sentence]:
    """Where the order or the budget turns; not at nothing, where there is no bill to compare."""
    return [_crossing(one) for one in costs.crossings if plausible(one, facts)] if costs else []


def plausible(one: Crossing, facts: FactSheet) -> bool:
    """Whether the value can be met: within an answer's cap, above a prompt's prefix, at most ten times today's."""
    cap, prefix = facts.number("tokens.output_max"), facts.number("tokens.shared_prefix")
    if one.fact == "tokens.output_avg" and cap is not None and one.value > cap:
        return False
    if one.fact == "tokens.input_avg" and prefix is not None and one.value < prefix:
        return False
    return one.value > 0 and (not one.now or one.value <= FARTHEST * one.now)


def _crossing(one: Crossing) -> Sentence:
    formula = f"the projection computed again with other values of {one.fact} until its answer turns"
    before, _, behind = f"{one.sentence}.".partition(one.shown)
    return [f"{before[:1].upper()}{before[1:]}", estimated(one.shown, formula), behind]


def _cache(costs: CostFindings | None) -> list[Sentence]:
    """What the month costs without the cached prefix, against the ceiling."""
    table = costs.levers if costs is not None else None
    lever = next((one for one in table.levers if one.kind is LeverKind.PREFIX_CACHE), None) if table else None
    if table is None or lever is None or lever.state != "in use" or not lever.before_usd or not lever.after_usd:
        return []
    formula = f"the first month of {table.option} computed again with nothing cached"
    cold = estimated(readable_usd(lever.before_usd), formula)
    warm = estimated(readable_usd(lever.after_usd), f"the first month of {table.option}")
    budget = table.budget_usd_month
    if not budget:
        return [["Without prefix caching the first month costs ", cold, " instead of ", warm, "."]]
    share = times(lever.before_usd / budget, f"{formula} / budget.monthly_usd")
    fits = lever.after_usd <= budget < lever.before_usd
    only = " the ceiling: the design fits only while the prefix stays cached." if fits else " the ceiling."
    return [["Without prefix caching the first month costs ", cold, " instead of ", warm, ", ", share, only]]


def _own_machines(seen: Seen, projection: CostProjection) -> list[Sentence]:
    """Why no break-even with own machines stands here, where none can."""
    if seen.served or any(line.group is LineGroup.HOSTING for line in projection.lines):
        return []
    decision = seen.inputs.decision
    found = decision.rules.finding("R-SELF-02") if decision else None
    if found is None or found.status is not Status.FIRED:
        return [["Own machines are no option here: no open model is chosen, so nothing breaks even with them."]]
    by = figure("(R-SELF-02)", Source(kind=SourceKind.CLAIMED, ref="rule R-SELF-02"))
    return [[f"Own machines are no option: {found.rule.recommend} ", by, "."]]


def _bands(drawn: Drawn) -> list[Mapping[str, Any]]:
    return [
        {
            "option": one.option,
            "first": _band(one.months[0].usd),
            "last": _band(one.months[-1].usd),
            "total": _band(one.total),
            "over": None if one.ever_over_budget is None else f"{one.ever_over_budget * 100:.0f} %",
        }
        for one in drawn.options
        if one.total.p90
    ]


def _band(found: Band) -> str:
    return " / ".join(map(readable_usd, (found.p10, found.p50, found.p90)))


def _draws(drawn: Drawn) -> Mapping[str, str]:
    return {"count": readable_count(drawn.count), "seed": str(drawn.seed)}


def _cheap_base(shown: OptionCost | None, drawn: DrawnOption | None) -> list[Sentence]:
    """Said where the base case is cheaper than nine in ten draws: a reader would plan with too little."""
    month = shown.first_month_usd if shown is not None else None
    if month is None or shown is None or drawn is None or month.base >= drawn.months[0].usd.p10:
        return []
    base = estimated(readable_usd(month.base), f"cost of {shown.option}, first month")
    half = estimated(readable_usd(drawn.months[0].usd.p50), f"draws of {shown.option}, first month, half of them")
    return [["The base case of ", base, " is cheaper than nine in ten draws: plan with ", half, " until measured."]]


def _drivers(drawn: DrawnOption | None) -> list[Mapping[str, Any]]:
    if drawn is None:
        return []
    formula = "the average month with this input at its p10 and p90, all others as expected"
    return [
        {
            "input": one.input.removeprefix(f"{drawn.option}: "),
            "low": one.low,
            "high": one.high,
            "low_usd": readable_usd(one.low_usd),
            "high_usd": readable_usd(one.high_usd),
            "swing": estimated(readable_usd(one.swing_usd), formula),
            "share": "" if one.share is None else f"{one.share * 100:.0f} %",
        }
        for one in drawn.drivers
    ]


def _months(
    projection: CostProjection, lines: Sequence[CostLine], drawn: DrawnOption | None
) -> list[Mapping[str, Any]]:
    """A row a quarter, and the last month."""
    sums = by_month(lines)
    if not any(whole for _, whole in sums.values()):
        return []
    wanted = sorted({*range(1, projection.horizon_months + 1, 3), projection.horizon_months})
    spent = Usd(0)
    rows: list[Mapping[str, Any]] = []
    for month in range(1, projection.horizon_months + 1):
        counted, whole = sums.get(month, (Usd(0), Usd(0)))
        spent += whole
        if month in wanted:
            band = drawn.months[month - 1].usd if drawn is not None else None
            rows.append(
                {
                    "month": projection.labels[month - 1] if projection.labels else str(month),
                    "usd": readable_usd(whole),
                    "counted": readable_usd(counted),
                    "p90": None if band is None else readable_usd(band.p90),
                    "spent": readable_usd(spent),
                }
            )
    return rows


def by_month(lines: Sequence[CostLine]) -> dict[int, tuple[Usd, Usd]]:
    """Month to what counts against the ceiling and to all of it, base case."""
    sums: dict[int, tuple[Usd, Usd]] = {}
    for line in lines:
        counted, whole = sums.get(line.month, (Usd(0), Usd(0)))
        amount = line.amount_usd.base
        sums[line.month] = (counted + amount if line.group.in_ceiling else counted, whole + amount)
    return sums


def _exhausted(
    seen: Seen,
    projection: CostProjection,
    shown: OptionCost | None,
    lines: Sequence[CostLine],
    drawn: DrawnOption | None,
) -> Iterator[Sentence]:
    """When the ceiling is passed, and when the money of the whole horizon is spent."""
    budget = projection.budget_usd_month
    if budget is None or shown is None or not lines:
        return
    ceiling = clause(seen.facts.figure("budget.monthly_usd"))
    first = shown.over_budget_from
    formula = f"the first month of {shown.option} whose base case passes budget.monthly_usd"
    when = estimated("in no month of the horizon" if first is None else f"from {_label(projection, first)} on", formula)
    yield [f"{shown.option} passes the ceiling of ", *ceiling, " ", when, "."]
    late = drawn.first_over(budget) if drawn is not None else None
    if late is not None and late.month != first:
        named = _label(projection, late.month)
        share = estimated(percent(late.over_budget or Decimal(0)), f"draws whose {named} passes budget.monthly_usd")
        yield ["In ", share, f" of the draws {named} is above it", " already." if first else "."]
    yield _all_spent(projection, budget, lines)


def _all_spent(projection: CostProjection, budget: Usd, lines: Sequence[CostLine]) -> Sentence:
    purse, sums, spent = budget * projection.horizon_months, by_month(lines), Usd(0)
    formula = f"budget.monthly_usd x {projection.horizon_months} months against the lines that count"
    whole = estimated(readable_usd(purse), formula)
    for month in range(1, projection.horizon_months + 1):
        spent += sums.get(month, (Usd(0), Usd(0)))[0]
        if spent > purse:
            return ["The ceilings of the horizon together, ", whole, f", are spent in {_label(projection, month)}."]
    left = estimated(readable_usd(purse - spent), formula)
    return ["Of the ceilings of the horizon together, ", whole, ", ", left, " are left at its end."]


def _label(projection: CostProjection, month: int) -> str:
    return projection.labels[month - 1] if projection.labels else f"month {month}"

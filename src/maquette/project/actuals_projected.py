"""The part of a projection that a provider's bill shows: the lines by the request, each month, with their models.

Machines, logs, searches, evaluations and working hours are on other bills, or on none.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction

from maquette.cost.actuals_drift import CACHED, FRESH, OUTPUT, Expected
from maquette.cost.actuals_report import ActualMonth
from maquette.cost.drawing import draw_costs
from maquette.cost.drawn import DrawnMonth
from maquette.cost.inputs import CostInputs
from maquette.cost.lines import requests_in
from maquette.cost.options import PricedOption, priced_option
from maquette.cost.projection import CostLine, CostProjection, LineGroup
from maquette.cost.side_lines import NO_SIDE_COSTS
from maquette.foundation.problems import InvalidInput, NotFound, Problem
from maquette.foundation.units import Usd
from maquette.foundation.wording import listed, shown
from maquette.project.view import View

_MILLIONTH = Decimal("0.000001")


@dataclass(frozen=True, kw_only=True, slots=True)
class Projected:
    """What of a projection is on a bill.

    Attributes:
        option: Whose projection; None when nobody chose.
        months: By month, such as 2026-10; empty where there is none, for ``why_none``.
        models: Of each of these months the dollars of each model's lines, by the model's catalog id.
    """

    option: str | None
    months: Mapping[str, Expected]
    models: Mapping[str, Mapping[str, Usd]]
    why_none: str = ""

    def of_models(self, months: Sequence[ActualMonth]) -> Mapping[str, Usd]:
        """The dollars of each model in the days that ``months`` cover, to a millionth."""
        found: dict[str, Fraction] = {}
        for month in months:
            part = Fraction(month.days, month.days_in_month)
            for model, usd in self.models.get(month.month, {}).items():
                found[model] = found.get(model, Fraction(0)) + Fraction(usd) * part
        return {model: Decimal(round(usd * 10**6)).scaleb(-6).quantize(_MILLIONTH) for model, usd in found.items()}


def projected(view: View, option: str | None, first: str) -> Projected:
    """The lines of an option that a bill shows, or why there are none.

    Args:
        view: The project.
        option: Its name; the chosen model's, or the only one's, when None.
        first: The month that is the projection's first, such as 2026-10.

    Raises:
        NotFound: There is no such option.
    """
    try:
        projection = view.projection
    except Problem as problem:
        return _none(None, problem.what)
    name = option or _meant(view, projection)
    if name is None:
        return _none(None, "no model is chosen: name one of the options with --option")
    cost = projection.option(name)
    if cost is None:
        known = listed(one.option for one in projection.options)
        raise NotFound(f"there is no option {shown(name)}", fix=f"There are: {known}." if known else "Choose models.")
    if cost.total_usd is None:
        return _none(name, "; ".join(cost.unpriced))
    lines: dict[int, list[CostLine]] = {}
    for line in projection.lines:
        if line.option == name and line.group is LineGroup.API:
            lines.setdefault(line.month, []).append(line)
    if not lines:
        return _none(name, f"{name} is paid by the hour, which is on no bill for requests")
    return _projected(view.cost_inputs, name, {_later(first, number): group for number, group in lines.items()})


def _projected(inputs: CostInputs, name: str, lines: Mapping[str, Sequence[CostLine]]) -> Projected:
    option = next(one for one in inputs.options if one.name == name)
    priced, bands = priced_option(option, inputs.facts, inputs.defaulted), _bands(inputs, name)
    models = {line.name: stream.card.id for stream in priced.streams for line in stream.lines}
    return Projected(
        option=name,
        months={month: _month(inputs, priced, group, bands.get(group[0].month)) for month, group in lines.items()},
        models={month: _by_model(group, models) for month, group in lines.items()},
    )


def _none(option: str | None, why: str) -> Projected:
    return Projected(option=option, months={}, models={}, why_none=why)


def _meant(view: View, projection: CostProjection) -> str | None:
    choice = view.document.choice
    if choice is not None and projection.option(choice.model) is not None:
        return choice.model
    return projection.options[0].option if len(projection.options) == 1 else None


def _bands(inputs: CostInputs, name: str) -> Mapping[int, DrawnMonth]:
    """The draws of the lines by the request alone; none where machines are part of the option."""
    alone = [replace(one, side=NO_SIDE_COSTS) for one in inputs.options if one.name == name]
    if any(priced_option(one, inputs.facts, inputs.defaulted).host is not None for one in alone):
        return {}
    try:
        drawn = draw_costs(facts=inputs.facts, options=alone, defaulted=inputs.defaulted, calendar=inputs.calendar)
    except InvalidInput:
        return {}
    found = drawn.option(name)
    return {month.month: month for month in found.months} if found else {}


def _month(inputs: CostInputs, priced: PricedOption, lines: Sequence[CostLine], band: DrawnMonth | None) -> Expected:
    low, base, high = (sum((line.amount_usd.of(case) for line in lines), Usd(0)) for case in ("low", "base", "high"))
    tokens: dict[str, Decimal] = {}
    token_usd: dict[str, Usd] = {}
    for line in lines:
        kind = _kind(line)
        if kind is not None:
            tokens[kind] = tokens.get(kind, Decimal(0)) + line.quantity.base
            token_usd[kind] = token_usd.get(kind, Usd(0)) + line.amount_usd.base
    load = priced.load
    return Expected(
        usd_low=min(low, base),
        usd=base,
        usd_high=max(base, high),
        p10_usd=band.usd.p10 if band else None,
        p50_usd=band.usd.p50 if band else None,
        p90_usd=band.usd.p90 if band else None,
        requests=None if load is None else requests_in(load, lines[0].month, inputs.calendar).base,
        tokens=tokens,
        token_usd=token_usd,
    )


def _by_model(lines: Sequence[CostLine], models: Mapping[str, str]) -> Mapping[str, Usd]:
    found: dict[str, Usd] = {}
    for line in lines:
        model = models.get(line.name)
        if model is not None:
            found[model] = found.get(model, Usd(0)) + line.amount_usd.base
    return found


def _kind(line: CostLine) -> str | None:
    """The kind of token that a line counts; writing to a cache counts as fresh input."""
    if line.unit != "token":
        return None
    if "cached" in line.name:
        return CACHED
    if "output" in line.name:
        return OUTPUT
    return FRESH


def _later(first: str, number: int) -> str:
    """Month ``number`` (from 1) of those that begin with ``first``."""
    months = int(first[:4]) * 12 + int(first[5:7]) - 1 + number - 1
    return f"{months // 12:04}-{months % 12 + 1:02}"

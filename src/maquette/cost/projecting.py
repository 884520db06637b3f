"""Computes the projection: gathers rates and volumes, has them multiplied and added, and says what would change it.

The rules of pricing are in `rates` and `machine_hours`, the arithmetic in `lines`.
"""

from collections.abc import Collection, Iterator, Sequence
from datetime import date
from decimal import Decimal
from typing import TypedDict

from maquette.cost.basis import cost_fingerprint
from maquette.cost.calendar import PLAIN_CALENDAR, Calendar, Currency
from maquette.cost.flips import flips
from maquette.cost.lines import NOTHING, Sums, cost_lines, requests_in, sums
from maquette.cost.machine_hours import idle
from maquette.cost.options import CostOption, PricedOption, priced_option
from maquette.cost.projection import ByCase, CostAssumption, CostLine, CostProjection, LineGroup, OptionCost
from maquette.cost.side_lines import NO_SIDE_COSTS, SideCosts, together
from maquette.cost.side_model import side_assumptions
from maquette.cost.tables import load_cost_lines
from maquette.cost.workload import Workload, default_horizon
from maquette.evals.run import TargetResult
from maquette.foundation.expression import Facts
from maquette.foundation.sources import Source, SourceKind
from maquette.foundation.units import DAYS_PER_MONTH, Range, Usd

__all__ = ["CostOption", "cost_fingerprint", "load_cost_lines", "project_cost"]

_EXACT = Decimal("1e-12")
"""The digits of an amount of money."""

_MODELS = (LineGroup.API, LineGroup.HOSTING)


def project_cost(
    *,
    facts: Facts,
    options: Sequence[CostOption],
    prices_as_of: date,
    defaulted: Collection[str] = (),
    side: SideCosts = NO_SIDE_COSTS,
    calendar: Calendar = PLAIN_CALENDAR,
    currency: Currency | None = None,
) -> CostProjection:
    """What each option costs, month by month over the horizon.

    Args:
        facts: Answers, defaults and derived facts; an absent one is unknown.
        options: Compared in any order; their names are unique.
        prices_as_of: The date of the catalog's snapshot.
        defaulted: The facts that hold a question's default, which are then listed among the assumptions.
        side: What the design pays beside its models whichever option it takes; each option's own comes on top.
        calendar: When month 1 is, seasons, and what prices do.
        currency: Kept for showing; every figure is in dollars.

    Raises:
        InvalidInput: A fact is not a number, is negative, or makes the volume absurd; or more machines are reserved
            than there are.
    """
    priced = [priced_option(option, facts, defaulted) for option in options]
    load = next((each.load for each in priced if each.load is not None), None)
    return CostProjection(
        **_computed(priced, load, side, calendar, prices_as_of),
        horizon_months=load.horizon_months if load else default_horizon(facts),
        budget_usd_month=load.budget_usd_month if load else None,
        prices_as_of=prices_as_of.isoformat(),
        computed_from=cost_fingerprint(
            facts=facts, options=options, prices_as_of=prices_as_of, side=side, calendar=calendar, currency=currency
        ),
        left_out=together(side, *(option.side for option in options)).left_out,
        currency=currency,
    )


class _Computed(TypedDict):
    """What the lines of a projection say."""

    options: tuple[OptionCost, ...]
    lines: tuple[CostLine, ...]
    assumptions: tuple[CostAssumption, ...]
    labels: tuple[str, ...]


def _computed(
    priced: Sequence[PricedOption], load: Workload | None, side: SideCosts, calendar: Calendar, as_of: date
) -> _Computed:
    lines = cost_lines(priced, side, calendar)
    horizon, budget = (load.horizon_months, load.budget_usd_month) if load else (0, None)
    totals = sums(lines, horizon=horizon, budget=budget)
    costing = _Costing(priced, lines, side, calendar, as_of)
    costs = [costing.option(each, totals.get(each.option.name, NOTHING)) for each in priced]
    return {
        "options": tuple(
            sorted(costs, key=lambda cost: (cost.total_usd is None, cost.total_usd and cost.total_usd.base))
        ),
        "lines": lines,
        "assumptions": _each_once(_assumed(priced, load, side, calendar, as_of)),
        "labels": tuple(calendar.label(month) for month in range(1, horizon + 1)) if calendar.launch else (),
    }


class _Costing:
    """The figures of each option of one projection."""

    def __init__(
        self,
        priced: Sequence[PricedOption],
        lines: Sequence[CostLine],
        side: SideCosts,
        calendar: Calendar,
        as_of: date,
    ) -> None:
        self._priced, self._side, self._calendar, self._as_of = priced, side, calendar, as_of
        self._models: dict[str, Usd] = {}
        for line in lines:
            if line.month == 1 and line.group in _MODELS:
                self._models[line.option] = self._models.get(line.option, Usd(0)) + line.amount_usd.base

    def option(self, priced: PricedOption, added: Sums) -> OptionCost:
        """The figures of one option."""
        name = priced.option.name
        if priced.unpriced:
            return OptionCost(
                option=name,
                usd_per_request=None,
                first_month_usd=None,
                last_month_usd=None,
                total_usd=None,
                over_budget_from=None,
                unpriced=priced.unpriced,
            )
        each = self._per_request(priced)
        return OptionCost(
            option=name,
            usd_per_request=each,
            first_month_usd=_range(added.first),
            last_month_usd=_range(added.last),
            total_usd=_range(added.total),
            over_budget_from=added.over_budget_from,
            unpriced=(),
            flip=(*self._retirement(priced), *flips(priced, self._priced, self._side, self._calendar)),
            usd_per_right_answer=_per_right_answer(each, None if priced.option.ensemble else priced.option.measured),
            in_ceiling_first_month_usd=None if added.first_in_ceiling is None else _range(added.first_in_ceiling),
        )

    def _per_request(self, priced: PricedOption) -> Usd | None:
        """Of models and machines at launch: the sum of the rates where no machine is part of it."""
        volume = requests_in(priced.load, 1, self._calendar).base if priced.load else Decimal(0)
        if volume == 0:
            return None
        if priced.host is not None:
            return (self._models.get(priced.option.name, Usd(0)) / volume).quantize(_EXACT)
        prices = (
            self._calendar.prices(line.usd_per_unit, stream.card, 1).base * line.per_request.base
            for stream in priced.streams
            if stream.runs_in(1)
            for line in stream.lines
        )
        return sum(prices, Usd(0)).normalize()

    def _retirement(self, priced: PricedOption) -> Iterator[str]:
        """That the model is gone, or will be within the horizon, and whether something replaces it."""
        card, load = priced.option.card, priced.load
        if card.retires_on is None or load is None:
            return
        if card.retires_on < self._as_of:
            yield f"retired on {card.retires_on}: nobody can buy it at this price any more"
            return
        month = self._month_of(card.retires_on)
        if month > load.horizon_months:
            return
        when = f"retires on {card.retires_on}, in month {max(1, month)}"
        later = next((one for one in priced.streams if one.card.id != card.id and one.from_month > 1), None)
        if later is not None:
            yield f"{when}: {later.card.id} answers from month {later.from_month} on"
        else:
            yield f"{when}: what replaces it from then on is not priced here"

    def _month_of(self, day: date) -> int:
        """The month of the horizon; without a launch it starts when the prices were read."""
        month = self._calendar.month_of(day)
        return int(Decimal((day - self._as_of).days) / DAYS_PER_MONTH) + 1 if month is None else month


def _assumed(
    priced: Sequence[PricedOption], load: Workload | None, side: SideCosts, calendar: Calendar, as_of: date
) -> Iterator[tuple[CostAssumption, ...]]:
    for each in priced:
        yield each.assumptions
        if not each.unpriced and (busy := idle(each, calendar)) is not None:
            yield (busy,)
    beside = together(side, *(each.option.side for each in priced))
    yield beside.assumptions
    if load is not None:
        yield tuple(side_assumptions(beside.lines, load.requests_per_month))
    yield tuple(_launched(calendar, as_of))


def _launched(calendar: Calendar, as_of: date) -> Iterator[CostAssumption]:
    """That some months of the horizon are over already."""
    past = 1 - (calendar.month_of(as_of) or 1)
    if past < 0:
        begin = calendar.label(1)
        months = "1 month" if past == -1 else f"{-past} months"
        ref = f"{months} of the horizon were over when prices were read; they are projected at those prices too"
        source = Source(kind=SourceKind.REQUIRED, ref=ref)
        yield CostAssumption(name="launch", value=begin, low=begin, high=begin, source=source)


def _per_right_answer(each: Usd | None, measured: TargetResult | None) -> Range[Usd] | None:
    """What is paid for one right answer: wrong ones cost as much."""
    if each is None or measured is None or measured.score is None or measured.interval is None:
        return None
    shares = (measured.interval.high, measured.score, measured.interval.low)
    if min(shares) <= 0:
        return None
    low, base, high = ((each / Decimal(str(share))).quantize(_EXACT) for share in shares)
    return Range(low=low, base=base, high=high)


def _range(added: ByCase) -> Range[Usd]:
    """The sums of the three cases. Lines are rounded one by one, which may turn a tie by a millionth of a dollar."""
    return Range(low=min(added.low, added.base), base=added.base, high=max(added.base, added.high))


def _each_once(groups: Iterator[tuple[CostAssumption, ...]]) -> tuple[CostAssumption, ...]:
    return tuple({(a.name, a.value, a.low, a.high): a for group in groups for a in group}.values())

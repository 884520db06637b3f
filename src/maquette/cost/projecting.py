"""Computes the projection: gathers rates and volumes, has them multiplied and added, and says what would change it.

The rules of pricing are in `rates` and `hosting`, the arithmetic in `lines` and, the same, in ``sql/``.
"""

from collections.abc import Collection, Iterator, Sequence
from datetime import date
from decimal import Decimal

from maquette.analytics import Database
from maquette.cost.flips import flips
from maquette.cost.in_sql import lines_in_sql, sums_in_sql
from maquette.cost.lines import NOTHING, Sums, cost_lines, sums
from maquette.cost.options import CostOption, PricedOption, priced_option
from maquette.cost.projection import ByCase, CostAssumption, CostLine, CostProjection, OptionCost
from maquette.cost.tables import load_cost_lines
from maquette.cost.workload import COST_FACTS, default_horizon
from maquette.evals.run import TargetResult
from maquette.foundation.expression import Facts
from maquette.foundation.lineage import fingerprint
from maquette.foundation.units import DAYS_PER_MONTH, Range, Usd

__all__ = ["CostOption", "cost_fingerprint", "load_cost_lines", "project_cost"]

_EXACT = Decimal("1e-12")
"""The digits of an amount of money."""


def project_cost(
    *,
    facts: Facts,
    options: Sequence[CostOption],
    prices_as_of: date,
    database: Database | None = None,
    defaulted: Collection[str] = (),
) -> CostProjection:
    """What each option costs, month by month over the horizon.

    Args:
        facts: Answers, defaults and derived facts; an absent one is unknown.
        options: Compared in any order; their names are unique.
        prices_as_of: The date of the catalog's snapshot.
        database: Computes, and keeps the table ``cost_lines`` for queries by the user; without it the figures are the
            same, and sooner there.
        defaulted: The facts that hold a question's default, which are then listed among the assumptions.

    Raises:
        InvalidInput: A fact is not a number, is negative, or makes the volume absurd.
    """
    priced = [priced_option(option, facts, defaulted) for option in options]
    load = next((each.load for each in priced if each.load is not None), None)
    budget = load.budget_usd_month if load else None
    horizon = load.horizon_months if load else default_horizon(facts)
    lines, totals = _computed(priced, database, horizon, budget)
    costs = [_option_cost(each, totals.get(each.option.name, NOTHING), priced, prices_as_of) for each in priced]
    return CostProjection(
        options=tuple(sorted(costs, key=lambda cost: (cost.total_usd is None, cost.total_usd and cost.total_usd.base))),
        lines=lines,
        assumptions=_each_once(each.assumptions for each in priced),
        horizon_months=horizon,
        budget_usd_month=budget,
        prices_as_of=prices_as_of.isoformat(),
        computed_from=cost_fingerprint(facts=facts, options=options, prices_as_of=prices_as_of),
    )


def _computed(
    priced: Sequence[PricedOption], database: Database | None, horizon: int, budget: Usd | None
) -> tuple[tuple[CostLine, ...], dict[str, Sums]]:
    if database is None:
        lines = cost_lines(priced)
        return lines, sums(lines, horizon=horizon, budget=budget)
    lines = lines_in_sql(database, priced)
    return lines, sums_in_sql(database, horizon=horizon, budget=budget)


def cost_fingerprint(*, facts: Facts, options: Sequence[CostOption], prices_as_of: date) -> str:
    """Changes with whatever changes a figure of the projection, and with nothing else."""
    return fingerprint(
        {fact: facts[fact] for fact in COST_FACTS if fact in facts},
        [_basis(option) for option in options],
        prices_as_of,
    )


def _option_cost(priced: PricedOption, added: Sums, others: Sequence[PricedOption], as_of: date) -> OptionCost:
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
    first = _range(added.first)
    each = _per_request(priced, first.base)
    return OptionCost(
        option=name,
        usd_per_request=each,
        first_month_usd=first,
        last_month_usd=_range(added.last),
        total_usd=_range(added.total),
        over_budget_from=added.over_budget_from,
        unpriced=(),
        flip=(*_retirement(priced, as_of), *flips(priced, others)),
        usd_per_right_answer=_per_right_answer(each, priced.option.measured),
    )


def _retirement(priced: PricedOption, as_of: date) -> Iterator[str]:
    """That the model is gone, or will be within the horizon, which starts when the prices were read."""
    card, load = priced.option.card, priced.load
    if card.retires_on is None or load is None:
        return
    if card.retires_on < as_of:
        yield f"retired on {card.retires_on}: nobody can buy it at this price any more"
        return
    month = int(Decimal((card.retires_on - as_of).days) / DAYS_PER_MONTH) + 1
    if month <= load.horizon_months:
        yield f"retires on {card.retires_on}, in month {month}: what replaces it from then on is not priced here"


def _per_right_answer(each: Usd | None, measured: TargetResult | None) -> Range[Usd] | None:
    """What is paid for one right answer: wrong ones cost as much."""
    if each is None or measured is None or measured.score is None or measured.interval is None:
        return None
    shares = (measured.interval.high, measured.score, measured.interval.low)
    if min(shares) <= 0:
        return None
    low, base, high = ((each / Decimal(str(share))).quantize(_EXACT) for share in shares)
    return Range(low=low, base=base, high=high)


def _per_request(priced: PricedOption, first_month_usd: Usd) -> Usd | None:
    volume = priced.load.requests_per_month if priced.load else Decimal(0)
    if volume == 0:
        return None
    return (
        priced.rates.request_usd.base.normalize()
        if priced.rates and not priced.host
        else (first_month_usd / volume).quantize(_EXACT)
    )


def _range(added: ByCase) -> Range[Usd]:
    """The sums of the three cases. Lines are rounded one by one, which may turn a tie by a millionth of a dollar."""
    return Range(low=min(added.low, added.base), base=added.base, high=max(added.base, added.high))


def _each_once(groups: Iterator[tuple[CostAssumption, ...]]) -> tuple[CostAssumption, ...]:
    return tuple({(a.name, a.value, a.low, a.high): a for group in groups for a in group}.values())


def _basis(option: CostOption) -> tuple[object, ...]:
    result = option.measured
    used = result and (
        result.mean_input_tok,
        result.mean_output_tok,
        result.throughput_per_s,
        result.score,
        result.calls_made,
        result.done,
        result.from_cache,
    )
    card = option.card
    capabilities = sorted((capability.value, known) for capability, known in card.capabilities.items())
    prices = sorted(card.price.usd_per_unit.items()) if card.price else None
    model = (card.id, card.hosting, prices, card.min_cacheable_tok, capabilities)
    basis = (option.name, model, used, option.host_name, option.host_usd_per_hour, option.predicted)
    if option.escalates_to is None:
        return basis
    strong = option.escalates_to
    strong_prices = sorted(strong.price.usd_per_unit.items()) if strong.price else None
    return (*basis, strong.id, strong_prices, strong.min_cacheable_tok, option.escalation)

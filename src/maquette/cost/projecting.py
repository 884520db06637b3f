"""Computes the projection: gathers rates and volumes, lets DuckDB multiply and add, and says what would change it.

The rules of pricing are in `rates` and `hosting`, the arithmetic in ``sql/``; here they are only brought together.
"""

from collections.abc import Collection, Iterator, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from maquette.analytics import Database
from maquette.cost.flips import flips
from maquette.cost.hosting import HOURS_PER_MONTH, machines
from maquette.cost.options import CostOption, PricedOption, priced_option
from maquette.cost.projection import CASES, ByCase, CostAssumption, CostLine, CostProjection, OptionCost
from maquette.cost.tables import PRICE, load_cost_lines
from maquette.cost.workload import COST_FACTS, Workload, default_horizon
from maquette.foundation.expression import Facts
from maquette.foundation.lineage import fingerprint
from maquette.foundation.sources import Source
from maquette.foundation.units import Range, Usd

__all__ = ["CostOption", "cost_fingerprint", "load_cost_lines", "project_cost"]

SQL = Path(__file__).parent / "sql"


def _by_case(kind: str) -> dict[str, str]:
    return {str(case): kind for case in CASES}


_VOLUMES = {"month": "INTEGER", **_by_case("DECIMAL(38,6)")}
_RATES = {
    "option": "VARCHAR",
    "position": "INTEGER",
    "name": "VARCHAR",
    "unit": "VARCHAR",
    "price_key": "VARCHAR",
    "usd_per_unit": PRICE,
    "source": "VARCHAR",
    **_by_case("DECIMAL(38,12)"),
}
_MACHINES = {
    "option": "VARCHAR",
    "month": "INTEGER",
    "hours": "DECIMAL(18,6)",
    "price_key": "VARCHAR",
    "usd_per_hour": PRICE,
    "source": "VARCHAR",
    **_by_case("DECIMAL(20,0)"),
}


def project_cost(
    *,
    facts: Facts,
    options: Sequence[CostOption],
    prices_as_of: date,
    database: Database,
    defaulted: Collection[str] = (),
) -> CostProjection:
    """What each option costs, month by month over the horizon.

    Args:
        facts: Answers, defaults and derived facts; an absent one is unknown.
        options: Compared in any order; their names are unique.
        prices_as_of: The date of the catalog's snapshot.
        database: Takes the table ``cost_lines``, for queries by the user.
        defaulted: The facts that hold a question's default, which are then listed among the assumptions.

    Raises:
        InvalidInput: A fact is not a number, is negative, or makes the volume absurd.
    """
    priced = [priced_option(option, facts, defaulted) for option in options]
    load = next((each.load for each in priced if each.load is not None), None)
    _fill(database, priced, load)
    budget = load.budget_usd_month if load else None
    horizon = load.horizon_months if load else default_horizon(facts)
    totals = {
        row["option"]: row for row in database.run_file(SQL, "totals.sql", horizon=horizon, budget=_parameter(budget))
    }
    costs = [_option_cost(each, totals.get(each.option.name), priced) for each in priced]
    return CostProjection(
        options=tuple(sorted(costs, key=lambda cost: (cost.total_usd is None, cost.total_usd and cost.total_usd.base))),
        lines=_lines(database, priced),
        assumptions=_each_once(each.assumptions for each in priced),
        horizon_months=horizon,
        budget_usd_month=budget,
        prices_as_of=prices_as_of.isoformat(),
        computed_from=cost_fingerprint(facts=facts, options=options, prices_as_of=prices_as_of),
    )


def cost_fingerprint(*, facts: Facts, options: Sequence[CostOption], prices_as_of: date) -> str:
    """Changes with whatever changes a figure of the projection, and with nothing else."""
    return fingerprint(
        {fact: facts[fact] for fact in COST_FACTS if fact in facts},
        [_basis(option) for option in options],
        prices_as_of,
    )


def _fill(database: Database, priced: Sequence[PricedOption], load: Workload | None) -> None:
    months = range(1, load.horizon_months + 1) if load else range(0)
    volumes = [{"month": month, **_cases(load.requests(month))} for month in months] if load else []
    database.load("volumes", volumes, _VOLUMES)
    database.load("rates", [row for each in priced for row in _rate_rows(each)], _RATES)
    database.load("machines", [row for each in priced for row in _machine_rows(each, months)], _MACHINES)
    database.derive("cost_lines", SQL, "lines.sql")


def _rate_rows(priced: PricedOption) -> Iterator[dict[str, Any]]:
    if priced.rates is None:
        return
    for position, line in enumerate(priced.rates.lines):
        yield {
            "option": priced.option.name,
            "position": position,
            "name": line.name,
            "unit": line.unit,
            "price_key": line.price_key,
            "usd_per_unit": line.usd_per_unit,
            "source": str(_source(priced)),
            **_cases(line.per_request),
        }


def _machine_rows(priced: PricedOption, months: Sequence[int]) -> Iterator[dict[str, Any]]:
    host, load = priced.host, priced.load
    if host is None or load is None:
        return
    for month in months:
        yield {
            "option": priced.option.name,
            "month": month,
            "hours": HOURS_PER_MONTH,
            "price_key": host.name,
            "usd_per_hour": host.usd_per_hour,
            "source": str(host.source),
            **_cases(machines(load, month, host.throughput_per_s)),
        }


def _option_cost(priced: PricedOption, row: dict[str, Any] | None, others: Sequence[PricedOption]) -> OptionCost:
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
    first = _range(row, "first")
    return OptionCost(
        option=name,
        usd_per_request=_per_request(priced, first.base),
        first_month_usd=first,
        last_month_usd=_range(row, "last"),
        total_usd=_range(row, "total"),
        over_budget_from=row["over_budget_from"] if row else None,
        unpriced=(),
        flip=flips(priced, others),
    )


def _per_request(priced: PricedOption, first_month_usd: Usd) -> Usd | None:
    volume = priced.load.requests_per_month if priced.load else Decimal(0)
    if volume == 0:
        return None
    return (
        priced.rates.request_usd.base.normalize()
        if priced.rates
        else (first_month_usd / volume).quantize(Decimal("1e-12"))
    )


def _range(row: dict[str, Any] | None, prefix: str) -> Range[Usd]:
    """The sums of the three cases. Lines are rounded one by one, which may turn a tie by a millionth of a dollar."""
    low, base, high = (row[f"{prefix}_{case}"] if row else Usd(0) for case in CASES)
    return Range(low=min(low, base), base=base, high=max(base, high))


def _lines(database: Database, priced: Sequence[PricedOption]) -> tuple[CostLine, ...]:
    sources = {each.option.name: _source(each) for each in priced if not each.unpriced}
    return tuple(
        CostLine(
            option=row["option"],
            month=row["month"],
            name=row["name"],
            quantity=ByCase(low=row["quantity_low"], base=row["quantity_base"], high=row["quantity_high"]),
            unit=row["unit"],
            usd_per_unit=row["usd_per_unit"].normalize(),
            amount_usd=ByCase(low=row["amount_low_usd"], base=row["amount_base_usd"], high=row["amount_high_usd"]),
            price_key=row["price_key"],
            source=sources[row["option"]],
        )
        for row in database.query("from cost_lines")
    )


def _source(priced: PricedOption) -> Source:
    if priced.host is not None:
        return priced.host.source
    return priced.option.card.price.source if priced.option.card.price else priced.option.card.source


def _cases(figures: ByCase) -> dict[str, Decimal]:
    return {"low": figures.low, "base": figures.base, "high": figures.high}


def _parameter(budget: Usd | None) -> str | None:
    return None if budget is None else f"{budget:f}"


def _each_once(groups: Iterator[tuple[CostAssumption, ...]]) -> tuple[CostAssumption, ...]:
    return tuple({(a.name, a.value, a.low, a.high): a for group in groups for a in group}.values())


def _basis(option: CostOption) -> tuple[object, ...]:
    result = option.measured
    used = result and (
        result.mean_input_tok,
        result.mean_output_tok,
        result.throughput_per_s,
        result.calls_made,
        result.done,
        result.from_cache,
    )
    card = option.card
    capabilities = sorted((capability.value, known) for capability, known in card.capabilities.items())
    prices = sorted(card.price.usd_per_unit.items()) if card.price else None
    model = (card.id, card.hosting, prices, card.min_cacheable_tok, capabilities)
    return (option.name, model, used, option.host_name, option.host_usd_per_hour)

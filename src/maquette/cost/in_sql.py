"""The projection's lines and sums by DuckDB, which leaves the table ``cost_lines`` for a user's questions.

The arithmetic is in ``sql/``; `lines` computes the same without a database.
"""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

from maquette.analytics import Database
from maquette.cost.hosting import HOURS_PER_MONTH, machines
from maquette.cost.lines import Sums
from maquette.cost.options import PricedOption
from maquette.cost.projection import CASES, ByCase, CostLine
from maquette.cost.tables import PRICE
from maquette.cost.workload import Workload
from maquette.foundation.sources import Source
from maquette.foundation.units import Usd

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


def lines_in_sql(database: Database, priced: Sequence[PricedOption]) -> tuple[CostLine, ...]:
    """Every line of every month; the table ``cost_lines`` holds them too."""
    load = next((each.load for each in priced if each.load is not None), None)
    _fill(database, priced, load)
    sources = _sources(priced)
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
            source=sources[row["option"], row["source"]],
        )
        for row in database.query("from cost_lines")
    )


def sums_in_sql(database: Database, *, horizon: int, budget: Usd | None) -> dict[str, Sums]:
    """The sums of each option, after `lines_in_sql` filled the table."""
    limit = None if budget is None else f"{budget:f}"
    return {
        row["option"]: Sums(
            first=_cases_of(row, "first"),
            last=_cases_of(row, "last"),
            total=_cases_of(row, "total"),
            over_budget_from=row["over_budget_from"],
        )
        for row in database.run_file(SQL, "totals.sql", horizon=horizon, budget=limit)
    }


def _cases_of(row: dict[str, Any], prefix: str) -> ByCase:
    return ByCase(**{case: row[f"{prefix}_{case}"] for case in CASES})


def _sources(priced: Sequence[PricedOption]) -> dict[tuple[str, str], Source]:
    found: dict[tuple[str, str], Source] = {}
    for each in priced:
        used = [line.source for line in each.rates.lines] if each.rates else []
        used += [each.host.source] if each.host else []
        found.update({(each.option.name, str(source)): source for source in used})
    return found


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
            "source": str(line.source),
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


def _cases(figures: ByCase) -> dict[str, Decimal]:
    return {"low": figures.low, "base": figures.base, "high": figures.high}

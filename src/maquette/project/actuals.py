"""A project's actual spending beside its projection: months, sums, and which models have cards.

What of the projection is on a provider's bill is in `maquette.project.actuals_projected`.
The arithmetic is in `maquette.cost.actuals_report`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Literal

from maquette.analytics import Database
from maquette.catalog.cards import Catalog
from maquette.cost.actuals import DayRow, Total, month_of, plain_model, totals_by
from maquette.cost.actuals_report import ActualMonth, actual_months
from maquette.foundation.problems import InvalidInput, NotFound, Place
from maquette.foundation.units import Usd
from maquette.foundation.wording import listed, shown
from maquette.project.actuals_prices import at_list_price, card_of
from maquette.project.actuals_projected import projected
from maquette.project.view import View

By = Literal["model", "day", "provider", "tag", "team"]

_ROWS = """
select day, model, provider, {tags}, cast(sum(requests) as bigint) as requests,
    cast(sum(input_tok) as bigint) as input_tok, cast(sum(cached_tok) as bigint) as cached_tok,
    cast(sum(output_tok) as bigint) as output_tok, cast(sum(usd) as decimal(38, 12)) as usd
from actuals group by all order by all
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Source:
    """One file that was imported, and the days that it covers."""

    source: str
    file: str
    first_day: date
    last_day: date
    usd: Usd | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Group:
    """The sums of one model, day, provider, tag or team.

    Attributes:
        list_usd: Of a model: its tokens at the catalog's prices of today; None when a price or a count is unknown.
        projected_usd: Of a model: what its own lines were projected to cost in the days of the months shown; None when
            it is no part of the option. Of several names of one model the dearest has it.
    """

    name: str
    total: Total
    list_usd: Usd | None = None
    projected_usd: Usd | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Actuals:
    """A project's actual spending.

    Attributes:
        option: The option whose projection is held against; None when there is none.
        no_projection: Why there is none, in words; empty when there is one.
        month_one: The month that is taken for the first of the projection.
        groups: The sums by what was asked for, the dearest first (days in their order).
        unmapped: Models that the catalog has no card for.
    """

    option: str | None
    no_projection: str
    month_one: str
    months: tuple[ActualMonth, ...]
    by: By | None
    groups: tuple[Group, ...]
    unmapped: tuple[str, ...]
    sources: tuple[Source, ...]


def actuals(
    view: View,
    database: Database,
    *,
    month: str | None = None,
    by: By | None = None,
    option: str | None = None,
    month_one: str | None = None,
) -> Actuals:
    """Projection against actual.

    Args:
        view: The project.
        database: Over its folder.
        month: This month alone, such as 2026-10.
        by: Also the sums of each model, day, provider, tag or team.
        option: Whose projection; the chosen model's, or the only one's, when None.
        month_one: The first month of the projection; the launch, or else the first of the actuals, when None.

    Raises:
        NotFound: Nothing was imported, or nothing in that month; there is no such option.
        InvalidInput: A summary cannot be read.
    """
    rows = _rows(database, tags=by in {"tag", "team"})
    launch = view.document.cost.launch
    first = month_one or month_of(launch or rows[0].day)
    found = projected(view, option, first)
    months = _only(month, actual_months(rows, found.months, budget_usd=_budget(view), today=view.today))
    shown_rows = [row for row in rows if month is None or month_of(row.day) == month]
    return Actuals(
        option=found.option,
        no_projection=found.why_none,
        month_one=first,
        months=months,
        by=by,
        groups=_groups(shown_rows, by, view.catalog, found.of_models(months)) if by else (),
        unmapped=_unmapped(shown_rows, view.catalog),
        sources=_sources(database),
    )


def _only(month: str | None, months: tuple[ActualMonth, ...]) -> tuple[ActualMonth, ...]:
    kept = tuple(one for one in months if month is None or one.month == month)
    if not kept:
        known = listed(one.month for one in months)
        raise NotFound(f"there are no actual costs of {month}", fix=f"There are: {known}.")
    return kept


def _rows(database: Database, *, tags: bool) -> list[DayRow]:
    columns = "tag, team" if tags else "null as tag, null as team"
    rows = [DayRow(**row) for row in database.query(_ROWS.format(tags=columns))]
    if not rows:
        raise NotFound(
            "this project has no actual costs",
            fix="Import a spend log or a bill: maquette cost actuals import FILE.",
        )
    return rows


def _sources(database: Database) -> tuple[Source, ...]:
    rows = database.query(
        "select source, file, min(day) as first_day, max(day) as last_day, cast(sum(usd) as decimal(38, 12)) as usd"
        " from actuals group by source, file order by first_day, source, file"
    )
    return tuple(Source(**row) for row in rows)


def _budget(view: View) -> Usd | None:
    budget = view.facts.get("budget.monthly_usd")
    if isinstance(budget, bool) or not isinstance(budget, int | float | Decimal):
        return None
    return Decimal(str(budget))


def _groups(rows: Sequence[DayRow], by: By, catalog: Catalog, projected_usd: Mapping[str, Usd]) -> tuple[Group, ...]:
    keys: dict[By, Callable[[DayRow], str]] = {
        "model": lambda row: row.model or "(not named)",
        "day": lambda row: row.day.isoformat(),
        "provider": lambda row: row.provider or "(not named)",
        "tag": lambda row: row.tag or "(none)",
        "team": lambda row: row.team or "(none)",
    }
    providers = {keys[by](row): row.provider for row in rows}
    found = [
        Group(
            name=name,
            total=one,
            list_usd=at_list_price(card_of(name, providers[name], catalog), one) if by == "model" else None,
        )
        for name, one in totals_by(rows, keys[by]).items()
    ]
    if by == "day":
        return tuple(sorted(found, key=lambda one: one.name))
    found.sort(key=lambda one: (-(one.total.usd or Decimal(0)), one.name))
    return _beside_projected(found, projected_usd) if by == "model" else tuple(found)


def _beside_projected(groups: Sequence[Group], projected_usd: Mapping[str, Usd]) -> tuple[Group, ...]:
    left = {plain_model(card): usd for card, usd in projected_usd.items()}
    return tuple(replace(one, projected_usd=left.pop(plain_model(one.name), None)) for one in groups)


def _unmapped(rows: Sequence[DayRow], catalog: Catalog) -> tuple[str, ...]:
    """Models without a card, whatever the route and the date in their names."""
    known = {plain_model(card) for card in catalog.cards}
    models = dict.fromkeys(row.model for row in rows)
    return tuple(name for name in models if name not in catalog.cards and plain_model(name) not in known)


def month_named(text: str) -> str:
    """A month such as 2026-10.

    Raises:
        InvalidInput: It is none.
    """
    try:
        return month_of(date.fromisoformat(f"{text}-01"))
    except ValueError as error:
        raise InvalidInput(
            f"{shown(text)} is not a month", place=Place(field="--month"), fix="Give one such as 2026-10."
        ) from error

"""The tables of a project that are not files of their own: answers, prices and cost lines, for queries."""

import re
from collections.abc import Callable, Mapping

from maquette.analytics import ANSWER_COLUMNS, FILE_VIEWS, MONEY, Database, ViewAbout
from maquette.cost.projecting import load_cost_lines
from maquette.cost.tables import load_cost_months
from maquette.foundation.problems import NotFound
from maquette.project.actual_rows import against_row
from maquette.project.view import View

_PRICES = {"model": "VARCHAR", "provider": "VARCHAR", "key": "VARCHAR", "usd_per_unit": MONEY, "source": "VARCHAR"}

_ANSWERS_ABOUT = ViewAbout(
    name="answers",
    about="One row a fact of the requirements that is known.",
    columns={
        "fact": "Its dotted name.",
        "value": "Its value as text.",
        "kind": "answer, default, or derived from others.",
    },
)
_PRICES_ABOUT = ViewAbout(
    name="prices",
    about="One row a price of a chosen model.",
    columns={
        "model": "The model, by its id in the catalog.",
        "provider": "Who serves it.",
        "key": "What is priced, such as input tokens.",
        "usd_per_unit": "Dollars for one of it.",
        "source": "Where the price was read, and when.",
    },
)
_AMOUNT = "Dollars of that month"
_COST_LINES_ABOUT = ViewAbout(
    name="cost_lines",
    about="One row a line of one month of one option, as maquette cost --lines has it.",
    columns={
        "option": "What is compared.",
        "month": "From 1.",
        "name": "What is paid for.",
        "quantity_low": "How much of it, at least.",
        "quantity_base": "How much of it.",
        "quantity_high": "How much of it, at most.",
        "unit": "In what it is counted.",
        "usd_per_unit": "Dollars for one.",
        "amount_low_usd": f"{_AMOUNT}, at least.",
        "amount_base_usd": f"{_AMOUNT}.",
        "amount_high_usd": f"{_AMOUNT}, at most.",
        "price_key": "The price that was taken.",
        "source": "Where that price was read, and when.",
        "line_group": "What it pays for: API, hosting, retrieval and so on.",
    },
)
_COST_MONTHS_ABOUT = ViewAbout(
    name="cost_months",
    about="One row a month of an option and what it pays for: cost_lines added up.",
    columns={
        "option": "What is compared.",
        "month": "From 1.",
        "line_group": "What it pays for: API, hosting, retrieval and so on.",
        "amount_low_usd": f"{_AMOUNT}, at least.",
        "amount_base_usd": f"{_AMOUNT}.",
        "amount_high_usd": f"{_AMOUNT}, at most.",
    },
)
_AGAINST = {
    "month": "VARCHAR",
    "option": "VARCHAR",
    "days": "INTEGER",
    "days_in_month": "INTEGER",
    "requests": "BIGINT",
    "actual_usd": MONEY,
    "usd_per_request": MONEY,
    "projected_low_usd": MONEY,
    "projected_usd": MONEY,
    "projected_high_usd": MONEY,
    "drift_usd": MONEY,
    "drift_share": MONEY,
    "forecast_usd": MONEY,
    "budget_usd": MONEY,
    "status": "VARCHAR",
}
_AGAINST_ABOUT = ViewAbout(
    name="cost_actual_vs_projected",
    about="One row a month with actual costs, beside the projection, as maquette cost actuals has it.",
    columns={
        "month": "The month in UTC, as 2026-10.",
        "option": "Whose projection; NULL where no option is meant.",
        "days": "Days that the actual costs cover.",
        "days_in_month": "Days of the calendar month.",
        "requests": "Calls that were answered; NULL when no source counts them.",
        "actual_usd": "What was charged.",
        "usd_per_request": "What was charged for one request; NULL without requests.",
        "projected_low_usd": "The projection of these days, at least.",
        "projected_usd": "The projection of these days.",
        "projected_high_usd": "The projection of these days, at most.",
        "drift_usd": "Actual less projected.",
        "drift_share": "The same as a fraction of the projected.",
        "forecast_usd": "The month at its end; NULL where it is over.",
        "budget_usd": "For a month; NULL without one.",
        "status": "on target, above projection, below projection, not projected, or no dollars.",
    },
)
_OWN = (_ANSWERS_ABOUT, _PRICES_ABOUT, _COST_LINES_ABOUT, _COST_MONTHS_ABOUT, _AGAINST_ABOUT)
PROJECT_VIEWS: Mapping[str, ViewAbout] = {
    **FILE_VIEWS,
    **{
        view.name: view
        for view in (_ANSWERS_ABOUT, _PRICES_ABOUT, _COST_LINES_ABOUT, _COST_MONTHS_ABOUT, _AGAINST_ABOUT)
    },
}
"""All that a query can read, by name."""


def load_views(database: Database, view: View, query: str | None = None) -> None:
    """Fill ``answers``, ``prices`` (of the chosen models) and the views of costs.

    With a ``query``, only those that it may read: a projection counts the newest run, which may be long.
    """
    wanted = set(PROJECT_VIEWS) if query is None else _named_in(query)
    loads: Mapping[str, Callable[[Database, View], None]] = {
        "answers": _load_answers,
        "prices": _load_prices,
        "cost_lines": _load_cost_lines,
        "cost_months": _load_cost_months,
        "cost_actual_vs_projected": _load_against,
    }
    for name, load in loads.items():
        if name in wanted:
            load(database, view)


def _named_in(query: str) -> set[str]:
    """The views whose names are words of the query; all where none is, as in one that asks for the list."""
    words = set(re.findall(r"\w+", query.lower()))
    return words & set(PROJECT_VIEWS) or set(PROJECT_VIEWS)


def _load_answers(database: Database, view: View) -> None:
    assumed = {taken.question.id for taken in view.assumptions}
    answers = [
        {"fact": name, "value": str(value), "kind": _kind(name, assumed)} for name, value in sorted(view.facts.items())
    ]
    database.load("answers", answers, ANSWER_COLUMNS)


def _load_prices(database: Database, view: View) -> None:
    prices = [
        {"model": card.id, "provider": card.provider, "key": key, "usd_per_unit": price, "source": str(card.source)}
        for card in (view.catalog.cards.get(model) for model in view.document.chosen)
        if card is not None and card.price is not None
        for key, price in card.price.usd_per_unit.items()
    ]
    database.load("prices", prices, _PRICES)


def _load_cost_lines(database: Database, view: View) -> None:
    load_cost_lines(database, view.projection if view.cost_options else None)


def _load_cost_months(database: Database, view: View) -> None:
    load_cost_months(database, view.projection if view.cost_options else None)


def _load_against(database: Database, view: View) -> None:
    from maquette.project.actuals import actuals

    try:
        found = actuals(view, database)
    except NotFound:
        database.load("cost_actual_vs_projected", [], _AGAINST)
        return
    rows = [against_row(found.option, month) for month in found.months]
    database.load("cost_actual_vs_projected", rows, _AGAINST)


def _kind(name: str, assumed: set[str]) -> str:
    if name.startswith("derived."):
        return "derived"
    return "default" if name in assumed else "answer"

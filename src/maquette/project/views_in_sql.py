"""The tables of a project that are not files of their own: answers, prices and cost lines, for queries."""

from maquette.analytics import ANSWER_COLUMNS, MONEY, Database
from maquette.cost.projecting import load_cost_lines
from maquette.project.view import View

_PRICES = {"model": "VARCHAR", "provider": "VARCHAR", "key": "VARCHAR", "usd_per_unit": MONEY, "source": "VARCHAR"}


def load_views(database: Database, view: View) -> None:
    """Fill ``answers``, ``prices`` (of the chosen models) and ``cost_lines``."""
    assumed = {taken.question.id for taken in view.assumptions}
    answers = [
        {"fact": name, "value": str(value), "kind": _kind(name, assumed)} for name, value in sorted(view.facts.items())
    ]
    database.load("answers", answers, ANSWER_COLUMNS)
    prices = [
        {"model": card.id, "provider": card.provider, "key": key, "usd_per_unit": price, "source": str(card.source)}
        for card in (view.catalog.cards.get(model) for model in view.document.chosen)
        if card is not None and card.price is not None
        for key, price in card.price.usd_per_unit.items()
    ]
    database.load("prices", prices, _PRICES)
    if view.cost_options:
        load_cost_lines(database, view.projection)


def _kind(name: str, assumed: set[str]) -> str:
    if name.startswith("derived."):
        return "derived"
    return "default" if name in assumed else "answer"

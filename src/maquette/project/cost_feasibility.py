"""Whether a project's volume, latency and budget can hold together, with any model that takes its kinds of input."""

from decimal import Decimal
from typing import TYPE_CHECKING

from maquette.catalog.cards import Mode, ModelCard
from maquette.catalog.checks import Needs
from maquette.catalog.filters import modalities
from maquette.catalog.prices import PriceTable
from maquette.cost.feasibility import Feasibility, check_feasibility

LEAST_PRICE = Decimal("5e-9")
"""Dollars for a token of input, below which a price list holds a placeholder: the cheapest models take twice that."""

if TYPE_CHECKING:
    from collections.abc import Iterator

    from maquette.project.view import View


def feasibility(view: "View") -> Feasibility:
    """The findings; chosen models and their evaluation count where there are some.

    Raises:
        InvalidInput: A fact is not a number, is negative, or makes the volume absurd.
    """
    run = view.current_run
    return check_feasibility(
        view.facts,
        _cards(view),
        projection=view.projection if view.cost_options else None,
        results=run.results if run else (),
    )


def _cards(view: "View") -> "Iterator[ModelCard]":
    """Models that write text, are not retired, and are known to take what the requirements put in."""
    needs = Needs.of(view.facts, view.today)
    wanted, length = modalities(needs).values(), needs.tokens("tokens.input_avg") or 0
    for card in view.catalog.cards.values():
        retired = card.retires_on is not None and card.retires_on < view.today
        if card.mode is not Mode.CHAT or retired or not all(card.can(kind) for kind in wanted):
            continue
        if card.price is not None and (card.context_tok or 0) > length and _is_a_price(card.price):
            yield card


def _is_a_price(price: PriceTable) -> bool:
    return price.usd_per_unit.get("input_cost_per_token", LEAST_PRICE) >= LEAST_PRICE

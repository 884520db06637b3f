"""Figures of a project beside the limits that operation sets: budget, failures that are allowed, a model's last day."""

from collections.abc import Iterator

from maquette.catalog.cards import Hosting
from maquette.decision.effect_values import Change, Known, Slot, first_month
from maquette.foundation.sources import Source, SourceKind
from maquette.foundation.units import readable_count
from maquette.rules.effect import Axis

WINDOW_DAYS = 30
"""Over which the objective is held: `bundle.documents.slo`."""

COUNTED_BELOW_H = 100
"""Requests an hour below which rule R-OBS-02 has failures counted: a rate of so few says nothing."""


def budget_share(slot: Slot, known: Known) -> Iterator[Change]:
    """How much of the hard limit the first month takes."""
    budget, model = known.number("budget.monthly_usd"), known.in_question
    month = next((first_month(one) for one in known.priced if one.option == model), None)
    if slot != ("budget_limits", True) or not budget or month is None:
        return
    source = Source(kind=SourceKind.ESTIMATED, ref=f"cost of {model}, first month / budget.monthly_usd")
    text = f"the first month of {model} takes {month / budget * 100:.0f} % of the limit"
    yield Change(axis=Axis.COST, direction=None, text=text, source=source)


def failures_allowed(slot: Slot, known: Known) -> Iterator[Change]:
    """The failures in 30 days that the target allows, as objectives have it; where requests are few, they are counted.

    Requests an hour are those of the hours that carry traffic.
    """
    target, daily = known.number("availability.target"), known.number("scale.requests_per_day")
    if slot != ("alerts", "burn_rate") or target is None or not daily:
        return
    allowed = readable_count((daily * WINDOW_DAYS * (1 - target)).to_integral_value())
    formula = f"scale.requests_per_day x {WINDOW_DAYS} x (1 - availability.target)"
    text = f"the target allows {allowed} failed requests in {WINDOW_DAYS} days"
    hourly = daily / (known.number("scale.active_hours") or 24)
    if hourly < COUNTED_BELOW_H:
        text = f"{text}; at {readable_count(hourly.to_integral_value())} an hour they are counted, not rated"
    source = Source(kind=SourceKind.ESTIMATED, ref=formula)
    yield Change(axis=Axis.AVAILABILITY, direction=None, text=text, source=source)


def retirement(slot: Slot, known: Known) -> Iterator[Change]:
    """The last day of the model in question, or that there is none."""
    name = known.model or known.in_question
    card = known.cards.get(name) if name is not None else None
    if slot != ("migration_plan", True) or card is None:
        return
    if card.hosting is not Hosting.API:
        text = f"the weights of {name} have no last day"
    elif card.retires_on is None:
        text = f"no last day of {name} is announced"
    else:
        text = f"{name} ends on {card.retires_on.isoformat()}"
    source = Source(kind=SourceKind.CLAIMED, ref=f"catalog, {card.id}")
    yield Change(axis=Axis.AVAILABILITY, direction=None, text=text, source=source)

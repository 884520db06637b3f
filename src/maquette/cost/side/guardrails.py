"""Guardrails: what filters each request and each answer, by units of text or by a model's tokens."""

from decimal import ROUND_CEILING, Decimal
from typing import Literal, TypeAlias

from maquette.catalog.cards import ModelCard
from maquette.catalog.services import Service, ServiceKind
from maquette.cost.projection import ByCase
from maquette.cost.side.basis import (
    CHARACTERS_PER_TOK,
    INPUT_PRICE,
    OUTPUT_PRICE,
    Draft,
    Price,
    SideBasis,
    band,
    card_price,
    service_price,
)
from maquette.cost.side_lines import LineGroup, SideCosts
from maquette.cost.side_settings import NONE
from maquette.foundation.units import readable_usd

Side: TypeAlias = Literal["input", "output"]
_SIDES: tuple[tuple[Side, str], ...] = (("input", "requests"), ("output", "answers"))
_VERDICT = band("2", "5", "20")
"""Tokens of a guard model's verdict: a word, and perhaps the categories."""


def guardrail_costs(basis: SideBasis) -> SideCosts:
    """The lines of the guardrails that the design has; none for a side that nobody filters.

    What filters decides what it costs, from nothing (a provider's own moderation) to more than the model. While nobody
    names it, it is left out, and what the usual service would take is told.
    """
    draft = Draft(LineGroup.GUARDRAILS)
    for side, what in _SIDES:
        named = _named(basis, side)
        if named != NONE and (named is not None or _filtered(basis, side)):
            _guard(basis, side, what, named, draft)
    return draft.costs()


def _named(basis: SideBasis, side: Side) -> str | None:
    said = basis.settings.guardrails
    return None if said is None else getattr(said, side)


def _filtered(basis: SideBasis, side: Side) -> bool:
    """Whether the design under review or the rules filter that side; what the user states of a design goes first."""
    stated = basis.facts.get(f"design.guardrail_{side}")
    return stated if isinstance(stated, bool) else basis.slots.get("guardrails") in ("both", side)


def _guard(basis: SideBasis, side: Side, what: str, named: str | None, draft: Draft) -> None:
    tokens = _tokens(basis, side)
    service = basis.service(ServiceKind.GUARDRAIL, named)
    card = basis.cards.get(named) if named is not None and service is None else None
    if tokens is None:
        fact = f"tokens.{side}_avg"
        draft.leave_out(f"guarding {what}: nobody says how long they are ({fact})")
    elif card is not None and (price := card_price(card, INPUT_PRICE)) is not None:
        _by_tokens(card, price, tokens, what, draft)
    elif service is not None and (unit := _unit_price(service, basis)) is not None:
        units = _units(service, tokens)
        if named is None:
            most = f"{service.id} would take {readable_usd(units.base * unit.usd)} for each"
            known = f"cost.guardrails.{side}: {basis.known(ServiceKind.GUARDRAIL)}, a model, or none"
            draft.leave_out(f"guarding {what}: nobody names what filters them; {most} ({known})")
            return
        ref = f"units of {service.unit_characters} characters, 4 characters a token; the last one is started, not full"
        draft.line(f"guard {what}", unit="text unit", price=unit, per_request=units, ref=ref)
    else:
        why = "nobody names one that may be used" if named is None else f"the catalog has no price of {named}"
        draft.leave_out(f"guarding {what}: {why} (cost.guardrails.{side}: {basis.known(ServiceKind.GUARDRAIL)})")


def _unit_price(service: Service, basis: SideBasis) -> Price | None:
    if service.usd_per_unit is not None:
        return service_price(service, "usd_per_unit", service.usd_per_unit)
    card = basis.cards.get(service.card or "")
    return card_price(card, service.price_key or "") if card else None


def _tokens(basis: SideBasis, side: Side) -> ByCase | None:
    """Tokens that are looked at: of a request without what all of them share in the cheap case, of an answer all."""
    average = basis.number(f"tokens.{side}_avg")
    if average is None:
        return None
    if side == "input":
        shared = min(basis.number("tokens.shared_prefix") or Decimal(0), average)
        return ByCase(low=average - shared, base=average, high=average)
    longest = basis.number("tokens.output_max")
    high = average if longest is None else max(average, (average + longest) / 2)
    return ByCase(low=average, base=average, high=high)


def _units(service: Service, tokens: ByCase) -> ByCase:
    """Started units of text. Where a text has x units on average, x are started at least and x + 1 at most."""
    size = Decimal(service.unit_characters or 1)
    low, base, high = (one * CHARACTERS_PER_TOK / size for one in (tokens.low, tokens.base, tokens.high))
    started = max(base.to_integral_value(ROUND_CEILING), Decimal(1))
    return ByCase(low=max(low, Decimal(1)), base=started, high=high + 1)


def _by_tokens(card: ModelCard, price: Price, tokens: ByCase, what: str, draft: Draft) -> None:
    draft.line(f"guard {what}", unit="input token", price=price, per_request=tokens, ref=f"{card.id} reads them")
    verdict = card_price(card, OUTPUT_PRICE)
    if verdict is not None and verdict.usd:
        length = draft.assume(f"tokens of a verdict on {what}", _VERDICT, "nobody measured it")
        name = f"guard {what}, verdict"
        draft.line(name, unit="output token", price=verdict, per_request=length, ref=f"{card.id} says its verdict")

"""Sentences that the decision computed, each with a mark that leads to what it was computed from.

The decision's words stay whole; the mark behind them is that of the run, of the option on the bill, or of the catalog.
"""

from dataclasses import replace

from maquette.bundle.documents.seen import Seen
from maquette.bundle.figures import Figure, Sentence, figure
from maquette.catalog.cards import ModelCard
from maquette.decision.decision import Decision
from maquette.foundation.sources import Source, SourceKind

_OF_THE_BUDGET = "the budget of "
_OF_THE_BILL = (_OF_THE_BUDGET, "$", "€", "unpriced: ")
"""What only sentences about money hold: see `decision.sentences`."""
_OF_THE_CATALOG = ("retires on ", "excluded from the shortlist ", "unverified: ")
"""How sentences begin that a catalog entry is the ground of: see `decision.weighing`."""


def turning(text: str, seen: Seen) -> Sentence:
    """What would turn the decision: arithmetic over the bill of the model in question, or over the run."""
    decision, projection, run = seen.inputs.decision, seen.inputs.projection, seen.inputs.run
    subject = _subject(decision)
    cost = projection.option(subject) if projection is not None and subject else None
    if cost is not None and (text in cost.flip or _OF_THE_BUDGET in text):
        return [figure(text, _computed(f"cost of {cost.option}, computed again at the other value"))]
    if run is not None:
        return [figure(text, _computed(f"run {run.id}, its scores and times against the limits"))]
    return [text]


def argued(text: str, model: str, seen: Seen) -> Sentence:
    """What speaks for or against a model: said by its catalog entry, on its bill, or measured in the run."""
    projection, run, decision = seen.inputs.projection, seen.inputs.run, seen.inputs.decision
    known = decision is not None and model in {one.model for one in decision.options}
    if not known or not any(map(str.isdigit, text)):
        return [text]
    source = _entry(text, model, seen)
    if source is not None:
        return [figure(text, source)]
    if projection is not None and any(words in text for words in _OF_THE_BILL):
        return [figure(text, _computed(f"cost of {model}, first month"))]
    scored = run is not None and run.result(model) is not None
    return [figure(text, Source(kind=SourceKind.MEASURED, ref=f"run {run.id}"))] if run and scored else [text]


def reasoned(text: str, seen: Seen) -> Sentence:
    """A reason of a record: one that the decision computed says with a mark what the record says in brackets."""
    decision = seen.inputs.decision
    for one in decision.reasons if decision else ():
        if text == f"{one.text} [{one.source}]":
            billed = one.source.ref.startswith("cost projection") and _subject(decision)
            ref = f"cost of {billed}, {one.source.ref}" if billed else one.source.ref
            return [figure(one.text, replace(one.source, ref=ref))]
    return [text]


def overturned(text: str, rule: str | None, seen: Seen) -> Sentence:
    """A line of what would overturn a record: a rule's own word leads to the rule."""
    return turning(text, seen) if rule is None else [f"{text} ", by_rule(rule)]


def by_rule(name: str) -> Figure:
    """A rule's id with the link to where it stands."""
    return figure(f"({name})", Source(kind=SourceKind.CLAIMED, ref=f"rule {name}"))


def card_source(card: ModelCard, field: str) -> Source:
    """Where a value of a catalog entry comes from."""
    return card.sources.get(field, card.source)


def _subject(decision: Decision | None) -> str | None:
    if decision is None:
        return None
    return decision.choice.model if decision.choice else decision.recommended


def _entry(text: str, model: str, seen: Seen) -> Source | None:
    """The source of the model's catalog entry where it is what the text tells; None of every other text."""
    cards = [role.card for role in seen.roles if role.model == model and role.card is not None]
    cautions: tuple[str, ...] = ()
    shortlist = seen.inputs.shortlist
    candidate = shortlist.candidate(model) if shortlist is not None else None
    exclusion = shortlist.exclusion(model) if shortlist is not None else None
    if candidate is not None:
        cards.append(candidate.card)
        cautions = tuple(candidate.cautions)
    if exclusion is not None:
        cards.append(exclusion.card)
    told = text in cautions or text.startswith(_OF_THE_CATALOG)
    return cards[0].source if cards and told else None


def _computed(formula: str) -> Source:
    return Source(kind=SourceKind.ESTIMATED, ref=formula)

"""Cost with something changed: what-if, draws and flips of a project's view. The project itself is never touched."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING

from maquette.catalog.cards import ModelCard
from maquette.cost.crossings import Crossing, find_crossings
from maquette.cost.difference import Difference, explain_difference, plain_by_option
from maquette.cost.drawing import DRAWS, SEED, draw_costs
from maquette.cost.drawn import Drawn
from maquette.cost.inputs import CostInputs
from maquette.cost.options import CostOption
from maquette.cost.projection import ByCase, CostProjection
from maquette.cost.streams import Route
from maquette.cost.uncertain import VOLUME_WITHIN
from maquette.cost.workload import level
from maquette.foundation.expression import Facts, FactValue
from maquette.foundation.problems import InvalidInput, NotFound, Place
from maquette.foundation.units import readable_count
from maquette.foundation.wording import listed, shown, suggestion
from maquette.project.ensembles import FEWEST_VOTES, ensemble_option
from maquette.project.side_costs import with_facts
from maquette.requirements.answers import Requirements, assumptions, known_facts
from maquette.requirements.checking import check_answer
from maquette.requirements.questions import QuestionBook
from maquette.requirements.text_answers import from_text

if TYPE_CHECKING:
    from maquette.project.view import View


@dataclass(frozen=True, kw_only=True, slots=True)
class WhatIf:
    """A projection with some answers changed, beside today's.

    Attributes:
        changes: Question id to the answer tried; None takes the answer back, "unknown" is an answer.
        differences: An option each that is priced on both sides, in the order of the new projection.
        inputs: What the new projection is computed from.
    """

    changes: Mapping[str, object]
    before: CostProjection
    projection: CostProjection
    differences: tuple[Difference, ...]
    inputs: CostInputs


def what_if(view: "View", book: QuestionBook, changes: Mapping[str, object]) -> WhatIf:
    """The projection with ``changes``; texts are read as a person types them.

    Raises:
        InvalidInput: An id or a value is wrong, or nothing can be projected with it.
    """
    raw = {name: _raw(name, value, book) for name, value in changes.items()}
    requirements = _changed(view.document.requirements, book, raw)
    changed = replace(
        view.cost_inputs,
        facts=view.adoption.over(known_facts(requirements, book)),
        defaulted=frozenset(taken.question.id for taken in assumptions(requirements, book)),
    )
    inputs = with_facts(view, changed)
    before, after = view.projection, inputs.projection()
    return WhatIf(changes=raw, before=before, projection=after, differences=differences(before, after), inputs=inputs)


def differences(before: CostProjection, after: CostProjection) -> tuple[Difference, ...]:
    """Line by line, for each option that is priced in both."""
    was = {option.option for option in before.options if option.total_usd is not None}
    both = [option.option for option in after.options if option.total_usd is not None and option.option in was]
    old, new = plain_by_option(before.lines), plain_by_option(after.lines)
    return tuple(explain_difference(name, old.get(name, ()), name, new.get(name, ())) for name in both)


def drawn_costs(
    inputs: CostInputs, *, count: int = DRAWS, seed: int = SEED, volume_within: Decimal = VOLUME_WITHIN
) -> Drawn:
    """The draws of a projection's inputs; arguments and problems as `draw_costs`."""
    return draw_costs(
        facts=inputs.facts,
        options=inputs.options,
        defaulted=inputs.defaulted,
        count=count,
        seed=seed,
        volume_within=volume_within,
        side=inputs.side,
        calendar=inputs.calendar,
    )


def with_cascade(view: "View", inputs: CostInputs, *, small: str, large: str, share: Decimal | None) -> CostInputs:
    """``inputs`` with one option more: ``small`` answers everything, ``large`` a share of it again.

    Args:
        view: The project.
        inputs: What is projected so far.
        small: An option of the project.
        large: A model of the catalog with a price.
        share: What is escalated; None takes 1 - traffic.easy_share. Half to twice of it is taken to be possible.

    Raises:
        NotFound: There is no such option or model, or nobody says which share is escalated.
        InvalidInput: The share is not between 0 and 1.
    """
    own = next((option for option in inputs.options if option.name == small), None)
    if own is None:
        fix = f"There are {listed(option.name for option in inputs.options)}."
        raise NotFound(f"{shown(small)} is not among the options", fix=fix)
    card = _card(view, large)
    escalated = _escalated(view.facts, share)
    option = replace(
        own,
        name=f"{small}, else {large}",
        escalates_to=card,
        escalation=ByCase(low=escalated / 2, base=escalated, high=min(Decimal(1), 2 * escalated)),
    )
    return replace(inputs, options=(*inputs.options, option))


def with_mix(view: "View", inputs: CostInputs, shares: Mapping[str, Decimal]) -> CostInputs:
    """``inputs`` with one option more, in which each of several models answers a share of the requests.

    The first model that is an option of the project is measured there and keeps that; the others are taken from the
    catalog at their prices.

    Args:
        view: The project.
        inputs: What is projected so far.
        shares: Model to share; together exactly 1.

    Raises:
        NotFound: There is no such model.
        InvalidInput: A share is not between 0 and 1, fewer than two models are named, or they do not add up to 1.
    """
    fix = "Write it like gpt-6.1-sol=0.6,claude-opus-5-5=0.1,gpt-6-luna=0.3; the shares add up to 1."
    wrong = next((f"a share of {share} for {name}" for name, share in shares.items() if not _is_share(share)), None)
    if wrong is None and (len(shares) < 2 or sum(shares.values()) != 1):
        wrong = f"{len(shares)} models with shares of {sum(shares.values())} together"
    if wrong is not None:
        raise InvalidInput(wrong, place=Place(field="--mix"), fix=fix)
    named = {option.name: option for option in inputs.options}
    cards = {name: named[name].card if name in named else _card(view, name) for name in shares}
    first = next((name for name in shares if name in named and _by_request(named[name])), next(iter(shares)))
    own = named.get(first)
    if own is None or not _by_request(own):
        own = CostOption(name=first, card=cards[first], encoder_first=any(one.encoder_first for one in inputs.options))
    routes = tuple(
        Route(name=name, card=cards[name], share=level(share)) for name, share in shares.items() if name != first
    )
    label = " + ".join(f"{readable_count(share * 100)} % {name}" for name, share in shares.items())
    return replace(inputs, options=(*inputs.options, replace(own, name=label, routes=routes, second=None)))


def with_ensemble(view: "View", inputs: CostInputs, models: Sequence[str], judge: str | None) -> CostInputs:
    """``inputs`` with one option more, in which every model answers each request, and ``judge`` decides.

    Args:
        view: The project.
        inputs: What is projected so far.
        models: Two at least; a model may be named several times. The first one that is an option of the project is
            measured there; the others are taken from the catalog at their prices.
        judge: A model of the catalog; None where the votes are counted.

    Raises:
        NotFound: There is no such model.
        InvalidInput: Fewer than two votes.
    """
    if len(models) < FEWEST_VOTES:
        fix = "Name two models at least, or one several times: gpt-6.1-sol,gpt-6.1-sol,claude-opus-5-5."
        raise InvalidInput(f"an ensemble of {len(models)} votes", place=Place(field="--ensemble"), fix=fix)
    named = {option.name: option for option in inputs.options if _by_request(option)}
    asked = [*models, *([judge] if judge is not None else [])]
    cards = {name: named[name].card if name in named else _card(view, name) for name in asked}
    return replace(inputs, options=(*inputs.options, ensemble_option(named, cards, models, judge)))


def _by_request(option: CostOption) -> bool:
    """Whether it is paid by the request and answers all of them."""
    by_hour = option.host_usd_per_hour is not None or option.provisioned is not None
    return not by_hour and option.escalates_to is None and option.ensemble is None and not option.routes


def _is_share(share: Decimal) -> bool:
    return share.is_finite() and 0 <= share <= 1


def _card(view: "View", name: str) -> ModelCard:
    if name not in view.catalog.cards:
        fix = suggestion(name, list(view.catalog.cards)) or "maquette shortlist shows the models."
        raise NotFound(f"{shown(name)} is not in the catalog", fix=fix)
    return view.catalog.cards[name]


def _escalated(facts: Facts, share: Decimal | None) -> Decimal:
    easy = facts.get("traffic.easy_share")
    if share is None and isinstance(easy, int | float):
        share = 1 - Decimal(str(easy))
    if share is None:
        raise NotFound("nobody says which share is escalated", fix="Write it behind the models: SMALL,LARGE=0.12.")
    if not _is_share(share):
        raise InvalidInput(f"a share of {share}", place=Place(field="--cascade"), fix="Give a fraction from 0 to 1.")
    return share


def option_to_check(view: "View", name: str | None) -> str:
    """``name``, or the option that was decided for, or the cheapest that has a price.

    Raises:
        NotFound: The option is not there, or none has a price.
    """
    options = view.projection.options
    names = [option.option for option in options]
    if name is not None and name not in names:
        raise NotFound(f"{shown(name)} is not among the options", fix=f"There are {listed(names)}.")
    choice = view.document.choice
    if name is None and choice is not None and choice.model in names:
        return choice.model
    found = name or next((option.option for option in options if option.total_usd is not None), None)
    if found is None:
        why = "; ".join(dict.fromkeys(reason for option in options for reason in option.unpriced))
        raise NotFound("no option has a price", fix=f"{why}." if why else "Choose models: maquette shortlist.")
    return found


def crossings(view: "View", book: QuestionBook) -> tuple[Crossing, ...]:
    """The nearest flips of each input, solved on the exact projection."""
    asked = view.document.requirements

    def settle(changes: Mapping[str, FactValue]) -> Facts:
        answers = {**asked.answers, **changes}
        facts = known_facts(replace(asked, answers=answers, unknown=asked.unknown - changes.keys()), book)
        return view.adoption.over(facts)

    key = ("crossings", view.cost_basis, asked.fingerprint)
    return view.once(key, lambda: find_crossings(view.cost_inputs, settle))


def _raw(name: str, value: object, book: QuestionBook) -> object:
    question = book.questions.get(name)
    if question is None:
        raise InvalidInput(
            f"{name!r} is no question",
            place=Place(field=name),
            fix=suggestion(name, list(book.questions)) or "maquette.yaml shows the names.",
        )
    return from_text(question, value) if isinstance(value, str) else value


def _changed(asked: Requirements, book: QuestionBook, changes: Mapping[str, object]) -> Requirements:
    answers, unknown = dict(asked.answers), set(asked.unknown)
    for name, value in changes.items():
        answers.pop(name, None)
        unknown.discard(name)
        if value is None:
            continue
        answer = check_answer(book.questions[name], value, place=Place(field=name))
        if answer is None:
            unknown.add(name)
        else:
            answers[name] = answer
    return replace(asked, answers=answers, unknown=frozenset(unknown))

"""Cost with something changed: what-if, draws and flips of a project's view. The project itself is never touched."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING

from maquette.cost.crossings import Crossing, find_crossings
from maquette.cost.difference import Difference, explain_difference, plain_lines
from maquette.cost.drawing import DRAWS, SEED, draw_costs
from maquette.cost.drawn import Drawn
from maquette.cost.inputs import CostInputs
from maquette.cost.projection import ByCase, CostProjection
from maquette.cost.uncertain import VOLUME_WITHIN
from maquette.foundation.expression import Facts, FactValue
from maquette.foundation.problems import InvalidInput, NotFound, Place
from maquette.foundation.wording import listed, shown, suggestion
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
    inputs = replace(
        view.cost_inputs,
        facts=known_facts(requirements, book),
        defaulted=frozenset(taken.question.id for taken in assumptions(requirements, book)),
    )
    before, after = view.projection, inputs.projection()
    return WhatIf(changes=raw, before=before, projection=after, differences=differences(before, after), inputs=inputs)


def differences(before: CostProjection, after: CostProjection) -> tuple[Difference, ...]:
    """Line by line, for each option that is priced in both."""
    was = {option.option for option in before.options if option.total_usd is not None}
    both = [option.option for option in after.options if option.total_usd is not None and option.option in was]
    return tuple(
        explain_difference(name, plain_lines(before.lines, name), name, plain_lines(after.lines, name)) for name in both
    )


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
    if large not in view.catalog.cards:
        fix = suggestion(large, list(view.catalog.cards)) or "maquette shortlist shows the models."
        raise NotFound(f"{shown(large)} is not in the catalog", fix=fix)
    escalated = _escalated(view.facts, share)
    option = replace(
        own,
        name=f"{small}, else {large}",
        escalates_to=view.catalog.cards[large],
        escalation=ByCase(low=escalated / 2, base=escalated, high=min(Decimal(1), 2 * escalated)),
    )
    return replace(inputs, options=(*inputs.options, option))


def _escalated(facts: Facts, share: Decimal | None) -> Decimal:
    easy = facts.get("traffic.easy_share")
    if share is None and isinstance(easy, int | float):
        share = 1 - Decimal(str(easy))
    if share is None:
        raise NotFound("nobody says which share is escalated", fix="Write it behind the models: SMALL,LARGE=0.12.")
    if not share.is_finite() or not 0 <= share <= 1:
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
        return known_facts(replace(asked, answers=answers, unknown=asked.unknown - changes.keys()), book)

    return find_crossings(view.cost_inputs, settle)


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

"""The register of requirements: what was answered, assumed and what hangs on it, what contradicts, what is open."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from maquette.bundle.documents.contrasts import contradictions, settled_values
from maquette.bundle.documents.scenarios import quality_scenarios
from maquette.bundle.documents.seen import Seen
from maquette.foundation.expression import FactValue
from maquette.requirements.answers import assumptions, converted, known_facts, open_questions
from maquette.requirements.questions import Question, QuestionKind
from maquette.rules.explaining import readable_fact
from maquette.rules.report import Rule, Status, Strength

MOST_RULES = 4
"""Rules named behind one requirement; the traceability matrix has them all."""


MOST_CHANGES = 2
LATER = ("ops.", "eval.")
"""Facts that only an evaluation or the running system tells: nobody can be asked."""


def register_view(seen: Seen) -> Mapping[str, Any]:
    """The rows of each table, in the order of the questions."""
    inputs = seen.inputs
    answers = inputs.requirements.answers
    return {
        "answered": [_row(seen, one) for one in inputs.book.questions.values() if one.id in answers],
        "stated": [_stated(seen, name) for name in sorted(inputs.requirements.design_facts)],
        "derived": list(_computed(seen)),
        "assumed": [
            {**_row(seen, one.question), "effect": _effect(seen, one.question)}
            for one in assumptions(inputs.requirements, inputs.book)
        ],
        "weighed": inputs.decision is not None,
        "scenarios": quality_scenarios(seen),
        "contradictions": contradictions(seen),
        "settled": settled_values(seen),
        "open": list(_open(seen)),
    }


def _computed(seen: Seen) -> Iterator[dict[str, Any]]:
    """Answers that follow from others, then the derived facts, each with its formula."""
    book, facts = seen.inputs.book, seen.facts
    for name in converted(seen.inputs.requirements, book):
        instead = book.questions[name].instead
        yield {"id": name, "value": facts.readable(name), "formula": instead.text if instead else ""}
    for one in book.derived:
        if one.id in facts.values:
            yield {"id": one.id, "value": facts.readable(one.id), "formula": one.formula.text}


def _stated(seen: Seen, name: str) -> dict[str, Any]:
    """What was stated of the design, and since when something else counts."""
    said = seen.facts.stated_figure(name)
    counts = seen.facts.readable(name) if seen.facts.values.get(name) != seen.facts.stated(name) else None
    return {"id": name, "value": said["text"] if said else "", "counts": counts}


def _row(seen: Seen, question: Question) -> dict[str, Any]:
    rules = _decided_by(seen, question.id)
    return {
        "id": question.id,
        "ask": question.ask,
        "value": seen.facts.typed(question.id),
        "rules": rules[:MOST_RULES],
        "more": max(0, len(rules) - MOST_RULES),
    }


def _decided_by(seen: Seen, fact: str) -> list[str]:
    """The fired rules that read the fact, the most binding first."""
    decision = seen.inputs.decision
    if decision is None:
        return []
    fired = [one.rule for one in decision.rules.with_status(Status.FIRED) if fact in one.rule.when.names]
    return [rule.id for rule in sorted(fired, key=lambda rule: _STRENGTHS.index(rule.strength))]


_STRENGTHS = (Strength.MUST, Strength.AVOID, Strength.STRONG, Strength.CONSIDER, Strength.INFO)


def _effect(seen: Seen, question: Question) -> list[dict[str, Any]]:
    """What else would hold if the default is wrong: other answers, with the binding rules that come or go.

    Nothing would of a follow-up that is not asked here.
    """
    if question.ask_if is not None and question.ask_if.holds(seen.facts.values) is False:
        return []
    found = []
    for value in _others(question):
        come, go = _turned(seen, question.id, value)
        if come or go:
            found.append({"value": readable_fact(value), "come": come[:MOST_RULES], "go": go[:MOST_RULES]})
    return found[:3]


def _others(question: Question) -> Sequence[FactValue]:
    default = question.default
    match question.kind:
        case QuestionKind.BOOL:
            return (not default,)
        case QuestionKind.ENUM:
            return tuple(choice for choice in question.choices if choice != default)
        case QuestionKind.NUMBER if isinstance(default, int | float) and not isinstance(default, bool):
            return tuple(_around(question, float(default)))
    return ()


def _around(question: Question, default: float) -> Iterator[float]:
    """Half and twice the default, within the question's bounds; a few round numbers where the default is zero."""
    for value in (default / 2, default * 2) if default else (0.1, 1.0, 100.0):
        low, high = question.minimum, question.maximum
        if (low is None or value >= low) and (high is None or value <= high):
            yield value


def _turned(seen: Seen, fact: str, value: FactValue) -> tuple[list[str], list[str]]:
    """The binding rules that would fire, and those that would no longer, with ``fact`` answered by ``value``."""
    inputs = seen.inputs
    if inputs.decision is None:
        return [], []
    changed = known_facts(
        replace(inputs.requirements, answers={**inputs.requirements.answers, fact: value}), inputs.book
    )
    come, go = [], []
    for finding in inputs.decision.rules.findings:
        if _touched(finding.rule, fact, seen):
            now, then = finding.rule.when.holds(seen.facts.values), finding.rule.when.holds(changed)
            come += [finding.rule.id] if then is True and now is not True else []
            go += [finding.rule.id] if now is True and then is not True else []
    return come, go


def _touched(rule: Rule, fact: str, seen: Seen) -> bool:
    """Whether a binding rule reads the fact, or something computed from it."""
    names = {fact, *(one.id for one in seen.inputs.book.derived if fact in one.formula.names)}
    return rule.strength in (Strength.MUST, Strength.STRONG, Strength.AVOID) and bool(names & rule.when.names)


def _open(seen: Seen) -> Iterator[dict[str, Any]]:
    """Every fact that is unknown, with the cheapest way to learn it; those that rules wait for first."""
    decision = seen.inputs.decision
    waiting = decision.open_questions if decision else ()
    for one in waiting:
        later = one.fact.startswith(LATER)
        yield {"id": one.fact, "how": one.how, "ask": one.ask, "rules": list(one.rules), "later": later,
               "changes": list(one.could_change[:MOST_CHANGES])}  # fmt: skip
    named = {one.fact for one in waiting}
    for question in open_questions(seen.inputs.requirements, seen.inputs.book):
        if question.id not in named:
            yield {"id": question.id, "how": "answer", "ask": question.ask, "rules": [], "later": False, "changes": []}

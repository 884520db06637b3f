"""The captured requirements: a frozen value of answers, with "unknown" as a real answer.

Reading and writing maquette.yaml is elsewhere; checking raw input against the questions is in `checking`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from maquette.foundation.expression import FactValue, Known
from maquette.foundation.lineage import fingerprint
from maquette.requirements.questions import Question, QuestionBook, QuestionMode

UNKNOWN = "unknown"
"""The text that a user writes for "I do not know"."""

_NOTHING: Mapping[str, FactValue] = MappingProxyType({})


@dataclass(frozen=True, kw_only=True, slots=True)
class Requirements:
    """What the user said.

    Attributes:
        answers: Dotted question id to the answer.
        unknown: The ids answered with "unknown": no default is taken for them.
        design_facts: Facts about a design under review (``design.*``, ``cat.*``, ``cost.*``), given by the user.
    """

    answers: Mapping[str, FactValue] = field(default_factory=lambda: _NOTHING)
    unknown: frozenset[str] = frozenset()
    design_facts: Mapping[str, FactValue] = field(default_factory=lambda: _NOTHING)

    @property
    def fingerprint(self) -> str:
        """Equal answers, equal fingerprint; their order does not matter."""
        return fingerprint(self.answers, self.unknown, self.design_facts)


@dataclass(frozen=True, kw_only=True, slots=True)
class Assumption:
    """A default that stands in for an answer that was not given."""

    question: Question
    value: FactValue


def assumptions(requirements: Requirements, book: QuestionBook) -> tuple[Assumption, ...]:
    """The defaults that are taken, in the order of the questions."""
    return tuple(
        Assumption(question=question, value=question.default)
        for question in book.questions.values()
        if question.default is not None and _untouched(question, requirements)
    )


def open_questions(requirements: Requirements, book: QuestionBook) -> tuple[Question, ...]:
    """The questions whose fact stays unknown: answered "unknown", or without an answer and a default."""
    return tuple(
        question
        for question in book.questions.values()
        if question.id in requirements.unknown or (question.default is None and _untouched(question, requirements))
    )


def known_facts(requirements: Requirements, book: QuestionBook) -> dict[str, FactValue]:
    """Answers, defaults, design facts, and every derived fact that these settle.

    A fact that is absent from the result is unknown.
    """
    facts: dict[str, FactValue] = {taken.question.id: taken.value for taken in assumptions(requirements, book)}
    facts.update(requirements.answers)
    facts.update(requirements.design_facts)
    for derived in book.derived:
        result = derived.formula.evaluate(facts)
        if isinstance(result, Known):
            facts[derived.id] = result.value
    return facts


def asked(book: QuestionBook, requirements: Requirements, *, quick: bool) -> tuple[Question, ...]:
    """The questions to show: in quick mode the quick ones and the follow-ups whose condition holds."""
    if not quick:
        return tuple(book.questions.values())
    facts = known_facts(requirements, book)
    return tuple(
        question
        for question in book.questions.values()
        if question.mode is QuestionMode.QUICK
        or (question.mode is QuestionMode.QUICK_IF and question.ask_if and question.ask_if.holds(facts))
    )


def _untouched(question: Question, requirements: Requirements) -> bool:
    return question.id not in requirements.answers and question.id not in requirements.unknown

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
        Assumption(question=question, value=_default(question, requirements))
        for question in book.questions.values()
        if question.default is not None and _untouched(question, requirements)
    )


_FOLLOWS: Mapping[str, tuple[str, FactValue, FactValue]] = MappingProxyType(
    {"eval.store_policy": ("logging.content_allowed", False, "hashes_only")}
)
"""A question whose default follows an answer: which one, what it says, and the default then.

Who forbids content in logs has not allowed it in the log of an evaluation.
"""


def _default(question: Question, requirements: Requirements) -> FactValue:
    followed, when, then = _FOLLOWS.get(question.id, ("", None, None))
    if then is not None and followed in requirements.answers and requirements.answers[followed] == when:
        return then
    assert question.default is not None  # checked by the caller
    return question.default


def open_questions(requirements: Requirements, book: QuestionBook) -> tuple[Question, ...]:
    """The questions whose fact stays unknown: answered "unknown", or without an answer, a default and a conversion.

    One that only stands in for another (a ceiling a request for one a month) is not asked for beside it, nor is a
    follow-up whose condition does not hold.
    """
    given = {*converted(requirements, book), *_stand_ins(book), *_needless(requirements, book)}
    return tuple(
        question
        for question in book.questions.values()
        if question.id in requirements.unknown
        or (question.default is None and question.id not in given and _untouched(question, requirements))
    )


def _needless(requirements: Requirements, book: QuestionBook) -> set[str]:
    """The follow-ups without a default whose condition does not hold, or hangs on an answer that is not given."""
    conditional = [one for one in book.questions.values() if one.ask_if is not None and one.default is None]
    facts = known_facts(requirements, book) if conditional else {}
    return {one.id for one in conditional if one.ask_if is not None and one.ask_if.holds(facts) is not True}


def _stand_ins(book: QuestionBook) -> set[str]:
    """The questions of the same section from which another one's answer is made, and that have no default."""
    return {
        name
        for one in book.questions.values()
        if one.instead is not None
        for name in one.instead.names
        if (other := book.questions.get(name)) is not None and other.section == one.section and other.default is None
    }


def converted(requirements: Requirements, book: QuestionBook) -> dict[str, FactValue]:
    """The answers that were not given and follow from others: a ceiling a month from one a request."""
    waiting = [one for one in book.questions.values() if one.instead is not None and _untouched(one, requirements)]
    if not waiting:
        return {}
    facts = {taken.question.id: taken.value for taken in assumptions(requirements, book)} | dict(requirements.answers)
    results = {one.id: one.instead.evaluate(facts) for one in waiting if one.instead is not None}
    return {name: result.value for name, result in results.items() if isinstance(result, Known)}


def known_facts(requirements: Requirements, book: QuestionBook) -> dict[str, FactValue]:
    """Answers, defaults, design facts, and every derived fact that these settle.

    A fact that is absent from the result is unknown.
    """
    facts: dict[str, FactValue] = {taken.question.id: taken.value for taken in assumptions(requirements, book)}
    facts.update(requirements.answers)
    facts.update(converted(requirements, book))
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

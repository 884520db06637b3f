"""What holds for every answer: text and raw values lead to the same fact, and no raw value crashes the checks."""

from collections.abc import Callable
from functools import partial
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from maquette.foundation.problems import Problem, each_problem
from maquette.requirements.answers import Requirements
from maquette.requirements.checking import check_answer, check_answers
from maquette.requirements.questions import Question, QuestionKind
from maquette.requirements.text_answers import from_text
from tests.fixtures.vocabulary import at_field, question_book

BOOK = question_book()
QUESTIONS = st.sampled_from(list(BOOK.questions.values()))
NUMBERS = st.sampled_from([question for question in BOOK.questions.values() if question.kind is QuestionKind.NUMBER])
PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)


def outcome(call: Callable[[], Any]) -> tuple[Any, tuple[Problem, ...]]:
    """What a check returns, or the problems that it raises; anything else is a crash."""
    try:
        return call(), ()
    except Problem as problem:
        return None, each_problem(problem)


@given(QUESTIONS, PLAIN)
def test_any_plain_value_is_an_answer_or_a_problem_with_a_place_and_a_fix(question: Question, value: Any) -> None:
    answer, problems = outcome(lambda: check_answer(question, value, place=at_field(question.id)))
    assert all(one.what and one.fix and one.place.field == question.id for one in problems)
    assert problems or answer is not None or value == "unknown"


@given(st.dictionaries(st.sampled_from([*BOOK.sections, "sections"]) | st.text(), PLAIN, max_size=5))
def test_any_mapping_is_requirements_or_problems(raw: dict[str, Any]) -> None:
    found, problems = outcome(lambda: check_answers(raw, BOOK, place_of=at_field))
    assert problems or set(found.answers) | found.unknown <= set(BOOK.questions)


@given(QUESTIONS, st.text(max_size=40))
def test_any_typed_text_is_an_answer_nothing_or_a_problem(question: Question, text: str) -> None:
    raw = from_text(question, text)
    if raw is None:
        assert not text.strip()
        return
    answer, problems = outcome(lambda: check_answer(question, raw, place=at_field(question.id)))
    assert problems or answer is not None or raw == "unknown"


@given(st.integers(-(10**15), 10**15), st.sampled_from(["_", " ", "\u202f", "\u00a0", ""]))
def test_a_whole_number_is_read_with_any_grouping(number: int, separator: str) -> None:
    question = BOOK.questions["scale.requests_per_day"]
    found = from_text(question, f"{number:,}".replace(",", separator))
    assert found == number
    assert isinstance(found, int)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_is_read_back_from_its_own_text(number: float) -> None:
    assert from_text(BOOK.questions["scale.requests_per_day"], repr(number)) == number


@given(NUMBERS, st.floats(0, 1))
def test_numbers_within_the_bounds_are_taken_and_those_outside_are_not(question: Question, at: float) -> None:
    assert question.minimum is not None
    assert question.maximum is not None
    inside = min(question.minimum + at * (question.maximum - question.minimum), question.maximum)
    assert check_answer(question, inside, place=at_field(question.id)) == inside
    for outside in (question.minimum - 1 - at, question.maximum * 2 + 1):
        _, (problem,) = outcome(partial(check_answer, question, outside, place=at_field(question.id)))
        assert "below" in problem.what or "above" in problem.what


@given(st.permutations(list(BOOK.questions.values())[:6]))
def test_the_order_of_the_answers_does_not_change_the_fingerprint(questions: list[Question]) -> None:
    answers = {question.id: question.default if question.default is not None else 1 for question in questions}
    assert Requirements(answers=answers).fingerprint == Requirements(answers=dict(sorted(answers.items()))).fingerprint

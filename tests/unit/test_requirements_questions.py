"""The shipped questions: complete, consistent with each other, and grouped into cards."""

import re
from collections import Counter

import pytest

from maquette.foundation.shipped import shipped
from maquette.requirements.answers import Requirements, asked, assumptions, known_facts, open_questions
from maquette.requirements.checking import check_answer
from maquette.requirements.questions import Question, QuestionKind, QuestionMode
from maquette.requirements.quick import cards
from tests.fixtures.vocabulary import at_field, question_book, yaml_file

BOOK = question_book()
DATA = yaml_file(shipped("catalog", "questions", "questions.yaml"))
DERIVED = {derived.id for derived in BOOK.derived}


def of(identifier: str) -> Question:
    return BOOK.questions[identifier]


def test_there_are_89_questions_and_27_of_them_are_always_asked() -> None:
    modes = Counter(question.mode for question in BOOK.questions.values())
    assert modes == {QuestionMode.QUICK: 27, QuestionMode.QUICK_IF: 19, QuestionMode.FULL: 43}
    assert len(DATA["fields"]) == len(BOOK.questions) == 89


def test_the_note_on_the_quick_mode_counts_what_is_there() -> None:
    shown, follow_ups = (int(n) for n in re.findall(r"(\d+) (?:fields|follow-ups)", DATA["quick_mode"]["note"]))
    modes = Counter(question.mode for question in BOOK.questions.values())
    assert (shown, follow_ups) == (modes[QuestionMode.QUICK], modes[QuestionMode.QUICK_IF])


@pytest.mark.parametrize("question", BOOK.questions.values(), ids=lambda question: question.id)
def test_a_default_is_an_answer_to_its_own_question(question: Question) -> None:
    if question.default is not None:
        default = list(question.default) if isinstance(question.default, tuple) else question.default
        assert check_answer(question, default, place=at_field(question.id)) == question.default


@pytest.mark.parametrize("question", BOOK.questions.values(), ids=lambda question: question.id)
def test_a_follow_up_depends_on_other_questions_alone_and_only_follow_ups_have_a_condition(question: Question) -> None:
    assert (question.ask_if is not None) is (question.mode is QuestionMode.QUICK_IF)
    if question.ask_if is not None:
        assert question.ask_if.names <= set(BOOK.questions) - {question.id}


@pytest.mark.parametrize("question", BOOK.questions.values(), ids=lambda question: question.id)
def test_a_question_has_choices_a_unit_or_neither_as_its_kind_asks(question: Question) -> None:
    assert bool(question.choices) is (question.kind in (QuestionKind.ENUM, QuestionKind.MULTI))
    assert (question.unit is not None) is (question.kind is QuestionKind.NUMBER)
    assert question.ask
    assert question.why
    assert not re.search(r"\bG[0-4]\b", question.ask + question.why)


def test_a_derived_fact_is_computed_from_answers_and_from_facts_that_stand_before_it() -> None:
    known = set(BOOK.questions)
    for derived in BOOK.derived:
        assert derived.formula.names <= known
        known.add(derived.id)


def test_every_short_source_name_is_explained() -> None:
    short = {source for question in BOOK.questions.values() for source in question.sources if re.match(r"G\d$", source)}
    assert short <= set(DATA["sources"])


def test_fractions_lie_within_0_and_1_and_no_number_may_be_negative_but_growth() -> None:
    numbers = [question for question in BOOK.questions.values() if question.kind is QuestionKind.NUMBER]
    assert {question.maximum for question in numbers if question.unit == "fraction"} == {1}
    assert [question.id for question in numbers if (question.minimum or 0) < 0] == ["scale.growth_pct_month"]
    assert (of("scale.active_hours").minimum, of("scale.active_hours").maximum) == (0.25, 24)


def test_twelve_cards_hold_the_quick_questions_and_every_card_has_a_title() -> None:
    quick = cards(BOOK, asked(BOOK, Requirements(), quick=True))
    assert [card.number for card in quick] == list(range(1, 13))
    assert [card.title for card in quick][:4] == ["Task", "Input and output", "Traffic", "Tokens"]
    everything = cards(BOOK)
    assert sorted(q.id for card in everything for q in card.questions) == sorted(BOOK.questions)
    assert len(everything) == 19
    assert not any(card.title.startswith("Card ") for card in everything)


def test_a_follow_up_is_asked_once_its_condition_holds() -> None:
    def quick(**answers: str | bool) -> set[str]:
        said = Requirements(answers={name.replace("__", "."): value for name, value in answers.items()})
        return {question.id for question in asked(BOOK, said, quick=True)}

    assert "quality.label_space_fixed" not in quick()
    assert "quality.label_space_fixed" in quick(task__type="classification")
    assert "infra.gpu_available" in quick(data__external_processing_allowed=False)
    assert quick(task__type="chat") - quick() == {"quality.max_hallucination_rate", "context.multi_turn"}


def test_without_answers_the_defaults_are_assumed_and_the_rest_is_open() -> None:
    nothing = Requirements()
    assumed = {taken.question.id for taken in assumptions(nothing, BOOK)}
    is_open = {question.id for question in open_questions(nothing, BOOK)}
    needless = {one.id for one in BOOK.questions.values() if one.ask_if is not None and one.default is None}
    # The ceiling a month is asked for, and no follow-up while its condition does not hold.
    assert set(BOOK.questions) - assumed - is_open == {"budget.per_request_usd", *needless}
    assert not assumed & is_open
    assert DERIVED.isdisjoint(known_facts(nothing, BOOK))


def test_an_answer_of_unknown_takes_no_default() -> None:
    said = Requirements(unknown=frozenset({"scale.peak_factor"}))
    assert "scale.peak_factor" not in known_facts(said, BOOK)
    assert "scale.peak_factor" in {question.id for question in open_questions(said, BOOK)}
    assert known_facts(Requirements(), BOOK)["scale.peak_factor"] == 3

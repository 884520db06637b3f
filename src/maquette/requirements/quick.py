"""The questions in the cards that a form shows, a title each: twelve quick ones, seven more in the full questionnaire.

Which questions are asked is decided in `answers.asked`; this only groups them. No widget knows its questions itself.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from maquette.requirements.questions import Question, QuestionBook


@dataclass(frozen=True, kw_only=True, slots=True)
class Card:
    """A group of questions that a form shows together."""

    number: int
    title: str
    questions: tuple[Question, ...]


def cards(book: QuestionBook, questions: Iterable[Question] | None = None) -> tuple[Card, ...]:
    """The cards in the order of their numbers, without empty ones.

    Args:
        book: Where the titles come from; a card without one is called by its number.
        questions: What to show, such as `answers.asked` returns; everything when None.
    """
    shown = tuple(book.questions.values() if questions is None else questions)
    numbers = sorted({question.card for question in shown})
    return tuple(
        Card(
            number=number,
            title=book.card_titles.get(number, f"Card {number}"),
            questions=tuple(question for question in shown if question.card == number),
        )
        for number in numbers
    )

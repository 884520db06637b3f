"""The questions as data: what is asked, in which unit, why, and under which condition.

One declaration feeds every front end: the terminal form, the notebook form, `maquette set`, the JSON Schema of
maquette.yaml and the requirements document. No answer lives here.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from maquette.foundation.expression import Expression, FactValue, parse


class QuestionKind(StrEnum):
    """What an answer looks like."""

    ENUM = "enum"
    MULTI = "multi"
    NUMBER = "number"
    BOOL = "bool"
    TEXT = "text"


class QuestionMode(StrEnum):
    """When a question is asked: always, when its condition holds, or in the full questionnaire."""

    QUICK = "quick"
    QUICK_IF = "quick_if"
    FULL = "full"


@dataclass(frozen=True, kw_only=True, slots=True)
class Question:
    """One question. ``default`` None means that an answer must be given or stays unknown.

    Attributes:
        minimum: The least number that makes sense, or the fewest entries of a multi; None without a bound.
        maximum: The greatest number that makes sense; None without a bound.
        guidance: A figure that practice starts from, in words; it is shown and never taken.
        instead: What stands in for the answer where it is not given and other answers are; None where nothing does.
        words: Choice to its words, for those that are more than the choice with spaces.
    """

    id: str
    card: int
    mode: QuestionMode
    kind: QuestionKind
    ask: str
    why: str
    unit: str | None
    default: FactValue | None
    choices: tuple[str, ...]
    ask_if: Expression | None
    uses: tuple[str, ...]
    sources: tuple[str, ...]
    minimum: float | None = None
    maximum: float | None = None
    guidance: str | None = None
    instead: Expression | None = None
    words: tuple[tuple[str, str], ...] = ()

    def in_words(self, choice: str) -> str:
        """A choice as a document says it: ``pii`` is personal data, ``free_text`` is free text."""
        return dict(self.words).get(choice, choice.replace("_", " "))

    @property
    def background(self) -> str:
        """Why it is asked, and the figure that practice starts from where there is one."""
        return f"{self.why}; {self.guidance}" if self.guidance else self.why

    @property
    def section(self) -> str:
        """The part before the point: ``latency`` of ``latency.p95_ms``."""
        return self.id.partition(".")[0]

    @property
    def field(self) -> str:
        """The part behind the point: ``p95_ms`` of ``latency.p95_ms``."""
        return self.id.partition(".")[2]


@dataclass(frozen=True, kw_only=True, slots=True)
class DerivedFact:
    """A fact computed from answers, with its formula as text."""

    id: str
    formula: Expression
    note: str


@dataclass(frozen=True, kw_only=True, slots=True)
class QuestionBook:
    """All questions, the derived facts in the order of their formulas, and the titles of the cards by number."""

    questions: Mapping[str, Question]
    derived: tuple[DerivedFact, ...]
    card_titles: Mapping[int, str] = field(default_factory=dict)

    @property
    def sections(self) -> dict[str, tuple[Question, ...]]:
        """Section name to its questions, both in the order of the file."""
        return {
            section: tuple(question for question in self.questions.values() if question.section == section)
            for section in dict.fromkeys(question.section for question in self.questions.values())
        }

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> "QuestionBook":
        """Build the book from the parsed questions file.

        Raises:
            ExpressionError: A condition or formula does not parse.
            KeyError: An entry lacks a key.
        """
        questions = (_question(entry) for entry in data["fields"])
        derived = tuple(
            DerivedFact(id=entry["id"], formula=parse(entry["formula"]), note=entry.get("note", ""))
            for entry in data["derived"]
        )
        return cls(
            questions={question.id: question for question in questions},
            derived=derived,
            card_titles=dict(data.get("cards", {})),
        )


_GREATEST_NUMBER = 1e15
"""More than any count, price or time of a real system; it keeps typing errors and overflows out of the sums."""


def _bounds(entry: Mapping[str, Any], kind: QuestionKind) -> tuple[float | None, float | None]:
    if kind is not QuestionKind.NUMBER:
        return entry.get("min"), None
    return entry.get("min", 0), entry.get("max", 1 if entry.get("unit") == "fraction" else _GREATEST_NUMBER)


def _question(entry: Mapping[str, Any]) -> Question:
    default = entry["default"]
    kind = QuestionKind(entry["type"])
    minimum, maximum = _bounds(entry, kind)
    return Question(
        id=entry["id"],
        card=entry["card"],
        mode=QuestionMode(entry["mode"]),
        kind=kind,
        ask=entry["ask"],
        why=entry["why"],
        unit=entry.get("unit"),
        default=tuple(default) if isinstance(default, list) else default,
        choices=tuple(entry.get("choices", ())),
        ask_if=parse(entry["ask_if"]) if "ask_if" in entry else None,
        uses=tuple(entry["uses"]),
        sources=tuple(entry["src"]),
        minimum=minimum,
        maximum=maximum,
        guidance=entry.get("guidance"),
        instead=parse(entry["instead"]) if "instead" in entry else None,
        words=tuple(entry.get("words", {}).items()),
    )

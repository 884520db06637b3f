"""Why a value is no answer, and what to write instead, in words that name the question's unit and choices.

Only words: which values are wrong is decided in `checking`.
"""

from maquette.foundation.wording import listed, shown, suggestion
from maquette.requirements.answers import UNKNOWN
from maquette.requirements.questions import Question, QuestionKind
from maquette.requirements.text_answers import number_in


def explained(question: Question, value: object, error: str) -> tuple[str, str]:
    """What is wrong with ``value`` and what to write instead; ``error`` is pydantic's name of the failure."""
    match question.kind:
        case QuestionKind.ENUM:
            return wrong_choice(question, value)
        case QuestionKind.BOOL:
            return f"{shown(value)} is not true or false", "Write true, false or unknown, without quotes."
        case QuestionKind.TEXT if error == "string_too_short":
            return "the text is empty", "Write some text, or remove the line."
        case QuestionKind.TEXT if error == "string_unicode":
            return "the text holds half a character", "Type it again."
        case QuestionKind.TEXT:
            return f"{shown(value)} is not text", "Put it in quotes."
    return _wrong_number(question, value, error)


def wrong_choice(question: Question, value: object) -> tuple[str, str]:
    """What is wrong with an entry that is none of the choices, and which there are."""
    near = suggestion(value, question.choices) if isinstance(value, str) else None
    choices = f"The choices are {listed((*question.choices, UNKNOWN))}."
    return f"{shown(value)} is not among the choices", f"{near} {choices}" if near else choices


def _wrong_number(question: Question, value: object, error: str) -> tuple[str, str]:
    if error == "finite_number":
        return f"{shown(value)} is not a finite number", f"Write {_right_number(question)}, or unknown."
    if error == "greater_than_equal":
        return f"{shown(value)} is below {question.minimum:g}", f"Write {_right_number(question)}, or unknown."
    if error == "less_than_equal" or (isinstance(value, int) and not isinstance(value, bool)):
        percent = f"Write {_share(value)} for {value} %." if question.unit == "fraction" and _share(value) else None
        fix = percent or f"Write {_right_number(question)}, or unknown."
        return f"{shown(value)} is above {question.maximum:g}", fix
    number = number_in(value) if isinstance(value, str) else None
    fix = f"Write {_right_number(question)}, or unknown." if number is None else f"Write {number}."
    return f"{shown(value)} is not a number", fix


def _share(value: object) -> str | None:
    """A percentage as a fraction, when ``value`` may be one."""
    return f"{value / 100:g}" if isinstance(value, int | float) and 1 < value <= 100 else None


def _right_number(question: Question) -> str:
    """For example ``a number from 0 to 1 (fraction)``."""
    unit = f" ({question.unit})" if question.unit else ""
    if question.maximum is not None and question.maximum < 1e6:
        return f"a number from {question.minimum:g} to {question.maximum:g}{unit}"
    return f"a number of at least {question.minimum:g}{unit}"

"""An answer typed as text, in a form or on a command line, as the raw value that a file would hold.

Nothing is judged here: text that is not of the question's kind comes back as text, and `checking` says what is wrong.
"""

import re

from maquette.requirements.answers import UNKNOWN
from maquette.requirements.questions import Question, QuestionKind

DO_NOT_KNOW = ("-", UNKNOWN)
BOOLS = {"yes": True, "y": True, "true": True, "on": True, "no": False, "n": False, "false": False, "off": False}
_GROUPED = re.compile(r"[+-]?\d{1,3}(?:[ _\u00a0\u2009\u202f]\d{3})+(?:\.\d+)?", re.ASCII)
_WHOLE = re.compile(r"[+-]?\d+(?:_\d+)*", re.ASCII)
_NUMBER = re.compile(r"[+-]?(?:\d+(?:_\d+)*\.?\d*|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)
_LONGEST_NUMBER = 300


def from_text(question: Question, text: str) -> object:
    """``text`` as a raw answer: a number, true or false, a list, text; "unknown" for ``-``; None when it is empty.

    Numbers may be grouped by underscores or spaces: ``5_000_000``, ``5 000 000``. Commas separate the entries of a
    list and are no part of a number, because they mean thousands to some and decimals to others.
    """
    text = text.strip()
    if not text:
        return None
    if text.lower() in DO_NOT_KNOW:
        return UNKNOWN
    match question.kind:
        case QuestionKind.NUMBER:
            number = number_in(text)
            return text if number is None else number
        case QuestionKind.BOOL:
            return BOOLS.get(text.lower(), text)
        case QuestionKind.MULTI:
            return [_choice(question, part) for part in text.strip("[]").split(",") if part.strip()]
        case QuestionKind.ENUM:
            return _choice(question, text)
        case QuestionKind.TEXT:
            return text


def number_in(text: str) -> int | float | None:
    """The number that ``text`` writes, or None."""
    text = text.strip()
    if len(text) > _LONGEST_NUMBER:
        return None
    if _GROUPED.fullmatch(text):
        text = re.sub(r"[ _\u00a0\u2009\u202f]", "", text)
    if _WHOLE.fullmatch(text):
        return int(text)
    return float(text) if _NUMBER.fullmatch(text) else None


def _choice(question: Question, text: str) -> str:
    """``text`` in the spelling of the choices where it differs by case, spaces or hyphens only."""
    spelled = re.sub(r"[\s-]+", "_", text.strip().lower())
    return spelled if spelled in question.choices else text.strip()

"""Changes as a person types them, turned into paths and values of maquette.yaml."""

from collections.abc import Callable, Mapping
from difflib import get_close_matches

from maquette.foundation.problems import InvalidInput, Place
from maquette.project_document import REMOVED
from maquette.requirements.answers import UNKNOWN
from maquette.requirements.checking import design_fact_kinds
from maquette.requirements.questions import QuestionBook
from maquette.requirements.text_answers import BOOLS, DO_NOT_KNOW, from_text, number_in

SETTINGS = {
    "models.folders": "list",
    "evaluation.dataset": "text",
    "evaluation.prompt": "text",
    "evaluation.answer_schema": "text",
    "evaluation.step": "text",
    "evaluation.max_output_tok": "number",
    "evaluation.temperature": "number",
    "evaluation.gate.margin": "number",
    "evaluation.gate.alert": "number",
    "evaluation.gate.hard_breaks": "list",
    "evaluation.gate.max_usd_per_answer": "number",
    "evaluation.gate.max_p95_s": "number",
    "evaluation.gate.max_failed": "number",
    "evaluation.gate.not_enough_data": "text",
    "export.out": "text",
}
"""The settings that can be typed, and what each holds."""


def typed_changes(
    changes: Mapping[str, str], book: QuestionBook, fact_kinds: Callable[[], Mapping[str, str]]
) -> dict[str, object]:
    """Dotted paths of maquette.yaml to plain values; an empty text takes a value back.

    Args:
        changes: The name of a question, of a setting or of a fact about the design, to the text.
        book: The questions.
        fact_kinds: The rules' facts to their kinds; asked only where a name is no question and no setting.

    Raises:
        InvalidInput: A name is none of these, or a text is no answer.
    """
    return dict(_change(name, text, book, fact_kinds) for name, text in changes.items())


def _change(
    name: str, text: str, book: QuestionBook, fact_kinds: Callable[[], Mapping[str, str]]
) -> tuple[str, object]:
    question = book.questions.get(name)
    if question is not None:
        return f"requirements.{name}", from_text(question, text) if text else REMOVED
    kind = SETTINGS.get(name)
    if kind is not None:
        return name, _setting(name, kind, text) if text else REMOVED
    facts = design_fact_kinds(fact_kinds())
    if name in facts:
        return f"design_facts.{name}", typed_fact(name, facts[name], text) if text.strip() else REMOVED
    if name in fact_kinds():
        fix = "Nobody states it: maquette eval finds it out."
        raise InvalidInput(f"{name} is measured", place=Place(field=name), fix=fix)
    close = get_close_matches(name, [*book.questions, *SETTINGS, *facts], n=2)
    raise InvalidInput(
        f"{name!r} is no question, no setting and no fact about the design",
        place=Place(field=name),
        fix=f"Did you mean {' or '.join(close)}?" if close else "maquette rules facts shows the names.",
    )


def typed_fact(fact: str, kind: str, text: str) -> object:
    """A fact about the design as typed: yes or no, a number, a word, or unknown.

    Raises:
        InvalidInput: The text is not of the fact's kind, or is empty.
    """
    typed = text.strip()
    if typed.lower() in DO_NOT_KNOW:
        return UNKNOWN
    value: object = typed or None
    if kind == "bool":
        value = BOOLS.get(typed.lower())
    elif kind in {"int", "float"}:
        value = number_in(typed)
    if value is None or (kind == "int" and not isinstance(value, int)):
        wanted = {"bool": "yes or no", "int": "a whole number", "float": "a number"}.get(kind, "a word")
        raise InvalidInput(f"{typed!r} is no answer", place=Place(field=fact), fix=f"{fact} is {wanted}.")
    return value


def _setting(name: str, kind: str, text: str) -> object:
    if kind == "list":
        return [part.strip() for part in text.split(",") if part.strip()]
    if kind == "text":
        return text
    number = number_in(text)
    if number is None:
        raise InvalidInput(f"{text!r} is not a number", place=Place(field=name), fix="Write it like 256.")
    return number

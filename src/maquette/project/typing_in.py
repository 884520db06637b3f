"""Changes as a person types them, turned into paths and values of maquette.yaml."""

from collections.abc import Mapping
from difflib import get_close_matches

from maquette.foundation.problems import InvalidInput, Place
from maquette.project_document import REMOVED
from maquette.requirements.questions import QuestionBook
from maquette.requirements.text_answers import from_text, number_in

SETTINGS = {
    "models.folders": "list",
    "evaluation.dataset": "text",
    "evaluation.prompt": "text",
    "evaluation.answer_schema": "text",
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


def typed_changes(changes: Mapping[str, str], book: QuestionBook) -> dict[str, object]:
    """Dotted paths of maquette.yaml to plain values; an empty text takes a value back.

    Raises:
        InvalidInput: A name is neither a question nor a setting, or a text is no answer.
    """
    return dict(_change(name, text, book) for name, text in changes.items())


def _change(name: str, text: str, book: QuestionBook) -> tuple[str, object]:
    question = book.questions.get(name)
    if question is not None:
        return f"requirements.{name}", from_text(question, text) if text else REMOVED
    kind = SETTINGS.get(name)
    if kind is None:
        close = get_close_matches(name, [*book.questions, *SETTINGS], n=2)
        raise InvalidInput(
            f"{name!r} is neither a question nor a setting",
            place=Place(field=name),
            fix=f"Did you mean {' or '.join(close)}?" if close else "maquette.yaml shows the names.",
        )
    return name, _setting(name, kind, text) if text else REMOVED


def _setting(name: str, kind: str, text: str) -> object:
    if kind == "list":
        return [part.strip() for part in text.split(",") if part.strip()]
    if kind == "text":
        return text
    number = number_in(text)
    if number is None:
        raise InvalidInput(f"{text!r} is not a number", place=Place(field=name), fix="Write it like 256.")
    return number

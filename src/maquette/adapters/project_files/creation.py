"""A new project's folder: a commented maquette.yaml with the quick questions, and the folders beside it."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from textwrap import wrap
from typing import Any

from maquette.adapters.project_files.emission import block_lines, flow_text, plain_value, wants_lines
from maquette.adapters.project_files.file import told_apart
from maquette.adapters.project_files.interpretation import Vocabulary, document_from_data, requirements_from_data
from maquette.adapters.project_files.source import parse, read_bytes
from maquette.foundation.problems import Conflict, InvalidInput, Place
from maquette.project_document import PROJECT_FILE
from maquette.project_lock import PRIVATE_FOLDER
from maquette.requirements.checking import check_answers
from maquette.requirements.document import FORMAT_VERSION
from maquette.requirements.questions import Question, QuestionBook, QuestionKind, QuestionMode
from maquette.requirements.review_request import ANSWERS, is_review_request, requirements_of
from maquette.requirements.schema import schema_text

SCHEMA_FILE = f"{PRIVATE_FOLDER}/schema.json"

_HEADER = f"""\
# yaml-language-server: $schema={SCHEMA_FILE}
#
# Edit by hand or with maquette; both keep what the other wrote, comments included.
# null: not answered yet, the default is taken and listed as an assumption.
# unknown: nobody knows; it becomes an open question of the decision.
maquette: {FORMAT_VERSION}
"""
_LATER_STAGES: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    "models": (
        "Where models come from: folders with GGUF files, and servers of your own",
        {"folders": [], "targets": []},
    ),
    "shortlist": ("The models to evaluate", {"chosen": []}),
    "evaluation": (
        "The examples, the prompt, and how answers are scored",
        {"dataset": None, "prompt": None, "metrics": []},
    ),
    "export": ("Where the bundle goes", {"out": "out"}),
}
_IGNORED = """\
# Runs hold the examples and answers of evaluations. Delete the next line to share them through git.
runs/
*.lock
*.tmp
"""


def new_project(
    folder: Path,
    *,
    name: str,
    requirements: Mapping[str, Any],
    design_facts: Mapping[str, Any],
    extra: Mapping[str, Any],
    book: QuestionBook,
    fact_kinds: Mapping[str, str],
) -> Path:
    """Make a project and return the path of its maquette.yaml.

    Args:
        folder: Made if it is not there; other files in it are left alone.
        name: The answer to ``project.name``.
        requirements: Raw answers: section to field to value.
        design_facts: Raw facts of a design under review: group to name to value.
        extra: Other top-level keys of maquette.yaml with their plain values.
        book: The questions.
        fact_kinds: The rules' facts by dotted name, with their kinds.

    Raises:
        Conflict: The folder is a project already; nothing was changed.
        InvalidInput, SeveralProblems: A name, answer or fact is wrong; nothing was made.
        Unavailable: The folder cannot be written.
    """
    path = folder / PROJECT_FILE
    answers = _with_name(requirements, name)
    values = {"requirements": answers, "design_facts": dict(design_facts), **extra}
    document_from_data(
        {"maquette": FORMAT_VERSION, **plain_value(values)},
        Vocabulary(book=book, fact_kinds=fact_kinds),
        place_of=lambda field: Place(field=field),
        folder_name=name,
        digest="",
    )
    text = project_text(answers, design_facts, extra, book)
    parse(text.encode(), str(path))
    _make(folder, text, schema_text(book, fact_kinds))
    return path


def _with_name(requirements: Mapping[str, Any], name: str) -> dict[str, Any]:
    """A copy of the answers with the project's name among them."""
    answers = {
        section: dict(fields) if isinstance(fields, Mapping) else fields for section, fields in requirements.items()
    }
    project = answers.get("project")
    answers["project"] = {**(project if isinstance(project, dict) else {}), "name": name}
    return answers


def requirements_from(
    path: Path, *, book: QuestionBook, fact_kinds: Mapping[str, str]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """The raw answers and the raw design facts of a file that has ``requirements:``; its other keys are not looked at.

    A review request (`requirements.review_request`) stands for the answers to its four keys.

    Raises:
        NotFound, InvalidInput, SeveralProblems, Unavailable: The file, or any answer or fact in it, is wrong.
    """
    source = parse(read_bytes(path), str(path))
    if is_review_request(source.data):
        answers = requirements_of(plain_value(source.data), file=str(path))
        told = {question: key for key, question in ANSWERS.items()}
        check_answers(answers, book, place_of=lambda field: source.place(told.get(field, field)))
        return answers, {}
    if "requirements" not in source.data:
        fix = "Put the answers below requirements:, as in a maquette.yaml, or send a review request."
        raise InvalidInput("the file has no requirements", fix=fix, place=source.place("requirements"))
    requirements_from_data(source.data, Vocabulary(book=book, fact_kinds=fact_kinds), place_of=source.place)
    return dict(source.data["requirements"] or {}), dict(source.data.get("design_facts") or {})


def project_text(
    answers: Mapping[str, Any], design_facts: Mapping[str, Any], extra: Mapping[str, Any], book: QuestionBook
) -> str:
    """The text of a new maquette.yaml: the quick questions and whatever is answered, each under its question."""
    lines = [_HEADER, "requirements:"]
    for section, questions in _asked_sections(answers, book):
        lines += [f"  {section}:", *_question_lines(questions, answers.get(section) or {}, book), ""]
    if design_facts:
        lines += _key_lines("design_facts", "Facts about the design under review", plain_value(design_facts))
    for key, (comment, empty) in _LATER_STAGES.items():
        value = plain_value(extra.get(key, empty))
        lines += _key_lines(key, comment, {**empty, **value} if isinstance(value, dict) else value)
    for key, value in extra.items():
        if key not in _LATER_STAGES:
            lines += _key_lines(key, None, plain_value(value))
    return "\n".join(lines).rstrip("\n") + "\n"


def _asked_sections(answers: Mapping[str, Any], book: QuestionBook) -> Iterator[tuple[str, tuple[Question, ...]]]:
    """The project's name first, then the sections by their first card."""
    sections = sorted(book.sections.items(), key=lambda item: (item[0] != "project", min(q.card for q in item[1])))
    for section, questions in sections:
        given = answers.get(section) or {}
        asked = [question for question in questions if question.mode is QuestionMode.QUICK or question.field in given]
        if asked:
            yield section, tuple(sorted(asked, key=lambda question: question.card))


def _question_lines(questions: Iterable[Question], given: Mapping[str, Any], book: QuestionBook) -> Iterator[str]:
    card: int | None = None
    for question in questions:
        if question.card != card:
            card = question.card
            yield f"    # -- {book.card_titles.get(card, card)}"
        yield from wrap(_comment(question), 120, initial_indent="    # ", subsequent_indent="    #   ")
        yield f"    {question.field}: {flow_text(plain_value(given.get(question.field)))}"


def _comment(question: Question) -> str:
    """The question, and what may be answered."""
    allowed = {
        QuestionKind.ENUM: " | ".join(question.choices),
        QuestionKind.MULTI: f"any of {', '.join(question.choices)}",
        QuestionKind.BOOL: "true | false",
        QuestionKind.NUMBER: question.unit or "number",
        QuestionKind.TEXT: "text",
    }[question.kind]
    default = question.default
    taken = "" if default is None else f"; default {flow_text(plain_value(default))}"
    practice = f"; {question.guidance}" if question.guidance else ""
    return f"{question.ask} [{allowed}{taken}{practice}]"


def _key_lines(key: str, comment: str | None, value: object) -> list[str]:
    head = [f"# {comment}"] if comment else []
    lines = [f"{key}:", *block_lines(value, indent=2)] if wants_lines(value) else [f"{key}: {flow_text(value)}"]
    return [*head, *lines, ""]


def _make(folder: Path, text: str, schema: str) -> None:
    path = folder / PROJECT_FILE
    with told_apart(path):
        for inner in (folder, folder / "evals", folder / "prompts", folder / PRIVATE_FOLDER):
            inner.mkdir(parents=True, exist_ok=True)
        try:
            with path.open("x", encoding="utf-8", newline="\n") as stream:
                stream.write(text)
        except FileExistsError:
            fix = "Open it, or choose another folder."
            raise Conflict("the folder is a project already", fix=fix, place=Place(file=str(path))) from None
        (folder / PRIVATE_FOLDER / ".gitignore").write_text(_IGNORED, encoding="utf-8")
        (folder / SCHEMA_FILE).write_text(schema, encoding="utf-8")

"""The JSON Schema of maquette.yaml, for editors: made from the questions, the rules' facts and the file's layout.

Nothing is written by hand here and nothing is checked; the checks are in `checking`.
"""

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal, Optional

from maquette.requirements.answer_types import answer_type
from maquette.requirements.checking import design_fact_kinds
from maquette.requirements.questions import Question, QuestionBook

if TYPE_CHECKING:
    from pydantic import BaseModel

_FACT_TYPES: Mapping[str, Any] = {"str": str, "bool": bool, "int": int, "float": float}
_DIALECT = "https://json-schema.org/draft/2020-12/schema"


def answers_model(book: QuestionBook) -> "type[BaseModel]":
    """A model with one nested model a section; every field is optional and may be the literal ``unknown``."""
    sections = {
        section: _model(section, {question.field: _field(question) for question in questions})
        for section, questions in book.sections.items()
    }
    return _model("requirements", {name: _optional(model) for name, model in sections.items()})


def project_schema(book: QuestionBook, fact_kinds: Mapping[str, str]) -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of the whole maquette.yaml.

    Args:
        book: The questions.
        fact_kinds: The rules' facts by dotted name, with "str", "bool", "int" or "float".
    """
    from pydantic import create_model

    from maquette.requirements.document import ProjectEntry

    described = {name: ProjectEntry.model_fields[name].description for name in ("requirements", "design_facts")}
    model = create_model(
        "maquette.yaml",
        __base__=ProjectEntry,
        requirements=_optional(answers_model(book), described["requirements"]),
        design_facts=_optional(_facts_model(fact_kinds), described["design_facts"]),
    )
    return {"$schema": _DIALECT, **_without_titles(model.model_json_schema())}


def schema_text(book: QuestionBook, fact_kinds: Mapping[str, str]) -> str:
    """`project_schema` as the text of a file."""
    return json.dumps(project_schema(book, fact_kinds), indent=2, ensure_ascii=False) + "\n"


def _without_titles(schema: Any) -> Any:
    """Field names are their own titles; the generated ones ("P95 Ms") only get in the way of an editor's hints."""
    match schema:
        case dict():
            return {
                key: _without_titles(value)
                for key, value in schema.items()
                if not (key == "title" and isinstance(value, str))
            }
        case list():
            return [_without_titles(value) for value in schema]
    return schema


def _facts_model(fact_kinds: Mapping[str, str]) -> "type[BaseModel]":
    groups: dict[str, dict[str, Any]] = {}
    for dotted, kind in design_fact_kinds(fact_kinds).items():
        group, _, name = dotted.partition(".")
        groups.setdefault(group, {})[name] = _optional(_FACT_TYPES[kind] | Literal["unknown"])
    models = {group: _model(f"design_facts.{group}", fields) for group, fields in groups.items()}
    return _model("design_facts", {group: _optional(model) for group, model in models.items()})


def _field(question: Question) -> tuple[Any, Any]:
    """A question as a model's field: its type, unknown or nothing; its text; its unit."""
    from pydantic import Field

    stop = "" if question.ask.endswith(("?", ")")) else "."
    text = f"{question.ask}{stop} {question.background}."
    allowed: Any = answer_type(question) | Literal["unknown"]
    extra: Any = {"unit": question.unit} if question.unit else None
    return Optional[allowed], Field(default=None, description=text, json_schema_extra=extra)  # noqa: UP045  # see below


def _optional(allowed: Any, description: str | None = None) -> tuple[Any, Any]:
    from pydantic import Field

    return Optional[allowed], Field(default=None, description=description)  # noqa: UP045  # types made at run time do not take `|`


def _model(name: str, fields: dict[str, Any]) -> "type[BaseModel]":
    from pydantic import create_model

    from maquette.requirements.layout import Entry

    model: type[BaseModel] = create_model(name, __base__=Entry, **fields)
    return model

"""What an answer to a question looks like, as a pydantic type: one declaration behind the checks and the JSON Schema.

The messages to the user are in `checking`; nothing here is shown to anybody.
"""

from functools import cache
from typing import TYPE_CHECKING, Annotated, Any, Literal

from maquette.requirements.questions import Question, QuestionKind

if TYPE_CHECKING:
    from pydantic import TypeAdapter


def answer_type(question: Question) -> Any:
    """The type of a known answer: strict, finite, within the question's bounds."""
    from pydantic import Field, StrictBool

    match question.kind:
        case QuestionKind.ENUM:
            return Literal[question.choices]
        case QuestionKind.MULTI:
            unique = Field(min_length=int(question.minimum or 0), json_schema_extra={"uniqueItems": True})
            return Annotated[list[Literal[question.choices]], unique]  # type: ignore[name-defined]  # made at run time
        case QuestionKind.BOOL:
            return StrictBool
        case QuestionKind.NUMBER:
            bounds = Field(strict=True, ge=question.minimum, le=question.maximum, allow_inf_nan=False)
            return Annotated[float, bounds]
        case QuestionKind.TEXT:
            return Annotated[str, Field(strict=True, min_length=1)]


@cache
def answer_adapter(question: Question) -> "TypeAdapter[Any]":
    """The validator of a known answer, built when the question is first answered."""
    from pydantic import TypeAdapter

    return TypeAdapter(answer_type(question))

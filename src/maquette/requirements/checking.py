"""Raw answers against the questions: every error at once, each with its place and what to write instead.

Raw means plain data as a YAML file or a form holds it. Which file and line an answer stands at is the caller's to
know; nothing here reads a file.
"""

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from maquette.foundation.expression import FactValue
from maquette.foundation.problems import InvalidInput, Place, Problem, each_problem, raise_all
from maquette.foundation.wording import listed, shown, suggestion
from maquette.requirements.answer_types import answer_adapter
from maquette.requirements.answers import UNKNOWN, Requirements
from maquette.requirements.explaining import explained, wrong_choice
from maquette.requirements.questions import Question, QuestionBook, QuestionKind

PlaceOf: TypeAlias = Callable[[str], Place]
"""From a dotted name, such as ``latency.p95_ms``, to where it stands."""

DESIGN_FACT_GROUPS = ("design", "cat", "cost", "ops")
"""The groups of facts that a user may state about a design under review; ``eval.*`` is measured, never stated."""

_EXCLUSIVE = "none"
"""The choice of a multi that means the empty list."""


def check_answers(raw: Mapping[str, Any], book: QuestionBook, *, place_of: PlaceOf) -> Requirements:
    """The answers of ``raw``, which maps section to field to value; null is "not answered", "unknown" is an answer.

    Raises:
        InvalidInput, SeveralProblems: Every section, field and value that is wrong.
    """
    problems: list[Problem] = []
    answers: dict[str, FactValue] = {}
    unknown: set[str] = set()
    for name, value in _entries(raw, book, place_of, problems):
        try:
            answer = check_answer(book.questions[name], value, place=place_of(name))
        except Problem as problem:
            problems.extend(each_problem(problem))
            continue
        if answer is None:
            unknown.add(name)
        else:
            answers[name] = answer
    raise_all(problems)
    return Requirements(answers=answers, unknown=frozenset(unknown))


def check_answer(question: Question, value: object, *, place: Place) -> FactValue | None:
    """``value`` as an answer to ``question``; None when it says "unknown". Numbers stay as they were given.

    Raises:
        InvalidInput, SeveralProblems: It is not an answer.
    """
    from pydantic import ValidationError

    if value == UNKNOWN:
        return None
    if question.kind is QuestionKind.MULTI:
        return _several_choices(question, value, place)
    try:
        answer_adapter(question).validate_python(value)
    except ValidationError as error:
        what, fix = explained(question, value, error.errors()[0]["type"])
        raise InvalidInput(what, fix=fix, place=place) from None
    return value  # type: ignore[return-value]  # the adapter admitted only these kinds


def check_design_facts(raw: Mapping[str, Any], kinds: Mapping[str, str], *, place_of: PlaceOf) -> dict[str, FactValue]:
    """The facts that a user states about a design: dotted name to value, without those that are null or "unknown".

    Args:
        raw: Group to name to value.
        kinds: Dotted name to "str", "bool", "int" or "float"; groups that nobody may state are left out.
        place_of: Where a fact stands.

    Raises:
        InvalidInput, SeveralProblems: Every group, name and value that is wrong.
    """
    stated = design_fact_kinds(kinds)
    problems: list[Problem] = []
    facts: dict[str, FactValue] = {}
    for group, inner in raw.items():
        for name, value in _facts_of_group(str(group), inner, stated, place_of, problems):
            if value is None or value == UNKNOWN:
                continue
            if _is_of_kind(value, stated[name]):
                facts[name] = value
            else:
                what = f"{shown(value)} is not {_KIND_NAMES[stated[name]]}"
                problems.append(InvalidInput(what, fix=_KIND_FIXES[stated[name]], place=place_of(name)))
    raise_all(problems)
    return facts


def design_fact_kinds(kinds: Mapping[str, str]) -> dict[str, str]:
    """Those of a rule book's facts that a user may state about a design."""
    return {name: kind for name, kind in kinds.items() if name.partition(".")[0] in DESIGN_FACT_GROUPS}


def _entries(
    raw: Mapping[str, Any], book: QuestionBook, place_of: PlaceOf, problems: list[Problem]
) -> list[tuple[str, Any]]:
    """The answered fields of ``raw`` by dotted name; what is no section or field becomes a problem."""
    sections = book.sections
    entries: list[tuple[str, Any]] = []
    for section, fields in raw.items():
        if section not in sections:
            fix = suggestion(str(section), sections) or f"The sections are {listed(sections)}."
            problems.append(InvalidInput(f"{shown(section)} is not a section", fix=fix, place=place_of(str(section))))
        elif fields is not None and not isinstance(fields, Mapping):
            fix = f"Put its fields below it, such as {sections[section][0].field}."
            problems.append(InvalidInput(f"{section} is not a section of fields", fix=fix, place=place_of(section)))
        else:
            for name, value in (fields or {}).items():
                dotted = f"{section}.{name}"
                if dotted not in book.questions:
                    problems.append(_no_such_field(section, str(name), book, place_of(dotted)))
                elif value is not None:
                    entries.append((dotted, value))
    return entries


def _no_such_field(section: str, name: str, book: QuestionBook, place: Place) -> InvalidInput:
    fields = [question.field for question in book.sections[section]]
    elsewhere = [question.id for question in book.questions.values() if question.field == name]
    fix = (
        (f"Did you mean {elsewhere[0]}?" if elsewhere else None)
        or suggestion(name, fields)
        or f"The fields of {section} are {listed(fields)}."
    )
    return InvalidInput(f"{section} has no field {shown(name)}", fix=fix, place=place)


def _facts_of_group(
    group: str, inner: object, kinds: Mapping[str, str], place_of: PlaceOf, problems: list[Problem]
) -> list[tuple[str, Any]]:
    groups = list(dict.fromkeys(name.partition(".")[0] for name in kinds))
    if group not in groups:
        fix = suggestion(group, groups) or f"The groups are {listed(groups)}."
        problems.append(InvalidInput(f"{shown(group)} is not a group of facts", fix=fix, place=place_of(group)))
        return []
    if inner is None:
        return []
    if not isinstance(inner, Mapping):
        fix = "Put its facts below it, one a line."
        problems.append(InvalidInput(f"{group} is not a group of facts", fix=fix, place=place_of(group)))
        return []
    known = [name.partition(".")[2] for name in kinds if name.startswith(f"{group}.")]
    for name in inner:
        if name not in known:
            fix = suggestion(str(name), known) or f"The facts of {group} are {listed(known)}."
            where = place_of(f"{group}.{name}")
            problems.append(InvalidInput(f"{group} has no fact {shown(name)}", fix=fix, place=where))
    return [(f"{group}.{name}", value) for name, value in inner.items() if name in known]


_KIND_NAMES = {"str": "text", "bool": "true or false", "int": "a whole number", "float": "a number"}
_KIND_FIXES = {
    "str": "Write it as text, in quotes when it looks like something else, or unknown.",
    "bool": "Write true, false or unknown.",
    "int": "Write a whole number without quotes, or unknown.",
    "float": "Write a finite number without quotes, or unknown.",
}


def _is_of_kind(value: object, kind: str) -> bool:
    if isinstance(value, bool) or kind == "bool":
        return isinstance(value, bool) and kind == "bool"
    if kind == "float":
        return isinstance(value, int | float) and abs(value) < float("inf")
    return isinstance(value, int if kind == "int" else str)


def _several_choices(question: Question, value: object, place: Place) -> tuple[str, ...]:
    """A multi's entries; every wrong one is a problem of its own."""
    if not isinstance(value, list | tuple):
        example = value if value in question.choices else question.choices[0]
        raise InvalidInput(f"{shown(value)} is not a list", fix=f"Write [{example}], or unknown.", place=place)
    if list(value) == [_EXCLUSIVE] and _EXCLUSIVE in question.choices:
        return ()
    problems: list[Problem] = [
        InvalidInput(what, fix=fix, place=place)
        for what, fix in (wrong_choice(question, item) for item in value if item not in question.choices)
    ]
    if len(set(map(str, value))) < len(value):
        problems.append(InvalidInput("an entry stands there twice", fix="Keep each entry once.", place=place))
    if _EXCLUSIVE in value:
        fix = f"Write [{_EXCLUSIVE}] alone, or leave {_EXCLUSIVE} out."
        problems.append(InvalidInput(f"{_EXCLUSIVE} stands beside other entries", fix=fix, place=place))
    if len(value) < (question.minimum or 0):
        fix = f"Write at least one of {', '.join(question.choices)}, or unknown."
        problems.append(InvalidInput("the list is empty", fix=fix, place=place))
    raise_all(problems)
    return tuple(value)

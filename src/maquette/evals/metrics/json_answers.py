"""Metrics of answers that are JSON: valid against a schema, and right field by field."""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from maquette.evals.dataset import Example
from maquette.evals.metrics.protocol import unscored, verdict
from maquette.evals.metrics.response import Response
from maquette.evals.trials import Score

_FENCE = re.compile(r"\s*```(?:json)?[ \t]*\n(.*?)\n[ \t]*```\s*", re.DOTALL)
_DEEP = "nested too deeply to be compared"


@dataclass(frozen=True, kw_only=True)
class JsonSchema:
    """1 when the answer is JSON that the schema admits.

    Attributes:
        schema: A JSON Schema.
        strip_fences: Accept an answer inside a Markdown code fence.
    """

    schema: Mapping[str, Any]
    strip_fences: bool = False
    name: str = "json_schema"

    def __post_init__(self) -> None:
        from jsonschema import SchemaError
        from jsonschema.validators import validator_for

        try:
            validator_for(self.schema).check_schema(dict(self.schema))
        except SchemaError as error:
            raise ValueError(f"schema is not a JSON Schema: {error.message}") from error

    @cached_property
    def _validator(self) -> Any:
        from jsonschema.validators import validator_for
        from referencing import Registry

        # Without a registry of its own the library fetches a schema's remote references from the network.
        return validator_for(self.schema)(dict(self.schema), registry=Registry())

    def score(self, example: Example, response: Response) -> Score:
        """1 or 0, with the first violation in the detail; unscored when the schema itself cannot be followed."""
        del example
        data, why = json_in(response.text, strip_fences=self.strip_fences)
        if why:
            return verdict(self.name, False, why)
        try:
            violation = next(iter(self._validator.iter_errors(data)), None)
        except RecursionError:
            return unscored(self.name, _DEEP)
        except Exception as error:  # a reference into the network, which the library tells by a class of its own
            return unscored(self.name, f"the schema cannot be followed: {error}")
        return verdict(self.name, violation is None, violation.message if violation else "")


@dataclass(frozen=True, kw_only=True)
class JsonFields:
    """The share of expected fields that the answer has right; 1 only when all are.

    Attributes:
        fields: The fields to compare; empty compares every expected one.
        strip_fences: Accept an answer inside a Markdown code fence.
    """

    fields: tuple[str, ...] = field(default=())
    strip_fences: bool = False
    name: str = "json_fields"

    def score(self, example: Example, response: Response) -> Score:
        """From 0 to 1; 0 when the answer is no JSON object; unscored when the expected answer is none."""
        if not isinstance(example.expected, Mapping):
            return unscored(self.name, "the expected answer is not a JSON object")
        wanted = {name: example.expected.get(name) for name in self.fields} if self.fields else example.expected
        if not wanted:
            return unscored(self.name, "the expected answer has no fields")
        data, why = json_in(response.text, strip_fences=self.strip_fences)
        if why or not isinstance(data, dict):
            return verdict(self.name, False, why or "the answer is not a JSON object")
        wrong = [str(name) for name, value in wanted.items() if name not in data or not same(data[name], value)]
        share = (len(wanted) - len(wrong)) / len(wanted)
        return Score(metric=self.name, value=share, detail=f"wrong: {', '.join(wrong)}"[:500] if wrong else "")

    def report(self, answers: Iterable[tuple[Example, str]]) -> Mapping[str, "FieldCount"]:
        """How often each field is right over many answers; examples without a JSON object are left out."""
        counts: dict[str, FieldCount] = {}
        for example, text in answers:
            if not isinstance(example.expected, Mapping):
                continue
            found, _ = json_in(text, strip_fences=self.strip_fences)
            for name in self.fields or example.expected:
                known = counts.get(name, FieldCount())
                counts[name] = known.with_answer(found, name, example.expected.get(name))
        return counts


@dataclass(frozen=True, kw_only=True, slots=True)
class FieldCount:
    """How many answers have a field right, wrong, or not at all."""

    right: int = 0
    wrong: int = 0
    missing: int = 0

    @property
    def accuracy(self) -> float | None:
        """Right / all; None without an answer."""
        total = self.right + self.wrong + self.missing
        return self.right / total if total else None

    def with_answer(self, found: object, name: str, wanted: object) -> "FieldCount":
        """The counts with one answer more; an answer that is no object lacks every field."""
        if not isinstance(found, Mapping) or name not in found:
            return FieldCount(right=self.right, wrong=self.wrong, missing=self.missing + 1)
        if same(found[name], wanted):
            return FieldCount(right=self.right + 1, wrong=self.wrong, missing=self.missing)
        return FieldCount(right=self.right, wrong=self.wrong + 1, missing=self.missing)


def same(found: object, wanted: object) -> bool:
    """Equal as JSON: true is not 1, while 1.0 is 1; the order of keys does not matter. Too deep is not equal."""
    try:
        return _same(found, wanted)
    except RecursionError:
        return False


def _same(found: object, wanted: object) -> bool:
    if isinstance(found, Mapping) and isinstance(wanted, Mapping):
        return found.keys() == wanted.keys() and all(_same(found[key], wanted[key]) for key in wanted)
    if isinstance(found, list | tuple) and isinstance(wanted, list | tuple):
        return len(found) == len(wanted) and all(map(_same, found, wanted))
    return isinstance(found, bool) is isinstance(wanted, bool) and bool(found == wanted)


def json_in(text: str, *, strip_fences: bool = False) -> tuple[Any, str]:
    """The data in ``text``, and why there is none (empty when there is)."""
    fenced = _FENCE.fullmatch(text) if strip_fences else None
    try:
        return json.loads(fenced.group(1) if fenced else text, parse_constant=_refuse), ""
    except (ValueError, RecursionError) as error:
        return None, f"not JSON: {error}"


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no JSON value")

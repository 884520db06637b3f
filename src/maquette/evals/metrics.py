"""Metrics: small dataclasses with one `score` each. What cannot be scored is unscored, never a crash.

Each is registered as an entry point under ``maquette.metrics``, like a stranger's. No metric here makes calls.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Protocol

from maquette.evals.dataset import Example
from maquette.evals.trials import Score

_FENCE = re.compile(r"^\s*```(?:json)?\s*\n(.*?)\n\s*```\s*$", re.DOTALL)


class Metric(Protocol):
    """Scores one answer against one example; pure, no calls of its own."""

    @property
    def name(self) -> str:
        """The name under which the scores are stored."""

    def score(self, example: Example, output: str) -> Score:
        """The score of ``output`` for ``example``; unscored when the two cannot be compared."""


@dataclass(frozen=True, kw_only=True)
class ExactMatch:
    """1 when the answer is the expected text; JSON answers are compared as data.

    Attributes:
        normalise: Compare without case and with white space folded.
    """

    normalise: bool = False
    name: str = "exact_match"

    def score(self, example: Example, output: str) -> Score:
        """1 or 0; unscored without an expected answer."""
        if example.expected is None:
            return _unscored(self.name, "the example has no expected answer")
        if not isinstance(example.expected, str):
            data, why = _json(output)
            return Score(metric=self.name, value=float(not why and _same(data, example.expected)), detail=why)
        same = self._folded(output) == self._folded(example.expected)
        return Score(metric=self.name, value=float(same))

    def _folded(self, text: str) -> str:
        return " ".join(text.casefold().split()) if self.normalise else text.strip()


@dataclass(frozen=True, kw_only=True)
class Contains:
    """1 when the answer contains the expected text.

    Attributes:
        ignore_case: Compare without case.
    """

    ignore_case: bool = False
    name: str = "contains"

    def score(self, example: Example, output: str) -> Score:
        """1 or 0; unscored when the expected answer is no text."""
        if not isinstance(example.expected, str):
            return _unscored(self.name, "the expected answer is not text")
        wanted, found = example.expected, output
        if self.ignore_case:
            wanted, found = wanted.casefold(), found.casefold()
        return Score(metric=self.name, value=float(wanted in found))


@dataclass(frozen=True, kw_only=True)
class Regex:
    """1 when the pattern is found in the answer.

    The pattern comes from the project's own file, not from a model: one that backtracks without end, like ``(a+)+$``,
    holds up the run, and is the user's to mend.

    Attributes:
        pattern: Python's syntax; ``(?i)`` and the other inline flags work.
    """

    pattern: str
    name: str = "regex"

    def __post_init__(self) -> None:
        try:
            re.compile(self.pattern)
        except re.error as error:
            raise ValueError(f"pattern {self.pattern!r} is not a regular expression: {error}") from error

    def score(self, example: Example, output: str) -> Score:
        """1 or 0."""
        del example
        return Score(metric=self.name, value=float(re.search(self.pattern, output) is not None))


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

    def score(self, example: Example, output: str) -> Score:
        """1 or 0, with the first violation in the detail."""
        del example
        data, why = _json(output, strip_fences=self.strip_fences)
        if why:
            return Score(metric=self.name, value=0.0, detail=why)
        violation = next(iter(self._validator.iter_errors(data)), None)
        return Score(metric=self.name, value=float(violation is None), detail=violation.message if violation else "")


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

    def score(self, example: Example, output: str) -> Score:
        """From 0 to 1; 0 when the answer is no JSON object; unscored when the expected answer is none."""
        if not isinstance(example.expected, Mapping):
            return _unscored(self.name, "the expected answer is not a JSON object")
        wanted = {name: example.expected.get(name) for name in self.fields} if self.fields else example.expected
        if not wanted:
            return _unscored(self.name, "the expected answer has no fields")
        data, why = _json(output, strip_fences=self.strip_fences)
        if why or not isinstance(data, dict):
            return Score(metric=self.name, value=0.0, detail=why or "the answer is not a JSON object")
        wrong = [name for name, value in wanted.items() if name not in data or not _same(data[name], value)]
        detail = f"wrong: {', '.join(wrong)}" if wrong else ""
        return Score(metric=self.name, value=(len(wanted) - len(wrong)) / len(wanted), detail=detail)


def _same(found: object, wanted: object) -> bool:
    """Equal as JSON: true is not 1, while 1.0 is 1; the order of keys does not matter."""
    if isinstance(found, Mapping) and isinstance(wanted, Mapping):
        return found.keys() == wanted.keys() and all(_same(found[key], wanted[key]) for key in wanted)
    if isinstance(found, list | tuple) and isinstance(wanted, list | tuple):
        return len(found) == len(wanted) and all(map(_same, found, wanted))
    return isinstance(found, bool) is isinstance(wanted, bool) and found == wanted


def _json(text: str, *, strip_fences: bool = False) -> tuple[Any, str]:
    """The data in ``text``, and why there is none (empty when there is)."""
    fenced = _FENCE.match(text) if strip_fences else None
    try:
        return json.loads(fenced.group(1) if fenced else text, parse_constant=_refuse), ""
    except (ValueError, RecursionError) as error:
        return None, f"not JSON: {error}"


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no JSON value")


def _unscored(metric: str, why: str) -> Score:
    return Score(metric=metric, value=None, detail=why)

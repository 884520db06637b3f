"""Metrics of texts that match or do not: the same, contained, or found by a pattern."""

import re
from dataclasses import dataclass, field
from importlib import import_module
from importlib.util import find_spec
from typing import Any, Literal

from maquette.evals.dataset import Example
from maquette.evals.metrics.json_answers import json_in, same
from maquette.evals.metrics.normalising import Normalising
from maquette.evals.metrics.protocol import NO_TEXT, texts_expected, unscored, verdict
from maquette.evals.metrics.response import Response
from maquette.evals.trials import Score


@dataclass(frozen=True, kw_only=True)
class ExactMatch(Normalising):
    """1 when the answer is the expected text; JSON answers are compared as data."""

    name: str = "exact_match"

    def score(self, example: Example, response: Response) -> Score:
        """1 or 0; unscored without an expected answer."""
        if example.expected is None:
            return unscored(self.name, "the example has no expected answer")
        if not isinstance(example.expected, str):
            data, why = json_in(response.text)
            return verdict(self.name, not why and same(data, example.expected), why)
        return verdict(self.name, self.folded(response.text).strip() == self.folded(example.expected).strip())


@dataclass(frozen=True, kw_only=True)
class Contains(Normalising):
    """1 when the answer contains the wanted texts.

    Attributes:
        texts: What is wanted; empty takes the example's expected text, or its list of texts.
        need: "all" of them or "any".
    """

    texts: tuple[str, ...] = field(default=())
    need: Literal["all", "any"] = "all"
    name: str = "contains"

    def score(self, example: Example, response: Response) -> Score:
        """1 or 0, with what is missing in the detail; unscored when no text is wanted."""
        wanted = self.texts or texts_expected(example)
        if not wanted:
            return unscored(self.name, NO_TEXT)
        answer = self.folded(response.text)
        missing = [text for text in wanted if self.folded(text) not in answer]
        right = not missing if self.need == "all" else len(missing) < len(wanted)
        return verdict(self.name, right, "" if right else f"missing: {', '.join(missing)}")


@dataclass(frozen=True, kw_only=True)
class NotContains(Normalising):
    """1 when the answer contains none of the texts.

    Attributes:
        texts: What must not be there; empty takes the example's expected text, or its list of texts.
    """

    texts: tuple[str, ...] = field(default=())
    name: str = "not_contains"

    def score(self, example: Example, response: Response) -> Score:
        """1 or 0, with what was found in the detail; unscored when no text is named."""
        unwanted = self.texts or texts_expected(example)
        if not unwanted:
            return unscored(self.name, NO_TEXT)
        answer = self.folded(response.text)
        found = [text for text in unwanted if self.folded(text) in answer]
        return verdict(self.name, not found, f"found: {', '.join(found)}" if found else "")


@dataclass(frozen=True, kw_only=True)
class Regex:
    """1 when the pattern is found in the answer.

    Where the library ``regex`` is installed, which LiteLLM's tokenizer brings, a search ends after ``limit_s``.
    Without it, a pattern that backtracks without end, like ``(a+)+$``, holds up the run.

    Attributes:
        pattern: Python's syntax; ``(?i)`` and the other inline flags work.
        limit_s: How long a search may take.
    """

    pattern: str
    limit_s: float = 2.0
    name: str = "regex"

    def __post_init__(self) -> None:
        try:
            re.compile(self.pattern)
        except (re.error, RecursionError, OverflowError) as error:
            raise ValueError(f"pattern {self.pattern!r} is not a regular expression: {error}") from error
        if not self.limit_s > 0:
            raise ValueError(f"a search cannot end after {self.limit_s:g} s")

    def score(self, example: Example, response: Response) -> Score:
        """1 or 0; unscored when the search takes too long."""
        del example
        try:
            return verdict(self.name, self._found(response.text))
        except TimeoutError:
            return unscored(self.name, f"the search took longer than {self.limit_s:g} s")

    def _found(self, text: str) -> bool:
        library = _library()
        if library is None:
            return re.search(self.pattern, text) is not None
        try:
            pattern = library.compile(self.pattern)
        except library.error:
            return re.search(self.pattern, text) is not None
        return pattern.search(text, timeout=self.limit_s) is not None


def _library() -> Any:  # it publishes no types
    return import_module("regex") if find_spec("regex") else None

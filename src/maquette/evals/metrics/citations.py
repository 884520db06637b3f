"""A metric of citations: what the answer names or quotes is in the sources that it was given."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from maquette.evals.dataset import Example
from maquette.evals.metrics.protocol import short, unscored
from maquette.evals.metrics.response import Response
from maquette.evals.trials import Score

_MARKS = re.compile(r"\[([^\[\]\n]{1,200})\](?!\()")
_QUOTES = re.compile(
    r'"([^"\n]{1,2000})"|\u201c([^\u201c\u201d\n]{1,2000})\u201d|\u00ab([^\u00ab\u00bb\n]{1,2000})\u00bb'
    r"|\u201e([^\u201e\u201c\n]{1,2000})\u201c"
)
_MOST_QUOTES = 1000


@dataclass(frozen=True, kw_only=True)
class Citation:
    """How well the answer's citations are backed by the sources.

    A citation is an id in square brackets, such as [2] or [terms, 4], or a quote in quotation marks that must stand in
    a source word for word. Sources are texts, numbered from 1; or objects with ``id`` and ``text``; or an object from
    ids to texts. The expected answer names the ids that belong into the answer: a list, or one under ``citations``.

    Attributes:
        sources: The input that holds the sources.
        measure: "precision": backed citations / all; "recall": expected ids that are cited / expected ids; "f1".
        quote_words: Quotes of fewer words are names and terms, not quotations.
        required: An answer without a citation has precision 0; otherwise it is unscored.
    """

    sources: str = "sources"
    measure: Literal["precision", "recall", "f1"] = "precision"
    quote_words: int = 4
    required: bool = True
    name: str = "citation"

    def score(self, example: Example, response: Response) -> Score:
        """From 0 to 1, with what is not backed in the detail; unscored without sources, or expected ids for recall."""
        sources = _sources(example.inputs.get(self.sources))
        if not sources:
            return unscored(self.name, f"the example has no sources under {self.sources!r}")
        wanted = _ids(example.expected)
        if self.measure != "precision" and not wanted:
            return unscored(self.name, "the example names no citations that are expected")
        if len(_QUOTES.findall(response.text)) > _MOST_QUOTES:
            return unscored(self.name, f"more than {_MOST_QUOTES} quotes")
        cited, backed, strange = self._citations(response.text, sources)
        recall = len(wanted & cited) / len(wanted) if wanted else 0.0
        detail = short(f"not in the sources: {'; '.join(strange)}") if strange else ""
        if self.measure == "recall":
            return Score(metric=self.name, value=recall, detail=short(_missing(wanted - cited) or detail))
        if not backed and not strange:
            return Score(metric=self.name, value=0.0 if self.required else None, detail="the answer cites nothing")
        precision = backed / (backed + len(strange))
        if self.measure == "precision":
            return Score(metric=self.name, value=precision, detail=detail)
        value = 2 * precision * recall / (precision + recall) if precision and recall else 0.0
        return Score(metric=self.name, value=value, detail=short(detail or _missing(wanted - cited)))

    def _citations(self, text: str, sources: Mapping[str, str]) -> tuple[set[str], int, list[str]]:
        """The known ids that are cited, how many citations are backed, and those that are not."""
        marks = {part.strip() for match in _MARKS.findall(text) for part in re.split(r"[,;]", match) if part.strip()}
        quotes = {"".join(groups) for groups in _QUOTES.findall(text)}
        quotes = {quote for quote in quotes if len(quote.split()) >= self.quote_words}
        texts = [_plain(source) for source in sources.values()]
        known = {mark for mark in marks if mark in sources}
        lost = {quote for quote in quotes if not any(_plain(quote) in source for source in texts)}
        return known, len(known) + len(quotes) - len(lost), sorted(marks - known) + sorted(lost)


def _sources(given: object) -> dict[str, str]:
    """Id to text; empty when there are none."""
    if isinstance(given, str):
        return {"1": given} if given else {}
    if isinstance(given, Mapping):
        return {str(key): value for key, value in given.items() if isinstance(value, str)}
    found: dict[str, str] = {}
    for number, source in enumerate(given if isinstance(given, list | tuple) else (), start=1):
        if isinstance(source, str):
            found[str(number)] = source
        elif isinstance(source, Mapping) and isinstance(source.get("text"), str):
            found[str(source.get("id", number))] = source["text"]
    return found


def _ids(expected: object) -> set[str]:
    if isinstance(expected, Mapping):
        expected = expected.get("citations")
    if not isinstance(expected, list | tuple):
        return set()
    return {str(name) for name in expected if isinstance(name, str | int)}


def _plain(text: str) -> str:
    """Without what typesetting changes: case, white space, accents' composition, the form of apostrophes and dashes."""
    text = unicodedata.normalize("NFKC", text).casefold().strip(" .,;:!?")
    return " ".join(re.sub(r"[\u2010-\u2015]", "-", re.sub(r"[\u2018\u2019]", "'", text)).split())


def _missing(ids: set[str]) -> str:
    return f"not cited: {', '.join(sorted(ids))}" if ids else ""

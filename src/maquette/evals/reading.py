"""From raw rows to examples: every wrong row is told with its line and field, and nothing is guessed."""

import math
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import Any

from maquette.evals.dataset import STRATA_JOIN, Dataset, Example, ImageSource
from maquette.evals.raw_rows import NO_UTF8, NUL, ROW_KEYS, TOO_LONG, Row, Rows
from maquette.evals.turns import read_messages, read_tools
from maquette.foundation.problems import InvalidInput, Place, Problem, raise_all
from maquette.foundation.wording import suggestion

MAX_PROBLEMS = 20
"""So many mistakes are listed; the others are counted."""

WELL_KNOWN_STRATA = ("normal", "edge", "adversarial")

FindImage = Callable[[str], ImageSource]
"""From a path below the project, or a data URL, to the picture; raises a ValueError that says what is wrong."""

_TOLD_BY_TAGS = ("source", "owner")
_PLAIN_KEYS = frozenset({"id", "inputs", "input", "expected", "target", "stratum"})
_FIXES = {
    NO_UTF8: "Save the file as UTF-8.",
    NUL: "Take it out; a text file has none.",
    TOO_LONG: "A line holds one example: check that this is the right file.",
}
_SPLITS = {"test": False, "fewshot": True, "few_shot": True, "few-shot": True}


def read_examples(rows: Rows, *, name: str, find_image: FindImage, for_prompt: bool = False) -> Dataset:
    """The examples of the rows, in their order; rows are taken one at a time.

    Args:
        rows: From `raw_rows`, or of that form.
        name: The file as the user named it.
        find_image: Called for each picture.
        for_prompt: Whether rows set apart for prompts are enough.

    Raises:
        InvalidInput: A row is wrong, or there is none. Up to twenty mistakes are listed, the others counted.
    """
    reading = _Reading(name, find_image)
    for line, row in rows:
        reading.take(line, row)
    return reading.dataset(for_prompt=for_prompt)


class _Reading:
    """What was read so far."""

    def __init__(self, name: str, find_image: FindImage) -> None:
        self._name = name
        self._find_image = find_image
        self._tests: list[Example] = []
        self._shots: list[Example] = []
        self._line_of: dict[str, int] = {}
        self._lacking: list[int] = []
        self._problems: list[Problem] = []
        self._mistakes = 0

    def take(self, line: int, row: Row) -> None:
        """Add the row's example, or what is wrong with it."""
        if isinstance(row, str):
            self._tell(line, None, row, _FIXES.get(row))
            return
        before = self._mistakes
        faults = _Faults(self, line)
        example = _example(row, line, faults.tell, self._find_image)
        if self._mistakes != before:
            return
        first = self._line_of.setdefault(example.id, line)
        if first != line:
            what = f"the id {example.id!r} is in line {first} already"
            self._tell(line, "id", what, "Give each example an id of its own.")
        elif _SPLITS[row.get("split", "test")]:
            self._shots.append(example)
        else:
            self._tests.append(example)
            if "expected" not in row and "target" not in row:
                self._lacking.append(line)

    def dataset(self, *, for_prompt: bool) -> Dataset:
        """The whole, once every row was taken."""
        if len(self._lacking) < len(self._tests):
            # Either every example has an expected answer or none has: a few that lack it are an oversight.
            for line in self._lacking:
                fix = "Add it, as the other examples have one; null says that there is none."
                self._tell(line, "expected", "there is no expected answer", fix)
        if (more := self._mistakes - len(self._problems)) > 0:
            what = f"{more:,} more {'mistake' if more == 1 else 'mistakes'}"
            self._problems.append(InvalidInput(what, place=Place(file=self._name), fix="Correct those above first."))
        raise_all(self._problems)
        if not self._tests and not (for_prompt and self._shots):
            what = "there are no examples in it" + (" but few-shot ones" if self._shots else "")
            raise InvalidInput(what, place=Place(file=self._name), fix="Add one example a line.")
        return Dataset(name=self._name, examples=tuple(self._tests), few_shot=tuple(self._shots))

    def _tell(self, line: int, field: str | None, what: str, fix: str | None = None) -> None:
        self._mistakes += 1
        if len(self._problems) < MAX_PROBLEMS:
            place = Place(file=self._name, line=line, field=field)
            self._problems.append(InvalidInput(what, place=place, fix=fix or "Correct the row, or take it out."))

    tell = _tell


class _Faults:
    """Tells of the mistakes of one line."""

    __slots__ = ("_line", "_reading")

    def __init__(self, reading: _Reading, line: int) -> None:
        self._reading = reading
        self._line = line

    def tell(self, field: str, what: str) -> None:
        self._reading.tell(self._line, field or None, what)


Tell = Callable[[str, str], None]


def _example(row: Mapping[str, Any], line: int, tell: Tell, find_image: FindImage) -> Example:
    """The row's example; where ``tell`` was called it is not to be used."""
    found = row.get("id")
    if found is None and "id" not in row:
        found = f"line-{line}"
    elif not isinstance(found, str | int) or isinstance(found, bool) or found == "":
        tell("id", "neither text nor a whole number")
    inputs = _inputs(row, tell)
    expected = row["expected"] if "expected" in row else row.get("target")
    if row.keys() <= _PLAIN_KEYS:
        stratum = row.get("stratum", "normal")
        if type(stratum) is not str or not stratum:
            stratum = _label(stratum, "stratum", tell)
        return Example(id=str(found), inputs=inputs, expected=expected, stratum=stratum)
    return Example(
        id=str(found), inputs=inputs, expected=expected, stratum=_stratum(row, tell), **_later(row, tell, find_image)
    )


def _inputs(row: Mapping[str, Any], tell: Tell) -> Mapping[str, Any]:
    """The variables: ``inputs``, or ``input`` alone, or in a row with neither every key without a meaning."""
    if "expected" in row and "target" in row:
        tell("target", "'expected' and 'target' say the same thing")
    named = "inputs" in row or "input" in row or "messages" in row
    others = () if row.keys() <= ROW_KEYS else row.keys() - ROW_KEYS
    if not named and others:
        return {key: row[key] for key in row if key not in ROW_KEYS}
    for key in sorted(others):
        if key not in _TOLD_BY_TAGS:
            tell(key, _unknown(key))
    if "inputs" in row:
        if "input" in row:
            tell("input", "'inputs' and 'input' say the same thing")
        inputs = row["inputs"]
        if isinstance(inputs, dict) and (inputs or "messages" in row):
            return inputs
        tell("inputs", "not an object with at least one variable")
    elif "input" in row:
        return {"input": row["input"]}
    elif not named:
        tell("", "there is neither 'inputs' nor 'input'")
    return {}


@lru_cache(maxsize=100)
def _unknown(key: str) -> str:
    near = suggestion(key, ROW_KEYS)
    return f"an unknown key. {near.rstrip('.')}" if near else "an unknown key"


def _label(value: object, field: str, tell: Tell) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int) or value == "":
        tell(field, "neither text nor a whole number")
    return str(value)


def _labels(row: Mapping[str, Any], field: str, tell: Tell) -> tuple[str, ...]:
    value = row.get(field, [])
    if not isinstance(value, list):
        tell(field, "not a list of labels")
        return ()
    return tuple(dict.fromkeys(_label(item, f"{field}.{place}", tell) for place, item in enumerate(value)))


def _tags(row: Mapping[str, Any], tell: Tell) -> tuple[str, ...]:
    """The labels, with source and owner among them; in a row without ``inputs`` those two are variables."""
    flat = not row.keys() & {"inputs", "input", "messages"}
    told = () if flat else (f"{key}:{_label(row[key], key, tell)}" for key in _TOLD_BY_TAGS if key in row)
    return tuple(dict.fromkeys((*_labels(row, "tags", tell), *told)))


def _stratum(row: Mapping[str, Any], tell: Tell) -> str:
    if "strata" not in row:
        return _label(row.get("stratum", "normal"), "stratum", tell)
    if "stratum" in row:
        tell("strata", "'stratum' and 'strata' say the same thing")
    labels = _labels(row, "strata", tell)
    known = [label for label in WELL_KNOWN_STRATA if label in labels]
    return STRATA_JOIN.join([*known, *sorted(set(labels) - set(known))]) or "normal"


def _later(row: Mapping[str, Any], tell: Tell, find_image: FindImage) -> dict[str, Any]:
    """The fields that few files have."""
    weight, must_pass = row.get("weight", 1.0), row.get("must_pass", False)
    if isinstance(weight, bool) or not isinstance(weight, int | float) or not 0 < weight < math.inf:
        tell("weight", "not a positive number")
        weight = 1.0
    if not isinstance(must_pass, bool):
        tell("must_pass", "neither true nor false")
    if not isinstance(row.get("split", "test"), str) or row.get("split", "test") not in _SPLITS:
        tell("split", "neither 'test' nor 'fewshot'")
    return {
        "cluster": _label(row["cluster"], "cluster", tell) if row.get("cluster") is not None else None,
        "weight": float(weight),
        "must_pass": must_pass,
        "tags": _tags(row, tell),
        "messages": read_messages(row["messages"], tell) if "messages" in row else (),
        "tools": read_tools(row["tools"], tell) if "tools" in row else (),
        "images": tuple(_images(row["images"], tell, find_image)) if "images" in row else (),
    }


def _images(value: object, tell: Tell, find_image: FindImage) -> Iterator[ImageSource]:
    if not isinstance(value, list):
        tell("images", "not a list of paths and data URLs")
        return
    for place, written in enumerate(value):
        if not isinstance(written, str):
            tell(f"images.{place}", "neither a path nor a data URL")
            continue
        try:
            yield find_image(written)
        except ValueError as error:
            tell(f"images.{place}", str(error))

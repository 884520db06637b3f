"""Examples from JSONL and CSV files. Every wrong row is reported with its line; nothing is guessed."""

import csv
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import IO, Any

from maquette.evals.dataset import Dataset, Example
from maquette.foundation.problems import InvalidInput, NotFound, Place, Problem, raise_all

MAX_PROBLEMS = 20
"""So many wrong rows are listed; a file with more is likely of another kind."""

MAX_LINE_CHARS = 16 * 1024 * 1024
"""A longer line, or cell, is a file of another kind, and would not fit a model either."""

_ROW_KEYS = {"id", "inputs", "input", "expected", "target", "stratum"}


def read_dataset(path: Path, *, name: str) -> Dataset:
    """The examples of a file, in its order.

    JSONL: ``{"id", "inputs": {...}, "expected", "stratum"}`` a line; ``input`` with a text stands for
    ``inputs: {"input": ...}``, and ``target`` for ``expected``. CSV: the columns ``id``, ``expected`` and
    ``stratum``; every other column is an input, and an expected answer that is a JSON object is data.

    Raises:
        NotFound: There is no such file.
        InvalidInput: The file or a row is wrong; up to twenty are listed.
    """
    reader = _reader(path, name)
    problems: list[Problem] = []
    examples: dict[str, tuple[Example, Place]] = {}
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            for line, row in reader(file):
                _take(row, Place(file=name, line=line), examples, problems)
                if len(problems) >= MAX_PROBLEMS:
                    break
    except OSError as error:
        raise NotFound(
            f"the examples cannot be read: {error.strerror}", place=Place(file=name), fix="Correct evaluation.dataset."
        ) from error
    except UnicodeDecodeError as error:
        place = Place(file=name, line=_first_line_not_utf8(path))
        raise InvalidInput("not UTF-8", place=place, fix="Save the file as UTF-8.") from error
    raise_all(problems or _without_expected(examples))
    if not examples:
        raise InvalidInput("there are no examples in it", place=Place(file=name), fix="Add one example a line.")
    return Dataset(name=name, examples=tuple(example for example, _ in examples.values()))


Row = Mapping[str, Any] | str
"""A parsed row, or why there is none."""


def _reader(path: Path, name: str) -> Callable[[IO[str]], Iterator[tuple[int, Row]]]:
    match path.suffix.lower():
        case ".jsonl" | ".ndjson":
            return _jsonl
        case ".csv":
            return _csv
    raise InvalidInput(
        f"{path.suffix or 'a file without an ending'!r} is not a kind of dataset",
        place=Place(file=name),
        fix="Use .jsonl or .csv.",
    )


def _jsonl(file: IO[str]) -> Iterator[tuple[int, Row]]:
    for number, line in enumerate(iter(partial(file.readline, MAX_LINE_CHARS + 1), ""), start=1):
        if len(line) > MAX_LINE_CHARS:
            yield number, "the line is longer than 16 MiB"
            return
        if line.strip():
            yield number, _json_row(line)


def _json_row(line: str) -> Row:
    try:
        row = json.loads(line, parse_constant=_refuse)
        if "\\ud" in line.lower():
            json.dumps(row, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return "half of a surrogate pair is no text"
    except (ValueError, RecursionError) as error:
        return f"not JSON: {error}"
    return row if isinstance(row, dict) else "not a JSON object"


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no JSON value")


def _csv(file: IO[str]) -> Iterator[tuple[int, Row]]:
    csv.field_size_limit(MAX_LINE_CHARS)
    rows = csv.DictReader(file, strict=True)
    try:
        columns = list(rows.fieldnames or ())
        if twice := sorted({column for column in columns if columns.count(column) > 1}):
            yield 1, f"the column {twice[0]!r} is there twice"
            return
        for row in rows:
            yield rows.line_num, _csv_row(row)
    except csv.Error as error:
        yield rows.line_num + 1, f"not CSV: {error}"


def _csv_row(row: Mapping[str | None, Any]) -> Row:
    if None in row:
        return "more cells than the first line has columns"
    if None in row.values():
        return "fewer cells than the first line has columns"
    inputs = {name: cell for name, cell in row.items() if name not in _ROW_KEYS - {"input"}}
    expected = row.get("expected", row.get("target"))
    found: dict[str, Any] = {"inputs": inputs, "expected": _data_or_text(expected)}
    found.update({key: row[key] for key in ("id", "stratum") if row.get(key)})
    return found


def _data_or_text(cell: str | None) -> Any:
    if cell and cell.lstrip().startswith(("{", "[")):
        try:
            return json.loads(cell)
        except (ValueError, RecursionError):
            return cell
    return cell or None


def _take(row: Row, place: Place, examples: dict[str, tuple[Example, Place]], problems: list[Problem]) -> None:
    """Add the row's example, or what is wrong with it."""
    wrong = row if isinstance(row, str) else "; ".join(_mistakes(row))
    if wrong or isinstance(row, str):
        problems.append(InvalidInput(wrong, place=place, fix="Correct the row, or take it out."))
        return
    found = str(row.get("id", f"line-{place.line}"))
    if found in examples:
        first = examples[found][1].line
        problems.append(
            InvalidInput(
                f"the id {found!r} is in line {first} already", place=place, fix="Give each example an id of its own."
            )
        )
        return
    example = Example(
        id=found,
        inputs=row["inputs"] if "inputs" in row else {"input": row["input"]},
        expected=row.get("expected", row.get("target")),
        stratum=str(row.get("stratum", "normal")),
    )
    examples[found] = (example, place)


def _mistakes(row: Mapping[str, Any]) -> Iterable[str]:
    for one, other in (("inputs", "input"), ("expected", "target")):
        if one in row and other in row:
            yield f"{one!r} and {other!r} say the same thing"
    if "inputs" not in row and "input" not in row:
        yield "there is neither 'inputs' nor 'input'"
    if "inputs" in row and (not isinstance(row["inputs"], dict) or not row["inputs"]):
        yield "'inputs' is not an object with at least one variable"
    for key in ("id", "stratum"):
        if key in row and (isinstance(row[key], bool) or not isinstance(row[key], str | int) or row[key] == ""):
            yield f"{key!r} is neither text nor a whole number"
    if unknown := sorted(set(row) - _ROW_KEYS):
        yield f"unknown key {unknown[0]!r}"


def _without_expected(examples: Mapping[str, tuple[Example, Place]]) -> list[Problem]:
    """Either every example has an expected answer or none has: a few that lack it are an oversight."""
    lacking = [place for example, place in examples.values() if example.expected is None]
    if len(lacking) == len(examples):
        return []
    return [
        InvalidInput("there is no expected answer", place=place, fix="Add it, as the other examples have one.")
        for place in lacking[:MAX_PROBLEMS]
    ]


def _first_line_not_utf8(path: Path) -> int | None:
    with path.open("rb") as lines:
        for number, line in enumerate(lines, start=1):
            try:
                line.decode()
            except UnicodeDecodeError:
                return number
    return None

"""The rows of JSONL and CSV bytes, one at a time: what a row says, not yet what it means. A wrong row is a sentence."""

import csv
import json
import math
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any, BinaryIO

MAX_LINE_BYTES = 10_000_000
"""A longer line, or cell, is a file of another kind, and would not fit a model either."""

TOO_LONG = "the line is longer than 10 MB"
NO_UTF8 = "not UTF-8"
NUL = "a NUL byte is in it"

ROW_KEYS = frozenset(
    {
        *("id", "inputs", "input", "expected", "target", "stratum", "strata", "cluster", "weight", "split", "tags"),
        *("messages", "tools", "images", "must_pass"),
    }
)
"""Keys and columns with a meaning; in a table, every other column is a variable of the prompt."""

Row = Mapping[str, Any] | str
"""A parsed row, or why there is none."""

Rows = Iterator[tuple[int, Row]]
"""Rows with the line, from 1, that each begins on."""

RowReader = Callable[[BinaryIO], Rows]


def reader_for(ending: str) -> RowReader | None:
    """What reads files of that ending, or None."""
    match ending.lower():
        case ".jsonl" | ".ndjson":
            return json_rows
        case ".csv":
            return csv_rows
        case ".tsv":
            return partial(csv_rows, delimiter="\t")
    return None


def is_utf16(start: bytes) -> bool:
    """Whether a file that begins so is UTF-16: by its mark, or because every other byte is NUL."""
    return start.startswith((b"\xff\xfe", b"\xfe\xff")) or start[:64].count(0) * 3 > len(start[:64]) > 1


def json_rows(file: BinaryIO) -> Rows:
    """Each line of JSONL that is not blank."""
    for number, line in enumerate(iter(partial(file.readline, MAX_LINE_BYTES + 1), b""), start=1):
        if len(line) > MAX_LINE_BYTES:
            yield number, TOO_LONG
            _skip_line(file, line)
        elif not line.isspace():
            yield number, _json_row(line.removeprefix(b"\xef\xbb\xbf") if number == 1 else line)


def _skip_line(file: BinaryIO, line: bytes) -> None:
    while line and not line.endswith(b"\n"):
        line = file.readline(MAX_LINE_BYTES)


def _json_row(line: bytes) -> Row:
    if b"\0" in line:
        return NUL
    try:
        row = _DECODER.decode(line.decode())
        if b"\\u" in line:
            json.dumps(row, ensure_ascii=False).encode()
    except UnicodeDecodeError:
        return NO_UTF8
    except UnicodeEncodeError:
        return "half of a surrogate pair is no text"
    except json.JSONDecodeError as error:
        return f"not JSON: {error.msg} (character {error.pos + 1})"
    except (ValueError, RecursionError) as error:
        return f"not JSON: {error}"
    return row if isinstance(row, dict) else "not a JSON object"


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no JSON value")


def _finite(text: str) -> float:
    if math.isinf(number := float(text)):
        raise ValueError(f"{text} is too large a number")
    return number


_DECODER = json.JSONDecoder(parse_constant=_refuse, parse_float=_finite)


def csv_rows(file: BinaryIO, *, delimiter: str = ",") -> Rows:
    """Each row below the first line, which names the columns."""
    csv.field_size_limit(MAX_LINE_BYTES)
    columns: list[str] | None = None
    for line, cells in _started(csv.reader(_lines(file), strict=True, delimiter=delimiter)):
        if isinstance(cells, str):
            yield line, cells
        elif columns is None:
            columns = cells
            if wrong := _wrong_columns(columns, delimiter):
                yield line, wrong
                return
        elif cells:
            yield line, _csv_row(columns, cells)


def _lines(file: BinaryIO) -> Iterator[str]:
    """Lines as text; bytes that are no UTF-8 become half surrogates, to be told with their row."""
    for number, line in enumerate(iter(partial(file.readline, MAX_LINE_BYTES + 1), b"")):
        if len(line) > MAX_LINE_BYTES:
            raise csv.Error(TOO_LONG)
        yield (line if number else line.removeprefix(b"\xef\xbb\xbf")).decode(errors="surrogateescape")


def _started(lines: Any) -> Iterator[tuple[int, list[str] | str]]:
    """Each row's cells, or what is wrong with it, and the line that it begins on."""
    while True:
        line = lines.line_num + 1
        try:
            cells = next(lines)
        except StopIteration:
            return
        except csv.Error as error:
            what = str(error).partition(" - do you need")[0]
            yield line, TOO_LONG if what == TOO_LONG else f"not CSV: {what}"
            continue
        joined = "".join(cells)
        if joined.isascii():
            yield line, NUL if "\0" in joined else cells
        elif any("\udc80" <= char <= "\udcff" for char in joined):
            yield line, NO_UTF8
        else:
            yield line, NUL if "\0" in joined else cells


def _wrong_columns(columns: list[str], delimiter: str) -> str | None:
    if twice := sorted({column for column in columns if columns.count(column) > 1}):
        return f"the column {twice[0]!r} is there twice"
    if len(columns) == 1 and (found := next((mark for mark in ";\t" if mark in columns[0]), None)):
        return f"the columns are separated by {found!r} and not by {delimiter!r}"
    return None


def _csv_row(columns: list[str], cells: list[str]) -> Row:
    if len(cells) != len(columns):
        return f"{'more' if len(cells) > len(columns) else 'fewer'} cells than the first line has columns"
    row: dict[str, Any] = {}
    inputs: dict[str, Any] = {}
    for column, cell in zip(columns, cells, strict=True):
        if column == "input" or column not in ROW_KEYS:
            inputs[column] = cell
        elif cell:
            row[column] = _CELLS[column](cell) if column in _CELLS else cell
    return with_inputs(row, inputs)


def with_inputs(row: dict[str, Any], inputs: dict[str, Any]) -> dict[str, Any]:
    """A table's row with its variables under ``inputs``, unless a column of that name says them."""
    if "inputs" in row:
        return row | inputs
    return row | {"inputs": inputs} if inputs or "messages" not in row else row


def _data(cell: str) -> Any:
    """JSON objects and lists are data, everything else is text."""
    if cell.lstrip().startswith(("{", "[")):
        try:
            return _DECODER.decode(cell)
        except (ValueError, RecursionError):
            return cell
    return cell


def _words(cell: str) -> Any:
    """A JSON list, or words between semicolons or commas."""
    found = _data(cell)
    if found is not cell:
        return found
    return [word.strip() for word in cell.replace(";", ",").split(",") if word.strip()]


def _number(cell: str) -> Any:
    try:
        return float(cell)
    except ValueError:
        return cell


def _truth(cell: str) -> Any:
    return {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}.get(cell.casefold(), cell)


_CELLS: Mapping[str, Callable[[str], Any]] = {
    "inputs": _data,
    "expected": _data,
    "target": _data,
    "strata": _words,
    "tags": _words,
    "weight": _number,
    "must_pass": _truth,
    "messages": _data,
    "tools": _data,
    "images": lambda cell: found if isinstance(found := _data(cell), list) else [cell],
}

"""Opens files of examples. The rows are taken one at a time: a file of 100,000 is read once, and never held as text."""

from collections.abc import Iterator
from datetime import date, datetime, time
from decimal import Decimal
from functools import partial
from math import isfinite
from pathlib import Path
from typing import Any

from maquette.adapters.datasets.pictures import find_image
from maquette.analytics import parquet_rows
from maquette.evals.dataset import Dataset
from maquette.evals.raw_rows import ROW_KEYS, Row, Rows, is_utf16, reader_for, with_inputs
from maquette.evals.reading import read_examples
from maquette.foundation.problems import InvalidInput, NotFound, Place

_PARQUET = ".parquet"


def read_dataset(path: Path, *, name: str) -> Dataset:
    """The examples of a file, in its order.

    JSONL: an object a line with ``inputs: {...}`` or ``input`` (or its variables side by side), ``expected``, ``id``,
    ``stratum`` or ``strata``, ``cluster``, ``weight``, ``split``, ``tags``, ``messages``, ``tools``, ``images``,
    ``must_pass``. CSV, TSV and Parquet: columns of these names; every other column is a variable of the prompt, and a
    cell that is a JSON object or list is data where data is meant. Pictures are named from the project's folder, which
    is ``path`` without ``name``.

    Raises:
        NotFound: There is no such file.
        InvalidInput: The file or a row is wrong; up to twenty mistakes are listed and the others counted.
    """
    pictures = partial(find_image, _root(path, name))
    try:
        if path.suffix.lower() == _PARQUET:
            with path.open("rb"):
                return read_examples(_parquet(path), name=name, find_image=pictures)
        read_rows = reader_for(path.suffix)
        if read_rows is None:
            raise _wrong(
                name, f"{path.suffix or 'a file without an ending'!r} is not a kind of dataset", "Use .jsonl or .csv."
            )
        with path.open("rb") as file:
            if is_utf16(file.peek(64)[:64]):
                raise _wrong(
                    name,
                    "the file is UTF-16, not UTF-8",
                    "Save it as UTF-8 (in Excel: CSV UTF-8), or convert it: iconv -f UTF-16 -t UTF-8.",
                )
            return read_examples(read_rows(file), name=name, find_image=pictures)
    except OSError as error:
        raise NotFound(
            f"the examples cannot be read: {error.strerror}", place=Place(file=name), fix="Correct evaluation.dataset."
        ) from error


def _root(path: Path, name: str) -> Path:
    """The folder that ``name`` starts from; that of the file when the name does not say."""
    parts = Path(name).parts
    starts = not Path(name).is_absolute() and path.parts[-len(parts) :] == parts
    return path.parents[len(parts) - 1] if starts else path.parent


def _wrong(name: str, what: str, fix: str) -> InvalidInput:
    return InvalidInput(what, place=Place(file=name), fix=fix)


def _parquet(path: Path) -> Rows:
    for number, cells in enumerate(parquet_rows(path), start=1):
        yield number, _table_row(cells)


def _table_row(cells: dict[str, Any]) -> Row:
    row: dict[str, Any] = {}
    inputs: dict[str, Any] = {}
    try:
        for column, cell in cells.items():
            if column == "input" or column not in ROW_KEYS:
                inputs[column] = _plain(cell)
            elif cell is not None:
                row[column] = _plain(cell)
    except ValueError as error:
        return str(error)
    return with_inputs(row, inputs)


def _plain(cell: Any) -> Any:
    """A cell as JSON knows it."""
    match cell:
        case float() if not isfinite(cell):
            raise ValueError(f"{cell} is no JSON value")
        case None | bool() | int() | float() | str():
            return cell
        case Decimal():
            return int(cell) if cell == cell.to_integral_value() else float(cell)
        case date() | datetime() | time():
            return cell.isoformat()
        case dict():
            return {str(key): _plain(item) for key, item in _items(cell)}
        case list() | tuple():
            return [_plain(item) for item in cell]
    raise ValueError(f"a value of the kind {type(cell).__name__} has no plain form")


def _items(cell: dict[Any, Any]) -> Iterator[tuple[Any, Any]]:
    """A structure's fields; those that are NULL are as good as absent."""
    return ((key, item) for key, item in cell.items() if item is not None)

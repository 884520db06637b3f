"""Reads files of published measurements: CSV with one measurement a row. What a row means is `capacity.naming`'s."""

import csv
from collections.abc import Iterator, Mapping, Sequence
from math import isfinite
from pathlib import Path
from typing import TextIO

from maquette.capacity.naming import PointRow, points_from_rows
from maquette.capacity.points import Point, Refused
from maquette.catalog.cards import ModelCard
from maquette.catalog.hardware import Accelerator
from maquette.foundation.problems import InvalidInput, NotFound, Place

COLUMNS = (
    "family",
    "run",
    "engine",
    "gpu",
    "n_gpus",
    "tp",
    "model",
    "precision",
    "input_len",
    "output_len",
    "load",
    "metric",
    "value",
    "unit",
)
"""The columns that a points file needs; ``date`` and ``url`` may stand beside them, and others are left alone."""

_MOST_GPUS = 100_000


def read_points(
    path: Path, cards: Mapping[str, ModelCard], accelerators: Sequence[Accelerator], *, name: str | None = None
) -> list[Point | Refused]:
    """Every measurement of the file, as a question that can be asked or with the reason why not.

    Args:
        path: The CSV file.
        cards: The catalog's models.
        accelerators: The catalog's accelerators.
        name: What the user calls the file; None takes its path.

    Raises:
        NotFound: There is no such file.
        InvalidInput: It is no such table, lacks a column, or has a broken row or number; the place has the line.
    """
    return points_from_rows(read_rows(path, name=name), cards, accelerators)


def read_rows(path: Path, *, name: str | None = None) -> list[PointRow]:
    """The rows of the file as they stand; see `read_points`."""
    called = name or str(path)
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            return list(_rows(file, called))
    except FileNotFoundError:
        raise NotFound(
            f"there is no file {called}", place=Place(file=called), fix="Give the path of a points file."
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput(
            f"the file cannot be read as text: {error}", place=Place(file=called), fix="Give a CSV file in UTF-8."
        ) from None


def _rows(file: TextIO, name: str) -> Iterator[PointRow]:
    reader = csv.reader(file, strict=True)
    try:
        head = [cell.strip() for cell in next(reader, [])]
        missing = [column for column in COLUMNS if column not in head]
        if missing:
            raise InvalidInput(
                f"the table lacks the columns {', '.join(missing)}",
                place=Place(file=name, line=1),
                fix=f"Write the head {','.join(COLUMNS)} in the first line.",
            )
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield _row(cells, head, reader.line_num, name)
    except csv.Error as error:
        raise InvalidInput(
            f"the table is broken: {error}",
            place=Place(file=name, line=reader.line_num),
            fix="Mend the quotation marks of that line.",
        ) from None


def _row(cells: Sequence[str], head: Sequence[str], line: int, name: str) -> PointRow:
    if len(cells) != len(head):
        raise InvalidInput(
            f"the row has {len(cells)} cells, and the head has {len(head)}",
            place=Place(file=name, line=line),
            fix="Put cells with a comma in quotation marks.",
        )
    row = {column: cell.strip() for column, cell in zip(head, cells, strict=True)}
    return PointRow(
        line=line,
        family=row["family"],
        run=row["run"],
        engine=row["engine"],
        gpu=row["gpu"],
        gpus=_count(row["n_gpus"], name, line),
        parallel=row["tp"],
        model=row["model"],
        precision=row["precision"],
        input_len=row["input_len"],
        output_len=row["output_len"],
        load=row["load"],
        metric=row["metric"],
        value=_number(row["value"], name, line),
        unit=row["unit"],
        url=row.get("url", ""),
    )


def _count(text: str, name: str, line: int) -> int | None:
    if not text:
        return None
    if text.isascii() and text.isdigit() and 1 <= int(text) <= _MOST_GPUS:
        return int(text)
    raise InvalidInput(
        f"{text!r} is no number of accelerators",
        place=Place(file=name, line=line, field="n_gpus"),
        fix="Write a whole number from 1, or leave it blank.",
    )


def _number(text: str, name: str, line: int) -> float:
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not isfinite(value):
        raise InvalidInput(
            f"{text!r} is no number", place=Place(file=name, line=line, field="value"), fix="Write the measured number."
        )
    return value

"""Writes examples as a JSONL file that reads back as the same examples, and their answers. It never overwrites."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from maquette.adapters.foreign_datasets.imported import Output
from maquette.evals.dataset import Example, example_row
from maquette.foundation.problems import Conflict, Place, Unavailable


def write_examples(path: Path, examples: Sequence[Example], *, name: str) -> None:
    """Write a new file.

    Raises:
        Conflict: There is a file of that name.
        Unavailable: The folder cannot be written.
    """
    _write(path, [example_row(example) for example in examples], name)


def write_outputs(path: Path, outputs: Sequence[Output], *, name: str) -> None:
    """Write a new file with a row for each answer: the example's id, the model and the output.

    Raises:
        Conflict: There is a file of that name.
        Unavailable: The folder cannot be written.
    """
    _write(path, [asdict(output) for output in outputs], name)


def _write(path: Path, rows: Sequence[Mapping[str, Any]], name: str) -> None:
    lines = [json.dumps(row, ensure_ascii=False) + "\n" for row in rows]
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8", newline="\n") as file:
            file.writelines(lines)
    except FileExistsError as error:
        raise Conflict(
            "the file exists; nothing was overwritten", place=Place(file=name), fix="Name another one: --out FILE."
        ) from error
    except OSError as error:
        raise Unavailable(
            f"the file cannot be written: {error.strerror}", place=Place(file=name), fix="Name another folder."
        ) from error

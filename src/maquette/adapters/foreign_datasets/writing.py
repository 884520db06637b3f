"""Writes examples as a JSONL file that reads back as the same examples. It never overwrites."""

import json
from collections.abc import Sequence
from pathlib import Path

from maquette.evals.dataset import Example, example_row
from maquette.foundation.problems import Conflict, Place, Unavailable


def write_examples(path: Path, examples: Sequence[Example], *, name: str) -> None:
    """Write a new file.

    Raises:
        Conflict: There is a file of that name.
        Unavailable: The folder cannot be written.
    """
    lines = [json.dumps(example_row(example), ensure_ascii=False) + "\n" for example in examples]
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
            f"the examples cannot be written: {error.strerror}", place=Place(file=name), fix="Name another folder."
        ) from error

"""A JSON object from a file, with one clear problem when it is none."""

import json
from pathlib import Path
from typing import Any

from maquette.foundation.problems import InvalidInput, NotFound, Place


def read_json(path: Path, *, name: str) -> dict[str, Any]:
    """The object in the file.

    Raises:
        NotFound: There is no such file.
        InvalidInput: It is not JSON, or not an object.
    """
    try:
        data = json.loads(path.read_bytes())
    except OSError as error:
        raise NotFound(
            f"the file cannot be read: {error.strerror}", place=Place(file=name), fix="Correct its name."
        ) from error
    except ValueError as error:
        line = error.lineno if isinstance(error, json.JSONDecodeError) else None
        raise InvalidInput(f"not JSON: {error}", place=Place(file=name, line=line), fix="Correct the file.") from error
    if not isinstance(data, dict):
        raise InvalidInput("not a JSON object", place=Place(file=name), fix="Write an object: {...}.")
    return data

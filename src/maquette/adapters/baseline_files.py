"""The blessed baseline on its disk."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from maquette.evals.baseline import Baseline
from maquette.foundation.problems import InvalidInput, NotFound, Place, Unavailable, raise_all
from maquette.foundation.whole_files import write_whole
from maquette.foundation.wording import shown

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

_MEND = "Correct it, take the file of version control, or bless a run anew: maquette eval bless."
_MOST_PROBLEMS = 20


def read_baseline(path: Path, *, name: str) -> Baseline:
    """The baseline in the file.

    Args:
        path: Where it is.
        name: The path as the user knows it.

    Raises:
        NotFound: There is no such file.
        Unavailable: It cannot be read.
        InvalidInput, SeveralProblems: It is no baseline; every error has its line.
    """
    from pydantic import ValidationError

    from maquette.evals.baseline_layout import baseline_from_data

    text = _text_of(path, name)
    data = _object_in(text, name)
    try:
        return baseline_from_data(data)
    except ValidationError as error:
        raise_all([_problem(one, text, name) for one in error.errors()[:_MOST_PROBLEMS]])
        raise


def write_baseline(path: Path, baseline: Baseline) -> None:
    """Put the baseline in the file's place.

    Raises:
        Unavailable: It cannot be written; the old file is intact.
    """
    from maquette.evals.baseline_layout import baseline_as_data

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Unavailable(
            f"its folder cannot be made: {error.strerror or error}",
            place=Place(file=str(path)),
            fix="Free some space, or make the project's folder writable.",
        ) from error
    write_whole(path, json.dumps(baseline_as_data(baseline), indent=1) + "\n")


def _text_of(path: Path, name: str) -> str:
    try:
        return path.read_bytes().decode()
    except FileNotFoundError as error:
        raise NotFound(
            "there is no baseline", place=Place(file=name), fix="Bless a run: maquette eval bless."
        ) from error
    except OSError as error:
        raise Unavailable(
            f"the baseline cannot be read: {error.strerror or error}",
            place=Place(file=name),
            fix="Name a file that you may read.",
        ) from error
    except UnicodeDecodeError as error:
        line = path.read_bytes()[: error.start].count(b"\n") + 1
        raise InvalidInput("the file is not UTF-8", place=Place(file=name, line=line), fix=_MEND) from error


def _object_in(text: str, name: str) -> dict[str, Any]:
    try:
        data = json.loads(text)
    except json.JSONDecodeError as error:
        place = Place(file=name, line=error.lineno)
        raise InvalidInput(f"not JSON: {error.msg} at column {error.colno}", place=place, fix=_MEND) from error
    except (RecursionError, ValueError) as error:
        raise InvalidInput("not JSON that can be read", place=Place(file=name), fix=_MEND) from error
    if not isinstance(data, dict):
        raise InvalidInput("not a JSON object", place=Place(file=name, line=1), fix=_MEND)
    return data


def _problem(error: "ErrorDetails", text: str, name: str) -> InvalidInput:
    location = [str(part) for part in error["loc"]]
    missing = error["type"] == "missing"
    found = "the key is missing" if missing else f"{shown(error['input'])} is not possible here: {error['msg']}"
    line = _line_of(text, location[:-1] if missing else location)
    return InvalidInput(found, place=Place(file=name, line=line, field=".".join(location)), fix=_MEND)


def _line_of(text: str, location: Sequence[str]) -> int:
    """The line of the value at a path of keys, or of the last part of the path that is an object."""
    decoder, position = json.JSONDecoder(), 0
    for key in location:
        found = _member(text, position, key, decoder)
        if found is None:
            break
        position = found
    return text.count("\n", 0, _skipped(text, position)) + 1


def _member(text: str, position: int, key: str, decoder: json.JSONDecoder) -> int | None:
    """Where the value of ``key`` begins in the object at ``position``; the last one of that name, as it is read."""
    position = _skipped(text, position)
    if text[position] != "{":
        return None
    found: int | None = None
    position = _skipped(text, position + 1)
    while text[position] != "}":
        name, position = decoder.raw_decode(text, position)
        begins = _skipped(text, _skipped(text, position) + 1)
        found = begins if name == key else found
        _, position = decoder.raw_decode(text, begins)
        position = _skipped(text, position)
        position = _skipped(text, position + 1) if text[position] == "," else position
    return found


def _skipped(text: str, position: int) -> int:
    while position < len(text) and text[position] in " \t\r\n":
        position += 1
    return position

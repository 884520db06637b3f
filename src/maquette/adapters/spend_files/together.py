"""Several files of a project changed as one: by one program at a time, and whole even where it is killed midway."""

import json
import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from maquette.analytics import ACTUALS_FOLDER
from maquette.foundation.problems import InvalidInput, Place, Unavailable
from maquette.project_lock import lock_project

_TO_DO = "replacing.json"
_STAGED = ".new"
_SUMMARY = re.compile(r"[\w-]+\.parquet")


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Keep other writers of the project out, and finish what a killed one began.

    Raises:
        Unavailable: Another program keeps writing, or the folder cannot be written.
    """
    with _told(folder):
        lock = lock_project(folder, Place(file=str(folder)))
    try:
        with _told(folder / ACTUALS_FOLDER):
            _finish(folder / ACTUALS_FOLDER)
        yield
    finally:
        lock.release()


def settle(folder: Path) -> None:
    """Finish an import that was killed while it put its files into their places; nothing where there is none."""
    if (folder / ACTUALS_FOLDER / _TO_DO).exists():
        with alone(folder):
            pass


def put_together(
    place: Path,
    contents: Mapping[str, Sequence[Mapping[str, Any]]],
    write: Callable[[Path, Sequence[Mapping[str, Any]]], None],
) -> None:
    """Write the files of ``contents`` into the folder ``place``, all or none; those without rows go away.

    All are complete beside their places first, so that a full disk changes none of them. A list of what is to be put
    where is written before the first is, so that whoever comes next can go on after a kill.

    Raises:
        Unavailable: The disk is full or read-only; everything is as it was.
    """
    made = not place.exists()
    try:
        with _told(place):
            place.mkdir(exist_ok=True)
            for name, rows in contents.items():
                if rows:
                    write(place / f"{name}{_STAGED}", rows)
            to_do = {
                "put": [name for name, rows in contents.items() if rows],
                "remove": [name for name, rows in contents.items() if not rows],
            }
            begun = place / f"{_TO_DO}{_STAGED}"
            begun.write_text(json.dumps(to_do), encoding="utf-8")
            os.replace(begun, place / _TO_DO)
            _finish(place)
    finally:
        if not (place / _TO_DO).exists():
            _clear(place)
        if made:
            with suppress(OSError):
                place.rmdir()


def _finish(place: Path) -> None:
    """Do what the list says, or, without one, take away what was not complete."""
    try:
        text = (place / _TO_DO).read_text(encoding="utf-8")
    except (FileNotFoundError, NotADirectoryError):
        _clear(place)
        return
    put, remove = _to_do(text)
    for name in put:
        # One that is not there any more is in its place already.
        with suppress(FileNotFoundError):
            os.replace(place / f"{name}{_STAGED}", place / name)
    for name in remove:
        (place / name).unlink(missing_ok=True)
    (place / _TO_DO).unlink()


def _to_do(text: str) -> tuple[list[str], list[str]]:
    """What to put and what to remove: names of summaries, and nothing that leads elsewhere."""
    try:
        found = json.loads(text)
        put, remove = list(map(str, found["put"])), list(map(str, found["remove"]))
    except (ValueError, KeyError, TypeError):
        put, remove = [], [""]
    if not all(_SUMMARY.fullmatch(name) for name in (*put, *remove)):
        raise InvalidInput(
            "this is no list of an import that was interrupted",
            place=Place(file=f"{ACTUALS_FOLDER}/{_TO_DO}"),
            fix="Remove it, and import again what is missing.",
        )
    return put, remove


def _clear(place: Path) -> None:
    for left in place.glob(f"*{_STAGED}"):
        with suppress(OSError):
            left.unlink()


@contextmanager
def _told(place: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise Unavailable(
            f"the summary cannot be written: {error.strerror or error}",
            place=Place(file=f"{place.name}/"),
            fix="Make room or correct the permissions, then import again.",
        ) from error

"""The refreshed prices of a user: files in the user's data folder, replaced whole or not at all.

A process that is killed in the middle, or a full disk, leaves the old files as they are; what a killed one left behind
is taken away by the next.
"""

import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from maquette.foundation.problems import Place, Unavailable
from maquette.foundation.user_folders import data_folder

MAP, HISTORY = "map.json", "history.json"
"""The names of the files: a snapshot of a price map, and dated prices."""

_TEMPORARY = ".part"


def folder() -> Path:
    """Where they are; it need not exist."""
    return data_folder() / "prices"


def stored(name: str) -> Path | None:
    """The path of a refreshed file, or None when there is none."""
    path = folder() / name
    return path if path.is_file() else None


def store(files: Mapping[str, bytes]) -> None:
    """Replace the files. All of them lie complete on the disk before the first one is replaced.

    Raises:
        Unavailable: The folder cannot be written to, or the disk is full; the old files are as they were.
    """
    place = folder()
    with _told(place):
        place.mkdir(parents=True, exist_ok=True)
        for left_over in place.glob(f"*{_TEMPORARY}"):
            left_over.unlink(missing_ok=True)
        written: dict[str, str] = {}
        try:
            for name, content in files.items():
                written[name] = _written(place, name, content)
            for name, partial in written.items():
                os.replace(partial, place / name)
        except BaseException:
            for partial in written.values():
                with suppress(OSError):
                    os.unlink(partial)
            raise
        _sync(place)


def remove() -> tuple[str, ...]:
    """Take the refreshed files away; returns their names.

    Raises:
        Unavailable: They cannot be removed.
    """
    there = tuple(name for name in (MAP, HISTORY) if stored(name))
    with _told(folder()):
        for name in there:
            (folder() / name).unlink(missing_ok=True)
    return there


def _written(place: Path, name: str, content: bytes) -> str:
    handle, partial = tempfile.mkstemp(dir=place, prefix=f"{name}.", suffix=_TEMPORARY)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
    except BaseException:
        with suppress(OSError):
            os.unlink(partial)
        raise
    return partial


def _sync(place: Path) -> None:
    with suppress(OSError):
        handle = os.open(place, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


@contextmanager
def _told(place: Path) -> Iterator[None]:
    """An error of the disk as a problem."""
    try:
        yield
    except OSError as error:
        raise Unavailable(
            f"the refreshed prices cannot be written: {error.strerror or error}",
            place=Place(file=str(place)),
            fix="Free some space, or correct the folder's rights; the prices in force are as they were.",
        ) from error

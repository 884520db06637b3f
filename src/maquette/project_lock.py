"""One writer of a project at a time, whichever of its files is written: the lock that all of them take."""

from pathlib import Path
from typing import TYPE_CHECKING

from maquette.foundation.problems import Place, Unavailable

if TYPE_CHECKING:
    from filelock import BaseFileLock

PRIVATE_FOLDER = ".maquette"
"""Beside the project file: the lock, the schema for editors, the runs."""

_WAIT_S = 10.0


def lock_project(folder: Path, place: Place) -> "BaseFileLock":
    """Wait for the turn to write the project in ``folder``; whoever asks releases it.

    Args:
        folder: The project's.
        place: What is to be written, for the message.

    Raises:
        Unavailable: Another program keeps writing.
        OSError: The folder cannot be written.
    """
    from filelock import FileLock, Timeout

    lock = FileLock(folder / PRIVATE_FOLDER / "write.lock", timeout=_WAIT_S)
    Path(lock.lock_file).parent.mkdir(exist_ok=True)
    try:
        lock.acquire()
    except Timeout:
        what = f"another program has been writing the project for {_WAIT_S:g} seconds"
        raise Unavailable(what, fix="Wait for it, or end it.", place=place) from None
    return lock

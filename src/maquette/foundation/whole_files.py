"""Files written whole: beside their place first, so that nobody reads half a one and a full disk leaves the old one."""

import os
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from maquette.foundation.problems import Conflict, InvalidInput, Place, Unavailable


@dataclass(frozen=True, kw_only=True, slots=True)
class StagedFile:
    """A file that is complete, but not yet in its place.

    Attributes:
        size_bytes: Of the new file.
        replaced_bytes: Of the one that is there now; None when there is none.
    """

    place: Path
    staged: Path
    size_bytes: int
    replaced_bytes: int | None

    def put(self) -> None:
        """Into its place, whole.

        Raises:
            Unavailable: The place cannot be written; the old file is as it was.
        """
        try:
            if self.replaced_bytes is not None:
                self.staged.chmod(self.place.stat().st_mode & 0o777)
            os.replace(self.staged, self.place)
        except OSError as error:
            self.drop()
            raise _unwritten(self.place, error) from error

    def drop(self) -> None:
        """Take it away; what is in its place stays."""
        with suppress(OSError):
            self.staged.unlink(missing_ok=True)


def write_whole(place: Path, text: str) -> None:
    """Put ``text`` in the file's place at once; into a pipe or a device it is written as it is.

    Raises:
        InvalidInput: A folder is in its place, or its folder is not there.
        Unavailable: It cannot be written; an old file is as it was.
    """
    try:
        if place.exists() and not (place.is_file() or place.is_dir()):
            with place.open("wb", buffering=0) as stream:
                stream.write(text.encode(errors="backslashreplace"))
            return
    except OSError as error:
        raise _unwritten(place, error) from error
    stage_text(place.resolve(), (text,)).put()


def put_bytes(place: Path, content: bytes, *, replace: bool) -> bool:
    """Put ``content`` in the file's place, whole; False when the very same was there already.

    Raises:
        Conflict: Another file is there and may not be replaced.
        InvalidInput: A folder is in its place, or its folder is not there.
        Unavailable: It cannot be written; an old file is as it was.
    """
    if place.is_file():
        if place.read_bytes() == content:
            return False
        if not replace:
            raise Conflict(
                "this file is there already",
                place=Place(file=str(place)),
                fix="--yes replaces it, or name another file; nothing was written.",
            )
    stage(place, lambda staged: staged.write_bytes(content)).put()
    return True


def stage_text(place: Path, pieces: Iterable[str]) -> StagedFile:
    """The pieces as a file beside ``place``, read as they are written.

    Raises:
        InvalidInput: A folder is in its place, or its folder is not there.
        Unavailable: The disk is full or read-only; nothing is left behind.
    """

    def write(staged: Path) -> None:
        with staged.open("x", encoding="utf-8", errors="backslashreplace", newline="\n") as file:
            file.writelines(pieces)
            file.flush()
            os.fsync(file.fileno())

    return stage(place, write)


def stage(place: Path, write: Callable[[Path], object]) -> StagedFile:
    """As `stage_text`, for whoever writes a file of that path by itself."""
    if place.is_dir():
        raise InvalidInput("a folder is in its place", place=Place(file=str(place)), fix="Name a file.")
    if not place.parent.is_dir():
        raise InvalidInput("its folder is not there", place=Place(file=str(place)), fix="Make the folder first.")
    staged = place.with_name(f".{place.name}.{os.getpid()}.writing")
    try:
        staged.unlink(missing_ok=True)
        write(staged)
        replaced = place.stat().st_size if place.exists() else None
        return StagedFile(place=place, staged=staged, size_bytes=staged.stat().st_size, replaced_bytes=replaced)
    except BaseException as error:
        with suppress(OSError):
            staged.unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise _unwritten(place, error) from error
        raise


def _unwritten(place: Path, error: OSError) -> Unavailable:
    return Unavailable(
        f"cannot be written: {error.strerror or error}; nothing was changed",
        place=Place(file=str(place)),
        fix="Make room or correct the permissions, then try again.",
    )

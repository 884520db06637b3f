"""The folder that a bundle is exported to: reading what is there, writing a plan, and one zip of the files.

Nothing is decided here: a file is replaced only where the plan says so and the folder still is what the plan saw.
"""

import io
import os
import tempfile
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from maquette.bundle.lock import LOCK_NAME, Lock
from maquette.bundle.plan import BundlePlan, FileSpec, FileState, PlannedFile, Resolution
from maquette.bundle.planning import standing_resolutions, unified_diff
from maquette.foundation.problems import Conflict, InvalidInput, Place, Problem, Unavailable, raise_all

ZIP_EPOCH = (1980, 1, 1, 0, 0, 0)
"""The earliest time that a zip can hold: an archive of equal files is the same archive."""


@dataclass(frozen=True, kw_only=True, slots=True)
class WriteReport:
    """What an export did, as paths inside the bundle."""

    written: tuple[str, ...]
    removed: tuple[str, ...]
    kept: tuple[str, ...]


class BundleFolder:
    """One folder as the target of exports."""

    def __init__(self, out: Path) -> None:
        self._out = out

    def present(self, paths: Sequence[str]) -> Mapping[str, str]:
        """The text of those of ``paths`` that exist."""
        return read_present(self._out, paths)

    def lock(self) -> str | None:
        """The text of maquette.lock, or None."""
        return read_present(self._out, [LOCK_NAME]).get(LOCK_NAME)

    def write(self, plan: BundlePlan, resolutions: Mapping[str, Resolution]) -> tuple[str, ...]:
        """Write the plan and return the paths that were written; the same problems as `write`."""
        return write(plan, self._out, resolutions).written


def read_present(out: Path, paths: Iterable[str]) -> dict[str, str]:
    """The text of those of ``paths`` that are files in ``out``; bytes that are no UTF-8 stand as escapes.

    Raises:
        InvalidInput: A path leads out of ``out``.
        Unavailable: A file may not be read, or a folder is in its place.
    """
    return {path: text for path in paths if (text := _read(out, path)) is not None}


def write(plan: BundlePlan, out: Path, resolutions: Mapping[str, Resolution]) -> WriteReport:
    """Make the folder what the plan says, the lock last.

    Every text is on the disk beside the bundle before the first file is replaced, so that a full disk changes
    nothing. Files that the user keeps are remembered in the lock.

    Raises:
        Conflict: An edited file has no resolution, or a file is no longer what the plan saw.
        InvalidInput: A path leads out of ``out``.
        Unavailable: The disk is full or read-only; says what was written.
    """
    settled = {**standing_resolutions(plan), **resolutions}
    _refuse_unsettled(plan, settled)
    kept = frozenset(
        file.spec.path for file in plan.in_state(FileState.EDITED) if settled[file.spec.path] is Resolution.KEEP
    )
    changes = [_with_kept(file, kept) for file in plan.files if file.spec.path not in kept]
    _refuse_changed_since(plan, out)
    texts = [file.spec for file in changes if file.state not in {FileState.SAME, FileState.OBSOLETE}]
    written = _replace_all(out, texts)
    removed = _remove(out, [file.spec.path for file in changes if file.state is FileState.OBSOLETE])
    return WriteReport(written=written, removed=removed, kept=tuple(sorted(kept)))


def zip_bundle(files: Iterable[FileSpec]) -> bytes:
    """The files as one zip archive; equal files give equal bytes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for spec in sorted(files, key=lambda spec: spec.path):
            entry = zipfile.ZipInfo(spec.path, date_time=ZIP_EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 3
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, spec.content.encode())
    return buffer.getvalue()


def _inside(out: Path, path: str) -> Path:
    """The place of ``path``, which no part of the path and no link may lead out of ``out``."""
    relative = PurePosixPath(path)
    place = out.joinpath(*relative.parts)
    outside = relative.is_absolute() or ".." in relative.parts or not relative.parts or "\\" in path or ":" in path
    if outside or not place.parent.resolve().is_relative_to(out.resolve()) or place.is_symlink():
        raise InvalidInput(
            f"{path!r} leads out of the bundle's folder",
            place=Place(file=str(out)),
            fix="Remove the link, or choose another folder.",
        )
    return place


def _read(out: Path, path: str) -> str | None:
    place = _inside(out, path)
    try:
        return place.read_bytes().decode("utf-8", errors="backslashreplace")
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise Unavailable(
            f"cannot read {path}: {error.strerror}", place=Place(file=str(place)), fix="Correct its permissions."
        ) from error


def _refuse_unsettled(plan: BundlePlan, settled: Mapping[str, Resolution]) -> None:
    problems: list[Problem] = [
        Conflict(
            "this file was edited by you",
            place=Place(file=file.spec.path),
            fix="Say whether to keep your edit or to replace it; nothing has been written.",
        )
        for file in plan.in_state(FileState.EDITED)
        if file.spec.path not in settled
    ]
    raise_all(problems)


def _refuse_changed_since(plan: BundlePlan, out: Path) -> None:
    """The diff and the new text settle the old text, so that a difference in the diff is a change since the plan."""
    problems: list[Problem] = []
    for file in plan.files:
        there = _read(out, file.spec.path)
        seen = (there is None) is (file.state is FileState.NEW)
        if not seen or unified_diff(file.spec.path, there or "", file.spec.content) != file.diff:
            problems.append(
                Conflict(
                    "this file changed after the plan was made",
                    place=Place(file=file.spec.path),
                    fix="Look at the plan again; nothing has been written.",
                )
            )
    raise_all(problems)


def _with_kept(file: PlannedFile, kept: frozenset[str]) -> PlannedFile:
    """The lock with the files that stay the user's; any other file as it is."""
    if file.spec.path != LOCK_NAME:
        return file
    text = Lock.from_text(file.spec.content).keeping(kept).as_text()
    spec = FileSpec(path=LOCK_NAME, content=text, template=file.spec.template)
    same = text == file.spec.content
    return PlannedFile(spec=spec, state=file.state if same else FileState.CHANGED, diff=file.diff)


def _replace_all(out: Path, specs: Sequence[FileSpec]) -> tuple[str, ...]:
    done: list[str] = []
    try:
        out.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=out, prefix=".writing-", ignore_cleanup_errors=True) as staging:
            for number, spec in enumerate(specs):
                _write_durably(Path(staging, str(number)), spec.content.encode())
            for number, spec in sorted(enumerate(specs), key=lambda pair: pair[1].path == LOCK_NAME):
                place = _inside(out, spec.path)
                place.parent.mkdir(parents=True, exist_ok=True)
                # A user's file mode, such as one made read-only for others, outlives the replacement.
                with suppress(FileNotFoundError):
                    Path(staging, str(number)).chmod(place.stat().st_mode & 0o777)
                os.replace(Path(staging, str(number)), place)
                done.append(spec.path)
    except OSError as error:
        so_far = f"written before that: {', '.join(done)}" if done else "nothing was written"
        raise Unavailable(
            f"cannot write the bundle: {error.strerror or error}; {so_far}",
            place=Place(file=str(out)),
            fix="Make room or correct the permissions, then export again.",
        ) from error
    return tuple(sorted(done))


def _write_durably(place: Path, content: bytes) -> None:
    with place.open("xb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _remove(out: Path, paths: Sequence[str]) -> tuple[str, ...]:
    """Take away what Maquette itself wrote and renders no more, and folders that are empty then."""
    for path in paths:
        place = _inside(out, path)
        try:
            place.unlink(missing_ok=True)
        except OSError as error:
            raise Unavailable(
                f"cannot remove {path}: {error.strerror}", place=Place(file=str(out)), fix="Remove it by hand."
            ) from error
        for folder in place.parents:
            if folder == out or any(folder.iterdir()):
                break
            folder.rmdir()
    return tuple(paths)

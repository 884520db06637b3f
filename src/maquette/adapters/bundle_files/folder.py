"""The folder that a bundle is exported to: reading what is there, and writing a plan.

Nothing is decided here: a file is replaced only where the plan says so and the folder still is what the plan saw.
"""

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from maquette.adapters.bundle_files.exported import ExportedTexts
from maquette.adapters.bundle_files.staging import Staging
from maquette.bundle.lock import LOCK_NAME, Lock
from maquette.bundle.paths import WRITING
from maquette.bundle.plan import BundlePlan, FileSpec, FileState, PlannedFile, Resolution
from maquette.bundle.planning import standing_resolutions, unified_diff
from maquette.foundation.problems import Conflict, InvalidInput, Place, Problem, Unavailable, raise_all

MERGE_SUFFIX = ".merge"
"""Behind the name of a file with markers: no tool loads a configuration of that name."""

_TURN_S = 20.0


@dataclass(frozen=True, kw_only=True, slots=True)
class WriteReport:
    """What an export did, as paths inside the bundle."""

    written: tuple[str, ...]
    removed: tuple[str, ...]
    kept: tuple[str, ...]


class BundleFolder:
    """One folder as the target of exports.

    Args:
        private: The project's private folder: it keeps the exported texts and whose turn it is. None keeps nothing.
    """

    def __init__(self, out: Path, *, private: Path | None = None) -> None:
        self._out = out
        self._private = private
        self._texts = ExportedTexts(private and private / "exports")

    def present(self, paths: Sequence[str]) -> Mapping[str, str]:
        """The text of those of ``paths`` that exist."""
        return read_present(self._out, paths)

    def lock(self) -> str | None:
        """The text of maquette.lock, or None."""
        return read_present(self._out, [LOCK_NAME]).get(LOCK_NAME)

    def unfinished(self) -> Mapping[str, frozenset[str]]:
        """Path to the SHA-256 of what interrupted exports may have written there."""
        return Staging(self._out).unfinished()

    def exported(self, digests: Mapping[str, str]) -> Mapping[str, str]:
        """Path to the text of that SHA-256, of those that earlier exports kept."""
        return self._texts.find(digests)

    def write(self, plan: BundlePlan, resolutions: Mapping[str, Resolution]) -> tuple[str, ...]:
        """Write the plan and return the paths that were written; the same problems as `write`."""
        with _turn(self._private):
            return write(plan, self._out, resolutions, texts=self._texts).written


@contextmanager
def _turn(private: Path | None) -> Iterator[None]:
    """One export of a project at a time; where the project may not be written, whoever is there writes."""
    from filelock import FileLock, Timeout

    turn = None
    try:
        if private is not None:
            private.mkdir(exist_ok=True)
            turn = FileLock(private / "export.lock", timeout=_TURN_S)
            turn.acquire()
    except Timeout as error:
        raise Unavailable(
            "another export of this project is writing", place=Place(file=str(private)), fix="Wait for it."
        ) from error
    except OSError:
        turn = None
    try:
        yield
    finally:
        if turn is not None:
            turn.release()


def read_present(out: Path, paths: Iterable[str]) -> dict[str, str]:
    """The text of those of ``paths`` that are files in ``out``; bytes that are no UTF-8 stand as escapes.

    Raises:
        InvalidInput: A path leads out of ``out``.
        Unavailable: A file may not be read, or a folder is in its place.
    """
    return {path: text for path in paths if (text := _read(out, path)) is not None}


def write(
    plan: BundlePlan, out: Path, resolutions: Mapping[str, Resolution], *, texts: ExportedTexts | None = None
) -> WriteReport:
    """Make the folder what the plan says, the lock last.

    Every text is on the disk beside the bundle before the first file is replaced, so that a full disk changes
    nothing. Files that stay the user's, whole or in part, are remembered in the lock.

    Raises:
        Conflict: An edited file has no resolution or cannot be merged, or a file is no longer what the plan saw.
        InvalidInput: A path leads out of ``out``.
        Unavailable: The disk is full or read-only; says what was written.
    """
    settled = {**standing_resolutions(plan), **resolutions}
    _refuse_unsettled(plan, settled)
    edited = {file.spec.path: settled[file.spec.path] for file in plan.in_state(FileState.EDITED)}
    users = frozenset(path for path, resolution in edited.items() if resolution is not Resolution.REPLACE)
    kept = users - {path for path, resolution in edited.items() if resolution is Resolution.MERGE}
    _refuse_changed_since(plan, out)
    markers = [_markers(file, out) for file in plan.files if edited.get(file.spec.path) is Resolution.MARKERS]
    planned = {file.spec.path for file in plan.files}
    changes = [_with_users(file, users, planned) for file in plan.files if file.spec.path not in kept]
    merged = [_as_merged(file) if file.spec.path in users else file for file in changes]
    wanted = [file.spec for file in merged if file.state not in {FileState.SAME, FileState.OBSOLETE}] + markers
    gone = [file.spec.path for file in changes if file.state is FileState.OBSOLETE]
    if texts is not None:
        texts.keep(file.spec.content for file in plan.files if file.spec.content and file.spec.path != LOCK_NAME)
    written = _replace_all(out, wanted, gone)
    return WriteReport(written=written, removed=tuple(gone), kept=tuple(sorted(kept)))


def _as_merged(file: PlannedFile) -> PlannedFile:
    assert file.merge is not None  # refused before
    return replace(file, spec=replace(file.spec, content=file.merge.text))


def _markers(file: PlannedFile, out: Path) -> FileSpec:
    """Both versions in one text beside the file; a text that is there already is not Maquette's to replace."""
    assert file.merge is not None  # refused before
    spec = FileSpec(path=file.spec.path + MERGE_SUFFIX, content=file.merge.text, template=file.spec.template)
    there = _read(out, spec.path)
    if there is not None and there != spec.content:
        raise Conflict(
            "this file is there already, from an earlier merge perhaps",
            place=Place(file=spec.path),
            fix="Finish that merge and remove it; nothing has been written.",
        )
    return spec


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
    problems: list[Problem] = []
    for file in plan.in_state(FileState.EDITED):
        match settled.get(file.spec.path):
            case None:
                what = "this file was edited by you"
                fix = "Say whether to keep your edit or to replace it; nothing has been written."
            case Resolution.MERGE if file.merge is None or not file.merge.clean:
                what = "your edit and the new text touch the same lines" if file.merge else _NO_BASE
                fix = "Keep it, replace it, or ask for markers beside it; nothing has been written."
            case Resolution.MARKERS if file.merge is None:
                what, fix = _NO_BASE, "Keep it or replace it; nothing has been written."
            case _:
                continue
        problems.append(Conflict(what, place=Place(file=file.spec.path), fix=fix))
    raise_all(problems)


_NO_BASE = "what the last export wrote here is not known, so nothing can be merged"


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


def _with_users(file: PlannedFile, users: frozenset[str], planned: Set[str]) -> PlannedFile:
    """The lock with the files that stay the user's; any other file as it is."""
    if file.spec.path != LOCK_NAME:
        return file
    own = Lock.from_text(file.spec.content)
    text = own.keeping(users | (frozenset(own.kept) - planned)).as_text()
    same = text == file.spec.content
    return replace(file, spec=replace(file.spec, content=text), state=file.state if same else FileState.CHANGED)


def _replace_all(out: Path, specs: Sequence[FileSpec], gone: Sequence[str]) -> tuple[str, ...]:
    _inside(out, WRITING)
    staging = Staging(out)
    earlier = bool(staging.unfinished())
    done: list[str] = []
    finished = not specs and not gone
    try:
        if not finished:
            out.mkdir(parents=True, exist_ok=True)
            held = staging.hold(specs, read_present(out, gone))
            for staged, spec in sorted(zip(held, specs, strict=True), key=lambda pair: pair[1].path == LOCK_NAME):
                _put(staged, _inside(out, spec.path))
                done.append(spec.path)
            _remove(out, gone)
            finished = True
    except OSError as error:
        so_far = f"written before that: {', '.join(done)}" if done else "nothing was written"
        raise Unavailable(
            f"cannot write the bundle: {error.strerror or error}; {so_far}",
            place=Place(file=str(out)),
            fix="Make room or correct the permissions, then export again.",
        ) from error
    finally:
        staging.drop(done=finished or not (done or earlier))
    return tuple(sorted(done))


def _put(staged: Path, place: Path) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    # A user's file mode, such as one made read-only for others, outlives the replacement.
    with suppress(FileNotFoundError):
        staged.chmod(place.stat().st_mode & 0o777)
    os.replace(staged, place)


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

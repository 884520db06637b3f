"""What an export would do, file by file, before it does it: pure comparison of rendered, present and locked text."""

import difflib
import re
from collections.abc import Mapping, Sequence

from maquette.bundle.lock import LOCK_NAME, Lock, text_digest
from maquette.bundle.plan import BundlePlan, FileSpec, FileState, PlannedFile, Resolution

_NO_NEWLINE = "\\ No newline at end of file\n"


def plan_bundle(
    files: Sequence[FileSpec], *, present: Mapping[str, str], lock: Lock | None, out: str, computed_from: str
) -> BundlePlan:
    """Compare the rendered ``files`` with what is ``present`` in the folder and with the lock of the last export.

    Args:
        files: The render; its maquette.lock is completed with the files that stay the user's.
        present: Path to text of the files that are there, those of ``wanted_paths`` at least.
        lock: Of the last export; without one, every file that is there and differs counts as edited.
        out: The folder as the user named it.
        computed_from: The fingerprint over all stages.
    """
    specs = {spec.path: spec for spec in files}
    kept = _still_kept(specs, present, lock)
    if LOCK_NAME in specs:
        own = Lock.from_text(specs[LOCK_NAME].content).keeping(kept)
        specs[LOCK_NAME] = FileSpec(path=LOCK_NAME, content=own.as_text(), template=specs[LOCK_NAME].template)
    planned = [_planned(spec, present.get(spec.path), lock) for spec in specs.values()]
    gone = _obsolete(specs, present, lock)
    return BundlePlan(
        out=out,
        files=tuple(sorted((*planned, *gone), key=lambda file: file.spec.path)),
        computed_from=computed_from,
    )


def wanted_paths(files: Sequence[FileSpec], lock: Lock | None) -> tuple[str, ...]:
    """The paths whose present text a plan needs: the rendered ones and those of the last export."""
    return tuple(sorted({spec.path for spec in files} | set(lock.files if lock else ())))


def standing_resolutions(plan: BundlePlan) -> dict[str, Resolution]:
    """The edited files that need no new answer: kept at an earlier export, and their render has not changed since."""
    own = next((file.spec.content for file in plan.files if file.spec.path == LOCK_NAME), None)
    return {} if own is None else dict.fromkeys(Lock.from_text(own).kept, Resolution.KEEP)


def unified_diff(path: str, old: str, new: str) -> str:
    """The unified diff from ``old`` to ``new``; empty when they are equal. A missing last newline is marked."""
    lines = difflib.unified_diff(_lines(old), _lines(new), f"present/{path}", f"rendered/{path}")
    return "".join(line if line.endswith("\n") else f"{line}\n{_NO_NEWLINE}" for line in lines)


def _lines(text: str) -> list[str]:
    """Lines as every other tool counts them: only a line feed ends one."""
    return re.findall(r"[^\n]*\n|[^\n]+", text)


def _planned(spec: FileSpec, there: str | None, lock: Lock | None) -> PlannedFile:
    return PlannedFile(
        spec=spec, state=_state(spec, there, lock), diff=unified_diff(spec.path, there or "", spec.content)
    )


def _state(spec: FileSpec, there: str | None, lock: Lock | None) -> FileState:
    if there is None:
        return FileState.NEW
    if there == spec.content:
        return FileState.SAME
    # The lock is Maquette's own file: nobody edits it, and it is never asked about.
    if spec.path == LOCK_NAME or (lock and lock.files.get(spec.path) == text_digest(there)):
        return FileState.CHANGED
    return FileState.EDITED


def _still_kept(specs: Mapping[str, FileSpec], present: Mapping[str, str], lock: Lock | None) -> frozenset[str]:
    """What the user kept before and what still differs from a render that has not changed since."""
    if lock is None:
        return frozenset()
    return frozenset(
        path
        for path in lock.kept
        if path in specs
        and path in present
        and present[path] != specs[path].content
        and text_digest(specs[path].content) == lock.files.get(path)
    )


def _obsolete(specs: Mapping[str, FileSpec], present: Mapping[str, str], lock: Lock | None) -> list[PlannedFile]:
    """Files of the last export that are rendered no more. One that the user edited is theirs and is left out."""
    if lock is None:
        return []
    return [
        PlannedFile(
            spec=FileSpec(path=path, content="", template=""),
            state=FileState.OBSOLETE,
            diff=unified_diff(path, present[path], ""),
        )
        for path, known in lock.files.items()
        if path not in specs and path in present and text_digest(present[path]) == known
    ]

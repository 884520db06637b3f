"""What an export would do, file by file, before it does it: pure comparison of rendered, present and locked text."""

import difflib
import re
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field, replace

from maquette.bundle.lock import LOCK_NAME, Lock, text_digest
from maquette.bundle.merging import merge
from maquette.bundle.plan import BundlePlan, FileSpec, FileState, PlannedFile, Resolution

_NO_NEWLINE = "\\ No newline at end of file\n"


@dataclass(frozen=True, kw_only=True, slots=True)
class History:
    """What earlier exports wrote, as far as it is known.

    Attributes:
        exported: Path to the text of the last export, which a merge starts from.
        unfinished: Path to the SHA-256 of texts that an interrupted export may have written without telling the lock.
    """

    exported: Mapping[str, str] = field(default_factory=dict)
    unfinished: Mapping[str, frozenset[str]] = field(default_factory=dict)


_NO_HISTORY = History()


@dataclass(frozen=True, kw_only=True, slots=True)
class Comparison:
    """What the render is compared with; the fields as in `plan_bundle`."""

    present: Mapping[str, str]
    lock: Lock | None
    out: str
    computed_from: str
    history: History = _NO_HISTORY
    others: frozenset[str] = frozenset()

    def plan(self, files: Sequence[FileSpec]) -> BundlePlan:
        """The plan for ``files``."""
        return plan_bundle(
            files,
            present=self.present,
            lock=self.lock,
            out=self.out,
            computed_from=self.computed_from,
            history=self.history,
            others=self.others,
        )


def plan_bundle(
    files: Sequence[FileSpec],
    *,
    present: Mapping[str, str],
    lock: Lock | None,
    out: str,
    computed_from: str,
    history: History = _NO_HISTORY,
    others: frozenset[str] = frozenset(),
) -> BundlePlan:
    """Compare the rendered ``files`` with what is ``present`` in the folder and with the lock of the last export.

    Args:
        files: The render; its maquette.lock is completed with the files that stay the user's.
        present: Path to text of the files that are there, those of ``wanted_paths`` at least.
        lock: Of the last export; without one, every file that is there and differs counts as edited.
        out: The folder as the user named it.
        computed_from: The fingerprint over all stages.
        history: What earlier exports wrote, beyond the lock.
        others: Paths that this export leaves alone, because it is of other parts.
    """
    specs = {spec.path: spec for spec in files}
    kept = _still_kept(specs, present, lock)
    if LOCK_NAME in specs:
        own = Lock.from_text(specs[LOCK_NAME].content)
        own = own.keeping(kept | frozenset(own.kept))
        specs[LOCK_NAME] = replace(specs[LOCK_NAME], content=own.as_text())
    ours = _Ours(lock, history)
    planned = [_planned(spec, present.get(spec.path), ours) for spec in specs.values()]
    gone = _obsolete({*specs, *others}, present, ours)
    return BundlePlan(
        out=out,
        files=tuple(sorted((*planned, *gone), key=lambda file: file.spec.path)),
        computed_from=computed_from,
    )


def wanted_paths(files: Sequence[FileSpec], lock: Lock | None, history: History = _NO_HISTORY) -> tuple[str, ...]:
    """The paths whose present text a plan needs: the rendered ones and those of the last exports."""
    return tuple(sorted({spec.path for spec in files} | set(lock.files if lock else ()) | set(history.unfinished)))


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


class _Ours:
    """Tells Maquette's own texts from the user's."""

    def __init__(self, lock: Lock | None, history: History) -> None:
        self.files: Mapping[str, str] = lock.files if lock else {}
        self.history = history

    def wrote(self, path: str, text: str) -> bool:
        """Whether an export wrote that text there, if only one that was interrupted."""
        written = text_digest(text)
        return self.files.get(path) == written or written in self.history.unfinished.get(path, ())


def _planned(spec: FileSpec, there: str | None, ours: _Ours) -> PlannedFile:
    state = _state(spec, there, ours)
    base = ours.history.exported.get(spec.path)
    merged = merge(base, there or "", spec.content) if state is FileState.EDITED and base is not None else None
    return PlannedFile(
        spec=spec,
        state=state,
        diff=unified_diff(spec.path, there or "", spec.content),
        merge=merged,
        merged_diff=unified_diff(spec.path, there or "", merged.text) if merged and merged.clean else "",
    )


def _state(spec: FileSpec, there: str | None, ours: _Ours) -> FileState:
    if there is None:
        return FileState.NEW
    if there == spec.content:
        return FileState.SAME
    # The lock is Maquette's own file: nobody edits it, and it is never asked about.
    if spec.path == LOCK_NAME or ours.wrote(spec.path, there):
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


def _obsolete(staying: Set[str], present: Mapping[str, str], ours: _Ours) -> list[PlannedFile]:
    """Files of the last exports that are rendered no more. One that the user edited is theirs and is left out."""
    return [
        PlannedFile(
            spec=FileSpec(path=path, content="", template=""),
            state=FileState.OBSOLETE,
            diff=unified_diff(path, present[path], ""),
        )
        for path in sorted({*ours.files, *ours.history.unfinished} - {LOCK_NAME})
        if path not in staying and path in present and ours.wrote(path, present[path])
    ]

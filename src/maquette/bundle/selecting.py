"""An export of some parts of the bundle alone: which files they are, and a lock that still tells the truth of all."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from maquette.bundle.lock import LOCK_NAME, Lock
from maquette.bundle.plan import FileSpec
from maquette.foundation.problems import NotFound


@dataclass(frozen=True, kw_only=True, slots=True)
class Selection:
    """The files to export, the lock among them, and the paths that are left alone."""

    files: tuple[FileSpec, ...]
    others: frozenset[str]


def select(files: Sequence[FileSpec], parts: Collection[str], lock: Lock | None) -> Selection:
    """The files of ``parts``: names of artifacts, top folders or paths. No part means all of them.

    The lock keeps what it says of the other files, and says that everything is current only when it is.

    Raises:
        NotFound: A part is none of the bundle's.
    """
    if not parts:
        return Selection(files=tuple(files), others=frozenset())
    rendered = [spec for spec in files if spec.path != LOCK_NAME]
    known = dict.fromkeys(name for spec in rendered for name in _names(spec.path, spec.artifact))
    for part in parts:
        if part.rstrip("/") not in known and part not in (lock.files if lock else {}):
            raise NotFound(
                f"no part of this bundle is called {part!r}",
                fix=f"There are: {', '.join(sorted(name for name in known if name))}.",
            )
    wanted = {part.rstrip("/") for part in parts}
    chosen = [spec for spec in rendered if wanted.intersection(_names(spec.path, spec.artifact))]
    gone = {path for path in (lock.files if lock else {}) if wanted.intersection(_names(path, ""))}
    mine = {spec.path for spec in chosen} | gone
    others = ({spec.path for spec in rendered} | set(lock.files if lock else ())) - mine
    whole = next(spec for spec in files if spec.path == LOCK_NAME)
    partial = _partial(Lock.from_text(whole.content), lock, {spec.path for spec in chosen}, others)
    return Selection(files=(*chosen, replace(whole, content=partial.as_text())), others=frozenset(others))


def _names(path: str, artifact: str) -> set[str]:
    """What a file may be called by: its artifact, its top folder, its path."""
    top, slash, _ = path.partition("/")
    return {artifact, path, top} if slash else {artifact, path}


def _partial(full: Lock, last: Lock | None, chosen: set[str], others: set[str]) -> Lock:
    before = last or Lock(maquette_version=full.maquette_version, computed_from="")
    files = {path: known for path, known in before.files.items() if path in others}
    brought = {path: known for path, known in before.brought_by.items() if path in others}
    files |= {path: full.files[path] for path in chosen}
    basis = full if files == full.files else before
    return replace(
        basis,
        maquette_version=full.maquette_version,
        files=files,
        brought_by=brought | {path: full.brought_by[path] for path in chosen},
        kept=tuple(path for path in before.kept if path in others),
    )

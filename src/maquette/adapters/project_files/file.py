"""`YamlProjectFile`: maquette.yaml on its disk. One writer at a time, replaced whole, a lost update refused."""

import os
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from maquette.adapters.project_files.editing import NotEditable, changed_data, with_value
from maquette.adapters.project_files.emission import plain_value
from maquette.adapters.project_files.interpretation import Vocabulary, document_from_data
from maquette.adapters.project_files.source import Source, parse, read_bytes
from maquette.foundation.lineage import canonical_json, digest
from maquette.foundation.problems import Conflict, InvalidInput, Place, Unavailable
from maquette.foundation.wording import shown
from maquette.project_document import REMOVED, Document, value_at
from maquette.project_lock import lock_project
from maquette.requirements.questions import QuestionBook
from maquette.rules.report import RuleBook

_TEMPORARY_SUFFIX = ".tmp"


class YamlProjectFile:
    """A project file, read and changed in place; implements `maquette.project_document.ProjectFile`.

    Args:
        path: The file.
        book: The questions that the requirements answer.
        fact_kinds: The rules' facts by dotted name, with "str", "bool", "int" or "float".
        rules: Loads the rule base for a file that adds, mutes or overrides rules; None leaves that part unread.
    """

    def __init__(
        self,
        path: Path,
        *,
        book: QuestionBook,
        fact_kinds: Mapping[str, str],
        rules: Callable[[], RuleBook] | None = None,
    ) -> None:
        self._path = path
        self._vocabulary = Vocabulary(book=book, fact_kinds=fact_kinds, rules=rules)

    @property
    def path(self) -> Path:
        """Where the file is."""
        return self._path

    def read(self) -> Document:
        """The newest state of the file.

        Raises:
            NotFound, InvalidInput, SeveralProblems, Unavailable: It is not there, wrong, or cannot be read.
        """
        source = parse(read_bytes(self._path), str(self._path))
        return self._interpreted(source, changed=())

    def update(self, changes: Mapping[str, object], *, seen: Document | None) -> Document:
        """Set dotted paths to plain values in the newest file, or delete them with `REMOVED`.

        Raises:
            Conflict: A path was changed elsewhere since ``seen``.
            NotFound, InvalidInput, SeveralProblems: The file or a new value is wrong.
            Unavailable: The file cannot be written.
            In every case the file is as it was.
        """
        wanted = {path: value if value is REMOVED else plain_value(value) for path, value in changes.items()}
        with self._alone():
            newest = parse(read_bytes(self._path), str(self._path))
            if seen is not None:
                _refuse_lost_update(newest, seen, wanted)
            edited = _edited(newest, wanted)
            document = self._interpreted(edited, changed=tuple(wanted), before=newest)
            if edited.text != newest.text:
                replace_whole(self._path, edited.text.encode())
        return document

    def _interpreted(self, source: Source, *, changed: tuple[str, ...], before: Source | None = None) -> Document:
        """The source as a document. Lines are those of the file on the disk, so new values have none."""

        def place_of(field: str) -> Place:
            if any(f"{field}.".startswith(f"{path}.") for path in changed):
                return Place(file=source.file, field=field)
            return (before or source).place(field)

        return document_from_data(
            source.data,
            self._vocabulary,
            place_of=place_of,
            folder_name=self._path.resolve().parent.name,
            digest=digest(source.text.encode()),
        )

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Keep other writers out, in this process and in others."""
        read_bytes(self._path)
        with told_apart(self._path):
            lock = lock_project(self._path.parent, Place(file=str(self._path)))
        try:
            yield
        finally:
            lock.release()


def _refuse_lost_update(newest: Source, seen: Document, wanted: Mapping[str, object]) -> None:
    """Raise `Conflict` when somebody else changed a path since ``seen`` to something other than what is wanted now."""
    lost = [
        path
        for path, value in wanted.items()
        if not _same(value_at(newest.data, path), seen.value_at(path)) and not _same(value_at(newest.data, path), value)
    ]
    if lost:
        changed = "; ".join(
            f"{path} is now {_worded(newest_value)}, and was {_worded(seen.value_at(path))}"
            for path, newest_value in ((path, value_at(newest.data, path)) for path in lost)
        )
        fix = "Look at the newest values, then make the change again."
        raise Conflict(f"changed elsewhere since you looked: {changed}", fix=fix, place=newest.place(lost[0]))


def _same(one: object, other: object) -> bool:
    """Nothing and null are the same answer."""
    one, other = (None if value is REMOVED else value for value in (one, other))
    return canonical_json(one) == canonical_json(other)


def _worded(value: object) -> str:
    return "not set" if value is REMOVED or value is None else shown(value)


def _edited(source: Source, wanted: Mapping[str, object]) -> Source:
    """The source with the new values, proved to mean exactly that.

    Raises:
        InvalidInput: The text cannot be changed without changing more.
    """
    expected: dict[str, Any] = dict(source.data)
    edited = source
    for path, value in wanted.items():
        where = Place(file=source.file, line=source.place(path).line, field=path)
        try:
            expected = changed_data(expected, path, value)
            edited = parse(with_value(edited, path, value).encode(), source.file)
        except (NotEditable, InvalidInput):
            raise _by_hand(path, where) from None
        if canonical_json(edited.data) != canonical_json(expected):
            raise _by_hand(path, where)
    return edited


def _by_hand(path: str, place: Place) -> InvalidInput:
    what = f"{path} is written in a way that cannot be changed here without changing other values"
    return InvalidInput(what, fix="Change it in an editor; anchors and lists are often the reason.", place=place)


def replace_whole(path: Path, content: bytes) -> None:
    """Put ``content`` in the place of the file at once: a reader sees the old file or the new one, never a part.

    Raises:
        Unavailable: It cannot be written; the old file is intact.
    """
    target = path.resolve()
    with told_apart(path):
        for left_over in target.parent.glob(f".{target.name}.*{_TEMPORARY_SUFFIX}"):
            left_over.unlink(missing_ok=True)
        handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.", suffix=_TEMPORARY_SUFFIX)
        try:
            with os.fdopen(handle, "wb") as stream:
                stream.write(content)
                stream.flush()
                os.fsync(stream.fileno())
            os.chmod(name, target.stat().st_mode & 0o777 if target.exists() else 0o644)
            os.replace(name, target)
        except BaseException:
            with suppress(OSError):
                os.unlink(name)
            raise
        _sync_folder(target.parent)


def _sync_folder(folder: Path) -> None:
    """Make the replacement last through a power failure, where the system can do that for folders."""
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


@contextmanager
def told_apart(path: Path) -> Iterator[None]:
    """An error of the disk as a problem."""
    try:
        yield
    except OSError as error:
        what = f"the project cannot be written: {error.strerror or error}"
        fix = "Free some space, or get the right to write in its folder; the old file is intact."
        raise Unavailable(what, fix=fix, place=Place(file=str(path))) from error

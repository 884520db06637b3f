"""Runs as folders: ``.maquette/runs/<id>/manifest.json`` and ``trials.jsonl``, append-only, one line a finished call.

``lost_usd.txt`` holds what calls may have cost whose question the end of the run left open, an amount a line.

A file lock tells a run under way in another process from one whose process is gone.
"""

import json
import os
import re
from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import IO, TYPE_CHECKING

from maquette.evals.trials import Cache, RunManifest, RunState, Trial, trial_as_data, trial_from_data
from maquette.foundation.lineage import plain
from maquette.foundation.problems import Conflict, InvalidInput, NotFound, Place, Unavailable
from maquette.foundation.units import Usd

if TYPE_CHECKING:
    from filelock import FileLock

_MANIFEST, _TRIALS, _LOST, _LOCK = "manifest.json", "trials.jsonl", "lost_usd.txt", "lock"
_RUN_ID = re.compile(r"r-(\d{3,9})")
_PROBE_S = 0.5
"""A process that looks whether a run is under way holds its lock for a moment: wait that long before giving up."""
_BLOCK = 64 * 1024


class FileTrialLog:
    """The log of one run, open for appending."""

    def __init__(self, store: "FileRunStore", run_id: str) -> None:
        self._store = store
        self._run_id = run_id
        path = store.folder / run_id / _TRIALS
        self._lost = store.folder / run_id / _LOST
        _cut_torn_line(path)
        self._file: IO[bytes] = path.open("ab")

    @property
    def run_id(self) -> str:
        """The run that this log belongs to."""
        return self._run_id

    def append(self, trial: Trial) -> None:
        """Add a trial: a killed process keeps it at once, a machine that loses power after the next ``flush``.

        Raises:
            Unavailable: The disk is full; what was appended before is kept.
        """
        line = json.dumps(trial_as_data(trial), ensure_ascii=False, separators=(",", ":"))
        try:
            # A model may answer half of a surrogate pair, which is no UTF-8.
            self._file.write(line.encode(errors="replace") + b"\n")
            self._file.flush()
        except OSError as error:
            raise self._full(error) from error

    def flush(self) -> None:
        """Force what was appended to disk.

        Raises:
            Unavailable: The disk is full; what was flushed before is kept.
        """
        try:
            os.fsync(self._file.fileno())
        except OSError as error:
            raise self._full(error) from error

    def finished(self) -> Iterator[Trial]:
        """This run's trials so far, in the order in which they finished."""
        return self._store.trials(self._run_id)

    def answered_before(self, keys: Collection[str]) -> Mapping[str, Trial]:
        """Trials of other runs that have an answer for one of ``keys``."""
        return self._store.answered(keys, leave_out=self._run_id)

    def why_asked(self, key: str, target_id: str, example_id: str) -> Cache:
        """What other runs know of a question that they do not answer."""
        return self._store.why_asked(key, target_id, example_id, leave_out=self._run_id)

    def lose(self, usd: Usd) -> None:
        """Remember what calls may have cost that no trial tells of; on disk at once.

        Raises:
            Unavailable: The disk is full.
        """
        try:
            with self._lost.open("a", encoding="ascii") as file:
                file.write(f"{usd}\n")
        except OSError as error:
            raise self._full(error) from error

    def lost_usd(self) -> Usd:
        """The sum of what this run lost so; a line that was cut off is left out."""
        amounts = [Usd(0)]
        for _, line in _whole_lines(self._lost, 0):
            with suppress(InvalidOperation):
                amounts.append(Usd(line.strip().decode("ascii", "replace")))
        return sum(amounts, Usd(0))

    def close(self) -> None:
        """Close the file."""
        with suppress(OSError):
            self._file.close()

    def _full(self, error: OSError) -> Unavailable:
        return Unavailable(
            f"the trial log cannot be written: {error.strerror}",
            place=Place(file=f".maquette/runs/{self._run_id}/{_TRIALS}"),
            fix="Make room on the disk, then resume: maquette eval run.",
        )


@dataclass(slots=True)
class _Indexed:
    """Where a run's answers lie: key to the offset of its line, as far as the log was read.

    Attributes:
        failed: Keys whose call failed.
        asked: Hashes of targets with their examples.
    """

    end: int = 0
    offsets: dict[str, int] = field(default_factory=dict)
    failed: set[str] = field(default_factory=set)
    asked: set[int] = field(default_factory=set)


class _Answers(Mapping[str, Trial]):
    """Answers on disk, each read when it is looked up."""

    def __init__(self, places: Mapping[str, tuple[Path, int]]) -> None:
        self._places = places
        self._file: IO[bytes] | None = None

    def __getitem__(self, key: str) -> Trial:
        path, offset = self._places[key]
        if self._file is None or self._file.name != str(path):
            self._close()
            self._file = path.open("rb")
        self._file.seek(offset)
        return _trial(self._file.readline(), path, None)

    def __del__(self) -> None:
        self._close()

    def _close(self) -> None:
        if self._file is not None:
            self._file.close()

    def __contains__(self, key: object) -> bool:
        return key in self._places  # without reading the answer, as the inherited one would

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)


class FileRunStore:
    """The runs below one folder. Nothing is created before the first run starts."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._open: dict[str, tuple[FileTrialLog, FileLock]] = {}
        self._index: dict[str, _Indexed] = {}

    def manifests(self) -> tuple[RunManifest, ...]:
        """All runs, oldest first."""
        return tuple(self._manifest(run_id) for run_id in self._run_ids() if self._path(run_id, _MANIFEST).is_file())

    def start(self, manifest: RunManifest) -> tuple[RunManifest, FileTrialLog]:
        """A new run with the next free id, and its log."""
        try:
            named = replace(manifest, run_id=self._new_folder())
            self._write(named)
        except OSError as error:
            raise Unavailable(
                f"a run cannot be started here: {error.strerror}",
                place=Place(file=str(self.folder)),
                fix="Make the folder writable, or make room on the disk.",
            ) from error
        return named, self._hold(named.run_id)

    def resume(self, run_id: str) -> FileTrialLog:
        """The log of a run that did not finish; the run counts as running again."""
        if not (self.folder / run_id / _MANIFEST).is_file():
            raise NotFound(f"there is no run {run_id!r}", fix="maquette eval show names the newest.")
        log = self._hold(run_id)
        self._write(replace(self._manifest(run_id), state=RunState.RUNNING, finished_at=None))
        return log

    def finish(self, run_id: str, state: RunState, finished_at: datetime) -> None:
        """Say how the run ended, and let go of it."""
        self._write(replace(self._manifest(run_id), state=state, finished_at=finished_at))
        self._let_go(run_id)

    def close(self) -> None:
        """Let go of every run that is still open; each counts as interrupted."""
        for run_id in tuple(self._open):
            self._let_go(run_id)

    def answered(self, keys: Collection[str], *, leave_out: str | None = None) -> Mapping[str, Trial]:
        """Trials of any run that have an answer for one of ``keys``, the newest of each, read when looked up."""
        wanted = frozenset(keys)
        places: dict[str, tuple[Path, int]] = {}
        for run_id in self._run_ids() if wanted else ():
            if run_id != leave_out:
                path, offsets = self._path(run_id, _TRIALS), self._offsets(run_id)
                places.update({key: (path, offsets[key]) for key in wanted & offsets.keys()})
        return _Answers(places)

    def why_asked(self, key: str, target_id: str, example_id: str, *, leave_out: str) -> Cache:
        """What runs whose answers were looked up know of a question that none of them answers."""
        others = [index for run_id, index in self._index.items() if run_id != leave_out]
        if any(key in index.failed for index in others):
            return Cache.FAILED
        asked = hash((target_id, example_id))
        return Cache.CHANGED if any(asked in index.asked for index in others) else Cache.NEW

    def trials(self, run_id: str) -> Iterator[Trial]:
        """The trials of a run in the order in which they finished; a torn last line is left out."""
        path = self._path(run_id, _TRIALS)
        for number, (_, line) in enumerate(_whole_lines(path, 0), start=1):
            yield _trial(line, path, number)

    def _path(self, run_id: str, name: str) -> Path:
        return self.folder / run_id / name

    def _run_ids(self) -> list[str]:
        """The folders of runs, in the order of their numbers."""
        found = [_RUN_ID.fullmatch(path.name) for path in self.folder.glob("r-*")]
        return [match.group() for match in sorted(filter(None, found), key=lambda match: int(match.group(1)))]

    def _offsets(self, run_id: str) -> Mapping[str, int]:
        """Where the run's answers lie; what was appended since the last look is read, the rest is remembered.

        A damaged line is no answer: its call is made again.
        """
        known = self._index.setdefault(run_id, _Indexed())
        for offset, line in _whole_lines(self._path(run_id, _TRIALS), known.end):
            known.end = offset + len(line)
            with suppress(ValueError, KeyError, TypeError):
                data = json.loads(line)
                if data["failure"] is None and not data.get("withheld"):
                    known.offsets[data["key"]] = offset
                elif data["failure"] is not None:
                    known.failed.add(data["key"])
                known.asked.add(hash((data["target_id"], data["example_id"])))
        return known.offsets

    def _manifest(self, run_id: str) -> RunManifest:
        path = self.folder / run_id / _MANIFEST
        try:
            data = json.loads(path.read_text(encoding="utf-8"))
            manifest = _manifest_from(data)
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise InvalidInput(
                f"not the manifest of a run: {error}", place=Place(file=str(path)), fix="Delete that run's folder."
            ) from error
        if manifest.state is RunState.RUNNING and run_id not in self._open and not self._held_elsewhere(run_id):
            return replace(manifest, state=RunState.INTERRUPTED)
        return manifest

    def _held_elsewhere(self, run_id: str) -> bool:
        from filelock import FileLock, Timeout

        lock = FileLock(self._path(run_id, _LOCK), timeout=0)
        try:
            with lock:
                return False
        except Timeout:
            return True
        except OSError:
            return False  # a folder that cannot be written to: nobody writes a run in it

    def _hold(self, run_id: str) -> FileTrialLog:
        from filelock import FileLock, Timeout

        # The evaluation's own thread lets go of a lock that the interface's thread took.
        lock = FileLock(self._path(run_id, _LOCK), timeout=_PROBE_S, thread_local=False)
        try:
            lock.acquire()
        except Timeout as error:
            raise Conflict(
                f"run {run_id} is under way in another process", fix="Wait until it is done, or stop it there."
            ) from error
        try:
            log = FileTrialLog(self, run_id)
        except OSError:
            lock.release()
            raise
        self._open[run_id] = (log, lock)
        return log

    def _let_go(self, run_id: str) -> None:
        log, lock = self._open.pop(run_id)
        log.close()
        lock.release()

    def _new_folder(self) -> str:
        self.folder.mkdir(parents=True, exist_ok=True)
        number = max((int(run_id[2:]) for run_id in self._run_ids()), default=0)
        while True:
            number += 1
            run_id = f"r-{number:03d}"
            try:
                (self.folder / run_id).mkdir()
            except FileExistsError:
                continue
            return run_id

    def _write(self, manifest: RunManifest) -> None:
        path = self.folder / manifest.run_id / _MANIFEST
        new = path.with_suffix(".new")
        new.write_text(json.dumps(plain(manifest), indent=2) + "\n", encoding="utf-8")
        new.replace(path)


def _manifest_from(data: Mapping[str, object]) -> RunManifest:
    fields = dict(data)
    cap, finished_at = fields["cap_usd"], fields["finished_at"]
    fields["targets"] = tuple(fields["targets"])  # type: ignore[arg-type]  # a list in JSON, or TypeError for the caller
    fields["cap_usd"] = None if cap is None else Decimal(str(cap))
    fields["started_at"] = datetime.fromisoformat(str(fields["started_at"]))
    fields["finished_at"] = None if finished_at is None else datetime.fromisoformat(str(finished_at))
    fields["state"] = RunState(str(fields["state"]))
    return RunManifest(**fields)  # type: ignore[arg-type]  # a wrong type fails on use; a wrong key fails here


def _trial(line: bytes, path: Path, number: int | None) -> Trial:
    try:
        # Decoded here: for a line of NUL bytes, which a loss of power leaves, json would guess another encoding.
        return trial_from_data(json.loads(line.decode()))
    except (ValueError, KeyError, TypeError) as error:
        raise InvalidInput(
            f"not a trial: {error}",
            place=Place(file=str(path), line=number),
            fix="Delete that line; its call is then made again.",
        ) from error


def _whole_lines(path: Path, start: int) -> Iterator[tuple[int, bytes]]:
    """The lines from offset ``start`` on, each with its own offset; a last line without an end is left out."""
    if not path.is_file():
        return
    with path.open("rb") as file:
        file.seek(start)
        offset = start
        for line in file:
            if not line.endswith(b"\n"):
                return
            yield offset, line
            offset += len(line)


def _cut_torn_line(path: Path) -> None:
    """A process that was killed while writing leaves a line without an end; it is cut off before appending."""
    if not path.is_file():
        return
    with path.open("r+b") as file:
        end = size = file.seek(0, os.SEEK_END)
        while end > 0:
            start = max(0, end - _BLOCK)
            file.seek(start)
            newline = file.read(end - start).rfind(b"\n")
            if newline >= 0:
                end = start + newline + 1
                break
            end = start
        if end != size:
            file.truncate(end)

"""Replacing the files of a folder so that each is the old one or the new one, whole, whenever the process is killed.

All new texts lie on the disk before the first file is replaced, beside a journal of what may be found afterwards. An
export that was interrupted leaves the journal; the next one knows by it which texts are Maquette's own, and clears up.
"""

import json
import os
import shutil
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from maquette.bundle.lock import text_digest
from maquette.bundle.paths import WRITING
from maquette.bundle.plan import FileSpec

JOURNAL = "journal.json"


class Staging:
    """The folder inside ``out`` that holds new files until they are in their place."""

    def __init__(self, out: Path) -> None:
        self._folder = out / WRITING
        self._new = self._folder / f"new-{os.getpid()}"

    def unfinished(self) -> dict[str, frozenset[str]]:
        """Path to the digests of what interrupted exports may have written there; empty when none was interrupted."""
        try:
            told = json.loads((self._folder / JOURNAL).read_bytes())
            return {str(path): frozenset(map(str, digests)) for path, digests in told["files"].items()}
        except (OSError, ValueError, TypeError, KeyError, AttributeError):
            return {}

    def hold(self, specs: Sequence[FileSpec], removed: Mapping[str, str]) -> list[Path]:
        """Put the texts on the disk, and then the journal of them and of what is ``removed`` (path to text)."""
        known = self.unfinished()
        shutil.rmtree(self._new, ignore_errors=True)
        self._new.mkdir(parents=True)
        held = []
        for number, spec in enumerate(specs):
            held.append(self._new / str(number))
            write_durably(held[-1], spec.content.encode())
        texts = {**{spec.path: spec.content for spec in specs}, **removed}
        for path, text in texts.items():
            known[path] = known.get(path, frozenset()) | {text_digest(text)}
        journal = {"files": {path: sorted(digests) for path, digests in sorted(known.items())}}
        write_durably(self._new / JOURNAL, json.dumps(journal, indent=1).encode())
        os.replace(self._new / JOURNAL, self._folder / JOURNAL)
        return held

    def drop(self, *, done: bool) -> None:
        """Take the staged files away, and with ``done`` the journal and what other processes left behind."""
        with suppress(OSError):
            shutil.rmtree(self._folder if done else self._new)
        if not done:
            with suppress(OSError):  # another export's files are in it, or a journal that still tells something
                self._folder.rmdir()


def write_durably(place: Path, content: bytes) -> None:
    """A new file that is on the disk when this returns."""
    with place.open("xb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())

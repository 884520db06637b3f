"""The texts that exports wrote, kept in the project's private folder: what a three-way merge starts from.

A text lies under its own SHA-256, compressed and written whole, so that a broken one is told and never used. Where the
folder cannot be written, nothing is kept, and an edited file is asked about instead of merged.
"""

import os
import zlib
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path

from maquette.bundle.lock import text_digest

MOST_TEXTS = 1000
"""Beyond that, the texts that were not used for longest are let go."""

_MOST_BYTES = 32 * 1024 * 1024


class ExportedTexts:
    """Texts by the SHA-256 of what they say, in ``folder``; None keeps nothing."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder

    def find(self, digests: Mapping[str, str]) -> dict[str, str]:
        """Path to text, of those whose digest is known here."""
        found = {path: self._text(known) for path, known in digests.items()}
        return {path: text for path, text in found.items() if text is not None}

    def keep(self, texts: Iterable[str]) -> None:
        """Keep the texts, before the files are written that a lock will tell by their digests."""
        if self._folder is None:
            return
        with suppress(OSError):
            self._folder.mkdir(parents=True, exist_ok=True)
            for text in texts:
                self._keep(self._folder / text_digest(text), text)
            self._let_go()

    def _keep(self, place: Path, text: str) -> None:
        if place.exists() and self._text(place.name) == text:
            os.utime(place)
            return
        staged = place.with_name(f".{place.name}.{os.getpid()}.writing")
        try:
            staged.write_bytes(zlib.compress(text.encode(), 9))
            os.replace(staged, place)
        finally:
            staged.unlink(missing_ok=True)

    def _text(self, digest: str) -> str | None:
        if self._folder is None or not digest.isalnum():
            return None
        try:
            unpacker = zlib.decompressobj()
            text = unpacker.decompress((self._folder / digest).read_bytes(), _MOST_BYTES).decode()
        except (OSError, zlib.error, UnicodeDecodeError):
            return None
        return text if text_digest(text) == digest else None

    def _let_go(self) -> None:
        assert self._folder is not None
        kept = sorted(self._folder.iterdir(), key=lambda place: (-place.stat().st_mtime_ns, place.name))
        for place in kept[MOST_TEXTS:]:
            place.unlink(missing_ok=True)

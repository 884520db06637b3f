"""Inspect's eval logs: a zip archive with ``header.json`` and ``samples/ID_epoch_N.json``, read in memory alone.

An archive is anybody's bytes: entries are known by a pattern, their names are never paths, and what they unpack to is
bounded before it is kept. The layout is that of ``inspect_ai/log/_recorders`` (UKGovernmentBEIS/inspect_ai).
"""

import io
import json
import re
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from typing import Any

from maquette.foundation.problems import InvalidInput, Place

MOST_ENTRIES = 200_000
MOST_ENTRY_BYTES = 100_000_000
MOST_BYTES = 2_000_000_000
"""Of a header or sample, and of everything that is read of one archive."""

_SAMPLE = re.compile(r"samples/[^/\\]+\.json")
_STARTS = ("header.json", "_journal/start.json")
"""A log that broke off has no header yet, and its journal's beginning instead."""

_ENTRY = b"PK\x01\x02"
"""What each line of the archive's list of entries begins with."""

_ATTACHMENT = "attachment://"
_CONVERT = "inspect log convert --to json makes a .json file of it."


class EvalLog:
    """An archive that is being read.

    Raises:
        InvalidInput: It is no eval log, or it is too large.
    """

    def __init__(self, content: bytes, *, name: str) -> None:
        self._name = name
        self._left_bytes = MOST_BYTES
        # Counted before the list of entries is made, which takes far more memory than they do.
        if (entries := content.count(_ENTRY)) > MOST_ENTRIES:
            raise self._wrong(f"it has {entries:,} entries")
        try:
            self._archive = zipfile.ZipFile(io.BytesIO(content))
        except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError) as error:
            raise self._wrong(f"it is no eval log: {error}") from error
        self._entries = self._archive.infolist()

    def header(self) -> Mapping[str, Any]:
        """What was evaluated, and the scores if it ended.

        Raises:
            InvalidInput: There is none, or it cannot be read.
        """
        for start in _STARTS:
            for entry in self._entries:
                if entry.filename == start:
                    data = self._json(entry)
                    if isinstance(data, Mapping) and "eval" in data:
                        return data
        raise self._wrong("it is no eval log: it has no header")

    def samples(self) -> Iterator[tuple[str, object]]:
        """The name and the data of each sample.

        Raises:
            InvalidInput: One cannot be read, or all together are too large.
        """
        for entry in self._entries:
            if _SAMPLE.fullmatch(entry.filename):
                yield entry.filename, self._json(entry)

    def _json(self, entry: zipfile.ZipInfo) -> Any:
        most = min(MOST_ENTRY_BYTES, self._left_bytes)
        try:
            with self._archive.open(entry) as file:
                # What an entry says of its size is not to be trusted.
                content = file.read(most + 1)
        except NotImplementedError as error:
            raise self._wrong(f"it is packed in a way that is not read here: {error}", _CONVERT) from error
        except (zipfile.BadZipFile, zlib.error, RuntimeError, EOFError, OSError) as error:
            raise self._wrong(f"{_short(entry)} cannot be unpacked: {error}") from error
        if len(content) > most:
            raise self._wrong(f"{_short(entry)} unpacks to more than is read, {most / 1e6:,.0f} MB")
        self._left_bytes -= len(content)
        try:
            return json.loads(content)
        except (ValueError, RecursionError) as error:
            raise self._wrong(f"{_short(entry)} is no JSON: {error}") from error

    def _wrong(self, what: str, fix: str = "Check that it is a whole log of Inspect.") -> InvalidInput:
        return InvalidInput(what, place=Place(file=self._name), fix=fix)


def _short(entry: zipfile.ZipInfo) -> str:
    return repr(entry.filename[:80])


def with_attachments(value: Any, attachments: object) -> Any:
    """``value`` with the texts in place that the log keeps apart; a reference to none stays as it is."""
    if not isinstance(attachments, Mapping):
        return value
    match value:
        case str() if value.startswith(_ATTACHMENT):
            found = attachments.get(value.removeprefix(_ATTACHMENT))
            return found if isinstance(found, str) else value
        case Mapping():
            return {key: with_attachments(item, attachments) for key, item in value.items()}
        case list():
            return [with_attachments(item, attachments) for item in value]
    return value


def output_of(sample: Mapping[str, Any]) -> str | None:
    """The text that the model answered, or None."""
    output = with_attachments(sample.get("output"), sample.get("attachments"))
    if not isinstance(output, Mapping):
        return None
    if isinstance(output.get("completion"), str):
        return str(output["completion"])
    choices = output.get("choices")
    first = choices[0] if isinstance(choices, list) and choices else None
    message = first.get("message") if isinstance(first, Mapping) else None
    content = message.get("content") if isinstance(message, Mapping) else None
    if isinstance(content, list):
        texts = [part.get("text") for part in content if isinstance(part, Mapping) and part.get("type") == "text"]
        content = "\n".join(text for text in texts if isinstance(text, str))
    return content if isinstance(content, str) else None

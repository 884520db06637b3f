"""Reads YAML files of the catalog: plain data, the line of every key, and keys that stand twice.

What was made of a text before is taken from a cache, by the text: JSON in the user's cache folder, which may be deleted
at any time; where it cannot be written, files are read anew each time. Text that is no YAML, or that would grow without
end through its own references, is one problem with its line, never another error.
"""

import json
import os
import warnings
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from maquette.foundation.lineage import digest
from maquette.foundation.problems import InvalidInput, Place
from maquette.foundation.user_folders import cache_folder
from maquette.foundation.wording import shown as quoted

_FORMAT = 2
"""Raised whenever the same text is to be read as other data."""

_MOST_KEPT = 600
"""Files in one folder of the cache; the oldest go first, a quarter at a time."""

_MOST_VALUES = 200_000
"""Values that one file may hold, its references written out."""

_DEEPEST = 60
_TAG = "tag:yaml.org,2002:"

Keys = tuple[str | int, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Repeated:
    """A key that stands twice in one mapping: its path, and both lines. The first one counts."""

    keys: Keys
    first_line: int
    line: int


@dataclass(frozen=True, kw_only=True, slots=True)
class YamlText:
    """A text as plain data: mappings with text as keys, lists, text, whole numbers, exact decimals; dates are text.

    Attributes:
        lines: The line, from 1, of each path of keys and list positions.
    """

    data: Any
    lines: Mapping[Keys, int]
    repeated: tuple[Repeated, ...]

    def line_of(self, keys: Sequence[str | int]) -> int | None:
        """The line of the deepest of ``keys`` that is there; None when not even the first one is."""
        for length in range(len(keys), 0, -1):
            if (line := self.lines.get(tuple(keys[:length]))) is not None:
                return line
        return None


def read_yaml(path: Path, *, name: str | None = None) -> Any:
    """The file's data: mappings, lists, text, numbers; dates as text, YAML's own type for them is not used.

    Args:
        path: The file.
        name: What the user calls it, for messages; None takes the path's last part.

    Raises:
        InvalidInput: It cannot be read, is no YAML, or a key stands twice; the message has the line.
    """
    shown = name or path.name

    def parse(content: bytes) -> Any:
        text = parse_yaml(content, shown)
        for twice in text.repeated:
            raise repeated_problem(twice, shown)
        return text.data

    return remembered("yaml", content_of(path, shown), parse)


def remembered(kind: str, content: bytes, make: Callable[[bytes], Any], *, version: str = "") -> Any:
    """What ``make`` makes of the content, as JSON data; from the cache when that was done before.

    Args:
        kind: The folder in the cache.
        content: What is looked up, by its digest.
        make: Called when it is not there; what it raises is passed on, and nothing is kept.
        version: Of the code that makes it; another version makes it anew.
    """
    kept = cache_folder() / kind / f"{_FORMAT}-{digest(version.encode() + content)}.json"
    try:
        return json.loads(kept.read_bytes())
    except (OSError, ValueError):
        text = json.dumps(make(content), default=_number, separators=(",", ":"))
    _keep(kept, text)
    return json.loads(text)


def content_of(path: Path, shown: str) -> bytes:
    """The file's bytes.

    Raises:
        InvalidInput: It cannot be read.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        raise InvalidInput(
            f"the file cannot be read: {error.strerror}", place=Place(file=shown), fix="Check the path and its rights."
        ) from error


def line_of(path: Path, keys: Sequence[str | int]) -> int | None:
    """The line, from 1, of the deepest of ``keys`` that is in the file; None when not even the first one is."""
    try:
        return parse_yaml(content_of(path, path.name), path.name).line_of(keys)
    except InvalidInput:
        return None


def repeated_problem(twice: Repeated, shown: str) -> InvalidInput:
    """The problem of a key that stands twice, with both lines."""
    return InvalidInput(
        f"the key {quoted(twice.keys[-1])} stands there twice, first on line {twice.first_line}",
        place=Place(file=shown, line=twice.line, field=".".join(map(str, twice.keys))),
        fix="Put both together, or give one another name.",
    )


def parse_yaml(content: bytes, shown: str) -> YamlText:
    """The text read, exactly.

    Raises:
        InvalidInput: It is no UTF-8 text or no YAML, or it is nested or referenced beyond all measure.
    """
    from ruamel.yaml import YAML
    from ruamel.yaml.error import MarkedYAMLError, ReusedAnchorWarning, YAMLError

    try:
        with warnings.catch_warnings():
            # An anchor that stands twice is allowed: the later one counts from there on.
            warnings.simplefilter("ignore", ReusedAnchorWarning)
            node = YAML(typ="safe", pure=True).compose(content.decode("utf-8"))
        walk = _Walk(shown)
        data = None if node is None else walk.value(node, ())
        return YamlText(data=data, lines=walk.lines, repeated=tuple(walk.repeated))
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise _no_yaml("it is no UTF-8 text", shown, line, fix="Save it as UTF-8.") from error
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        what = error.problem or error.context or "it cannot be read"
        raise _no_yaml(what, shown, mark.line + 1 if mark else None) from error
    except RecursionError as error:
        raise _no_yaml("it is nested too deeply", shown, None) from error
    except YAMLError as error:
        what = getattr(error, "reason", None) or "it cannot be read"
        position = getattr(error, "position", None)
        before = content.decode("utf-8")[:position] if isinstance(position, int) else None
        raise _no_yaml(what, shown, None if before is None else before.count("\n") + 1) from error
    except (ValueError, TypeError, AttributeError, LookupError, AssertionError) as error:
        # The parser's own mistakes on broken text are still mistakes of the text.
        raise _no_yaml("it cannot be read", shown, None) from error


def _no_yaml(what: str, shown: str, line: int | None, *, fix: str = "") -> InvalidInput:
    advice = fix or ("Mend the line that is named." if line else "Mend the file.")
    return InvalidInput(f"the file is not YAML: {what}", place=Place(file=shown, line=line), fix=advice)


class _Walk:
    """Makes plain data of composed nodes, and writes down lines and repeated keys on the way."""

    def __init__(self, shown: str) -> None:
        self.lines: dict[Keys, int] = {}
        self.repeated: list[Repeated] = []
        self._shown = shown
        self._values = 0

    def value(self, node: Any, keys: Keys) -> Any:
        self._values += 1
        if self._values > _MOST_VALUES or len(keys) > _DEEPEST:
            what = "it is nested too deeply" if len(keys) > _DEEPEST else "its references write out to too many values"
            raise _no_yaml(what, self._shown, node.start_mark.line + 1)
        if node.id == "scalar":
            return _scalar(self._text(node), str(node.tag).removeprefix(_TAG))
        if node.id == "sequence":
            return [self._item(item, (*keys, index)) for index, item in enumerate(node.value)]
        return self._mapping(node, keys)

    def _item(self, node: Any, keys: Keys) -> Any:
        self.lines[keys] = node.start_mark.line + 1
        return self.value(node, keys)

    def _mapping(self, node: Any, keys: Keys) -> dict[str, Any]:
        found: dict[str, Any] = {}
        merged: dict[str, Any] = {}
        own: dict[str, int] = {}
        for key_node, value_node in node.value:
            if key_node.tag == f"{_TAG}merge":
                merged.update(self._merged(value_node, keys))
                continue
            key, line = self._key(key_node), key_node.start_mark.line + 1
            path: Keys = (*keys, key)
            if key in own:
                self.repeated.append(Repeated(keys=path, first_line=own[key], line=line))
                continue
            own[key] = line
            self.lines[path] = line
            found[key] = self.value(value_node, path)
        return {**merged, **found}

    def _key(self, node: Any) -> str:
        if node.id != "scalar":
            raise _no_yaml("a key is no plain word", self._shown, node.start_mark.line + 1)
        return self._text(node)

    def _text(self, node: Any) -> str:
        """The scalar's text; a character that is escaped as two halves is put together, as in JSON."""
        text = str(node.value)
        if any("\ud800" <= char <= "\udfff" for char in text):
            try:
                return text.encode("utf-16", "surrogatepass").decode("utf-16")
            except UnicodeDecodeError:
                raise _no_yaml("half a character is escaped", self._shown, node.start_mark.line + 1) from None
        return text

    def _merged(self, node: Any, keys: Keys) -> dict[str, Any]:
        """What ``<<`` takes over; of several, the first counts."""
        taken: dict[str, Any] = {}
        for part in reversed(node.value) if node.id == "sequence" else [node]:
            if part.id != "mapping":
                raise _no_yaml("<< takes over mappings only", self._shown, node.start_mark.line + 1)
            taken.update(self.value(part, keys))
        return taken


def _scalar(text: str, kind: str) -> Any:
    """Text, a whole number, an exact decimal, a truth value or None; any other kind stays the text that it is."""
    if kind == "null":
        return None
    if kind == "bool":
        return text.casefold() in {"true", "yes", "on", "y"}
    if kind == "int":
        with suppress(ValueError):
            return int(text.replace("_", ""), 10 if text.lstrip("+-")[:2].isdecimal() else 0)
    if kind == "float":
        with suppress(InvalidOperation):
            return Decimal(text.replace("_", "").replace(".inf", "Infinity").replace(".nan", "NaN"))
    return text


def _number(value: Any) -> Any:
    """An exact decimal as JSON knows it."""
    if isinstance(value, Decimal):
        return float(value)
    return str(value)


def _keep(path: Path, text: str) -> None:
    """Write the copy whole or not at all; make room from time to time."""
    partial = path.with_suffix(f".{os.getpid()}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        partial.write_text(text, encoding="utf-8")
        partial.replace(path)
        _make_room(path.parent)
    except OSError:
        with suppress(OSError):
            partial.unlink(missing_ok=True)


def _make_room(folder: Path) -> None:
    """Take the oldest copies away when there are too many; another process may do so at the same time."""
    names = os.listdir(folder)
    if len(names) <= _MOST_KEPT:
        return
    aged: list[tuple[float, Path]] = []
    for name in names:
        with suppress(OSError):
            aged.append(((folder / name).stat().st_mtime, folder / name))
    for _, path in sorted(aged)[: len(aged) - _MOST_KEPT * 3 // 4]:
        with suppress(OSError):
            path.unlink()

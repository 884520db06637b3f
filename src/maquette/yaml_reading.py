"""Reads YAML files of the catalog quickly: a file that was read before is taken from a cache, by its content.

Positions are read again only to say where a mistake is. The cache is JSON in the user's cache folder and may be deleted
at any time; a folder that cannot be written to means that files are parsed each time.
"""

import json
import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from maquette.foundation.lineage import digest
from maquette.foundation.problems import InvalidInput, Place
from maquette.foundation.user_folders import cache_folder

_FORMAT = 1
"""Raised whenever the same text is to be read as other data."""


def read_yaml(path: Path, *, name: str | None = None) -> Any:
    """The file's data: mappings, lists, text, numbers; dates as text, YAML's own type for them is not used.

    Args:
        path: The file.
        name: What the user calls it, for messages; None takes the path's last part.

    Raises:
        InvalidInput: It cannot be read, or is no YAML; the message has the line.
    """
    shown = name or path.name
    try:
        content = path.read_bytes()
    except OSError as error:
        raise InvalidInput(
            f"the file cannot be read: {error.strerror}", place=Place(file=shown), fix="Check the path and its rights."
        ) from error
    kept = cache_folder() / "yaml" / f"{_FORMAT}-{digest(content)}.json"
    try:
        return json.loads(kept.read_bytes())
    except (OSError, ValueError):
        data = _as_json(_parse(content, shown))
    _keep(kept, data)
    return data


def line_of(path: Path, keys: Sequence[str | int]) -> int | None:
    """The line, from 1, of the deepest of ``keys`` that is in the file; None when not even the first one is."""
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    node: Any
    try:
        node = YAML(typ="rt").load(path.read_text(encoding="utf-8"))
    except (OSError, YAMLError, UnicodeDecodeError):
        return None
    line: int | None = None
    for key in keys:
        try:
            positions = getattr(node, "lc")  # noqa: B009  # ruamel adds it to plain lists and mappings
            row = positions.item(key)[0] if isinstance(node, list) else positions.key(key)[0]
            node = node[key]
        except (AttributeError, KeyError, IndexError, TypeError):
            break
        line = int(row) + 1
    return line


def _parse(content: bytes, shown: str) -> Any:
    from ruamel.yaml import YAML
    from ruamel.yaml.error import MarkedYAMLError, YAMLError

    try:
        return YAML(typ="safe", pure=True).load(content.decode("utf-8"))
    except (YAMLError, UnicodeDecodeError) as error:
        mark = error.problem_mark if isinstance(error, MarkedYAMLError) else None
        what = error.problem if isinstance(error, MarkedYAMLError) else "it is no UTF-8 text"
        raise InvalidInput(
            f"the file is not YAML: {what}",
            place=Place(file=shown, line=mark.line + 1 if mark else None),
            fix="Mend the line that is named.",
        ) from error


def _as_json(data: Any) -> Any:
    """The data as JSON knows it, so that a cached file reads as a fresh one."""
    return json.loads(json.dumps(data, default=str))


def _keep(path: Path, data: Any) -> None:
    """Write the parsed copy whole or not at all."""
    partial = path.with_suffix(f".{os.getpid()}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        partial.write_text(json.dumps(data, separators=(",", ":")), encoding="utf-8")
        partial.replace(path)
    except OSError:
        with suppress(OSError):
            partial.unlink(missing_ok=True)

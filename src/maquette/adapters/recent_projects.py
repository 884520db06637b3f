"""The projects that were opened lately, so that a change of prices can be told for each of them.

It is a convenience: when the list cannot be read or written, nothing is said and nothing is lost.
"""

import json
import os
from contextlib import suppress
from pathlib import Path

from maquette.foundation.user_folders import data_folder
from maquette.project_document import PROJECT_FILE

MOST = 50

_seen: set[Path] = set()


def remember(folder: Path) -> None:
    """Put the project first on the list; does so once in a process, and never fails."""
    if folder in _seen:
        return
    _seen.add(folder)
    with suppress(OSError, ValueError, RuntimeError):
        path = folder.resolve()
        before = _listed()
        if before[:1] == [str(path)]:
            return
        _write(
            [str(path), *(name for name in before if name != str(path) and Path(name, PROJECT_FILE).exists())][:MOST]
        )


def recent() -> tuple[Path, ...]:
    """The projects that are still there, the latest first."""
    with suppress(OSError, ValueError):
        return tuple(Path(name) for name in _listed() if Path(name, PROJECT_FILE).exists())
    return ()


def _file() -> Path:
    return data_folder() / "projects.json"


def _listed() -> list[str]:
    """What the list says; a broken one is an empty one."""
    try:
        data = json.loads(_file().read_bytes())
    except (OSError, ValueError):
        return []
    projects = data.get("projects") if isinstance(data, dict) else None
    return [name for name in projects if isinstance(name, str)] if isinstance(projects, list) else []


def _write(projects: list[str]) -> None:
    file = _file()
    file.parent.mkdir(parents=True, exist_ok=True)
    partial = file.with_suffix(f".{os.getpid()}.part")
    try:
        partial.write_text(json.dumps({"format": 1, "projects": projects}, indent=1), encoding="utf-8")
        partial.replace(file)
    finally:
        with suppress(OSError):
            partial.unlink(missing_ok=True)

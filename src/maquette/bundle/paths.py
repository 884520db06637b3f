"""The paths of a bundle's files: inside the folder on every platform, and no two that could be one file."""

import re
from collections.abc import Iterable, Mapping
from pathlib import PurePosixPath

from maquette.bundle.lock import LOCK_NAME
from maquette.foundation.problems import InvalidInput, Place

WRITING = ".maquette-writing"
"""The folder inside a bundle that holds what is being written; gone when an export is done."""

_FIELD = re.compile(r"\{([A-Za-z_][A-Za-z0-9_]*)\}")
_UNUSABLE = re.compile(r'[\x00-\x1f\x7f<>:"|?*\\{}]')
_DEVICES = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)
_LONGEST = 200


def filled(path: str, fields: Mapping[str, object], *, template: str) -> str:
    """``path`` with each ``{name}`` replaced by the text of that field; nothing but names stands between braces.

    Raises:
        InvalidInput: A name is no text of the element.
    """

    def field(found: re.Match[str]) -> str:
        value = fields.get(found.group(1))
        if not isinstance(value, str):
            raise _wrong(path, template, f"the element has no text {found.group(1)!r}")
        return value

    return _FIELD.sub(field, path)


def check_path(path: str, *, template: str) -> None:
    """Refuse what would leave the bundle's folder, or could not be a file everywhere.

    Raises:
        InvalidInput: Absolute, with ``..``, a drive, a backslash, a device's name, too long, or Maquette's own.
    """
    parts = path.split("/")
    if not path or PurePosixPath(path).is_absolute() or any(part in {"", ".", ".."} for part in parts):
        raise _wrong(path, template, "it leads out of the bundle's folder")
    if _UNUSABLE.search(path) or any(_DEVICES.fullmatch(part) or part != part.rstrip(". ") for part in parts):
        raise _wrong(path, template, "it is no name of a file on every platform")
    if len(path.encode()) > _LONGEST:
        raise _wrong(path, template, f"it is longer than {_LONGEST} bytes")
    if parts[0].lower() in {LOCK_NAME, WRITING} or parts[0].lower() in {".git", ".maquette"}:
        raise _wrong(path, template, f"{parts[0]} is not for templates")


def check_paths(made: Iterable[tuple[str, str]]) -> None:
    """Check each path with the template that makes it, and refuse two that are one file, or one inside another.

    Raises:
        InvalidInput: A path is wrong, or two collide, if only on disks that do not tell capitals apart.
    """
    seen: dict[str, tuple[str, str]] = {}
    for path, template in made:
        check_path(path, template=template)
        whole = path.casefold()
        if whole in seen:
            raise _wrong(path, template, f"{seen[whole][1]} makes {seen[whole][0]!r}, which is the same file")
        seen[whole] = (path, template)
    for path, (name, template) in seen.items():
        for parent in PurePosixPath(path).parents:
            if parent.as_posix() in seen:
                raise _wrong(name, template, f"{seen[parent.as_posix()][0]!r} is a file, not a folder")


def _wrong(path: str, template: str, why: str) -> InvalidInput:
    return InvalidInput(
        f"the output path {path[:80]!r} cannot be used: {why}",
        place=Place(file=f"templates/{template.partition('/')[0]}/template.toml", field="outputs.path"),
        fix="Correct the path in the declaration; nothing was written.",
    )

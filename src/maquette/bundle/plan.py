"""The bundle as values: rendered files, what each would do to the folder, and the lock. Writing is an adapter's."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol


@dataclass(frozen=True, kw_only=True, slots=True)
class FileSpec:
    """One file of the bundle: a relative POSIX path inside it, its text, and the template that made it."""

    path: str
    content: str
    template: str


class FileState(StrEnum):
    """What writing a file would do."""

    NEW = "new"
    CHANGED = "changed"
    SAME = "same"
    EDITED = "edited"
    OBSOLETE = "obsolete"

    @property
    def mark(self) -> str:
        """The sign in front of the file in a tree."""
        return {"new": "+", "changed": "~", "same": "=", "edited": "!", "obsolete": "-"}[self.value]


class Resolution(StrEnum):
    """What to do with a file that the user edited."""

    KEEP = "keep"
    REPLACE = "replace"


@dataclass(frozen=True, kw_only=True, slots=True)
class PlannedFile:
    """A file, what would happen to it, and the unified diff from what is there (empty when same)."""

    spec: FileSpec
    state: FileState
    diff: str


@dataclass(frozen=True, kw_only=True, slots=True)
class BundlePlan:
    """Everything that an export would do, before it does it. ``out`` is the folder as the user named it."""

    out: str
    files: tuple[PlannedFile, ...]
    computed_from: str

    def in_state(self, state: FileState) -> tuple[PlannedFile, ...]:
        """The files in that state, by path."""
        return tuple(file for file in self.files if file.state is state)


class Renderer(Protocol):
    """Turns a template and plain data into text: sandboxed, and an undefined name is an error."""

    def render(self, template: str, data: Mapping[str, Any]) -> str:
        """The text of the template ``<artifact>/<file>.j2`` over ``data``.

        Raises:
            InvalidInput: The template is wrong, or names what is not there.
        """

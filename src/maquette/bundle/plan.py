"""The bundle as values: rendered files, what each would do to the folder, and the lock. Writing is an adapter's."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, Protocol

from maquette.bundle.merging import Merge
from maquette.bundle.origin import LineOrigin, Rendered, aligned, line_origins


@dataclass(frozen=True, kw_only=True, slots=True)
class FileSpec:
    """One file of the bundle.

    Attributes:
        path: Inside the bundle, relative, with forward slashes.
        template: The name of the template that made it; empty for the lock.
        origins: Where each line comes from; empty when nobody asked.
    """

    path: str
    content: str
    template: str
    origins: tuple[LineOrigin, ...] = field(default=(), compare=False, repr=False)

    @property
    def artifact(self) -> str:
        """The folder of templates that it belongs to."""
        return self.template.partition("/")[0]


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
    MERGE = "merge"
    """Take the merge of the user's edit and the new text; only where the two do not touch the same lines."""
    MARKERS = "markers"
    """Keep the file, and write both versions with markers where they disagree into ``FILE.merge`` beside it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class PlannedFile:
    """A file and what would happen to it.

    Attributes:
        diff: The unified diff from what is there to the render; empty when they are the same.
        merge: Of an edited file whose last exported text is known: the user's edit and the new text as one.
        merged_diff: The unified diff from what is there to a merge without conflicts; empty where there is none.
    """

    spec: FileSpec
    state: FileState
    diff: str
    merge: Merge | None = None
    merged_diff: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class BundlePlan:
    """Everything that an export would do, before it does it.

    Attributes:
        out: The folder as the user named it.
        answered: Makes the plan for the answers about edited files, where something in it depends on them.
    """

    out: str
    files: tuple[PlannedFile, ...]
    computed_from: str
    answered: "Callable[[Mapping[str, Resolution]], BundlePlan] | None" = field(default=None, compare=False, repr=False)

    def in_state(self, state: FileState) -> tuple[PlannedFile, ...]:
        """The files in that state, by path."""
        return tuple(file for file in self.files if file.state is state)

    def with_answers(self, said: Mapping[str, Resolution]) -> "BundlePlan":
        """The plan once these answers are known: the page then shows the documents as they leave them."""
        return self if self.answered is None else self.answered(said)


class Renderer(Protocol):
    """Turns a template and plain data into text: sandboxed, and an undefined name is an error."""

    def render(self, template: str, data: Mapping[str, Any]) -> str:
        """The text of the template ``<artifact>/<file>.j2`` over ``data``.

        Raises:
            InvalidInput: The template is wrong, or names what is not there.
        """

    def trace(self, template: str, data: Mapping[str, Any]) -> Rendered:
        """The same text, with the template line and the data behind each stretch of it."""


class Tracing:
    """A renderer that remembers where the lines of what it rendered come from."""

    def __init__(self, renderer: Renderer) -> None:
        self._renderer = renderer
        self._origins: dict[tuple[str, str], tuple[LineOrigin, ...]] = {}

    def render(self, template: str, data: Mapping[str, Any]) -> str:
        """As the renderer below does."""
        return self.trace(template, data).text

    def trace(self, template: str, data: Mapping[str, Any]) -> Rendered:
        """As the renderer below does."""
        made = self._renderer.trace(template, data)
        self._origins[template, made.text] = line_origins(made.segments)
        return made

    def told(self, rendered: Sequence[FileSpec], final: Sequence[FileSpec]) -> tuple[FileSpec, ...]:
        """The ``final`` files with the origins of the ``rendered`` ones that they were made from, by path."""
        raw = {spec.path: spec for spec in rendered}
        return tuple(
            replace(spec, origins=aligned(self._origins[made.template, made.content], made.content, spec.content))
            if (made := raw.get(spec.path)) is not None
            else spec
            for spec in final
        )

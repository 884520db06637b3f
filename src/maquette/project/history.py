"""Undo and redo of changes to maquette.yaml, as pairs of path-to-value mappings. Nothing is written here."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True, slots=True)
class Edit:
    """One change: the values after it and before it, by dotted path."""

    after: Mapping[str, object]
    before: Mapping[str, object]

    @property
    def reverse(self) -> "Edit":
        """The change that takes this one back."""
        return Edit(after=self.before, before=self.after)


@dataclass(slots=True)
class History:
    """What can be undone and redone; a new edit clears what was undone."""

    done: list[Edit] = field(default_factory=list)
    undone: list[Edit] = field(default_factory=list)

    def record(self, edit: Edit) -> None:
        """Remember a new edit."""
        self.done.append(edit)
        self.undone.clear()

    def step_back(self) -> None:
        """The newest edit has been taken back."""
        self.undone.append(self.done.pop())

    def step_forward(self) -> None:
        """The newest undone edit has been made again."""
        self.done.append(self.undone.pop())

"""maquette.lock: what an export wrote and from what. No time, no path of a machine: equal inputs, equal lock."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from maquette.foundation.lineage import digest, plain
from maquette.foundation.problems import InvalidInput, Place

LOCK_NAME = "maquette.lock"
FORMAT = 1


@dataclass(frozen=True, kw_only=True, slots=True)
class Lock:
    """The state of a bundle.

    Attributes:
        computed_from: The fingerprint over all stages.
        stages: Stage name to the fingerprint of what its value was computed from.
        templates: Template name to its SHA-256.
        prices_as_of: The date of the price snapshot; None when nothing was priced.
        files: Path to the SHA-256 of the text that Maquette rendered for it.
        kept: Paths that are the user's own: their edit stands over the render of ``files``, or is merged with it.
        brought_by: Path to who brought its template, with the version: ``maquette 0.1.0``, a plug-in, the project.
    """

    maquette_version: str
    computed_from: str
    stages: Mapping[str, str] = field(default_factory=dict)
    templates: Mapping[str, str] = field(default_factory=dict)
    prices_as_of: str | None = None
    files: Mapping[str, str] = field(default_factory=dict)
    kept: tuple[str, ...] = ()
    brought_by: Mapping[str, str] = field(default_factory=dict)

    def as_text(self) -> str:
        """The lock as JSON with sorted keys, one entry a line."""
        data = {"format": FORMAT, **plain(self), "kept": sorted(self.kept)}
        return json.dumps(data, indent=2, sort_keys=True, ensure_ascii=False) + "\n"

    def keeping(self, paths: frozenset[str]) -> "Lock":
        """The same lock with ``paths`` as the user's own."""
        return replace(self, kept=tuple(sorted(paths)))

    @classmethod
    def from_text(cls, text: str) -> "Lock":
        """The lock from its text.

        Raises:
            InvalidInput: It is no lock, or one of another format.
        """
        try:
            data: dict[str, Any] = json.loads(text)
            if data.pop("format") != FORMAT:
                raise InvalidInput(
                    "the lock has another format",
                    place=Place(file=LOCK_NAME),
                    fix="Export with the Maquette that wrote it.",
                )
            return cls(**{**data, "kept": tuple(data["kept"])})
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise InvalidInput(
                f"this is no lock of Maquette: {error}",
                place=Place(file=LOCK_NAME),
                fix="Delete it: every file that is there then counts as edited by you and is asked about.",
            ) from error


def text_digest(text: str) -> str:
    """SHA-256 of a file's text as it is written."""
    return digest(text.encode())

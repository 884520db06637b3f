"""maquette.yaml as a value, and the protocol of the file. It belongs to the layer of `maquette.project`.

Checking, reading and writing the file is an adapter's work; nothing here knows YAML.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, Protocol

from maquette.cost.side_settings import CostSettings
from maquette.decision.decision import Choice
from maquette.evals.calls import TargetSpec
from maquette.evals.gating_settings import GateSettings
from maquette.evals.run import MetricSpec
from maquette.requirements.answers import Requirements
from maquette.rules.of_project import NOTHING_SAID, ProjectRules

PROJECT_FILE = "maquette.yaml"
"""The name of the file in a project's folder."""


class _Absent(Enum):
    REMOVED = "removed"


REMOVED: Final = _Absent.REMOVED
"""The value of a path that is not there; as a new value it deletes the key."""

DEFAULT_MAX_OUTPUT_TOK = 256
"""The longest answer of an evaluation when maquette.yaml does not say."""

_NOTHING: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True, kw_only=True, slots=True)
class EvaluationSettings:
    """What is asked of the chosen models; the paths are relative to the project's folder.

    Attributes:
        metrics: The first one is the primary one.
        answer_schema: The path of a JSON Schema file.
        temperature: None leaves the model's own setting alone.
        gate: What a run has to keep beside the blessed baseline.
        step: The step of an adaptation that is evaluated; None takes it from the prompt.
    """

    dataset: str | None = None
    prompt: str | None = None
    metrics: tuple[MetricSpec, ...] = ()
    max_output_tok: int = DEFAULT_MAX_OUTPUT_TOK
    answer_schema: str | None = None
    temperature: float | None = 0.0
    gate: GateSettings = field(default_factory=GateSettings)
    step: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Document:
    """One state of maquette.yaml.

    Attributes:
        name: The answer to ``project.name``, or the folder's name.
        shortlist_from: Fingerprint of what the choice of models was made on; None when there is none.
        cost_from: Fingerprint of the projection that was looked at; None when none was.
        cost: What the projection takes beside the requirements.
        choice: None while nothing is decided.
        rules: The project's own rules, and those that it mutes and overrides.
        out: The folder that bundles are exported to, relative to the project's.
        templates: The folder of the project's own templates; None where the file names none.
        digest: SHA-256 of the file's bytes.
        data: The file as plain data, for `value_at`.
    """

    name: str
    requirements: Requirements
    model_folders: tuple[str, ...] = ()
    targets: tuple[TargetSpec, ...] = ()
    chosen: tuple[str, ...] = ()
    shortlist_from: str | None = None
    evaluation: EvaluationSettings = field(default_factory=EvaluationSettings)
    cost_from: str | None = None
    cost: CostSettings = field(default_factory=CostSettings)
    choice: Choice | None = None
    rules: ProjectRules = field(default=NOTHING_SAID, compare=False)
    out: str = "out"
    templates: str | None = None
    digest: str = ""
    data: Mapping[str, Any] = field(default_factory=lambda: _NOTHING, compare=False, repr=False)

    def value_at(self, path: str) -> Any:
        """The plain value at a dotted path such as ``requirements.latency.p95_ms``; `REMOVED` when it is not there."""
        return value_at(self.data, path)

    def paths(self) -> tuple[str, ...]:
        """The dotted path of every value that is no mapping, in the order of the file; a list is one value."""
        return tuple(_paths(self.data))


class ProjectFile(Protocol):
    """The project file on its disk. Implementations keep what they do not change as it stands, comments included."""

    @property
    def path(self) -> Path:
        """Where the file is."""

    def read(self) -> Document:
        """The newest state of the file.

        Raises:
            NotFound: There is no such file.
            InvalidInput, SeveralProblems: The file is wrong; every error has its line.
            Unavailable: It cannot be read.
        """

    def update(self, changes: Mapping[str, object], *, seen: Document | None) -> Document:
        """Set dotted paths to plain values in the newest file, or delete them with `REMOVED`.

        Args:
            changes: Path to value. The change is made whole or not at all.
            seen: What the changes were made on; None overwrites whatever is there.

        Returns:
            The new state of the file, with what others changed meanwhile.

        Raises:
            Conflict: Another program changed one of the paths since ``seen``; nothing was written.
            NotFound, InvalidInput, SeveralProblems: As `read`, also for the new values; nothing was written.
            Unavailable: The disk is full or read-only, or another program holds the file; the old file is intact.
        """


def value_at(data: object, path: str) -> Any:
    """The value at a dotted path of plain data; `REMOVED` when it is not there."""
    for part in path.split("."):
        if not isinstance(data, Mapping) or part not in data:
            return REMOVED
        data = data[part]
    return data


def changed_paths(old: Document, new: Document) -> tuple[str, ...]:
    """The dotted paths whose values differ, sorted."""
    return tuple(sorted(path for path in {*old.paths(), *new.paths()} if old.value_at(path) != new.value_at(path)))


def _paths(data: Mapping[str, Any], prefix: str = "") -> Iterator[str]:
    for key, value in data.items():
        if isinstance(value, Mapping):
            yield from _paths(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}"

"""What `maquette data audit --json` and `maquette data import --json` print, as types."""

from typing import Any

from typing_extensions import TypedDict


class StratumData(TypedDict):
    """One stratum, and the half width of the widest 95 % interval that it can give."""

    name: str
    examples: int
    half_width: float


class LabelBalanceData(TypedDict):
    """The answers to one question of few answers; ``field`` is empty for the answer as a whole."""

    field: str
    counts: list[tuple[str, int]]
    baseline: float


class LengthsData(TypedDict):
    """Characters of what is put to a model, the prompt included, and the longest in estimated tokens."""

    p50_chars: int
    p95_chars: int
    most_chars: int
    most_tok: int


class AuditFindingData(TypedDict):
    """One thing that was found; ``code`` is a stable name for scripts."""

    code: str
    severity: str
    what: str
    fix: str
    count: int
    examples: list[str]


class AuditData(TypedDict):
    """`maquette data audit --json`."""

    format: int
    dataset: str
    examples: int
    few_shot: int
    half_width: float
    strata: list[StratumData]
    labels: list[LabelBalanceData]
    lengths: LengthsData
    scripts: dict[str, int]
    sources: dict[str, int]
    findings: list[AuditFindingData]
    serious: bool
    notes: list[str]


class LeftOutData(TypedDict):
    """Something that was not taken over, where it stands first, and how often it is there."""

    what: str
    file: str | None
    line: int | None
    field: str | None
    count: int


class ImportData(TypedDict):
    """`maquette data import --json`.

    ``metrics`` and ``suggested`` are entries of ``evaluation.metrics``; the suggested ones ask a model that is still to
    be chosen. ``outputs`` is how many answers came with the examples, ``outputs_to`` where they went.
    """

    format: int
    tool: str
    file: str
    out: str
    written: bool
    examples: int
    first: dict[str, Any]
    assertions: dict[str, int]
    metrics: list[dict[str, Any]]
    suggested: list[dict[str, Any]]
    left_out: list[LeftOutData]
    outputs: int
    outputs_to: str | None

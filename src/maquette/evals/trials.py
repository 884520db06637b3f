"""One finished call as a row of the trial log, and the log's protocol.

The log is append-only and is the cache: a key that has an answer is not paid for again.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, Protocol

from maquette.evals.calls import FailureKind
from maquette.foundation.lineage import plain
from maquette.foundation.units import Usd


class RunState(StrEnum):
    """How far a run is; `INTERRUPTED` is a run whose process is gone."""

    RUNNING = "running"
    FINISHED = "finished"
    STOPPED = "stopped"
    CAP_REACHED = "cap_reached"
    INTERRUPTED = "interrupted"


@dataclass(frozen=True, kw_only=True, slots=True)
class Score:
    """What a metric says of one answer.

    Attributes:
        value: From 0 to 1; None when the metric could not score it, which counts as neither right nor wrong.
        detail: Why, in words; data, never markup.
    """

    metric: str
    value: float | None
    detail: str = ""

    @property
    def passed(self) -> bool | None:
        """Whether the answer is fully right; None when unscored."""
        return None if self.value is None else self.value >= 1.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Failure:
    """Why a call has no answer, after all attempts."""

    kind: FailureKind
    detail: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Trial:
    """One example asked of one target: the answer or the failure, what it took, and the scores.

    Attributes:
        key: Hash of prompt, prompt version, model id, parameters and example; equal keys, equal question.
        attempts: How many calls were made; more than one means retries.
        cost_usd: What the calls cost; None when the model is unpriced. An attempt that may have been billed without a
            word of its usage (a timeout, a lost connection) counts at the most that it can have cost.
        from_cache: The answer comes from an earlier run; latency and cost are those of then.
        asked: Hash of the messages alone, by which a run is replayed to any target.
    """

    key: str
    target_id: str
    example_id: str
    stratum: str
    output: str | None
    failure: Failure | None
    scores: tuple[Score, ...]
    attempts: int
    input_tok: int | None
    output_tok: int | None
    cached_tok: int | None
    latency_s: float | None
    ttft_s: float | None
    cost_usd: Usd | None
    finished_at: datetime
    from_cache: bool = False
    asked: str = ""


class TrialLog(Protocol):
    """The append-only log of one run, and the answers of earlier ones."""

    @property
    def run_id(self) -> str:
        """The run that this log belongs to."""

    def append(self, trial: Trial) -> None:
        """Add a trial; it is on disk after the next ``flush`` at the latest."""

    def flush(self) -> None:
        """Force what was appended to disk."""

    def finished(self) -> Iterator[Trial]:
        """This run's trials so far, in the order in which they finished: what a resume does not repeat."""

    def answered_before(self, keys: Collection[str]) -> Mapping[str, Trial]:
        """Trials of other runs that have an answer for one of ``keys``; each is read when it is looked up."""


@dataclass(frozen=True, kw_only=True, slots=True)
class RunManifest:
    """What a run was computed from, written once when it starts; ``state`` and ``finished_at`` when it ends."""

    run_id: str
    computed_from: str
    dataset: str
    prompt: str
    primary_metric: str
    targets: tuple[str, ...]
    examples: int
    threshold: float | None
    cap_usd: Usd | None
    started_at: datetime
    state: RunState = RunState.RUNNING
    finished_at: datetime | None = None


class RunStore(Protocol):
    """The runs of a project."""

    def manifests(self) -> tuple[RunManifest, ...]:
        """All runs, oldest first. One that died without a word is `interrupted`; one in another process `running`."""

    def start(self, manifest: RunManifest) -> tuple[RunManifest, TrialLog]:
        """A new run: the manifest with the id that the store gives it, and its log."""

    def resume(self, run_id: str) -> TrialLog:
        """The log of a run that did not finish.

        Raises:
            NotFound: There is no such run.
            Conflict: Another process is writing it.
        """

    def finish(self, run_id: str, state: RunState, finished_at: datetime) -> None:
        """Say how the run ended, and let go of it."""

    def answered(self, keys: Collection[str]) -> Mapping[str, Trial]:
        """Trials of any run that have an answer for one of ``keys``, the newest of each."""

    def trials(self, run_id: str) -> Iterator[Trial]:
        """The trials of a run, in the order in which they finished; a last line that was cut off is left out."""


def trial_as_data(trial: Trial) -> dict[str, Any]:
    """A trial as one JSON object of the log; the inverse of `trial_from_data`."""
    data: dict[str, Any] = plain(trial)
    return data


def trial_from_data(data: Mapping[str, Any]) -> Trial:
    """A trial from one line of the log.

    Raises:
        KeyError, ValueError: The line is not a trial.
    """
    failure = data["failure"]
    cost = data["cost_usd"]
    return Trial(
        **{
            **data,
            "failure": failure and Failure(kind=FailureKind(failure["kind"]), detail=failure["detail"]),
            "scores": tuple(Score(**score) for score in data["scores"]),
            "cost_usd": None if cost is None else Decimal(cost),
            "finished_at": datetime.fromisoformat(data["finished_at"]),
        }
    )

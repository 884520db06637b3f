"""One finished call as a row of the trial log, and the log's protocol.

The log is append-only and is the cache: a key that has an answer is not paid for again.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import MISSING, dataclass, field, fields
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, Protocol

from maquette.evals.calls import FailureKind, ToolCall
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
        raw: The metric's own figure where its scale is not 0 to 1, such as a number of edits.
        cost_usd: What the calls of the metric itself cost in this run, such as a judge's; None when it made none, or
            they are unpriced.
        made_by: Hash of the metric, its settings and the model that it asked, by which a score that took calls is taken
            over with its answer; empty for scores that took none.
    """

    metric: str
    value: float | None
    detail: str = ""
    raw: float | None = None
    cost_usd: Usd | None = None
    made_by: str = ""

    @property
    def passed(self) -> bool | None:
        """Whether the answer is fully right; None when unscored."""
        return None if self.value is None else self.value >= 1.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Failure:
    """Why a call has no answer, after all attempts."""

    kind: FailureKind
    detail: str


class Cache(StrEnum):
    """Why an answer was taken from the record, or why the model was asked."""

    HIT = "hit: the same question is answered on record"
    NEW = "miss: the target was not asked this example before"
    CHANGED = "miss: prompt, parameters, model or example changed since"
    FAILED = "miss: the call failed before"


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
        cache: Why the record did or did not answer; None in logs of earlier versions.
        client: What made the call; empty where it is not known.
        reasoning_tok: Tokens of thought, which ``output_tok`` includes.
        itl_p50_s: Median gap between two chunks of the answer; the 95th percentile is ``itl_p95_s``.
        loop_lag_s: The most that this process ran late during the call.
        left_out: Parameters that the server refuses, and that were left out or weakened for it.
        finish_reason: "stop", "length", or what the target said; None where it is not on record.
        tool_calls: What the model asked for; None where it is not on record.
        cluster: What the example belongs to, such as a document; empty when it stands alone.
        weight: How much the example counts.
        must_pass: Whether the target fails, whatever its rate, when it gets this one wrong.
        withheld: Why the answer does not stand here as it came: "redacted", or "sha256:" with its hash; empty where it
            does. Such an answer answers no later run.
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
    cache: Cache | None = None
    client: str = ""
    reasoning_tok: int | None = None
    itl_p50_s: float | None = None
    itl_p95_s: float | None = None
    loop_lag_s: float | None = None
    left_out: tuple[str, ...] = ()
    finish_reason: str | None = None
    tool_calls: tuple[ToolCall, ...] | None = None
    cluster: str = ""
    weight: float = 1.0
    must_pass: bool = False
    withheld: str = ""

    @property
    def tpot_s(self) -> float | None:
        """Time per output token after the first: (latency - TTFT) / (output tokens - 1); None where one is unknown."""
        if self.latency_s is None or self.ttft_s is None or self.output_tok is None or self.output_tok < 2:
            return None
        return (self.latency_s - self.ttft_s) / (self.output_tok - 1)


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

    def why_asked(self, key: str, target_id: str, example_id: str) -> Cache:
        """Why a key without an answer has none: what earlier runs know of the target and the example."""

    def lose(self, usd: Usd) -> None:
        """Remember what calls may have cost that no trial tells of, because the run ended before their question did."""

    def lost_usd(self) -> Usd:
        """The sum of what this run lost so; a resume counts it against the cap."""


@dataclass(frozen=True, kw_only=True, slots=True)
class RunManifest:
    """What a run was computed from, written once when it starts; ``state`` and ``finished_at`` when it ends.

    Attributes:
        made_of: Fingerprints of its parts ("dataset", "prompt", "metrics", "parameters", "target ID"), and the
            version of each metric's code ("scorer NAME"), by which two runs are told apart part by part; empty in
            manifests of earlier versions.
        step: The step of an adaptation that it is a run of, as `maquette.evals.steps` names it; empty in manifests of
            earlier versions. ``shown`` are the examples that its prompt shows.
    """

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
    made_of: Mapping[str, str] = field(default_factory=dict, hash=False)
    step: str = ""
    shown: int | None = None


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
    """A trial as one JSON object of the log; the inverse of `trial_from_data`. Later fields only where they say more.

    Written out by hand: a run on record of 100,000 trials passes here.
    """
    failure = trial.failure
    data: dict[str, Any] = {name: getattr(trial, name) for name in _AS_THEY_ARE}
    data["failure"] = failure and {"kind": failure.kind.value, "detail": failure.detail}
    data["scores"] = [_score_data(score) for score in trial.scores]
    data["cost_usd"] = None if trial.cost_usd is None else str(trial.cost_usd)
    data["finished_at"] = trial.finished_at.isoformat()
    for name, default in _LATER:
        value = getattr(trial, name)
        if value != default:
            data[name] = value
    if trial.left_out:
        data["left_out"] = list(trial.left_out)
    if trial.tool_calls is not None:
        data["tool_calls"] = [{"id": c.id, "name": c.name, "arguments": c.arguments} for c in trial.tool_calls]
    return data


_AS_THEY_ARE = (
    "key",
    "target_id",
    "example_id",
    "stratum",
    "output",
    "failure",
    "scores",
    "attempts",
    "input_tok",
    "output_tok",
    "cached_tok",
    "latency_s",
    "ttft_s",
    "cost_usd",
    "finished_at",
    "from_cache",
    "asked",
)
_LATER = tuple((one.name, one.default) for one in fields(Trial) if one.default is not MISSING)[2:]
"""The fields that earlier logs do not have, and their values there."""


def _score_data(score: Score) -> dict[str, Any]:
    data: dict[str, Any] = {"metric": score.metric, "value": score.value, "detail": score.detail}
    if score.raw is not None:
        data["raw"] = score.raw
    if score.cost_usd is not None:
        data["cost_usd"] = str(score.cost_usd)
    if score.made_by:
        data["made_by"] = score.made_by
    return data


def _score_from(data: Mapping[str, Any]) -> Score:
    return Score(**data) if "cost_usd" not in data else Score(**{**data, "cost_usd": Decimal(data["cost_usd"])})


def trial_from_data(data: Mapping[str, Any]) -> Trial:
    """A trial from one line of the log, of this version or an earlier one.

    Raises:
        KeyError, ValueError: The line is not a trial.
    """
    failure = data["failure"]
    cost = data["cost_usd"]
    return Trial(
        **{
            **data,
            "failure": failure and Failure(kind=FailureKind(failure["kind"]), detail=failure["detail"]),
            "scores": tuple(_score_from(score) for score in data["scores"]),
            "cost_usd": None if cost is None else Decimal(cost),
            "finished_at": datetime.fromisoformat(data["finished_at"]),
            **_later(data),
        }
    )


def _later(data: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of later versions that JSON does not keep as they were."""
    found: dict[str, Any] = {}
    if "cache" in data:
        found["cache"] = Cache(data["cache"])
    if "left_out" in data:
        found["left_out"] = tuple(data["left_out"])
    if "tool_calls" in data:
        found["tool_calls"] = tuple(ToolCall(**call) for call in data["tool_calls"])
    return found

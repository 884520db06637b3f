"""Runs side by side: what each is made of, which examples are the same, and the comparison of their targets."""

from array import array
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TypeVar

from maquette.evals.comparing import compare
from maquette.evals.comparing_words import named
from maquette.evals.comparison import Comparison
from maquette.evals.gating_settings import MARGIN
from maquette.evals.model_size import ModelSize
from maquette.evals.run_scores import RunScores, scores_of
from maquette.evals.statistics.percentiles import percentiles
from maquette.evals.trials import RunManifest, RunState, Trial

T = TypeVar("T")

ANOTHER = "another example under this id in {run}"
UNSURE = "cannot be told to be the same example in {run}"

_NAMED = 5


@dataclass(frozen=True, kw_only=True, slots=True)
class RunRecord:
    """A run as far as another one is held against it.

    Attributes:
        state: How the run ended.
        dataset: Its name; ``prompt`` is name and version.
        made_of: As in the run's manifest; empty where it is not known.
        metrics: Names of the metrics that scored an answer.
        fingerprints: Example id to the example's fingerprint, where the examples are still known.
        asked: Example id to the hash of the messages that were sent; absent in old logs.
        keys: Target to example id to the hash of the whole question; empty in a baseline.
        p95_s: Target to the 95th percentile of its answers' latencies; None without one.
    """

    run_id: str
    state: RunState
    started_at: datetime
    dataset: str
    prompt: str
    made_of: Mapping[str, str]
    scores: RunScores
    metrics: frozenset[str]
    fingerprints: Mapping[str, str]
    asked: Mapping[str, str]
    keys: Mapping[str, Mapping[str, str]]
    p95_s: Mapping[str, float | None]

    @property
    def targets(self) -> tuple[str, ...]:
        """The targets, in the order of the run."""
        return tuple(self.scores.scores)

    def is_run(self, other: "RunRecord") -> bool:
        """Whether both are the same run: another clone of the project counts its runs from the beginning."""
        return (self.run_id, self.started_at) == (other.run_id, other.started_at)


@dataclass(slots=True)
class _Aside:
    """What is noted of the trials on their way into the scores."""

    metrics: set[str] = field(default_factory=set)
    asked: dict[str, str] = field(default_factory=dict)
    keys: dict[str, dict[str, str]] = field(default_factory=lambda: defaultdict(dict))
    latencies_s: "dict[str, array[float]]" = field(default_factory=lambda: defaultdict(lambda: array("d")))

    def noting(self, trials: Iterable[Trial]) -> Iterator[Trial]:
        for trial in trials:
            self.metrics.update(score.metric for score in trial.scores if score.value is not None)
            if trial.asked:
                self.asked[trial.example_id] = trial.asked
            self.keys[trial.target_id][trial.example_id] = trial.key
            if trial.failure is None and trial.latency_s is not None:
                self.latencies_s[trial.target_id].append(trial.latency_s)
            yield trial


def record_of(
    manifest: RunManifest, trials: Iterable[Trial], *, metric: str, fingerprints: Mapping[str, str] | None = None
) -> RunRecord:
    """The record of a run, read once.

    Args:
        manifest: The run's manifest.
        trials: Its trials, in the order in which they finished.
        metric: Whose scores are compared.
        fingerprints: Example id to fingerprint, of the very dataset that the run asked.
    """
    aside = _Aside()
    scores = scores_of(aside.noting(trials), run_id=manifest.run_id, metric=metric)
    return RunRecord(
        run_id=manifest.run_id,
        state=manifest.state,
        started_at=manifest.started_at,
        dataset=manifest.dataset,
        prompt=manifest.prompt,
        made_of=manifest.made_of,
        scores=replace(scores, scores={target: scores.scores.get(target, {}) for target in manifest.targets}),
        metrics=frozenset(aside.metrics),
        fingerprints=fingerprints or {},
        asked=aside.asked,
        keys=aside.keys,
        p95_s={target: _p95_s(aside.latencies_s.get(target, ())) for target in manifest.targets},
    )


def _p95_s(latencies_s: Sequence[float]) -> float | None:
    found = percentiles(latencies_s)
    return found.p95_s if found else None


def differing_parts(old: RunRecord, new: RunRecord) -> tuple[str, ...] | None:
    """What the runs are made of differently: "dataset", "prompt", "metrics", "parameters", "target ID".

    A target that only one of them has is no difference. None where one of the runs does not say what it is made of.
    """
    if not old.made_of or not new.made_of:
        return None
    shared = [part for part in old.made_of if part in new.made_of]
    return tuple(part for part in shared if old.made_of[part] != new.made_of[part])


def other_examples(old: RunRecord, new: RunRecord, *, old_target: str, new_target: str) -> dict[str, str]:
    """Examples that both targets were asked under one id, and that are not the same, or not known to be: id to why.

    Equal datasets hold equal examples. Otherwise the examples' fingerprints decide, then the hash of the whole question
    where everything else in it is equal, then the hash of the messages, which does not cover the expected answer.
    """
    if _equal(old, new, "dataset"):
        return {}
    same_question = old_target == new_target and all(
        _equal(old, new, part) for part in ("prompt", "parameters", f"target {old_target}")
    )
    same_prompt = _equal(old, new, "prompt")
    old_keys, new_keys = old.keys.get(old_target, {}), new.keys.get(new_target, {})
    told: dict[str, str] = {}
    for item in old.scores.scores.get(old_target, {}).keys() & new.scores.scores.get(new_target, {}).keys():
        same = _compared(old.fingerprints.get(item), new.fingerprints.get(item))
        if same is None and (same_question or old_keys.get(item) == new_keys.get(item)):
            same = _compared(old_keys.get(item), new_keys.get(item))
        if same is None:
            asked_same = _compared(old.asked.get(item), new.asked.get(item))
            same = asked_same if asked_same or same_prompt else None
        if not same:
            told[item] = (UNSURE if same is None else ANOTHER).format(run=new.run_id)
    return told


def _equal(old: RunRecord, new: RunRecord, part: str) -> bool:
    return part in old.made_of and old.made_of[part] == new.made_of.get(part)


def _compared(old: str | None, new: str | None) -> bool | None:
    return None if not old or not new else old == new


@dataclass(frozen=True, kw_only=True, slots=True)
class Side:
    """One target of one run, under the name that tells it from the others."""

    record: RunRecord
    target: str
    label: str


@dataclass(frozen=True, kw_only=True, slots=True)
class RunComparison:
    """Targets of one run or of several, compared.

    Attributes:
        sides: What was compared.
        differing: Run to what it is made of otherwise than the first run; None where that is not known.
        warnings: What speaks against the comparison, in words.
    """

    metric: str
    threshold: float | None
    sides: tuple[Side, ...]
    comparison: Comparison
    differing: Mapping[str, tuple[str, ...] | None]
    warnings: tuple[str, ...]


def sides_of(chosen: Sequence[tuple[RunRecord, str]]) -> tuple[Side, ...]:
    """The targets with their names: the target's id, and the run's behind it where several runs have that target."""
    unique = {(record.run_id, target): record for record, target in chosen}
    targets = [target for _, target in unique]
    return tuple(
        Side(record=record, target=target, label=target if targets.count(target) == 1 else f"{target} ({run_id})")
        for (run_id, target), record in unique.items()
    )


def compare_sides(
    sides: Sequence[Side],
    *,
    baseline: str | None = None,
    margin: float = MARGIN,
    threshold: float | None = None,
    sizes: Mapping[str, ModelSize] | None = None,
) -> RunComparison:
    """Compare targets over the examples that they share; ``sizes`` are those of the targets, by id.

    An example that is another one than in the first run is left out, and the reason is kept. Weights are not used.

    Raises:
        InvalidInput, NotFound: As for `comparing.compare`.
    """
    first = sides[0].record
    records = {side.record.run_id: side.record for side in sides}
    others = [record for record in records.values() if record is not first]
    found = compare(
        {side.label: side.record.scores.scores[side.target] for side in sides},
        baseline=baseline,
        clusters=_merged(record.scores.clusters for record in records.values()),
        strata=_merged(record.scores.strata for record in records.values()),
        left_out=_left_out(first, sides),
        costs_usd={side.label: side.record.scores.usd_per_answer.get(side.target) for side in sides},
        sizes={side.label: sizes[side.target] for side in sides if sizes and side.target in sizes},
        margin=margin,
        threshold=threshold,
    )
    differing = {record.run_id: differing_parts(first, record) for record in others}
    return RunComparison(
        metric=first.scores.metric,
        threshold=threshold,
        sides=tuple(sides),
        comparison=replace(found, methods=(*found.methods, *weights_note(records.values()))),
        differing=differing,
        warnings=(*_unfinished(records.values()), *_different(first, others, differing), *_missed(sides)),
    )


def _left_out(first: RunRecord, sides: Sequence[Side]) -> dict[str, dict[str, str]]:
    return {
        side.label: other_examples(first, side.record, old_target=_partner(sides, side), new_target=side.target)
        for side in sides
        if side.record is not first
    }


def _partner(sides: Sequence[Side], side: Side) -> str:
    """The target of the first run that a later one is told apart from: the same one where the first run has it."""
    targets = [one.target for one in sides if one.record is sides[0].record]
    return side.target if side.target in targets else targets[0]


def _merged(maps: Iterable[Mapping[str, T]]) -> dict[str, T]:
    """The values of all runs; the first run that has an example says where it belongs."""
    merged: dict[str, T] = {}
    for values in maps:
        merged = {**values, **merged}
    return merged


def weights_note(records: Iterable[RunRecord]) -> tuple[str, ...]:
    """Tests of pairs have no weights: every example counts alike, and whoever gave weights is told so."""
    weighted = {item for record in records for item in record.scores.weights}
    return (f"every example counts alike; the weights of {len(weighted)} are not used",) if weighted else ()


def _unfinished(records: Iterable[RunRecord]) -> Iterator[str]:
    for record in records:
        if record.state is not RunState.FINISHED:
            yield f"{record.run_id} did not finish ({record.state}): only what was asked is compared"


def _missed(sides: Iterable[Side]) -> Iterator[str]:
    """Rates do not show them: a target that misses one fails, whatever its rate."""
    for side in sides:
        if missed := side.record.scores.missed(side.target):
            yield f"{side.label} is not right on {named(missed, _NAMED)}, which must be right"


def _different(
    first: RunRecord, others: Iterable[RunRecord], differing: Mapping[str, tuple[str, ...] | None]
) -> Iterator[str]:
    for record in others:
        parts = differing[record.run_id]
        if parts is None:
            yield f"what {first.run_id} or {record.run_id} is made of is not on record: compare with care"
        elif parts:
            yield f"{record.run_id} differs from {first.run_id} in {', '.join(parts)}"
        if first.dataset != record.dataset and (parts is None or "dataset" in parts):
            yield f"{first.run_id} asked {first.dataset}, {record.run_id} asked {record.dataset}"

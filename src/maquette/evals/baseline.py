"""The blessed baseline: a run's scores, example by example, that later runs must not fall below."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import TypeVar

from maquette.evals.comparing_runs import RunComparison, RunRecord, Side, compare_sides
from maquette.evals.statistics.clusters import names_of
from maquette.evals.statistics.proportions import ClusteredRate, clustered_rate
from maquette.evals.trials import RunState

T = TypeVar("T")

BASELINE_FILE = "evals/baseline.json"
"""Where a project keeps its baseline, so that version control carries it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Baseline:
    """A run that somebody approved.

    Attributes:
        record: The run; it holds no keys of whole questions.
        accepted: What spoke against blessing it, and was accepted.
    """

    record: RunRecord
    blessed_on: date
    accepted: tuple[str, ...] = ()


def doubts(record: RunRecord, targets: Collection[str]) -> tuple[str, ...]:
    """What speaks against blessing a run: that it did not finish, failed calls, answers without a score."""
    found = []
    if record.state is not RunState.FINISHED:
        found.append(f"{record.run_id} did not finish ({record.state})")
    for target in targets:
        scores = record.scores.scores[target]
        failed = len(record.scores.failures.get(target, {}))
        unscored = sum(value is None for value in scores.values()) - failed
        if failed:
            found.append(f"{failed} of {len(scores)} calls of {target} failed")
        if unscored:
            found.append(f"{unscored} of {len(scores)} answers of {target} have no score by {record.scores.metric}")
        if not scores:
            found.append(f"{target} was asked nothing")
    return tuple(found)


def blessed(record: RunRecord, targets: Collection[str], *, on: date, accepted: tuple[str, ...] = ()) -> Baseline:
    """The baseline of those targets of a run."""
    kept = {target: own for target, own in record.scores.scores.items() if target in targets}
    items = {item for own in kept.values() for item in own}
    scores = replace(
        record.scores,
        scores=kept,
        failures={target: own for target, own in record.scores.failures.items() if target in kept},
        strata=_of(record.scores.strata, items),
        clusters=_of(record.scores.clusters, items),
        weights=_of(record.scores.weights, items),
        must_pass=record.scores.must_pass & items,
        usd_per_answer=_of(record.scores.usd_per_answer, kept),
    )
    other_targets = {f"target {target}" for target in record.targets if target not in kept}
    return Baseline(
        record=replace(
            record,
            scores=scores,
            made_of={part: value for part, value in record.made_of.items() if part not in other_targets},
            metrics=frozenset({record.scores.metric}),
            fingerprints=_of(record.fingerprints, items),
            asked=_of(record.asked, items),
            keys={},
            p95_s=_of(record.p95_s, kept),
        ),
        blessed_on=on,
        accepted=accepted,
    )


def _of(values: Mapping[str, T], names: Collection[str]) -> dict[str, T]:
    return {name: value for name, value in values.items() if name in names}


def rate_of(record: RunRecord, target: str) -> ClusteredRate | None:
    """A target's mean score over what was scored, every example alike; None where nothing was."""
    scored = {item: value for item, value in record.scores.scores[target].items() if value is not None}
    names = names_of(tuple(scored), record.scores.clusters)
    return clustered_rate(tuple(scored.values()), clusters=names) if scored else None


def beside(old: Baseline, new: Baseline, target: str) -> RunComparison | None:
    """The new baseline beside the one that it would replace; None where they are one run or the old one lacks it."""
    if target not in old.record.targets or old.record.is_run(new.record):
        return None
    sides = (
        Side(record=old.record, target=target, label=f"{target} (blessed {old.record.run_id})"),
        Side(record=new.record, target=target, label=f"{target} ({new.record.run_id})"),
    )
    return compare_sides(sides, baseline=sides[0].label)

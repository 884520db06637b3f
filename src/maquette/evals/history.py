"""How targets fared from run to run: what can be compared, what changed between, and whether the newest fell behind.

Pure. Runs are read one after another; of each target the scores of two runs at most are kept for each set of examples.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from maquette.evals.baseline import Baseline, rate_of
from maquette.evals.comparing_words import in_points, p_value, points
from maquette.evals.results import Tally
from maquette.evals.run import Interval, TargetResult
from maquette.evals.run_scores import RunScores, scores_of
from maquette.evals.scorer_versions import FIRST
from maquette.evals.statistics.clusters import names_of
from maquette.evals.statistics.graded import difference
from maquette.evals.statistics.multiple import holm
from maquette.evals.statistics.proportions import clustered_rate
from maquette.evals.statistics.values import LEVEL, Difference
from maquette.evals.trials import RunManifest, RunState, Trial
from maquette.foundation.problems import NotFound
from maquette.foundation.units import Usd
from maquette.foundation.wording import listed, shown

ALERT = 0.02
"""A loss from which the newest run is pointed out, unless the caller says otherwise."""


class Against(StrEnum):
    """What the newest run is held against: an earlier run that it can be compared with, or the blessed baseline."""

    PREVIOUS = "previous"
    BEST = "best"
    FIRST = "first"
    BLESSED = "blessed"


@dataclass(frozen=True, kw_only=True, slots=True)
class Point:
    """One target in one run.

    Attributes:
        planned: Examples to ask; ``scored`` of them have a score, and ``failed`` calls have no answer.
        score: The mean score, from 0 to 1; None when nothing is scored.
        usd_per_answer: Dollars for one answer, on record or new; None when unpriced.
        compared_with: The newest earlier run of the same examples and metrics; None when there is none.
        change: This run minus that one over the examples that both scored; None without any.
        changed: What else is different from that run, among "prompt", "parameters" and "target".
        note: Why it is not compared with the run before it; empty when it is, and for the first.
    """

    run_id: str
    started_at: datetime
    state: RunState
    dataset: str
    prompt: str
    metric: str
    target_id: str
    planned: int
    scored: int
    failed: int
    score: float | None
    interval: Interval | None
    usd_per_answer: Usd | None
    p95_s: float | None
    compared_with: str | None = None
    change: Difference | None = None
    changed: tuple[str, ...] = ()
    note: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Alert:
    """The newest run lost more than was allowed.

    Attributes:
        difference: The newest run minus the other over the examples that both scored.
        adjusted_p: Over all targets of the newest run (Holm).
        significant: Whether chance is a poor explanation; the best of many runs is flattered by chance, which makes a
            loss against it look larger.
        sentence: All that in words.
    """

    run_id: str
    against: Against
    against_run_id: str
    difference: Difference
    adjusted_p: float
    significant: bool
    changed: tuple[str, ...]
    sentence: str


@dataclass(frozen=True, kw_only=True, slots=True)
class TargetHistory:
    """One target through all runs, oldest first.

    Attributes:
        note: Why the newest run is not held against the blessed baseline; empty when it is, or nobody asked.
    """

    target_id: str
    points: tuple[Point, ...]
    alert: Alert | None
    note: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Seen:
    """One target's scores in one run, kept to compare later ones with."""

    point: Point
    parts: Mapping[str, str]
    scores: Mapping[str, float | None]
    clusters: Mapping[str, str]


@dataclass(slots=True)
class _Line:
    """One target while the runs are read.

    Attributes:
        previous: By what makes runs comparable, the newest of them; ``reference`` is the one to hold against.
        pending: The newest point against its reference.
        newest: The newest run.
    """

    points: list[Point] = field(default_factory=list)
    basis: tuple[str, ...] | None = None
    previous: dict[tuple[str, ...], _Seen] = field(default_factory=dict)
    reference: dict[tuple[str, ...], _Seen] = field(default_factory=dict)
    pending: tuple[_Seen, _Seen] | None = None
    newest: _Seen | None = None


def history(
    manifests: Sequence[RunManifest],
    trials_of: Callable[[str], Iterable[Trial]],
    *,
    target: str | None = None,
    metric: str | None = None,
    alert: float = ALERT,
    against: Against = Against.PREVIOUS,
    baseline: Baseline | None = None,
) -> tuple[TargetHistory, ...]:
    """All runs of each target, in the order in which the targets first appear.

    Args:
        manifests: Oldest first.
        trials_of: A run's id to its trials; each run is read once.
        target: This target alone.
        metric: Its scores, instead of each run's primary metric.
        alert: The loss from which the newest run is pointed out, as a fraction.
        against: What the newest run is held against.
        baseline: The blessed run, for `Against.BLESSED`.

    Raises:
        NotFound: No run has the target, or no trial a score of the metric.
    """
    lines: dict[str, _Line] = {}
    for manifest in manifests:
        for seen in _read(manifest, trials_of, target, metric):
            _add(lines.setdefault(seen.point.target_id, _Line()), seen, against)
    _check(manifests, lines, target, metric)
    newest = manifests[-1].run_id if manifests else ""
    current = {name: line for name, line in lines.items() if line.points[-1].run_id == newest}
    notes = _hold_against(baseline, current) if baseline is not None and against is Against.BLESSED else {}
    alerts = _alerts(current, alert, against)
    return tuple(
        TargetHistory(target_id=name, points=tuple(line.points), alert=alerts.get(name), note=notes.get(name, ""))
        for name, line in lines.items()
    )


def _hold_against(baseline: Baseline, lines: Mapping[str, _Line]) -> dict[str, str]:
    """Put the blessed run in the place of each newest run's reference; the targets of which it cannot be, and why."""
    notes = {}
    for name, line in lines.items():
        line.pending = None
        held, newest = _blessed(baseline, name), line.newest
        if newest is None or (newest.point.run_id, newest.point.started_at) == (
            held.point.run_id,
            held.point.started_at,
        ):
            continue
        why = _why_not(held, newest, baseline)
        if why:
            notes[name] = f"{newest.point.run_id} is not held against the blessed {held.point.run_id}: {why}"
        else:
            line.pending = held, newest
    return notes


def _blessed(baseline: Baseline, target: str) -> _Seen:
    record = baseline.record
    own = record.scores.scores.get(target, {})
    rate = rate_of(record, target) if own else None
    failures = record.scores.failures.get(target, {})
    point = Point(
        run_id=record.run_id,
        started_at=record.started_at,
        state=record.state,
        dataset=record.dataset,
        prompt=record.prompt,
        metric=record.scores.metric,
        target_id=target,
        planned=len(own),
        scored=sum(value is not None for value in own.values()),
        failed=len(failures),
        score=rate.rate if rate else None,
        interval=rate.interval if rate else None,
        usd_per_answer=record.scores.usd_per_answer.get(target),
        p95_s=record.p95_s.get(target),
    )
    return _Seen(point=point, parts=record.made_of, scores=own, clusters=record.scores.clusters)


def _why_not(held: _Seen, newest: _Seen, baseline: Baseline) -> str:
    if newest.point.target_id not in baseline.record.targets:
        return "it was not asked"
    if newest.point.score is None or held.point.score is None:
        return "nothing is scored"
    old, new = _basis(held), _basis(newest)
    if old is None or new is None:
        return "what it was made of is not on record"
    if old == new:
        return ""
    return "other examples" if old[0] != new[0] else "other metrics"


def _check(
    manifests: Sequence[RunManifest], lines: Mapping[str, _Line], target: str | None, metric: str | None
) -> None:
    if target is not None and target not in lines:
        known = listed(sorted({name for manifest in manifests for name in manifest.targets}))
        raise NotFound(f"no run has the target {shown(target)}", fix=f"There are: {known}." if known else "Run one.")
    scored = any(point.scored for line in lines.values() for point in line.points)
    if metric is not None and lines and not scored:
        known = listed(sorted({manifest.primary_metric for manifest in manifests}))
        raise NotFound(f"no trial has a score of {shown(metric)}", fix=f"The primary metrics are: {known}.")


def _read(
    manifest: RunManifest, trials_of: Callable[[str], Iterable[Trial]], target: str | None, metric: str | None
) -> Iterator[_Seen]:
    """Each wanted target of a run, in one pass over its trials."""
    wanted = [name for name in manifest.targets if target is None or name == target]
    if not wanted:
        return
    counted = replace(manifest, targets=tuple(wanted), primary_metric=metric or manifest.primary_metric)
    tally = Tally(manifest=counted, threshold=None)
    trials = (trial for trial in trials_of(manifest.run_id) if target is None or trial.target_id == target)
    scores = scores_of(_told(trials, tally.add), run_id=manifest.run_id, metric=counted.primary_metric)
    for result in tally.run().results:
        point = _point(counted, result, scores)
        own = scores.scores.get(result.target_id, {})
        yield _Seen(point=point, parts=manifest.made_of, scores=own, clusters=scores.clusters)


def _told(trials: Iterable[Trial], tell: Callable[[Trial], None]) -> Iterator[Trial]:
    for trial in trials:
        tell(trial)
        yield trial


def _point(manifest: RunManifest, result: TargetResult, scores: RunScores) -> Point:
    own = scores.scores.get(result.target_id, {})
    items = [item for item, value in own.items() if value is not None]
    values = [value for value in own.values() if value is not None]
    rate = clustered_rate(values, clusters=names_of(items, scores.clusters)) if values else None
    return Point(
        run_id=manifest.run_id,
        started_at=manifest.started_at,
        state=manifest.state,
        dataset=manifest.dataset,
        prompt=manifest.prompt,
        metric=manifest.primary_metric,
        target_id=result.target_id,
        planned=result.planned,
        scored=len(values),
        failed=sum(result.failures.values()),
        score=rate.rate if rate else None,
        interval=rate.interval if rate else None,
        usd_per_answer=scores.usd_per_answer.get(result.target_id),
        p95_s=result.latency.p95_s if result.latency else None,
    )


def _add(line: _Line, seen: _Seen, against: Against) -> None:
    """Put a run behind the earlier ones of its target."""
    basis = _basis(seen)
    line.pending, line.newest = None, seen
    if basis is None or seen.point.score is None:
        note = _why_alone(line, basis, seen)
        line.points.append(replace(seen.point, note=note))
        return
    before, held = line.previous.get(basis), line.reference.get(basis)
    if before is None:
        point = replace(seen.point, note=_why_alone(line, basis, seen))
    else:
        point = replace(
            seen.point,
            compared_with=before.point.run_id,
            change=_change(before, seen),
            changed=_changed(before, seen),
        )
    line.points.append(point)
    kept = replace(seen, point=point)
    if held is not None:
        line.pending = held, kept
    line.previous[basis] = kept
    if held is None or against is Against.PREVIOUS or (against is Against.BEST and _score(kept) >= _score(held)):
        line.reference[basis] = kept
    line.basis = basis


def _score(seen: _Seen) -> float:
    return -1.0 if seen.point.score is None else seen.point.score


def _basis(seen: _Seen) -> tuple[str, ...] | None:
    """What two runs must share to be compared: examples and metrics; None where that is not on record."""
    dataset, metrics = seen.parts.get("dataset"), seen.parts.get("metrics")
    if dataset is None or metrics is None:
        return None
    metric = seen.point.metric
    return dataset, metrics, metric, seen.parts.get(f"scorer {metric}", f"version {FIRST}").rpartition("version ")[2]


def _why_alone(line: _Line, basis: tuple[str, ...] | None, seen: _Seen) -> str:
    if seen.point.score is None:
        return "nothing is scored"
    if basis is None:
        return "what it was made of is not on record"
    if line.basis is None:
        return ""
    return "other examples" if basis[0] != line.basis[0] else "other metrics"


def _change(before: _Seen, after: _Seen) -> Difference | None:
    items = [item for item, old in before.scores.items() if old is not None and after.scores.get(item) is not None]
    if not items:
        return None
    old, new = ([value for item in items if (value := one.scores[item]) is not None] for one in (before, after))
    # The quick interval: a history has many pairs, and nobody decides on one of them.
    return difference(old, new, clusters=names_of(items, after.clusters), bootstrap=False)


def _changed(before: _Seen, after: _Seen) -> tuple[str, ...]:
    parts = {"prompt": "prompt", "parameters": "parameters", "target": f"target {after.point.target_id}"}
    return tuple(name for name, part in parts.items() if before.parts.get(part) != after.parts.get(part))


def _alerts(lines: Mapping[str, _Line], alert: float, against: Against) -> Mapping[str, Alert]:
    """The newest run's losses that are larger than ``alert``, with p values adjusted over all its targets."""
    pairs = {name: line.pending for name, line in lines.items() if line.pending is not None}
    tested = {name: (*pair, found) for name, pair in pairs.items() if (found := _change(*pair)) is not None}
    adjusted = holm([found.test.p for _, _, found in tested.values()])
    return {
        name: _alert(held, newest, found, p, against)
        for (name, (held, newest, found)), p in zip(tested.items(), adjusted, strict=True)
        if -found.estimate > alert
    }


def _alert(held: _Seen, newest: _Seen, found: Difference, p: float, against: Against) -> Alert:
    significant = p < LEVEL and found.interval.high < 0
    changed = _changed(held, newest)
    said = "" if significant else "; not significant, so chance may explain it"
    between = f"; changed since: {', '.join(changed)}" if changed else "; nothing else changed"
    size = f"{points(-found.estimate)} points below {held.point.run_id} ({against.value})"
    return Alert(
        run_id=newest.point.run_id,
        against=against,
        against_run_id=held.point.run_id,
        difference=found,
        adjusted_p=p,
        significant=significant,
        changed=changed,
        sentence=(
            f"{newest.point.target_id}: {newest.point.run_id} is {size} on {found.items} examples "
            f"({in_points(found.interval)}, p {p_value(p)}, {found.test.method}){said}{between}"
        ),
    )

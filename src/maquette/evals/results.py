"""Counting trials into results as they finish: memory grows with targets, not with examples, but for the latencies."""

from array import array
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime

from maquette.evals.calls import FailureKind
from maquette.evals.run import EvalRun, TargetResult
from maquette.evals.statistics import percentiles, verdict, wilson
from maquette.evals.trials import RunManifest, RunState, Trial
from maquette.foundation.units import Usd


@dataclass(slots=True)
class _Count:
    """One target's counters."""

    done: int = 0
    scored: int = 0
    correct: int = 0
    retried: int = 0
    from_cache: int = 0
    calls: int = 0
    input_tok: int = 0
    output_tok: int = 0
    with_tokens: int = 0
    spent_usd: Usd | None = None
    busy_s: float = 0.0
    busy_until_s: float = 0.0
    fresh_answers: int = 0
    score_sums: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    score_counts: Counter[str] = field(default_factory=Counter)
    strata: dict[str, list[int]] = field(default_factory=lambda: defaultdict(lambda: [0, 0]))
    failures: Counter[FailureKind] = field(default_factory=Counter)
    latencies_s: "array[float]" = field(default_factory=lambda: array("d"))
    ttfts_s: "array[float]" = field(default_factory=lambda: array("d"))


class Tally:
    """The results of a run so far; `add` each trial, ask `run` at any time."""

    def __init__(self, *, manifest: RunManifest, threshold: float | None) -> None:
        self._manifest = manifest
        self._threshold = threshold
        self._counts = {target: _Count() for target in manifest.targets}

    @property
    def done(self) -> int:
        """Trials so far, over all targets."""
        return sum(count.done for count in self._counts.values())

    def add(self, trial: Trial) -> None:
        """Count one trial; one of a target that the run does not have is left out."""
        count = self._counts.get(trial.target_id)
        if count is None:
            return
        count.done += 1
        _count_calls(count, trial)
        if trial.failure is not None:
            count.failures[trial.failure.kind] += 1
            return
        _count_answer(count, trial)
        _count_scores(count, trial, self._manifest.primary_metric)

    def end(self, state: RunState, finished_at: datetime) -> None:
        """The run is over."""
        self._manifest = replace(self._manifest, state=state, finished_at=finished_at)

    def run(self) -> EvalRun:
        """The results so far."""
        manifest = self._manifest
        return EvalRun(
            id=manifest.run_id,
            computed_from=manifest.computed_from,
            state=manifest.state,
            dataset=manifest.dataset,
            prompt=manifest.prompt,
            primary_metric=manifest.primary_metric,
            threshold=self._threshold,
            started_at=manifest.started_at,
            finished_at=manifest.finished_at,
            results=tuple(self._result(target) for target in manifest.targets),
        )

    def _result(self, target: str) -> TargetResult:
        count = self._counts[target]
        interval = wilson(count.correct, count.scored) if count.scored else None
        ttft = percentiles(count.ttfts_s)
        return TargetResult(
            target_id=target,
            planned=self._manifest.examples,
            done=count.done,
            scored=count.scored,
            correct=count.correct,
            score=count.correct / count.scored if count.scored else None,
            interval=interval,
            verdict=verdict(interval, self._threshold),
            mean_scores={name: count.score_sums[name] / number for name, number in count.score_counts.items()},
            by_stratum={name: (scored, correct) for name, (scored, correct) in sorted(count.strata.items())},
            failures=dict(count.failures),
            retried=count.retried,
            from_cache=count.from_cache,
            calls_made=count.calls,
            latency=percentiles(count.latencies_s),
            ttft_p50_s=ttft.p50_s if ttft else None,
            mean_input_tok=count.input_tok / count.with_tokens if count.with_tokens else None,
            mean_output_tok=count.output_tok / count.with_tokens if count.with_tokens else None,
            spent_usd=count.spent_usd,
            throughput_per_s=_throughput(count),
        )


def summarise(manifest: RunManifest, trials: Iterable[Trial], *, threshold: float | None) -> EvalRun:
    """The results of a run on record, against today's threshold."""
    tally = Tally(manifest=manifest, threshold=threshold)
    for trial in trials:
        tally.add(trial)
    return tally.run()


def _count_calls(count: _Count, trial: Trial) -> None:
    if trial.from_cache:
        count.from_cache += 1
        return
    count.calls += trial.attempts
    count.retried += trial.attempts > 1
    if trial.cost_usd is not None:
        count.spent_usd = (count.spent_usd or Usd(0)) + trial.cost_usd


def _count_answer(count: _Count, trial: Trial) -> None:
    if trial.latency_s is not None:
        count.latencies_s.append(trial.latency_s)
    if trial.ttft_s is not None:
        count.ttfts_s.append(trial.ttft_s)
    if trial.input_tok is not None and trial.output_tok is not None:
        count.with_tokens += 1
        count.input_tok += trial.input_tok
        count.output_tok += trial.output_tok
    if not trial.from_cache and trial.latency_s is not None:
        count.fresh_answers += 1
        _count_busy_time(count, trial.finished_at.timestamp(), trial.latency_s)


def _count_busy_time(count: _Count, end_s: float, latency_s: float) -> None:
    """The time in which at least one call was under way: a run that was interrupted is not slow for it."""
    start_s = max(end_s - latency_s, count.busy_until_s)
    count.busy_s += max(0.0, end_s - start_s)
    count.busy_until_s = max(end_s, count.busy_until_s)


def _count_scores(count: _Count, trial: Trial, primary: str) -> None:
    for score in trial.scores:
        if score.value is None:
            continue
        count.score_sums[score.metric] += score.value
        count.score_counts[score.metric] += 1
        if score.metric == primary:
            count.scored += 1
            count.correct += bool(score.passed)
            stratum = count.strata[trial.stratum]
            stratum[0] += 1
            stratum[1] += bool(score.passed)


def _throughput(count: _Count) -> float | None:
    """Answers a second of the time in which calls were under way; None below ten answers."""
    return count.fresh_answers / count.busy_s if count.fresh_answers >= 10 and count.busy_s > 0 else None

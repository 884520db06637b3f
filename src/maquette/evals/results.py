"""Counting trials into results as they finish: memory grows with targets, not with examples, but for the latencies."""

from array import array
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from maquette.evals.calls import FailureKind
from maquette.evals.dataset import STRATA_JOIN
from maquette.evals.run import EvalRun, Interval, Percentiles, TargetResult
from maquette.evals.statistics import verdict
from maquette.evals.statistics.percentiles import percentiles as percentiles_of_many
from maquette.evals.statistics.proportions import rate_of_groups, score_interval
from maquette.evals.trials import RunManifest, RunState, Trial
from maquette.foundation.units import Usd

LAG_SHARE = 0.1
"""From this share of the median latency on, the delays of this process colour what is measured of the server."""
LEAST_LAG_S = 0.002
"""Less than this is the timer's own grain, whatever the latency."""

_MANY = 5_000


def _numbers() -> "array[float]":
    return array("d")


@dataclass(slots=True)
class _Count:
    """One target's counters."""

    done: int = 0
    scored: int = 0
    correct: int = 0
    retried: int = 0
    retries: int = 0
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
    at_once: int = 0
    reused_usd: Usd | None = None
    reasoning_tok: int = 0
    with_reasoning: int = 0
    clients: set[str] = field(default_factory=set)
    left_out: set[str] = field(default_factory=set)
    latencies_s: "array[float]" = field(default_factory=_numbers)
    first_latencies_s: "array[float]" = field(default_factory=_numbers)
    ttfts_s: "array[float]" = field(default_factory=_numbers)
    tpots_s: "array[float]" = field(default_factory=_numbers)
    itl_p50s_s: "array[float]" = field(default_factory=_numbers)
    itl_p95s_s: "array[float]" = field(default_factory=_numbers)
    lags_s: "array[float]" = field(default_factory=_numbers)
    weighed: bool = False
    weight: float = 0.0
    weight_correct: float = 0.0
    clusters: dict[str, list[int]] = field(default_factory=dict)
    alone: list[int] = field(default_factory=lambda: [0, 0])
    must_pass: int = 0
    must_pass_missed: list[str] = field(default_factory=list)
    scoring_usd: Usd | None = None


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
        if trial.must_pass:
            _count_must_pass(count, trial, self._manifest.primary_metric)
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
        count, tokens = self._counts[target], self._counts[target].with_tokens
        latency, ttft, lag = (percentiles(some) for some in (count.latencies_s, count.ttfts_s, count.lags_s))
        interval = _interval(count)
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
            latency=latency,
            ttft_p50_s=ttft.p50_s if ttft else None,
            mean_input_tok=count.input_tok / tokens if tokens else None,
            mean_output_tok=count.output_tok / tokens if tokens else None,
            spent_usd=count.spent_usd,
            throughput_per_s=_throughput(count),
            ttft=ttft,
            loop_lag=lag,
            **_pace(count),
            clients=tuple(sorted(count.clients)),
            mean_reasoning_tok=count.reasoning_tok / count.with_reasoning if count.with_reasoning else None,
            left_out=tuple(sorted(count.left_out)),
            reused_usd=count.reused_usd,
            warning=client_warning(lag, latency),
            input_tok=count.input_tok if tokens else None,
            output_tok=count.output_tok if tokens else None,
            **_counted_apart(count),
        )


def _pace(count: _Count) -> dict[str, Any]:
    return {
        "answered_at_once": count.at_once,
        "retries": count.retries,
        "first_latency": percentiles(count.first_latencies_s),
        "tpot": percentiles(count.tpots_s),
        "itl_p50": percentiles(count.itl_p50s_s),
        "itl_p95": percentiles(count.itl_p95s_s),
    }


def _counted_apart(count: _Count) -> dict[str, Any]:
    """What the plain rate does not show."""
    return {
        "weighted_score": count.weight_correct / count.weight if count.weighed and count.weight else None,
        "clusters": len(count.clusters) + count.alone[0] if count.clusters else None,
        "must_pass": count.must_pass,
        "must_pass_missed": tuple(count.must_pass_missed),
        "scoring_usd": count.scoring_usd,
    }


def _interval(count: _Count) -> Interval | None:
    if not count.scored:
        return None
    if not count.clusters:
        return _wilson(count.correct, count.scored)
    groups = [(scored, correct) for scored, correct in count.clusters.values()]
    return rate_of_groups(groups, alone=(count.alone[0], count.alone[1])).interval


def summarise(manifest: RunManifest, trials: Iterable[Trial], *, threshold: float | None) -> EvalRun:
    """The results of a run on record, against today's threshold."""
    tally = Tally(manifest=manifest, threshold=threshold)
    for trial in trials:
        tally.add(trial)
    return tally.run()


def _wilson(correct: int, scored: int) -> Interval:
    """Wilson's interval in closed form: a run of a second does not wait a second for a library."""
    return score_interval(correct / scored, float(scored), method="Wilson")


def percentiles(values: "array[float]") -> Percentiles | None:
    """p50, p95 and p99 by linear interpolation between order statistics; a library is loaded for many values alone."""
    if len(values) > _MANY:
        return percentiles_of_many(values)
    ordered = sorted(values)
    if not ordered:
        return None
    return Percentiles(p50_s=_at(ordered, 0.50), p95_s=_at(ordered, 0.95), p99_s=_at(ordered, 0.99))


def _at(ordered: list[float], share: float) -> float:
    place = share * (len(ordered) - 1)
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (place - below)


def client_warning(lag: Percentiles | None, latency: Percentiles | None) -> str:
    """What speaks against the latencies: that this process, and not the server, kept the calls waiting."""
    if lag is None or latency is None or lag.p95_s <= max(LEAST_LAG_S, LAG_SHARE * latency.p50_s):
        return ""
    return (
        f"this machine was the bottleneck: its own work delayed calls by up to {1000 * lag.p95_s:.0f} ms (p95), "
        f"against a median latency of {1000 * latency.p50_s:.0f} ms; lower the concurrency to measure the server"
    )


def _count_calls(count: _Count, trial: Trial) -> None:
    if trial.from_cache:
        count.from_cache += 1
        if trial.cost_usd is not None:
            count.reused_usd = (count.reused_usd or Usd(0)) + trial.cost_usd
            count.spent_usd = count.spent_usd or Usd(0)
        return
    count.calls += trial.attempts
    count.retried += trial.attempts > 1
    count.retries += max(0, trial.attempts - 1)
    if trial.cost_usd is not None:
        count.spent_usd = (count.spent_usd or Usd(0)) + trial.cost_usd


def _count_answer(count: _Count, trial: Trial) -> None:
    if trial.latency_s is not None:
        count.latencies_s.append(trial.latency_s)
    _count_pace(count, trial)
    if trial.input_tok is not None and trial.output_tok is not None:
        count.with_tokens += 1
        count.input_tok += trial.input_tok
        count.output_tok += trial.output_tok
    if trial.reasoning_tok is not None:
        count.with_reasoning += 1
        count.reasoning_tok += trial.reasoning_tok
    if trial.client:
        count.clients.add(trial.client)
    count.left_out.update(trial.left_out)
    if not trial.from_cache and trial.latency_s is not None:
        count.fresh_answers += 1
        if trial.attempts == 1:
            count.at_once += 1
            count.first_latencies_s.append(trial.latency_s)
        if trial.loop_lag_s is not None:
            count.lags_s.append(trial.loop_lag_s)
        _count_busy_time(count, trial.finished_at.timestamp(), trial.latency_s)


def _count_pace(count: _Count, trial: Trial) -> None:
    for numbers, value in (
        (count.ttfts_s, trial.ttft_s),
        (count.tpots_s, trial.tpot_s),
        (count.itl_p50s_s, trial.itl_p50_s),
        (count.itl_p95s_s, trial.itl_p95_s),
    ):
        if value is not None:
            numbers.append(value)


def _count_busy_time(count: _Count, end_s: float, latency_s: float) -> None:
    """The time in which at least one call was under way: a run that was interrupted is not slow for it."""
    start_s = max(end_s - latency_s, count.busy_until_s)
    count.busy_s += max(0.0, end_s - start_s)
    count.busy_until_s = max(end_s, count.busy_until_s)


def _count_must_pass(count: _Count, trial: Trial, primary: str) -> None:
    """An answer that failed or could not be scored is missed too: nobody has seen it pass."""
    count.must_pass += 1
    if not any(score.metric == primary and score.passed for score in trial.scores):
        count.must_pass_missed.append(trial.example_id)


def _count_scores(count: _Count, trial: Trial, primary: str) -> None:
    for score in trial.scores:
        if score.cost_usd is not None:
            count.scoring_usd = (count.scoring_usd or Usd(0)) + score.cost_usd
        if score.value is None:
            continue
        count.score_sums[score.metric] += score.value
        count.score_counts[score.metric] += 1
        if score.metric == primary:
            count.scored += 1
            count.correct += bool(score.passed)
            _count_group(count, trial, bool(score.passed))


def _count_group(count: _Count, trial: Trial, right: bool) -> None:
    for stratum in trial.stratum.split(STRATA_JOIN):
        group = count.strata[stratum]
        group[0] += 1
        group[1] += right
    if trial.weight != 1.0:
        count.weighed = True
    count.weight += trial.weight
    count.weight_correct += trial.weight * right
    cluster = count.clusters.setdefault(trial.cluster, [0, 0]) if trial.cluster else count.alone
    cluster[0] += 1
    cluster[1] += right


def _throughput(count: _Count) -> float | None:
    """Answers a second of the time in which calls were under way; None below ten answers."""
    return count.fresh_answers / count.busy_s if count.fresh_answers >= 10 and count.busy_s > 0 else None

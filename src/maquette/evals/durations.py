"""How long a run will take: from latencies on record of the same targets, calls at once, attempts and limits."""

from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice

from maquette.evals.calls import MODEL_FILE_ADAPTER, TargetSpec
from maquette.evals.endpoints import endpoint_name
from maquette.evals.pacing import BURST_S
from maquette.evals.results import percentiles
from maquette.evals.run import RunPlan, asked_identity
from maquette.evals.trials import RunStore
from maquette.foundation.lineage import fingerprint
from maquette.foundation.units import Range

RUNS_LOOKED_AT = 10
TRIALS_LOOKED_AT = 2_000
"""Of each run: enough for a median and a 95th percentile, and quick on a record of 100,000."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ToDo:
    """What is left for one target.

    Attributes:
        calls: Questions to ask; ``tok`` are their tokens, with answers of a usual length.
        scoring: Answers that metrics which ask a model will score, be they new or on record.
    """

    spec: TargetSpec
    calls: int
    tok: int
    scoring: int = 0


@dataclass(slots=True)
class _Seen:
    """Calls of one target on record."""

    latencies_s: "array[float]" = field(default_factory=lambda: array("d"))
    attempts: int = 0


def minutes(
    plan: RunPlan, left: Sequence[ToDo], runs: RunStore, *, helpers: Sequence[TargetSpec] = ()
) -> Range[float] | None:
    """The minutes of a run of ``plan``; None where the latency of a model that will be asked is not on record.

    Low takes the median latency and one attempt a call, base the mean and the attempts on record, high the 95th
    percentile and every attempt of the plan. Remote targets are asked together and those on this machine in turn;
    limits a minute are a floor for all three. ``helpers`` are asked about each answer within its turn.
    """
    busy = [one for one in left if one.calls or (helpers and one.scoring)]
    if not busy:
        return Range(low=0.0, base=0.0, high=0.0)
    asked = [one.spec for one in busy if one.calls]
    seen = _on_record(runs, [*asked, *helpers])
    times = {spec.id: _times_s(seen[spec.id], plan.attempts) for spec in (*asked, *helpers) if spec.id in seen}
    if any(spec.id not in times for spec in (*asked, *helpers)):
        return None
    floor_s = max(_floors_s(busy))
    low, base, high = (max(floor_s, _taken_s(plan, busy, times, helpers, case)) / 60 for case in range(3))
    return Range(low=low, base=max(low, base), high=max(low, base, high))


Times = tuple[float, float, float]


def _taken_s(
    plan: RunPlan, busy: Sequence[ToDo], times: Mapping[str, Times], helpers: Sequence[TargetSpec], case: int
) -> float:
    """Seconds of work, spread over the calls that are made at once."""
    helping_s = sum(times[helper.id][case] for helper in helpers)
    remote_s, longest_s, local_s = 0.0, 0.0, 0.0
    for one in busy:
        work_s = one.calls * times[one.spec.id][case] if one.calls else 0.0
        work_s += one.scoring * helping_s
        alone_s = work_s / calls_at_once(plan, one.spec)
        if _shares_machine(one.spec):
            local_s += alone_s
        else:
            remote_s += work_s
            longest_s = max(longest_s, alone_s)
    return max(longest_s, remote_s / plan.concurrency, local_s)


def calls_at_once(plan: RunPlan, spec: TargetSpec) -> int:
    """How many calls to the target are under way at once, as its adapter does it where nothing is said."""
    said = spec.options.get("concurrency")
    if isinstance(said, int) and not isinstance(said, bool) and said > 0:
        return min(said, plan.concurrency)
    return 1 if _shares_machine(spec) else plan.concurrency


def _shares_machine(spec: TargetSpec) -> bool:
    return spec.adapter == MODEL_FILE_ADAPTER or spec.on_this_machine


def _floors_s(busy: Sequence[ToDo]) -> list[float]:
    """The seconds below which each endpoint's limits a minute let nobody come; the first burst is free."""
    by_endpoint: dict[str, list[ToDo]] = {}
    for one in busy:
        by_endpoint.setdefault(endpoint_name(one.spec), []).append(one)
    floors = [0.0]
    for group in by_endpoint.values():
        amounts = {
            "requests_per_minute": sum(one.calls for one in group),
            "tokens_per_minute": sum(one.tok for one in group),
        }
        for option, amount in amounts.items():
            limits = [float(one.spec.options[option]) for one in group if option in one.spec.options]
            if limits:
                floors.append(max(0.0, 60 * amount / min(limits) - BURST_S))
    return floors


def _times_s(seen: _Seen, attempts: int) -> Times:
    found = percentiles(seen.latencies_s)
    assert found is not None
    mean_s = sum(seen.latencies_s) / len(seen.latencies_s)
    low_s = found.p50_s
    base_s = max(low_s, mean_s * seen.attempts / len(seen.latencies_s))
    return low_s, base_s, max(base_s, found.p95_s * attempts)


def _on_record(runs: RunStore, specs: Sequence[TargetSpec]) -> dict[str, _Seen]:
    """The newest run's calls of each target that is the same today, by its id; absent where there are none."""
    wanted = {spec.id: fingerprint(asked_identity(spec)) for spec in specs}
    found: dict[str, _Seen] = {}
    for manifest in islice(reversed(runs.manifests()), RUNS_LOOKED_AT):
        here = {one for one, mark in wanted.items() if manifest.made_of.get(f"target {one}") == mark} - found.keys()
        seen: dict[str, _Seen] = {}
        for trial in islice(runs.trials(manifest.run_id), TRIALS_LOOKED_AT) if here else ():
            if trial.target_id in here and trial.latency_s is not None and not trial.from_cache:
                one = seen.setdefault(trial.target_id, _Seen())
                one.latencies_s.append(trial.latency_s)
                one.attempts += trial.attempts
        found.update(seen)
        if len(found) == len(wanted):
            break
    return found

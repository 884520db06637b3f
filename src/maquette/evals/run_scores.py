"""What a run's trials say, item by item: the input of every comparison, gate and report."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from maquette.evals.calls import FailureKind
from maquette.evals.dataset import STRATA_JOIN
from maquette.evals.trials import Trial
from maquette.foundation.units import Usd


@dataclass(frozen=True, kw_only=True, slots=True)
class RunScores:
    """One metric's scores in one run.

    Attributes:
        scores: Target to example id to a score from 0 to 1; None where the answer could not be scored or the call
            failed; absent where the example was not asked.
        failures: Target to example id to why its call failed.
        strata: Example id to its strata, each by itself.
        clusters: Example id to its cluster; those that stand alone are absent.
        weights: Example id to its weight, where it is not 1.
        must_pass: Examples that a target must get right.
        usd_per_answer: Target to dollars for one answer, on record or new; None when nothing of it is priced.
    """

    run_id: str
    metric: str
    scores: Mapping[str, Mapping[str, float | None]]
    failures: Mapping[str, Mapping[str, FailureKind]]
    strata: Mapping[str, tuple[str, ...]]
    clusters: Mapping[str, str]
    weights: Mapping[str, float]
    must_pass: frozenset[str]
    usd_per_answer: Mapping[str, Usd | None]

    def missed(self, target_id: str) -> tuple[str, ...]:
        """Must-pass examples that the target was asked and did not get fully right, in order of their ids."""
        own = self.scores.get(target_id, {})
        return tuple(sorted(item for item in self.must_pass & own.keys() if (own[item] or 0.0) < 1.0))


@dataclass(slots=True)
class _Spent:
    answers: int = 0
    usd: Usd = field(default_factory=Usd)


def scores_of(trials: Iterable[Trial], *, run_id: str, metric: str) -> RunScores:
    """The scores of ``metric`` in a run's trials; the last trial of an example counts."""
    scores: dict[str, dict[str, float | None]] = defaultdict(dict)
    failures: dict[str, dict[str, FailureKind]] = defaultdict(dict)
    spent: dict[str, _Spent] = defaultdict(_Spent)
    strata: dict[str, tuple[str, ...]] = {}
    clusters: dict[str, str] = {}
    weights: dict[str, float] = {}
    must_pass: set[str] = set()
    for trial in trials:
        target, item = trial.target_id, trial.example_id
        scores[target][item] = next((one.value for one in trial.scores if one.metric == metric), None)
        if trial.failure is not None:
            failures[target][item] = trial.failure.kind
        elif trial.cost_usd is not None:
            spent[target].answers += 1
            spent[target].usd += trial.cost_usd
        strata[item] = tuple(trial.stratum.split(STRATA_JOIN))
        if trial.cluster:
            clusters[item] = trial.cluster
        if trial.weight != 1.0:
            weights[item] = trial.weight
        if trial.must_pass:
            must_pass.add(item)
    return RunScores(
        run_id=run_id,
        metric=metric,
        scores=dict(scores),
        failures=dict(failures),
        strata=strata,
        clusters=clusters,
        weights=weights,
        must_pass=frozenset(must_pass),
        usd_per_answer={target: _mean(spent.get(target)) for target in scores},
    )


def _mean(spent: _Spent | None) -> Usd | None:
    return None if spent is None else spent.usd / spent.answers

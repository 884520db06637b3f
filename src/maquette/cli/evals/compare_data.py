"""What `maquette eval compare --json` prints, as types, and a comparison as that data."""

from typing import TYPE_CHECKING

from typing_extensions import TypedDict

from maquette.cli.contract_parts import FORMAT, IntervalData, exact_or_none, interval_data

if TYPE_CHECKING:
    from maquette.evals.comparing_runs import RunComparison, Side
    from maquette.evals.comparison import Pair, Slice, Standing
    from maquette.evals.statistics.gates import Gate
    from maquette.evals.statistics.proportions import ClusteredRate
    from maquette.evals.statistics.values import Difference


class RateData(TypedDict):
    """A rate; ``effective`` is how many independent examples tell as much."""

    rate: float
    interval: IntervalData
    effective: float
    clusters: int


class DifferenceData(TypedDict):
    """Candidate minus baseline, as a fraction; ``p`` is not adjusted."""

    estimate: float
    interval: IntervalData
    p: float
    test: str
    examples: int
    clusters: int


class NonInferiorityData(TypedDict):
    """Whether a target is at most the margin worse; one-sided 95 % bounds of the difference."""

    verdict: str
    margin: float
    lower: float
    upper: float
    more_examples: int | None
    method: str


class SideData(TypedDict):
    """A target that is compared, and the run that it comes from."""

    label: str
    run: str
    target: str


class RankData(TypedDict):
    """A rank by the mean, and the ranks that 95 % of the resamples give."""

    rank: int
    low: int
    high: int


class StandingData(TypedDict):
    """One target by itself and beside the reference."""

    label: str
    rate: RateData | None
    usd_per_answer: str | None
    threshold: str
    gate: NonInferiorityData | None
    passing: str
    more_examples: int | None
    rank: RankData | None


class SliceData(TypedDict):
    """One stratum of a pair; exploratory, ``q`` by Benjamini and Hochberg over all slices."""

    stratum: str
    difference: DifferenceData
    q: float
    finding: str
    more_examples: int | None


class PairData(TypedDict):
    """Two targets over the examples that both scored; ``adjusted_p`` by Holm over the pairs."""

    baseline: str
    candidate: str
    difference: DifferenceData | None
    adjusted_p: float | None
    finding: str
    more_examples: int | None
    sentence: str
    gained: list[str]
    lost: list[str]
    dropped: dict[str, list[str]]
    slices: list[SliceData]


class EvalCompareData(TypedDict):
    """`maquette eval compare --json`. ``differing`` says how a run differs from the first; null where unknown."""

    format: int
    metric: str
    threshold: float | None
    margin: float
    headline: str
    smallest_passing: str | None
    reference: str
    examples: int
    sides: list[SideData]
    standings: list[StandingData]
    pairs: list[PairData]
    differing: dict[str, list[str] | None]
    warnings: list[str]
    methods: list[str]


def compare_data(found: "RunComparison") -> EvalCompareData:
    """A comparison of runs."""
    comparison = found.comparison
    return {
        "format": FORMAT,
        "metric": found.metric,
        "threshold": found.threshold,
        "margin": comparison.margin,
        "headline": comparison.headline,
        "smallest_passing": comparison.smallest_passing,
        "reference": comparison.reference,
        "examples": comparison.items,
        "sides": [_side(side) for side in found.sides],
        "standings": [_standing(one) for one in comparison.standings],
        "pairs": [_pair(pair) for pair in comparison.pairs],
        "differing": {run: None if parts is None else list(parts) for run, parts in found.differing.items()},
        "warnings": list(found.warnings),
        "methods": list(comparison.methods),
    }


def rate_data(rate: "ClusteredRate") -> RateData:
    """A rate with its interval."""
    return {
        "rate": rate.rate,
        "interval": interval_data(rate.interval),
        "effective": rate.effective,
        "clusters": rate.clusters,
    }


def difference_data(seen: "Difference") -> DifferenceData:
    """A difference with its interval and its test."""
    return {
        "estimate": seen.estimate,
        "interval": interval_data(seen.interval),
        "p": seen.test.p,
        "test": seen.test.method,
        "examples": seen.items,
        "clusters": seen.clusters,
    }


def gate_figures(gate: "Gate") -> NonInferiorityData:
    """Non-inferiority with its bounds."""
    return {
        "verdict": gate.verdict.value,
        "margin": gate.margin,
        "lower": gate.lower,
        "upper": gate.upper,
        "more_examples": gate.more_examples,
        "method": gate.method,
    }


def _side(side: "Side") -> SideData:
    return {"label": side.label, "run": side.record.run_id, "target": side.target}


def _standing(one: "Standing") -> StandingData:
    return {
        "label": one.target_id,
        "rate": rate_data(one.rate) if one.rate else None,
        "usd_per_answer": exact_or_none(one.cost_usd),
        "threshold": one.threshold.value,
        "gate": gate_figures(one.gate) if one.gate else None,
        "passing": one.passing.value,
        "more_examples": one.more_examples,
        "rank": {"rank": one.rank.rank, "low": one.rank.low, "high": one.rank.high} if one.rank else None,
    }


def _pair(pair: "Pair") -> PairData:
    return {
        "baseline": pair.baseline,
        "candidate": pair.candidate,
        "difference": difference_data(pair.difference) if pair.difference else None,
        "adjusted_p": pair.adjusted_p,
        "finding": pair.finding.value,
        "more_examples": pair.more_examples,
        "sentence": pair.sentence,
        "gained": list(pair.gained),
        "lost": list(pair.lost),
        "dropped": {why: list(items) for why, items in pair.dropped.items()},
        "slices": [_slice(part) for part in pair.slices],
    }


def _slice(part: "Slice") -> SliceData:
    return {
        "stratum": part.stratum,
        "difference": difference_data(part.difference),
        "q": part.q,
        "finding": part.finding.value,
        "more_examples": part.more_examples,
    }

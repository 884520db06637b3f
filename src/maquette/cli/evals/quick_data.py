"""What `maquette eval quick --json` prints, as a type, and a run's results as that data."""

from typing import TYPE_CHECKING

from typing_extensions import TypedDict

from maquette.cli.contract_parts import FORMAT, IntervalData, exact_or_none, interval_data, percentiles_data

if TYPE_CHECKING:
    from maquette.evals.run import EvalRun


class QuickData(TypedDict):
    """`maquette eval quick --json`.

    ``cost_usd`` is exact decimals as text, null where the model is unpriced. ``errors`` counts the calls that failed
    after all attempts, by kind. ``scoring_usd`` is what the metrics' own calls cost, such as a judge's.
    Percentiles are in seconds, over answers alone. ``cpu_s`` is the whole process's.
    """

    format: int
    model: str
    data: str
    metric: str
    state: str
    examples: int
    answered: int
    scored: int
    correct: int
    score: float | None
    interval: IntervalData | None
    errors: dict[str, int]
    calls: int
    retries: int
    ttft_s: dict[str, float] | None
    latency_s: dict[str, float] | None
    tpot_s: dict[str, float] | None
    input_tok: int | None
    output_tok: int | None
    cost_usd: str | None
    mean_scores: dict[str, float]
    scoring_usd: str | None
    left_out: list[str]
    warning: str
    wall_s: float
    cpu_s: float


def quick_data(run: "EvalRun", *, model: str, wall_s: float, cpu_s: float) -> QuickData:
    """The results of a run of one target."""
    (result,) = run.results
    return {
        "format": FORMAT,
        "model": model,
        "data": run.dataset,
        "metric": run.primary_metric,
        "state": run.state.value,
        "examples": result.planned,
        "answered": result.done - sum(result.failures.values()),
        "scored": result.scored,
        "correct": result.correct,
        "score": result.score,
        "interval": interval_data(result.interval) if result.interval else None,
        "errors": {kind.value: count for kind, count in sorted(result.failures.items())},
        "calls": result.calls_made,
        "retries": result.retries,
        "ttft_s": percentiles_data(result.ttft),
        "latency_s": percentiles_data(result.latency),
        "tpot_s": percentiles_data(result.tpot),
        "input_tok": result.input_tok,
        "output_tok": result.output_tok,
        "cost_usd": exact_or_none(result.spent_usd),
        "mean_scores": dict(result.mean_scores),
        "scoring_usd": exact_or_none(result.scoring_usd),
        "left_out": list(result.left_out),
        "warning": result.warning,
        "wall_s": round(wall_s, 4),
        "cpu_s": round(cpu_s, 4),
    }

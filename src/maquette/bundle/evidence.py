"""The evaluation as plain data for its report: figures with their run, and what the examples cannot show."""

from decimal import Decimal
from typing import Any

from maquette.bundle.figures import Figure, figure
from maquette.bundle.inputs import BundleInputs
from maquette.evals.run import EvalRun, TargetResult, Verdict
from maquette.foundation.sources import Source, SourceKind
from maquette.foundation.units import readable_count, readable_usd

VERDICTS = {
    Verdict.PASSES: "passes: the whole interval reaches the threshold",
    Verdict.FAILS: "fails: the whole interval lies below the threshold",
    Verdict.NOT_ENOUGH_DATA: "open: the threshold lies inside the interval",
    Verdict.NO_THRESHOLD: "open: no threshold is required",
}


def evaluation_view(inputs: BundleInputs) -> dict[str, Any]:
    """The run's results, or None."""
    run = inputs.run
    return {"run": None if run is None else _run(run)}


def measured(text: str, run: EvalRun) -> Figure:
    """A figure of the run."""
    return figure(text, Source(kind=SourceKind.MEASURED, ref=f"run {run.id}"))


def percent(value: float) -> str:
    """A fraction in percent with one digit behind the point."""
    return f"{readable_count(Decimal(f'{value * 100:.1f}'))} %"


def _run(run: EvalRun) -> dict[str, Any]:
    return {
        "id": run.id,
        "state": run.state.value,
        "dataset": run.dataset,
        "prompt": run.prompt,
        "primary_metric": run.primary_metric,
        "started_on": run.started_at.date().isoformat(),
        "spent": measured(readable_usd(run.spent_usd), run),
        "results": [_result(result, run) for result in run.results],
    }


def _result(result: TargetResult, run: EvalRun) -> dict[str, Any]:
    interval, latency = result.interval, result.latency
    return {
        "model": result.target_id,
        "score": None if result.score is None else measured(percent(result.score), run),
        "interval": None
        if interval is None
        else f"{percent(interval.low)} to {percent(interval.high)} ({interval.method}, 95 %)",
        "correct": result.correct,
        "scored": result.scored,
        "planned": result.planned,
        "unasked": result.planned - result.done,
        "verdict": VERDICTS[result.verdict],
        "latency": None if latency is None else f"{latency.p50_s:.3g} / {latency.p95_s:.3g} / {latency.p99_s:.3g} s",
        "tokens": None
        if result.mean_input_tok is None or result.mean_output_tok is None
        else f"{result.mean_input_tok:.0f} in, {result.mean_output_tok:.0f} out",
        "spent": None if result.spent_usd is None else readable_usd(result.spent_usd),
        "failures": [f"{count} x {kind}" for kind, count in sorted(result.failures.items())],
        "strata": [
            {
                "name": name,
                "scored": scored,
                "correct": correct,
                "share": measured(percent(correct / scored), run) if scored else None,
            }
            for name, (scored, correct) in sorted(result.by_stratum.items())
        ],
    }

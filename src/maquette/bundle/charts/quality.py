"""The charts of an evaluation: quality over cost for the selection, scores against the threshold for the plan."""

from decimal import Decimal

from maquette.bundle.charts.canvas import Chart, dollars
from maquette.bundle.charts.points import Point, front, pareto_chart
from maquette.bundle.charts.rows import Interval, interval_chart
from maquette.bundle.documents.seen import Seen
from maquette.bundle.evidence import percent
from maquette.evals.run import EvalRun, TargetResult, Verdict
from maquette.foundation.units import Usd, readable_usd

_THOUSAND = 1000


def pareto(seen: Seen) -> Chart | None:
    """Scores over the cost of 1,000 requests; None below two models that have both."""
    run = seen.inputs.run
    points = [point for result in run.results if (point := _point(seen, result)) is not None] if run else []
    if run is None or len(points) < 2:
        return None
    body, height = pareto_chart(
        points,
        cost=dollars,
        share=_share,
        names=(f"{run.primary_metric}, 95 % interval", "USD for 1,000 requests at launch"),
        limit=_threshold(run),
    )
    best = front(points)
    told = "; ".join(f"{one.name} {_share(one.score)} at {readable_usd(one.cost)}" for one in points)
    kept = ", ".join(one.name for one in best)
    words = "none beats it on both" if len(best) == 1 else "none beats one of them on both"
    return Chart(
        name="selection-pareto",
        title=f"Quality over cost, run {run.id}",
        alt=f"Score over the cost of 1,000 requests, run {run.id}: {told}; {kept}: {words}",
        about="What the evaluated models score and cost, with their intervals.",
        height=height,
        body=body,
    )


def scores(seen: Seen) -> Chart | None:
    """Each model's score with its interval against the threshold; None where nothing is scored."""
    run = seen.inputs.run
    scored = [one for one in run.results if one.score is not None] if run is not None else []
    if run is None or not scored:
        return None
    rows = [_row(one) for one in sorted(scored, key=lambda one: (-(one.score or 0), one.target_id))]
    body, height = interval_chart(rows, limit=_threshold(run))
    told = "; ".join(f"{row.name} {row.said}" for row in rows)
    against = "no threshold is required" if run.threshold is None else f"threshold {percent(run.threshold)}"
    return Chart(
        name="evaluation-scores",
        title=f"{run.primary_metric} of run {run.id} with 95 % intervals",
        alt=f"{run.primary_metric} of run {run.id}, {against}: {told}",
        about="Each model's score with its interval against the threshold.",
        height=height,
        body=body,
    )


def _point(seen: Seen, result: TargetResult) -> Point | None:
    projection, interval, latency = seen.inputs.projection, result.interval, result.latency
    option = projection.option(result.target_id) if projection is not None else None
    if option is None or option.usd_per_request is None or result.score is None:
        return None
    cost = Usd(option.usd_per_request * _THOUSAND)
    speed = "" if latency is None else f", P95 {latency.p95_s:.3g} s"
    return Point(
        name=result.target_id,
        cost=cost,
        score=_exact(result.score),
        low=None if interval is None else _exact(interval.low),
        high=None if interval is None else _exact(interval.high),
        said=f"{percent(result.score)}, {readable_usd(cost)}{speed}",
    )


def _row(result: TargetResult) -> Interval:
    interval, score = result.interval, result.score or 0.0
    ends = "" if interval is None else f" ({percent(interval.low)} to {percent(interval.high)})"
    return Interval(
        name=result.target_id,
        value=_exact(score),
        low=None if interval is None else _exact(interval.low),
        high=None if interval is None else _exact(interval.high),
        said=f"{percent(score)}{ends}",
        passes=result.verdict is Verdict.PASSES,
    )


def _threshold(run: EvalRun) -> tuple[Decimal, str] | None:
    return None if run.threshold is None else (_exact(run.threshold), f"threshold {percent(run.threshold)}")


def _exact(value: float) -> Decimal:
    return Decimal(f"{value:.6f}")


def _share(value: Decimal) -> str:
    return percent(float(value))

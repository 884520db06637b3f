"""What `maquette eval history --json` prints."""

from collections.abc import Sequence

from typing_extensions import TypedDict

from maquette.cli.contract_parts import FORMAT, exact_or_none
from maquette.evals.history import Against, Alert, Point, TargetHistory
from maquette.evals.statistics.values import Difference


class ChangeData(TypedDict):
    """One run minus another over the examples that both scored, with its 95 % interval and p value."""

    since_run: str
    difference: float
    low: float
    high: float
    p: float
    method: str
    examples: int


class PointData(TypedDict):
    """One target in one run; ``note`` says why it is not compared with the run before."""

    run: str
    started_at: str
    state: str
    dataset: str
    prompt: str
    metric: str
    planned: int
    scored: int
    failed: int
    score: float | None
    low: float | None
    high: float | None
    usd_per_answer: str | None
    p95_s: float | None
    change: ChangeData | None
    changed: list[str]
    note: str


class AlertData(TypedDict):
    """The newest run lost more than was allowed; its p value is adjusted over all targets."""

    run: str
    against: str
    change: ChangeData
    significant: bool
    changed: list[str]
    sentence: str


class TargetHistoryData(TypedDict):
    """One target, oldest run first; ``note`` says why its newest run is not held against the blessed one."""

    target: str
    runs: list[PointData]
    alert: AlertData | None
    note: str


class HistoryData(TypedDict):
    """`maquette eval history --json`."""

    format: int
    against: str
    alert_from: float
    targets: list[TargetHistoryData]


def history_data(targets: Sequence[TargetHistory], *, against: Against, alert: float) -> HistoryData:
    """The contract's form of a history."""
    return {
        "format": FORMAT,
        "against": against.value,
        "alert_from": alert,
        "targets": [
            {
                "target": one.target_id,
                "runs": [_point_data(point) for point in one.points],
                "alert": _alert_data(one.alert) if one.alert else None,
                "note": one.note,
            }
            for one in targets
        ],
    }


def _point_data(point: Point) -> PointData:
    interval = point.interval
    return {
        "run": point.run_id,
        "started_at": point.started_at.isoformat(),
        "state": point.state.value,
        "dataset": point.dataset,
        "prompt": point.prompt,
        "metric": point.metric,
        "planned": point.planned,
        "scored": point.scored,
        "failed": point.failed,
        "score": point.score,
        "low": interval.low if interval else None,
        "high": interval.high if interval else None,
        "usd_per_answer": exact_or_none(point.usd_per_answer),
        "p95_s": point.p95_s,
        "change": _change_data(point.compared_with, point.change, None),
        "changed": list(point.changed),
        "note": point.note,
    }


def _alert_data(alert: Alert) -> AlertData:
    change = _change_data(alert.against_run_id, alert.difference, alert.adjusted_p)
    assert change is not None
    return {
        "run": alert.run_id,
        "against": alert.against.value,
        "change": change,
        "significant": alert.significant,
        "changed": list(alert.changed),
        "sentence": alert.sentence,
    }


def _change_data(run: str | None, found: Difference | None, p: float | None) -> ChangeData | None:
    if run is None or found is None:
        return None
    return {
        "since_run": run,
        "difference": found.estimate,
        "low": found.interval.low,
        "high": found.interval.high,
        "p": found.test.p if p is None else p,
        "method": f"{found.interval.method}; {found.test.method}",
        "examples": found.items,
    }

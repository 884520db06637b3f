"""What `maquette eval gate --json` prints, as types, and a report as that data."""

from typing import TYPE_CHECKING

from typing_extensions import TypedDict

from maquette.cli.contract_parts import FORMAT, exact_or_none
from maquette.cli.evals.compare_data import (
    DifferenceData,
    NonInferiorityData,
    RateData,
    difference_data,
    gate_figures,
    rate_data,
)

if TYPE_CHECKING:
    from maquette.evals.gating import Check, GateReport, TargetGate
    from maquette.evals.gating_settings import GateSettings


class GateItemData(TypedDict):
    """One example that is checked by itself; ``why`` is empty when it passes."""

    example: str
    outcome: str
    why: str


class GateCheckData(TypedDict):
    """One demand on one model."""

    check: str
    outcome: str
    says: str
    more_examples: int | None
    items: list[GateItemData]


class GateTargetData(TypedDict):
    """One model beside the baseline. ``broken`` was right and is not; rates are over the shared examples."""

    target: str
    against: str
    outcome: str
    checks: list[GateCheckData]
    baseline_rate: RateData | None
    rate: RateData | None
    difference: DifferenceData | None
    gate: NonInferiorityData | None
    examples: int
    broken: list[str]
    mended: list[str]
    dropped: dict[str, list[str]]
    failed: int
    unscored: int


class GateDemandsData(TypedDict):
    """What was demanded; null where nothing was."""

    margin: float
    alert: float
    alert_fails: bool
    must_pass: bool
    hard_breaks: list[str]
    max_usd_per_answer: str | None
    max_p95_s: float | None
    max_failed: float
    not_enough_data: str | None


class EvalGateData(TypedDict):
    """`maquette eval gate --json`. ``differing`` is null where it is not known what the runs are made of."""

    format: int
    outcome: str
    exit_status: int
    run: str
    baseline_run: str
    metric: str
    demands: GateDemandsData
    targets: list[GateTargetData]
    more_examples: int | None
    differing: list[str] | None
    notes: list[str]
    methods: list[str]


def gate_data(report: "GateReport", *, exit_status: int) -> EvalGateData:
    """What a gate found."""
    return {
        "format": FORMAT,
        "outcome": report.outcome.value,
        "exit_status": exit_status,
        "run": report.run_id,
        "baseline_run": report.baseline_run,
        "metric": report.metric,
        "demands": _demands(report.settings),
        "targets": [_target(one) for one in report.targets],
        "more_examples": report.more_examples,
        "differing": None if report.differing is None else list(report.differing),
        "notes": list(report.notes),
        "methods": list(report.methods),
    }


def _demands(settings: "GateSettings") -> GateDemandsData:
    return {
        "margin": settings.margin,
        "alert": settings.alert,
        "alert_fails": settings.alert_fails,
        "must_pass": settings.must_pass,
        "hard_breaks": list(settings.hard_breaks),
        "max_usd_per_answer": exact_or_none(settings.max_usd_per_answer),
        "max_p95_s": settings.max_p95_s,
        "max_failed": settings.max_failed,
        "not_enough_data": settings.not_enough_data,
    }


def _target(one: "TargetGate") -> GateTargetData:
    return {
        "target": one.target_id,
        "against": one.against,
        "outcome": one.outcome.value,
        "checks": [_check(check) for check in one.checks],
        "baseline_rate": rate_data(one.old_rate) if one.old_rate else None,
        "rate": rate_data(one.new_rate) if one.new_rate else None,
        "difference": difference_data(one.difference) if one.difference else None,
        "gate": gate_figures(one.gate) if one.gate else None,
        "examples": one.items,
        "broken": list(one.broken),
        "mended": list(one.mended),
        "dropped": {why: list(items) for why, items in one.dropped.items()},
        "failed": one.failed,
        "unscored": one.unscored,
    }


def _check(check: "Check") -> GateCheckData:
    return {
        "check": check.kind.value,
        "outcome": check.outcome.value,
        "says": check.says,
        "more_examples": check.more_examples,
        "items": [{"example": item.example_id, "outcome": item.outcome.value, "why": item.why} for item in check.items],
    }

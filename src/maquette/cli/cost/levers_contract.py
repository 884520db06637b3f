"""What `maquette cost levers --json` prints, as types. Money and shares are text with exact decimals."""

from typing_extensions import TypedDict

from maquette.cli.contract_parts import FORMAT, exact_or_none
from maquette.cost.lever_evidence import STUDIES, WATCHES
from maquette.cost.levers import Lever, LeverTable, Step, Target


class PriorData(TypedDict):
    """What the common guidance says that a lever saves; it is no part of a figure here."""

    low: str
    high: str
    where: str


class MetricData(TypedDict):
    """What shows whether a lever works: its baseline and what is expected, in words and in USD a request."""

    name: str
    without: str
    expected: str
    usd_per_request_without: str | None
    usd_per_request_expected: str | None
    baseline_source: str
    measured_by: str
    must_not_suffer: str


class StudyData(TypedDict):
    """What was published on a lever; it is no part of a figure here."""

    says: str
    source: str


class LeverData(TypedDict):
    """One lever alone; of one in use ``before_usd`` is the month without it. Null where it cannot be computed."""

    lever: str
    state: str
    before_usd: str | None
    after_usd: str | None
    saving_usd: str | None
    saving_share: str | None
    change: str
    basis: str | None
    rests_on: list[str]
    missing: list[str]
    conflicts: list[str]
    option: str | None
    guidance: PriorData | None
    stages: list[str]
    metric: MetricData
    published: StudyData | None


class StepData(TypedDict):
    """One bar of the waterfall; ``skipped`` says why a lever is not in the row."""

    lever: str
    before_usd: str
    after_usd: str
    saving_usd: str
    skipped: str


class TargetData(TypedDict):
    """A cut of what a request costs; ``reached_with`` is null where no lever reaches it, or none is needed."""

    share: str
    baseline_usd_per_request: str
    target_usd_per_request: str
    with_levers_usd_per_request: str
    reached: bool
    reached_with: str | None


class LeversData(TypedDict):
    """`maquette cost levers --json`; ``target`` is null without traffic."""

    format: int
    option: str
    today_usd: str
    with_all_usd: str
    saving_usd: str
    budget_usd_month: str | None
    levers: list[LeverData]
    waterfall: list[StepData]
    target: TargetData | None


def levers_data(found: LeverTable, target: Target | None) -> LeversData:
    """The contract's form of a lever table."""
    return {
        "format": FORMAT,
        "option": found.option,
        "today_usd": f"{found.today_usd:f}",
        "with_all_usd": f"{found.with_all_usd:f}",
        "saving_usd": f"{found.saving_usd:f}",
        "budget_usd_month": exact_or_none(found.budget_usd_month),
        "levers": [_lever_data(found, lever) for lever in found.levers],
        "waterfall": [_step_data(step) for step in found.steps],
        "target": None if target is None else _target_data(target),
    }


def _lever_data(found: LeverTable, lever: Lever) -> LeverData:
    prior, study = lever.prior, STUDIES.get(lever.kind)
    return {
        "lever": lever.kind.value,
        "state": lever.state,
        "before_usd": exact_or_none(lever.before_usd),
        "after_usd": exact_or_none(lever.after_usd),
        "saving_usd": exact_or_none(lever.saving_usd),
        "saving_share": exact_or_none(lever.saving_share),
        "change": lever.change,
        "basis": lever.basis,
        "rests_on": list(lever.rests_on),
        "missing": list(lever.missing),
        "conflicts": list(lever.conflicts),
        "option": lever.option,
        "guidance": None
        if prior is None
        else {"low": f"{prior.low:f}", "high": f"{prior.high:f}", "where": prior.where},
        "stages": list(lever.stages),
        "metric": _metric_data(found, lever),
        "published": None if study is None else {"says": study.says, "source": str(study.source)},
    }


def _metric_data(found: LeverTable, lever: Lever) -> MetricData:
    watch = WATCHES[lever.kind]
    return {
        "name": watch.metric,
        "without": lever.metric_before,
        "expected": lever.metric_after,
        "usd_per_request_without": exact_or_none(found.a_request(lever.before_usd)),
        "usd_per_request_expected": exact_or_none(found.a_request(lever.after_usd)),
        "baseline_source": found.baseline,
        "measured_by": watch.series,
        "must_not_suffer": watch.guard,
    }


def _step_data(step: Step) -> StepData:
    return {
        "lever": step.kind.value,
        "before_usd": f"{step.before_usd:f}",
        "after_usd": f"{step.after_usd:f}",
        "saving_usd": f"{step.saving_usd:f}",
        "skipped": step.skipped,
    }


def _target_data(target: Target) -> TargetData:
    return {
        "share": f"{target.share:f}",
        "baseline_usd_per_request": f"{target.baseline_usd:f}",
        "target_usd_per_request": f"{target.target_usd:f}",
        "with_levers_usd_per_request": f"{target.with_levers_usd:f}",
        "reached": target.is_reached,
        "reached_with": None if target.reached_with is None else target.reached_with.value,
    }

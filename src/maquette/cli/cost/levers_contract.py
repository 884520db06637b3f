"""What `maquette cost levers --json` prints, as types. Money and shares are text with exact decimals."""

from typing_extensions import TypedDict

from maquette.cli.contract_parts import FORMAT, exact_or_none
from maquette.cost.levers import Lever, LeverTable, Step, Target


class PriorData(TypedDict):
    """What the common guidance says that a lever saves; it is no part of a figure here."""

    low: str
    high: str
    where: str


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
        "levers": [_lever_data(lever) for lever in found.levers],
        "waterfall": [_step_data(step) for step in found.steps],
        "target": None if target is None else _target_data(target),
    }


def _lever_data(lever: Lever) -> LeverData:
    prior = lever.prior
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

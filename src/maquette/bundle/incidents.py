"""What an incident costs at this system's volume: requests, money and minutes, and each model's healthy values."""

from decimal import Decimal
from typing import Any

from maquette.bundle.documents.seen import Seen
from maquette.bundle.evidence import measured
from maquette.bundle.figures import FactSheet, Figure, estimated
from maquette.bundle.gateway import GatewayPolicy
from maquette.bundle.inputs import BundleInputs, RoleModel
from maquette.bundle.runbooks.operating import on_own_machines, planned_days
from maquette.catalog.traffic import days_per_month
from maquette.foundation.units import DAYS_PER_MONTH, readable_count, readable_usd


def impact_view(seen: Seen) -> dict[str, Any]:
    """Impact and healthy values; None where the project does not say, no roles while no model is chosen."""
    facts, policy = seen.facts, seen.policy
    mean, peak = facts.number("derived.rps_mean"), facts.number("derived.rps_peak")
    per_request = seen.roles[0].cost.usd_per_request if seen.roles and seen.roles[0].cost else None
    return {
        "mean_per_min": _per_minute(mean, "derived.rps_mean"),
        "peak_per_min": _per_minute(peak, "derived.rps_peak"),
        "usd_per_hour": _per_hour(mean, per_request),
        "minutes_allowed": _minutes_allowed(facts),
        "requests_allowed": _requests_allowed(facts),
        "budget_per_day": _budget_per_day(facts),
        "usd_per_day": _planned(seen, 1),
        "usd_per_month": _planned(seen, 30),
        "roles": [_role(role, seen.inputs, policy) for role in seen.roles] if policy else [],
        "worst_wait": _worst_wait(policy) if policy else None,
    }


def _role(role: RoleModel, inputs: BundleInputs, policy: GatewayPolicy) -> dict[str, Any]:
    deployment = next(one for one in policy.deployments if one.group == role.role)
    latency = role.result.latency if role.result else None
    run = inputs.run
    healthy = latency and run and measured(f"P50 {latency.p50_s:.3g} s, P95 {latency.p95_s:.3g} s", run)
    tokens = role.result.mean_output_tok if role.result else None
    return {
        "role": role.role,
        "model": role.model,
        "local": role.local,
        "own": on_own_machines(role),
        "service": deployment.service,
        "keys": [one.name for one in deployment.credentials if one.parameter],
        "healthy": healthy or None,
        "output_tok": measured(f"{tokens:.0f} output tokens", run) if tokens is not None and run else None,
        "budget": deployment.budget_reason,
    }


def _per_minute(rate: Decimal | None, name: str) -> Figure | None:
    if rate is None:
        return None
    if rate and rate * 60 < 1:
        return estimated(f"{readable_count(Decimal(f'{rate * 3600:.3g}'))} requests/h", f"3,600 x {name}")
    return estimated(f"{readable_count(Decimal(f'{rate * 60:.3g}'))} requests/min", f"60 x {name}")


def _per_hour(rate: Decimal | None, per_request: Decimal | None) -> Figure | None:
    if rate is None or per_request is None:
        return None
    return estimated(
        f"{readable_usd(rate * 3600 * per_request)} an hour", "3,600 x derived.rps_mean x cost of a request"
    )


def _minutes_allowed(facts: FactSheet) -> Figure | None:
    target = facts.number("availability.target")
    if target is None:
        return None
    minutes = readable_count(Decimal(f"{(1 - target) * 43200:.1f}"))
    return estimated(f"{minutes} min in 30 days", "(1 - availability.target) x 43,200 min")


def _requests_allowed(facts: FactSheet) -> Figure | None:
    target, daily = facts.number("availability.target"), facts.number("scale.requests_per_day")
    if target is None or daily is None:
        return None
    days = days_per_month(facts.values)
    every = days == DAYS_PER_MONTH
    window = Decimal(30) if every else 30 * days / DAYS_PER_MONTH
    count = readable_count((window * daily * (1 - target)).quantize(Decimal(1)))
    of_all = "30" if every else f"30 x scale.days_per_month / {DAYS_PER_MONTH}"
    return estimated(f"{count} requests", f"{of_all} x scale.requests_per_day x (1 - availability.target)")


def _budget_per_day(facts: FactSheet) -> Figure | None:
    budget = facts.number("budget.monthly_usd")
    if not budget:
        return None
    return estimated(f"{readable_usd(budget / 30)} a day", "budget.monthly_usd / 30")


def _planned(seen: Seen, days: int) -> Figure | None:
    """What so many days cost by plan."""
    usd = planned_days(seen, days)
    if usd is None:
        return None
    words = "a day" if days == 1 else f"in {days} days"
    formula = f"{days} x scale.requests_per_day x cost of a request of {seen.roles[0].model}"
    return estimated(f"{readable_usd(usd)} {words}", formula)


def _worst_wait(policy: GatewayPolicy) -> Figure | None:
    """A timeout is not retried on the same model: the primary's time and then the fallback's."""
    if policy.timeout_s is None:
        return None
    attempts = len(policy.deployments)
    return estimated(f"{policy.timeout_s * attempts:g} s", f"{attempts} x timeout of {policy.timeout_s:g} s")

"""The containers of the design: only what is decided, each with what decided it."""

from collections.abc import Mapping
from typing import Any

from maquette.bundle.adrs import record_file
from maquette.bundle.documents.slo_alerts import few_requests
from maquette.bundle.figures import FactSheet
from maquette.bundle.gateway import GatewayPolicy
from maquette.bundle.inputs import BundleInputs, RoleModel
from maquette.bundle.routing_values import router, tier_roles
from maquette.bundle.serving import served_models
from maquette.bundle.slots import SlotView, slot_views
from maquette.catalog.cards import Hosting
from maquette.decision.record import Record
from maquette.rules.explaining import readable_fact

PARTS: dict[str, tuple[object, str, str]] = {
    "queue": (True, "Queue", "holds requests that may wait"),
    "batch_lane": (True, "Batch lane", "sends what may wait for hours"),
    "knowledge": ("rag", "Retrieval", "finds the passages that an answer rests on"),
    "memory": ("rolling", "Memory", "keeps a rolling summary and the last turns"),
    "sandbox": (True, "Sandbox", "runs tool calls, without a network"),
    "citation_check": (True, "Citation check", "verifies every citation"),
    "adaptation_first": ("encoder_classifier", "Classifier", "answers what a small encoder is sure of"),
    "guardrails": ("both", "Guardrails", "check what goes in and what comes out"),
    "structured": (True, "Validator", "holds every answer to its schema; one repair attempt"),
    "redaction": (True, "Redaction", "takes personal data out of prompts and logs"),
}
"""Slots whose value asks for a part of its own that this bundle does not bring: slot to value, name and purpose."""


def architecture_view(
    inputs: BundleInputs, roles: tuple[RoleModel, ...], policy: GatewayPolicy | None, facts: FactSheet
) -> dict[str, Any]:
    """The containers, and the slots by their state."""
    views = slot_views(inputs.decision)
    composed = frozenset(one.role.role for one in served_models(inputs, roles) if one.composed)
    containers = [
        *_containers(roles, policy, views, facts, composed),
        *(_routing(inputs, roles, facts) if policy else []),
    ]
    return {
        "containers": containers,
        "decided": [{**_slot(view), "record": _record(view, inputs)} for view in views if view.state == "decided"],
        "offered": [_slot(view) for view in views if view.state == "offered"],
        "conflicts": [_slot(view) for view in views if view.state == "conflict"],
        "blocking": _blocking(inputs),
    }


def _containers(
    roles: tuple[RoleModel, ...],
    policy: GatewayPolicy | None,
    views: tuple[SlotView, ...],
    facts: FactSheet,
    composed: frozenset[str],
) -> list[dict[str, Any]]:
    if policy is None:
        return []
    found = [
        _container(
            "application", "Application", "sends the requests", "the system that this design serves", here=False
        ),
        _container("gateway", "LiteLLM gateway", "one address for every model", _gateway_why(roles), here=True),
    ]
    found += [
        _container(role.role, role.model, _reached(role), f"plays the role {role.role}", here=_served(role, composed))
        for role in roles
    ]
    by_name = {view.name: view for view in views if view.state == "decided"}
    if policy.redis:
        key = "redis" if policy.cache_s is not None else "counters"
        found.append(_container(key, "Redis", *_redis(policy, by_name), here=True))
    if policy.database:
        what, why = "holds teams, keys and the record of calls", policy.database_why
        found.append(_container("postgres", "PostgreSQL", what, why, here=True))
    if policy.prometheus:
        why = _why(by_name.get("monitoring") or by_name["alerts"])
        found.append(_container("prometheus", "Prometheus", "collects the gateway's metrics", why, here=True))
    if "alerts" in by_name and by_name["alerts"].value == "burn_rate":
        why = _why(by_name["alerts"])
        does = "call somebody" if facts.values.get("team.oncall") is True else "write a ticket"
        when = "too many requests fail, which are counted" if few_requests(facts) else "the error budget burns"
        found.append(_container("alerts", "Alerts", f"{does} when {when}", why, here=policy.prometheus))
    found += _to_build(by_name)
    return [{**one, "load": facts.figure("derived.rps_peak") if one["key"] == "application" else None} for one in found]


def _routing(inputs: BundleInputs, roles: tuple[RoleModel, ...], facts: FactSheet) -> list[dict[str, Any]]:
    """The router with its tiers that play no role."""
    found = router(inputs, facts)
    if found is None:
        return []
    slot = "subagents" if found.kind == "step" else "router"
    view = next((one for one in slot_views(inputs.decision) if one.name == slot and one.state == "decided"), None)
    why = _why(view) if view else "stated design fact design.router"
    what = "picks a tier by what the step does" if found.kind == "step" else "picks a tier by complexity"
    tiers = [
        _container(role.role, role.model, _reached(role), f"the router's {role.role} tier", here=False)
        for role in tier_roles(inputs, roles, facts)
    ]
    return [{**one, "load": None} for one in (_container("router", "Router", what, why, here=False), *tiers)]


def _redis(policy: GatewayPolicy, by_name: Mapping[str, SlotView]) -> tuple[str, str]:
    """What Redis is for, and why it is there."""
    counted = policy.shared["ref"] if policy.shared else ""
    if policy.cache_s is None:
        return "counts limits and spending for all gateways", counted
    decided = _why(by_name["cache"]) if "cache" in by_name else "design.cache"
    return "answers equal requests again" + (", counts for all gateways" if counted else ""), decided


def _to_build(by_name: Mapping[str, SlotView]) -> list[dict[str, Any]]:
    """The decided parts that this bundle does not bring."""
    found = []
    for slot, (value, name, purpose) in PARTS.items():
        if slot not in by_name or by_name[slot].value != value:
            continue
        search = by_name.get("retrieval") if slot == "knowledge" else None
        if search is not None and search.value == "agentic_search":
            told = "searches the sources by tools; there is no index"
            found.append(_container(slot, name, told, _why(search), here=False))
        else:
            found.append(_container(slot, name, purpose, _why(by_name[slot]), here=False))
    return found


def _served(role: RoleModel, composed: frozenset[str]) -> bool:
    """Whether a Compose file of the bundle starts the model's server."""
    return role.local or role.role in composed


def _container(key: str, name: str, what: str, why: str, *, here: bool) -> dict[str, Any]:
    return {"key": key, "name": name, "what": what, "why": why, "here": here}


def _gateway_why(roles: tuple[RoleModel, ...]) -> str:
    if len(roles) == 2:
        return f"{roles[1].model} takes over from {roles[0].model} without a change in the application"
    return f"{roles[0].model} can be exchanged without a change in the application"


def _reached(role: RoleModel) -> str:
    if role.local:
        return "llama.cpp server on your machine"
    if role.card is not None and role.card.hosting is Hosting.OPEN_WEIGHTS and role.target is None:
        return "open weights on your own machines"
    return f"API of {role.card.provider}" if role.card else "API"


def _why(view: SlotView) -> str:
    return ", ".join(f"{rule.id} ({rule.strength})" for rule in view.rules)


def _slot(view: SlotView) -> dict[str, Any]:
    values = view.value if isinstance(view.value, tuple) else (view.value,)
    return {
        "name": view.name,
        "value": "open"
        if view.value is None
        else ", ".join(readable_fact(value).replace("_", " ") for value in values),
        "rules": [{"id": rule.id, "strength": rule.strength.value, "recommend": rule.recommend} for rule in view.rules],
    }


def _blocking(inputs: BundleInputs) -> list[dict[str, str]]:
    decision = inputs.decision
    if decision is None:
        return []
    rules = {finding.rule.id: finding.rule for finding in decision.rules.findings}
    return [
        {"id": rule_id, "recommend": rules[rule_id].recommend if rule_id in rules else ""}
        for rule_id in decision.blocking
    ]


def record_of(record: Record | None) -> dict[str, str] | None:
    """A decision record by id and file; None where there is none."""
    return None if record is None else {"id": record.id, "file": record_file(record)}


def _record(view: SlotView, inputs: BundleInputs) -> dict[str, str] | None:
    """The decision record that holds the slot's rules."""
    behind = {rule.id for rule in view.rules}
    return record_of(next((one for one in inputs.records if behind & set(one.rules)), None))

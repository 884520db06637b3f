"""The containers of the design: only what is decided, each with what decided it."""

from collections.abc import Mapping
from typing import Any

from maquette.bundle.adrs import record_file
from maquette.bundle.figures import FactSheet
from maquette.bundle.gateway import GatewayPolicy
from maquette.bundle.inputs import BundleInputs, RoleModel
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
    "redaction": (True, "Redaction", "takes personal data out of prompts and logs"),
}
"""Slots whose value asks for a part of its own that this bundle does not bring: slot to value, name and purpose."""


def architecture_view(
    inputs: BundleInputs, roles: tuple[RoleModel, ...], policy: GatewayPolicy | None, facts: FactSheet
) -> dict[str, Any]:
    """The containers, and the slots by their state."""
    views = slot_views(inputs.decision)
    containers = _containers(roles, policy, views, facts)
    return {
        "containers": containers,
        "decided": [{**_slot(view), "record": _record(view, inputs)} for view in views if view.state == "decided"],
        "offered": [_slot(view) for view in views if view.state == "offered"],
        "conflicts": [_slot(view) for view in views if view.state == "conflict"],
        "blocking": _blocking(inputs),
    }


def _containers(
    roles: tuple[RoleModel, ...], policy: GatewayPolicy | None, views: tuple[SlotView, ...], facts: FactSheet
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
        _container(role.role, role.model, _reached(role), f"plays the role {role.role}", here=role.local)
        for role in roles
    ]
    by_name = {view.name: view for view in views if view.state == "decided"}
    if policy.cache_s is not None:
        found.append(_container("redis", "Redis", "answers equal requests again", _why(by_name["cache"]), here=True))
    if policy.prometheus:
        found.append(
            _container(
                "prometheus",
                "Prometheus",
                "collects the gateway's metrics",
                _why(by_name.get("monitoring") or by_name["alerts"]),
                here=True,
            )
        )
    if "alerts" in by_name and by_name["alerts"].value == "burn_rate":
        why = _why(by_name["alerts"])
        found.append(_container("alerts", "Alerts", "call somebody when the error budget burns", why, here=True))
    found += _to_build(by_name)
    return [{**one, "load": facts.figure("derived.rps_peak") if one["key"] == "application" else None} for one in found]


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
        "value": "open" if view.value is None else ", ".join(readable_fact(value) for value in values),
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

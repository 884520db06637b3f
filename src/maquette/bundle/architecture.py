"""The containers of the design and the lines between them: only what is decided, each with what decided it."""

from typing import Any

from maquette.bundle.figures import FactSheet
from maquette.bundle.gateway import GatewayPolicy
from maquette.bundle.inputs import BundleInputs, RoleModel
from maquette.bundle.slots import SlotView, slot_views
from maquette.rules.explaining import readable_fact

PARTS: dict[str, tuple[object, str, str]] = {
    "queue": (True, "Queue", "holds requests that may wait"),
    "batch_lane": (True, "Batch lane", "sends what may wait for hours at batch prices"),
    "knowledge": ("rag", "Retrieval index", "finds the passages that an answer rests on"),
    "guardrails": ("both", "Guardrails", "check what goes in and what comes out"),
    "redaction": (True, "Redaction", "takes personal data out of prompts and logs"),
}
"""Slots whose value asks for a part of its own that this bundle does not bring: slot to value, name and purpose."""

_ABSENT = (False, "none", "no", "off")


def architecture_view(
    inputs: BundleInputs, roles: tuple[RoleModel, ...], policy: GatewayPolicy | None, facts: FactSheet
) -> dict[str, Any]:
    """Containers and lines for the diagram, and the slots by their state."""
    views = slot_views(inputs.decision)
    containers = _containers(roles, policy, views, facts)
    return {
        "containers": containers,
        "lines": _lines(containers, policy),
        "decided": [_slot(view) for view in views if view.state == "decided"],
        "left_out": [_slot(view) for view in views if view.state == "decided" and view.value in _ABSENT],
        "offered": [_slot(view) for view in views if view.state == "offered"],
        "conflicts": [_slot(view) for view in views if view.state == "conflict"],
        "blocking": _blocking(inputs),
        "waiting": _waiting(inputs),
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
    if policy.metrics:
        found.append(
            _container(
                "prometheus", "Prometheus", "collects the gateway's metrics", _why(by_name["monitoring"]), here=True
            )
        )
    for slot, (value, name, purpose) in PARTS.items():
        if slot in by_name and by_name[slot].value == value:
            found.append(_container(slot, name, purpose, _why(by_name[slot]), here=False))
    return [{**one, "load": facts.figure("derived.rps_peak") if one["key"] == "application" else None} for one in found]


def _container(key: str, name: str, what: str, why: str, *, here: bool) -> dict[str, Any]:
    return {"key": key, "name": name, "what": what, "why": why, "here": here}


def _gateway_why(roles: tuple[RoleModel, ...]) -> str:
    if len(roles) == 2:
        return f"{roles[1].model} takes over from {roles[0].model} without a change in the application"
    return f"{roles[0].model} can be exchanged without a change in the application"


def _reached(role: RoleModel) -> str:
    if role.local:
        return "llama.cpp server on your machine"
    return f"API of {role.card.provider}" if role.card else "API"


def _why(view: SlotView) -> str:
    return ", ".join(f"{rule.id} ({rule.strength})" for rule in view.rules)


def _lines(containers: list[dict[str, Any]], policy: GatewayPolicy | None) -> list[dict[str, Any]]:
    """What calls what; the ways of parts that this bundle does not bring are not known, so that none is drawn."""
    keys = {container["key"] for container in containers}
    if policy is None:
        return []
    timeout = f"at most {policy.timeout_s:g} s an attempt" if policy.timeout_s else "chat completions"
    wanted = (
        ("application", "gateway", "asks for the group primary", False),
        ("gateway", "primary", timeout, False),
        ("gateway", "fallback", "when primary fails", True),
        ("gateway", "redis", "equal requests", False),
        ("prometheus", "gateway", "/metrics/", False),
    )
    return [
        {"start": start, "end": end, "label": label, "dashed": dashed}
        for start, end, label, dashed in wanted
        if start in keys and end in keys
    ]


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


def _waiting(inputs: BundleInputs) -> list[dict[str, Any]]:
    decision = inputs.decision
    if decision is None:
        return []
    return [
        {"fact": one.fact, "how": one.how, "ask": one.ask, "rules": list(one.rules)} for one in decision.open_questions
    ]

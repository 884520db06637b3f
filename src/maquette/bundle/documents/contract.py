"""What applications may ask of the gateway and what it answers, for its OpenAPI file: from policy and decided slots."""

from collections.abc import Iterator, Mapping
from typing import Any

from maquette.bundle.documents.degradation import final_fallback
from maquette.bundle.documents.seen import Seen
from maquette.bundle.gateway import GatewayPolicy
from maquette.bundle.inputs import RoleModel
from maquette.bundle.services import GATEWAY_PORT
from maquette.bundle.slots import decided


def contract_view(seen: Seen) -> Mapping[str, Any] | None:
    """Groups, bounds and errors of the interface; None while no model is chosen."""
    policy = seen.policy
    if policy is None or not seen.roles:
        return None
    slots, most = decided(seen.inputs.decision), seen.facts.number("tokens.output_max")
    answers = " and ".join(_group(role, policy) for role in seen.roles)
    tools = seen.facts.text("agency.tools") not in (None, "none")
    return {
        "title": f"Gateway of {seen.inputs.document}",
        "about": f"Applications ask for a group: {answers}. Exchanging a model changes no application.",
        "server": f"http://127.0.0.1:{GATEWAY_PORT}",
        "summary": _ASKED.get(seen.facts.text("task.type") or "", "one request"),
        "answered": _answered(seen),
        "groups": _names(policy),
        "priced": any(one.prices for one in policy.deployments),
        "cached": slots.get("prefix_cache") is True,
        "message_roles": ["system", "user", "assistant", *(["tool"] if tools else [])],
        "output_max": most,
        "stream": slots.get("streaming") is True or seen.facts.number("latency.ttft_ms") is not None,
        "structured": slots.get("structured") is True,
        "tools": tools,
        "lanes": slots.get("batch_lane") is True and any(one.composed for one in seen.served),
        "errors": list(_errors(seen, policy)),
    }


_ASKED: Mapping[str, str] = {
    "agent": "one step of the agent",
    "analysis": "one question to the data",
    "chat": "one turn of a conversation",
    "classification": "one text to put in its class",
    "code": "one change of code",
    "extraction": "one document to read fields from",
    "generation": "one text to write",
    "multimodal_understanding": "one picture, recording or page to read",
    "rag_qa": "one question to the documents",
    "summarisation": "one text to summarise",
    "translation": "one text to translate",
}
"""Kind of task to what one request is."""


def _group(role: RoleModel, policy: GatewayPolicy) -> str:
    """What a group is, with the shares where two models answer in it."""
    shares = [one for one in policy.entries if one.group == role.role and one.weight is not None]
    if len({one.deployment.model for one in shares}) < 2:
        return f"{role.role} is {role.model}"
    parts = " and ".join(f"{one.weight.value:f} % {one.deployment.model}" for one in shares if one.weight)
    return f"{role.role} is {parts}"


def _names(policy: GatewayPolicy) -> list[str]:
    """What a request may ask for: groups, the router in front of them, and their other names."""
    found = [one.group for one in (policy.entries or policy.deployments)]
    if policy.routing is not None:
        found += ["auto"] if policy.routing.auto is not None else []
        found += policy.routing.aliases
    return list(dict.fromkeys(found))


def _answered(seen: Seen) -> str:
    form = seen.facts.text("io.output_format")
    return f"the answer, {form.replace('_', ' ')}" if form else "the answer"


def _errors(seen: Seen, policy: GatewayPolicy) -> Iterator[Mapping[str, str]]:
    """The statuses that a caller must expect, and what it does with each."""
    longest = f"input longer than {' and '.join(role.model for role in seen.roles)} take; the caller shortens it"
    yield {"status": "400", "means": f"the request has a wrong form, or an {longest}"}
    yield {"status": "401", "means": "no key, or a withdrawn one; asking again does not help"}
    if policy.timeout_s is not None:
        yield {
            "status": "408",
            "means": f"no model answered within {policy.timeout_s:g} s an attempt; {_instead(seen)}",
        }
    spent = " or the month's budget is spent" if policy.refuses_by_budget else ""
    asked = f", after {policy.limit_retries + 1} attempts" if policy.limit_retries else ""
    where = "of every group that could answer " if policy.fallback is not None else ""
    yield {"status": "429", "means": f"a limit {where}is reached{spent}{asked}; {_instead(seen)}"}
    yield {"status": "500", "means": f"every model failed; {_instead(seen)}"}


def _instead(seen: Seen) -> str:
    return f"the application answers itself: {final_fallback(seen)}"

"""The component view of the gateway: what it is made of in this design, and what each component reaches."""

from itertools import pairwise

from maquette.bundle.diagrams.model import Absent, Boundary, Edge, Flow, Kind, Node
from maquette.bundle.diagrams.parts import APPLICATION, GATEWAY, Parts, because, parts_of, readable, routed
from maquette.bundle.diagrams.providers import players
from maquette.bundle.diagrams.views import NO_MODEL
from maquette.bundle.documents.seen import Seen
from maquette.bundle.gateway import GatewayPolicy
from maquette.bundle.gateway.view import RETRIES_SOURCE
from maquette.bundle.routing_values import router

ENTRY, GROUPS = "entry", "groups"


def component_view(seen: Seen) -> Flow | Absent:
    """Entry, groups of models, and of cache, limits, monitor and log those that this design has."""
    title = f"Components of the gateway of {seen.inputs.document}"
    policy = seen.policy
    if policy is None:
        return Absent(name="component", title=title, reason=NO_MODEL)
    parts = parts_of(seen)
    inside = [_entry(seen), _groups(seen, policy), *_cache(parts), *_limits(policy), *_watching(seen, policy)]
    keys = {node.key for node in inside}
    around = [node for node in parts.nodes if node.key in {APPLICATION, "redis", "cache", "prometheus", "alerts"}]
    edges = [*_ways(keys), *_models(seen), *_outward(parts, keys)]
    return Flow(
        name="component",
        title=title,
        nodes=(*inside, *around, *parts.models),
        boundaries=(Boundary(key=GATEWAY, title="LiteLLM gateway"),),
        edges=tuple(edges),
    )


def _entry(seen: Seen) -> Node:
    load = seen.facts.figure("derived.rps_peak")
    what = "checks the key" + (f" of up to {load['text']}" if load else "")
    return _component(ENTRY, "Entry", what, because(seen, "derived.rps_peak") if load else "one address for all models")


def _groups(seen: Seen, policy: GatewayPolicy) -> Node:
    found = router(seen.inputs, seen.facts)
    first, second = policy.deployments[0], policy.fallback
    what = f"{first.group} is {first.model}, {policy.retries} retries"
    what += f", then {second.model}" if second else ""
    what += f"; {routed(found)}" if found else ""
    why = f"{seen.roles[0].model} can be exchanged behind its group; retries {RETRIES_SOURCE}"
    return _component(GROUPS, "Router", what, why)


def _cache(parts: Parts) -> list[Node]:
    store = next((node for node in parts.inside if node.key in ("redis", "cache")), None)
    return [] if store is None else [_component("lookup", "Cache", store.what, store.why)]


def _limits(policy: GatewayPolicy) -> list[Node]:
    """Budgets and time limits."""
    limits = [one for one in policy.deployments if one.budget_usd is not None and one.budget_reason is not None]
    found = []
    if limits:
        said = ", ".join(f"{one.group} {one.budget_reason['text']}" for one in limits if one.budget_reason)
        why = "; ".join(readable(one.budget_reason) for one in limits if one.budget_reason)
        found.append(_component("budget", "Budget", f"in 30 days: {said}", why))
    if policy.timeout_s is not None and policy.timeout_reason is not None:
        what = f"at most {policy.timeout_s:g} s an attempt"
        found.append(_component("timeout", "Time limit", what, readable(policy.timeout_reason)))
    return found


def _watching(seen: Seen, policy: GatewayPolicy) -> list[Node]:
    found = []
    if policy.metrics:
        what = "metrics of every call: model, tokens, latency, cost"
        found.append(_component("monitor", "Monitor", what, because(seen, "availability.target")))
    content = "prompts and answers" if policy.log_content else "metadata only"
    found.append(_component("logger", "Log", content, because(seen, "logging.content_allowed")))
    return found


def _ways(keys: set[str]) -> list[Edge]:
    """From the entry through cache and limits to the groups, and what is counted on the way."""
    way = [ENTRY, *(key for key in ("lookup", "budget") if key in keys), GROUPS]
    labels = {"lookup": "an equal request before?", "budget": "spent so far?", GROUPS: "by group"}
    found = [Edge(start=start, end=end, label=labels[end]) for start, end in pairwise(way)]
    if "timeout" in keys:
        found.append(Edge(start=GROUPS, end="timeout", label="ends what takes too long"))
    counted = [Edge(start=GROUPS, end=key, label="each call") for key in ("monitor", "logger") if key in keys]
    return [Edge(start=APPLICATION, end=ENTRY, label="requests"), *found, *counted]


def _models(seen: Seen) -> list[Edge]:
    dashed = {"fallback": "when primary fails"}
    return [
        Edge(start=GROUPS, end=one.role, label=dashed.get(one.role, f"group {one.role}"), dashed=one.role in dashed)
        for one in players(seen)
    ]


def _outward(parts: Parts, keys: set[str]) -> list[Edge]:
    near = {node.key for node in parts.nodes}
    found = [Edge(start="lookup", end=key, label="answers") for key in ("redis", "cache") if key in near]
    if "monitor" in keys and "prometheus" in near:
        found.append(Edge(start="prometheus", end="monitor", label="/metrics/"))
    if "alerts" in near:
        source = "prometheus" if "prometheus" in near else "monitor"
        found.append(Edge(start=source, end="alerts", label="errors and latency"))
    return [edge for edge in found if {edge.start, edge.end} <= keys | near]


def _component(key: str, name: str, what: str, why: str) -> Node:
    return Node(key=key, name=name, kind=Kind.COMPONENT, what=what, why=why, boundary=GATEWAY)

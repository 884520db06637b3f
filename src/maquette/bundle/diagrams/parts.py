"""The parts that a design has, each with the fact or the rule that it is there for, and the lines between them.

Only what is answered, decided or chosen has a part: what is merely offered has none.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from maquette.bundle.diagrams.model import Edge, Kind, Node
from maquette.bundle.diagrams.providers import model_nodes, players, runs_own
from maquette.bundle.documents.seen import Seen
from maquette.bundle.documents.slo_alerts import by_count
from maquette.bundle.figures import Figure
from maquette.bundle.routing_values import Router, router
from maquette.bundle.slots import SlotView, slot_views
from maquette.rules.report import SlotValue

APPLICATION = "application"
GATEWAY = "gateway"
SCRAPED = ("metrics", "errors")
"""The labels of the lines by which everything that runs is watched; they are drawn among the containers only."""

AUDIENCES: Mapping[str, tuple[str, Kind]] = {
    "internal": ("Staff", Kind.PERSON),
    "b2b": ("Customers' staff", Kind.PERSON),
    "consumer": ("Consumers", Kind.PERSON),
    "children_or_vulnerable": ("Children or vulnerable people", Kind.PERSON),
    "machine": ("Other systems", Kind.EXTERNAL),
}
REVIEWS: Mapping[str, str] = {
    "always": "checks every answer before it takes effect",
    "low_confidence": "checks the answers of low confidence",
    "sampled": "checks a sample of the answers",
}
TOOLS: Mapping[str, str] = {
    "read": "the model reads through them",
    "write_reversible": "the model changes what can be undone",
    "irreversible": "the model does what cannot be undone",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Parts:
    """People and systems around, containers inside, and the models, each with its lines."""

    people: tuple[Node, ...]
    outside: tuple[Node, ...]
    inside: tuple[Node, ...]
    models: tuple[Node, ...]
    edges: tuple[Edge, ...]

    @property
    def nodes(self) -> tuple[Node, ...]:
        """All of them."""
        return (*self.people, *self.inside, *self.models, *self.outside)


@dataclass(frozen=True, kw_only=True, slots=True)
class _SlotPart:
    """A container that a slot's value asks for, and its lines."""

    slot: str
    value: SlotValue
    key: str
    name: str
    what: str
    edges: tuple[tuple[str, str, str], ...]
    kind: Kind = Kind.CONTAINER


SLOT_PARTS = (
    _SlotPart(slot="queue", value=True, key="queue", name="Queue", what="holds requests until there is room", edges=(
        (APPLICATION, "queue", "requests"), ("queue", GATEWAY, "when there is room"))),
    _SlotPart(slot="batch_lane", value=True, key="batch_lane", name="Batch lane", what="sends what may wait for hours",
        edges=((APPLICATION, "batch_lane", "what may wait"), ("batch_lane", GATEWAY, "in batches"))),
    _SlotPart(slot="adaptation_first", value="encoder_classifier", key="classifier", name="Classifier",
        what="a small encoder; answers what it is sure of",
        edges=((APPLICATION, "classifier", "every request first"),)),
    _SlotPart(slot="redaction", value=True, key="redaction", name="Redaction",
        what="takes personal data out before a provider sees it",
        edges=((APPLICATION, "redaction", "prompt; comes back without personal data"),)),
    _SlotPart(slot="guardrails", value="both", key="guardrails", name="Guardrails",
        what="filter what goes in and what comes out", edges=((APPLICATION, "guardrails", "input and output"),)),
    _SlotPart(slot="knowledge", value="rag", key="retrieval", name="Retrieval",
        what="finds the passages that an answer rests on", edges=((APPLICATION, "retrieval", "question"),)),
    _SlotPart(slot="memory", value="rolling", key="memory", name="Memory", kind=Kind.STORE,
        what="a rolling summary and the last turns", edges=((APPLICATION, "memory", "turns"),)),
    _SlotPart(slot="sandbox", value=True, key="sandbox", name="Sandbox", what="runs tool calls, without a network",
        edges=((APPLICATION, "sandbox", "tool calls"),)),
    _SlotPart(slot="citation_check", value=True, key="citation_check", name="Citation check",
        what="verifies every citation", edges=((APPLICATION, "citation_check", "answer"),)),
    _SlotPart(slot="structured", value=True, key="validator", name="Validator",
        what="holds every answer to its schema; one repair attempt", edges=((APPLICATION, "validator", "answer"),)),
)  # fmt: skip


def parts_of(seen: Seen) -> Parts:
    """Everything that the design has, whether or not a model is chosen; lines lead only to what is there."""
    slots = {view.name: view for view in slot_views(seen.inputs.decision) if view.state == "decided"}
    models = model_nodes(seen)
    inside = _inside(seen, slots)
    people = _people(seen, slots)
    outside = _outside(seen)
    present = {node.key for node in (*people, *outside, *inside, *models)}
    edges = [*_around(seen, slots), *_to_models(seen, slots), *_observing(seen, slots)]
    edges += _scraping(seen, inside)
    edges += [Edge(start=start, end=end, label=label, why=rules(slots[part.slot]))
              for part in SLOT_PARTS if part.key in present for start, end, label in part.edges]  # fmt: skip
    kept = tuple(edge for edge in edges if {edge.start, edge.end} <= present)
    return Parts(people=people, outside=outside, inside=inside, models=models, edges=kept)


def rules(view: SlotView) -> str:
    """The rules behind a slot's value."""
    return ", ".join(f"{rule.id} ({rule.strength.value})" for rule in view.rules)


def because(seen: Seen, fact: str) -> str:
    """A fact as the reason of a part: its value and where that comes from."""
    found = seen.facts.figure(fact)
    return f"{fact} is not known" if found is None else f"{fact} = {readable(found)}"


def readable(figure: Figure) -> str:
    """A figure with its source, in a line."""
    return f"{figure['text']} ({figure['kind']}: {figure['ref']})"


def _people(seen: Seen, slots: Mapping[str, SlotView]) -> tuple[Node, ...]:
    found = []
    audience = AUDIENCES.get(seen.facts.text("users.audience") or "")
    if audience is not None:
        count = seen.facts.figure("users.count")
        assumed = "assumed; " if seen.facts.source("users.audience").kind.value == "assumed" else ""
        what = assumed + (count["text"] if count else "count not known")
        found.append(_node("users", audience[0], audience[1], what, because(seen, "users.audience")))
    review = REVIEWS.get(seen.facts.text("risk.human_review") or "")
    if review is not None:
        found.append(_node("reviewer", "Reviewer", Kind.PERSON, review, because(seen, "risk.human_review")))
    if "approval" in slots and slots["approval"].value is True:
        what = "approves what cannot be undone"
        found.append(_node("approver", "Approver", Kind.PERSON, what, rules(slots["approval"])))
    if "alerts" in slots and seen.facts.values.get("team.oncall") is True:
        found.append(_node("oncall", "On-call engineer", Kind.PERSON, "answers pages", because(seen, "team.oncall")))
    return tuple(found)


def _outside(seen: Seen) -> tuple[Node, ...]:
    found = []
    need = seen.facts.text("knowledge.need")
    if need not in (None, "none"):
        size = seen.facts.figure("knowledge.corpus_tokens")
        freq = seen.facts.text("knowledge.change_freq")
        size_text = size["text"] if size and size["text"] != "0 tokens" else "size not known"
        what = f"{size_text}, changes: {freq}" if freq else size_text
        found.append(_node("sources", "Knowledge sources", Kind.EXTERNAL, what, because(seen, "knowledge.need")))
    tools = TOOLS.get(seen.facts.text("agency.tools") or "")
    if tools is not None:
        found.append(_node("tools", "Tools", Kind.EXTERNAL, tools, because(seen, "agency.tools")))
    return tuple(found)


def _inside(seen: Seen, slots: Mapping[str, SlotView]) -> tuple[Node, ...]:
    found = [_node(APPLICATION, "Application", Kind.CONTAINER, "sends the requests", "the system that is designed")]
    if seen.policy is not None:
        load = seen.facts.figure("derived.rps_peak")
        most = seen.policy.first_limits.bound
        refused = f", at most {most.reason['text']} requests/min" if most else ""
        what = "one address for every model" + (f", peak {load['text']}" if load else "") + refused
        primary = seen.roles[0].model
        found.append(_node(GATEWAY, "LiteLLM gateway", Kind.CONTAINER, what, f"{primary} can be exchanged behind it"))
    found += [
        _node(part.key, part.name, part.kind, part.what, rules(slots[part.slot]))
        for part in SLOT_PARTS
        if part.slot in slots and slots[part.slot].value == part.value
    ]
    return (*found, *_routing(seen, slots), *_stores(seen, slots), *_watching(seen, slots))


def _routing(seen: Seen, slots: Mapping[str, SlotView]) -> list[Node]:
    """The router, where there are two tiers to choose between."""
    found = router(seen.inputs, seen.facts) if seen.policy is not None else None
    if found is None:
        return []
    view = slots.get("subagents") if found.kind == "step" else slots.get("router")
    why = rules(view) if view is not None else because(seen, "design.router")
    return [_node("router", "Router", Kind.CONTAINER, routed(found), why)]


def routed(found: Router) -> str:
    """What a router goes by, with its thresholds."""
    if found.kind == "step":
        return f"a tier by what the step does: {found.tiers[0].name} to read, {found.tiers[1].name} to change"
    bounds = [f"below {tier.high} {tier.name}" for tier in found.tiers[:-1]]
    return f"a tier by complexity: {', '.join(bounds)}, from {found.tiers[-1].low} {found.tiers[-1].name}"


def _stores(seen: Seen, slots: Mapping[str, SlotView]) -> list[Node]:
    found = []
    if seen.policy is not None and seen.policy.cache_s is not None:
        what = f"answers equal requests for {seen.policy.cache_s} s"
        why = rules(slots["cache"]) if "cache" in slots else because(seen, "design.cache")
        found.append(_node("redis", "Redis", Kind.STORE, what, why))
    elif "cache" in slots and slots["cache"].value in ("exact", "semantic"):
        what = f"{slots['cache'].value}, kept apart for each tenant" if "cache_scope" in slots else "answers again"
        found.append(_node("cache", "Response cache", Kind.STORE, what, rules(slots["cache"])))
    if seen.policy is not None and seen.policy.cache_s is None and seen.policy.shared is not None:
        what = "counts limits and spending for all gateways"
        found.append(_node("counters", "Redis", Kind.STORE, what, seen.policy.shared["ref"]))
    if seen.policy is not None and seen.policy.database:
        what = "teams, keys and the record of calls"
        found.append(_node("postgres", "PostgreSQL", Kind.STORE, what, seen.policy.database_why))
    retrieval = slots.get("retrieval")
    if retrieval is not None and retrieval.value == "hybrid_rerank":
        what = "vectors and keywords, reranked"
        found.append(_node("index", "Search index", Kind.STORE, what, rules(retrieval)))
    return found


def _watching(seen: Seen, slots: Mapping[str, SlotView]) -> list[Node]:
    found = []
    if seen.policy is not None and seen.policy.prometheus:
        decided = rules(slots.get("monitoring") or slots["alerts"])
        found.append(_node("prometheus", "Prometheus", Kind.STORE, "collects the gateway's metrics", decided))
    if "alerts" in slots and slots["alerts"].value == "burn_rate":
        what = "on counted failures" if by_count(seen) else "on the error budget's burn rate"
        found.append(_node("alerts", "Alerts", Kind.CONTAINER, what, rules(slots["alerts"])))
    return found


def _around(seen: Seen, slots: Mapping[str, SlotView]) -> list[Edge]:
    """What people and systems outside have to do with it."""
    mode = seen.facts.text("latency.mode")
    ask = f"requests ({mode})" if mode else "requests"
    acl = "acl" in slots and slots["acl"].value == "prefilter"
    reader = "retrieval" if slots.get("knowledge") and slots["knowledge"].value == "rag" else APPLICATION
    indexed = slots.get("retrieval") is not None and slots["retrieval"].value == "hybrid_rerank"
    found = [
        Edge(start="users", end=APPLICATION, label=ask),
        Edge(start=APPLICATION, end="reviewer", label="answers to check"),
        Edge(start=APPLICATION, end="approver", label="asks before it acts"),
        Edge(start="sandbox" if "sandbox" in slots else APPLICATION, end="tools", label="calls"),
        Edge(start="retrieval", end="index", label="search by the caller's rights" if acl else "search"),
    ]
    if indexed:
        found.append(Edge(start="sources", end="index", label="documents, when they change"))
    else:
        read = "reads within the caller's rights" if acl else "reads"
        found.append(Edge(start=reader, end="sources", label=read))
    return found


def _to_models(seen: Seen, slots: Mapping[str, SlotView]) -> list[Edge]:
    policy = seen.policy
    if policy is None:
        return []
    queued = "queue" in slots and slots["queue"].value is True
    first = "low confidence only" if slots.get("pattern") and slots["pattern"].value == "cascade" else "group primary"
    most = f"at most {policy.timeout_s:g} s an attempt" if policy.timeout_s else "no time limit is known"
    direct = [] if queued else [Edge(start=APPLICATION, end=GATEWAY, label=first)]
    cache = "redis" if policy.cache_s is not None else "cache"
    return [
        *direct,
        Edge(start=GATEWAY, end="primary", label=most),
        Edge(start=GATEWAY, end="fallback", label="when primary fails", dashed=True),
        Edge(start=APPLICATION, end="router", label="which tier?"),
        *(Edge(start=GATEWAY, end=one.role, label=f"group {one.role}") for one in players(seen)[len(seen.roles) :]),
        Edge(start=GATEWAY, end=cache, label="equal requests"),
        Edge(start=GATEWAY, end="counters", label="limits and spending"),
        Edge(start=GATEWAY, end="postgres", label="keys, record of calls"),
        Edge(start="prometheus", end=GATEWAY, label="/metrics/"),
    ]


def _observing(seen: Seen, slots: Mapping[str, SlotView]) -> list[Edge]:
    watched = seen.policy is not None and seen.policy.prometheus
    source = "prometheus" if watched else GATEWAY
    return [
        Edge(start=source, end="alerts", label="errors and latency"),
        Edge(start="alerts", end="oncall", label="pages"),
    ]


def _scraping(seen: Seen, inside: tuple[Node, ...]) -> list[Edge]:
    """What watches it of everything that runs: Prometheus reads the metrics, or the alerts count errors themselves."""
    watched = seen.policy is not None and seen.policy.prometheus
    running = [node.key for node in inside if node.kind is Kind.CONTAINER and node.key not in (GATEWAY, "alerts")]
    if not watched:
        return [Edge(start=key, end="alerts", label="errors", dashed=True) for key in running]
    own = [role.role for role in players(seen) if runs_own(role)]
    found = [Edge(start="prometheus", end=key, label="metrics", dashed=True) for key in running]
    return found + [Edge(start=role, end="prometheus", label="metrics", dashed=True) for role in own]


def _node(key: str, name: str, kind: Kind, what: str, why: str) -> Node:
    return Node(key=key, name=name, kind=kind, what=what, why=why)


def inside_of(node: Node, boundary: str) -> Node:
    """The same node within a boundary."""
    return replace(node, boundary=boundary)

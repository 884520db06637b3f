"""The context, container, deployment and data-flow views of a design, or why there is nothing true to draw."""

from dataclasses import replace

from maquette.bundle.diagrams.model import Absent, Boundary, Edge, Flow, Kind, Node
from maquette.bundle.diagrams.parts import APPLICATION, GATEWAY, SCRAPED, Parts, because, inside_of, parts_of, rules
from maquette.bundle.diagrams.providers import (
    NOT_KNOWN,
    OWN,
    chosen_by,
    own_region,
    players,
    processor,
    region,
    runs_own,
    served,
)
from maquette.bundle.documents.seen import Seen
from maquette.bundle.slots import slot_views

SYSTEM = "system"
NO_MODEL = "no model is chosen or recommended"


def context_view(seen: Seen) -> Flow | Absent:
    """The system among the people and the systems that it has to do with."""
    title = f"System context of {seen.inputs.document}"
    parts = parts_of(seen)
    outer = [*parts.people, *parts.outside, *_providers(seen)]
    if not outer:
        return Absent(name="context", title=title, reason="it is not known who uses the system or what it calls")
    task = seen.facts.readable("task.type")
    focus = Node(
        key=SYSTEM,
        name=seen.inputs.document,
        kind=Kind.FOCUS,
        what=f"task: {task}" if task else "the task is not known",
        why=because(seen, "task.type"),
    )
    keys = {node.key for node in outer}
    lifted = {node.key: SYSTEM for node in parts.inside}
    lifted |= {role.role: SYSTEM if runs_own(role) else _provider_key(processor(role)) for role in players(seen)}
    edges: dict[tuple[str, str], Edge] = {}
    for edge in parts.edges:
        start, end = lifted.get(edge.start, edge.start), lifted.get(edge.end, edge.end)
        if start != end and {start, end} <= {SYSTEM, *keys}:
            label = "prompts and answers" if end.startswith("provider_") else edge.label
            before = edges.get((start, end))
            dashed = edge.dashed and (before is None or before.dashed)
            edges[start, end] = replace(edge, start=start, end=end, label=label, dashed=dashed)
    return Flow(name="context", title=title, nodes=(focus, *outer), edges=tuple(edges.values()))


def container_view(seen: Seen) -> Flow | Absent:
    """What the system is made of, within its boundary; providers stand outside."""
    title = f"Containers of {seen.inputs.document}"
    if seen.policy is None:
        return Absent(name="container", title=title, reason=NO_MODEL)
    parts = parts_of(seen)
    own = {role.role for role in players(seen) if runs_own(role)}
    nodes = tuple(inside_of(node, SYSTEM) if node in parts.inside or node.key in own else node for node in parts.nodes)
    boundary = Boundary(key=SYSTEM, title=seen.inputs.document)
    return Flow(name="container", title=title, nodes=nodes, boundaries=(boundary,), edges=parts.edges)


def deployment_view(seen: Seen) -> Flow | Absent:
    """On what the containers run: platform and region, machines with replicas and accelerators, providers."""
    title = f"Deployment of {seen.inputs.document}"
    if seen.policy is None:
        return Absent(name="deployment", title=title, reason=NO_MODEL)
    parts = parts_of(seen)
    platform = Boundary(key="platform", title=f"Platform: {_platform(seen)}; region: {own_region(seen)}")
    nodes = [inside_of(_deployed(seen, node), "platform") for node in parts.inside]
    boundaries = [platform]
    for role, node in zip(players(seen), parts.models, strict=True):
        machines = _machines(seen, node) if runs_own(role) else None
        if machines is None:
            where = f"{node.what}; region {region(seen, role)}"
            nodes.append(replace(node, what=where))
            continue
        boundary, placed = machines
        boundaries.append(boundary)
        nodes.append(placed)
    second, more = _second_region(seen)
    keys = {node.key for node in (*nodes, *second)}
    drawn = [edge for edge in (*parts.edges, *more) if edge.label not in SCRAPED]
    edges = [edge for edge in drawn if {edge.start, edge.end} <= keys]
    if second:
        boundaries.append(Boundary(key="second", title="Second region: which one is not decided"))
    return Flow(
        name="deployment", title=title, nodes=(*nodes, *second), boundaries=tuple(boundaries), edges=tuple(edges)
    )


def data_flow_view(seen: Seen) -> Flow | Absent:
    """Which data goes where, with the region and the processor of every flow."""
    title = f"Data flows of {seen.inputs.document}"
    if seen.policy is None:
        return Absent(name="data-flow", title=title, reason=NO_MODEL)
    parts = parts_of(seen)
    log = (*_log(seen), *_audit(seen))
    nodes = [inside_of(node, OWN) for node in (*parts.inside, *log)]
    nodes += [*parts.people, *parts.outside]
    boundaries = [Boundary(key=OWN, title=f"Your organisation; region: {own_region(seen)}")]
    for role, node in zip(players(seen), parts.models, strict=True):
        who = OWN if runs_own(role) else _provider_key(processor(role))
        nodes.append(replace(node, boundary=who))
        if who not in {one.key for one in boundaries}:
            where = f"Processor: {processor(role)}; region: {region(seen, role)}"
            boundaries.append(Boundary(key=who, title=where))
    written = {"log": "log lines", "audit": "record of every call"}
    edges = [*_data_edges(seen, parts), *(Edge(start=GATEWAY, end=one.key, label=written[one.key]) for one in log)]
    kept = {end for edge in edges for end in (edge.start, edge.end)}
    return Flow(
        name="data-flow",
        title=title,
        nodes=tuple(node for node in nodes if node.key in kept),
        boundaries=tuple(boundaries),
        edges=tuple(_processed(seen, edge) for edge in edges),
    )


def _providers(seen: Seen) -> list[Node]:
    """A system for each provider, with the models that it runs and their roles."""
    found: dict[str, Node] = {}
    for role in players(seen):
        if runs_own(role):
            continue
        key, name = _provider_key(processor(role)), processor(role)
        held = f"{role.model} ({role.role})"
        before = found.get(key)
        what = f"{before.what.partition('; region')[0]}, {held}" if before else held
        found[key] = Node(
            key=key,
            name="Provider not known" if name == NOT_KNOWN else name,
            kind=Kind.EXTERNAL,
            what=f"{what}; region {region(seen, role)}",
            why=chosen_by(seen, role) if role in seen.roles else f"the router's {role.role} tier",
        )
    return list(found.values())


def _provider_key(name: str) -> str:
    """A key of plain letters for any name; two names never share one."""
    return "provider_" + "".join(mark if mark.isascii() and mark.isalnum() else f"_{ord(mark):x}_" for mark in name)


def _platform(seen: Seen) -> str:
    cloud, orchestrator = (seen.facts.text(name) for name in ("infra.cloud", "infra.orchestrator"))
    where = None if cloud in (None, "any") else str(cloud)
    how = None if orchestrator in (None, "none") else str(orchestrator)
    return ", ".join(one for one in (where, how) if one) or NOT_KNOWN


def _deployed(seen: Seen, node: Node) -> Node:
    """What of the bundle runs it; of the other parts nobody has said on what they run."""
    ours = (GATEWAY, "redis", "counters", "postgres", "prometheus")
    images = dict.fromkeys(ours, "one container of compose.yaml")
    return replace(node, what=images.get(node.key, "replicas not known"))


def _machines(seen: Seen, node: Node) -> tuple[Boundary, Node] | None:
    role = next(one for one in players(seen) if one.role == node.key)
    sized = served(seen, role)
    key = f"machines_{node.key}"
    if sized is None:
        title = "Your machine" if role.local else "Your machines: not sized"
        return Boundary(key=key, title=title), inside_of(node, key)
    one, setup = sized.sized, sized.sized.setup
    owned = f" of your {sized.owned}" if sized.owned else ""
    title = f"{one.gpus} x {setup.accelerator.name}{owned}; region: {own_region(seen)}"
    each = f"{setup.gpus} accelerator{'s' if setup.gpus > 1 else ''} each"
    what = (
        f"{node.key}, {setup.engine.value}, {one.replicas} replicas and {one.spare} spare, {each},"
        f" {one.settings.precision}, up to {one.settings.max_num_seqs} requests at once"
    )
    why = f"{node.why}; sized for {sized.load}"
    return Boundary(key=key, title=title), replace(node, what=what, why=why, boundary=key)


def _second_region(seen: Seen) -> tuple[list[Node], list[Edge]]:
    view = next((one for one in slot_views(seen.inputs.decision) if one.name == "regions"), None)
    if view is None or view.state != "decided" or view.value != 2:
        return [], []
    node = Node(
        key="second_gateway",
        name="LiteLLM gateway and stores",
        kind=Kind.CONTAINER,
        what="take over when health checks fail",
        why=rules(view),
        boundary="second",
    )
    models = [
        Edge(start="second_gateway", end=role.role, label="when it takes over", dashed=True, why=rules(view))
        for role in seen.roles
    ]
    over = Edge(start=APPLICATION, end="second_gateway", label="failover", dashed=True, why=rules(view))
    return [node], [over, *models]


def _log(seen: Seen) -> tuple[Node, ...]:
    """The gateway's log; nothing while it is not known what may stand in it."""
    allowed = seen.facts.values.get("logging.content_allowed")
    if seen.policy is None or allowed is None:
        return ()
    kept = seen.facts.figure("logging.retention_days")
    content = "prompts and answers" if seen.policy.log_content else "metadata only"
    what = f"{content}, kept {kept['text']}" if kept else f"{content}; how long is not known"
    why = because(seen, "logging.content_allowed")
    return (Node(key="log", name="Gateway log", kind=Kind.STORE, what=what, why=why),)


def _audit(seen: Seen) -> tuple[Node, ...]:
    """The bucket that takes the record of calls; a record in the gateway's database is with that."""
    audit = seen.policy.audit if seen.policy is not None else None
    if audit is None or audit.place != "bucket":
        return ()
    kept = f", kept {audit.days.reason['text']}" if audit.days is not None else "; how long is not known"
    content = "prompts and answers" if seen.policy is not None and seen.policy.log_content else "metadata only"
    return (Node(key="audit", name="Audit bucket (S3)", kind=Kind.STORE, what=f"{content}{kept}", why=audit.rules),)


DATA = {
    ("users", APPLICATION): "inputs",
    (APPLICATION, GATEWAY): "prompts and answers",
    (GATEWAY, "redis"): "prompts and answers, for the cache",
    (GATEWAY, "counters"): "counts, no content",
    (GATEWAY, "postgres"): "metadata of every call",
    (GATEWAY, "cache"): "prompts and answers, for the cache",
    ("alerts", "oncall"): "",
}
"""The data of a line where its label says something else; empty where the line carries none of the requests'."""

REDACTED = {(APPLICATION, GATEWAY), (APPLICATION, "queue"), ("queue", GATEWAY), ("batch_lane", GATEWAY),
            (GATEWAY, "redis"), (GATEWAY, "cache")}  # fmt: skip
"""The lines behind redaction, which the application calls before anything leaves it for the gateway."""


def _data_edges(seen: Seen, parts: Parts) -> list[Edge]:
    sensitivity = seen.facts.text("data.sensitivity")
    kind = seen.facts.in_words("data.sensitivity", sensitivity) if sensitivity else "sensitivity not known"
    found, redacted = [], any(node.key == "redaction" for node in parts.inside)
    models = {role.role for role in players(seen)}
    for edge in parts.edges:
        if edge.start == "prometheus" or edge.end in ("prometheus", "alerts"):
            continue
        label = "prompts and answers" if edge.end in models else DATA.get((edge.start, edge.end), edge.label)
        if label:
            if redacted and (edge.end in models or (edge.start, edge.end) in REDACTED):
                label = f"{label}, redacted"
            elif edge.end in models or edge.start == "users":
                label = f"{label}: {kind}"
            found.append(replace(edge, label=label))
    return found


def _processed(seen: Seen, edge: Edge) -> Edge:
    """The edge with who processes its data at its end, and where."""
    role = next((one for one in players(seen) if one.role == edge.end), None)
    if role is not None:
        who = "your organisation" if runs_own(role) else processor(role)
        return replace(edge, region=region(seen, role), processor=who)
    outside = edge.end in {"sources", "tools"}
    return replace(
        edge,
        region=NOT_KNOWN if outside else own_region(seen),
        processor=NOT_KNOWN if outside else "your organisation",
    )

"""What is lost with a machine or a region, how the system comes back, and how often that is tried."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from maquette.bundle.documents.capacity_demand import peak_tpm
from maquette.bundle.documents.capacity_figures import computed
from maquette.bundle.documents.recovery_copies import REGIONS, copies
from maquette.bundle.documents.seen import Seen
from maquette.bundle.documents.threats_sayings import is_secret, known
from maquette.bundle.figures import Figure, Sentence, clause, estimated, figure
from maquette.bundle.gateway.model import GatewayPolicy
from maquette.bundle.runbooks.operating import on_own_machines, server_compose
from maquette.bundle.slots import slot_views
from maquette.cost.design_split import ENCODER
from maquette.foundation.sources import Source, SourceKind
from maquette.foundation.units import readable_count

_START_S = figure(
    "60 s", Source(kind=SourceKind.ASSUMED, ref="start period of the gateway's health check in compose.yaml")
)
_LOAD_S = figure(
    "900 s", Source(kind=SourceKind.ASSUMED, ref="start period of the model server's health check in serving/")
)


_KEPT = "retention of Prometheus in compose.yaml: a month's spending and some days"
_LOOKS_BACK = Source(kind=SourceKind.ASSUMED, ref="longest window of the burn rates in monitoring/alerts.yml")
_WRITTEN_S = figure("1 s", Source(kind=SourceKind.ASSUMED, ref="appendfsync everysec, the default of Redis"))


def recovery_view(seen: Seen) -> Mapping[str, Any]:
    """Rows of each section; empty while nothing runs."""
    if seen.policy is None:
        return {"state": [], "steps": [], "drills": [], "copies": [], "promised": []}
    slots = {view.name: view.value for view in slot_views(seen.inputs.decision) if view.state == "decided"}
    return {
        "state": list(_state(seen, slots)),
        "steps": list(_steps(seen, slots)),
        "drills": list(_drills(seen, slots)),
        "copies": copies(seen, slots),
        "promised": _promised(seen),
    }


def _state(seen: Seen, slots: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    policy = seen.policy
    names = " and ".join(role.model for role in seen.roles)
    yield _row(
        "gateway/config.yaml", f"which models answer: {names}", "edits by hand", "`maquette export` writes it again"
    )
    keys = [key for one in (policy.deployments if policy else ()) for key in one.credentials if is_secret(key)]
    held = ", ".join([*dict.fromkeys(key.name for key in keys), "LITELLM_MASTER_KEY"])
    yield _row(
        "credentials", held, "nothing: each can be issued anew", "issue them again, or read them from a secret store"
    )
    yield from _project_files(seen)
    yield from _stores(seen)
    for role in seen.roles:
        if on_own_machines(role):
            yield _row(
                f"weights of {role.model}",
                "on the model server's disk",
                "nothing: they are published",
                "copy them from where they were published, or from a place of your own",
            )
    if known(seen).get("bundle.index") is True:
        yield _row("search index", "found passages", _lost("the search index", seen), "index the sources again")
    for slot, value, (what, holds, back) in _SLOT_STATE:
        if slots.get(slot) == value:
            yield _row(what, holds, _lost(f"the {what}", seen), back)
    kept = seen.facts.figure("logging.retention_days")
    if kept is not None:
        yield {
            "what": "logs",
            "holds": ["kept ", kept],
            "lost": list(_lost("the logs", seen)),
            "back": ["from the archive"],
        }


def _project_files(seen: Seen) -> Iterator[Mapping[str, Any]]:
    """maquette.yaml, the prompt and the examples: what everything else is made from."""
    run = seen.inputs.run
    yield _row(
        "maquette.yaml",
        f"the requirements and decisions of {seen.inputs.document}",
        _lost("maquette.yaml", seen),
        "check it out",
    )
    if run is not None:
        what = f"{seen.inputs.prompt or run.prompt}; {run.dataset}"
        yield _row("prompts and examples", what, _lost("the prompts and examples", seen), "check them out")


def _lost(what: str, seen: Seen) -> Sentence:
    """What may be lost of it: what the project said, and else the question, for no number is made up here."""
    said = seen.facts.figure("availability.rpo_min")
    return [f"not said: how much of {what} may be lost"] if said is None else ["at most what ", said, " brought"]


def _promised(seen: Seen) -> Sentence:
    """Both promises in a line, with the shortest period of copying that keeps the second."""
    back, lost = seen.facts.figure("availability.rto_min"), seen.facts.figure("availability.rpo_min")
    said = clause(f"{seen.inputs.document} is back within ", back)
    if not said:
        return []
    if lost is None:
        return [*said, "; how much data may be lost is not said (availability.rpo_min)."]
    minutes = seen.facts.number("availability.rpo_min")
    if minutes == 0:
        return [*said, " and may lose ", lost, ": every write is confirmed by both copies."]
    every = computed((minutes or Decimal(0)) / 2, "min", "availability.rpo_min / 2: a copy may fail once")
    return [*said, " and may lose ", lost, " of data: state is copied every ", every, "."]


def _stores(seen: Seen) -> Iterator[Mapping[str, Any]]:
    policy = seen.policy
    if policy is not None and policy.redis:
        held = [
            *([f"answers of {policy.cache_s} s"] if policy.cache_s else []),
            *(["counters of both gateways"] if policy.shared else []),
        ]
        what = ", ".join(held) or "answers"
        yield _row(
            "Redis",
            what,
            ["the last ", _WRITTEN_S, " of writes; on a new disk all of it"],
            "start it; counters begin at zero",
        )
    elif policy is not None and any(one.budget_usd for one in policy.deployments):
        yield _row(
            "count of spending",
            "in the gateway's memory",
            "all of it: the gateway begins at zero",
            "the provider's own limit holds meanwhile",
        )
    if policy is not None and policy.database:
        yield _row("PostgreSQL", f"for {policy.database_why}", _lost("the database", seen), _DUMP)
    yield from _record(policy, seen)
    if policy is not None and policy.prometheus:
        yield _row(
            "prometheus-data",
            ["metrics of ", figure("35 days", Source(kind=SourceKind.ASSUMED, ref=_KEPT))],
            _lost("the metrics", seen),
            ["start it empty; the longest burn rate looks back ", figure("3 days", _LOOKS_BACK)],
        )


def _record(policy: GatewayPolicy | None, seen: Seen) -> Iterator[Mapping[str, Any]]:
    audit = policy.audit if policy is not None else None
    if audit is not None and audit.place == "bucket":
        back = "from the bucket's older versions, which are to be switched on"
        yield _row("audit bucket (S3)", f"the record of every call ({audit.rules})", _lost("the record", seen), back)


_DUMP = "restore its last dump, which is to be set up: nothing in this bundle makes one"

_SLOT_STATE: tuple[tuple[str, object, tuple[str, str, str]], ...] = (
    ("memory", "rolling", ("memory of sessions", "summaries and last turns", "sessions begin again")),
    ("batch_lane", True, ("jobs that wait", "overnight requests", "the sender sends them again")),
    ("queue", True, ("queue", "requests that wait, and dead letters", "start it on its disk")),
    (
        "adaptation_first",
        ENCODER,
        ("trained classifier", "its weights and its threshold", "train it again, or copy it"),
    ),
)
"""Decided slot, its value, and the state that it brings: name, what it holds, how it comes back."""


def _row(what: str, holds: str | Sentence, lost: str | Sentence, back: str | Sentence) -> Mapping[str, Any]:
    cells = {"holds": holds, "lost": lost, "back": back}
    return {"what": what, **{name: [one] if isinstance(one, str) else list(one) for name, one in cells.items()}}


def _steps(seen: Seen, slots: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    facts, regions = seen.facts, slots.get("regions")
    two = isinstance(regions, int | Decimal) and regions >= 2
    alert = "RegionDown fires" if two else "LLMProviderDown or a page of the error budget fires"
    held = figure("2 min", Source(kind=SourceKind.ASSUMED, ref="hold of the alert"))
    yield _step("notice", [alert], [held], None)
    rto = facts.number("availability.rto_min")
    if rto is not None:
        share = estimated(f"{readable_count((rto / 6).quantize(Decimal(1)))} min", "a sixth of availability.rto_min")
        who = "the on-call engineer" if facts.values.get("team.oncall") is True else "the contact"
        says = clause(f"{who} says so; somebody is on call: ", facts.figure("team.oncall"))
        yield _step("decide", says, [share], None)
    yield from _move(seen) if two else _rebuild()
    yield from _models(seen)
    whole = clause("ask the group primary; whole recovery within ", facts.figure("availability.rto_min"))
    yield _step("check", whole, [], None)


def _move(seen: Seen) -> Iterator[Mapping[str, Any]]:
    """All traffic to the region that is left."""
    facts = seen.facts
    load = clause(
        "send all traffic, up to ",
        facts.figure("derived.rps_peak"),
        ", to the healthy region; data stay in ",
        facts.figure("data.residency"),
    )
    sent = load or ["send all traffic to the healthy region"]
    yield _step("move", sent, [], "change the name record or the balancer's weights")
    borne = clause("its account must bear ", peak_tpm(seen), " alone")
    yield _step("limits", borne, [], "ask the provider beforehand, not now")


def _rebuild() -> Iterator[Mapping[str, Any]]:
    what: Sentence = ["a new machine starts the same containers"]
    yield _step("rebuild", what, [_START_S], "copy this bundle, fill .env, docker compose up --detach")


def _models(seen: Seen) -> Iterator[Mapping[str, Any]]:
    """The model servers of one's own, and who answers meanwhile."""
    if any(on_own_machines(role) and not role.local for role in seen.roles):
        server = server_compose(seen)
        cards = clause("load the weights on the spare of ", seen.facts.figure("infra.gpu_available"))
        yield _step(
            "models",
            cards or ["load the weights"],
            [_LOAD_S] if server else [],
            f"{server} up --detach" if server else "this bundle does not start the model servers",
        )
    if len(seen.roles) > 1:
        first, second = seen.roles[0].model, seen.roles[1].model
        yield _step("meanwhile", [f"{second} answers alone where {first} does not"], [], None)


def _step(step: str, what: Sentence, takes: list[str | Figure], how: str | None) -> Mapping[str, Any]:
    return {"step": step, "what": list(what), "takes": takes, "how": how}


def _withdrawn(seen: Seen) -> str:
    """How the primary is made to fail alone: its key, unless the fallback asks with the same one."""
    first = seen.roles[0].model
    keys = [{one.name for one in each.credentials} for each in (seen.policy.deployments if seen.policy else ())]
    if len(keys) > 1 and (not keys[0] or keys[0] & keys[1]):
        return (
            f"put a name that nobody serves into the model line of primary, in place of {first}, until an alert fires"
        )
    return f"withdraw the key of {first} until an alert fires"


def _drills(seen: Seen, slots: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    rto = seen.facts.figure("availability.rto_min")
    if len(seen.roles) > 1:
        yield {
            "drill": _withdrawn(seen),
            "every": "quarter",
            "passes": [f"{seen.roles[1].model} answers every request"],
        }
    regions = slots.get("regions")
    if isinstance(regions, int | Decimal) and regions >= REGIONS:
        yield {
            "drill": "move all traffic to the other region",
            "every": "quarter",
            "passes": clause("done within ", rto),
        }
    if any(on_own_machines(role) and not role.local for role in seen.roles):
        yield {
            "drill": "switch one model server off at the peak",
            "every": "quarter",
            "passes": clause("P95 stays within ", seen.facts.figure("latency.p95_ms")),
        }
    yield {
        "drill": "build everything on an empty machine from the repository",
        "every": "half year",
        "passes": clause("done within ", rto),
    }

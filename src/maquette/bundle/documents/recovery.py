"""What is lost with a machine or a region, how the system comes back, and how often that is tried."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from maquette.bundle.documents.seen import Seen
from maquette.bundle.documents.threats_sayings import is_secret, known
from maquette.bundle.figures import Figure, Sentence, clause, estimated, figure
from maquette.bundle.runbooks.operating import on_own_machines, server_compose
from maquette.bundle.slots import slot_views
from maquette.foundation.sources import Source, SourceKind
from maquette.foundation.units import readable_count

_START_S = figure(
    "60 s", Source(kind=SourceKind.ASSUMED, ref="start period of the gateway's health check in compose.yaml")
)
_LOAD_S = figure(
    "900 s", Source(kind=SourceKind.ASSUMED, ref="start period of the model server's health check in serving/")
)


def recovery_view(seen: Seen) -> Mapping[str, Any]:
    """Rows of each section; empty while nothing runs."""
    if seen.policy is None:
        return {"state": [], "steps": [], "drills": []}
    slots = {view.name: view.value for view in slot_views(seen.inputs.decision) if view.state == "decided"}
    return {
        "state": list(_state(seen, slots)),
        "steps": list(_steps(seen, slots)),
        "drills": list(_drills(seen, slots)),
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
        yield _row("search index", "found passages", _asked("the search index"), "index the sources again")
    for slot, value, (what, holds, back) in _SLOT_STATE:
        if slots.get(slot) == value:
            yield _row(what, holds, _asked(f"the {what}"), back)
    kept = seen.facts.figure("logging.retention_days")
    if kept is not None:
        yield {"what": "logs", "holds": ["kept ", kept], "lost": [_asked("the logs")], "back": ["from the archive"]}


def _project_files(seen: Seen) -> Iterator[Mapping[str, Any]]:
    """maquette.yaml, the prompt and the examples: what everything else is made from."""
    run = seen.inputs.run
    yield _row(
        "maquette.yaml",
        f"the requirements and decisions of {seen.inputs.document}",
        _asked("maquette.yaml"),
        "check it out",
    )
    if run is not None:
        what = f"{seen.inputs.prompt or run.prompt}; {run.dataset}"
        yield _row("prompts and examples", what, _asked("the prompts and examples"), "check them out")


def _asked(what: str) -> str:
    """What nobody said: it is asked here, for no requirement holds it."""
    return f"not said: how much of {what} may be lost"


def _stores(seen: Seen) -> Iterator[Mapping[str, Any]]:
    policy = seen.policy
    if policy is not None and policy.cache_s is not None:
        yield _row(
            "Redis",
            "answers, and the count of spending",
            f"answers of {policy.cache_s} s; the count begins again",
            "start it empty",
        )
    elif policy is not None and any(one.budget_usd for one in policy.deployments):
        yield _row(
            "count of spending",
            "in the gateway's memory",
            "all of it: the gateway begins at zero",
            "the provider's own limit holds meanwhile",
        )
    if policy is not None and policy.prometheus:
        yield _row(
            "prometheus-data",
            "metrics of 35 days",
            _asked("the metrics"),
            "start it empty; the longest burn rate looks back 3 days",
        )


_SLOT_STATE: tuple[tuple[str, object, tuple[str, str, str]], ...] = (
    ("memory", "rolling", ("memory of sessions", "summaries and last turns", "sessions begin again")),
    ("batch_lane", True, ("jobs that wait", "overnight requests", "the sender sends them again")),
    ("queue", True, ("queue", "requests that wait", "start it on its disk")),
)
"""Decided slot, its value, and the state that it brings: name, what it holds, how it comes back."""


def _row(what: str, holds: str, lost: str, back: str) -> Mapping[str, Any]:
    return {"what": what, "holds": [holds], "lost": [lost], "back": [back]}


def _steps(seen: Seen, slots: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    facts, regions = seen.facts, slots.get("regions")
    two = isinstance(regions, int | Decimal) and regions >= 2
    alert = "RegionDown fires" if two else "LLMProviderDown or a page of the error budget fires"
    held = figure("2 min", Source(kind=SourceKind.ASSUMED, ref="hold of the alert"))
    yield _step("notice", [alert], [held], None)
    rto = facts.number("availability.rto_min")
    if rto is not None:
        share = estimated(f"{readable_count((rto / 6).quantize(Decimal(1)))} min", "a sixth of availability.rto_min")
        says = clause("the on-call engineer says so; rota: ", facts.figure("team.oncall"))
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
    borne = clause("its account must bear ", facts.figure("derived.peak_tpm"), " alone")
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


def _drills(seen: Seen, slots: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    rto = seen.facts.figure("availability.rto_min")
    if len(seen.roles) > 1:
        yield {
            "drill": f"withdraw the key of {seen.roles[0].model} until an alert fires",
            "every": "quarter",
            "passes": [f"{seen.roles[1].model} answers every request"],
        }
    if slots.get("regions") is not None:
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

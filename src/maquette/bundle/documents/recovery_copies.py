"""What two regions hold of the state, how it gets from one to the other, and how far the copy may be behind."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from maquette.bundle.documents.capacity_demand import peak_tpm
from maquette.bundle.documents.seen import Seen
from maquette.bundle.documents.threats_sayings import is_secret, known
from maquette.bundle.figures import Sentence, clause, estimated
from maquette.bundle.runbooks.operating import on_own_machines
from maquette.cost.design_split import ENCODER
from maquette.foundation.units import readable_usd

REGIONS = 2


def copies(seen: Seen, slots: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """A row a state that both regions need; empty where fewer than two regions are decided."""
    regions = slots.get("regions")
    if not isinstance(regions, int | Decimal) or regions < REGIONS:
        return []
    return list(_copies(seen, slots))


def _copies(seen: Seen, slots: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    policy = seen.policy
    where = clause("; both regions lie in ", seen.facts.figure("data.residency"))
    names = " and ".join(role.model for role in seen.roles)
    yield _row("gateway/config.yaml", [f"the same commit starts both gateways ({names})", *where], ["nothing"])
    keys = dict.fromkeys(
        key.name for one in (policy.deployments if policy else ()) for key in one.credentials if is_secret(key)
    )
    if keys:
        limit = clause("; one account limit bears both, at the peak ", peak_tpm(seen))
        yield _row("credentials", [f"{', '.join(keys)} in the secret store of each region", *limit], ["nothing"])
    yield from _money(seen)
    if policy is not None and policy.cache_s is not None and not policy.shared:
        yield _row("Redis", ["not copied: each region fills its own"], [f"all answers of {policy.cache_s} s"])
    if policy is not None and policy.database:
        yield _row("PostgreSQL", ["a replica that follows, for ", policy.database_why], _behind(seen))
    if policy is not None and policy.prometheus:
        yield _row("prometheus-data", ["not copied: each region counts its own requests"], ["all of the other's"])
    if known(seen).get("bundle.index") is True:
        size = clause(" of ", seen.facts.figure("knowledge.corpus_tokens"))
        yield _row("search index", ["a second index", *size, " from the same sources"], _behind(seen))
    for role in seen.roles:
        if on_own_machines(role):
            yield _row(f"weights of {role.model}", ["a disk in each region"], ["nothing"])
    if slots.get("adaptation_first") == ENCODER:
        yield _row("trained classifier", ["the same release of its weights and threshold in each region"], ["nothing"])
    if slots.get("memory") == "rolling":
        yield _row("memory of sessions", ["a replica that follows"], _behind(seen))
    if slots.get("batch_lane") is True or slots.get("queue") is True:
        yield _row("jobs that wait", ["a queue that both regions read"], _behind(seen))
    kept = seen.facts.figure("logging.retention_days")
    if kept is not None:
        yield _row("logs", ["shipped to a store of the other region, kept ", kept], _behind(seen))


def _money(seen: Seen) -> Iterator[Mapping[str, Any]]:
    """The gateways count apart unless they share a store, so that each may spend the whole."""
    policy, budget = seen.policy, seen.facts.number("budget.monthly_usd")
    if policy is None or not budget or not any(one.budget_usd for one in policy.deployments):
        return
    share = estimated(readable_usd(budget / REGIONS), f"budget.monthly_usd / {REGIONS} regions")
    if policy.shared is not None:
        single = "; it is a single point of failure of both. The way without it: a counter in each region, each with "
        yield _row(
            "count of spending",
            ["one Redis that the gateways of both regions reach: ", policy.shared, single, share],
            ["nothing"],
        )
        return
    yield _row(
        "count of spending", ["not copied: each gateway counts alone, so each gets ", share], ["the other's month"]
    )


def _behind(seen: Seen) -> Sentence:
    said = seen.facts.figure("availability.rpo_min")
    return ["not said (availability.rpo_min)"] if said is None else [said]


def _row(what: str, how: Sentence, behind: Sentence) -> Mapping[str, Any]:
    return {"what": what, "how": list(how), "behind": list(behind)}

"""Whether the gateway answers equal or similar requests again, for how long, and where it counts."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from maquette.bundle.figures import FactSheet, Figure, estimated, figure
from maquette.bundle.gateway.credentials import Credential
from maquette.bundle.gateway.deployments import Deployment
from maquette.bundle.gateway.model import SemanticCache, Setting
from maquette.bundle.inputs import BundleInputs
from maquette.bundle.routing_values import SIMILARITY_SOURCE, ResponseCache, answer_ttl_s, response_cache
from maquette.bundle.slots import decided

SEVERAL_FROM = Decimal("0.999")
"""Availability that one gateway process does not reach, as it is down while it restarts."""


def shared_cache(inputs: BundleInputs, facts: FactSheet) -> ResponseCache | None:
    """The cache of answers that all callers may share; None where tenants must not, or nothing may be kept.

    The thinnest design keeps the exact cache that its rule R-SCOPE-03 names.
    """
    found = response_cache(inputs, facts)
    if found is None and decided(inputs.decision).get("cache") == "exact":
        found = None if facts.text("knowledge.change_freq") == "realtime" else _thin(inputs, facts)
    return found if found is not None and found.scope == "all" and found.ttl_s > 0 else None


def _thin(inputs: BundleInputs, facts: FactSheet) -> ResponseCache | None:
    scope = "tenant" if decided(inputs.decision).get("cache_scope") == "tenant" else "all"
    return ResponseCache(kind="exact", similarity=None, ttl_s=answer_ttl_s(facts), scope=scope)


def cache_reason(cache: ResponseCache | None, facts: FactSheet) -> Figure | None:
    """Why an answer is kept for so long."""
    if cache is None:
        return None
    often = facts.text("knowledge.change_freq")
    behind = facts.text("knowledge.need") not in (None, "none")
    why = f"knowledge.change_freq = {often}" if behind and often else "no knowledge behind the answers that changes"
    return estimated(f"{cache.ttl_s} s", f"{why}; a week at most")


def semantic(cache: ResponseCache | None, first: Deployment, known: Mapping[str, Any]) -> SemanticCache | None:
    """The semantic cache; None where it is exact, or the primary's provider has no model for vectors."""
    embedding = known["embeddings"].get(first.provider or "")
    if cache is None or cache.kind != "semantic" or cache.similarity is None or not embedding or first.api_base:
        return None
    reads: tuple[Credential, ...] = first.credentials
    reason = figure(str(cache.similarity), SIMILARITY_SOURCE)
    return SemanticCache(
        similarity=Setting(value=cache.similarity, reason=reason), embedding=embedding, credentials=reads
    )


def shared_counters(facts: FactSheet, slots: Mapping[str, Any], *, counting: bool) -> Figure | None:
    """Why limits, budgets and rests are counted in Redis; None where one gateway counts for itself."""
    if not counting or slots.get("complexity_budget") == "minimal":
        return None
    if slots.get("regions") == 2:
        return estimated("2 regions", "R-REGION-01: gateways of both regions count together")
    target = facts.number("availability.target")
    if target is not None and target >= SEVERAL_FROM:
        return estimated("2 gateways or more", f"availability.target = {facts.readable('availability.target')}")
    return None

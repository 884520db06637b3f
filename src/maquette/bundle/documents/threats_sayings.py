"""Texts of the catalog with this project's figures in them: which of them hold here, and what stands for each name."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TypeAlias

from maquette.bundle.assurance import Saying
from maquette.bundle.diagrams.providers import processor, runs_own
from maquette.bundle.documents.provider_terms import retention_of_all
from maquette.bundle.documents.seen import Seen
from maquette.bundle.figures import Figure, Sentence, estimated, figure
from maquette.bundle.gateway import Credential
from maquette.bundle.services import PROTECTED
from maquette.bundle.slots import decided
from maquette.foundation.expression import Expression, Facts, FactValue
from maquette.foundation.sources import Source, SourceKind

Said: TypeAlias = Mapping[str, object]
"""``text`` is the sentence, ``rule`` the figure of the rule behind it, ``where`` the bundle's file; or None.

``lacking``: the rule stands against release, so that the stated design does not have it yet.
"""

TRAINED = ("fine_tune", "encoder_classifier")
"""Ways of adapting a model that leave traces of the examples in weights."""

CHOSEN = "which model is chosen"
"""What the parts of a design are not known for."""

_NAME = re.compile(r"\{([a-z_][a-z0-9_.]*)\}")


def known(seen: Seen) -> Facts:
    """What conditions may ask: the facts, what binding rules decided, and what the bundle's own files do."""
    slots: dict[str, FactValue] = {
        f"decisions.{slot}": tuple(str(one) for one in value) if isinstance(value, tuple) else value
        for slot, value in decided(seen.inputs.decision).items()
    }
    return {**seen.facts.values, **slots, **_of_bundle(seen, slots)}


def _of_bundle(seen: Seen, slots: Mapping[str, FactValue]) -> dict[str, FactValue]:
    policy = seen.policy
    index = slots.get("decisions.retrieval") == "hybrid_rerank"
    found: dict[str, FactValue] = {
        "bundle.chosen": policy is not None,
        "bundle.run": seen.inputs.run is not None,
        "bundle.index": index,
        "bundle.semantic_cache": slots.get("decisions.cache") == "semantic",
        "bundle.trained": slots.get("decisions.adaptation_first") in TRAINED,
    }
    if policy is None:
        return found
    return {
        **found,
        "bundle.external": any(not runs_own(role) for role in seen.roles),
        "bundle.budget": any(one.budget_usd is not None for one in policy.deployments),
        "bundle.budget_stops": policy.refuses_by_budget,
        "bundle.timeout": policy.timeout_s is not None,
        "bundle.fallback": policy.fallback is not None,
        "bundle.cache": policy.cache_s is not None,
        "bundle.metrics": policy.metrics,
        "bundle.encrypted": (policy.redis or policy.database) and seen.facts.text("data.sensitivity") in PROTECTED,
        "bundle.log_content": policy.log_content,
        "bundle.retention": retention_of_all(seen) is not None,
    }


def said(sayings: Iterable[Saying], seen: Seen) -> list[Said]:
    """Those that hold here, in their order; one with an unknown figure is left out."""
    return list(_said(sayings, seen))


def first_said(sayings: Iterable[Saying], seen: Seen) -> Sentence:
    """The first that holds here; empty when none does."""
    found = next(_said(sayings, seen), None)
    text = found["text"] if found else []
    return text if isinstance(text, list) else []


def joined(sayings: Iterable[Saying], seen: Seen, between: str = ", ") -> Sentence:
    """All that hold here as one sentence."""
    found: list[str | Figure] = []
    for one in _said(sayings, seen):
        text = one["text"]
        if isinstance(text, list):
            found += [between, *text] if found else text
    return found


def filled(text: str, seen: Seen) -> list[str | Figure] | None:
    """The text with figures for its names; None when one of them is not known."""
    parts: list[str | Figure] = []
    for place, part in enumerate(_NAME.split(text)):
        found = part if place % 2 == 0 else _named(part, seen)
        if found is None:
            return None
        parts += [found] if found else []
    return parts


def unknown_in(text: str, seen: Seen) -> list[str]:
    """What the text needs and nobody has said, in a reader's words."""
    names = [name for name in _NAME.findall(text) if _named(name, seen) is None]
    return list(dict.fromkeys(name if "." in name else CHOSEN for name in names))


def unsettled(condition: Expression, seen: Seen) -> list[str]:
    """What would settle a condition that is unknown, in a reader's words."""
    facts = known(seen)
    names = sorted(name for name in condition.names if name not in facts)
    return list(dict.fromkeys(CHOSEN if name.startswith(("bundle.", "decisions.")) else name for name in names))


def rule_figure(rule: str) -> Figure:
    """The rule's id with the link to where it stands."""
    return figure(rule, Source(kind=SourceKind.CLAIMED, ref=f"rule {rule}"))


def fired(seen: Seen) -> frozenset[str]:
    """The rules that fired and count."""
    decision = seen.inputs.decision
    return frozenset(one.rule.id for one in decision.rules.findings if one.counts) if decision else frozenset()


def names_of(seen: Seen) -> str:
    """The models that play a role, the primary first."""
    return _listed([role.model for role in seen.roles])


def providers_of(seen: Seen) -> str:
    """Who runs the models that the project does not run itself; empty when nobody else does."""
    return _listed(dict.fromkeys(processor(role) for role in seen.roles if not runs_own(role)))


def _said(sayings: Iterable[Saying], seen: Seen) -> Iterator[Said]:
    facts, rules, decision = known(seen), fired(seen), seen.inputs.decision
    lacking = decision.blocking if decision else ()
    for one in sayings:
        if one.when.holds(facts) is not True or (one.rule is not None and one.rule not in rules):
            continue
        text = filled(one.text, seen)
        if text is not None:
            rule = None if one.rule is None else rule_figure(one.rule)
            yield {"text": text, "rule": rule, "where": one.where, "lacking": one.rule in lacking}


def _named(name: str, seen: Seen) -> str | Figure | None:
    policy = seen.policy
    if "." in name:
        return seen.facts.figure(name)
    match name:
        case "models":
            return names_of(seen) or None
        case "providers":
            return providers_of(seen) or None
        case "budget":
            return (
                next((one.budget_reason for one in policy.deployments if one.budget_reason), None) if policy else None
            )
        case "timeout":
            return policy.timeout_reason if policy else None
        case "retention":
            return retention_of_all(seen)
        case "cache":
            return cache_time(seen)
        case "credentials" if policy is not None:
            held = [key for one in policy.deployments for key in one.credentials if is_secret(key)]
            return ", ".join(dict.fromkeys(key.name for key in held)) or None
    return None


def is_secret(key: Credential) -> bool:
    """Whether it opens something; an address of a server does not."""
    return not key.name.endswith("_API_BASE")


def cache_time(seen: Seen) -> Figure | None:
    """How long the gateway's cache answers; None without one."""
    seconds = seen.policy.cache_s if seen.policy else None
    return None if seconds is None else estimated(f"{seconds} s", "ttl of gateway/config.yaml")


def _listed(names: Iterable[str]) -> str:
    found: Sequence[str] = list(names)
    return " and ".join([", ".join(found[:-1]), found[-1]] if found[1:] else found)

"""What stands around the system, how long one request may take at each hop, and which parts are left out and why."""

from collections.abc import Iterator, Mapping
from typing import Any

from maquette.bundle.documents.seen import Seen
from maquette.bundle.evidence import measured
from maquette.bundle.figures import Figure, Sentence, clause, estimated
from maquette.bundle.inputs import RoleModel
from maquette.bundle.slots import SlotView, slot_views
from maquette.rules.explaining import readable_fact

LEFT_OUT: Mapping[str, tuple[str, tuple[object, ...]]] = {
    "retrieval index": ("knowledge", ("none", "long_context")),
    "semantic cache": ("cache", ("none", "exact", "prefix_only", "none_or_exact")),
    "response cache that people share": ("cache_scope", ("tenant", "none")),
    "router": ("router", ("none", False)),
    "queue": ("queue", (False, "none")),
    "batch lane": ("batch_lane", (False, "none")),
    "second region": ("regions", (1,)),
    "fine-tuned model": ("adaptation_first", ("prompt", "few_shot", "rag")),
    "external model provider": ("hosting", ("self",)),
    "model served on own machines": ("hosting", ("api",)),
}
"""A part that a design could have, and the slot's values that leave it out."""

_BEYOND: Mapping[str, tuple[str, object] | None] = {
    "semantic cache": ("design.cache", "semantic"),
    "router": ("design.router", True),
    "queue": None,
}
"""Parts that the fewest do without, by R-SCOPE-03, and the fact by which the design under review has one."""


def surroundings_view(seen: Seen) -> Mapping[str, Any]:
    """Neighbours, hops and parts left out; each list is empty where nothing is known."""
    return {
        "neighbours": [*_people(seen), *_providers(seen), *_knowledge(seen), *_tools(seen)],
        "hops": list(_hops(seen)),
        "left_out": list(_left_out(seen)),
    }


def _people(seen: Seen) -> Iterator[Mapping[str, Any]]:
    audience, count = seen.facts.figure("users.audience"), seen.facts.figure("users.count")
    review = seen.facts.figure("risk.human_review")
    if audience is None and count is None:
        return
    who: Sentence = [*clause(count, ", "), *clause("audience ", audience)]
    boundary: Sentence = ["a person checks before an answer takes effect: ", review] if review else []
    if review and seen.facts.text("risk.human_review") == "none":
        boundary = ["nobody checks an answer before it takes effect: ", review]
    yield {"name": "people", "what": who, "boundary": boundary}


def _providers(seen: Seen) -> Iterator[Mapping[str, Any]]:
    residency, sensitivity = seen.facts.figure("data.residency"), seen.facts.figure("data.sensitivity")
    boundary: Sentence = [
        *clause("data up to ", sensitivity),
        *(clause(", must stay in ", residency) if seen.facts.text("data.residency") != "none" else []),
    ]
    for role in seen.roles:
        yield {
            "name": _where(role),
            "what": [f"serves {role.model}, {role.role}", *_regions(role)],
            "boundary": boundary,
        }


def _where(role: RoleModel) -> str:
    if role.local or (role.card is not None and role.card.weights is not None and role.card.price is None):
        return "machines of your own"
    return role.card.provider if role.card else "provider not named"


def _regions(role: RoleModel) -> list[str]:
    regions = role.card.regions if role.card else ()
    return [f"; regions {', '.join(regions)}"] if regions else []


def _knowledge(seen: Seen) -> Iterator[Mapping[str, Any]]:
    need, size = seen.facts.text("knowledge.need"), seen.facts.figure("knowledge.corpus_tokens")
    change, rights = seen.facts.figure("knowledge.change_freq"), seen.facts.values.get("knowledge.acl")
    if need in (None, "none"):
        return
    what: Sentence = ["the knowledge behind the answers", *clause(": ", size)]
    changed: Sentence = ["changes ", change] if change else []
    yield {
        "name": "documents",
        "what": [*what, *clause(", ", *changed)],
        "boundary": ["readers have different rights"]
        if rights is True
        else ["the same for every reader"]
        if rights is False
        else [],
    }


def _tools(seen: Seen) -> Iterator[Mapping[str, Any]]:
    tools, untrusted = seen.facts.figure("agency.tools"), seen.facts.values.get("risk.untrusted_input")
    if seen.facts.text("agency.tools") not in (None, "none") and tools is not None:
        boundary: Sentence = ["text of outsiders reaches the model that calls them"] if untrusted is True else []
        yield {"name": "tools", "what": ["what the model may do by itself: ", tools], "boundary": boundary}


def _hops(seen: Seen) -> Iterator[Mapping[str, Any]]:
    facts = seen.facts
    yield from _hop("whole answer, P95 allowed", facts.figure("latency.p95_ms"))
    yield from _hop("first token, P95 allowed", facts.figure("latency.ttft_ms"))
    run, primary = seen.inputs.run, seen.roles[0] if seen.roles else None
    spent = primary.result.latency if primary and primary.result else None
    if run and spent and primary:
        yield from _hop(f"model {primary.model}, P95 measured", measured(f"{spent.p95_s:.3g} s", run))
        limit = facts.number("latency.p95_ms")
        if limit is not None:
            left = float(limit) / 1000 - spent.p95_s
            words = f"{left:.3g} s" if left >= 0 else f"none: {-left:.3g} s too long"
            formula = f"latency.p95_ms - P95 of {primary.model} in run {run.id}"
            yield from _hop("left for network, gateway and checks", estimated(words, formula))
    rate = "output rate that the limit needs, the first token after 300 ms"
    yield from _hop(rate, facts.figure("derived.min_decode_tps"))
    if seen.policy:
        yield from _hop("one attempt is given up after", seen.policy.timeout_reason)


def _hop(name: str, found: Figure | None) -> Iterator[Mapping[str, Any]]:
    if found is not None:
        yield {"name": name, "time": found}


def _left_out(seen: Seen) -> Iterator[Mapping[str, Any]]:
    views = slot_views(seen.inputs.decision)
    decided = {view.name: view for view in views if view.state == "decided"}
    budget = decided.get("complexity_budget")
    minimal = budget if budget is not None and budget.value == "minimal" else None
    offered = next((view for view in views if view.name == "regions" and view.state == "offered"), None)
    for part, (slot, values) in LEFT_OUT.items():
        view = decided.get(slot)
        if view is not None and view.value in values and not isinstance(view.value, tuple):
            yield {"part": part, "because": _because(view), "rules": [rule.id for rule in view.rules]}
        elif part in _BEYOND and minimal is not None:
            yield {"part": part, "because": _beyond(seen, part), "rules": [rule.id for rule in minimal.rules]}
        elif part == "second region" and offered is not None and offered.value == 1:
            yield {"part": part, "because": _because(offered), "rules": [rule.id for rule in offered.rules]}
        elif part == "retrieval index" and seen.facts.text("knowledge.need") == "none":
            yield {"part": part, "because": "no private or fresh knowledge is needed (knowledge.need)", "rules": []}
        elif part == "batch lane" and seen.facts.number("scale.async_share") == 0:
            yield {"part": part, "because": "no share of the traffic may wait (scale.async_share)", "rules": []}


def _beyond(seen: Seen, part: str) -> str:
    stated = _BEYOND[part]
    if stated is not None and seen.facts.values.get(stated[0]) == stated[1]:
        return f"complexity budget is minimal; the design under review has it ({stated[0]})"
    return "complexity budget is minimal"


def _because(view: SlotView) -> str:
    behind = next((rule for rule in view.rules if rule.proposes.get(view.name) == view.value), view.rules[0])
    return (
        f"{_plain(view.name)} is {_plain(readable_fact(view.value))}: {behind.recommend}"
        if not isinstance(view.value, tuple)
        else ""
    )


def _plain(name: str) -> str:
    return name.replace("_", " ")

"""Who works on the system: what each specialist takes over from the architect, and who else is asked, and why."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from maquette.bundle.documents.risks import OWNERS
from maquette.bundle.documents.seen import Seen
from maquette.bundle.documents.threats_sayings import TRAINED
from maquette.bundle.evidence import measured
from maquette.bundle.figures import Figure, Sentence, clause, estimated
from maquette.bundle.runbooks.operating import on_own_machines
from maquette.bundle.runbooks.writing import alert_rows
from maquette.bundle.slots import decided
from maquette.rules.report import Finding, Status

MOST_RULES = 4

AREAS: Mapping[str, tuple[str, ...]] = {
    "fine-tuning": ("adaptation",),
    "retrieval": ("rag",),
    "prompts": ("structure", "context", "evaluation", "streaming"),
    "DevOps": ("serving", "hosting", "region", "reliability", "queue", "rollout", "batch", "quantisation"),
    "observability": ("observability", "budget"),
    "security": ("security", "guardrails", "agents", "privacy", "residency"),
}
"""Specialist to the areas of rules whose findings are theirs to carry out."""

CONSULTED: Mapping[str, str] = {
    "fine-tuning": "evaluation",
    "retrieval": "evaluation",
    "prompts": "evaluation",
    "DevOps": "security",
    "observability": "operations",
    "security": "privacy",
}
"""Specialist to whose word they need before they are done."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Work:
    """What goes to a specialist, and what comes back."""

    gives: Sentence
    back: Sentence


def hand_offs(seen: Seen) -> list[Mapping[str, Any]]:
    """A row a specialist that findings of this project call for: what is handed over, the rules, what comes back, RACI.

    The specialist is responsible, the architect accountable; consulted is `CONSULTED`, informed the owner of the
    area's risks.
    """
    return [] if not seen.roles else list(_hand_offs(seen))


def _hand_offs(seen: Seen) -> Iterator[Mapping[str, Any]]:
    minimal = decided(seen.inputs.decision).get("complexity_budget") == "minimal"
    for who, areas in AREAS.items():
        found, work = _findings(seen, areas), _WORK[who](seen)
        if not found or work is None or (minimal and not _stands(found, seen)):
            continue
        yield {
            "who": who,
            "gives": list(work.gives),
            "rules": [one.rule.id for one in found[:MOST_RULES]],
            "more": max(0, len(found) - MOST_RULES),
            "back": list(work.back),
            "consulted": CONSULTED[who],
            "informed": _informed(who, found[0]),
        }


def _stands(found: list[Finding], seen: Seen) -> bool:
    """Whether one of them stands against release: with few parts, nothing else needs a specialist."""
    return seen.inputs.decision is not None and bool(
        {one.rule.id for one in found} & set(seen.inputs.decision.blocking)
    )


def _informed(who: str, first: Finding) -> str:
    """The owner of the area's risks, or the next one who neither does the work nor is consulted."""
    taken = {who, CONSULTED[who], _SAME.get(who, who)}
    return next(one for one in (OWNERS.get(first.rule.area, "operations"), *_NEXT) if one not in taken)


_NEXT = ("operations", "evaluation", "budget owner")
_SAME: Mapping[str, str] = {"DevOps": "operations", "observability": "operations"}
"""Specialists that are part of an owner's own people."""


def _findings(seen: Seen, areas: tuple[str, ...]) -> list[Finding]:
    """Fired rules that count, those that stand against release first."""
    decision = seen.inputs.decision
    if decision is None:
        return []
    fired = [one for one in decision.rules.with_status(Status.FIRED) if one.counts and one.rule.area in areas]
    return sorted(fired, key=lambda one: one.rule.id not in decision.blocking)


def _tuning(seen: Seen) -> _Work | None:
    way = decided(seen.inputs.decision).get("adaptation_first")
    examples = seen.facts.figure("data.labelled_examples")
    if way not in TRAINED:
        return None
    what = "a classifier" if way == "encoder_classifier" else seen.roles[0].model
    return _Work(
        gives=[f"training of {what}", *clause(" on ", examples)],
        back=clause("weights, and a run that reaches ", _threshold(seen)) or ["weights and their run"],
    )


def _retrieving(seen: Seen) -> _Work | None:
    slots, corpus = decided(seen.inputs.decision), seen.facts.figure("knowledge.corpus_tokens")
    if slots.get("knowledge") in (None, "none"):
        return None
    how = str(slots.get("retrieval", slots["knowledge"])).replace("_", " ")
    searched = slots.get("retrieval") is not None
    back = "recall of the wanted passages" if searched else "share of answers whose cited passage holds the claim"
    return _Work(gives=[how, *clause(" over ", corpus)], back=[f"{back}, on questions of {seen.inputs.document}"])


def _prompting(seen: Seen) -> _Work | None:
    form, length = seen.facts.figure("io.output_format"), seen.facts.figure("tokens.input_avg")
    path = seen.inputs.prompt or (seen.inputs.run.prompt if seen.inputs.run else None)
    what: Sentence = [path or f"the prompt of {seen.roles[0].model}", *clause(" of ", length), *clause(" for ", form)]
    return _Work(gives=what, back=clause("a version that reaches ", _threshold(seen)) or ["a version with its run"])


def _threshold(seen: Seen) -> Figure | None:
    return seen.facts.figure("quality.threshold")


def _devops(seen: Seen) -> _Work | None:
    own = [role.model for role in seen.roles if on_own_machines(role)]
    what = f"model servers of {' and '.join(own)}" if own else f"the gateway before {_names(seen)}"
    how, staff = seen.facts.figure("infra.orchestrator"), seen.facts.figure("team.ml_ops_fte")
    return _Work(
        gives=[what, *clause(" on ", how), *clause("; people for it: ", staff)],
        back=["each fallback seen to answer"]
        if decided(seen.inputs.decision).get("complexity_budget") == "minimal"
        else clause("a load test at ", seen.facts.figure("derived.rps_peak")) or ["a load test at the peak"],
    )


def _observing(seen: Seen) -> _Work | None:
    fired = alert_rows(seen)
    own = {
        word
        for one in fired
        for word in one["expr"].replace("{", " ").replace("(", " ").replace("[", " ").split()
        if word.startswith("app_")
    }
    count = estimated(f"{len({one['name'] for one in fired})} alerts", "names in monitoring/alerts.yml")
    exported = estimated(f"{len(own)} metrics", "app_ metrics that these alerts read")
    rota = clause("; somebody is on call for pages: ", seen.facts.figure("team.oncall"))
    return _Work(
        gives=[count, " and ", exported, " that the application exports"], back=["each alert seen to fire once", *rota]
    )


def _securing(seen: Seen) -> _Work | None:
    data, tools = seen.facts.said("data.sensitivity"), seen.facts.said("agency.tools")
    what = clause("tests of injection and leaks, data up to ", data) or ["tests of injection and leaks"]
    acts = clause(", the model may act: ", tools) if seen.facts.text("agency.tools") not in (None, "none") else []
    return _Work(gives=[*what, *acts], back=["residual risk of each row of the threat model, signed"])


_WORK: Mapping[str, Callable[[Seen], _Work | None]] = {
    "fine-tuning": _tuning,
    "retrieval": _retrieving,
    "prompts": _prompting,
    "DevOps": _devops,
    "observability": _observing,
    "security": _securing,
}


def _names(seen: Seen) -> str:
    return " and ".join(role.model for role in seen.roles)


def stakeholders(seen: Seen) -> list[Mapping[str, Any]]:
    """Who else is asked: what they settle, and the fact that makes it theirs."""
    return [] if not seen.roles else [row for row in _stakeholders(seen) if row["because"]]


def _stakeholders(seen: Seen) -> Iterator[Mapping[str, Any]]:
    facts = seen.facts
    soon = facts.figure("latency.ttft_ms") or facts.figure("latency.p95_ms")
    shown = [*clause("output ", facts.figure("io.output_format")), *clause(" within ", soon)]
    machine = facts.text("users.audience") == "machine"
    yield _asked("callers' developers" if machine else "frontend", _frontend(seen), shown)
    yield _asked("data", _data(seen), clause("labelled ", facts.figure("data.labelled_examples")))
    metric = clause(facts.figure("quality.metric"), " at ", facts.figure("quality.threshold"))
    yield _asked("evaluation methods", _methods(seen), metric)
    if facts.number("budget.monthly_usd"):
        month = clause(facts.figure("budget.monthly_usd"), ", ", facts.figure("budget.hardness"))
        yield _asked("budget owner", "what happens at the ceiling, and who may raise it", month)
    if facts.values.get("compliance.regimes") not in (None, (), ("none",)):
        law = clause(facts.figure("compliance.regimes"))
        outside = _companies(seen)
        what = f"contracts with {outside}" if outside else "who carries each duty, for no processor takes part"
        yield _asked("counsel and data protection", what, law)
    if facts.text("risk.human_review") not in (None, "none"):
        seen_by = clause("review ", facts.figure("risk.human_review"))
        yield _asked("reviewers", "which answers they overturn, and how that is written down", seen_by)


def _asked(who: str, what: str | Sentence, because: Sentence) -> Mapping[str, Any]:
    return {"who": who, "what": [what] if isinstance(what, str) else list(what), "because": list(because)}


def _frontend(seen: Seen) -> str:
    slots, facts = decided(seen.inputs.decision), seen.facts
    parts = ["answers that stream" if slots.get("streaming") is True else "a wait that is shown"]
    if facts.values.get("knowledge.citations_required") is True:
        parts.append("sources beside each claim")
    if slots.get("approval") is not None:
        parts.append("a step that asks before the model acts")
    return f"{', '.join(parts)}, and what stands there when no model answers"


def _data(seen: Seen) -> str:
    facts, run = seen.facts, seen.inputs.run
    kept = f"who renews {run.dataset}" if run else "where the examples come from"
    sources = facts.text("knowledge.change_freq")
    more = (
        f", and sources that change: {sources}"
        if sources and facts.text("knowledge.need") not in (None, "none")
        else ""
    )
    return f"{kept}{more}"


def _methods(seen: Seen) -> Sentence:
    run = seen.inputs.run
    judged = (
        [", and how far the judge agrees with people"] if seen.facts.values.get("quality.subjective") is True else []
    )
    if run is None or not run.results:
        return ["how many examples it takes", *judged]
    return ["whether ", measured(f"{run.results[0].planned:,} examples", run), " are enough", *judged]


def _companies(seen: Seen) -> str:
    names = dict.fromkeys(role.card.provider for role in seen.roles if role.card and role.card.price)
    return " and ".join(names)

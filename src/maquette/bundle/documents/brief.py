"""The brief: one page from the other documents' figures. Nothing stands here that is not explained in one of them."""

from collections.abc import Iterator, Mapping
from typing import Any

from maquette.bundle.architecture import record_of
from maquette.bundle.documents.alternatives import Alternative, alternatives
from maquette.bundle.documents.capacity_demand import model_share, peak_tpm
from maquette.bundle.documents.cascade import cascade_month
from maquette.bundle.documents.checklist import matters, over_figure
from maquette.bundle.documents.computed import turning
from maquette.bundle.documents.contrasts import contradictions
from maquette.bundle.documents.found_here import found_here
from maquette.bundle.documents.own_rent import month_at_rent
from maquette.bundle.documents.seen import Seen
from maquette.bundle.documents.slo_alerts import by_count
from maquette.bundle.evidence import measured, percent
from maquette.bundle.figures import Figure, Sentence, clause, estimated, figure
from maquette.bundle.slots import SlotView, decided, slot_views
from maquette.cost.design_split import routed_by_step
from maquette.decision.decision import OpenQuestion
from maquette.foundation.sources import Source, SourceKind
from maquette.foundation.units import Usd, readable_usd
from maquette.rules.explaining import readable_fact
from maquette.rules.report import Finding, Status, Strength

MOST_DECISIONS = 12
MOST_RISKS = 5
MOST_OPEN = 5
TRIFECTA = "R-SEC-01"
"""Private data, untrusted content and a way out at once: told although the design answers it."""
ORDER = (
    "hosting",
    "knowledge",
    "adaptation_first",
    "approval",
    "sandbox",
    "agent_pattern",
    "session_caps",
    "prefix_cache",
    "router",
    "cache",
    "batch_lane",
    "guardrails",
    "redaction",
    "filter",
    "acl",
    "providers_min",
    "regions",
    "citation_check",
    "structured",
)
"""Slots that a reader asks for first, by what they do to safety and cost; the others follow by how binding they are."""

_MUTE = frozenset({"model_status", "role", "pack"})
"""Slots that say how far the choice of a model is: its own row says so."""


def brief_view(seen: Seen) -> Mapping[str, Any]:
    """What is built, the decisions, the numbers, the risks and what is unknown, each cut to a page."""
    risks = _risks(seen)
    return {
        "about": list(_about(seen)),
        "decisions": [*_model(seen), *_decisions(seen)][:MOST_DECISIONS],
        "numbers": list(_numbers(seen)),
        "risks": risks[:MOST_RISKS],
        "more_risks": max(0, len(risks) - MOST_RISKS),
        "open": _open(seen)[:MOST_OPEN],
        "more_open": max(0, len(_open(seen)) - MOST_OPEN),
    }


def _about(seen: Seen) -> Iterator[Sentence]:
    facts = seen.facts
    if goal := facts.text("project.goal"):
        yield [goal]
    kind, audience, users = facts.said("task.type"), facts.said("users.audience"), facts.figure("users.count")
    if kind:
        yield ["Task: ", kind, *clause(" for ", users), *clause(" (", audience, ")"), "."]
    volume, tokens, out = (
        facts.figure(one) for one in ("scale.requests_per_day", "tokens.input_avg", "tokens.output_avg")
    )
    if volume:
        yield [
            "Load: ",
            volume,
            *clause(", ", tokens, " in"),
            *clause(", ", out, " out each"),
            ".",
        ]
    data, place = facts.said("data.sensitivity"), facts.said("data.residency")
    if data:
        yield [
            "Data, at most: ",
            data,
            *(clause(", to stay in ", place) if facts.text("data.residency") != "none" else []),
            ".",
        ]


def _model(seen: Seen) -> Iterator[Mapping[str, Any]]:
    decision = seen.inputs.decision
    if decision is None or not seen.roles:
        return
    primary = seen.roles[0]
    others = [one.model for one in decision.options if one.model != primary.model]
    reason = decision.choice.because if decision.choice else "it is the cheapest that passes"
    reason += f" (beside that: {'; '.join(decision.doubts)})" if decision.doubts else ""
    record = seen.inputs.records[0] if seen.inputs.records else None
    runner = decision.choice.fallback if decision.choice and decision.choice.fallback else next(iter(others), "")
    yield {"slot": "model", "value": primary.model, "runner_up": runner, "because": reason, "record": record_of(record)}


def _decisions(seen: Seen) -> Iterator[Mapping[str, Any]]:
    views = [one for one in slot_views(seen.inputs.decision) if one.state == "decided" and matters(one, seen)]
    views = [one for one in views if one.name not in _MUTE]
    for view in sorted(views, key=_rank):
        values = view.value if isinstance(view.value, tuple) else (view.value,)
        counted = view.name == "alerts" and by_count(seen)
        values = ("counted failures",) if counted else values
        others = [one for one in alternatives(seen, [view.name]) if _weighed(view, one)]
        record = next((one for one in seen.inputs.records if {rule.id for rule in view.rules} & set(one.rules)), None)
        yield {
            "slot": view.name.replace("_", " "),
            "value": ", ".join(readable_fact(value).replace("_", " ") for value in values),
            "runner_up": others[0].value.replace("_", " ") if others else "",
            "because": view.rules[0].overturn if counted and view.rules else _because(view, seen),
            "record": record_of(record),
        }


def _weighed(view: SlotView, other: Alternative) -> bool:
    """Whether it could stand in the value's place: a rule proposes it here, or would if more were known."""
    return not isinstance(view.value, tuple) and other.status in (Status.FIRED, Status.UNKNOWN)


def _rank(view: SlotView) -> tuple[int, bool, str]:
    place = ORDER.index(view.name) if view.name in ORDER else len(ORDER)
    return place, view.rules[0].strength is not Strength.MUST, view.name


def _because(view: SlotView, seen: Seen) -> str:
    """What the rule behind the value asks for, and the first of the facts that it rests on.

    A fact that the decision itself settles is no reason for it.
    """
    rule, decision = view.rules[0], seen.inputs.decision
    settled = {one.name for one in decision.conflicts} if decision else set()
    shown = [(name, seen.facts.said(name)) for name in sorted(rule.when.names - settled)]
    facts = [f"{name} {value['text']}" for name, value in shown if value is not None]
    asked = rule.recommend.partition(";")[0]
    return f"{asked} ({facts[0]})" if facts else asked


def _numbers(seen: Seen) -> Iterator[Mapping[str, Any]]:
    """Rows of wanted and found: what is required, and what was measured or estimated of the chosen model."""
    facts, run = seen.facts, seen.inputs.run
    primary = seen.roles[0] if seen.roles else None
    cost, result = (primary.cost, primary.result) if primary else (None, None)
    month = cost.first_month_usd.base if cost and cost.first_month_usd else None
    request = cost.usd_per_request if cost else None
    name = primary.model if primary else ""
    if spent := month is not None and not month and bool(seen.served):
        request = None  # nothing is rented and nobody says what power, room and upkeep of the machines cost
    latency = measured(f"{result.latency.p95_s:.3g} s", run) if run and result and result.latency else None
    rows: tuple[tuple[str, Figure | None, Figure | None], ...] = (
        (
            "cost of the first month",
            facts.figure("budget.monthly_usd"),
            _unbilled() if spent else _money(month, name, "first month"),
        ),
        ("all accelerators, which are there, at rent", None, _rent(seen) if spent else None),
        ("of it for what the encoder passes on", None, cascade_month(seen)),
        ("steps on another tier", None, _all_steps(seen, name)),
        ("chance that a month passes the ceiling", None, over_figure(seen)),
        (
            "cost of a request",
            facts.figure("derived.cost_per_request_limit"),
            _money(request, name, "a request"),
        ),
        ("quality", facts.figure("quality.threshold"), _score(seen)),
        ("latency, P95", facts.figure("latency.p95_ms"), latency),
        ("first token", facts.figure("latency.ttft_ms"), None),
        ("availability in 30 days", facts.figure("availability.target"), None),
        ("requests at the peak", facts.figure("derived.rps_peak"), None),
        ("tokens a minute at the peak", facts.figure("derived.peak_tpm"), None),
        ("of them behind the encoder", None, peak_tpm(seen) if model_share(seen)[1] else None),
    )
    for what, wanted, found in rows:
        if wanted is not None or found is not None:
            yield {"what": what, "wanted": wanted, "found": found}


def _all_steps(seen: Seen, name: str) -> Figure | None:
    """That every figure of the bill is for one model where steps are routed to several."""
    if not name or not routed_by_step(decided(seen.inputs.decision)):
        return None
    why = "routing by step is decided, and no answer says how many steps each tier gets"
    return estimated(f"share not known: the bill is for all steps on {name}", why)


def _unbilled() -> Figure:
    return estimated("cash bill not known", "machines that are there: no answer says what power, room and upkeep cost")


def _rent(seen: Seen) -> Figure | None:
    """What the machines of all models, which are there already, would cost a month; None where a price is not known."""
    found = month_at_rent(seen)
    return None if found is None else estimated(readable_usd(found[0]), found[1])


def _money(amount: Usd | None, model: str, of: str) -> Figure | None:
    return None if amount is None else estimated(readable_usd(amount), f"cost of {model}, {of} at launch")


def _score(seen: Seen) -> Figure | None:
    run, result = seen.inputs.run, seen.roles[0].result if seen.roles else None
    if run is None or result is None or result.score is None or result.interval is None:
        return None
    low, high = percent(result.interval.low), percent(result.interval.high)
    return measured(f"{percent(result.score)} ({low} to {high})", run)


def _risks(seen: Seen) -> list[Sentence]:
    """What stands against release first, harm before money, then what contradicts, then what else is to be avoided."""
    decision = seen.inputs.decision
    if decision is None:
        return contradictions(seen)
    fired = [one for one in decision.rules.with_status(Status.FIRED) if one.overridden_by is None]
    against = sorted((one for one in fired if _weight(one, seen) is not None), key=lambda one: _weight(one, seen) or 0)
    found = [_risk(one, seen, "stands against release" if _stands(one, seen) else "to be shown") for one in against]
    found += contradictions(seen)
    left = [one for one in fired if one.rule.strength is Strength.AVOID and one not in against]
    found += [_risk(one, seen, "to avoid") for one in left]
    found += [[*turning(text, seen), "."] for text in decision.flips[:2]]
    return found


_HARM = ("security", "agents", "guardrails", "privacy", "residency", "compliance")


def _weight(finding: Finding, seen: Seen) -> int | None:
    """Its place among the risks: of an agent that may do harm, of safety, then the rest; None of no such risk."""
    trifecta = finding.rule.id == TRIFECTA and finding.counts
    if not _stands(finding, seen) and not trifecta:
        return None
    return 0 if trifecta else 1 if finding.rule.area in _HARM else 2


def _stands(finding: Finding, seen: Seen) -> bool:
    return seen.inputs.decision is not None and finding.rule.id in seen.inputs.decision.blocking


def _risk(finding: Finding, seen: Seen, words: str) -> Sentence:
    source = figure(finding.rule.id, Source(kind=SourceKind.CLAIMED, ref=f"rule {finding.rule.id}"))
    here = found_here(finding, seen)
    told: Sentence = [*here, ": "] if here else []
    return [*told, f"{finding.rule.recommend} (", source, f", {words})."]


def _open(seen: Seen) -> list[Mapping[str, Any]]:
    """What people know comes before what is derived from runs and pages."""
    decision = seen.inputs.decision
    asked = sorted(decision.open_questions if decision else (), key=lambda one: not _of_people(one))
    return [
        {"fact": one.fact, "how": one.how, "ask": one.ask, "changes": [*one.could_change[:1], *one.rules[:1]][0]}
        for one in asked
    ]


def _of_people(question: OpenQuestion) -> bool:
    return any(rule.startswith("R-ASK-") for rule in question.rules)

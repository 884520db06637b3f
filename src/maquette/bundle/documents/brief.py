"""The brief: one page from the other documents' figures. Nothing stands here that is not explained in one of them."""

from collections.abc import Iterator, Mapping
from typing import Any

from maquette.bundle.architecture import record_of
from maquette.bundle.documents.alternatives import Alternative, alternatives
from maquette.bundle.documents.cascade import cascade_month
from maquette.bundle.documents.contrasts import contradictions
from maquette.bundle.documents.seen import Seen
from maquette.bundle.evidence import measured, percent
from maquette.bundle.figures import Figure, Sentence, clause, estimated, figure
from maquette.bundle.slots import SlotView, slot_views
from maquette.foundation.sources import Source, SourceKind
from maquette.foundation.units import Usd, readable_usd
from maquette.rules.explaining import readable_fact
from maquette.rules.report import Status, Strength

MOST_DECISIONS = 12
MOST_RISKS = 5
MOST_OPEN = 5
ORDER = (
    "hosting",
    "knowledge",
    "adaptation_first",
    "cache",
    "cache_scope",
    "router",
    "fallback",
    "guardrails",
    "regions",
)
"""Slots that a reader asks for first; the others follow by how binding they are."""


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
    kind, audience, users = facts.figure("task.type"), facts.figure("users.audience"), facts.figure("users.count")
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
    data, place = facts.figure("data.sensitivity"), facts.figure("data.residency")
    if data:
        yield [
            "Data: up to ",
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
    record = seen.inputs.records[0] if seen.inputs.records else None
    runner = decision.choice.fallback if decision.choice and decision.choice.fallback else next(iter(others), "")
    yield {"slot": "model", "value": primary.model, "runner_up": runner, "because": reason, "record": record_of(record)}


def _decisions(seen: Seen) -> Iterator[Mapping[str, Any]]:
    views = [view for view in slot_views(seen.inputs.decision) if view.state == "decided"]
    for view in sorted(views, key=_rank):
        values = view.value if isinstance(view.value, tuple) else (view.value,)
        others = [one for one in alternatives(seen, [view.name]) if _weighed(view, one)]
        record = next((one for one in seen.inputs.records if {rule.id for rule in view.rules} & set(one.rules)), None)
        yield {
            "slot": view.name.replace("_", " "),
            "value": ", ".join(readable_fact(value) for value in values),
            "runner_up": others[0].value if others else "",
            "because": _because(view, seen),
            "record": record_of(record),
        }


def _weighed(view: SlotView, other: Alternative) -> bool:
    """Whether it could stand in the value's place: a rule proposes it here, or would if more were known."""
    return not isinstance(view.value, tuple) and other.status in (Status.FIRED, Status.UNKNOWN)


def _rank(view: SlotView) -> tuple[int, bool, str]:
    place = ORDER.index(view.name) if view.name in ORDER else len(ORDER)
    return place, view.rules[0].strength is not Strength.MUST, view.name


def _because(view: SlotView, seen: Seen) -> str:
    """The reason of the rule behind the value, and the first of the facts that it rests on."""
    rule = view.rules[0]
    facts = [f"{name} {seen.facts.readable(name)}" for name in sorted(rule.when.names) if name in seen.facts.values]
    reason = rule.rationale.partition(";")[0]
    return f"{reason} ({facts[0]})" if facts else reason


def _numbers(seen: Seen) -> Iterator[Mapping[str, Any]]:
    """Rows of wanted and found: what is required, and what was measured or estimated of the chosen model."""
    facts, run = seen.facts, seen.inputs.run
    primary = seen.roles[0] if seen.roles else None
    cost, result = (primary.cost, primary.result) if primary else (None, None)
    month = cost.first_month_usd.base if cost and cost.first_month_usd else None
    request = cost.usd_per_request if cost else None
    name = primary.model if primary else ""
    latency = measured(f"{result.latency.p95_s:.3g} s", run) if run and result and result.latency else None
    rows: tuple[tuple[str, Figure | None, Figure | None], ...] = (
        ("cost of the first month", facts.figure("budget.monthly_usd"), _money(month, name, "first month")),
        (
            f"machines of {name}, which are there, at rent",
            None,
            _rent(seen) if month is not None and not month else None,
        ),
        ("of it for what the encoder passes on", None, cascade_month(seen)),
        ("cost of a request", facts.figure("derived.cost_per_request_limit"), _money(request, name, "a request")),
        ("quality", facts.figure("quality.threshold"), _score(seen)),
        ("latency, P95", facts.figure("latency.p95_ms"), latency),
        ("first token", facts.figure("latency.ttft_ms"), None),
        ("availability in 30 days", facts.figure("availability.target"), None),
        ("requests at the peak", facts.figure("derived.rps_peak"), None),
        ("tokens a minute at the peak", facts.figure("derived.peak_tpm"), None),
    )
    for what, wanted, found in rows:
        if wanted is not None or found is not None:
            yield {"what": what, "wanted": wanted, "found": found}


def _rent(seen: Seen) -> Figure | None:
    """What machines that are there already would cost a month: a bill of nothing hides it."""
    one = next(iter(seen.served), None)
    sized = (one.rented or one.sized) if one else None
    if sized is None or sized.usd_per_month is None:
        return None
    words = f"{sized.gpus} x {sized.setup.accelerator.name}, rented for 730 hours"
    return estimated(readable_usd(sized.usd_per_month), words)


def _money(amount: Usd | None, model: str, of: str) -> Figure | None:
    return None if amount is None else estimated(readable_usd(amount), f"cost of {model}, {of} at launch")


def _score(seen: Seen) -> Figure | None:
    run, result = seen.inputs.run, seen.roles[0].result if seen.roles else None
    if run is None or result is None or result.score is None or result.interval is None:
        return None
    low, high = percent(result.interval.low), percent(result.interval.high)
    return measured(f"{percent(result.score)} ({low} to {high})", run)


def _risks(seen: Seen) -> list[Sentence]:
    """What contradicts first, then what stands against release, then the other binding rules that fired."""
    decision = seen.inputs.decision
    found = [*contradictions(seen)]
    if decision is None:
        return found
    fired = [one.rule for one in decision.rules.with_status(Status.FIRED) if one.overridden_by is None]
    for rule in sorted(fired, key=lambda rule: rule.id not in decision.blocking):
        if rule.id in decision.blocking or rule.strength is Strength.AVOID:
            source = figure(rule.id, Source(kind=SourceKind.CLAIMED, ref=f"rule {rule.id}"))
            words = "stands against release" if rule.id in decision.blocking else "to avoid"
            found.append([f"{rule.recommend} (", source, f", {words})."])
    found += [[f"{text}."] for text in decision.flips[:2]]
    return found


def _open(seen: Seen) -> list[Mapping[str, Any]]:
    decision = seen.inputs.decision
    return [
        {"fact": one.fact, "how": one.how, "ask": one.ask, "changes": [*one.could_change[:1], *one.rules[:1]][0]}
        for one in (decision.open_questions if decision else ())
    ]

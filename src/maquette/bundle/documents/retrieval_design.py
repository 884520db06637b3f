"""How knowledge reaches the prompt: an index with its arithmetic or a search of the sources, rights, freshness."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from maquette.bundle.documents.capacity_figures import computed, percent, three_digits
from maquette.bundle.documents.cost_model import shown_option
from maquette.bundle.documents.retrieval_stages import RECALL_FLOOR, stage_rows
from maquette.bundle.documents.seen import Seen
from maquette.bundle.documents.visible_loss import shown_threshold
from maquette.bundle.figures import Figure, Sentence, clause, estimated, figure
from maquette.bundle.slots import decided, slot_views
from maquette.cost.projection import ByCase, LineGroup
from maquette.cost.side.index_plan import IndexPlan
from maquette.foundation.sources import Source, SourceKind
from maquette.foundation.units import readable_count, readable_usd
from maquette.rules.report import Rule, Status

CORPUS, CHANGE = "knowledge.corpus_tokens", "knowledge.change_freq"
RECALL_DENSE = Decimal("0.95")
"""Recall at which dense search alone is enough: what overturns rule R-RAG-01."""

_DAYS = {"daily": 1, "monthly": 30, "yearly": 365}
_RULES = ("R-RAG-01", "R-RAG-03", "R-RAG-04", "R-RAG-05", "R-RAG-06", "R-RAG-07", "R-CTX-02", "R-CTX-04", "R-ADAPT-03")


def retrieval_design_view(seen: Seen) -> Mapping[str, Any]:
    """Rows and sentences; a list is empty where nothing is known."""
    return {
        "agentic": _agentic(seen),
        "stages": stage_rows(seen),
        "verdict": list(_verdict(seen)),
        "index": list(_index(seen)),
        "assumed": _assumed(seen.inputs.index),
        "costs": list(_costs(seen)),
        "design": list(_design(seen)),
        "fresh": list(_fresh(seen)),
        "gates": list(_gates(seen)),
    }


def _agentic(seen: Seen) -> bool:
    return decided(seen.inputs.decision).get("retrieval") == "agentic_search"


def _verdict(seen: Seen) -> Iterator[Sentence]:
    """Which way was decided, by which size, and what would overturn it."""
    size = clause(seen.facts.figure(CORPUS))
    if not size:
        return
    context = seen.roles[0].card.context_tok if seen.roles and seen.roles[0].card else None
    corpus = seen.facts.number(CORPUS)
    if context and corpus:
        share = computed(corpus / context, "windows", f"{CORPUS} / context of {seen.roles[0].model}")
        words = "searched by tools at run time" if _agentic(seen) else "cut into chunks, indexed and searched"
        yield ["The knowledge of ", *size, " fills ", share, f" of {seen.roles[0].model}: it is {words}."]
    for view in slot_views(seen.inputs.decision):
        if view.name in ("retrieval", "knowledge") and view.state == "decided":
            for rule in view.rules:
                yield [f"{view.name} is {view.value} ", _by(rule), f"; overturned by: {rule.overturn}."]


def _index(seen: Seen) -> Iterator[Mapping[str, Any]]:
    plan = seen.inputs.index
    if plan is None:
        return
    found = plan.chunks
    said = "named" if plan.named else "stands in: nobody names one"
    yield _row("knowledge", seen.facts.figure(CORPUS), "")
    yield _row("tokens of a chunk", _band(found.tok, "tokens", "as set, or the usual sizes"), "")
    count = f"{CORPUS} / (tokens of a chunk x (1 - overlap)), rounded up"
    yield _row("chunks", _band(found.count, "", count), "")
    embedded = f"{CORPUS} + (chunks - 1) x overlap x tokens of a chunk"
    yield _row("tokens to embed, once", _band(found.embedded_tok, "", embedded), f"{plan.embedding}, {said}")
    size = "chunks x (numbers of a vector x 4 bytes x graph + tokens of a chunk x 4 bytes of text)"
    yield _row("size of the index", _band(found.index_gb, "GB", size), "")
    memory = "chunks x numbers of a vector x 4 bytes x graph"
    held = ByCase(**{case: found.memory_bytes.of(case) / 10**9 for case in ("low", "base", "high")})
    yield _row("of it in memory", _band(held, "GB", memory), "")


def _band(found: ByCase, unit: str, formula: str) -> Figure:
    low, high = sorted((found.low, found.high))
    spread = "" if low == high else f" ({three_digits(low)} to {three_digits(high)})"
    return estimated(f"{three_digits(found.base)}{spread} {unit}".strip(), formula)


def _assumed(plan: IndexPlan | None) -> list[Mapping[str, str | Figure]]:
    return [
        {
            "name": one.name,
            "value": figure(one.value, one.source),
            "low": one.low,
            "high": one.high,
            "source": one.source.ref,
        }
        for one in (plan.assumptions if plan else ())
    ]


def _costs(seen: Seen) -> Iterator[Mapping[str, Any]]:
    """The lines of retrieval: what is paid once, and what each month and day."""
    projection = seen.inputs.projection
    shown = shown_option(seen, projection) if projection else None
    if projection is None or shown is None:
        return
    own = [one for one in projection.lines if one.option == shown.option and one.group is LineGroup.RETRIEVAL]
    for name in dict.fromkeys(one.name for one in own):
        months = {one.month: one for one in own if one.name == name}
        first, last = months.get(1), months.get(projection.horizon_months)
        once = len(months) == 1
        line = first or last
        if line is None:
            continue
        amount = line.amount_usd.base
        quantity = readable_count(line.quantity.base.quantize(Decimal("0.01")).normalize())
        formula = f"{quantity} {line.unit} x ${line.usd_per_unit:f}"
        yield {
            "name": name,
            "once": estimated(readable_usd(amount), formula) if once else None,
            "month": None if once else estimated(readable_usd(amount), formula),
            "day": None if once else estimated(readable_usd(amount / 30), f"{formula} / 30"),
        }


def _design(seen: Seen) -> Iterator[Mapping[str, Any]]:
    """One row a choice: which rule decides it, and by which fact."""
    decision = seen.inputs.decision
    for finding in decision.rules.with_status(Status.FIRED) if decision else ():
        rule = finding.rule
        if rule.id in _RULES:
            yield {"choice": rule.recommend, "rule": rule.id, "why": rule.rationale, "overturn": rule.overturn}
    languages = seen.facts.number("quality.languages")
    if languages is not None and languages > 1:
        yield {
            "choice": f"an embedding model that is measured in all {languages} languages, a recall of its own for each",
            "rule": "",
            "why": "vectors of one language may not find another",
            "overturn": "all knowledge and questions in one language",
        }


def _fresh(seen: Seen) -> Iterator[Mapping[str, Any]]:
    facts = seen.facts
    often, changes = facts.text(CHANGE), facts.figure(CHANGE)
    if often is None or changes is None:
        return
    if _agentic(seen):
        yield _say(
            "what is searched",
            ["the sources themselves, which change ", changes, ": nothing is copied, nothing is stale"],
        )
        if facts.values.get("knowledge.acl") is True:
            rights = clause(facts.figure("knowledge.acl"))
            yield _say(
                "rights", ["a search runs with the caller's rights (", *rights, "), a change of rights holds at once"]
            )
        return
    yield from _reindexed(seen, often, changes)


def _reindexed(seen: Seen, often: str, changes: Figure) -> Iterator[Mapping[str, Any]]:
    plan, settings = seen.inputs.index, seen.inputs.index.settings if seen.inputs.index else None
    if often == "never":
        yield _say("re-index", ["once, since the knowledge changes ", changes])
        return
    if often == "realtime":
        yield _say("re-index", ["by event, document by document, since the knowledge changes ", changes])
    else:
        days = _DAYS[often]
        yield _say(
            "re-index",
            [f"changed documents every {days} day" + ("s" if days > 1 else "") + ", as they change ", changes],
        )
    share = settings.churn_share_month if settings is not None else None
    if share is not None and plan is not None:
        again = computed(
            plan.chunks.embedded_tok.base * share, "tokens a month", "tokens to embed x share that changes"
        )
        yield _say("embedded again", [again, f", {percent(share)} of the knowledge"])
    gone = "a deleted document leaves index, cache and evaluation sets with the same run"
    yield _say(
        "deletion", [gone if seen.facts.values.get("knowledge.acl") is not True else f"{gone}, and so does a right"]
    )
    if seen.policy is not None and seen.policy.cache_s is not None:
        kept = estimated(f"{seen.policy.cache_s} s", "the gateway's cache")
        yield _say("cached answers", ["live ", kept, " at the most, then they see the new index"])


def _gates(seen: Seen) -> Iterator[Mapping[str, Any]]:
    measured = seen.facts.number("eval.retrieval_recall_at_20")
    so_far = estimated(percent(measured), "stated eval.retrieval_recall_at_20") if measured is not None else None
    if _agentic(seen):
        gain = figure("3 points", Source(kind=SourceKind.CLAIMED, ref="rule R-RAG-07"))
        metric = clause(seen.facts.figure("quality.metric"))
        need: Sentence = [
            "an index is added when it raises ",
            *metric,
            " by more than ",
            *shown_threshold(seen.facts, Decimal(3), gain),
            "; or when it makes a solved task cheaper",
        ]
        yield {"gate": "index or none", "need": need, "measured": None}
    else:
        floor = figure(percent(RECALL_FLOOR), Source(kind=SourceKind.CLAIMED, ref="rule R-RAG-02"))
        yield {"gate": "recall among the first twenty", "need": ["at least ", floor], "measured": so_far}
        dense = figure(percent(RECALL_DENSE), Source(kind=SourceKind.CLAIMED, ref="rule R-RAG-01"))
        yield {
            "gate": "dense search alone",
            "need": ["reaches ", dense, ": then lexical search and rerank go"],
            "measured": so_far,
        }
    if seen.facts.values.get("knowledge.citations_required") is True:
        need = [
            "each cited passage exists and holds the claim (",
            *clause(seen.facts.figure("knowledge.citations_required")),
            ")",
        ]
        yield {"gate": "citations", "need": need, "measured": None}
    if seen.facts.values.get("knowledge.acl") is True:
        none = figure("0 passages", Source(kind=SourceKind.CLAIMED, ref="rule R-RAG-03"))
        yield {
            "gate": "rights",
            "need": ["a caller without the right finds ", none, " of a protected document"],
            "measured": None,
        }


def _row(what: str, found: Figure | None, note: str) -> Mapping[str, Any]:
    return {"what": what, "figure": found, "note": note}


def _say(what: str, then: Sentence) -> Mapping[str, Any]:
    return {"what": what, "then": then}


def _by(rule: Rule) -> Figure:
    return figure(f"({rule.id})", Source(kind=SourceKind.CLAIMED, ref=f"rule {rule.id}"))

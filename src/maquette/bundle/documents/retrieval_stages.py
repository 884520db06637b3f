"""The stages of a search by an index, from documents to the prompt: chunking, index, retrieval, rerank, evaluation."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from maquette.bundle.documents.capacity_figures import computed, percent
from maquette.bundle.documents.context_budget import PASSAGES, retrieved_tok
from maquette.bundle.documents.seen import Seen
from maquette.bundle.figures import Figure, Sentence, clause, estimated, figure
from maquette.bundle.slots import decided
from maquette.cost.side.index_plan import IndexPlan
from maquette.evals.statistics import wilson
from maquette.foundation.sources import Source, SourceKind
from maquette.foundation.units import readable_count

FOUND = 100
"""Passages that a search finds before they are ranked again: rule R-RAG-01."""

RECALL_FLOOR = Decimal("0.85")
"""Recall among the first twenty below which retrieval is mended before the model: rule R-RAG-02."""


def stage_rows(seen: Seen) -> list[Mapping[str, Any]]:
    """A row a stage; empty where no index is searched, or its size is not known."""
    plan = seen.inputs.index
    if plan is None or decided(seen.inputs.decision).get("retrieval") != "hybrid_rerank":
        return []
    return [
        _stage("chunking", _chunking(plan)),
        _stage("index", _index(seen, plan)),
        _stage("retrieval", _retrieval(seen, plan)),
        _stage("rerank", _rerank(seen, plan)),
        _stage("prompt", _prompt(seen)),
        _stage("evaluation", list(_evaluation(seen))),
    ]


def _chunking(plan: IndexPlan) -> Sentence:
    each = computed(plan.chunks.tok.base, "tokens", "tokens of a chunk, as set or usual")
    count = computed(plan.chunks.count.base, "chunks", "knowledge.corpus_tokens / (tokens of a chunk x (1 - overlap))")
    return [each, *clause(", overlapping by ", _overlap(plan)), ": ", count]


def _overlap(plan: IndexPlan) -> Figure | None:
    """As set, or as it was taken for granted."""
    if plan.settings.overlap is not None:
        return estimated(percent(plan.settings.overlap), "cost.retrieval.overlap")
    taken = next((one for one in plan.assumptions if one.name == "overlap of chunks"), None)
    return None if taken is None else figure(percent(Decimal(taken.value)), taken.source)


def _index(seen: Seen, plan: IndexPlan) -> Sentence:
    said = "" if plan.named else ", which stands in: nobody names one"
    often = clause("; renewed as the knowledge changes, ", seen.facts.figure("knowledge.change_freq"))
    return [f"vectors by {plan.embedding}{said}, and words beside them", *often]


def _retrieval(seen: Seen, plan: IndexPlan) -> Sentence:
    count = plan.settings.candidates
    found = _rule(f"{FOUND} passages", "R-RAG-01")
    if count is not None:
        found = estimated(f"{count} passages", "cost.retrieval.candidates")
    rights = ", of those alone that the caller may read" if seen.facts.values.get("knowledge.acl") is True else ""
    return [found, f" by both, merged{rights}"]


def _rerank(seen: Seen, plan: IndexPlan) -> Sentence:
    who = f" by {plan.settings.rerank}" if plan.settings.rerank else ", by a model that is still to be named"
    return ["down to ", _rule(f"{PASSAGES} passages", "R-RAG-01"), who]


def _prompt(seen: Seen) -> Sentence:
    tokens = retrieved_tok(seen)
    if tokens is None:
        return []
    used = computed(tokens, "tokens", f"{PASSAGES} x tokens of a chunk")
    card = seen.roles[0].card if seen.roles else None
    if card is None or not card.context_tok:
        return [used]
    share = estimated(
        f"{readable_count(Decimal(f'{100 * tokens / card.context_tok:.2g}'))} %", "passages / context of the primary"
    )
    return [used, ", ", share, f" of the window of {seen.roles[0].model}"]


def _evaluation(seen: Seen) -> Iterator[str | Figure]:
    yield from ("recall among the first ", _rule(f"{PASSAGES}", "R-RAG-01"))
    yield from (", at least ", _rule(percent(RECALL_FLOOR), "R-RAG-02"))
    count = seen.facts.number("data.eval_examples") or seen.facts.number("data.labelled_examples")
    if count:
        asked = int(count)
        interval = wilson(round(float(RECALL_FLOOR) * asked), asked)
        spread = f"{50 * (interval.high - interval.low):.1f} points"
        about = estimated(spread, f"Wilson, 95 %, {asked} examples at {percent(RECALL_FLOOR)}")
        examples = seen.facts.figure("data.eval_examples") or seen.facts.figure("data.labelled_examples")
        yield from clause("; ", examples, " show it to within ", about)
    if seen.facts.values.get("knowledge.citations_required") is True:
        yield "; each cited passage exists and holds the claim"


def _rule(text: str, rule: str) -> Figure:
    return figure(text, Source(kind=SourceKind.CLAIMED, ref=f"rule {rule}"))


def _stage(name: str, how: Sentence) -> Mapping[str, Any]:
    return {"stage": name, "how": how}

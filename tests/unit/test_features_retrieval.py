"""Retrieval as a designed part: every stage from documents to the prompt, and where context comes from at run time."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from maquette.bundle.diagrams.drawing import diagrams
from maquette.bundle.diagrams.model import Flow
from maquette.bundle.documents.context_budget import budget_rows
from maquette.bundle.documents.retrieval_design import retrieval_design_view
from maquette.bundle.inputs import BundleInputs
from maquette.cost.side.index_plan import index_plan
from maquette.cost.side_settings import CostSettings, RetrievalSettings
from maquette.rules.report import Strength
from tests import bundle_world as world
from tests.document_view_world import said, section, seen_of
from tests.document_world import scenario_inputs
from tests.rule_world import CODER, TRIAGE
from tests.side_world import basis

RAG = world.rule("R-RAG-01", Strength.STRONG, "Hybrid retrieval", knowledge="rag", retrieval="hybrid_rerank")
KNOWING = {
    **world.ANSWERS,
    "tokens.input_p99": 12_000,
    "knowledge.need": "changing",
    "knowledge.corpus_tokens": 1_000_000,
    "knowledge.change_freq": "daily",
    "knowledge.acl": True,
    "knowledge.citations_required": True,
    "data.eval_examples": 120,
}


def searched(answers: Mapping[str, Any] = KNOWING) -> BundleInputs:
    settings = RetrievalSettings(chunk_tok=500, overlap=Decimal("0.1"), rerank="rerank-v4.0-fast")
    plan = index_plan(basis(settings=CostSettings(retrieval=settings)))
    return world.inputs(answers, decision=world.decision(rules=(RAG,)), index=plan)


def flow(inputs: BundleInputs) -> Flow:
    found = diagrams(seen_of(inputs))["data-flow"]
    assert isinstance(found, Flow)
    return found


def test_a_search_is_designed_from_chunking_to_its_evaluation() -> None:
    rows = {row["stage"]: said(row["how"]) for row in retrieval_design_view(seen_of(searched()))["stages"]}
    assert list(rows) == ["chunking", "index", "retrieval", "rerank", "prompt", "evaluation"]
    assert rows["chunking"] == "500 tokens, overlapping by 10 %: 2,223 chunks"
    assert rows["index"].endswith("and words beside them; renewed as the knowledge changes, daily")
    assert rows["retrieval"] == "100 passages by both, merged, of those alone that the caller may read"
    assert rows["rerank"] == "down to 20 passages by rerank-v4.0-fast"
    assert rows["prompt"] == "10,000 tokens, 7.8 % of the window of beta-flash"
    # Wilson at 102 of 120: 77.5 % to 90.3 %
    assert rows["evaluation"] == (
        "recall among the first 20, at least 85 %; 120 show it to within 6.4 points; "
        "each cited passage exists and holds the claim"
    )


def test_an_overlap_that_nobody_set_is_the_one_taken_for_granted() -> None:
    plan = index_plan(basis(settings=CostSettings(retrieval=RetrievalSettings(chunk_tok=500))))
    assert plan is not None
    inputs = world.inputs(KNOWING, decision=world.decision(rules=(RAG,)), index=plan)
    (first, *_) = retrieval_design_view(seen_of(inputs))["stages"]
    assert said(first["how"]).startswith("500 tokens, overlapping by 10 %: ")


def test_the_document_of_retrieval_has_these_stages_and_one_without_an_index_has_none() -> None:
    text = world.texts(searched())["docs/11-rag-design.md"]
    assert "| rerank | down to 20 passages by rerank-v4.0-fast |" in section(text, "From documents to the prompt")
    assert retrieval_design_view(seen_of(scenario_inputs(CODER)))["stages"] == []


def test_passages_have_their_own_part_of_the_window() -> None:
    first = budget_rows(seen_of(searched()))[0]
    assert first["passages"]["text"] == "10,000 tokens"
    assert first["rest"]["text"] == "2,000 tokens"  # 12,000 of the longest request, no prefix
    assert first["left"]["text"] == "116,000 tokens"  # 128,000 - 12,000 - twice 14, to three digits


def test_passages_that_the_stated_longest_request_cannot_hold_come_on_top_of_it() -> None:
    first = budget_rows(seen_of(searched({**KNOWING, "tokens.input_p99": 3000})))[0]
    assert (first["passages"]["text"], first["rest"]["text"]) == ("10,000 tokens", "3,000 tokens")
    assert first["left"]["text"] == "115,000 tokens"  # 128,000 - 13,000 - twice 14, to three digits
    assert "tokens.input_p99 + passages, which it cannot hold" in first["left"]["ref"]


def test_the_source_of_context_is_an_edge_of_the_data_flow() -> None:
    shown = flow(searched())
    lines = {(one.start, one.end): one.label for one in shown.edges}
    assert lines["sources", "index"] == "documents, when they change"
    assert lines["retrieval", "index"] == "search"
    node = next(one for one in shown.nodes if one.key == "sources")
    assert (node.what, node.why) == (
        "1,000,000, changes: daily",
        "knowledge.need = changing (required: answer knowledge.need)",
    )
    live = {(one.start, one.end): one.label for one in flow(scenario_inputs(CODER)).edges}
    assert live["retrieval", "sources"] == "reads within the caller's rights"
    assert "sources" not in {one.key for one in flow(scenario_inputs(TRIAGE)).nodes}

"""The retrieval design: when it is written, the arithmetic of an index, rights, freshness, gates."""

from dataclasses import replace
from decimal import Decimal

from maquette.bundle.documents.retrieval_design import retrieval_design_view
from maquette.cost.side.index_plan import IndexPlan, index_plan
from maquette.cost.side_settings import CostSettings, RetrievalSettings
from maquette.rules.report import Strength
from tests import bundle_world as world
from tests.document_view_world import said, section, seen_of
from tests.document_world import SCENARIOS, scenario_inputs, scenario_texts
from tests.rule_world import CODER
from tests.side_world import basis

RAG = world.rule("R-RAG-01", Strength.STRONG, "Hybrid retrieval", knowledge="rag", retrieval="hybrid_rerank")


def plan(**settings: object) -> IndexPlan:
    """An index over a million tokens."""
    chosen = RetrievalSettings(chunk_tok=500, overlap=Decimal("0.1"), **settings)  # type: ignore[arg-type]  # by name
    found = index_plan(basis(settings=CostSettings(retrieval=chosen)))
    assert found is not None
    return found


def test_it_is_written_only_where_retrieval_is_decided() -> None:
    written = {name for name in SCENARIOS if "docs/11-rag-design.md" in scenario_texts(name)}
    assert written == {CODER}


def test_an_index_is_reckoned_from_the_corpus() -> None:
    inputs = world.inputs(decision=world.decision(rules=(RAG,)), index=plan())
    rows = {row["what"]: row["figure"] for row in retrieval_design_view(seen_of(inputs))["index"]}
    # 1,000,000 / (500 x 0.9) = 2,223 chunks; 1,000,000 + 2,222 x 50 = 1,111,100 tokens
    assert rows["chunks"]["text"] == "2,223"
    assert rows["tokens to embed, once"]["text"] == "1,110,000"
    # 2,223 x 1,000 numbers x 4 bytes x 1.2 = 10.7 MB, and 2,223 x 500 x 4 bytes of text = 4.4 MB
    assert rows["size of the index"]["text"].startswith("0.0151")
    assert rows["of it in memory"]["text"].startswith("0.0107")


def test_a_search_that_needs_no_index_says_what_one_would_be() -> None:
    text = scenario_texts(CODER)["docs/11-rag-design.md"]
    decided = section(text, "What is decided")
    assert "400,000,000 tokens fills 400 windows of claude-sonnet-5-5: it is searched by tools at run time." in decided
    gates = section(text, "Gates of retrieval")
    assert "by more than 8.0 points; 120 examples cannot show the 3 points of the rule" in gates
    assert "finds 0 passages of a protected document" in section(text, "Gates of retrieval")
    assert "the caller's rights" in section(text, "Freshness")


def test_the_index_is_renewed_as_often_as_the_knowledge_changes() -> None:
    inputs = world.inputs(
        {**world.ANSWERS, "knowledge.change_freq": "daily", "knowledge.corpus_tokens": 1_000_000},
        decision=world.decision(rules=(RAG,)), index=plan(churn_share_month=Decimal("0.3")),
    )  # fmt: skip
    seen = seen_of(inputs)
    seen.facts.values = {**seen.facts.values, "knowledge.change_freq": "daily"}
    rows = {row["what"]: said(row["then"]) for row in retrieval_design_view(seen)["fresh"]}
    assert rows["re-index"] == "changed documents every 1 day, as they change daily"
    # 1,111,100 x 0.3
    assert rows["embedded again"] == "333,000 tokens a month, 30 % of the knowledge"


def test_recall_gates_name_their_rules() -> None:
    inputs = world.inputs(decision=world.decision(rules=(RAG,)))
    gates = {row["gate"]: said(row["need"]) for row in retrieval_design_view(seen_of(inputs))["gates"]}
    assert gates["recall among the first twenty"] == "at least 85 %"
    assert gates["dense search alone"] == "reaches 95 %: then lexical search and rerank go"


def test_a_fired_rule_is_a_row_with_what_overturns_it() -> None:
    inputs = world.inputs(decision=world.decision(rules=(RAG,)))
    (row,) = retrieval_design_view(seen_of(inputs))["design"]
    assert (row["choice"], row["rule"]) == ("Hybrid retrieval", "R-RAG-01")


def test_a_larger_corpus_makes_a_larger_index() -> None:
    small, large = (index_plan(basis(knowledge__corpus_tokens=tok)) for tok in (1_000_000, 2_000_000))
    assert small is not None
    assert large is not None
    assert large.chunks.count.base > small.chunks.count.base
    assert not small.named


def test_no_index_is_reckoned_where_the_data_stays_and_no_model_is_named() -> None:
    assert index_plan(basis(data__external_processing_allowed=False)) is None
    assert index_plan(basis(knowledge__corpus_tokens=0)) is None


def test_without_retrieval_nothing_changes_with_the_index() -> None:
    inputs = replace(scenario_inputs("g_hr_policy_small"), index=plan())
    assert "docs/11-rag-design.md" not in world.texts(inputs)

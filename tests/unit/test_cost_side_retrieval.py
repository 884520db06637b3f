"""What an index costs: embedded once and where it changes, kept, searched, reranked. Every sum is done by hand here."""

from decimal import Decimal
from typing import Any

import pytest

from maquette.cost.side.retrieval import has_retrieval, retrieval_costs
from maquette.cost.side_lines import LineGroup, SideCosts
from maquette.cost.side_settings import CostSettings, RetrievalSettings
from tests.side_world import always, basis, figures, line, names

RAG = {"knowledge": "rag"}
SAID: dict[str, Any] = {"chunk_tok": 500, "overlap": Decimal("0.1"), "churn_share_month": Decimal(0)}


def costs(slots: dict[str, object] | None = None, facts: dict[str, Any] | None = None, **said: Any) -> SideCosts:
    settings = CostSettings(retrieval=RetrievalSettings(**{**SAID, **said}))
    return retrieval_costs(basis(settings=settings, slots=slots or {}, **(facts or {})))


@pytest.mark.parametrize(
    ("slots", "facts", "has"),
    [
        ({"knowledge": "rag"}, {}, True),
        ({"knowledge": "long_context"}, {}, False),
        ({}, {}, False),
        ({}, {"design__adaptation": "rag"}, True),
        ({"knowledge": "rag", "retrieval": "agentic_search"}, {}, False),
    ],
)
def test_a_design_has_an_index_where_the_rules_or_the_design_say_so(
    slots: dict[str, object], facts: dict[str, Any], has: bool
) -> None:
    made = basis(slots=slots, **facts)
    assert has_retrieval(made) is has
    assert bool(retrieval_costs(made).lines) is has


def test_the_knowledge_is_embedded_once_with_its_overlaps() -> None:
    # A chunk of 500 tokens with a tenth of overlap brings 450 new ones: ceil(1,000,000 / 450) = 2,223 chunks. All but
    # the first repeat 50 tokens: 1,000,000 + 2,222 * 50 = 1,111,100 tokens.
    found = line(costs(), "embed the knowledge")
    assert (found.fixed, found.per_request) == (always("1111100"), always("0"))
    assert (found.from_month, found.to_month, found.group) == (1, 1, LineGroup.RETRIEVAL)
    assert (found.usd_per_unit, found.price_key) == (Decimal("0.00000002"), "input_cost_per_token")


def test_what_changes_is_embedded_again_from_the_second_month() -> None:
    # A fifth of 1,111,100 tokens a month.
    found = line(costs(churn_share_month=Decimal("0.2")), "embed what changes")
    assert (found.fixed, found.from_month, found.to_month) == (always("222220"), 2, None)
    assert "embed what changes" not in names(costs())


def test_the_frequency_of_change_is_a_band_while_nobody_says_a_share() -> None:
    # Monthly: 2 %, 10 % and everything of 1,111,100 tokens.
    found = costs(facts={"knowledge__change_freq": "monthly"}, churn_share_month=None)
    assert line(found, "embed what changes").fixed == figures("22222", "111110", "1111100")
    (noted,) = (one for one in found.assumptions if one.name == "share of the knowledge that changes in a month")
    assert (noted.low, noted.value, noted.high) == ("0.02", "0.1", "1")
    assert "monthly" in noted.source.ref


def test_the_index_is_as_large_as_its_vectors_their_graph_and_the_text() -> None:
    # 2,223 chunks * 1,000 numbers * 4 bytes = 8,892,000, times 1, 1.2 and 1.5; and 2,223 * 500 tokens * 4 = 4,446,000.
    found = line(costs(vector_store="store"), "vector store, storage")
    assert found.fixed == figures("0.013338", "0.0151164", "0.017784")
    assert (found.unit, found.usd_per_unit) == ("GB-month", Decimal("0.5"))


def test_a_search_passes_the_index_and_at_least_what_the_store_counts() -> None:
    assert line(costs(vector_store="store"), "vector store, searches").per_request == always("0.25")
    # A hundred times the tokens: ceil(100,000,000 / 450) = 222,223 chunks of 4,000 bytes and 2,000 of text.
    large = costs(facts={"knowledge__corpus_tokens": 100_000_000}, vector_store="store")
    assert line(large, "vector store, searches").per_request == figures("1.333338", "1.5111164", "1.777784")


def test_the_least_charge_of_a_store_is_paid_beyond_its_use() -> None:
    # 1,000 requests * 30.4 days * 0.25 GB * 0.00002 = 0.152 USD; 0.013338 GB * 0.5 = 0.006669 USD; 50 less both.
    found = line(costs(vector_store="store"), "vector store, up to its least charge")
    assert found.fixed.low == Decimal("50") - Decimal("0.152") - Decimal("0.006669")
    assert found.usd_per_unit == 1
    busy = costs(facts={"scale__requests_per_day": 1_000_000}, vector_store="store")
    assert "vector store, up to its least charge" not in names(busy)


def test_writes_are_the_index_once_and_then_what_changes() -> None:
    found = costs(vector_store="store", churn_share_month=Decimal("0.5"))
    assert line(found, "vector store, first write").fixed.base == Decimal("0.0151164")
    assert (line(found, "vector store, first write").from_month, line(found, "vector store, first write").to_month) == (
        1,
        1,
    )
    assert line(found, "vector store, writes").fixed.base == Decimal("0.0075582")


def test_a_store_on_machines_runs_the_smallest_that_holds_the_vectors() -> None:
    # 2,223 * 1,000 * 4 * 1.5 = 13 MB: the small one, 730 hours of a month.
    found = line(costs(vector_store="machines"), "vector store, machine")
    assert (found.fixed, found.usd_per_unit) == (always("730"), Decimal("0.02"))
    # 222,223 chunks take 1,333 MB, which is 1.24 GiB: the large one.
    more = costs(facts={"knowledge__corpus_tokens": 100_000_000}, vector_store="machines")
    assert line(more, "vector store, machine").usd_per_unit == Decimal("0.1")


def test_an_index_that_no_machine_of_the_store_holds_is_left_out_with_the_reason() -> None:
    # 2,222,223 chunks * 4,000 bytes * 1.5 = 13.3 GB, which is 12.4 GiB.
    found = costs(facts={"knowledge__corpus_tokens": 1_000_000_000}, vector_store="machines")
    assert "vector store, machine" not in names(found)
    (why,) = found.left_out
    assert "12.4 GiB" in why
    assert "large has 8" in why


def test_every_request_embeds_its_search() -> None:
    assert line(costs(), "embed searches").per_request == figures("10", "50", "200")
    short = costs(facts={"tokens__input_avg": 30})
    assert line(short, "embed searches").per_request == figures("10", "30", "30")


def test_reranking_is_one_search_for_each_hundred_passages() -> None:
    found = line(costs(rerank="rerank-v4.0-fast", candidates=150), "rerank")
    assert (found.per_request, found.usd_per_unit) == (always("2"), Decimal("0.002"))


def test_reranking_by_the_token_reads_passages_and_the_search_each_time() -> None:
    # 20 passages * (500 + 10, 50, 200).
    found = line(costs(rerank="rerank-by-token", candidates=20), "rerank")
    assert found.per_request == figures("10200", "11000", "14000")


def test_the_rules_bring_reranking_and_none_takes_it_out() -> None:
    proposed: dict[str, object] = {"knowledge": "rag", "retrieval": "hybrid_rerank"}
    assert "rerank" in names(costs(proposed))
    assert "rerank" not in names(costs(proposed, rerank="none"))
    assert "rerank" not in names(costs())


def test_nobody_saying_how_large_the_knowledge_is_is_told_and_no_index_is_priced() -> None:
    found = costs(facts={"knowledge__corpus_tokens": 0})
    assert found.left_out == ("the index: nobody says how large the knowledge is (knowledge.corpus_tokens)",)
    assert names(found) == ["embed searches"]


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"vector_store": "shelf"}, "no service shelf (cost.retrieval.vector_store: store, machines)"),
        ({"embedding_model": "nonesuch"}, "embedding with nonesuch"),
        ({"rerank": "nonesuch"}, "reranking with nonesuch"),
    ],
)
def test_what_the_catalog_does_not_know_is_left_out_by_name(said: dict[str, Any], told: str) -> None:
    found = costs(**said)
    assert any(told in one for one in found.left_out)


def test_data_that_stays_inside_takes_no_service_for_granted() -> None:
    found = retrieval_costs(basis(slots=dict(RAG), data__external_processing_allowed=False))
    assert found.lines == ()
    assert any("cost.retrieval.embedding_model" in one for one in found.left_out)


def test_what_is_not_said_is_assumed_with_its_band_and_its_reason() -> None:
    found = retrieval_costs(basis(slots=dict(RAG)))
    noted = {one.name: one for one in found.assumptions}
    chunk = noted["tokens of a chunk"]
    assert (chunk.low, chunk.value, chunk.high) == ("256", "500", "800")
    assert noted["overlap of chunks"].value == "0.1"
    assert noted["vector store"].value == "store"
    assert noted["embedding model"].value == "text-embedding-3-small"
    assert all(one.source.ref for one in found.assumptions)

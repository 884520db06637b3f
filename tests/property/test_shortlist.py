"""What holds for every shortlist: it adds up, it is monotone in the budget, and the unknown excludes nobody."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from maquette.adapters.question_files import load_questions
from maquette.catalog.cards import Capability, Catalog, Hosting, ModelCard
from maquette.catalog.shortlist import Fit, Quality
from maquette.catalog.shortlisting import shortlist, why_not
from maquette.catalogs import load_catalog
from maquette.foundation.problems import NotFound
from maquette.foundation.sources import Source, SourceKind
from maquette.requirements.answers import Requirements, known_facts

TODAY = date(2026, 11, 21)
BOOK = load_questions()
EVERYTHING = load_catalog()
# A tenth of the catalog keeps each example quick; what is proved does not depend on which tenth.
CATALOG = Catalog(
    cards={name: card for index, (name, card) in enumerate(EVERYTHING.cards.items()) if index % 10 == 0},
    prices_as_of=EVERYTHING.prices_as_of,
    snapshot_digest="part",
)

answers = st.fixed_dictionaries(
    {},
    optional={
        "io.input_modalities": st.sampled_from([("text",), ("text", "image"), ("pdf",), ("audio",)]),
        "io.output_format": st.sampled_from(["json", "label", "free_text", "tool_calls"]),
        "data.residency": st.sampled_from(["none", "us", "eu", "on_prem_only"]),
        "data.external_processing_allowed": st.booleans(),
        "providers.allowed": st.sampled_from([(), ("openai",), ("bedrock", "local")]),
        "tokens.input_avg": st.integers(1, 200_000),
        "tokens.output_avg": st.integers(1, 5000),
        "tokens.shared_prefix": st.integers(0, 5000),
        "tokens.input_p99": st.integers(1, 1_000_000),
        "scale.requests_per_day": st.integers(0, 1_000_000),
        "budget.monthly_usd": st.integers(0, 100_000),
    },
)


def facts(given_answers: dict[str, Any]) -> dict[str, Any]:
    return known_facts(Requirements(answers=given_answers), BOOK)


@settings(max_examples=40, deadline=None)
@given(answers)
def test_counts_add_up(said: dict[str, Any]) -> None:
    found = shortlist(CATALOG, facts(said), today=TODAY)
    assert len(found.candidates) + sum(found.funnel.values()) == len(CATALOG.cards)
    assert sum(found.funnel.values()) == len(found.exclusions)
    assert all((candidate.fit is Fit.FITS) == (not candidate.unverified) for candidate in found.candidates)


@settings(max_examples=40, deadline=None)
@given(answers, st.integers(0, 50_000))
def test_a_larger_budget_never_loses_a_candidate(said: dict[str, Any], more: int) -> None:
    smaller = {**said, "budget.monthly_usd": said.get("budget.monthly_usd", 100)}
    larger = {**smaller, "budget.monthly_usd": smaller["budget.monthly_usd"] + more}
    before = {c.card.id for c in shortlist(CATALOG, facts(smaller), today=TODAY).candidates}
    after = {c.card.id for c in shortlist(CATALOG, facts(larger), today=TODAY).candidates}
    assert before <= after


@settings(max_examples=20, deadline=None)
@given(answers, st.sampled_from(sorted({"budget.monthly_usd", "tokens.input_p99", "data.residency"})))
def test_not_knowing_an_answer_never_excludes_anybody(said: dict[str, Any], forgotten: str) -> None:
    known = facts(said)
    unknown = {name: value for name, value in known.items() if name != forgotten}
    before = {c.card.id for c in shortlist(CATALOG, known, today=TODAY).candidates}
    assert before <= {c.card.id for c in shortlist(CATALOG, unknown, today=TODAY).candidates} | _only_shorter(forgotten)


def _only_shorter(forgotten: str) -> set[str]:
    """Without the longest prompt the average one stands in, which can only be met by more models."""
    return set() if forgotten != "tokens.input_p99" else {card.id for card in CATALOG.cards.values()}


def card(name: str, **changes: Any) -> ModelCard:
    source = Source(kind=SourceKind.CLAIMED, ref="test")
    values: dict[str, Any] = {"id": name, "provider": "p", "hosting": Hosting.API, "source": source}
    return ModelCard(**{**values, **changes})


@pytest.mark.parametrize(("said", "fit"), [(True, Fit.FITS), (None, Fit.UNVERIFIED), (False, None)])
def test_a_capability_is_three_valued(said: bool | None, fit: Fit | None) -> None:
    capabilities = {} if said is None else {Capability.VISION: said}
    priced = EVERYTHING.cards["gpt-6-luna"].price
    catalog = Catalog(
        cards={"m": card("m", capabilities=capabilities, price=priced)}, prices_as_of=TODAY, snapshot_digest="x"
    )
    found = shortlist(catalog, {"io.input_modalities": ("image",)}, today=TODAY)
    assert [candidate.fit for candidate in found.candidates] == ([] if fit is None else [fit])
    assert found.funnel["input"] == (1 if fit is None else 0)


def test_the_front_holds_what_nothing_beats() -> None:
    ids = ["gpt-6-luna", "claude-haiku-5-5", "claude-sonnet-5-5"]
    catalog = Catalog(cards={i: EVERYTHING.cards[i] for i in ids}, prices_as_of=TODAY, snapshot_digest="x")
    run = Source(kind=SourceKind.MEASURED, ref="r-001")
    measured = {
        "gpt-6-luna": Quality(value=0.8, source=run),
        "claude-haiku-5-5": Quality(value=0.7, source=run),
        "claude-sonnet-5-5": Quality(value=0.9, source=run),
    }
    said = {"tokens.input_avg": 1000, "tokens.output_avg": 100, "scale.requests_per_day": 1000}
    found = {c.card.id: c for c in shortlist(catalog, facts(said), today=TODAY, measured=measured).candidates}
    assert {name for name, candidate in found.items() if candidate.on_front} == {"gpt-6-luna", "claude-sonnet-5-5"}
    assert found["claude-haiku-5-5"].dominated_by == "gpt-6-luna"


def test_a_model_past_its_last_day_is_out_and_one_near_it_is_flagged() -> None:
    priced = EVERYTHING.cards["gpt-6-luna"].price
    cards = {
        "past": card("past", price=priced, retires_on=date(2026, 11, 20)),
        "near": card("near", price=priced, retires_on=date(2027, 2, 1)),
    }
    found = shortlist(
        Catalog(cards=cards, prices_as_of=TODAY, snapshot_digest="x"), {"lifecycle.horizon_months": 12}, today=TODAY
    )
    assert [(out.card.id, out.filter) for out in found.exclusions] == [("past", "retired")]
    assert found.candidates[0].cautions == ("Retires on 2027-02-01, in 72 days.",)


def test_the_whole_catalog_knows_the_scenario_models_and_proposes_close_names() -> None:
    found = shortlist(EVERYTHING, facts({}), today=TODAY)
    assert found.catalog_size == len(EVERYTHING.cards) > 3000
    with pytest.raises(NotFound) as caught:
        why_not(found, "gpt-6-lunar")
    assert "gpt-6-luna" in caught.value.fix


def test_ten_open_weights_models_name_their_sources() -> None:
    weights = [card for card in EVERYTHING.cards.values() if card.hosting is Hosting.OPEN_WEIGHTS]
    assert len(weights) == 10
    assert all(card.source.ref and card.source.as_of and card.weights for card in weights)
    llama = EVERYTHING.cards["open/llama-3.3-70b-instruct"].weights
    assert llama is not None
    # 80 layers * 8 KV heads * 128 * 2 (K and V) * 2 bytes
    assert (llama.kv_bytes_per_tok, llama.params_b) == (327_680, Decimal("70.55"))

"""A filter line on candidates: three-valued terms, own machines anywhere, orders with the unknown last."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from maquette.catalog.cards import Capability, Hosting
from maquette.catalog.filter_terms import HELP, parse
from maquette.catalog.filtering import apply, released, strange_word
from maquette.catalog.licences import Commercial, Licence
from maquette.catalog.shortlist import Candidate
from maquette.catalog.shortlisting import shortlist
from maquette.catalog.weights import Weights
from tests.shortlist_world import EVERYTHING, TODAY, card, catalog, facts, price


def weights(params_b: str, licence: str) -> Weights:
    return Weights(
        params_b=Decimal(params_b),
        active_params_b=None,
        layers=None,
        attention=None,
        native_quantisation=None,
        licence=licence,
        terms=Licence(id=licence, name=licence, commercial=Commercial.YES, clauses=(), source=None),
    )


CARDS = catalog(
    card(
        "openai/gpt-small-20260301",
        provider="openai",
        price=price("0.2", "0.8"),
        context_tok=128_000,
        capabilities={Capability.JSON_SCHEMA: True, Capability.TOOLS: False},
        regions=("us", "eu"),
    ),
    card(
        "mistral/large-2026-05-07",
        provider="mistral",
        price=price("2", "6"),
        context_tok=32_000,
        capabilities={Capability.TOOLS: True},
        regions=("eu",),
        retires_on=date(2027, 6, 30),
    ),
    card("vague", provider="somebody", price=price("1", "1")),
    card("open/gemma-4-9b", provider="open weights", hosting=Hosting.OPEN_WEIGHTS, weights=weights("9", "gemma")),
)
SAID = facts({"tokens.input_avg": 1000, "tokens.output_avg": 1000, "scale.requests_per_day": 1000})
CANDIDATES = shortlist(CARDS, SAID, today=TODAY).candidates
SHORT = {"openai/gpt-small-20260301": "gpt", "mistral/large-2026-05-07": "mistral", "vague": "vague"}


def kept(line: str) -> list[str]:
    return [SHORT.get(candidate.card.id, "gemma") for candidate in apply(parse(line), CANDIDATES)]


@pytest.mark.parametrize(
    ("line", "names"),
    [
        ("json", {"gpt"}),
        ("?json", {"gpt", "mistral", "vague", "gemma"}),
        ("!tools", {"gpt", "vague", "gemma"}),
        ("?tools", {"mistral", "vague", "gemma"}),
        ("eu", {"gpt", "mistral", "gemma"}),
        ("us", {"gpt", "gemma"}),
        ("?us", {"gpt", "vague", "gemma"}),
        ("ctx>=32k", {"gpt", "mistral"}),
        ("ctx>32k", {"gpt"}),
        ("?ctx>32k", {"gpt", "vague", "gemma"}),
        ("in<0.5", {"gpt"}),
        ("out$<=1", {"gpt", "vague"}),
        # (0.2 + 0.8) / 1000 a request, 30.4 times 1000 requests a month
        ("$<=30.4", {"gpt"}),
        ("$<30.4", set()),
        ("$/req<=0.002", {"gpt", "vague"}),
        ("provider:openai", {"gpt"}),
        ("!provider:openai,mistral", {"vague", "gemma"}),
        ("host:open", {"gemma"}),
        ("host:api", {"gpt", "mistral", "vague"}),
        ("maker:google", {"gemma"}),
        ("licence:gem", {"gemma"}),
        ("params<=9b", {"gemma"}),
        ("params<9", set()),
        ("retires>2026", {"gpt", "mistral", "vague", "gemma"}),
        ("retires>2027", {"gpt", "vague", "gemma"}),
        ("retires<=2027-06", {"mistral"}),
        ("small", {"gpt"}),
        ("!small fits", {"mistral"}),
        ("id:gemma !fits", {"gemma"}),
    ],
)
def test_a_line_keeps_what_it_says(line: str, names: set[str]) -> None:
    assert set(kept(line)) == names


@pytest.mark.parametrize(
    ("line", "names"),
    [
        ("by:cost", ["gpt", "vague", "mistral", "gemma"]),
        ("by:cost-", ["mistral", "vague", "gpt", "gemma"]),
        ("by:ctx", ["gpt", "mistral"]),
        ("by:release", ["mistral", "gpt"]),
        ("by:name top:2", ["mistral", "gemma"]),
    ],
)
def test_an_order_puts_the_unknown_last_whichever_way_it_goes(line: str, names: list[str]) -> None:
    assert kept(line)[: len(names)] == names
    assert len(kept(line)) == (2 if "top" in line else 4)


def test_a_release_is_the_day_in_the_id_or_unknown() -> None:
    assert released(CARDS.cards["mistral/large-2026-05-07"]) == date(2026, 5, 7)
    assert released(card("gpt-4-20261399")) is None
    assert released(card("gpt-6-luna")) is None


def test_a_word_that_no_id_holds_is_answered_with_the_nearest_term() -> None:
    said = strange_word(parse("json visionn"), CANDIDATES)
    assert said == "No model here has 'visionn' in its id. Did you mean vision?"
    assert strange_word(parse("large"), CANDIDATES) is None


ALL = shortlist(EVERYTHING, SAID, today=TODAY).candidates
TERMS = [term for form, _ in HELP for term in form.split() if not term.startswith(("by:", "top:"))]


def ids(line: str) -> set[str]:
    return {candidate.card.id for candidate in apply(parse(line), ALL)}


@pytest.mark.parametrize("term", [term for term in TERMS if not any(op in term for op in "<>=")])
def test_a_term_and_its_negation_share_out_the_candidates(term: str) -> None:
    plain = term.lstrip("!?")
    assert ids(plain).isdisjoint(ids(f"!{plain}"))
    assert ids(plain) | ids(f"!{plain}") == {candidate.card.id for candidate in ALL}


@settings(max_examples=40, deadline=None)
@given(st.lists(st.sampled_from(TERMS), max_size=4, unique=True), st.sampled_from(TERMS))
def test_a_further_term_only_takes_models_out_and_their_sequence_does_not_matter(terms: list[str], more: str) -> None:
    before = ids(" ".join(terms))
    assert ids(" ".join([*terms, more])) <= before
    assert ids(" ".join(reversed(terms))) == before


def test_the_sequence_of_the_candidates_is_kept_without_an_order() -> None:
    found: tuple[Candidate, ...] = apply(parse("json"), ALL)
    assert [c.card.id for c in found] == [c.card.id for c in ALL if c.card.can(Capability.JSON_SCHEMA)]

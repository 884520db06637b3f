"""What holds for every shortlist: it adds up, it is monotone in the budget, and the unknown excludes nobody."""

from datetime import date
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from maquette.catalog.cards import Capability, Mode
from maquette.catalog.data_filters import PROVIDERS
from maquette.catalog.dominance import Standing, beaten
from maquette.catalog.filters import FILTER_FACTS
from maquette.catalog.reasons import why_not
from maquette.catalog.shortlist import Fit, Quality
from maquette.catalog.shortlisting import shortlist
from maquette.foundation.problems import NotFound
from maquette.foundation.sources import Source, SourceKind
from maquette.foundation.units import Usd
from tests.shortlist_world import BOOK, EVERYTHING, TENTH, TODAY, answers, card, catalog, facts


@settings(max_examples=40, deadline=None)
@given(answers)
def test_counts_add_up(said: dict[str, Any]) -> None:
    found = shortlist(TENTH, facts(said), today=TODAY)
    assert len(found.candidates) + sum(found.funnel.values()) == len(TENTH.cards)
    assert sum(found.funnel.values()) == len(found.exclusions)
    assert all((candidate.fit is Fit.FITS) == (not candidate.unverified) for candidate in found.candidates)


@settings(max_examples=40, deadline=None)
@given(answers, st.integers(0, 50_000))
def test_a_larger_budget_never_loses_a_candidate(said: dict[str, Any], more: int) -> None:
    smaller = {**said, "budget.monthly_usd": said.get("budget.monthly_usd", 100)}
    larger = {**smaller, "budget.monthly_usd": smaller["budget.monthly_usd"] + more}
    before = {c.card.id for c in shortlist(TENTH, facts(smaller), today=TODAY).candidates}
    after = {c.card.id for c in shortlist(TENTH, facts(larger), today=TODAY).candidates}
    assert before <= after


REPLACED = {"tokens.input_p99", "tokens.output_max"}
"""While nobody knows the longest prompt or answer, the average one stands in."""
# The memory of a machine that nobody described cannot be too small; the traffic changes what is compared, not who may.
ALONE = sorted(set(FILTER_FACTS) - REPLACED - {"latency.mode", "tokens.shared_prefix"})


@settings(max_examples=40, deadline=None)
@given(answers, st.sampled_from(ALONE))
def test_not_knowing_an_answer_never_excludes_anybody(said: dict[str, Any], forgotten: str) -> None:
    # On a device the GPUs of the answers are of no use; without that answer their memory is what counts.
    assume(not (forgotten == "data.residency" and said.get(forgotten) == "on_device"))
    known = facts(said)
    unknown = {name: value for name, value in known.items() if name != forgotten}
    before = {c.card.id for c in shortlist(TENTH, known, today=TODAY).candidates}
    assert before <= {c.card.id for c in shortlist(TENTH, unknown, today=TODAY).candidates}


def test_every_fact_that_excludes_is_a_question_and_every_provider_a_choice() -> None:
    assert set(FILTER_FACTS) <= set(BOOK.questions)
    assert tuple(PROVIDERS) == BOOK.questions["providers.allowed"].choices


@pytest.mark.parametrize(("said", "fit"), [(True, Fit.FITS), (None, Fit.UNVERIFIED), (False, None)])
def test_a_capability_is_three_valued(said: bool | None, fit: Fit | None) -> None:
    capabilities = {} if said is None else {Capability.VISION: said}
    priced = EVERYTHING.cards["gpt-6-luna"].price
    found = shortlist(
        catalog(card("m", capabilities=capabilities, price=priced)),
        {"io.input_modalities": ("image",)},
        today=TODAY,
    )
    assert [candidate.fit for candidate in found.candidates] == ([] if fit is None else [fit])
    assert found.funnel["input"] == (1 if fit is None else 0)


@pytest.mark.parametrize("mode", [mode for mode in Mode if mode is not Mode.CHAT])
def test_what_makes_no_text_is_out_first(mode: Mode) -> None:
    found = shortlist(catalog(card("m", mode=mode)), {}, today=TODAY)
    assert [out.filter for out in found.exclusions] == ["kind"]


def test_the_front_holds_what_nothing_beats() -> None:
    ids = ["gpt-6-luna", "claude-haiku-5-5", "claude-sonnet-5-5"]
    run = Source(kind=SourceKind.MEASURED, ref="r-001")
    measured = {
        "gpt-6-luna": Quality(value=0.8, source=run),
        "claude-haiku-5-5": Quality(value=0.7, source=run),
        "claude-sonnet-5-5": Quality(value=0.9, source=run),
    }
    said = {"tokens.input_avg": 1000, "tokens.output_avg": 100, "scale.requests_per_day": 1000}
    cards = catalog(*(EVERYTHING.cards[name] for name in ids))
    found = {c.card.id: c for c in shortlist(cards, facts(said), today=TODAY, measured=measured).candidates}
    assert {name for name, candidate in found.items() if candidate.on_front} == {"gpt-6-luna", "claude-sonnet-5-5"}
    assert found["claude-haiku-5-5"].dominated_by == "gpt-6-luna"


figures = st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), max_size=25)


@settings(max_examples=200, deadline=None)
@given(figures)
def test_one_pass_finds_whoever_every_pair_would(pairs: list[tuple[int, int]]) -> None:
    all_of = [Standing(model=f"m{i}", usd=Usd(usd), value=value / 6) for i, (usd, value) in enumerate(pairs)]
    by_name = {one.model: one for one in all_of}

    def beats(one: Standing, other: Standing) -> bool:
        as_good = one.usd <= other.usd and one.value >= other.value
        return as_good and (one.usd < other.usd or one.value > other.value)

    found = beaten(all_of)
    assert set(found) == {other.model for other in all_of if any(beats(one, other) for one in all_of)}
    assert all(beats(by_name[by], by_name[lost]) for lost, by in found.items())


def test_a_model_past_its_last_day_is_out_and_one_near_it_is_flagged() -> None:
    priced = EVERYTHING.cards["gpt-6-luna"].price
    found = shortlist(
        catalog(
            card("past", price=priced, retires_on=date(2026, 11, 20)),
            card("near", price=priced, retires_on=date(2027, 2, 1)),
        ),
        {"lifecycle.horizon_months": 12},
        today=TODAY,
    )
    assert [(out.card.id, out.filter) for out in found.exclusions] == [("past", "retired")]
    assert found.candidates[0].cautions == ("Retires on 2027-02-01, in 72 days.",)


def test_the_whole_catalog_knows_the_scenario_models_and_proposes_close_names() -> None:
    found = shortlist(EVERYTHING, facts({}), today=TODAY)
    assert found.catalog_size == len(EVERYTHING.cards) > 3000
    with pytest.raises(NotFound) as caught:
        why_not(found, "gpt-6-lunar")
    assert "gpt-6-luna" in caught.value.fix

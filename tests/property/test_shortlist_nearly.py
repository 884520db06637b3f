"""A proposed change yields exactly the models that it names, and no smaller change of that number does."""

from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from maquette.catalog.checks import Needs
from maquette.catalog.easing import EASINGS, ThresholdEasing
from maquette.catalog.nearly import Near, foremost, nearly, smallest_changes
from maquette.catalog.shortlist import Fit
from maquette.catalog.shortlisting import shortlist
from tests.shortlist_world import TENTH, TODAY, answers, facts, tight


def candidates(said: dict[str, Any]) -> dict[str, Fit]:
    return {c.card.id: c.fit for c in shortlist(TENTH, said, today=TODAY).candidates}


@settings(max_examples=40, deadline=None)
@given(answers | tight)
def test_a_proposal_gains_exactly_what_it_says_and_loses_nobody(said: dict[str, Any]) -> None:
    known = facts(said)
    before = candidates(known)
    for near in nearly(TENTH, known, TODAY):
        after = candidates({**known, near.requirement: near.proposed})
        assert set(after) - set(before) == set(near.gained), near
        assert set(before) <= set(after), near
        assert near.fit == sum(after[name] is Fit.FITS for name in near.gained), near
        assert near.gained
        assert near.present == known[near.requirement] != near.proposed


@settings(max_examples=40, deadline=None)
@given(answers | tight)
def test_no_smaller_change_of_a_number_does(said: dict[str, Any]) -> None:
    known = facts(said)
    before = candidates(known)
    for near in nearly(TENTH, known, TODAY):
        easing = EASINGS[near.requirement]
        if isinstance(easing, ThresholdEasing):
            fewer = candidates({**known, near.requirement: _one_step_back(near, easing)})
            assert set(fewer) - set(before) < set(near.gained), near


def _one_step_back(near: Near, easing: ThresholdEasing) -> Decimal:
    proposed = Decimal(str(near.proposed))
    back = proposed - easing.step(proposed) if easing.upwards else proposed + 1
    present = Decimal(str(near.present))
    return max(back, present) if easing.upwards else min(back, present)


@settings(max_examples=25, deadline=None)
@given(answers | tight, st.data())
def test_the_smallest_changes_of_one_model_let_it_in_and_without_one_nothing_single_does(
    said: dict[str, Any], data: st.DataObject
) -> None:
    known = facts(said)
    out = shortlist(TENTH, known, today=TODAY).exclusions
    if not out:
        return
    card = data.draw(st.sampled_from(out)).card
    changes = smallest_changes(card, Needs.of(known, TODAY))
    for near in changes:
        assert card.id in candidates({**known, near.requirement: near.proposed})
    gained = {name for near in nearly(TENTH, known, TODAY) for name in near.gained}
    assert changes or card.id not in gained


def test_the_foremost_changes_are_of_different_requirements_first() -> None:
    known = facts({"tokens.input_avg": 1000, "tokens.output_avg": 500, "scale.requests_per_day": 10_000,
                   "budget.monthly_usd": 900, "io.output_format": "json", "data.residency": "eu"})  # fmt: skip
    found = nearly(TENTH, known, TODAY)
    front = foremost(found, 3)
    assert [near.requirement for near in found[:3]] == ["budget.monthly_usd"] * 3
    assert len({near.requirement for near in front}) == 3
    assert front[0] == found[0]
    assert set(foremost(found, 100)) == set(found)

"""What an unknown fact does to the first month: the same projection at both ends, ranked beside what rules do."""

from dataclasses import replace
from decimal import Decimal

import pytest

from maquette.cost.inputs import CostInputs
from maquette.decision.asking import open_questions
from maquette.decision.swinging import PASSES_THE_BUDGET, UNPRICED, CostSwing, End, cost_swings
from maquette.foundation.expression import FactValue
from maquette.foundation.units import DAYS_PER_MONTH
from maquette.rules.judging import judge
from tests.cost_world import PRICES_AS_OF, api, facts
from tests.rule_world import question_book, rule_book

OPTION = api("m", fresh="1", output="5", batch_fresh="0.5", batch_output="2.5", cached="0.1")
MONTH = 1000 * DAYS_PER_MONTH * (2000 * Decimal("0.000001") + 100 * Decimal("0.000005"))


def inputs(unknown: frozenset[str], **changes: FactValue) -> CostInputs:
    return CostInputs(
        facts=facts(unknown=unknown, **changes),
        options=(OPTION,),
        prices_as_of=PRICES_AS_OF,
    )


def swings(unknown: frozenset[str], **changes: FactValue) -> dict[str, CostSwing]:
    return {one.fact: one for one in cost_swings(inputs(unknown, **changes), "m", question_book())}


def test_the_share_that_may_wait_is_the_month_at_full_and_at_batch_prices() -> None:
    found = swings(frozenset({"scale.async_share"}))["scale.async_share"]
    assert (found.low, found.high) == (End(answer="1", usd=MONTH / 2), End(answer="0", usd=MONTH))
    assert (found.usd, found.expected_usd, found.dear) == (MONTH / 2, MONTH, False)
    assert found.words == "month 1 of m: $38.00 (1) to $76.00 (0)"
    assert found.weight == 4


def test_a_swing_across_the_budget_counts_like_a_rule_that_must_be_followed() -> None:
    unknown = frozenset({"scale.async_share"})
    for budget, weight in ((MONTH / 2, PASSES_THE_BUDGET), (MONTH - 1, PASSES_THE_BUDGET), (MONTH, 4), (1, 4)):
        found = swings(unknown, budget__monthly_usd=budget)["scale.async_share"]
        assert found.weight == weight


def test_a_cap_that_changes_only_the_dear_case_says_so() -> None:
    found = swings(frozenset({"tokens.output_max"}))["tokens.output_max"]
    assert found.dear
    assert found.words.startswith("month 1 of m, if it goes badly: ")
    assert found.low is not None
    assert found.low.usd == MONTH


def test_a_known_fact_and_one_that_moves_nothing_in_the_first_month_have_no_swing() -> None:
    assert swings(frozenset()).keys().isdisjoint({"scale.async_share", "tokens.output_max"})
    assert "scale.growth_pct_month" not in swings(frozenset({"scale.growth_pct_month"}))


def test_a_fact_without_which_nothing_is_priced_comes_first() -> None:
    unknown = frozenset({"scale.requests_per_day", "scale.async_share"})
    (found,) = cost_swings(inputs(unknown), None, question_book())
    assert (found.fact, found.weight, found.words) == (
        "scale.requests_per_day",
        UNPRICED,
        "nothing can be projected without it",
    )


@pytest.mark.parametrize("weight", [0, 1, 4, 8])
def test_the_order_of_questions_adds_what_the_cost_does_to_what_the_rules_do(weight: int) -> None:
    known = inputs(frozenset({"scale.async_share"})).facts
    report = judge(rule_book(), known)
    low, high = (
        End(answer="1", usd=Decimal(0)),
        End(answer="0", usd={0: Decimal(1), 1: Decimal(6)}.get(weight, Decimal(60))),
    )
    swing = CostSwing(
        fact="scale.async_share",
        option="m",
        low=low,
        high=high,
        expected_usd=Decimal(100),
        budget_usd_month=Decimal(10) if weight == 8 else None,
    )
    assert swing.weight == weight
    plain = {one.fact: one for one in open_questions(report, question_book(), known)}
    found = open_questions(report, question_book(), known, swings=(swing,))
    by_fact = {one.fact: one for one in found}
    assert by_fact["scale.async_share"].weight == plain["scale.async_share"].weight + weight
    assert [one.weight for one in found] == sorted((one.weight for one in found), reverse=True)


def test_a_fact_that_only_the_projection_reads_is_asked_for_too() -> None:
    known = inputs(frozenset()).facts
    report = judge(rule_book(), known)
    only = replace(
        CostSwing(fact="tokens.output_max", option="m", low=None, high=None),
        low=End(answer="100", usd=Decimal(1)),
        high=End(answer="200", usd=Decimal(2)),
        expected_usd=Decimal(1),
    )
    found = {one.fact: one for one in open_questions(report, question_book(), known, swings=(only,))}
    assert (found["tokens.output_max"].rules, found["tokens.output_max"].weight) == ((), 4)

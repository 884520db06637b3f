"""The cost figures of four made-up systems, computed by an architect with a calculator, from the shipped prices."""

from decimal import Decimal

import pytest

from maquette.catalogs import load_catalog
from maquette.cost.options import CostOption
from maquette.cost.projection import OptionCost
from maquette.foundation.expression import FactValue
from tests.cost_world import project, scenario_facts

TRIAGE = "b_ecommerce_triage_5m"
HANDBOOK = "g_hr_policy_small"
CLINIC = "a_hipaa_clinical_summary"


def first_month(scenario: str, model: str, **changes: FactValue) -> OptionCost:
    option = CostOption(name=model, card=load_catalog().cards[model])
    (cost,) = project(scenario_facts(scenario, **changes), option).options
    assert not cost.unpriced
    return cost


def base_usd(cost: OptionCost) -> Decimal:
    assert cost.first_month_usd is not None
    return cost.first_month_usd.base


@pytest.mark.parametrize(
    ("scenario", "model", "changes", "low", "high"),
    [
        # 152e6 * (1450*1 + 60*5)/1e6 without, 152e6 * (250*1 + 1200*.05 + 60*5)/1e6 with the prefix cached
        (TRIAGE, "gpt-6.1-terra", {"tokens__shared_prefix": 0}, 262_000, 270_000),
        (TRIAGE, "gpt-6.1-terra", {}, 90_000, 96_000),
        # The same at a tenth of the price, with reads at a hundredth.
        (TRIAGE, "gpt-6-luna", {"tokens__shared_prefix": 0}, 26_000, 27_500),
        (TRIAGE, "gpt-6-luna", {}, 9_900, 10_600),
        (TRIAGE, "claude-haiku-5-5", {}, 9_900, 10_600),
        # 12160 * (140300*.1 + 400*.5)/1e6; 12160 * (140000*.1 + 300*2 + 400*10)/1e6 and a cache write a day
        (HANDBOOK, "gpt-6-luna", {"tokens__shared_prefix": 0}, 165, 182),
        (HANDBOOK, "claude-sonnet-5-5", {}, 200, 320),
        (HANDBOOK, "claude-sonnet-5-5", {"tokens__shared_prefix": 0}, 3_300, 3_600),
        # 30000*30.4 * (6000*1 + 700*5)/1e6 and a tenth of it, all of it while somebody waits
        (CLINIC, "gpt-6.1-terra", {"scale__async_share": 0, "tokens__shared_prefix": 0}, 8_000, 9_300),
        (CLINIC, "gpt-6-luna", {"scale__async_share": 0, "tokens__shared_prefix": 0}, 800, 950),
    ],
)
def test_the_first_month_is_what_the_architect_expects(
    scenario: str, model: str, changes: dict[str, FactValue], low: int, high: int
) -> None:
    assert low <= base_usd(first_month(scenario, model, **changes)) <= high


@pytest.mark.parametrize(
    ("model", "changes", "low", "high"),
    [
        ("gpt-6-luna", {"tokens__shared_prefix": 0}, "0.0138", "0.0147"),  # (140300*.1 + 400*.5)/1e6
        ("gpt-6-luna", {}, "0.0014", "0.0019"),  # (140000*.01 + 300*.1 + 400*.5)/1e6
        # Above the step at 100,000 tokens: (140300*.5 + 400*2.5)/1e6, five times what it looks.
        ("claude-haiku-5-5", {"tokens__shared_prefix": 0}, "0.068", "0.074"),
    ],
)
def test_a_question_to_the_handbook_costs_what_the_architect_expects(
    model: str, changes: dict[str, FactValue], low: str, high: str
) -> None:
    per_request = first_month(HANDBOOK, model, **changes).usd_per_request
    assert per_request is not None
    assert Decimal(low) <= per_request <= Decimal(high)


def test_the_fast_tier_keeps_the_budget_only_while_the_prefix_is_cached() -> None:
    flips = first_month(TRIAGE, "gpt-6-luna").flip
    expected = "without prefix caching month 1 costs $26,600 instead of $10,184, over the budget of $15,000"
    assert expected in flips


def test_a_prefix_below_the_provider_s_minimum_saves_nothing() -> None:
    cost = first_month(TRIAGE, "gpt-6-luna", tokens__shared_prefix=500)
    assert base_usd(cost) == Decimal("26600.000000")
    assert base_usd(first_month(TRIAGE, "claude-haiku-5-5", tokens__shared_prefix=512)) < 21_000


def test_four_rented_cards_cost_what_the_architect_expects() -> None:
    """Three at the peak of 1.5 requests a second and a spare one: 4 * 2.95 * 730."""
    from tests.cost_world import machine

    own = machine(usd_per_hour="2.95", throughput_per_s=0.9)
    (cost,) = project(scenario_facts(CLINIC), own).options
    assert base_usd(cost) == Decimal("8614.000000")

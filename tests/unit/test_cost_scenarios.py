"""The cost figures of four made-up systems, computed by an architect with a calculator, from the shipped prices."""

from decimal import Decimal

import pytest

from maquette.catalogs import load_catalog
from maquette.cost.options import CostOption, priced_option
from maquette.cost.projection import OptionCost
from maquette.cost.streams import Route
from maquette.cost.workload import level
from maquette.foundation.expression import Facts, FactValue
from tests import cost_world
from tests.cost_world import project
from tests.rule_world import CLINIC, CODER, HANDBOOK, TRIAGE


def scenario_facts(scenario: str, **changes: FactValue) -> Facts:
    """A sheet's facts. The sheets count the published token prices, without the surcharge that a region has."""
    return cost_world.scenario_facts(scenario, **{"data__residency": "none", **changes})


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
    expected = (
        "without prefix caching the tokens of month 1 cost $26,600 instead of $10,184, over the budget of $15,000"
    )
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


@pytest.mark.parametrize(
    ("scenario", "fact", "times", "low", "high"),
    [
        (TRIAGE, "derived.rps_mean", 1, 57, 59),  # 5e6 / 86400
        (TRIAGE, "derived.rps_peak", 1, 455, 470),  # 57.9 * 8
        (TRIAGE, "derived.rps_peak", 60, 27_300, 28_200),
        (TRIAGE, "derived.peak_tpm", 1, 41.0e6, 43.0e6),  # 463 * 60 * 1510
        (TRIAGE, "derived.cost_per_request_limit", 1, 0.000097, 0.000101),  # 15000 / 152e6
        (CLINIC, "derived.rps_peak", 1, 1.4, 1.6),  # 30000 * 0.6 / 36000 * 3
        (HANDBOOK, "derived.rps_mean", 60, 0.6, 0.75),  # 400 questions in 600 minutes
        (CODER, "derived.peak_tpm", 1, 44.0e6, 47.0e6),  # 180000 / 32400 * 3 * 60 * 45700
    ],
)
def test_the_load_is_what_the_architect_expects(scenario: str, fact: str, times: int, low: float, high: float) -> None:
    value = scenario_facts(scenario)[fact]
    assert isinstance(value, int | float | Decimal)
    assert low <= float(value) * times <= high


def test_the_tokens_of_a_day_are_what_the_architect_expects() -> None:
    clinic, coder = scenario_facts(CLINIC), scenario_facts(CODER)
    # 30000 * 6000 in and 30000 * 700 out; 180000 * 45000 and 180000 * 700
    assert 178.0e6 + 20.5e6 <= float(str(clinic["derived.tokens_per_day"])) <= 182.0e6 + 21.5e6
    assert 8.0e9 <= float(str(coder["derived.tokens_per_day"])) - 180_000 * 700 <= 8.2e9


WORKING_DAYS = 21
"""The sheet's month; a projection's month has 30.4 days, and no answer speaks of working days."""


def session_usd(model: str, **changes: FactValue) -> Decimal:
    """What 25 turns cost."""
    cost = first_month(CODER, model, **changes).usd_per_request
    assert cost is not None
    return 25 * cost


def working_month_usd(per_session: Decimal) -> Decimal:
    """7,200 sessions on each working day."""
    return per_session * 7_200 * WORKING_DAYS


def test_a_session_of_twenty_five_turns_costs_what_the_architect_expects() -> None:
    # With an append-only history 41,400 of 45,000 tokens are read and 3,600 are written for the next turn:
    # 25 * (41400*.1 + 3600*2.5 + 700*10)/1e6; without any cache 25 * (45000*2 + 700*10)/1e6.
    assert session_usd("claude-sonnet-5-5") == Decimal("0.5035")
    assert session_usd("claude-sonnet-5-5", context__multi_turn=False, tokens__shared_prefix=0) == Decimal("2.425")


def test_without_the_cache_the_coder_costs_almost_five_times_as_much() -> None:
    option = CostOption(name="m", card=load_catalog().cards["claude-sonnet-5-5"])
    rates = priced_option(option, scenario_facts(CODER), ()).rates
    assert rates is not None
    assert rates.uncached_usd is not None
    assert Decimal("4.8") < rates.uncached_usd / rates.request_usd.base < Decimal("4.9")


@pytest.mark.parametrize(
    ("model", "changes", "exactly", "low", "high"),
    [
        ("claude-sonnet-5-5", {}, "76129.2", 70_000, 84_000),
        (
            "claude-sonnet-5-5",
            {"context__multi_turn": False, "tokens__shared_prefix": 0},
            "366660",
            355_000,
            380_000,
        ),
        # 25 * (41400*.2 + 3600*5 + 700*20)/1e6 = 1.007 a session
        ("claude-opus-5-5", {}, "152258.4", 145_000, 160_000),
    ],
)
def test_a_month_of_working_days_costs_what_the_architect_expects(
    model: str, changes: dict[str, FactValue], exactly: str, low: int, high: int
) -> None:
    found = working_month_usd(session_usd(model, **changes))
    assert low <= found <= high
    assert found == Decimal(exactly)


def test_a_month_of_the_recommended_mix_costs_what_the_architect_expects() -> None:
    """60 % balanced, 10 % frontier, 30 % fast: 0.6 * 76,129 + 0.1 * 152,258 + 0.3 * what the fast tier costs.

    Of the fast tier 4.4 % of the prompts are above its step at 100,000 tokens, with 12.9 % of the tokens, at five times
    the price: 25 * 0.001766 a session. Each stream keeps its own cache warm.
    """
    cards = load_catalog().cards
    shares = {"claude-opus-5-5": "0.1", "claude-haiku-5-5": "0.3"}
    routes = tuple(Route(name=name, card=cards[name], share=level(Decimal(share))) for name, share in shares.items())
    mixed = CostOption(name="mix", card=cards["claude-sonnet-5-5"], routes=routes)
    (cost,) = project(scenario_facts(CODER), mixed).options
    assert cost.usd_per_request is not None
    month = working_month_usd(25 * cost.usd_per_request)
    assert 55_000 <= month <= 72_000
    fast = session_usd("claude-haiku-5-5")
    assert Decimal("0.044") < fast < Decimal("0.0442")
    parts = Decimal("0.6") * Decimal("0.5035") + Decimal("0.1") * Decimal("1.007") + Decimal("0.3") * fast
    assert abs(month - working_month_usd(parts)) < Decimal("0.01")


def test_data_that_must_stay_in_the_us_cost_a_tenth_more_where_they_are_processed_nowhere_else() -> None:
    """The configuration asks for it: the expected case pays the price list's 1.1, the cheap one does not."""
    option = CostOption(name="m", card=load_catalog().cards["claude-sonnet-5-5"])
    inside, anywhere = (
        priced_option(option, scenario_facts(CODER, data__residency=where), ()).rates for where in ("us", "none")
    )
    assert inside is not None
    assert anywhere is not None
    assert inside.request_usd.low == anywhere.request_usd.low
    assert inside.request_usd.base == anywhere.request_usd.base * Decimal("1.1")
    assert inside.request_usd.high == anywhere.request_usd.high * Decimal("1.1")


def test_the_balanced_price_of_the_clinic_is_ten_times_the_fast_one() -> None:
    fast, balanced = (
        base_usd(first_month(CLINIC, name, scale__async_share=0, tokens__shared_prefix=0))
        for name in ("gpt-6-luna", "gpt-6.1-terra")
    )
    assert balanced == 10 * fast


def test_three_small_cards_carry_the_encoder_and_the_hybrid_costs_a_third_of_the_budget() -> None:
    """An encoder at 400 requests a second on each L4 of 0.80 dollars: two at the peak of 463 and a spare one.

    12 % of the messages go on to the fast tier, uncached: 1,752 + 0.12 * 26,600.
    """
    from dataclasses import replace

    from maquette.cost.projection import ByCase
    from tests.cost_world import machine

    share = Decimal("0.12")
    own = machine(usd_per_hour="0.80", throughput_per_s=400)
    hybrid = replace(
        own, escalates_to=load_catalog().cards["gpt-6-luna"], escalation=ByCase(low=share, base=share, high=share)
    )
    given = scenario_facts(TRIAGE, tokens__shared_prefix=0)
    (encoder,) = project(given, own).options
    (both,) = project(given, hybrid).options
    assert base_usd(encoder) == Decimal("1752.000000")
    assert base_usd(both) == Decimal("4944.000000")
    assert 3_000 <= base_usd(both) <= 7_000
    # Cached: 1,752 + 0.12 * 10,184 = 2,974, which the sheet rounds to 3.0k, and a prefix that is written once a day.
    (cached,) = project(scenario_facts(TRIAGE), hybrid).options
    assert base_usd(cached) == pytest.approx(Decimal("1752") + Decimal("0.12") * 10_184, abs=Decimal("0.01"))
    assert round(base_usd(cached), -2) == 3_000


def test_a_coder_of_one_s_own_takes_as_many_cards_as_the_architect_expects() -> None:
    """At 1.5 turns a second a card 19 carry the peak of 16.7, and one is spare: 20 * 4 * 730."""
    from tests.cost_world import machine

    (cost,) = project(scenario_facts(CODER), machine(usd_per_hour="4", throughput_per_s=1.5)).options
    assert 46_700 <= base_usd(cost) <= 70_100


def test_the_naive_plan_costs_seventeen_times_the_budget() -> None:
    cost = first_month(TRIAGE, "gpt-6.1-terra", tokens__shared_prefix=0)
    assert 17 <= base_usd(cost) / 15_000 < 18

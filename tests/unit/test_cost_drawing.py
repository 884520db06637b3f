"""Bands over what is not known: they hold the exact model, say what they rest on, and come out the same twice."""

from decimal import Decimal

import pytest

from maquette.cost.budget_check import check_budget
from maquette.cost.drawing import draw_costs
from maquette.cost.drawn import Drawn, DrawnOption
from maquette.cost.options import CostOption
from maquette.cost.projection import ByCase
from maquette.foundation.expression import FactValue
from maquette.foundation.problems import InvalidInput, NotFound
from tests.cost_world import api, facts, machine, measured, model, prices, project

CERTAIN = Decimal(1)
FEW = 2000


def draw(given: dict[str, FactValue], *options: CostOption, within: Decimal = CERTAIN, **keywords: object) -> Drawn:
    return draw_costs(facts=given, options=options, volume_within=within, count=FEW, **keywords)  # type: ignore[arg-type]  # passed through


def only(drawn: Drawn) -> DrawnOption:
    (found,) = drawn.options
    return found


def settled(**changes: FactValue) -> dict[str, FactValue]:
    """Nothing uncertain but what is changed, and retries that were counted on so many requests that they are known."""
    return facts(tokens__output_max=100, **changes)  # type: ignore[arg-type]  # no key is ``unknown``


def counted() -> CostOption:
    return api(measured=measured(done=10**9, calls_made=10**9))


def test_without_anything_uncertain_the_band_is_the_exact_amount() -> None:
    # 30,400 requests of 2,000 and 100 tokens at 1 and 4 dollars a million: 72.96
    found = only(draw(settled(), counted())).months[0].usd
    assert (found.p10, found.p50, found.p90) == pytest.approx((Decimal("72.96"),) * 3, abs=Decimal("0.0001"))
    assert found.error_usd < Decimal("0.0001")


def test_the_volume_lies_within_the_factor_for_half_of_all_draws() -> None:
    # A lognormal whose quartiles are 1/1.2 and 1.2 has its 10th and 90th percentile at exp(-+1.2816 * ln 1.2 / 0.6745).
    found = only(draw(settled(), counted(), within=Decimal("1.2"))).months[0].usd
    assert float(found.p50) == pytest.approx(72.96, rel=0.02)
    assert float(found.p10) == pytest.approx(72.96 / 1.4140, rel=0.04)
    assert float(found.p90) == pytest.approx(72.96 * 1.4140, rel=0.04)
    assert 0 < found.error_usd < found.p50 / 10


def test_a_default_that_nobody_confirmed_is_as_wide_as_no_answer() -> None:
    given = settled(scale__growth_pct_month=5)
    answered = only(draw(given, counted())).months[-1].usd
    assumed = only(draw(given, counted(), defaulted={"scale.growth_pct_month"})).months[-1].usd
    unknown = (
        only(draw(facts(unknown=frozenset({"scale.growth_pct_month"}), tokens__output_max=100), counted()))
        .months[-1]
        .usd
    )
    assert answered.p90 - answered.p10 < Decimal("0.01")
    assert assumed == unknown
    # 72.96 * 1.05^11 in the middle
    assert float(assumed.p50) == pytest.approx(72.96 * 1.05**11, rel=0.02)
    assert assumed.p10 < answered.p10 <= answered.p90 < assumed.p90


def test_the_same_seed_draws_the_same_and_another_option_changes_nothing() -> None:
    given = facts(tokens__output_max=300)
    alone = draw(given, api("a"), within=Decimal("1.2"))
    beside = draw(given, api("b"), api("a"), within=Decimal("1.2"))
    assert alone.option("a") == beside.option("a")
    assert alone == draw(given, api("a"), within=Decimal("1.2"))
    assert alone.option("a") != draw(given, api("a"), within=Decimal("1.2"), seed=1).option("a")


def test_drivers_stand_by_their_swing_and_name_the_ends() -> None:
    given = facts(
        scale__requests_per_day=86_400, tokens__shared_prefix=1500, tokens__output_max=300, scale__growth_pct_month=0
    )
    option = api(measured=measured(calls_made=102), fresh="1", cached="0.1", written="1.25", output="4")
    drivers = only(draw(given, option, within=Decimal("1.2"))).drivers
    assert [driver.input for driver in drivers] == [
        "requests, as a multiple of the planned ones",
        "m: share of the shared prefix read from the cache",
        "output tokens a request",
        "m: attempts beyond the first",
    ]
    volume = drivers[0]
    # The average month without growth: 2,626,560 requests * (650 * 1 + 100 * 4) / 1e6, two retries in a hundred, and
    # a prefix written once a day; from 1/1.414 to 1.414 times that.
    assert float(volume.low_usd) == pytest.approx(2_813.1 / 1.414, rel=0.06)
    assert float(volume.high_usd) == pytest.approx(2_813.1 * 1.414, rel=0.06)
    assert volume.swing_usd == volume.high_usd - volume.low_usd
    assert sum(float(driver.share or 0) for driver in drivers) == pytest.approx(1, abs=0.1)


def test_the_share_of_the_variance_is_that_of_the_only_input() -> None:
    (driver,) = only(draw(facts(tokens__output_max=500), counted())).drivers
    assert driver.input == "output tokens a request"
    assert float(driver.share or 0) > 0.98


def test_the_chance_over_the_budget_is_counted_by_month() -> None:
    growing = settled(scale__growth_pct_month=5, budget__monthly_usd=100)
    months = only(draw(growing, counted(), within=Decimal("1.2"))).months
    chances = [month.over_budget for month in months]
    assert all(chance is not None for chance in chances)
    assert chances == sorted(chances, key=lambda chance: chance or Decimal(0))
    # 100 / 72.96 = 1.3706, ln 1.3706 / (ln 1.2 / 0.6745) = 1.166 standard deviations: 12.2 % lie above.
    assert float(chances[0] or 0) == pytest.approx(0.122, abs=0.02)
    ever = only(draw(growing, counted(), within=Decimal("1.2"))).ever_over_budget
    assert ever == chances[-1]


def test_machines_come_in_steps() -> None:
    # A request a second and a peak of 3: 3 / (5 * 0.6) is one machine; two from the smallest surplus on.
    given = facts(scale__requests_per_day=86_400, scale__peak_factor=3)
    found = only(draw(given, machine(usd_per_hour="1", throughput_per_s=5), within=Decimal("1.2")))
    usd = found.months[0].usd
    assert (usd.p10, usd.p90) == (Decimal(730), Decimal(1460))
    exact = only(draw(given, machine(usd_per_hour="1", throughput_per_s=5))).months[0].usd
    assert (exact.p10, exact.p50, exact.p90, exact.error_usd) == (Decimal(730),) * 3 + (Decimal(0),)


STEPPED = {"fresh": "1", "above_100k": "5", "output": "0"}


def test_where_the_lengths_are_known_the_prompts_above_a_step_are_paid_and_nothing_is_drawn() -> None:
    given = facts(tokens__input_avg=90_000, tokens__input_p99=150_000)
    option = api(measured=measured(done=10**9, calls_made=10**9), **STEPPED)
    drawn = only(draw(given, option))
    exact = project(given, option).options[0].first_month_usd
    assert exact is not None
    assert float(drawn.months[0].usd.p50) == pytest.approx(float(exact.base), rel=1e-4)
    assert drawn.drivers == ()


def test_where_the_99th_percentile_is_unknown_the_length_at_a_step_is_drawn() -> None:
    given = facts(frozenset({"tokens.input_p99"}), tokens__input_avg=90_000)
    option = api(measured=measured(done=10**9, calls_made=10**9), **STEPPED)
    drawn = only(draw(given, option))
    # below the step 30,400 * 90,000 / 1e6, above it five times as much
    assert float(drawn.months[0].usd.p10) == pytest.approx(2736, rel=1e-4)
    assert float(drawn.months[0].usd.p90) == pytest.approx(5 * 2736, rel=1e-4)
    assert [one.input for one in drawn.drivers] == ["prompt length at which price steps are judged"]


def test_an_escalated_share_is_paid_at_the_stronger_models_price() -> None:
    option = CostOption(
        name="cascade",
        card=model("small", prices(fresh="0.1", output="0.5")),
        measured=measured(done=10**9, calls_made=10**9),
        escalates_to=model("large", prices(fresh="2", output="10")),
        escalation=ByCase(low=Decimal("0.05"), base=Decimal("0.12"), high=Decimal("0.3")),
    )
    drawn = draw(settled(), option)
    # 30,400 * (250 + 0.12 * 5,000) / 1e6 = 25.84 where 12 % are escalated
    usd = only(drawn).months[0].usd
    assert usd.p10 < Decimal("25.84") < usd.p90
    (driver,) = only(drawn).drivers
    assert driver.input == "cascade: escalated requests"


def test_what_was_drawn_is_listed_with_its_reason() -> None:
    drawn = draw(facts(tokens__output_max=300), api(), within=Decimal("1.2"))
    told = {one.name: str(one.source) for one in drawn.inputs}
    assert "Flyvbjerg" in told["requests, as a multiple of the planned ones"]
    assert told["m: attempts beyond the first"] == "assumed: PERT; not measured"
    known = draw(facts(tokens__output_max=300), api(measured=measured(calls_made=103)))
    assert {str(one.source) for one in known.inputs if "attempts" in one.name} == {
        "measured: gamma; the evaluation of m, 100 requests sent"
    }


def test_options_without_a_price_are_not_drawn() -> None:
    assert draw(facts(), CostOption(name="m", card=model("m", None))).options == ()
    assert draw({"tokens.input_avg": 5}, api()).options == ()


@pytest.mark.parametrize(("count", "within"), [(100, "1.2"), (2_000_000, "1.2"), (1000, "0.9"), (1000, "NaN")])
def test_absurd_settings_are_refused(count: int, within: str) -> None:
    with pytest.raises(InvalidInput):
        draw_costs(facts=facts(), options=[api()], count=count, volume_within=Decimal(within))


def test_a_check_names_the_first_month_over_the_budget_and_the_worst() -> None:
    growing = settled(scale__growth_pct_month=10, budget__monthly_usd=80)
    found = check_budget(draw(growing, counted()), "m", hard=True)
    # 72.96 * 1.1 = 80.256
    assert not found.keeps
    assert (found.over_from and found.over_from.month, found.highest.month) == (2, 12)
    assert "passes the budget of $80.00 from month 2 on: p90 $80.26, 100 % of draws over it" in found.sentence
    kept = check_budget(draw(settled(budget__monthly_usd=80), counted()), "m", hard=True)
    assert kept.keeps
    assert kept.sentence.startswith("m keeps the budget of $80.00: the highest p90 is $72.96 in month 1")


def test_what_cannot_be_checked_is_no_pass() -> None:
    with pytest.raises(NotFound, match="no budget is known"):
        check_budget(draw(settled(), counted()), "m", hard=True)
    with pytest.raises(NotFound, match="has no cost to check"):
        check_budget(draw(settled(budget__monthly_usd=1), CostOption(name="m", card=model("m", None))), "m", hard=True)


def test_a_budget_of_zero_is_passed_by_any_cost_and_kept_by_none() -> None:
    assert not check_budget(draw(settled(budget__monthly_usd=0), counted()), "m", hard=True).keeps
    idle = draw(settled(budget__monthly_usd=0, scale__requests_per_day=0), counted(), within=Decimal("1.2"))
    assert check_budget(idle, "m", hard=True).keeps
    assert only(idle).drivers == ()

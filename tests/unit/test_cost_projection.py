"""Figures of the projection as computed by hand, line by line: caching, batches, steps, retries, growth, machines."""

from decimal import Decimal

import pytest

from maquette.analytics import Database
from maquette.cost.options import CostOption
from maquette.cost.projection import CostLine, CostProjection, OptionCost
from maquette.cost.tables import load_cost_lines
from maquette.foundation.expression import FactValue
from maquette.foundation.problems import InvalidInput
from tests.cost_world import api, facts, machine, measured, model, prices, project


def only(projection: CostProjection) -> OptionCost:
    (cost,) = projection.options
    assert not cost.unpriced
    return cost


def first_month(projection: CostProjection) -> tuple[Decimal, Decimal, Decimal]:
    found = only(projection).first_month_usd
    assert found is not None
    return found.low, found.base, found.high


def line(projection: CostProjection, name: str, month: int = 1) -> CostLine:
    (found,) = [line for line in projection.lines if line.name == name and line.month == month]
    return found


def test_a_month_is_requests_times_tokens_times_price() -> None:
    projection = project(facts(), api(fresh="1", output="4"))
    # 30400 * 2000 / 1e6 * 1 = 60.8 and 30400 * 100 / 1e6 * 4 = 12.16
    assert line(projection, "input, fresh").quantity.base == Decimal(60_800_000)
    assert line(projection, "input, fresh").amount_usd.base == Decimal("60.8")
    assert line(projection, "output").amount_usd.base == Decimal("12.16")
    assert first_month(projection) == (Decimal("72.96"),) * 3
    assert only(projection).usd_per_request == Decimal("0.0024")


def test_a_line_names_its_price_and_where_the_price_comes_from() -> None:
    found = line(project(facts(), api()), "output")
    assert (found.price_key, found.usd_per_unit, found.unit) == ("output_cost_per_token", Decimal("0.000004"), "token")
    assert str(found.source) == "claimed: a price page (2026-11-18)"


def test_growth_compounds_from_the_second_month() -> None:
    projection = project(facts(scale__growth_pct_month=10, lifecycle__horizon_months=3), api(output="0"))
    months = [line(projection, "input, fresh", month).amount_usd.base for month in (1, 2, 3)]
    assert months == [Decimal("60.8"), Decimal("66.88"), Decimal("73.568")]
    total = only(projection).total_usd
    assert total is not None
    assert total.base == Decimal("201.248")


def test_unknown_growth_spreads_the_later_months() -> None:
    given = facts(unknown=frozenset({"scale.growth_pct_month"}), lifecycle__horizon_months=2)
    cost = only(project(given, api()))
    assert first_month(project(given, api())) == (Decimal("72.96"),) * 3
    last = cost.last_month_usd
    assert last is not None
    assert (last.low, last.base, last.high) == (Decimal("72.96"), Decimal("76.608"), Decimal("80.256"))


def test_a_fee_a_request_is_counted_once_a_request() -> None:
    projection = project(facts(), api(fresh="0", output="0", request="1000"))
    assert first_month(projection)[1] == Decimal("30.4")


def warm(shared_prefix: int = 1500, async_share: float = 0) -> dict[str, FactValue]:
    """A request a second, 1,500 of its 2,000 tokens shared: 2,626,560 requests a month."""
    return facts(scale__requests_per_day=86_400, tokens__shared_prefix=shared_prefix, scale__async_share=async_share)


def test_a_warm_prefix_is_read_from_the_cache_but_once_a_day() -> None:
    projection = project(warm(), api(fresh="1", cached="0.1", written="1.25", output="0"))
    # low: 86400*30.4 * (500*1 + 1500*.1)/1e6; base: besides, 30.4 requests write: 30.4*1500*(1.25-.1)/1e6
    low = Decimal(86400) * Decimal("30.4") * Decimal("650") / 1_000_000
    base = low + Decimal("30.4") * 1500 * Decimal("1.15") / 1_000_000
    high = Decimal(86400) * Decimal("30.4") * 2000 / 1_000_000
    assert first_month(projection) == pytest.approx((low, base, high), abs=Decimal("0.000002"))
    # A 86,400th of 1,500 tokens has no end: it is cut behind the twelfth place.
    assert line(projection, "cache writes").quantity.base == pytest.approx(Decimal(45600), abs=Decimal("0.00001"))


def test_without_a_price_for_writing_the_first_request_of_a_day_pays_in_full() -> None:
    projection = project(warm(), api(fresh="1", cached="0.1", output="0"))
    low = Decimal(86400) * Decimal("30.4") * Decimal("650") / 1_000_000
    base = low + Decimal("30.4") * 1500 * Decimal("0.9") / 1_000_000
    assert first_month(projection)[:2] == pytest.approx((low, base), abs=Decimal("0.000002"))


@pytest.mark.parametrize(
    ("requests_per_day", "is_warm"),
    [(576, True), (575, False)],  # 576 / 86400 * 300 = 2
)
def test_a_prefix_is_warm_from_two_requests_in_five_minutes(requests_per_day: int, is_warm: bool) -> None:
    given = facts(scale__requests_per_day=requests_per_day, tokens__shared_prefix=1500)
    projection = project(given, api(cached="0.1"))
    low, base, high = first_month(projection)
    assert low < high
    assert (base < high) is is_warm
    (said,) = [each for each in projection.assumptions if "read from the cache" in each.name]
    assert (said.value, said.low, said.high) == ("100 %" if is_warm else "0 %", "100 %", "0 %")


@pytest.mark.parametrize(("minimum", "prefix", "caches"), [(512, 512, True), (512, 511, False), (None, 1023, False)])
def test_a_prefix_shorter_than_the_provider_caches_is_always_fresh(
    minimum: int | None, prefix: int, caches: bool
) -> None:
    card = model("m", prices(fresh="1", cached="0.1", output="4"), min_cacheable_tok=minimum)
    low, _, high = first_month(project(warm(prefix), CostOption(name="m", card=card)))
    assert (low < high) is caches


def test_requests_that_may_wait_take_the_batch_lane() -> None:
    option = api(fresh="1", output="4", batch_fresh="0.5", batch_output="2")
    projection = project(facts(scale__async_share=0.25), option)
    # three quarters of 72.96 in full, a quarter at half
    assert first_month(projection) == (Decimal("63.84"),) * 3
    assert line(projection, "batch: input, fresh").amount_usd.base == Decimal("7.6")


def test_where_nobody_waits_every_request_is_a_batch() -> None:
    option = api(fresh="1", output="4", batch_fresh="0.5", batch_output="2")
    projection = project(facts(latency__mode="batch"), option)
    assert first_month(projection)[1] == Decimal("36.48")
    assert {each.name for each in projection.lines} == {"batch: input, fresh", "batch: output"}


def test_a_batch_lane_that_is_not_offered_costs_the_standard_price_and_is_said() -> None:
    projection = project(facts(scale__async_share=0.25), api())
    assert first_month(projection)[1] == Decimal("72.96")
    (said,) = [each for each in projection.assumptions if "may wait" in each.name]
    assert (said.name, said.value) == ("m: lane of the 25 % that may wait", "standard: no batch price is published")


def test_a_batch_lane_dearer_than_a_warm_cache_is_not_taken() -> None:
    option = api(fresh="1", cached="0.1", output="0", batch_fresh="0.5", batch_output="0")
    given = warm(async_share=0.5)
    base = first_month(project(given, option))[1]
    assert base == first_month(project(given, api(fresh="1", cached="0.1", output="0")))[1]


def test_a_price_step_is_judged_at_the_prefix_each_prompt_and_the_99th_percentile() -> None:
    option = api(fresh="1", above_100k="2", output="0")
    given = facts(tokens__input_avg=90_000, tokens__input_p99=120_000)
    # 18.6 % of the prompts pass the step, with 19,988 of the 90,000 tokens of an average one
    assert first_month(project(given, option)) == (Decimal("2736"), Decimal("3343.640646"), Decimal("5472"))
    given = facts(tokens__input_avg=110_000, tokens__input_p99=120_000, tokens__shared_prefix=100_000)
    assert first_month(project(given, option)) == (Decimal("6688"),) * 3
    given = facts(frozenset({"tokens.input_p99"}), tokens__input_avg=110_000)
    assert first_month(project(given, option)) == (Decimal("3344"), Decimal("6688"), Decimal("6688"))


def test_the_dear_case_writes_halfway_to_the_cap() -> None:
    low, base, high = first_month(project(facts(tokens__output_max=300), api(fresh="0", output="4")))
    assert (low, base, high) == (Decimal("12.16"), Decimal("12.16"), Decimal("24.32"))


def test_retries_are_counted_as_the_evaluation_had_them() -> None:
    result = measured(done=100, from_cache=20, calls_made=82)
    projection = project(facts(), api(measured=result))
    # two attempts beyond eighty: 2.5 % of 60.8 and 12.16
    assert first_month(projection) == (Decimal("72.96"), Decimal("74.784"), Decimal("74.784"))
    assert line(projection, "output, retried").amount_usd.base == Decimal("0.304")


def test_machines_are_counted_for_the_peak_of_each_month() -> None:
    given = facts(scale__requests_per_day=86_400, scale__peak_factor=3, scale__growth_pct_month=100)
    projection = project({**given, "lifecycle.horizon_months": 3}, machine(usd_per_hour="0.5", throughput_per_s=2.5))
    # 3, 6 and 12 requests a second over 1.5 usable ones a machine
    counts = [line(projection, "machines", month).quantity.base / 730 for month in (1, 2, 3)]
    assert counts == [2, 4, 8]
    assert first_month(projection) == (Decimal(730),) * 3


def test_three_nines_keep_a_spare_machine() -> None:
    given = facts(availability__target=0.999)
    assert first_month(project(given, machine(usd_per_hour="1", throughput_per_s=10)))[1] == Decimal(1460)


def test_a_machine_runs_although_nobody_asks() -> None:
    assert first_month(project(facts(scale__requests_per_day=0), machine()))[1] == Decimal(730)


@pytest.mark.parametrize(
    ("option", "reason"),
    [
        (CostOption(name="m", card=model("m", None)), "m has no price in the catalog"),
        (CostOption(name="m", card=model("m", prices(fresh="1"))), "output: no output_cost_per_token"),
        (machine(usd_per_hour=None), "nobody says what a machine for own costs an hour"),
        (machine(throughput_per_s=None), "the throughput of own is neither measured nor predicted: evaluate it"),
    ],
)
def test_an_option_without_a_price_says_what_is_missing(option: CostOption, reason: str) -> None:
    projection = project(facts(), option, api("priced"))
    assert [cost.option for cost in projection.options] == ["priced", option.name]
    assert projection.options[1].unpriced == (reason,)
    assert projection.options[1].total_usd is None
    assert {each.option for each in projection.lines} == {"priced"}


def test_options_stand_cheapest_first() -> None:
    projection = project(facts(), api("dear", fresh="9"), api("cheap", fresh="1"), api("middle", fresh="3"))
    assert [cost.option for cost in projection.options] == ["cheap", "middle", "dear"]


def test_the_first_month_over_the_budget_is_named() -> None:
    given = facts(scale__growth_pct_month=10, budget__monthly_usd=80)
    # 72.96 * 1.1 = 80.256
    assert only(project(given, api())).over_budget_from == 2
    assert only(project(facts(budget__monthly_usd=72.96), api())).over_budget_from is None
    assert only(project(facts(budget__monthly_usd=0), api())).over_budget_from == 1
    assert only(project(facts(), api())).over_budget_from is None


def test_without_traffic_there_is_no_cost_and_no_price_a_request() -> None:
    projection = project(facts(scale__requests_per_day=0, tokens__shared_prefix=1500), api(cached="0.1"))
    assert first_month(projection) == (Decimal(0),) * 3
    assert only(projection).usd_per_request is None


def test_a_request_without_output_costs_its_input() -> None:
    given = facts(tokens__output_avg=0, tokens__output_max=0)
    assert first_month(project(given, api())) == (Decimal("60.8"),) * 3


@pytest.mark.parametrize("horizon", [1, 60])
def test_every_month_of_the_horizon_has_its_lines(horizon: int) -> None:
    projection = project(facts(lifecycle__horizon_months=horizon), api())
    assert sorted({each.month for each in projection.lines}) == list(range(1, horizon + 1))
    total = only(projection).total_usd
    assert total is not None
    assert total.base == horizon * Decimal("72.96")


def test_elevenfold_growth_a_month_is_exact_while_it_can_be() -> None:
    projection = project(facts(scale__growth_pct_month=1000, lifecycle__horizon_months=9), api())
    last = only(projection).last_month_usd
    assert last is not None
    assert last.base == Decimal("72.96") * 11**8


def test_growth_beyond_all_people_is_refused_where_it_was_answered() -> None:
    with pytest.raises(InvalidInput, match="month 60 would bring more than") as caught:
        project(facts(scale__growth_pct_month=1000, lifecycle__horizon_months=60), api())
    assert caught.value.place.field == "scale.growth_pct_month"


def test_the_lines_are_a_table_for_questions_in_sql() -> None:
    projection = project(facts(), api())
    with Database.over(None) as database:
        load_cost_lines(database, projection)
        asked = database.table("select sum(amount_base_usd) as usd from cost_lines where month = 12")
    assert asked.rows == ((Decimal("72.960000"),),)

"""What a design pays beside its models: exact lines by group, the ceiling that working hours do not count against."""

from dataclasses import replace
from decimal import Decimal

import pytest

from maquette.cost.budget_check import check_budget
from maquette.cost.drawing import draw_costs
from maquette.cost.projection import ByCase, CostLine, CostProjection, LineGroup
from maquette.cost.side_lines import SideCosts, SideLine, together
from maquette.cost.workload import level
from tests.cost_world import PAGE, api, facts, machine, measured, project

NONE = level(Decimal(0))
SURE = api(measured=measured(done=10**9, calls_made=10**9))
OPEN = ByCase(low=Decimal(0), base=Decimal(20), high=Decimal(100))


def beside(group: LineGroup = LineGroup.LOGGING, usd: str = "2", **changes: object) -> SideLine:
    given: dict[str, object] = {
        "name": "logs",
        "group": group,
        "unit": "GB",
        "usd_per_unit": Decimal(usd),
        "price_key": "usd_per_gb",
        "source": PAGE,
        "fixed": level(Decimal(5)),
        "per_request": NONE,
        "ref": "5 GB a month",
    }
    return SideLine(**{**given, **changes})  # type: ignore[arg-type]  # the fields by name


def hours(count: str = "40", usd: str = "100") -> SideLine:
    return beside(LineGroup.PEOPLE, usd, name="upkeep", unit="hour", fixed=level(Decimal(count)))


def side(*lines: SideLine) -> SideCosts:
    return SideCosts(lines=lines)


def base(projection: CostProjection, name: str) -> dict[int, Decimal]:
    return {line.month: line.amount_usd.base for line in projection.lines if line.name == name}


def first(projection: CostProjection) -> list[CostLine]:
    return [line for line in projection.lines if line.month == 1]


def flips(budget: int, *lines: SideLine) -> tuple[str, ...]:
    (cost,) = project(facts(budget__monthly_usd=budget), api(), side=side(*lines)).options
    return cost.flip


def test_a_side_line_is_its_fixed_units_and_those_of_each_request_times_its_price() -> None:
    # 5 + 0.001 * 30,400 = 35.4 GB at 2 dollars: 70.80; with 10 % growth the second month has 5 + 33.44.
    line = beside(per_request=level(Decimal("0.001")))
    found = project(facts(scale__growth_pct_month=10, lifecycle__horizon_months=2), api(), side=side(line))
    assert base(found, "logs") == {1: Decimal("70.8"), 2: Decimal("76.88")}
    (cost,) = found.options
    assert cost.first_month_usd is not None
    assert cost.first_month_usd.base == Decimal("72.96") + Decimal("70.8")
    # A price of a request is that of the models alone.
    assert cost.usd_per_request == Decimal("0.0024")


def test_the_cases_of_a_side_line_are_those_of_its_quantity() -> None:
    # 1, 2 and 6 units fixed, 0.0001 a request of 30,400: 4.04, 5.04 and 9.04 at 2 dollars.
    fixed = ByCase(low=Decimal(1), base=Decimal(2), high=Decimal(6))
    line = beside(fixed=fixed, per_request=level(Decimal("0.0001")))
    (found,) = [one for one in first(project(facts(), api(), side=side(line))) if one.name == "logs"]
    amounts = found.amount_usd
    assert (amounts.low, amounts.base, amounts.high) == (Decimal("8.08"), Decimal("10.08"), Decimal("18.08"))


def test_a_line_is_paid_in_the_months_that_have_it() -> None:
    once = beside(name="migration", from_month=3, to_month=3)
    each_quarter = beside(name="evaluation", from_month=1, every_months=3)
    found = project(facts(lifecycle__horizon_months=7), api(), side=side(once, each_quarter))
    assert base(found, "migration") == {3: 10}
    assert base(found, "evaluation") == {1: 10, 4: 10, 7: 10}


def test_models_and_machines_stand_first_and_the_rest_follows_by_group() -> None:
    lines = (hours(), beside(LineGroup.RETRIEVAL, name="vectors"), beside(LineGroup.GUARDRAILS, name="checks"))
    found = first(project(facts(availability__target=0.99), machine(throughput_per_s=100), side=side(*lines)))
    assert [(line.name, line.group.value) for line in found] == [
        ("machines", "hosting"),
        ("vectors", "retrieval"),
        ("checks", "guardrails"),
        ("upkeep", "people"),
    ]
    assert {line.group for line in first(project(facts(), api()))} == {LineGroup.API}


def test_an_option_may_have_lines_of_its_own_beside_those_of_the_design() -> None:
    own = SideCosts(lines=(beside(LineGroup.TRAINING, name="training"),), left_out=("hours of labelling",))
    tuned = replace(api("tuned"), side=own)
    found = project(facts(), api("plain"), tuned, side=SideCosts(lines=(beside(),), left_out=("search: no price",)))
    by_option = {
        name: [line.name for line in first(found) if line.option == name and line.group is not LineGroup.API]
        for name in ("plain", "tuned")
    }
    assert by_option == {"plain": ["logs"], "tuned": ["logs", "training"]}
    assert found.left_out == ("search: no price", "hours of labelling")


def test_working_hours_are_in_the_total_and_not_held_against_the_budget() -> None:
    # 72.96 by the request and 10 for logs are below 100; 40 hours at 100 dollars are not run cost.
    given = facts(budget__monthly_usd=100)
    (cost,) = project(given, api(), side=side(beside(), hours())).options
    assert cost.first_month_usd is not None
    assert cost.in_ceiling_first_month_usd is not None
    assert cost.first_month_usd.base == Decimal("4082.96")
    assert cost.in_ceiling_first_month_usd.base == Decimal("82.96")
    assert cost.over_budget_from is None
    (tight,) = project(facts(budget__monthly_usd=80), api(), side=side(beside(), hours())).options
    assert tight.over_budget_from == 1
    (without,) = project(given, api(), side=side(beside())).options
    assert without.in_ceiling_first_month_usd is None


def test_the_draws_hold_the_same_lines_against_the_budget() -> None:
    given = facts(tokens__output_max=100, budget__monthly_usd=100)
    drawn = draw_costs(facts=given, options=[SURE], volume_within=Decimal(1), count=500, side=side(beside(), hours()))
    (found,) = drawn.options
    month = found.months[0]
    assert float(month.usd.p50) == pytest.approx(4082.96, abs=0.01)
    assert float(month.against_budget.p90) == pytest.approx(82.96, abs=0.01)
    assert (month.over_budget, found.ever_over_budget) == (Decimal(0), Decimal(0))
    check = check_budget(drawn, "m", hard=True)
    assert check.keeps
    assert "the highest p90 is $82.96" in check.sentence


def test_an_open_quantity_is_one_uncertain_input_that_the_drivers_rank() -> None:
    # 0 to 100 GB, 20 expected, at 2 dollars, beside 72.96 and 4,000 that are sure.
    given = facts(tokens__output_max=100)
    lines = side(beside(fixed=OPEN), hours())
    drawn = draw_costs(facts=given, options=[SURE], volume_within=Decimal(1), count=5000, side=lines)
    (found,) = drawn.options
    (driver,) = found.drivers
    assert driver.input == "logging: logs"
    # The mean of that PERT is (0 + 4 * 20 + 100) / 6 = 30 GB, which is 60 dollars.
    band = found.months[0].usd
    assert 4072.96 < float(band.p10) < 4072.96 + 60 < float(band.p90) < 4072.96 + 200
    assert float(driver.base_usd or 0) == pytest.approx(4112.96, abs=0.01)
    (told,) = [one for one in drawn.inputs if one.name == "logging: logs"]
    assert (told.low, told.value, told.high) == ("0 GB", "20 GB", "100 GB")
    assert str(told.source) == "assumed: PERT; 5 GB a month"


def test_what_a_request_takes_beside_its_model_follows_the_drawn_volume() -> None:
    # 0.001 GB a request at 2 dollars: with 1.2 times the volume 1.2 times 60.80 and of the 72.96.
    lines = side(beside(fixed=NONE, per_request=level(Decimal("0.001"))))
    given = facts(tokens__output_max=100)
    (found,) = draw_costs(facts=given, options=[SURE], volume_within=Decimal("1.2"), count=5000, side=lines).options
    (driver,) = found.drivers
    assert driver.input == "requests, as a multiple of the planned ones"
    assert float(driver.high_usd / driver.low_usd) == pytest.approx(1.414**2, rel=0.06)
    assert float(driver.base_usd or 0) == pytest.approx(133.76, abs=0.01)


def test_lines_of_the_design_are_drawn_once_for_all_options_and_lines_of_one_name_apart() -> None:
    lines = side(beside(fixed=OPEN), beside(fixed=OPEN, unit="TB"))
    own = replace(api("b"), side=side(beside(fixed=OPEN)))
    drawn = draw_costs(facts=facts(), options=[api("a"), own], count=500, side=lines)
    names = [one.name for one in drawn.inputs if "logs" in one.name]
    assert names == ["logging: logs", "logging: logs (2)", "b: logging: logs"]
    spread = [{driver.input: (driver.low, driver.high) for driver in one.drivers} for one in drawn.options]
    assert spread[0]["logging: logs"] == spread[1]["logging: logs"] != spread[1]["b: logging: logs"]


def test_an_open_quantity_stands_among_the_assumptions_with_what_it_rests_on() -> None:
    fixed = ByCase(low=Decimal(1), base=Decimal(2), high=Decimal(6))
    found = project(facts(), api(), side=side(beside(fixed=fixed, ref="two to six"), beside(name="sure")))
    (said,) = [one for one in found.assumptions if "GB" in one.name]
    assert (said.name, said.low, said.value, said.high) == ("logs, GB a month", "1", "2", "6")
    assert str(said.source) == "assumed: two to six"


def test_side_costs_go_together_by_group_and_say_each_thing_once() -> None:
    one = SideCosts(lines=(hours(), beside()), left_out=("a", "b"))
    other = SideCosts(lines=(beside(LineGroup.RETRIEVAL, name="vectors"),), left_out=("b",))
    found = together(one, other)
    assert [line.name for line in found.lines] == ["vectors", "logs", "upkeep"]
    assert found.left_out == ("a", "b")


def test_the_budget_flips_count_what_comes_beside_the_models() -> None:
    # 0.0024 dollars a request; 100 - 10 for logs leaves 90: 37,500 requests, above the 30,400 of month 1.
    over = "over the budget of $100 above 37,500 requests a month: not within the 12 months of the horizon"
    assert over in flips(100, beside(), hours())
    # 0.0004 beside each request: 90 / 0.0028 = 32,142.
    assert any("above 32,142 requests" in text for text in flips(100, beside(per_request=level(Decimal("0.0002")))))


def test_a_line_that_some_months_have_makes_no_straight_line() -> None:
    assert flips(100, beside(from_month=2, to_month=2)) == ()


def test_a_budget_that_is_gone_beside_the_models_is_told_so() -> None:
    assert flips(5, beside()) == ("over the budget of $5.00 at any volume: what comes beside the models passes it",)


def test_a_machine_is_paid_by_what_the_rest_leaves_of_the_budget() -> None:
    # 1,465 pay two machines of 730 dollars, 1,465 less 10 only one.
    given = facts(budget__monthly_usd=1465, scale__peak_factor=1)
    (alone,) = project(given, machine()).options
    (less,) = project(given, machine(), side=side(beside())).options
    assert any(text.startswith("the budget of $1,465 pays 2 machines") for text in alone.flip)
    assert any(text.startswith("the budget of $1,465 pays 1 machine:") for text in less.flip)


def test_a_round_price_has_no_exponent() -> None:
    (line,) = [one for one in first(project(facts(), api(), side=side(hours()))) if one.name == "upkeep"]
    assert str(line.usd_per_unit) == "100"


def test_a_side_line_without_traffic_keeps_what_is_fixed() -> None:
    line = beside(per_request=level(Decimal(1)))
    found = project(facts(scale__requests_per_day=0), api(), side=side(line))
    assert base(found, "logs")[1] == 10


def test_an_option_without_a_price_has_no_lines_at_all() -> None:
    found = project(facts(), machine(usd_per_hour=None), side=side(beside()))
    assert found.lines == ()
    assert found.options[0].total_usd is None

"""Inputs at the edge: each has a clear figure or a clear refusal, in the projection, the draws and the flips."""

from datetime import date
from decimal import Decimal

import pytest

from maquette.cost.drawing import draw_costs
from maquette.cost.options import CostOption
from maquette.cost.projecting import project_cost
from maquette.cost.projection import CostProjection
from maquette.foundation.expression import FactValue
from maquette.foundation.problems import InvalidInput
from tests.cost_world import PRICES_AS_OF, api, facts, machine, model, prices


def project(given: dict[str, FactValue], *options: CostOption) -> CostProjection:
    return project_cost(facts=given, options=options, prices_as_of=PRICES_AS_OF)


def test_no_traffic_costs_nothing_by_the_request_and_a_machine_by_the_hour() -> None:
    given = facts(scale__requests_per_day=0, budget__monthly_usd=100)
    projection = project(given, api(), machine())
    assert [option.first_month_usd.base for option in projection.options if option.first_month_usd] == [0, 730]
    assert [option.usd_per_request for option in projection.options] == [None, None]
    drawn = draw_costs(facts=given, options=[api(), machine()], count=500)
    bands = {option.option: (option.months[0].usd.p10, option.months[0].usd.p90) for option in drawn.options}
    assert bands == {"m": (Decimal(0), Decimal(0)), "own": (Decimal(730), Decimal(730))}
    assert [option.drivers for option in drawn.options] == [(), ()]


def test_no_price_is_said_and_not_drawn() -> None:
    option = CostOption(name="m", card=model("m", None))
    (cost,) = project(facts(), option).options
    assert cost.unpriced == ("m has no price in the catalog",)
    assert draw_costs(facts=facts(), options=[option], count=500).options == ()


def test_no_output_costs_the_input_and_the_cap_still_widens_the_band() -> None:
    given = facts(tokens__output_avg=0, tokens__output_max=200)
    (cost,) = project(given, api()).options
    assert cost.first_month_usd is not None
    # 60.8, and 60.8 + 30,400 * 100 tokens * 4 / 1e6 halfway to the cap
    assert (cost.first_month_usd.base, cost.first_month_usd.high) == (Decimal("60.8"), Decimal("72.96"))
    (drawn,) = draw_costs(facts=given, options=[api()], count=500, volume_within=Decimal(1)).options
    assert Decimal("60.8") < drawn.months[0].usd.p50 < Decimal("72.96") * Decimal("1.05")


def test_growth_of_a_thousand_percent_is_exact_for_months_and_refused_where_nobody_is_left() -> None:
    short = facts(scale__growth_pct_month=1000, lifecycle__horizon_months=9)
    (cost,) = project(short, api()).options
    assert cost.last_month_usd is not None
    assert cost.last_month_usd.base == Decimal("72.96") * 11**8
    (drawn,) = draw_costs(facts=short, options=[api()], count=500).options
    assert drawn.months[8].usd.p50 > drawn.months[0].usd.p50 * 11**7
    with pytest.raises(InvalidInput, match="month 12 would bring more than 10,000,000,000,000 requests") as caught:
        draw_costs(facts=facts(scale__growth_pct_month=1000), options=[api()])
    assert caught.value.place.field == "scale.growth_pct_month"


@pytest.mark.parametrize(
    ("day", "says"),
    [
        (date(2026, 10, 1), "retired on 2026-10-01: nobody can buy it at this price any more"),
        (date(2026, 12, 25), "retires on 2026-12-25, in month 2: what replaces it from then on is not priced here"),
    ],
)
def test_a_model_that_retires_is_still_priced_and_says_so(day: date, says: str) -> None:
    option = CostOption(name="m", card=model("m", prices(fresh="1", output="4"), retires_on=day))
    (cost,) = project(facts(), option).options
    assert cost.flip[0] == says
    assert cost.first_month_usd is not None


def test_a_model_that_retires_behind_the_horizon_says_nothing() -> None:
    option = CostOption(name="m", card=model("m", prices(fresh="1", output="4"), retires_on=date(2030, 1, 1)))
    assert project(facts(), option).options[0].flip == ()


def test_a_budget_of_zero_is_over_from_the_first_month() -> None:
    given = facts(budget__monthly_usd=0)
    (cost,) = project(given, api()).options
    assert cost.over_budget_from == 1
    assert cost.flip == ("within the budget of $0.00 only below 0 requests a month",)
    (drawn,) = draw_costs(facts=given, options=[api()], count=500).options
    assert (drawn.months[0].over_budget, drawn.ever_over_budget) == (Decimal(1), Decimal(1))

"""Flips that are solved on the exact projection: each is otherwise at its value and not at the neighbour."""

from collections.abc import Mapping
from decimal import Decimal

import pytest

from maquette.cost.crossings import LEVERS, Crossing, Lever, find_crossings
from maquette.cost.inputs import CostInputs
from maquette.cost.options import CostOption
from maquette.cost.projection import LineGroup
from maquette.cost.side_lines import SideCosts, SideLine
from maquette.cost.workload import level
from maquette.foundation.expression import FactValue
from tests.cost_world import PAGE, PRICES_AS_OF, api, facts, machine


def lever(fact: str) -> Lever:
    (found,) = [one for one in LEVERS if one.fact == fact]
    return found


def crossings(fact: str, *options: CostOption, **answers: FactValue) -> tuple[Crossing, ...]:
    def settle(changes: Mapping[str, FactValue]) -> dict[str, FactValue]:
        changed = {name.replace(".", "__"): value for name, value in changes.items()}
        return facts(**{**answers, **changed})  # type: ignore[arg-type]  # no key is ``unknown``

    inputs = CostInputs(facts=settle({}), options=options, prices_as_of=PRICES_AS_OF)
    return find_crossings(inputs, settle, (lever(fact),))


def test_self_hosting_wins_from_the_volume_that_pays_one_machine() -> None:
    # A machine of 730 dollars a month against 0.002 a request: 365,000 requests, 12,006.6 a day.
    (found,) = crossings("scale.requests_per_day", api(fresh="1", output="0"), machine(throughput_per_s=100))
    assert (found.value, found.beside) == (Decimal(12_007), Decimal(12_006))
    # 12,007 * 30.4 requests of the 100 * 730 * 3,600 that it could serve
    assert found.utilisation == Decimal("0.0014")
    assert found.sentence == "from 365,013 requests a month own is cheapest instead of m, machines used to 0.1 %"


def test_below_todays_volume_the_price_a_request_wins() -> None:
    (found,) = crossings(
        "scale.requests_per_day",
        api(fresh="1", output="0"),
        machine(throughput_per_s=100),
        scale__requests_per_day=86_400,
    )
    assert (found.value, found.beside, found.above) == (Decimal(12_006), Decimal(12_007), False)
    assert (found.from_option, found.to_option) == ("own", "m")
    assert found.sentence.startswith("at and below 364,982 requests a month m is cheapest instead of own")


def test_the_budget_breaks_where_the_prefix_falls_below_what_the_provider_caches() -> None:
    # 2,626,560 requests: 1,310 dollars with 1,500 tokens read at a tenth; with 1,024 2,832 and with none 5,253.
    (found,) = crossings(
        "tokens.shared_prefix",
        api(fresh="1", cached="0.1", output="0"),
        scale__requests_per_day=86_400,
        tokens__shared_prefix=1500,
        budget__monthly_usd=4000,
    )
    assert (found.value, found.beside) == (Decimal(1023), Decimal(1024))
    assert found.sentence == "at and below 1,023 tokens of shared prefix m passes the budget of $4,000"


def test_an_option_that_breaks_the_budget_says_where_it_would_hold() -> None:
    # 50 / 0.0024 = 20,833 requests a month, 685 a day: 685 * 30.4 * 0.0024 = 49.98
    (found,) = crossings("scale.requests_per_day", api(), budget__monthly_usd=50)
    assert (found.value, found.budget) == (Decimal(685), "holds")
    assert found.sentence == "at and below 20,824 requests a month m keeps the budget of $50.00"


def test_growth_turns_the_order_over_the_horizon() -> None:
    # 12 months of a machine cost 8,760. 200,000 requests at 0.002 and growth g are dearer from the first g with
    # 400 * ((1 + g)^12 - 1) / g > 8,760: 10.5 %.
    (found,) = crossings(
        "scale.growth_pct_month",
        api(fresh="1", output="0"),
        machine(throughput_per_s=1000),
        scale__requests_per_day=Decimal(200_000) / Decimal("30.4"),
    )

    def total(growth: float) -> float:
        return 400 * sum((1 + growth / 100) ** month for month in range(12))

    assert found.to_option == "own"
    assert total(float(found.beside)) <= 8760 < total(float(found.value))


@pytest.mark.parametrize("fact", ["tokens.output_avg", "tokens.input_avg", "scale.async_share"])
def test_an_input_that_turns_nothing_has_no_flip(fact: str) -> None:
    assert crossings(fact, api("a"), api("b", fresh="2", output="8")) == ()


def test_a_longer_answer_turns_the_order_where_it_says() -> None:
    # 2,000 * 1 + x * 4 against 2,000 * 2 + x * 1: from 667 tokens on the second is cheaper.
    (found,) = crossings("tokens.output_avg", api("a"), api("b", fresh="2", output="1"), tokens__output_max=4000)
    assert (found.value, found.from_option, found.to_option) == (Decimal(667), "a", "b")


def test_options_without_a_price_and_projects_without_answers_have_no_flips() -> None:
    assert crossings("tokens.output_avg", machine(usd_per_hour=None)) == ()
    inputs = CostInputs(facts={}, options=(api(),), prices_as_of=PRICES_AS_OF)
    assert find_crossings(inputs, lambda _: {}) == ()


@pytest.mark.parametrize(("group", "value"), [(LineGroup.LOGGING, 4935), (LineGroup.PEOPLE, 13_158)])
def test_what_comes_beside_the_models_uses_up_the_budget_unless_it_is_working_hours(
    group: LineGroup, value: int
) -> None:
    """0.002 dollars a request and 500 a month: 300 of 800 are left for 150,000 requests, or all 800 for 400,000."""
    month = SideLine(
        name="beside",
        group=group,
        unit="month",
        usd_per_unit=Decimal(500),
        price_key="m",
        source=PAGE,
        fixed=level(Decimal(1)),
        per_request=level(Decimal(0)),
        ref="one",
    )
    given = facts(budget__monthly_usd=800)

    def settle(changes: Mapping[str, FactValue]) -> dict[str, FactValue]:
        return {**given, **changes}

    inputs = CostInputs(
        facts=given, options=(api(fresh="1", output="0"),), prices_as_of=PRICES_AS_OF, side=SideCosts(lines=(month,))
    )
    (found,) = find_crossings(inputs, settle, (lever("scale.requests_per_day"),))
    assert (found.value, found.budget) == (Decimal(value), "breaks")

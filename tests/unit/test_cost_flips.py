"""What would change the order, in words: thresholds computed by hand from round prices."""

from decimal import Decimal

from maquette.cost.projection import CostProjection
from maquette.foundation.expression import FactValue
from tests.cost_world import api, facts, machine, project


def flips(projection: CostProjection, name: str) -> tuple[str, ...]:
    found = projection.option(name)
    assert found is not None
    return found.flip


def a_second(**changes: FactValue) -> dict[str, FactValue]:
    """86,400 requests a day at three times the mean in the peak, without growth."""
    answers = {"scale.requests_per_day": 86_400, "scale.peak_factor": 3, **changes}
    return facts(**{name.replace(".", "__"): value for name, value in answers.items()})  # type: ignore[arg-type]  # no key is ``unknown``


def test_a_machine_is_cheaper_above_its_month_by_the_price_of_a_request() -> None:
    # A machine month costs 730 at a dollar an hour; a request costs 0.0002 (2000 * 0.1 / 1e6): 3,650,000 requests.
    # One machine serves 3 a second at 5 measured: as much as the launch volume of 2,626,560; two serve twice that.
    option, own = api(fresh="0.1", output="0"), machine(usd_per_hour="1", throughput_per_s=10)
    projection = project(a_second(), option, own)
    never = "not within the 12 months of the horizon"
    expected = f"above 3,650,000 requests a month, on 1 machine up to 5,253,120: {never}"
    assert f"own is cheaper {expected}" in flips(projection, "m")
    assert f"cheaper than m {expected}" in flips(projection, "own")


def test_growth_says_from_which_month_the_machine_is_cheaper() -> None:
    # 2,626,560 * 1.1^3 = 3,495,951 and 1.1^4 = 3,845,547
    growing = {**a_second(), "scale.growth_pct_month": 10}
    projection = project(growing, api(fresh="0.1", output="0"), machine(throughput_per_s=10))
    assert flips(projection, "own")[0].endswith("from month 5 at this growth")


def test_a_machine_that_is_cheaper_already_says_below_which_volume_it_is_not() -> None:
    projection = project(a_second(), api(fresh="1", output="0"), machine(throughput_per_s=10))
    assert flips(projection, "own") == ("m is cheaper below 365,000 requests a month",)
    assert "cheaper than own below 365,000 requests a month" in flips(projection, "m")


def test_a_machine_that_serves_too_little_is_never_cheaper() -> None:
    # 0.05 measured, 0.03 usable, a hundredth of the peak: 26,265.6 requests a month, which the API does for $5.25.
    projection = project(a_second(), api(fresh="0.1", output="0"), machine(throughput_per_s=0.05))
    assert flips(projection, "own") == ("never cheaper than m, which does for $5.25 what one machine does for $730",)


def test_a_budget_that_holds_says_up_to_which_volume_and_length() -> None:
    # 0.0024 a request: 100 / 0.0024 = 41,666 requests; (100 / 30,400 - 0.002) / 4e-6 = 322 tokens
    assert flips(project(facts(budget__monthly_usd=100), api()), "m") == (
        "over the budget of $100 above 41,666 requests a month: not within the 12 months of the horizon",
        "over the budget in month 1 above 322 output tokens a request",
    )


def test_a_budget_that_is_broken_says_below_which_volume_it_would_hold() -> None:
    expected = ("within the budget of $50.00 only below 20,833 requests a month",)
    assert flips(project(facts(budget__monthly_usd=50), api()), "m") == expected
    expected = ("within the budget of $0.00 only below 0 requests a month",)
    assert flips(project(facts(budget__monthly_usd=0), api()), "m") == expected


def test_a_budget_pays_so_many_machines() -> None:
    given = {**a_second(), "budget.monthly_usd": 1500}
    # 10 measured, 6 usable, twice the peak of 3 each
    assert flips(project(given, machine(throughput_per_s=10)), "own") == (
        "the budget of $1,500 pays 2 machines: up to 10,506,240 requests a month",
    )
    given = {**a_second(), "budget.monthly_usd": 700}
    assert flips(project(given, machine()), "own") == (
        "over the budget of $700 at any volume: the fewest machines cost $730",
    )


def test_losing_the_cache_says_what_it_costs_and_who_is_cheaper_then() -> None:
    given = {**a_second(), "tokens.shared_prefix": 1500, "budget.monthly_usd": 2000}
    projection = project(
        given, api(fresh="1", cached="0.1", output="0"), api("rival", fresh="0.5", output="0"), api("dear", fresh="2")
    )
    # 2,626,560 * 650 / 1e6 and * 2000 / 1e6; the rival's 1,000 dollars a million lie between
    expected = (
        "without prefix caching the tokens of month 1 cost $5,253 instead of $1,707, "
        "over the budget of $2,000, dearer than rival"
    )
    assert expected in flips(projection, "m")


def test_an_unpriced_option_flips_nothing() -> None:
    projection = project(a_second(), api(), machine(usd_per_hour=None))
    assert flips(projection, "own") == ()
    assert not [text for text in flips(projection, "m") if "own" in text]


def test_two_apis_do_not_depend_on_the_volume() -> None:
    projection = project(facts(), api("a"), api("b", fresh="2"))
    assert (flips(projection, "a"), flips(projection, "b")) == ((), ())
    assert projection.options[0].usd_per_request == Decimal("0.0024")

"""Volume, latency and budget by hand: what contradicts, with which figures; what is unknown contradicts nothing."""

from dataclasses import replace
from decimal import Decimal

import pytest

from maquette.cost.feasibility import Feasibility, check_feasibility
from maquette.evals.run import Percentiles
from maquette.foundation.problems import InvalidInput
from tests.cost_world import api, facts, measured, model, prices, project

CHEAP = model("cheap", prices(fresh="0.01", output="0.04"))
"""A cent a million tokens in, four out."""


def thousand_a_second(**changes: object) -> Feasibility:
    """1,000 requests a second of 500 and 200 tokens, $10,000 a month, 500 ms."""
    given = {
        "scale__requests_per_day": 86_400_000,
        "tokens__input_avg": 500,
        "tokens__output_avg": 200,
        "tokens__output_max": 200,
        "tokens__input_p99": 500,
        "budget__monthly_usd": 10_000,
        "latency__p95_ms": 500,
        **changes,
    }
    return check_feasibility(facts(**{name: value for name, value in given.items() if value is not None}), [CHEAP])  # type: ignore[arg-type]


def test_a_thousand_requests_a_second_for_ten_thousand_dollars_contradict() -> None:
    price, speed = thousand_a_second().findings
    # 86,400,000 x 30.4 requests; $10,000 over them; 500 x $0.01 + 200 x $0.04 a million.
    assert price.figures == {
        "requests_per_month": Decimal("2626560000"),
        "tokens_per_month": Decimal("1838592000000"),
        "budget_usd_month": 10_000,
        "usd_per_request_affordable": 10_000 / Decimal("2626560000"),
        "usd_per_request_least": Decimal("0.000013"),
        "usd_month_least": Decimal("34145.28"),
    }
    assert price.contradicts
    assert price.sentence == (
        "1,000 requests a second on average are 2,626,560,000 a month; $10,000 leave $0.00000381 for one, or $0.00544"
        " for a million tokens. The cheapest model (cheap) takes $0.0000130 with everything cached that can be,"
        " $34,145 a month: 3.41 times the budget"
    )
    assert price.changes == (
        "a budget of $34,145 a month",
        "25,303,644 requests a day instead of 86,400,000",
        "29.29 % of the tokens of a request",
    )
    # 200 tokens in half a second.
    assert (speed.contradicts, speed.figures["tok_per_s_needed"]) == (True, Decimal(400))
    assert speed.changes[:2] == ("answers of 75 tokens", "a p95 of 1,333 ms")


def test_what_fits_is_told_with_the_same_arithmetic() -> None:
    found = thousand_a_second(budget__monthly_usd=40_000, latency__p95_ms=2_000)
    assert [(one.kind, one.contradicts, one.changes) for one in found.findings] == [
        ("price", False, ()),
        ("speed", False, ()),
    ]
    assert found.contradictions == ()


def test_the_first_token_takes_its_time_from_the_rest() -> None:
    # 200 tokens in 1.5 - 0.5 seconds.
    speed = thousand_a_second(latency__p95_ms=1_500, latency__ttft_ms=500).findings[1]
    assert (speed.figures["tok_per_s_needed"], speed.contradicts) == (Decimal(200), True)
    late = thousand_a_second(latency__p95_ms=500, latency__ttft_ms=600).findings[1]
    assert (late.contradicts, late.sentence) == (
        True,
        "the first token alone may take 600 ms, and the whole answer 500 ms",
    )


def test_a_measured_speed_goes_beyond_the_usual_one() -> None:
    quick = replace(measured("m"), tpot=Percentiles(p50_s=0.002, p95_s=0.003, p99_s=0.004))
    given = facts(latency__p95_ms=500, tokens__output_avg=200, tokens__output_max=200)
    (speed,) = check_feasibility(given, [], results=[quick]).findings
    assert (speed.contradicts, speed.figures["tok_per_s_reach"]) == (False, Decimal(500))


def test_an_option_that_keeps_the_budget_shows_that_it_can_be_kept() -> None:
    given = facts(budget__monthly_usd=100)
    found = check_feasibility(
        given, [model("dear", prices(fresh="100", output="400"))], projection=project(given, api())
    )
    assert [one.contradicts for one in found.findings] == [False]


def test_of_the_evaluated_options_those_in_time_must_be_paid_for() -> None:
    given = facts(budget__monthly_usd=100, latency__p95_ms=2_000)
    slow, fast = (
        replace(measured(name), latency=Percentiles(p50_s=seconds, p95_s=seconds, p99_s=seconds))
        for name, seconds in (("cheap", 3.0), ("dear", 1.0))
    )
    both = project(given, api("cheap"), api("dear", fresh="10", output="40"))
    found = check_feasibility(given, [], projection=both, results=[slow, fast])
    last = found.findings[-1]
    assert (last.kind, last.contradicts, last.figures["usd_month"]) == ("speed and price", True, Decimal("729.6"))
    only = check_feasibility(given, [], projection=both, results=[slow]).findings[-1]
    assert only.sentence == "of 1 evaluated options none answers within 2,000 ms: cheap takes 3,000 ms"


@pytest.mark.parametrize(
    ("missing", "says"),
    [
        ("budget__monthly_usd", "budget.monthly_usd"),
        ("latency__p95_ms", "latency.p95_ms"),
    ],
)
def test_what_is_unknown_contradicts_nothing(missing: str, says: str) -> None:
    found = thousand_a_second(**{missing: None})
    assert found.unchecked == (says,)
    assert len(found.findings) == 1


def test_without_volume_prices_or_models_nothing_is_held_against_the_budget() -> None:
    empty = facts(unknown=frozenset({"scale.requests_per_day"}), budget__monthly_usd=100)
    assert check_feasibility(empty, [CHEAP]).unchecked == ("scale.requests_per_day", "latency.p95_ms")
    nothing = facts(scale__requests_per_day=0, budget__monthly_usd=100)
    assert check_feasibility(nothing, [CHEAP]).findings == ()
    assert check_feasibility(facts(budget__monthly_usd=100), [model("dark", None)]).findings == ()
    assert check_feasibility(facts(budget__monthly_usd=0), [CHEAP]).findings[0].contradicts


def test_what_is_no_number_is_refused() -> None:
    with pytest.raises(InvalidInput, match=r"latency.p95_ms = 'soon' is not a number"):
        check_feasibility({"latency.p95_ms": "soon"}, [])

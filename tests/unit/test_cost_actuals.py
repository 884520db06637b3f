"""Projection against actual in exact numbers: the drift's parts, the forecast, spikes, and a month that is not over."""

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest

from maquette.cost.actuals import DayRow, Total, by_day, plain_model, total, totals_by
from maquette.cost.actuals_alerts import spikes
from maquette.cost.actuals_drift import CACHED, FRESH, OUTPUT, Expected, drift
from maquette.cost.actuals_forecast import forecast
from maquette.cost.actuals_report import actual_months

D = Decimal
# 1,000 requests of 800 fresh and 200 cached tokens in and 100 out: $0.80 + $0.02 + $0.40.
EXPECTED = Expected(
    usd_low=D("1.00"),
    usd=D("1.22"),
    usd_high=D("2.00"),
    requests=D(1000),
    tokens={FRESH: D(800_000), CACHED: D(200_000), OUTPUT: D(100_000)},
    token_usd={FRESH: D("0.80"), CACHED: D("0.02"), OUTPUT: D("0.40")},
)
FIRST = date(2026, 10, 1)


def days(*usd: str, first: date = FIRST) -> dict[date, Decimal]:
    return {first + timedelta(number): D(amount) for number, amount in enumerate(usd)}


def rows(*usd: str, first: date = FIRST) -> list[DayRow]:
    return [DayRow(day=day, model="m", requests=1, usd=amount) for day, amount in days(*usd, first=first).items()]


def test_twice_the_requests_are_all_volume() -> None:
    found = drift(
        EXPECTED, Total(requests=2000, input_tok=2_000_000, cached_tok=400_000, output_tok=200_000, usd=D("2.44"))
    )
    assert found is not None
    assert (found.usd, found.share) == (D("1.22"), D("1.000000"))
    assert (found.volume_usd, found.token_mix_usd, found.price_usd) == (D("1.22"), D(0), D(0))


def test_longer_answers_are_token_mix_and_a_dearer_bill_is_price() -> None:
    # 200 tokens out instead of 100: 100,000 more at $4 a million; and $0.10 that no token explains.
    found = drift(
        EXPECTED, Total(requests=1000, input_tok=1_000_000, cached_tok=200_000, output_tok=200_000, usd=D("1.72"))
    )
    assert found is not None
    assert (found.volume_usd, found.token_mix_usd, found.price_usd) == (D(0), D("0.40"), D("0.10"))


def test_a_cache_that_misses_is_token_mix() -> None:
    # All million tokens fresh at $1 a million instead of 200,000 at $0.10.
    found = drift(EXPECTED, Total(requests=1000, input_tok=1_000_000, cached_tok=0, output_tok=100_000, usd=D("1.40")))
    assert found is not None
    assert (found.volume_usd, found.token_mix_usd, found.price_usd) == (D(0), D("0.18"), D(0))


def test_where_nobody_says_what_was_cached_the_projected_share_is_taken() -> None:
    found = drift(
        EXPECTED, Total(requests=1000, input_tok=1_000_000, cached_tok=None, output_tok=100_000, usd=D("1.22"))
    )
    assert found is not None
    assert (found.volume_usd, found.token_mix_usd, found.price_usd) == (D(0), D(0), D(0))


@pytest.mark.parametrize(
    ("actual", "why"),
    [
        (Total(usd=D(1)), "the source does not count requests"),
        (Total(usd=D(1), requests=5), "the source does not count tokens"),
    ],
)
def test_what_is_not_counted_leaves_the_difference_without_parts(actual: Total, why: str) -> None:
    found = drift(EXPECTED, actual)
    assert found is not None
    assert (found.usd, found.volume_usd, found.price_usd, found.why_no_parts) == (D("-0.22"), None, None, why)
    machines = drift(Expected(usd_low=D(1), usd=D(1), usd_high=D(1), requests=D(9)), Total(usd=D(2), requests=9))
    assert machines is not None
    assert machines.why_no_parts == "the projection is not by tokens"


def test_no_dollars_are_no_drift_and_no_projection_no_share() -> None:
    assert drift(EXPECTED, Total(requests=1)) is None
    found = drift(Expected(usd_low=D(0), usd=D(0), usd_high=D(0)), Total(usd=D(3)))
    assert found is not None
    assert (found.usd, found.share) == (D(3), None)


def test_a_share_of_a_month_is_a_share_of_everything_in_it() -> None:
    half = EXPECTED.share(Fraction(1, 2))
    assert (half.usd_low, half.usd, half.usd_high, half.requests) == (D("0.5"), D("0.61"), D(1), D(500))
    assert (half.tokens or {})[OUTPUT] == 50_000
    assert EXPECTED.share(Fraction(1, 3)).usd == D("0.406667")


def test_sums_leave_out_what_is_unknown_and_stay_unknown_when_all_is() -> None:
    some = [DayRow(day=FIRST, model="a", usd=D("0.1")), DayRow(day=FIRST, model="b", input_tok=5)]
    assert total(some) == Total(usd=D("0.1"), input_tok=5)
    assert totals_by(some, lambda row: row.model)["b"].usd is None


def test_a_day_without_rows_between_others_cost_nothing() -> None:
    gap = [*rows("1"), *rows("3", first=FIRST + timedelta(2))]
    assert list(by_day(gap).values()) == [D(1), D(0), D(3)]


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ("anthropic/claude-haiku-4-5-20251001", "claude-haiku-4-5"),
        ("Claude Haiku 4.5", "claude-haiku-4-5"),
        ("gpt-5-mini-2025-08-07", "gpt-5-mini"),
        ("vertex_ai/claude-haiku-4-5@20251001", "claude-haiku-4-5"),
        ("", ""),
    ],
)
def test_a_models_route_and_date_do_not_make_it_another(name: str, plain: str) -> None:
    assert plain_model(name) == plain


def test_a_forecast_carries_the_mean_day_to_the_months_end() -> None:
    # Ten days at $2 on average, 21 to come.
    found = forecast(days(*["1", "3"] * 5), "2026-10", today=date(2026, 10, 11))
    assert found is not None
    assert (found.spent_usd, found.usd, found.days_left, found.by_weekday) == (D(20), D("62.00"), 21, False)
    # s^2 = 10/9; 1.96 * sqrt(10/9 * 21 * (1 + 21/10)) = 16.67
    assert (found.low_usd, found.high_usd) == (D("45.33"), D("78.67"))


def test_two_weeks_tell_weekdays_apart() -> None:
    # October 1st 2026 is a Thursday: $10 on working days, $1 at weekends.
    usd = ["1" if (FIRST + timedelta(number)).weekday() >= 5 else "10" for number in range(14)]
    found = forecast(days(*usd), "2026-10", today=date(2026, 10, 15))
    assert found is not None
    assert found.by_weekday
    # 15th to 31st: twelve working days and five at weekends.
    assert (found.usd, found.low_usd, found.high_usd) == (D(104) + 12 * 10 + 5, D("229.00"), D("229.00"))


def test_today_counts_for_what_it_still_brings() -> None:
    found = forecast(days("2", "2", "0.5"), "2026-10", today=date(2026, 10, 3))
    assert found is not None
    assert (found.usd, found.days_left, found.low_usd) == (D("62.00"), 29, None)


def test_the_day_on_which_a_budget_is_gone_is_told() -> None:
    found = forecast(days(*["10"] * 10), "2026-10", today=date(2026, 10, 11), budget_usd=D(150))
    assert found is not None
    assert found.budget_gone_on == date(2026, 10, 16)
    lasting = forecast(days(*["10"] * 10), "2026-10", today=date(2026, 10, 11), budget_usd=D(310))
    assert lasting is not None
    assert lasting.budget_gone_on is None


@pytest.mark.parametrize(("last", "limit"), [("3.00", None), ("3.01", "1.00"), ("1.49", None), ("1.51", "1.00")])
def test_a_spike_passes_a_limit_of_the_two_weeks_before_and_half_as_much_again(last: str, limit: str | None) -> None:
    steady = ["1"] * 14
    found = spikes(days(*steady, last))
    if limit is None and last == "3.00":
        assert [spike.rule[:8] for spike in found] == ["the mean"]
    elif limit is None:
        assert found == ()
    else:
        assert [(spike.day, spike.limit_usd) for spike in found] == [(date(2026, 10, 15), D(limit))]


def test_a_noisy_fortnight_needs_more_for_a_spike() -> None:
    noisy = ["1", "5"] * 7  # median 3, mean 3, deviation 2: limits 9 and 11
    last = FIRST + timedelta(14)
    assert [spike for spike in spikes(days(*noisy, "9")) if spike.day == last] == []
    assert [spike.limit_usd for spike in spikes(days(*noisy, "9.01")) if spike.day == last] == [D(9)]
    assert spikes(days("1", "1", "1", "100")) == ()
    assert [spike.limit_usd for spike in spikes(days(*["1"] * 7, "3.01"))] == [D(3)]


def test_a_month_that_is_not_over_is_held_against_its_share() -> None:
    found = actual_months(rows(*["1"] * 10), {"2026-10": EXPECTED}, budget_usd=D(20), today=date(2026, 10, 11))
    (month,) = found
    assert (month.days, month.days_in_month, month.status, month.is_over) == (10, 31, "above projection", False)
    assert month.expected_so_far is not None
    assert month.expected_so_far.usd == D("0.393548")
    assert [(alert.kind, alert.critical) for alert in month.alerts] == [("budget", True), ("projection", False)]
    assert month.alerts[0].sentence == "2026-10 will cost $31.00 against a budget of $20.00, 155.0 % of it"


@pytest.mark.parametrize(
    ("usd", "status", "alerts"),
    [("1.342", "on target", []), ("1.35", "above projection", ["projection"]), ("1.0", "below projection", [])],
)
def test_ten_percent_is_on_target(usd: str, status: str, alerts: list[str]) -> None:
    (month,) = actual_months(
        [*rows("0"), DayRow(day=date(2026, 10, 31), usd=D(usd))],
        {"2026-10": EXPECTED},
        budget_usd=None,
        today=date(2026, 11, 5),
    )
    assert (month.status, month.forecast, [alert.kind for alert in month.alerts if alert.kind != "spike"]) == (
        status,
        None,
        alerts,
    )


def test_tokens_without_dollars_are_no_costs_and_nothing_is_nothing() -> None:
    (month,) = actual_months([DayRow(day=FIRST, input_tok=5)], {}, budget_usd=D(1), today=date(2026, 12, 1))
    assert (month.status, month.drift, month.forecast, month.alerts) == ("no dollars", None, None, ())
    assert actual_months([], {}, budget_usd=None, today=FIRST) == ()

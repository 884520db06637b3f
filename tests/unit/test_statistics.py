"""Intervals against an independent implementation, and their real coverage by exact enumeration."""

import pytest
from scipy.stats import binom
from statsmodels.stats.proportion import proportion_confint, samplesize_confint_proportion

from maquette.evals.run import Interval, Verdict
from maquette.evals.statistics import examples_for_margin, half_width, more_to_decide, percentiles, verdict, wilson


@pytest.mark.parametrize(("correct", "scored"), [(0, 1), (1, 1), (0, 30), (27, 30), (30, 30), (187, 200), (990, 1000)])
def test_the_interval_equals_the_one_of_an_independent_implementation(correct: int, scored: int) -> None:
    low, high = proportion_confint(correct, scored, alpha=0.05, method="wilson")
    interval = wilson(correct, scored)
    assert interval.low == pytest.approx(low, abs=1e-12)
    assert interval.high == pytest.approx(high, abs=1e-12)
    assert interval.method == "Wilson"


@pytest.mark.parametrize(
    ("scored", "rate", "percent"),
    [(30, 0.90, 97.4), (30, 0.95, 93.9), (50, 0.95, 96.2), (100, 0.98, 94.9), (100, 0.99, 92.1), (300, 0.99, 96.7)],
)
def test_it_covers_the_true_rate_as_often_as_enumeration_says(scored: int, rate: float, percent: float) -> None:
    covering = (k for k in range(scored + 1) if wilson(k, scored).low <= rate <= wilson(k, scored).high)
    covered = sum(binom.pmf(k, scored, rate) for k in covering)
    assert round(100 * covered, 1) == percent


@pytest.mark.parametrize(("correct", "scored"), [(1, 0), (-1, 5), (6, 5)])
def test_impossible_counts_have_no_interval(correct: int, scored: int) -> None:
    with pytest.raises(ValueError, match=r".+"):
        wilson(correct, scored)


@pytest.mark.parametrize(
    ("interval", "threshold", "expected"),
    [
        (Interval(low=0.90, high=0.96), 0.90, Verdict.PASSES),
        (Interval(low=0.89, high=0.96), 0.90, Verdict.NOT_ENOUGH_DATA),
        (Interval(low=0.80, high=0.90), 0.90, Verdict.NOT_ENOUGH_DATA),
        (Interval(low=0.80, high=0.89), 0.90, Verdict.FAILS),
        (Interval(low=0.80, high=0.89), None, Verdict.NO_THRESHOLD),
        (None, 0.90, Verdict.NOT_ENOUGH_DATA),
    ],
)
def test_the_whole_interval_decides(interval: Interval | None, threshold: float | None, expected: Verdict) -> None:
    assert verdict(interval, threshold) is expected


@pytest.mark.parametrize(("rate", "examples"), [(0.5, 385), (0.9, 139), (0.8, 246), (1.0, 31)])
def test_the_advised_sample_size_equals_the_textbook_one(rate: float, examples: int) -> None:
    kept = min(rate, 0.98)
    assert examples_for_margin(0.05, rate) == examples
    assert examples - 1 < samplesize_confint_proportion(kept, 0.05) <= examples


@pytest.mark.parametrize(("correct", "scored", "threshold"), [(27, 30, 0.8), (45, 60, 0.8), (19, 20, 0.9)])
def test_so_many_more_examples_settle_the_verdict_and_hardly_fewer_do(
    correct: int, scored: int, threshold: float
) -> None:
    rate = correct / scored
    more = more_to_decide(correct, scored, threshold)
    assert more is not None
    enough = scored + more
    # The count of right answers is whole, the formula's rate is not: one answer either way.
    above = rate > threshold
    clear = round(rate * enough) + (1 if above else -1)
    settled = verdict(wilson(min(clear, enough), enough), threshold)
    assert settled is (Verdict.PASSES if above else Verdict.FAILS)
    few = int(enough * 0.8)
    assert verdict(wilson(round(rate * few), few), threshold) is Verdict.NOT_ENOUGH_DATA


def test_a_rate_at_the_threshold_is_never_settled_and_a_settled_one_needs_no_more() -> None:
    assert more_to_decide(8, 10, 0.8) is None
    assert more_to_decide(0, 0, 0.8) is None
    assert more_to_decide(90_001, 100_000, 0.9) is None
    assert more_to_decide(500, 500, 0.8) == 0


def test_half_of_the_width() -> None:
    assert half_width(Interval(low=0.5, high=0.75)) == 0.125


def test_percentiles_lie_between_the_order_statistics() -> None:
    found = percentiles([0.4, 0.1, 0.3, 0.2])
    assert found is not None
    assert found.p50_s == pytest.approx(0.25)
    assert found.p95_s == pytest.approx(0.385)
    assert found.p99_s == pytest.approx(0.397)
    assert percentiles([]) is None

"""Intervals against an independent implementation, and their real coverage by exact enumeration."""

from collections.abc import Callable
from functools import cache

import numpy as np
import pytest
from scipy.stats import binom
from statsmodels.regression.linear_model import WLS
from statsmodels.stats.proportion import proportion_confint, samplesize_confint_proportion

from maquette.evals.run import Interval, Verdict
from maquette.evals.statistics import examples_for_margin, half_width, more_to_decide, percentiles, verdict, wilson
from maquette.evals.statistics.proportions import clopper_pearson, clustered_rate, highest_rate, score_interval
from maquette.evals.statistics.values import NotComparable

Method = Callable[[int, int], Interval]


def wald(correct: int, scored: int) -> Interval:
    """What most tools give; here to show why it is not used."""
    low, high = proportion_confint(correct, scored, method="normal")
    return Interval(low=low, high=high)


@cache
def ends(method: Method, scored: int) -> tuple[tuple[float, float], ...]:
    """Both ends for every count; bounds that equal a rate up to rounding count as covering it."""
    found = (method(correct, scored) for correct in range(scored + 1))
    return tuple((interval.low - 1e-12, interval.high + 1e-12) for interval in found)


def coverage(method: Method, scored: int, rate: float) -> float:
    """Per cent of all samples whose interval holds the rate, by enumeration."""
    chances = binom.pmf(np.arange(scored + 1), scored, rate)
    covered = [low <= rate <= high for low, high in ends(method, scored)]
    return float(100 * chances[covered].sum())


@pytest.mark.parametrize(("correct", "scored"), [(0, 1), (1, 1), (0, 30), (27, 30), (30, 30), (187, 200), (990, 1000)])
def test_the_interval_equals_the_one_of_an_independent_implementation(correct: int, scored: int) -> None:
    low, high = proportion_confint(correct, scored, alpha=0.05, method="wilson")
    interval = wilson(correct, scored)
    assert interval.low == pytest.approx(low, abs=1e-12)
    assert interval.high == pytest.approx(high, abs=1e-12)
    assert interval.method == "Wilson"


@pytest.mark.parametrize(
    ("scored", "rate", "by_wald", "by_wilson", "by_clopper_pearson"),
    [
        (30, 0.90, 80.9, 97.4, 99.2),
        (30, 0.95, 78.2, 93.9, 98.4),
        (30, 0.98, 45.4, 97.8, 97.8),
        (50, 0.95, 92.0, 96.2, 98.8),
        (100, 0.98, 86.6, 94.9, 98.5),
        (100, 0.99, 63.3, 92.1, 98.2),
        (300, 0.99, 79.9, 96.7, 98.9),
        (1000, 0.99, 92.7, 96.4, 97.6),
    ],
)
def test_it_covers_the_true_rate_as_often_as_enumeration_says(
    scored: int, rate: float, by_wald: float, by_wilson: float, by_clopper_pearson: float
) -> None:
    assert round(coverage(wald, scored, rate), 1) == by_wald
    assert round(coverage(wilson, scored, rate), 1) == by_wilson
    assert round(coverage(clopper_pearson, scored, rate), 1) == by_clopper_pearson


@pytest.mark.parametrize(
    ("method", "scored", "mean", "worst"),
    [
        (wald, 30, 86.0, 3.0),
        (wilson, 30, 95.3, 86.0),
        (clopper_pearson, 30, 97.5, 95.4),
        (wald, 300, 93.7, 25.9),
        (wilson, 300, 95.0, 93.4),
    ],
)
def test_over_two_hundred_rates_it_covers_as_often_on_average_and_at_worst(
    method: Method, scored: int, mean: float, worst: float
) -> None:
    found = [coverage(method, scored, rate) for rate in np.linspace(0.6, 0.999, 200)]
    assert round(sum(found) / len(found), 1) == mean
    assert round(min(found), 1) == worst


def test_between_those_rates_wilson_dips_lower_and_the_exact_interval_never_below_its_level() -> None:
    rates = np.linspace(0.6, 0.999, 4_000)
    assert round(min(coverage(wilson, 30, rate) for rate in rates), 1) == 83.8
    assert min(coverage(clopper_pearson, 30, rate) for rate in rates) >= 95


@pytest.mark.parametrize(("scored", "points"), [(30, 11.1), (50, 8.5), (100, 6.0), (300, 3.4), (1000, 1.9)])
def test_half_of_the_width_at_nine_of_ten_right(scored: int, points: float) -> None:
    assert round(100 * half_width(wilson(scored * 9 // 10, scored)), 1) == points


@pytest.mark.parametrize(("examples", "percent"), [(30, 9.5), (50, 5.82), (100, 2.95), (300, 0.99), (1000, 0.30)])
def test_no_hit_in_so_many_examples_still_allows_so_many_in_a_hundred(examples: int, percent: float) -> None:
    bound = highest_rate(0, examples)
    assert 100 * bound == pytest.approx(percent, abs=0.03)
    assert (1 - bound) ** examples == pytest.approx(0.05)


@pytest.mark.parametrize(("correct", "scored"), [(0, 1), (1, 1), (0, 30), (27, 30), (990, 1000)])
def test_the_exact_interval_equals_the_one_of_an_independent_implementation(correct: int, scored: int) -> None:
    interval = clopper_pearson(correct, scored)
    assert (interval.low, interval.high) == pytest.approx(proportion_confint(correct, scored, method="beta"))


def test_independent_examples_have_the_plain_interval() -> None:
    found = clustered_rate([1] * 27 + [0] * 3)
    assert found.effective == 30
    assert found.interval.low == pytest.approx(wilson(27, 30).low)
    assert found.interval.method == "Wilson"
    assert clustered_rate([1] * 27 + [0] * 3, clusters=range(30)) == found
    assert score_interval(0.9, 30, method="").high == pytest.approx(wilson(27, 30).high)


def test_repeats_that_always_agree_are_worth_their_examples_and_no_more() -> None:
    once = [1.0] * 24 + [0.0] * 6
    clusters = [item for item in range(30) for _ in range(10)]
    found = clustered_rate([value for value in once for _ in range(10)], clusters=clusters)
    # The correction for 29 instead of 299 degrees of freedom, and n - 1 for n, take a little away.
    assert found.clusters == 30
    assert 26 < found.effective < 30


def test_the_effective_number_of_examples_is_the_one_worked_out_by_hand() -> None:
    found = clustered_rate([1, 1, 1, 0, 0, 0], clusters=["a", "a", "b", "b", "c", "c"])
    # The clusters' totals lie 1, 0 and -1 beside what a rate of 1/2 gives: a variance of 3/2 x 2 / 6^2 = 1/12, worth
    # 1/4 x 12 = 3 examples; t is 2.5706 at 5 degrees of freedom and 4.3027 at 2.
    assert found.effective == pytest.approx(3 * (2.570582 / 4.302653) ** 2, rel=1e-5)


def test_clusters_without_a_spread_count_as_one_example_each() -> None:
    found = clustered_rate([1.0] * 40, clusters=[item // 4 for item in range(40)])
    assert found.effective == pytest.approx(10)
    assert found.interval.low == pytest.approx(wilson(10, 10).low)


def test_the_variance_of_a_weighted_rate_equals_that_of_a_weighted_regression() -> None:
    values, weights = [1, 0, 1, 1, 0, 1, 1, 1, 0, 1], [1, 2, 1, 3, 1, 1, 2, 2, 1, 1]
    fit = WLS(values, np.ones(10), weights=weights).fit(cov_type="HC1")
    found = clustered_rate(values, weights=weights)
    assert found.rate == pytest.approx(fit.params[0])
    assert found.effective == pytest.approx(found.rate * (1 - found.rate) / fit.bse[0] ** 2)


@pytest.mark.parametrize("wrong", [([], None, None), ([1.0], ["a", "b"], None), ([1.0], None, [0.0])])
def test_values_without_their_clusters_or_weights_have_no_rate(
    wrong: tuple[list[float], list[str] | None, list[float] | None],
) -> None:
    values, clusters, weights = wrong
    with pytest.raises(NotComparable):
        clustered_rate(values, clusters=clusters, weights=weights)


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

"""Graded scores and clusters: independent implementations beside ours, and coverage by seeded simulation."""

import numpy as np
import pytest
from scipy.stats import bootstrap, permutation_test, ttest_1samp
from statsmodels.regression.linear_model import OLS

from maquette.evals.run import Interval
from maquette.evals.statistics.clusters import t_interval, units_of
from maquette.evals.statistics.graded import difference, graded_difference
from maquette.evals.statistics.planning import examples_to_find
from maquette.evals.statistics.proportions import clustered_rate
from maquette.evals.statistics.resampling import bca_interval, draws_for, sign_flip
from maquette.evals.statistics.values import NotComparable

FEW = [0.1, -0.05, 0.2, 0.0, 0.15, 0.3, -0.1, 0.05, 0.1, 0.25]


def skewed(number: int, seed: int = 5) -> list[float]:
    """Differences most of which are near 0 and a few large."""
    found: list[float] = (np.random.default_rng(seed).exponential(0.1, number) - 0.09).tolist()
    return found


def test_the_t_interval_equals_the_one_of_an_independent_implementation() -> None:
    found = graded_difference(FEW)
    expected = ttest_1samp(FEW, 0).confidence_interval(0.95)
    assert (found.interval.low, found.interval.high) == pytest.approx((expected.low, expected.high))
    assert found.interval.method == "paired t, too few for a bootstrap"
    assert found.estimate == pytest.approx(0.1)
    assert (found.items, found.clusters, found.binary) == (10, 10, False)


def test_clusters_have_the_error_of_an_independent_implementation() -> None:
    clusters = [number // 7 % 13 for number in range(180)]
    values = skewed(180)
    fit = OLS(values, np.ones(180)).fit(cov_type="cluster", cov_kwds={"groups": clusters}, use_t=True)
    units = units_of(values, clusters=clusters)
    interval = t_interval(units)
    assert units.count == 13
    assert units.variance**0.5 == pytest.approx(fit.bse[0])
    assert (interval.low, interval.high) == pytest.approx(tuple(fit.conf_int()[0]))
    assert interval.method == "t over clusters"


def test_few_differences_have_all_their_signs_flipped() -> None:
    expected = permutation_test((FEW,), np.sum, permutation_type="samples", n_resamples=2**10).pvalue
    found = sign_flip(units_of(FEW))
    assert found.p == pytest.approx(expected)
    assert (found.method, found.error) == ("sign flips, exact", 0.0)


def test_differences_of_zero_change_no_p_value() -> None:
    assert sign_flip(units_of([*FEW, *[0.0] * 500])) == sign_flip(units_of(FEW))
    assert sign_flip(units_of([0.0] * 500)).p == 1.0


def test_many_differences_have_a_p_value_with_its_own_error() -> None:
    values = skewed(17)
    exact = permutation_test((values,), np.sum, permutation_type="samples", n_resamples=2**17).pvalue
    found = sign_flip(units_of(values))
    assert found.method == "sign flips, 9,999 draws"
    assert found.error == pytest.approx((found.p * (1 - found.p) / 9_999) ** 0.5)
    assert abs(found.p - exact) < 4 * found.error


def test_the_seed_alone_decides_what_is_drawn() -> None:
    values = skewed(150)
    assert graded_difference(values, seed=1) == graded_difference(values, seed=1)
    assert graded_difference(values, seed=1) != graded_difference(values, seed=2)


def test_from_a_hundred_differences_the_interval_is_the_corrected_bootstrap() -> None:
    values = skewed(150)
    found = graded_difference(values)
    expected = bootstrap((values,), np.mean, method="BCa", rng=np.random.default_rng(3)).confidence_interval
    assert found.interval.low == pytest.approx(expected.low, abs=0.0006)
    assert found.interval.high == pytest.approx(expected.high, abs=0.0006)
    assert found.interval.method == "BCa bootstrap, 9,999 resamples"
    assert graded_difference(values, bootstrap=False).interval.method == "paired t"
    assert graded_difference(values[:99]).interval.method == "paired t, too few for a bootstrap"


def test_the_bootstrap_corrects_for_bias_as_an_independent_implementation_does() -> None:
    values = (np.random.default_rng(8).exponential(0.3, 100) ** 3).tolist()
    found = bca_interval(units_of(values))
    random = np.random.default_rng(3)
    expected = bootstrap((values,), np.mean, method="BCa", n_resamples=50_000, rng=random).confidence_interval
    # The ends of 9,999 draws have errors of about 0.03 standard errors at the short tail; the bias moves them by more.
    tolerance = 0.06 * units_of(values).variance ** 0.5
    assert found.low == pytest.approx(expected.low, abs=tolerance)


def test_a_drawn_p_value_is_never_zero() -> None:
    assert sign_flip(units_of([0.5] * 60)).p == 1 / 10_000


def test_skew_moves_both_ends_of_the_bootstrap_to_the_long_tail() -> None:
    units = units_of(skewed(150))
    plain, corrected = t_interval(units), bca_interval(units)
    assert corrected.low > plain.low
    assert corrected.high > plain.high


def test_the_more_units_the_fewer_draws_but_never_too_few() -> None:
    assert [draws_for(units) for units in (10, 1_000, 2_000, 1_000_000)] == [9_999, 9_999, 5_000, 1_999]


def test_repeats_of_an_example_are_one_example() -> None:
    baseline, candidate = [0.2, 0.9, 0.4, 0.7, 0.5] * 4, [0.6, 0.8, 0.9, 0.9, 0.6] * 4
    once = difference(baseline[:5], candidate[:5])
    repeated = difference(baseline, candidate, clusters=[number % 5 for number in range(20)])
    assert repeated.estimate == pytest.approx(once.estimate)
    assert repeated.test.p == pytest.approx(once.test.p)
    assert repeated.interval.low == pytest.approx(once.interval.low)
    assert (repeated.items, repeated.clusters) == (20, 5)
    assert repeated.test.method == "sign flips, exact, by cluster"


def test_a_plan_from_repeats_asks_for_as_many_items_more() -> None:
    baseline, candidate = [0.2, 0.9, 0.4, 0.7, 0.5, 0.3, 0.6, 0.8], [0.6, 0.8, 0.9, 0.9, 0.6, 0.1, 0.5, 0.6]
    once = difference(baseline, candidate)
    repeated = difference(baseline * 4, candidate * 4, clusters=list(range(8)) * 4)
    # Eight clusters instead of 32 values: 4 x (8 / 7) / (32 / 31), less what the smoothing gave to eight values.
    assert repeated.spread / once.spread == pytest.approx(4 * (8 / 7) / (32 / 31), rel=0.25)
    assert examples_to_find(0.05, repeated) > 3 * examples_to_find(0.05, once)


def test_right_and_wrong_in_clusters_are_not_independent_pairs() -> None:
    baseline, candidate = [1.0, 0.0, 0.0, 1.0], [1.0, 1.0, 1.0, 1.0]
    alone = difference(baseline, candidate, clusters=["a", "b", "c", "d"])
    together = difference(baseline, candidate, clusters=["a", "b", "b", "d"])
    assert alone == difference(baseline, candidate)
    assert (alone.interval.method, together.interval.method) == ("Tango", "t over clusters, too few for a bootstrap")


def test_one_cluster_tells_nothing_of_the_difference() -> None:
    found = difference([0.1, 0.2], [0.3, 0.9], clusters=["a", "a"])
    assert (found.interval.low, found.interval.high) == (-1.0, 1.0)
    assert found.test.p == 1.0


def test_equal_differences_do_not_prove_that_all_are_equal() -> None:
    found = graded_difference([0.1, 0.1, 0.1])
    assert found.interval.low < 0 < found.interval.high
    assert found.interval.method == "score interval without a spread"


@pytest.mark.parametrize(("baseline", "candidate"), [([], []), ([0.5], []), ([0.5], [1.5]), ([-0.1], [0.5])])
def test_scores_that_cannot_be_paired_are_refused(baseline: list[float], candidate: list[float]) -> None:
    with pytest.raises(NotComparable):
        difference(baseline, candidate)
    with pytest.raises(NotComparable):
        graded_difference([0.1, 0.2], clusters=["a"])


def covering(intervals: list[Interval], truth: float) -> float:
    return sum(interval.low <= truth <= interval.high for interval in intervals) / len(intervals)


def test_intervals_over_clusters_cover_where_those_over_items_do_not() -> None:
    random = np.random.default_rng(11)
    documents = [number // 6 for number in range(180)]
    over_clusters, over_items = [], []
    for _ in range(600):
        values = random.normal(0.05, 0.1, 30).repeat(6) + random.normal(0, 0.1, 180)
        over_clusters.append(t_interval(units_of(values, clusters=documents)))
        over_items.append(t_interval(units_of(values)))
    assert covering(over_clusters, 0.05) == pytest.approx(0.95, abs=0.03)
    assert covering(over_items, 0.05) < 0.75


def test_rates_over_clusters_cover_where_plain_ones_do_not() -> None:
    random = np.random.default_rng(12)
    documents = [number // 6 for number in range(240)]
    over_clusters, over_items = [], []
    for _ in range(400):
        rights = (random.random(240) < random.beta(4, 1, 40).repeat(6)).astype(float).tolist()
        over_clusters.append(clustered_rate(rights, clusters=documents).interval)
        over_items.append(clustered_rate(rights).interval)
    assert covering(over_clusters, 0.8) == pytest.approx(0.95, abs=0.035)
    assert covering(over_items, 0.8) < 0.92


@pytest.mark.parametrize("items", [30, 100])
def test_the_rate_of_graded_scores_covers_their_mean(items: int) -> None:
    random = np.random.default_rng(13)
    intervals = [clustered_rate(random.beta(3, 0.6, items).tolist()).interval for _ in range(400)]
    assert covering(intervals, 3 / 3.6) == pytest.approx(0.95, abs=0.035)


def test_without_a_difference_signs_rarely_speak_for_one() -> None:
    random = np.random.default_rng(14)
    p_values = [sign_flip(units_of(random.normal(0, 0.2, 12))).p for _ in range(1_000)]
    assert sum(p <= 0.05 for p in p_values) / 1_000 == pytest.approx(0.05, abs=0.021)

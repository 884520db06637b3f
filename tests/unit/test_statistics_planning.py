"""Sample sizes as published, and the power that they really have; many p values; repeated tries; ranks."""

from itertools import combinations
from math import ceil

import numpy as np
import pytest
from scipy.stats import binom
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.power import TTestPower

from maquette.evals.statistics.multiple import benjamini_hochberg, holm
from maquette.evals.statistics.paired import PairedCounts, binary_difference, mid_p
from maquette.evals.statistics.planning import (
    examples_to_find,
    graded_examples,
    more_until,
    paired_examples,
    smallest_paired_difference,
    unpaired_examples,
)
from maquette.evals.statistics.ranking import RankInterval, rank_intervals
from maquette.evals.statistics.repeated import Tries, all_of, any_of, pass_all_k, pass_at_k
from maquette.evals.statistics.values import NotComparable


@pytest.mark.parametrize(
    ("difference", "discordance", "items"),
    [
        (0.05, 0.1, 312),
        (0.05, 0.2, 626),
        (0.05, 0.3, 940),
        (0.10, 0.2, 155),
        (0.03, 0.1, 870),
        (0.03, 0.2, 1742),
        (0.03, 0.3, 2614),
        (0.01, 0.1, 7847),
    ],
)
def test_a_paired_difference_needs_so_many_items(difference: float, discordance: float, items: int) -> None:
    assert paired_examples(difference, discordance) == items
    smallest = smallest_paired_difference(items, discordance)
    assert smallest is not None
    assert smallest <= difference < 1.01 * smallest


@pytest.mark.parametrize(("difference", "discordance"), [(0.05, 0.1), (0.10, 0.2)])
def test_so_many_items_show_it_four_times_in_five(difference: float, discordance: float) -> None:
    items = paired_examples(difference, discordance)
    share = (discordance + difference) / 2 / discordance
    power = 0.0
    for disagreeing in range(items + 1):
        chance = binom.pmf(disagreeing, items, discordance)
        if chance > 1e-9:
            gained = [number for number in range(disagreeing + 1) if mid_p(number, disagreeing - number) <= 0.05]
            power += chance * sum(binom.pmf(np.array(gained), disagreeing, share))
    assert power == pytest.approx(0.80, abs=0.02)


@pytest.mark.parametrize(("items", "points"), [(100, 12.4), (200, 8.9), (300, 7.3), (500, 5.6), (1000, 4.0)])
def test_so_many_items_find_no_smaller_difference_at_a_fifth_discordant(items: int, points: float) -> None:
    smallest = smallest_paired_difference(items, 0.2)
    assert smallest is not None
    assert ceil(1000 * smallest) / 10 == points


def test_thirty_items_only_screen() -> None:
    assert smallest_paired_difference(30, 0.2) is None
    assert smallest_paired_difference(30, 0.3) == pytest.approx(0.269, abs=0.001)
    assert smallest_paired_difference(50, 0.2) == pytest.approx(0.173, abs=0.001)


def test_different_examples_for_each_system_need_many_more() -> None:
    assert unpaired_examples(0.80, 0.85) == 903


@pytest.mark.parametrize(("difference", "deviation"), [(0.05, 0.2), (0.1, 0.2), (0.2, 0.2), (0.02, 0.35)])
def test_graded_scores_need_as_many_items_as_an_independent_implementation_says(
    difference: float, deviation: float
) -> None:
    exact = TTestPower().solve_power(effect_size=difference / deviation, power=0.8, alpha=0.05)
    assert abs(graded_examples(difference, deviation) - ceil(exact)) <= 1


def test_impossible_plans_are_refused() -> None:
    for difference, discordance in ((0.0, 0.1), (0.2, 0.1), (0.5, 1.5)):
        with pytest.raises(ValueError, match="not possible"):
            paired_examples(difference, discordance)
    with pytest.raises(ValueError, match="equal rates"):
        unpaired_examples(0.5, 0.5)
    with pytest.raises(ValueError, match="difference of 0"):
        graded_examples(0.0, 0.1)


def test_few_items_without_a_disagreement_are_not_planned_as_if_there_were_none() -> None:
    seen = binary_difference(PairedCounts(items=30, gained=0, lost=0))
    assert examples_to_find(0.05, seen) == paired_examples(0.05, 2 / 32)


def test_the_search_ends_at_the_first_that_is_settled_or_at_a_million() -> None:
    assert more_until(lambda items: items >= 1234, 100) == 1134
    assert more_until(lambda items: items >= 100, 100) == 0
    assert more_until(lambda items: items >= 1_000_001, 100) is None
    assert more_until(lambda items: False, 100) is None


P_VALUES = (0.001, 0.2, 0.011, 0.04, 0.011, 0.9, 0.03)


def test_adjusted_p_values_equal_those_of_an_independent_implementation() -> None:
    assert holm(P_VALUES) == pytest.approx(multipletests(P_VALUES, method="holm")[1])
    assert benjamini_hochberg(P_VALUES) == pytest.approx(multipletests(P_VALUES, method="fdr_bh")[1])
    assert holm([]) == benjamini_hochberg([]) == ()


@pytest.mark.parametrize(("tries", "right", "k"), [(5, 0, 2), (5, 1, 2), (5, 3, 2), (5, 5, 2), (6, 4, 4), (4, 2, 1)])
def test_passing_once_and_passing_always_are_counted_over_all_choices_of_tries(tries: int, right: int, k: int) -> None:
    item = Tries(tries=tries, right=right)
    choices = list(combinations([True] * right + [False] * (tries - right), k))
    assert any_of(item, k) == pytest.approx(sum(map(any, choices)) / len(choices))
    assert all_of(item, k) == pytest.approx(sum(map(all, choices)) / len(choices))


def test_too_few_tries_say_nothing_and_are_counted() -> None:
    assert any_of(Tries(tries=2, right=2), 3) is None
    assert all_of(Tries(tries=2, right=2), 3) is None
    assert pass_at_k([Tries(tries=2, right=2)], 3) is None
    found = pass_at_k([Tries(tries=2, right=2), Tries(tries=3, right=3), Tries(tries=3, right=0)], 3)
    assert found is not None
    assert (found.rate, found.items, found.dropped) == (0.5, 2, 1)
    with pytest.raises(ValueError, match="cannot be"):
        Tries(tries=2, right=3)


def test_many_items_are_resampled_and_few_are_not() -> None:
    items = [Tries(tries=4, right=number % 5) for number in range(120)]
    once, always = pass_at_k(items, 2), pass_all_k(items, 2)
    few = pass_at_k(items[:50], 2)
    assert once is not None
    assert always is not None
    assert few is not None
    assert once.interval.method == "bootstrap over items, 9,999 resamples"
    assert few.interval.method == "Wilson at the effective n of Korn and Graubard"
    assert always.interval.high < once.interval.low
    # The mean of so many is nearly normal.
    deviation = np.std([0, 1 / 2, 5 / 6, 1, 1])
    assert once.interval.high - once.interval.low == pytest.approx(2 * 1.96 * deviation / 120**0.5, rel=0.05)
    assert pass_at_k(items, 2) == once


def test_items_that_all_pass_do_not_prove_that_all_others_would() -> None:
    found = pass_all_k([Tries(tries=3, right=3)] * 200, 3)
    assert found is not None
    assert 0.97 < found.interval.low < 0.99


def test_clear_ranks_are_certain_and_twins_share_theirs() -> None:
    good = [float(item % 10 > 0) for item in range(300)]
    poor = [float(item % 2) for item in range(300)]
    middling = [float(item % 4 > 0) for item in range(300)]
    found = rank_intervals({"poor": poor, "good": good, "twin": middling, "other": middling[2:] + middling[:2]})
    assert found["good"] == RankInterval(rank=1, low=1, high=1)
    assert found["poor"] == RankInterval(rank=4, low=4, high=4)
    assert (found["twin"].low, found["twin"].high) == (found["other"].low, found["other"].high) == (2, 3)


def test_a_close_second_may_as_well_be_first() -> None:
    first, second = [1.0] * 82 + [0.0] * 18, [0.0] * 2 + [1.0] * 78 + [0.0] * 20
    found = rank_intervals({"first": first, "second": second, "last": [0.0] * 100})
    assert found["first"] == RankInterval(rank=1, low=1, high=1)
    assert found["second"] == RankInterval(rank=2, low=2, high=2)
    mixed = rank_intervals({"first": first, "second": [0.0] * 12 + [1.0] * 80 + [0.0] * 8})
    assert mixed["second"] == RankInterval(rank=2, low=1, high=2)


def test_repeats_do_not_make_a_rank_more_certain() -> None:
    scores = {"a": [1.0, 1, 1, 0, 1, 0], "b": [1.0, 0, 1, 1, 0, 0], "c": [0.0, 1, 0, 0, 1, 0]}
    repeated = {name: [value for value in own for _ in range(50)] for name, own in scores.items()}
    clusters = [item for item in range(6) for _ in range(50)]
    assert rank_intervals(repeated, clusters=clusters) == rank_intervals(scores)
    assert rank_intervals(repeated)["a"] == RankInterval(rank=1, low=1, high=1)


def test_ranks_need_the_same_items() -> None:
    with pytest.raises(NotComparable):
        rank_intervals({"a": [1.0], "b": [1.0, 0.0]})

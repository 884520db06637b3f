"""Right and wrong on the same items: coverage and power by enumeration, and independent implementations beside ours."""

from collections.abc import Callable
from functools import cache
from math import log, sqrt

import numpy as np
import pytest
from scipy.optimize import brentq, minimize_scalar
from scipy.stats import binom
from scipy.stats import t as student
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.proportion import proportions_ztest

from maquette.evals.run import Interval
from maquette.evals.statistics.gates import Gate, GateVerdict, gate, graded_gate
from maquette.evals.statistics.paired import (
    PairedCounts,
    binary_difference,
    bonett_price,
    mid_p,
    paired_counts,
    tango,
    tango_lower,
    tango_upper,
)
from maquette.evals.statistics.planning import more_to_show
from maquette.evals.statistics.values import NotComparable

Method = Callable[[PairedCounts], Interval]


def counts(items: int, gained: int, lost: int) -> PairedCounts:
    return PairedCounts(items=items, gained=gained, lost=lost)


def by_t(pairs: PairedCounts) -> Interval:
    """The paired t interval, which most tools give for right and wrong as well."""
    spread = pairs.discordance - pairs.difference**2
    width = float(student.ppf(0.975, pairs.items - 1)) * sqrt(spread / (pairs.items - 1))
    return Interval(low=pairs.difference - width, high=pairs.difference + width)


@cache
def likely(items: int, more: float, less: float) -> tuple[tuple[int, int, float], ...]:
    """Gained, lost and their chance, for all counts that are not hopelessly rare."""
    found = []
    for gained in range(items + 1):
        chance = float(binom.pmf(gained, items, more))
        lost = np.arange(items - gained + 1) if chance > 1e-10 else np.arange(0)
        joint = chance * binom.pmf(lost, items - gained, less / (1 - more))
        found += [(gained, int(number), float(p)) for number, p in zip(lost, joint, strict=True) if p > 1e-10]
    return tuple(found)


@pytest.mark.parametrize(
    ("items", "more", "less", "t_percent", "bonett_price_percent", "tango_percent"),
    [
        (30, 0.05, 0.02, 85.6, 99.9, 98.5),
        (30, 0.10, 0.05, 94.7, 97.9, 96.7),
        (50, 0.05, 0.02, 91.4, 99.1, 97.7),
        (100, 0.10, 0.05, 94.7, 96.0, 95.4),
        (200, 0.05, 0.02, 95.0, 96.5, 95.0),
    ],
)
def test_it_covers_the_true_difference_as_often_as_enumeration_says(
    items: int, more: float, less: float, t_percent: float, bonett_price_percent: float, tango_percent: float
) -> None:
    def coverage(method: Method) -> float:
        covered = 0.0
        for gained, lost, chance in likely(items, more, less):
            interval = method(counts(items, gained, lost))
            covered += chance * (interval.low - 1e-9 <= more - less <= interval.high + 1e-9)
        return round(100 * covered, 1)

    assert coverage(by_t) == t_percent
    assert coverage(bonett_price) == bonett_price_percent
    assert coverage(tango) == tango_percent


@pytest.mark.parametrize(
    ("items", "more", "less", "exact", "mid", "unpaired"),
    [
        (100, 0.10, 0.05, 18.2, 24.2, 4.7),
        (100, 0.15, 0.05, 54.3, 62.0, 32.8),
        (300, 0.10, 0.05, 56.6, 61.5, 22.8),
        (300, 0.12, 0.04, 93.0, 94.6, 70.1),
    ],
)
def test_it_finds_a_difference_as_often_as_simulation_says(
    items: int, more: float, less: float, exact: float, mid: float, unpaired: float
) -> None:
    # The better system has an accuracy of 80 %.
    cells = [0.8 - more, more, less, 0.2 - less]
    draws = np.random.default_rng(7).multinomial(items, cells, size=4_000)
    both, gained, lost = draws[:, 0], draws[:, 1], draws[:, 2]
    by_mid = [mid_p(int(b), int(c)) <= 0.05 for b, c in zip(gained, lost, strict=True)]
    by_exact = 2 * binom.cdf(np.minimum(gained, lost), gained + lost, 0.5) <= 0.05
    rights = zip((both + gained).tolist(), (both + lost).tolist(), strict=True)
    apart = [proportions_ztest(pair, [items, items])[1] <= 0.05 for pair in rights]
    # Three standard errors of 4,000 draws beside the 20,000 of the table.
    for seen, expected in ((by_mid, mid), (by_exact, exact), (apart, unpaired)):
        share = expected / 100
        assert np.mean(seen) == pytest.approx(share, abs=3 * sqrt(share * (1 - share) * (1 / 4_000 + 1 / 20_000)))


@pytest.mark.parametrize("items", [30, 50, 100, 300])
@pytest.mark.parametrize("each", [0.02, 0.05, 0.10, 0.15])
def test_without_a_difference_it_finds_one_in_fewer_than_five_of_a_hundred(items: int, each: float) -> None:
    found = sum(chance for gained, lost, chance in likely(items, each, each) if mid_p(gained, lost) <= 0.05)
    assert 100 * found <= 4.95


@pytest.mark.parametrize(("gained", "lost"), [(1, 0), (0, 6), (10, 5), (3, 17), (120, 90)])
def test_the_mid_p_value_is_the_exact_one_less_the_chance_of_just_so_many(gained: int, lost: int) -> None:
    exact = mcnemar([[0, gained], [lost, 0]], exact=True).pvalue
    assert mid_p(gained, lost) == pytest.approx(exact - binom.pmf(gained, gained + lost, 0.5))


@pytest.mark.parametrize("each", [0, 1, 8])
def test_as_many_gained_as_lost_are_no_evidence_at_all(each: int) -> None:
    assert mid_p(each, each) == 1.0


def score_by_likelihood(pairs: PairedCounts, difference: float) -> float:
    """Tango's statistic with the nuisance rate found by searching the likelihood instead of by its formula."""

    def surprise(lost: float) -> float:
        cells = ((pairs.gained, lost + difference), (pairs.lost, lost))
        rest = (pairs.items - pairs.gained - pairs.lost, 1 - 2 * lost - difference)
        return -sum(seen * log(rate) for seen, rate in (*cells, rest) if seen)

    low, high = max(0.0, -difference) + 1e-12, (1 - difference) / 2 - 1e-12
    lost = float(minimize_scalar(surprise, bounds=(low, high), method="bounded", options={"xatol": 1e-12}).x)
    variance = pairs.items * (2 * lost + difference * (1 - difference))
    return (pairs.gained - pairs.lost - pairs.items * difference) / sqrt(variance)


@pytest.mark.parametrize(("items", "gained", "lost"), [(30, 3, 1), (100, 10, 5), (44, 1, 0), (21, 1, 7), (50, 20, 20)])
def test_the_score_interval_ends_where_the_likelihood_says(items: int, gained: int, lost: int) -> None:
    pairs, interval = counts(items, gained, lost), tango(counts(items, gained, lost))
    for z, end, side in ((1.959964, interval.low, -0.999), (-1.959964, interval.high, 0.999)):

        def off(difference: float, z: float = z) -> float:
            return score_by_likelihood(pairs, difference) - z

        low, high = sorted((pairs.difference, side))
        assert end == pytest.approx(brentq(off, low, high), abs=1e-5)


@pytest.mark.parametrize("items", [1, 10, 300])
def test_no_disagreement_leaves_open_what_so_few_items_can_hide(items: int) -> None:
    interval = tango(counts(items, 0, 0))
    assert interval.high == pytest.approx(1.959964**2 / (items + 1.959964**2))
    assert interval.low == -interval.high


def test_disagreement_on_every_item_reaches_the_end_of_the_scale() -> None:
    assert tango(counts(10, 10, 0)).high == 1.0
    assert tango(counts(10, 0, 10)).low == -1.0


def test_one_sided_bounds_are_the_ends_of_the_ninety_per_cent_interval() -> None:
    pairs = counts(200, 12, 20)
    wide = tango(pairs, confidence=0.90)
    assert tango_lower(pairs) == pytest.approx(wide.low, abs=1e-9)
    assert tango_upper(pairs) == pytest.approx(wide.high, abs=1e-9)


def test_two_runs_are_counted_item_by_item() -> None:
    assert paired_counts([1, 0, 0, 1, 1], [1, 1, 1, 0, 1]) == counts(5, 2, 1)
    found = binary_difference(counts(100, 10, 5))
    assert (found.estimate, found.items, found.test.method, found.test.error) == (0.05, 100, "McNemar mid-p", 0.0)
    assert found.spread == 17 / 102


@pytest.mark.parametrize(("baseline", "candidate"), [([], []), ([1.0], []), ([1.0, 0.0], [1.0])])
def test_runs_over_other_items_are_not_paired(baseline: list[float], candidate: list[float]) -> None:
    with pytest.raises(NotComparable):
        paired_counts(baseline, candidate)


@pytest.mark.parametrize(("items", "gained", "lost"), [(0, 0, 0), (5, -1, 0), (5, 3, 3)])
def test_impossible_counts_are_refused(items: int, gained: int, lost: int) -> None:
    with pytest.raises(NotComparable):
        counts(items, gained, lost)


@pytest.mark.parametrize(
    ("items", "gained", "lost", "expected"),
    [
        (1000, 20, 25, GateVerdict.PASS),
        (1000, 20, 120, GateVerdict.FAIL),
        (100, 5, 8, GateVerdict.NOT_ENOUGH_DATA),
        (30, 0, 0, GateVerdict.NOT_ENOUGH_DATA),
    ],
)
def test_a_gate_passes_and_fails_on_evidence_alone(items: int, gained: int, lost: int, expected: GateVerdict) -> None:
    found = gate(counts(items, gained, lost), 0.05)
    assert found.verdict is expected
    assert (found.more_examples == 0) is (expected is not GateVerdict.NOT_ENOUGH_DATA)


@pytest.mark.parametrize(("items", "gained", "lost"), [(100, 5, 8), (30, 0, 0), (60, 1, 6)])
def test_so_many_more_examples_decide_the_gate_and_one_fewer_does_not(items: int, gained: int, lost: int) -> None:
    pairs = counts(items, gained, lost)
    more = gate(pairs, 0.05).more_examples
    assert more is not None
    assert gate(pairs.scaled(items + more), 0.05).more_examples == 0
    assert gate(pairs.scaled(items + more - 1), 0.05).verdict is GateVerdict.NOT_ENOUGH_DATA


def test_a_gate_at_its_margin_is_never_decided() -> None:
    assert gate(counts(100, 5, 10), 0.05).more_examples is None
    assert gate(counts(100_000, 5_000, 9_999), 0.05).more_examples is None


@pytest.mark.parametrize("margin", [0.0, 1.0, -0.1])
def test_a_margin_is_a_share(margin: float) -> None:
    with pytest.raises(ValueError, match="margin"):
        gate(counts(10, 1, 1), margin)


def test_a_candidate_that_is_worse_by_the_margin_passes_at_most_one_time_in_twenty() -> None:
    passed = sum(
        chance for gained, lost, chance in likely(300, 0.04, 0.09) if gate_passes(gate(counts(300, gained, lost), 0.05))
    )
    assert 0.04 < passed < 0.055


def gate_passes(found: Gate) -> bool:
    return found.verdict is GateVerdict.PASS


def test_graded_scores_have_a_gate_of_their_own() -> None:
    values = [0.02, -0.05, 0.0, 0.01, -0.02, 0.03, 0.0, -0.01]
    assert graded_gate(values, 0.05).verdict is GateVerdict.PASS
    assert graded_gate([value - 0.2 for value in values], 0.05).verdict is GateVerdict.FAIL
    found = graded_gate([5 * value for value in values], 0.05)
    assert found.verdict is GateVerdict.NOT_ENOUGH_DATA
    assert found.more_examples == 24
    assert found.method == "paired t, one-sided"


def test_a_gate_over_clusters_counts_the_examples_of_the_clusters_that_it_needs() -> None:
    values = [0.1, -0.25, 0.0, 0.05, -0.1, 0.15, 0.0, -0.05]
    once = graded_gate(values, 0.05)
    repeated = graded_gate(values * 4, 0.05, clusters=list(range(8)) * 4)
    assert (once.more_examples, repeated.more_examples) == (24, 96)
    assert repeated.lower == pytest.approx(once.lower)


def test_two_equal_examples_pass_no_gate() -> None:
    found = graded_gate([0.0, 0.0], 0.05)
    assert found.verdict is GateVerdict.NOT_ENOUGH_DATA
    assert found.more_examples == 50
    assert graded_gate([0.0], 0.05).more_examples is None


def test_a_difference_shows_after_so_many_more_items_at_the_same_rates() -> None:
    pairs = counts(100, 10, 5)
    more = more_to_show(pairs)
    assert more is not None
    assert tango(pairs.scaled(100 + more)).low > 0
    assert tango(pairs.scaled(100 + more - 1)).low <= 0
    assert more_to_show(counts(100, 5, 5)) is None
    assert more_to_show(counts(100, 30, 5)) == 0

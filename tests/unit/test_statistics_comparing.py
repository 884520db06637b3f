"""Two or more targets over the same items, from their scores to the sentence that a person reads."""

from decimal import Decimal

import pytest

from maquette.evals.comparing import Scores, compare, find
from maquette.evals.comparison import Comparison, Finding, Pair
from maquette.evals.model_size import ModelSize
from maquette.evals.run import Verdict
from maquette.evals.statistics.gates import GateVerdict
from maquette.evals.statistics.paired import PairedCounts, binary_difference, mid_p, tango
from maquette.evals.statistics.planning import examples_to_find
from maquette.foundation.problems import InvalidInput, NotFound


def scored(right: str) -> Scores:
    """One score a character: 1 right, 0 wrong, - unscored, and a space where the example was not asked."""
    values = {"1": 1.0, "0": 0.0, "-": None}
    return {f"e{place}": values[mark] for place, mark in enumerate(right) if mark != " "}


def pair_of(found: Comparison, candidate: str) -> Pair:
    return next(pair for pair in found.pairs if pair.candidate == candidate)


# 400 items; strong and twin differ on a few, weak is wrong on 60 more.
STRONG = scored("1" * 360 + "0" * 40)
TWIN = scored("0" * 4 + "1" * 360 + "0" * 36)
WEAK = scored("1" * 300 + "0" * 100)
COSTS = {"strong": Decimal("0.02"), "twin": Decimal("0.001"), "weak": Decimal("0.0001")}
THREE = {"strong": STRONG, "twin": TWIN, "weak": WEAK}


def test_the_cheapest_target_that_is_not_worse_than_the_baseline_is_named_first() -> None:
    found = compare(THREE, baseline="strong", costs_usd=COSTS)
    assert found.smallest_passing == "twin"
    assert [one.target_id for one in found.standings] == ["twin", "strong", "weak"]
    assert [one.passing for one in found.standings] == [GateVerdict.PASS, GateVerdict.PASS, GateVerdict.FAIL]
    assert found.headline == (
        "twin is the cheapest that passes, at $0.001 an example: at most 5.0 points worse than strong"
    )


def test_every_candidate_is_held_against_the_baseline_with_all_that_a_reader_needs() -> None:
    found = compare(THREE, baseline="strong")
    assert [(pair.baseline, pair.candidate) for pair in found.pairs] == [("strong", "twin"), ("strong", "weak")]
    twin, weak = found.pairs
    assert twin.difference is not None
    assert twin.difference.interval == tango(PairedCounts(items=400, gained=4, lost=4))
    assert (twin.finding, weak.finding) == (Finding.NO_DIFFERENCE_SHOWN, Finding.WORSE)
    assert twin.sentence == (
        "no difference between twin and strong is shown: 0.0 points (95 % interval -1.7 to 1.7) on 400 examples"
    )
    assert weak.sentence == (
        "weak is worse than strong by 15.0 points (95 % interval -18.8 to -11.8, p below 0.001) on 400 examples"
    )
    assert weak.lost == tuple(f"e{place}" for place in range(300, 360))
    assert weak.gained == ()
    assert found.methods == (
        "Tango; McNemar mid-p",
        "Holm over the pairs",
        "rates: Wilson",
        "gates: Tango, one-sided",
        "ranks: bootstrap",
    )


def test_p_values_are_adjusted_over_the_pairs() -> None:
    found = compare(
        {"a": scored("1" * 90 + "0" * 10), "b": scored("0" * 8 + "1" * 92), "c": scored("1" * 97 + "000")}, baseline="a"
    )
    raw_b, raw_c = mid_p(10, 8), mid_p(7, 0)
    assert [pair.adjusted_p for pair in found.pairs] == pytest.approx([raw_b, 2 * raw_c])
    assert [pair.finding for pair in found.pairs] == [Finding.NOT_ENOUGH_DATA, Finding.BETTER]


def test_without_a_baseline_all_pairs_are_compared_and_gates_hold_against_the_best() -> None:
    found = compare({"weak": WEAK, "strong": STRONG, "twin": TWIN}, costs_usd=COSTS)
    assert [(pair.baseline, pair.candidate) for pair in found.pairs] == [
        ("weak", "strong"),
        ("weak", "twin"),
        ("strong", "twin"),
    ]
    assert found.reference == "strong"
    assert found.smallest_passing == "twin"
    assert pair_of(found, "strong").finding is Finding.BETTER


def test_a_target_must_also_reach_the_threshold() -> None:
    found = compare(THREE, baseline="strong", costs_usd=COSTS, threshold=0.7)
    assert {one.target_id: one.threshold for one in found.standings} == {
        "strong": Verdict.PASSES,
        "twin": Verdict.PASSES,
        "weak": Verdict.PASSES,
    }
    assert found.headline.endswith("a mean score of at least 70.0 % and at most 5.0 points worse than strong")
    none = compare(THREE, baseline="strong", costs_usd=COSTS, threshold=0.95)
    assert none.smallest_passing is None
    assert none.headline == (
        "no target passes; asked for was a mean score of at least 95.0 % and at most 5.0 points worse than strong"
    )


def test_an_open_question_says_how_many_more_examples_would_settle_it() -> None:
    found = compare(
        {"old": scored("1" * 27 + "000"), "new": scored("0" + "1" * 26 + "000")}, baseline="old", threshold=0.8
    )
    assert found.smallest_passing is None
    old, new = found.standings
    assert (old.threshold, old.gate, old.more_examples) == (Verdict.NOT_ENOUGH_DATA, None, 32)
    assert new.gate is not None
    assert new.more_examples == max(new.gate.more_examples or 0, 101)
    assert found.headline.endswith("which is open for old, new; about 32 more examples would settle it for old")
    pair = found.pairs[0]
    assert pair.finding is Finding.NOT_ENOUGH_DATA
    assert pair.more_examples == 262
    assert pair.sentence == (
        "not enough data to tell new from old: -3.3 points (95 % interval -16.7 to 8.4) on 30 examples; "
        "about 262 more would show a difference of 5.0 points"
    )


def test_an_unknown_cost_is_never_the_lowest() -> None:
    found = compare(THREE, baseline="strong", costs_usd={"strong": Decimal(1), "twin": None})
    assert found.smallest_passing == "strong"
    assert found.headline == (
        "strong is the cheapest that passes, at $1.00 an example (the cost of twin is unknown): "
        "the others are held against it"
    )
    unpriced = compare(THREE, baseline="strong")
    assert unpriced.smallest_passing == "strong"
    assert unpriced.headline.startswith("strong passes at an unknown cost")


def test_of_targets_that_cost_the_same_the_smallest_is_named_first() -> None:
    free = {"strong": Decimal(0), "twin": Decimal(0)}
    sizes = {
        "strong": ModelSize(active_b=Decimal("3.3"), params_b=Decimal("30.5")),
        "twin": ModelSize(params_b=Decimal("0.135")),
    }
    found = compare({"strong": STRONG, "twin": TWIN}, costs_usd=free, sizes=sizes)
    assert (found.smallest_passing, [one.target_id for one in found.standings]) == ("twin", ["twin", "strong"])
    assert found.headline == (
        "twin is the smallest of the cheapest that pass, at $0.00 an example: at most 5.0 points worse than strong"
    )
    dearer = compare({"strong": STRONG, "twin": TWIN}, costs_usd={**free, "twin": Decimal("0.01")}, sizes=sizes)
    assert dearer.smallest_passing == "strong"
    unpriced = compare({"strong": STRONG, "twin": TWIN}, sizes=sizes)
    assert unpriced.headline.startswith("twin is the smallest that passes, at an unknown cost")


def test_sizes_are_by_active_parameters_then_all_then_bytes_and_an_unknown_one_is_last() -> None:
    sizes = [
        ModelSize(params_b=Decimal(3), file_bytes=2_000),
        ModelSize(active_b=Decimal(3), params_b=Decimal(30)),
        ModelSize(params_b=Decimal(7), file_bytes=100),
        ModelSize(params_b=Decimal(7), file_bytes=200),
        ModelSize(file_bytes=10),
        ModelSize(),
    ]
    assert sorted([*sizes[3:], *sizes[:3]], key=lambda size: size.order) == sizes
    assert [str(size) for size in sizes] == [
        "3.0 B parameters",
        "3.0 B active of 30.0 B parameters",
        "7.0 B parameters",
        "7.0 B parameters",
        "0.00 GB of weights",
        "a size nobody knows",
    ]


def test_items_without_two_scores_are_dropped_and_the_reason_is_kept() -> None:
    found = compare({"a": scored("11-0 1"), "b": scored("1-0 -0")})
    pair = found.pairs[0]
    assert pair.difference is not None
    assert pair.difference.items == 2
    assert pair.dropped == {
        "no score of b": ("e1",),
        "no score of a": ("e2",),
        "not asked of b": ("e3",),
        "no score of b, not asked of a": ("e4",),
    }
    assert found.items == 6


def test_targets_without_a_common_item_are_not_compared() -> None:
    found = compare({"a": scored("11"), "b": scored("  10"), "c": {}}, baseline="a", threshold=0.1)
    assert [pair.difference for pair in found.pairs] == [None, None]
    assert found.pairs[0].sentence == "not enough data: b and a have no scored example in common"
    assert {one.passing for one in found.standings if one.target_id != "a"} == {GateVerdict.NOT_ENOUGH_DATA}
    assert next(one for one in found.standings if one.target_id == "c").rate is None


def test_strata_are_looked_at_one_by_one_and_corrected_together() -> None:
    good, poor = "1" * 100 + "1" * 100, "1" * 100 + "0" * 15 + "1" * 85
    strata = {f"e{place}": "easy" if place < 100 else "hard" for place in range(200)}
    pair = compare({"old": scored(good), "new": scored(poor)}, strata=strata).pairs[0]
    easy, hard = pair.slices
    assert (easy.stratum, easy.q, easy.finding) == ("easy", 1.0, Finding.NO_DIFFERENCE_SHOWN)
    assert (hard.stratum, hard.finding) == ("hard", Finding.WORSE)
    assert hard.q == pytest.approx(2 * mid_p(0, 15))
    assert hard.difference.estimate == pytest.approx(-0.15)


def test_repeats_of_an_example_are_no_further_examples() -> None:
    old, new = scored("10" * 5), scored("11" * 5)
    repeated = {f"e{place}": f"q{place % 2}" for place in range(10)}
    alone, together = compare({"a": old, "b": new}), compare({"a": old, "b": new}, clusters=repeated)
    assert alone.pairs[0].difference is not None
    assert together.pairs[0].difference is not None
    assert (alone.pairs[0].difference.clusters, together.pairs[0].difference.clusters) == (10, 2)
    assert together.pairs[0].finding is Finding.NOT_ENOUGH_DATA
    assert together.pairs[0].difference.test.p == 1.0


def test_an_example_that_is_in_no_cluster_stands_alone_even_beside_one_of_its_name() -> None:
    found = compare({"a": scored("1010"), "b": scored("1101")}, clusters={"e0": "e3", "e1": "e3"})
    assert found.pairs[0].difference is not None
    assert found.pairs[0].difference.clusters == 3


def test_ranks_come_with_what_is_open_about_them() -> None:
    ranks = {one.target_id: one.rank for one in compare(THREE).standings}
    assert {name: rank and (rank.low, rank.high) for name, rank in ranks.items()} == {
        "strong": (1, 2),
        "twin": (1, 2),
        "weak": (3, 3),
    }
    assert all(one.rank is None for one in compare({"strong": STRONG, "weak": WEAK}).standings)


def test_the_same_input_gives_the_same_comparison() -> None:
    graded = {
        name: {f"e{place}": (place * step % 97) / 97 for place in range(150)} for name, step in (("a", 31), ("b", 57))
    }
    assert compare(graded) == compare(graded)
    assert compare(graded).methods[0] == "BCa bootstrap, 9,999 resamples; sign flips, 9,999 draws"


def test_a_finding_needs_both_the_adjusted_p_value_and_the_interval() -> None:
    clear = binary_difference(PairedCounts(items=100, gained=20, lost=4))
    assert find(clear, 0.04, 0.05) == (Finding.BETTER, 0)
    assert find(clear, 0.06, 0.05) == (Finding.NOT_ENOUGH_DATA, examples_to_find(0.05, clear) - 100)
    unclear = binary_difference(PairedCounts(items=100, gained=10, lost=8))
    assert find(unclear, 0.04, 0.05)[0] is Finding.NOT_ENOUGH_DATA


def test_an_interval_within_the_margin_shows_that_there_is_no_such_difference() -> None:
    equal = binary_difference(PairedCounts(items=100, gained=0, lost=0))
    assert find(equal, 1.0, 0.05) == (Finding.NO_DIFFERENCE_SHOWN, 0)
    assert find(equal, 1.0, 0.03) == (Finding.NOT_ENOUGH_DATA, examples_to_find(0.03, equal) - 100)


def test_as_many_items_as_would_be_planned_for_the_margin_are_enough_to_show_none() -> None:
    same = PairedCounts(items=700, gained=84, lost=70)
    assert find(binary_difference(same), 0.9, 0.05) == (Finding.NO_DIFFERENCE_SHOWN, 0)
    assert find(binary_difference(same), 0.9, 0.02)[0] is Finding.NOT_ENOUGH_DATA


@pytest.mark.parametrize(
    ("scores", "baseline", "margin", "problem"),
    [
        ({"a": STRONG}, None, 0.05, InvalidInput),
        ({"a": STRONG, "b": WEAK}, "c", 0.05, NotFound),
        ({"a": STRONG, "b": WEAK}, None, 0.0, InvalidInput),
        ({"a": STRONG, "b": {"e0": 7.5}}, None, 0.05, InvalidInput),
        ({"a": STRONG, "b": {"e0": float("nan")}}, None, 0.05, InvalidInput),
    ],
)
def test_what_cannot_be_compared_is_refused_with_what_to_do(
    scores: dict[str, Scores], baseline: str | None, margin: float, problem: type[InvalidInput]
) -> None:
    with pytest.raises(problem) as refused:
        compare(scores, baseline=baseline, margin=margin)
    assert refused.value.fix

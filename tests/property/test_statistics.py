"""What holds of intervals, tests, gates and comparisons for all counts and scores."""

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from maquette.evals.comparing import compare
from maquette.evals.comparison import Finding
from maquette.evals.statistics.clusters import units_of
from maquette.evals.statistics.gates import GateVerdict, gate
from maquette.evals.statistics.graded import difference, graded_difference
from maquette.evals.statistics.multiple import benjamini_hochberg, holm
from maquette.evals.statistics.paired import PairedCounts, bonett_price, mid_p, paired_counts, tango
from maquette.evals.statistics.planning import paired_examples, smallest_paired_difference
from maquette.evals.statistics.proportions import clopper_pearson, clustered_rate, half_width, highest_rate, wilson
from maquette.evals.statistics.ranking import rank_intervals
from maquette.evals.statistics.repeated import Tries, all_of, any_of
from maquette.evals.statistics.resampling import sign_flip

counts = st.integers(1, 400).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))
disagreements = st.integers(1, 500).flatmap(
    lambda n: st.integers(0, n).flatmap(
        lambda gained: st.builds(
            PairedCounts, items=st.just(n), gained=st.just(gained), lost=st.integers(0, n - gained)
        )
    )
)
grades = st.floats(0, 1).map(lambda value: round(value, 3))
both = st.lists(st.tuples(grades, grades), min_size=1, max_size=40)
rights = st.lists(st.tuples(st.sampled_from([0.0, 1.0]), st.sampled_from([0.0, 1.0])), min_size=1, max_size=60)
p_values = st.lists(st.floats(0, 1), max_size=20)


def split(pairs: list[tuple[float, float]]) -> tuple[list[float], list[float]]:
    return [old for old, _ in pairs], [new for _, new in pairs]


@given(counts)
def test_the_exact_interval_holds_its_rate_and_the_safety_bound_lies_between(count: tuple[int, int]) -> None:
    correct, scored = count
    interval = clopper_pearson(correct, scored)
    assert 0 <= interval.low <= correct / scored <= interval.high <= 1
    assert correct / scored <= highest_rate(correct, scored) <= interval.high


@given(disagreements)
def test_an_interval_of_a_difference_holds_it_and_lies_within_the_scale(pairs: PairedCounts) -> None:
    interval = tango(pairs)
    assert -1 <= interval.low <= pairs.difference <= interval.high <= 1
    assert interval.low < interval.high


@given(disagreements)
def test_exchanging_the_two_systems_mirrors_everything(pairs: PairedCounts) -> None:
    for method in (tango, bonett_price):
        here, there = method(pairs), method(pairs.swapped)
        assert abs(here.low + there.high) < 1e-9
        assert abs(here.high + there.low) < 1e-9
    assert mid_p(int(pairs.gained), int(pairs.lost)) == mid_p(int(pairs.lost), int(pairs.gained))


@given(disagreements)
def test_more_items_at_the_same_rates_say_more(pairs: PairedCounts) -> None:
    assert half_width(tango(pairs.scaled(2 * pairs.items))) < half_width(tango(pairs))
    gained, lost = int(pairs.gained), int(pairs.lost)
    assert mid_p(2 * gained, 2 * lost) <= mid_p(gained, lost)


@given(disagreements)
def test_two_methods_of_an_interval_agree_roughly(pairs: PairedCounts) -> None:
    score, closed = tango(pairs), bonett_price(pairs)
    assert abs(score.low - closed.low) < 6 / (pairs.items + 4)
    assert abs(score.high - closed.high) < 6 / (pairs.items + 4)


@given(st.integers(0, 200), st.integers(0, 200))
def test_one_more_on_the_larger_side_is_more_evidence(one: int, other: int) -> None:
    more, fewer = max(one, other), min(one, other)
    assert 0 < mid_p(more + 1, fewer) < mid_p(more, fewer) <= 1


@given(disagreements, st.floats(0.01, 0.5), st.floats(1, 2))
def test_a_wider_margin_never_turns_a_pass_into_anything_else(
    pairs: PairedCounts, margin: float, factor: float
) -> None:
    strict, lenient = gate(pairs, margin), gate(pairs, min(0.99, margin * factor))
    assert strict.lower <= pairs.difference <= strict.upper
    if strict.verdict is GateVerdict.PASS:
        assert lenient.verdict is GateVerdict.PASS
    if lenient.verdict is GateVerdict.FAIL:
        assert strict.verdict is GateVerdict.FAIL


@given(both)
def test_a_graded_difference_lies_in_its_interval_and_mirrors(pairs: list[tuple[float, float]]) -> None:
    old, new = split(pairs)
    here, there = difference(old, new), difference(new, old)
    assert here.interval.low - 1e-9 <= here.estimate <= here.interval.high + 1e-9
    assert abs(here.interval.low + there.interval.high) < 1e-9
    assert abs(here.test.p - there.test.p) <= 8 * (here.test.error + 1e-9)


@given(both)
def test_the_order_of_items_means_nothing(pairs: list[tuple[float, float]]) -> None:
    shuffled = sorted(pairs)
    here, there = difference(*split(pairs)), difference(*split(shuffled))
    assert abs(here.estimate - there.estimate) < 1e-9
    assert abs(here.interval.low - there.interval.low) < 1e-9
    # Drawn signs meet other items in another order.
    assert abs(here.test.p - there.test.p) <= 8 * (here.test.error + 1e-9)


@given(rights)
def test_right_and_wrong_are_counted_the_same_in_every_order(pairs: list[tuple[float, float]]) -> None:
    assert difference(*split(pairs)) == difference(*split(pairs[::-1]))
    assert paired_counts(*split(pairs)).difference == difference(*split(pairs)).estimate


@given(st.lists(st.floats(-1, 1), min_size=1, max_size=16))
def test_an_exact_p_value_is_never_below_that_of_the_two_clearest_patterns(values: list[float]) -> None:
    found = sign_flip(units_of(values))
    assert min(1.0, 2 / 2 ** sum(value != 0 for value in values)) <= found.p <= 1


@given(st.lists(grades, min_size=2, max_size=30), st.integers(2, 5))
def test_repeats_add_no_certainty(values: list[float], times: int) -> None:
    items = list(range(len(values)))
    signed = [value - 0.5 for value in values]
    once = graded_difference(signed, clusters=items)
    repeated = graded_difference(signed * times, clusters=items * times)
    assert abs(once.interval.low - repeated.interval.low) < 1e-9
    assert once.clusters == repeated.clusters == len(values)
    assert clustered_rate(values * times, clusters=items * times).effective <= (
        clustered_rate(values).effective * (1 + 1e-9)
    )


@given(st.lists(st.tuples(st.sampled_from([0.0, 1.0]), st.integers(0, 5)), min_size=1, max_size=60))
def test_a_clustered_rate_holds_its_rate_and_is_worth_no_more_than_its_examples(
    values: list[tuple[float, int]],
) -> None:
    found = clustered_rate([value for value, _ in values], clusters=[cluster for _, cluster in values])
    assert 0 <= found.interval.low <= found.rate <= found.interval.high <= 1
    assert 0 < found.effective <= len(values)
    plain = wilson(round(sum(value for value, _ in values)), len(values))
    assert found.interval.high - found.interval.low >= plain.high - plain.low - 1e-9


@given(p_values)
def test_holm_is_stricter_than_benjamini_and_hochberg_and_both_than_none(raw: list[float]) -> None:
    for one, family, share in zip(raw, holm(raw), benjamini_hochberg(raw), strict=True):
        assert one <= share + 1e-12
        assert share <= family + 1e-12
        assert family <= 1


@given(p_values)
def test_adjusting_keeps_the_order_and_forgets_the_place(raw: list[float]) -> None:
    for method in (holm, benjamini_hochberg):
        adjusted = method(raw)
        assert list(method(raw[::-1])) == list(adjusted)[::-1]
        in_order = [value for _, value in sorted(zip(raw, adjusted, strict=True))]
        assert in_order == sorted(in_order)


@given(st.floats(0.005, 0.3), st.floats(0.01, 1))
def test_the_planned_number_is_the_first_that_shows_the_difference(wanted: float, discordance: float) -> None:
    assume(wanted <= discordance)
    items = paired_examples(wanted, discordance)
    enough, short = (smallest_paired_difference(number, discordance) for number in (items, max(1, items - 1)))
    assert enough is not None
    assert enough <= wanted + 1e-9
    assert items == 1 or short is None or short >= wanted - 1e-9


@given(st.integers(1, 12).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, n), st.integers(1, n))))
def test_all_of_k_is_never_likelier_than_one_and_both_change_with_k(drawn: tuple[int, int, int]) -> None:
    tries, right, k = drawn
    item = Tries(tries=tries, right=right)
    once, always = any_of(item, k), all_of(item, k)
    single_once, single_always = any_of(item, 1), all_of(item, 1)
    assert once is not None
    assert always is not None
    assert single_once is not None
    assert single_always is not None
    assert abs(single_once - right / tries) < 1e-12
    assert abs(single_always - right / tries) < 1e-12
    assert 0 <= always <= right / tries + 1e-12
    assert right / tries - 1e-12 <= once <= 1


models = st.lists(st.lists(st.sampled_from([0.0, 0.5, 1.0, None]), min_size=5, max_size=5), min_size=2, max_size=4)


@given(st.lists(st.lists(st.sampled_from([0.0, 1.0]), min_size=6, max_size=6), min_size=1, max_size=4))
def test_every_rank_lies_within_its_interval_and_among_the_models(scores: list[list[float]]) -> None:
    for found in rank_intervals({str(place): values for place, values in enumerate(scores)}).values():
        assert 1 <= found.low <= found.rank <= found.high <= len(scores)


@settings(max_examples=50)
@given(models, st.booleans())
def test_a_comparison_counts_every_item_once_and_names_a_passing_target_alone(
    scores: list[list[float | None]], named: bool
) -> None:
    given_scores = {f"m{place}": {f"e{i}": v for i, v in enumerate(values)} for place, values in enumerate(scores)}
    found = compare(given_scores, baseline="m0" if named else None)
    assert len(found.pairs) == (len(scores) - 1 if named else len(scores) * (len(scores) - 1) // 2)
    for pair in found.pairs:
        kept = pair.difference.items if pair.difference else 0
        assert kept + sum(map(len, pair.dropped.values())) == 5
        assert len(pair.gained) + len(pair.lost) <= kept
        if pair.finding in (Finding.BETTER, Finding.WORSE):
            assert pair.difference is not None
            assert (pair.difference.estimate > 0) is (pair.finding is Finding.BETTER)
    passing = [one.target_id for one in found.standings if one.passing is GateVerdict.PASS]
    assert found.smallest_passing == (passing[0] if passing else None)

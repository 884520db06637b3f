"""Runs side by side: names, parts that differ, examples that are not the same, and what a comparison says of them."""

from decimal import Decimal

import pytest

from maquette.evals.comparing_runs import (
    RunRecord,
    compare_sides,
    differing_parts,
    other_examples,
    sides_of,
)
from maquette.evals.comparison import Comparison, Finding
from maquette.evals.trials import RunState
from tests.gate_world import run_record

ANOTHER = "another example under this id in r-002"
UNSURE = "cannot be told to be the same example in r-002"


def comparison_of(*records: RunRecord) -> Comparison:
    chosen = [(record, target) for record in records for target in record.targets]
    return compare_sides(sides_of(chosen)).comparison


def test_a_record_keeps_scores_costs_and_the_95th_percentile_of_the_latencies() -> None:
    trials = {f"e{place}": {"latency_s": float(place)} for place in range(21)}
    record = run_record({"m": "1" * 20 + "0", "n": ""}, trials=trials)
    assert record.targets == ("m", "n")
    assert record.scores.usd_per_answer["m"] == Decimal("0.01")
    # Of 0 to 20 in steps of 1, 95 % of the way from the first to the last.
    assert record.p95_s == {"m": 19.0, "n": None}
    assert record.metrics == {"exact_match"}


def test_targets_with_the_same_name_get_the_name_of_their_run_and_the_same_one_counts_once() -> None:
    first, second = run_record({"m": "1", "small": "1"}), run_record({"m": "1"}, run_id="r-002")
    sides = sides_of([(first, "m"), (first, "small"), (second, "m"), (second, "m")])
    assert [side.label for side in sides] == ["m (r-001)", "small", "m (r-002)"]


def test_the_parts_that_differ_are_named_and_those_of_one_run_alone_are_no_difference() -> None:
    first = run_record({"m": "1", "small": "1"})
    second = run_record({"m": "1", "large": "1"}, changes={"prompt": "2", "target m": "2"})
    assert differing_parts(first, second) == ("prompt", "target m")
    assert differing_parts(first, run_record({"m": "1"})) == ()
    assert differing_parts(first, run_record({"m": "1"}, made_of={})) is None


def test_equal_datasets_hold_equal_examples_whatever_the_prompt() -> None:
    first, second = run_record({"m": "11"}), run_record({"m": "11"}, run_id="r-002", changes={"prompt": "2"})
    assert other_examples(first, second, old_target="m", new_target="m") == {}


def test_in_another_dataset_an_example_with_another_content_is_another_example() -> None:
    first = run_record({"m": "111", "n": "111"})
    second = run_record({"m": "111", "n": "111"}, run_id="r-002", changes={"dataset": "2"}, other={"e1": "new"})
    # The same target by the whole question, another target by the messages.
    assert other_examples(first, second, old_target="m", new_target="m") == {"e1": ANOTHER}
    assert other_examples(first, second, old_target="m", new_target="n") == {"e1": ANOTHER}


def test_with_another_prompt_too_only_the_fingerprints_of_the_examples_tell() -> None:
    changes = {"dataset": "2", "prompt": "2"}
    known = {"e0": "a", "e1": "b", "e2": "c"}
    first = run_record({"m": "111"}, fingerprints=known)
    second = run_record({"m": "111"}, run_id="r-002", changes=changes, fingerprints={"e0": "a", "e1": "other"})
    assert other_examples(first, second, old_target="m", new_target="m") == {"e1": ANOTHER, "e2": UNSURE}
    unknown = run_record({"m": "1"}, run_id="r-002", changes=changes)
    assert other_examples(first, unknown, old_target="m", new_target="m") == {"e0": UNSURE}


def test_of_runs_of_earlier_versions_the_messages_tell_what_is_the_same_and_nothing_tells_the_rest() -> None:
    first = run_record({"m": "11"}, made_of={})
    second = run_record({"m": "11"}, run_id="r-002", made_of={}, other={"e1": "new"})
    assert other_examples(first, second, old_target="m", new_target="m") == {"e1": UNSURE}
    found = compare_sides(sides_of([(first, "m"), (second, "m")]))
    assert found.differing == {"r-002": None}
    assert found.warnings == ("what r-001 or r-002 is made of is not on record: compare with care",)


def test_another_example_is_in_no_pair_no_gate_and_no_rank_and_the_reason_is_told() -> None:
    first = run_record({"m": "1111", "n": "1111"})
    second = run_record({"m": "0110"}, run_id="r-002", changes={"dataset": "2"}, other={"e0": "new"})
    found = compare_sides(sides_of([(first, "m"), (first, "n"), (second, "m")]))
    pairs = {pair.candidate: pair for pair in found.comparison.pairs if pair.baseline == "m (r-001)"}
    moved = pairs["m (r-002)"]
    assert moved.dropped == {ANOTHER: ("e0",)}
    assert moved.lost == ("e3",)
    assert moved.difference is not None
    # One lost of three.
    assert moved.difference.items == 3
    assert moved.difference.estimate == pytest.approx(-1 / 3)
    assert found.warnings == ("r-002 differs from r-001 in dataset",)


def test_an_example_counts_in_each_of_its_strata() -> None:
    trials = {"e0": {"stratum": "edge + german"}, "e1": {"stratum": "german"}}
    found = comparison_of(run_record({"m": "110", "n": "011"}, trials=trials))
    (pair,) = found.pairs
    assert {part.stratum: part.difference.items for part in pair.slices} == {"edge": 1, "german": 2, "normal": 1}


def test_weights_are_not_used_and_that_is_said() -> None:
    found = comparison_of(run_record({"m": "10", "n": "01"}, trials={"e0": {"weight": 3.0}}))
    assert found.pairs[0].difference is not None
    assert found.pairs[0].difference.estimate == 0
    assert found.methods[-1] == "every example counts alike; the weights of 1 are not used"


def test_repeats_of_an_example_are_one_cluster() -> None:
    trials = {f"e{place}": {"cluster": f"doc {place // 4}"} for place in range(40)}
    found = comparison_of(run_record({"m": "1" * 40, "n": "1" * 36 + "0" * 4}, trials=trials))
    (pair,) = found.pairs
    assert pair.difference is not None
    assert (pair.difference.items, pair.difference.clusters) == (40, 10)
    assert pair.finding is Finding.NOT_ENOUGH_DATA


def test_a_target_that_misses_what_must_be_right_is_told_whatever_its_rate() -> None:
    record = run_record({"m": "1" * 99 + "0", "n": "1" * 100}, trials={"e99": {"must_pass": True}})
    found = compare_sides(sides_of([(record, "m"), (record, "n")]))
    assert found.warnings == ("m is not right on e99, which must be right",)


def test_a_run_that_did_not_finish_is_told() -> None:
    stopped = run_record({"m": "11"}, run_id="r-002", state=RunState.STOPPED)
    found = compare_sides(sides_of([(run_record({"m": "11"}), "m"), (stopped, "m")]))
    assert found.warnings == ("r-002 did not finish (stopped): only what was asked is compared",)


def test_the_baseline_may_be_an_earlier_run_of_the_same_target() -> None:
    old, new = run_record({"m": "1" * 60}), run_record({"m": "1" * 40 + "0" * 20}, run_id="r-002")
    found = compare_sides(sides_of([(old, "m"), (new, "m")]), baseline="m (r-001)").comparison
    assert found.pairs[0].sentence.startswith("m (r-002) is worse than m (r-001) by 33.3 points")
    assert found.smallest_passing == "m (r-001)"

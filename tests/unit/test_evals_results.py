"""Counting trials into results, live and from the record, and the estimate before."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from maquette.adapters.prompts import JinjaPrompts
from maquette.evals.calls import FailureKind
from maquette.evals.estimating import estimate
from maquette.evals.results import Tally, client_warning, summarise
from maquette.evals.run import Percentiles, TargetResult, Verdict
from maquette.evals.statistics import wilson
from maquette.evals.statistics.proportions import clustered_rate
from maquette.evals.trials import Failure, RunManifest, RunState, Score, Trial
from maquette.foundation.units import Range
from tests.evals_world import STARTED, FlatPrice, Scripted, World, plan_of, spec

MANIFEST = RunManifest(
    run_id="r-001",
    computed_from="0123456789abcdef",
    dataset="examples.jsonl",
    prompt="main.j2 version 1",
    primary_metric="exact_match",
    targets=("m",),
    examples=40,
    threshold=0.8,
    cap_usd=None,
    started_at=STARTED,
)
TRIAL = Trial(
    key="k",
    target_id="m",
    example_id="e",
    stratum="normal",
    output="yes",
    failure=None,
    scores=(Score(metric="exact_match", value=1.0),),
    attempts=1,
    input_tok=100,
    output_tok=20,
    cached_tok=None,
    latency_s=1.0,
    ttft_s=0.5,
    cost_usd=Decimal("0.01"),
    finished_at=STARTED,
)


def scored(value: float | None, **changes: object) -> Trial:
    return replace(TRIAL, scores=(Score(metric="exact_match", value=value),), **changes)  # type: ignore[arg-type]  # fields by name


def failed(kind: FailureKind, attempts: int) -> Trial:
    return replace(
        TRIAL,
        output=None,
        failure=Failure(kind=kind, detail="?"),
        scores=(),
        attempts=attempts,
        input_tok=None,
        output_tok=None,
        latency_s=None,
        ttft_s=None,
        cost_usd=Decimal(0),
    )


def result(trials: Sequence[Trial], threshold: float | None = 0.8) -> TargetResult:
    return summarise(MANIFEST, trials, threshold=threshold).results[0]


def test_right_answers_are_counted_with_their_interval_and_strata() -> None:
    trials = [scored(1.0)] * 6 + [scored(0.5)] * 2 + [scored(1.0, stratum="edge"), scored(0.0, stratum="edge")]
    found = result(trials)
    assert (found.planned, found.done, found.scored, found.correct, found.score) == (40, 10, 10, 7, 0.7)
    assert found.interval is not None
    assert (found.interval.low, found.interval.high) == pytest.approx((wilson(7, 10).low, wilson(7, 10).high))
    assert found.verdict is Verdict.NOT_ENOUGH_DATA
    assert found.by_stratum == {"edge": (2, 1), "normal": (8, 6)}
    assert found.mean_scores == {"exact_match": 0.8}


def test_an_unscored_answer_is_neither_right_nor_wrong() -> None:
    found = result([scored(1.0), scored(None)])
    assert (found.done, found.scored, found.correct, found.score) == (2, 1, 1, 1.0)


def test_failures_are_counted_by_kind_and_stay_out_of_score_and_latency() -> None:
    found = result([scored(1.0), failed(FailureKind.TIMEOUT, 3), failed(FailureKind.TIMEOUT, 3)])
    assert found.failures == {FailureKind.TIMEOUT: 2}
    assert (found.score, found.latency) == (1.0, Percentiles(p50_s=1.0, p95_s=1.0, p99_s=1.0))
    assert (found.calls_made, found.retried) == (7, 2)
    assert found.mean_input_tok == 100


def test_an_answer_from_the_record_costs_no_call_and_no_money_but_has_its_latency() -> None:
    found = result([scored(1.0, from_cache=True, latency_s=3.0), scored(1.0)])
    assert (found.from_cache, found.calls_made, found.spent_usd) == (1, 1, Decimal("0.01"))
    assert found.latency is not None
    assert found.latency.p50_s == 2.0


def test_a_target_without_a_price_has_spent_nothing_that_is_known() -> None:
    assert result([scored(1.0, cost_usd=None)]).spent_usd is None
    assert result([scored(1.0, cost_usd=Decimal(0))]).spent_usd == Decimal(0)


def test_nothing_counted_yet_is_unknown_and_not_zero() -> None:
    found = result([])
    assert (found.score, found.interval, found.latency, found.ttft_p50_s) == (None, None, None, None)
    assert (found.mean_input_tok, found.spent_usd, found.throughput_per_s) == (None, None, None)
    assert found.verdict is Verdict.NOT_ENOUGH_DATA


def test_throughput_leaves_out_the_time_in_which_the_run_was_interrupted() -> None:
    today = [scored(1.0, finished_at=STARTED + timedelta(seconds=n + 1)) for n in range(10)]
    next_day = [scored(1.0, finished_at=STARTED + timedelta(days=1, seconds=n + 1)) for n in range(10)]
    assert result([*today, *next_day]).throughput_per_s == pytest.approx(1.0)


def test_calls_under_way_together_count_their_time_once() -> None:
    trials = [scored(1.0, latency_s=1.0, finished_at=STARTED + timedelta(seconds=1 + n / 4)) for n in range(17)]
    assert result(trials).throughput_per_s == pytest.approx(17 / 5)


def test_another_threshold_is_another_verdict_on_the_same_trials() -> None:
    trials = [scored(1.0)] * 38 + [scored(0.0)] * 2
    verdicts = [result(trials, threshold).verdict for threshold in (0.5, 0.9, 0.995, None)]
    assert verdicts == [Verdict.PASSES, Verdict.NOT_ENOUGH_DATA, Verdict.FAILS, Verdict.NO_THRESHOLD]


def test_the_live_tally_equals_the_summary_of_the_record(tmp_path: Path) -> None:
    world = World(folder=tmp_path)
    tallies: list[Tally] = []

    def count(trial: Trial) -> None:
        if not tallies:
            tallies.append(Tally(manifest=world.store.manifests()[0], threshold=0.8))
        tallies[0].add(trial)

    world.run(plan_of(12), Scripted(), on_trial=count)
    tallies[0].end(RunState.FINISHED, STARTED)
    manifest = world.store.manifests()[0]
    assert tallies[0].run() == summarise(manifest, world.store.trials("r-001"), threshold=0.8)
    assert tallies[0].done == 12


def test_a_trial_of_a_target_that_the_run_does_not_have_is_left_out() -> None:
    assert result([replace(TRIAL, target_id="stranger")]).done == 0


def test_the_estimate_counts_calls_tokens_and_dollars_before_anything_is_sent(tmp_path: Path) -> None:
    plan = plan_of(10, targets=(spec("a"), spec("b")))
    prices = FlatPrice({"a": Decimal("0.001")})
    found = estimate(plan, prompts=JinjaPrompts(), pricer=prices, runs=World(folder=tmp_path).store)
    assert (found.calls, found.cached, found.examples) == (20, 0, 10)
    assert found.input_tok == 20 * (len("message 0") // 4)
    assert found.output_tok == Range(low=20, base=100, high=400)
    assert found.usd == Range(low=Decimal("0.03"), base=Decimal("0.07"), high=Decimal("0.22"))
    assert (found.unpriced, found.needed_for_margin) == (("b",), 246)


def test_the_estimate_leaves_out_what_is_on_record(tmp_path: Path) -> None:
    world = World(folder=tmp_path)
    world.run(plan_of(7), Scripted())
    plan = plan_of(10)
    found = estimate(plan, prompts=JinjaPrompts(), pricer=FlatPrice({"m": Decimal(1)}), runs=world.store)
    assert (found.calls, found.cached) == (3, 7)
    assert found.usd == Range(low=Decimal(9), base=Decimal(21), high=Decimal(66))


def test_where_nothing_is_priced_the_estimate_has_no_dollars(tmp_path: Path) -> None:
    found = estimate(plan_of(1), prompts=JinjaPrompts(), pricer=FlatPrice(), runs=World(folder=tmp_path).store)
    assert (found.usd, found.unpriced) == (None, ("m",))


def test_pace_is_told_in_percentiles_over_the_answers_alone() -> None:
    fast = scored(1.0, latency_s=1.0, ttft_s=0.05, output_tok=20, itl_p50_s=0.01, itl_p95_s=0.02)
    found = result([fast, replace(fast, latency_s=2.0), failed(FailureKind.SERVER, 3)])
    assert found.tpot is not None
    assert found.tpot.p50_s == pytest.approx((0.05 + 1.95 / 19) / 2)
    assert found.itl_p50 == Percentiles(p50_s=0.01, p95_s=0.01, p99_s=0.01)
    assert found.itl_p95 == Percentiles(p50_s=0.02, p95_s=0.02, p99_s=0.02)
    assert found.ttft == Percentiles(p50_s=0.05, p95_s=0.05, p99_s=0.05)


def test_answers_at_the_first_attempt_are_told_apart_from_those_after_retries() -> None:
    found = result([scored(1.0), scored(1.0, attempts=3, latency_s=9.0), failed(FailureKind.SERVER, 2)])
    assert (found.answered_at_once, found.retried, found.retries, found.calls_made) == (1, 2, 3, 6)
    assert found.first_latency == Percentiles(p50_s=1.0, p95_s=1.0, p99_s=1.0)


def test_what_answers_on_record_cost_then_is_no_money_of_this_run() -> None:
    found = result([scored(1.0, from_cache=True, cost_usd=Decimal("0.5")), scored(1.0)])
    assert (found.reused_usd, found.spent_usd) == (Decimal("0.5"), Decimal("0.01"))


@pytest.mark.parametrize(("lag_s", "warns"), [(0.099, False), (0.11, True), (None, False)])
def test_a_client_that_was_the_bottleneck_is_told(lag_s: float | None, warns: bool) -> None:
    found = result([scored(1.0, loop_lag_s=lag_s, client="aiohttp", left_out=("seed",), reasoning_tok=4)])
    assert bool(found.warning) is warns
    assert "110 ms (p95), against a median latency of 1000 ms" in found.warning or not warns
    assert (found.clients, found.left_out, found.mean_reasoning_tok) == (("aiohttp",), ("seed",), 4)


def test_an_example_in_two_strata_counts_in_each() -> None:
    found = result([scored(1.0, stratum="edge + german"), scored(0.0, stratum="edge")])
    assert found.by_stratum == {"edge": (2, 1), "german": (1, 1)}


def test_answers_on_one_document_count_as_one_group_for_the_interval() -> None:
    trials = [
        scored(float(right), example_id=f"{doc}{n}", cluster=f"d{doc}") for doc, right in _DOCUMENTS for n in (1, 2)
    ]
    found = result(trials)
    values = [float(right) for _, right in _DOCUMENTS for _ in (1, 2)]
    names = [doc for doc, _ in _DOCUMENTS for _ in (1, 2)]
    expected = clustered_rate(values, clusters=names).interval
    assert found.interval == expected
    assert found.clusters == 20
    plain = wilson(found.correct, found.scored)
    assert expected.high - expected.low > plain.high - plain.low  # 40 answers, but 20 documents


_DOCUMENTS = tuple((number, number % 4 != 0) for number in range(20))


def test_examples_without_a_cluster_stand_alone_beside_those_in_one() -> None:
    trials = [scored(1.0, cluster="d1"), scored(1.0, cluster="d1"), scored(0.0), scored(1.0)]
    found = result(trials)
    assert found.clusters == 3
    assert found.interval == clustered_rate([1, 1, 0, 1], clusters=["d1", "d1", "a", "b"]).interval


def test_weights_make_a_second_score_and_leave_the_first() -> None:
    found = result([scored(1.0, weight=3.0), scored(0.0)])
    assert (found.score, found.weighted_score) == (0.5, 0.75)
    assert result([scored(1.0), scored(0.0)]).weighted_score is None


def test_an_example_that_must_be_right_is_missed_by_a_wrong_an_unscored_and_a_failed_answer() -> None:
    lost = replace(failed(FailureKind.TIMEOUT, 3), must_pass=True, example_id="lost")
    trials = [
        scored(1.0, must_pass=True, example_id="right"),
        scored(0.9, must_pass=True, example_id="nearly"),
        scored(None, must_pass=True, example_id="unscored"),
        lost,
        scored(0.0, example_id="may be wrong"),
    ]
    found = result(trials)
    assert (found.must_pass, found.must_pass_missed) == (4, ("nearly", "unscored", "lost"))


def test_what_scoring_costs_is_the_runs_money_and_not_the_models() -> None:
    judged = replace(TRIAL, scores=(Score(metric="exact_match", value=1.0, cost_usd=Decimal("0.002")),))
    found = summarise(MANIFEST, [judged, judged, scored(1.0)], threshold=None)
    assert found.results[0].spent_usd == Decimal("0.03")
    assert found.results[0].scoring_usd == Decimal("0.004")
    assert found.spent_usd == Decimal("0.034")


def test_tokens_for_one_right_answer_count_the_wrong_answers_too() -> None:
    assert result([scored(1.0), scored(0.0)]).tokens_per_correct == 40
    assert result([scored(0.0)]).tokens_per_correct is None


def test_delays_below_the_timers_grain_are_no_bottleneck_however_quick_the_server() -> None:
    def at(seconds: float) -> Percentiles:
        return Percentiles(p50_s=seconds, p95_s=seconds, p99_s=seconds)

    assert client_warning(at(0.0015), at(0.004)) == ""
    assert "delayed calls by up to 3 ms" in client_warning(at(0.003), at(0.004))

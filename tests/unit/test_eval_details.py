"""One model's answers looked into, the models in pairs, and the run in sentences."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from maquette.evals.calls import FailureKind
from maquette.evals.comparison import Finding
from maquette.evals.dataset import Example
from maquette.evals.metrics.json_answers import FieldCount, JsonFields
from maquette.evals.model_size import ModelSize
from maquette.evals.run import Estimate, EvalRun, Interval, TargetResult, Verdict
from maquette.evals.run_words import about, estimate_words, headline, passing, seconds, warnings
from maquette.evals.statistics import wilson
from maquette.evals.trials import RunState, Trial
from maquette.foundation.problems import NotFound
from maquette.foundation.units import Range
from maquette.project.comparing_runs import compare_runs
from maquette.project.eval_details import WRONG_KEPT, Asked, Remembered, look_into, model_details
from maquette.wiring import Project
from tests.project_world import opened
from tests.run_world import HOSTILE, sorted_tickets
from tests.unit.test_evals_results import MANIFEST, TRIAL, failed, result, scored


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    return sorted_tickets(tmp_path_factory.mktemp("tickets") / "p")


@pytest.fixture
def run(project: Project) -> EvalRun:
    found = project.view.run
    assert found is not None
    return found


def test_a_label_metric_gives_its_confusion_matrix(project: Project, run: EvalRun) -> None:
    found = model_details(project.view, run, "small")
    # Rows are billing, refund, outage; the last column is answers without a label. One of 30 calls failed.
    assert found.labels["label"].matrix == ((10, 0, 0, 0), (2, 6, 0, 1), (2, 0, 8, 0))
    assert found.why_not == ""


def test_slices_have_right_answers_rates_and_wilsons_interval(project: Project, run: EvalRun) -> None:
    edge, normal = model_details(project.view, run, "small").slices
    assert (edge.stratum, edge.correct, edge.scored) == ("edge", 12, 14)
    assert (normal.stratum, normal.correct, normal.scored) == ("normal", 12, 15)
    expected = wilson(12, 14)
    assert (edge.interval.low, edge.interval.high) == pytest.approx((expected.low, expected.high))


def test_failures_are_counted_by_kind_with_one_example_each(project: Project, run: EvalRun) -> None:
    (found,) = model_details(project.view, run, "small").failures
    assert (found.kind, found.count, found.example_id) == (FailureKind.TIMEOUT, 1, "t007")
    assert found.detail == "no answer within 60 s"


def test_wrong_answers_stand_beside_what_was_expected_and_what_the_metric_says(project: Project, run: EvalRun) -> None:
    found = model_details(project.view, run, "small")
    assert [one.example_id for one in found.wrong] == ["t004", "t005", "t010", "t020", "t025"]
    assert found.wrong_in_all == 5
    first, must, *_ = found.wrong
    assert (first.expected, first.output, first.scores) == ("refund", HOSTILE, ("label 0: unparsable",))
    assert must.must_pass
    assert must.scores == ("label 0: found billing",)


def test_of_many_wrong_answers_the_first_are_kept_and_all_are_counted() -> None:
    def trials() -> Iterator[Trial]:
        return (scored(0.0, example_id=f"e{number}") for number in range(WRONG_KEPT + 7))

    found = look_into(trials, result([]), run_id="r-001", metric="exact_match", asked=Asked())
    assert (len(found.wrong), found.wrong_in_all) == (WRONG_KEPT, WRONG_KEPT + 7)


def test_after_the_examples_changed_nothing_is_recomputed_and_it_is_said(tmp_path: Path) -> None:
    folder = sorted_tickets(tmp_path / "p").folder
    path = folder / "evals" / "tickets.jsonl"
    path.write_text(path.read_text().replace("outage", "billing"))
    view = opened(folder).view
    assert view.run is not None
    found = model_details(view, view.run, "small")
    assert (found.labels, found.why_not) == ({}, "the examples changed since")
    assert {one.expected for one in found.wrong} == {None}


def test_examples_that_are_gone_are_told_and_the_outputs_stay(tmp_path: Path) -> None:
    folder = sorted_tickets(tmp_path / "p").folder
    (folder / "evals" / "tickets.jsonl").unlink()
    view = opened(folder).view
    assert view.run is not None
    found = model_details(view, view.run, "small")
    assert found.why_not.startswith("the examples cannot be read: ")
    assert len(found.wrong) == 5


def test_json_fields_are_counted_one_by_one() -> None:
    wanted = {"queue": "refund", "order": 17}
    outputs = ('{"queue": "refund", "order": 17}', '{"queue": "refund", "order": 18}', '{"queue": "billing"}', "sorry")
    trials = [scored(0.0, example_id=f"e{at}", output=output) for at, output in enumerate(outputs)]
    examples = {trial.example_id: Example(id=trial.example_id, inputs={}, expected=wanted) for trial in trials}
    asked = Asked(examples=examples, metrics=(("json_fields", JsonFields()),))
    found = look_into(lambda: trials, result([]), run_id="r-001", metric="exact_match", asked=asked)
    assert found.fields["json_fields"] == {
        "queue": FieldCount(right=2, wrong=1, missing=1),
        "order": FieldCount(right=1, wrong=1, missing=2),
    }
    assert found.wrong[0].expected == '{"queue": "refund", "order": 17}'


def test_a_strangers_metric_that_breaks_while_it_reports_is_told() -> None:
    class Broken(JsonFields):
        def report(self, answers: object) -> Mapping[str, FieldCount]:
            raise RuntimeError("no")

    asked = Asked(metrics=(("mine", Broken()),))
    found = look_into(lambda: [TRIAL], result([]), run_id="r-001", metric="exact_match", asked=asked)
    assert found.why_not == "mine could not report: RuntimeError"


def test_a_model_that_was_not_asked_is_told(project: Project, run: EvalRun) -> None:
    with pytest.raises(NotFound, match="did not ask 'huge'"):
        model_details(project.view, run, "huge")


def test_models_are_compared_over_the_examples_that_both_have(project: Project, run: EvalRun) -> None:
    found = compare_runs(project.view, [run.id]).comparison
    (pair,) = found.pairs
    assert (pair.baseline, pair.candidate) == ("small", "large")
    assert pair.gained == ("t004", "t005", "t010", "t020", "t025")
    assert pair.lost == ("t001",)
    assert pair.dropped == {"no score of small": ("t007",)}
    assert pair.finding is Finding.NOT_ENOUGH_DATA
    assert {one.target_id: one.cost_usd for one in found.standings} == {
        "small": Decimal("0.0004"),
        "large": Decimal("0.0050"),
    }


def test_what_is_known_of_a_finished_run_is_computed_once(project: Project, run: EvalRun) -> None:
    known = Remembered()
    assert known.details(project.view, run, "small") is known.details(project.view, run, "small")
    assert known.comparison(project.view, run) is known.comparison(project.view, run)
    running = replace(run, state=RunState.RUNNING)
    assert known.comparison(project.view, running) is not known.comparison(project.view, running)


def passed(name: str, usd: str | None, **changes: object) -> TargetResult:
    """A model with 95 of 100 right, a hundred answers at ``usd`` together."""
    return replace(
        result([TRIAL]),
        **{
            "target_id": name,
            "planned": 100,
            "done": 100,
            "scored": 100,
            "correct": 95,
            "score": 0.95,
            "interval": Interval(low=0.888, high=0.978),
            "verdict": Verdict.PASSES,
            "spent_usd": None if usd is None else Decimal(usd),
            **changes,
        },  # type: ignore[arg-type]  # fields by name
    )


def run_with(*results: TargetResult, threshold: float | None = 0.85) -> EvalRun:
    return EvalRun(
        id="r-001",
        computed_from="",
        state=RunState.FINISHED,
        dataset="d",
        prompt="p",
        primary_metric="exact_match",
        threshold=threshold,
        started_at=MANIFEST.started_at,
        finished_at=MANIFEST.started_at,
        results=results,
    )


def test_the_cheapest_model_that_passes_is_named_first() -> None:
    run = run_with(passed("dear", "5.00"), passed("cheap", "0.40"), passed("unpriced", None))
    assert [one.target_id for one in passing(run)] == ["cheap", "dear", "unpriced"]
    assert headline(run) == (
        "cheap is the cheapest that passes, at $0.004 an answer: 95 of 100 right, 0.950 (0.888 - 0.978), "
        "0.85 needed; dear, unpriced pass too."
    )


def test_without_a_price_the_smaller_weights_come_first() -> None:
    run = run_with(passed("big", None), passed("tiny", None))
    sizes = {"big": ModelSize(params_b=Decimal(70)), "tiny": ModelSize(params_b=Decimal("0.43"))}
    assert headline(run, sizes).startswith("tiny is the smallest that passes, at 430 M parameters")


def test_a_model_that_misses_what_must_be_right_does_not_pass() -> None:
    run = run_with(passed("m", "1", must_pass=4, must_pass_missed=("e1", "e2")))
    assert passing(run) == ()
    assert headline(run) == "No model passes at 0.85: m reaches it and misses what must be right."
    assert warnings(run) == ("! m: 2 of 4 that must be right are not: e1, e2",)


def test_an_open_verdict_says_how_many_more_examples_would_settle_it() -> None:
    run = run_with(passed("m", "1", verdict=Verdict.NOT_ENOUGH_DATA, correct=88, score=0.88))
    assert headline(run) == "No model passes at 0.85: m not settled, about 445 more examples would settle it."
    assert warnings(run) == ("m: not settled; about 445 more examples would settle it",)


def test_without_a_threshold_the_highest_score_is_named() -> None:
    assert headline(run_with(passed("m", "1"), threshold=None)) == (
        "m scores highest: 95 of 100 right, 0.950 (0.888 - 0.978). Nobody has said which score is enough."
    )
    assert headline(run_with(result([]))) == "No answer is scored yet."


def test_an_unfinished_run_has_a_verdict_so_far_and_names_who_has_not_answered() -> None:
    unasked = replace(result([]), target_id="later")
    low = passed("low", "1", verdict=Verdict.FAILS, planned=100)
    assert headline(run_with(low, unasked)) == (
        "So far: No model passes at 0.85: low below it; nothing scored of later."
    )
    assert warnings(run_with(low, unasked)) == ()


def test_warnings_are_ordered_and_models_with_the_same_one_share_a_line() -> None:
    slow = "this machine was the bottleneck: its own work delayed calls"
    run = run_with(
        passed("a", "1", failures={FailureKind.TIMEOUT: 3}),
        passed("b", "1", warning=slow),
        passed("c", "1", warning=slow),
    )
    assert warnings(run) == (
        "! b, c: the latencies are doubtful, this machine was the bottleneck",
        "a: 3 of 100 calls failed (timeout)",
    )


def test_what_the_plain_rate_does_not_show_is_told_of_each_model() -> None:
    one = passed(
        "m",
        "1.00",
        weighted_score=0.5,
        clusters=12,
        scoring_usd=Decimal("0.02"),
        left_out=("temperature",),
        from_cache=7,
        retries=3,
        answered_at_once=90,
        output_tok=950,
    )
    assert about(one)[:4] == (
        "weighted score 0.500",
        "12 independent groups, not 100 answers, make the interval",
        "scoring cost $0.02 beside the answers",
        "the server refuses temperature, which was left out",
    )
    assert about(one)[-4:] == (
        "7 of 100 from the record",
        "3 retries, 90 answered at once",
        "10 output tokens for one right answer",
        "$10.00 per 1,000 answers",
    )


def test_each_metrics_mean_is_told_where_there_are_several() -> None:
    several = passed("m", None, mean_scores={"exact_match": 0.95, "relevance": 0.8125})
    assert about(several)[0] == "means: exact_match 0.950, relevance 0.812"
    assert not any("means" in words for words in about(passed("m", None)))


def test_an_estimate_is_told_with_its_cap() -> None:
    estimate = Estimate(
        calls=10,
        cached=2,
        input_tok=100,
        output_tok=Range(low=1, base=2, high=3),
        usd=Range(low=Decimal("0.5"), base=Decimal(1), high=Decimal(2)),
        unpriced=(),
        examples=6,
        needed_for_margin=100,
    )
    assert estimate_words(estimate, Decimal(5)) == "10 calls, 2 on record, costs $0.5 to $2.00, cap $5.00"
    assert estimate_words(replace(estimate, usd=None), None) == "10 calls, 2 on record, costs an unknown amount, no cap"


@pytest.mark.parametrize(
    ("value_s", "shown"),
    [(0.0008, "0.8 ms"), (0.000_05, "0.05 ms"), (0.0033, "3.3 ms"), (0.014, "14 ms"), (1.5, "1.50 s")],
)
def test_times_below_a_second_are_in_milliseconds(value_s: float, shown: str) -> None:
    assert seconds(value_s) == shown


def test_failed_calls_are_no_wrong_answers() -> None:
    found = look_into(
        lambda: [failed(FailureKind.SERVER, 3)], result([]), run_id="r-001", metric="exact_match", asked=Asked()
    )
    assert (found.wrong_in_all, found.failures[0].count) == (0, 1)

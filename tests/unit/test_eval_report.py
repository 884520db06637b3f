"""A run as a report: the verdict first, and every figure as it follows from the trials."""

from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from maquette.evals.calls import FailureKind
from maquette.evals.comparing_runs import record_of
from maquette.evals.dataset import Example
from maquette.evals.metrics.json_answers import JsonFields
from maquette.evals.metrics.labels import Label
from maquette.evals.reporting.breakdown import Breakdown, BreakdownCount
from maquette.evals.reporting.drill import answer_rows, choose, example_rows
from maquette.evals.reporting.mistakes import confusions
from maquette.evals.reporting.report import Report, RunOnRecord, make_report, parts_that_differ
from maquette.evals.reporting.sections import sections_of
from maquette.evals.reporting.tables import Part, Section
from maquette.evals.reporting.visible import visible
from maquette.evals.results import summarise
from maquette.evals.statistics.gates import GateVerdict
from maquette.evals.trials import Failure, RunState, Score, Trial
from tests.unit.test_evals_results import MANIFEST, TRIAL


def marked(target: str, marks: str, **changes: Any) -> list[Trial]:
    """One trial a mark: 1 right, 0 wrong, x failed, ? unscored."""
    made = []
    for at, mark in enumerate(marks):
        trial = replace(TRIAL, target_id=target, example_id=f"e{at:03}", **changes)
        if mark == "x":
            failure = Failure(kind=FailureKind.TIMEOUT, detail="late")
            trial = replace(trial, output=None, failure=failure, scores=(), cost_usd=None, latency_s=None, attempts=3)
        else:
            value = None if mark == "?" else float(mark)
            trial = replace(trial, scores=(Score(metric="exact_match", value=value),))
        made.append(trial)
    return made


def record(trials: Iterable[Trial], *, threshold: float | None = 0.8, **changes: Any) -> RunOnRecord:
    """A finished run of these trials."""
    kept = list(trials)
    targets = tuple(dict.fromkeys(trial.target_id for trial in kept))
    examples = len({trial.example_id for trial in kept})
    given = {"targets": targets, "examples": examples, "state": RunState.FINISHED, **changes}
    manifest = replace(MANIFEST, **given)
    found = record_of(manifest, kept, metric="exact_match")
    return RunOnRecord(run=summarise(manifest, kept, threshold=threshold), manifest=manifest, record=found)


def report_of(trials: Iterable[Trial], **changes: Any) -> Report:
    return make_report(record(trials, **changes), title="t", breakdown=Breakdown())


def section(report: Report, part: Part) -> Section:
    return next(one for one in sections_of(report) if one.part is part)


def test_the_smallest_model_that_passes_comes_first() -> None:
    small = marked("small", "1" * 95 + "0" * 5, cost_usd=Decimal("0.001"))
    large = marked("large", "1" * 96 + "0" * 4, cost_usd=Decimal("0.02"))
    verdict = report_of([*large, *small]).verdict
    assert (verdict.outcome, verdict.model, verdict.unfinished) == (GateVerdict.PASS, "small", "")
    assert verdict.title == "small is the smallest model that passes"
    assert verdict.why == (
        "small is the cheapest that passes, at $0.001 an example: "
        "a mean score of at least 80.0 % and at most 5.0 points worse than large."
    )


def test_open_says_how_many_more_examples_are_needed() -> None:
    verdict = report_of(marked("m", "1" * 9 + "0")).verdict
    assert (verdict.outcome, verdict.more_examples) == (GateVerdict.NOT_ENOUGH_DATA, 52)
    assert verdict.title == "Not enough data: about 52 more examples are needed"
    assert verdict.why == "9 of 10 right (95 % interval 59.6 to 98.2 %); asked for is 80.0 %."


@pytest.mark.parametrize(
    ("marks", "threshold", "title"),
    [
        ("1" * 40, 0.8, "m passes"),
        ("0" * 40, 0.8, "m does not pass"),
        ("1" * 40, None, "m: nothing was asked for, so nothing passes or fails"),
        ("x" * 3, 0.8, "Not enough data"),
    ],
)
def test_one_model_alone_has_a_verdict_against_the_threshold(marks: str, threshold: float | None, title: str) -> None:
    assert report_of(marked("m", marks), threshold=threshold).verdict.title == title


def test_a_model_that_misses_what_must_be_right_does_not_pass_whatever_its_rate() -> None:
    small = marked("small", "1" * 99 + "0", cost_usd=Decimal("0.001"))
    small[-1] = replace(small[-1], must_pass=True)
    large = marked("large", "1" * 100, cost_usd=Decimal("0.02"))
    report = report_of([*small, *large])
    assert report.verdict.model == "large"
    assert report.verdict.why.endswith("small would pass, but misses examples that must be right.")
    assert section(report, Part.MODELS).tables[0].rows[0][3] == "must missed"
    both = report_of([*small, *[replace(one, target_id="large") for one in small]])
    assert (both.verdict.outcome, both.verdict.title) == (GateVerdict.FAIL, "No model passes")


@pytest.mark.parametrize(
    ("state", "how"),
    [(RunState.CAP_REACHED, "was ended by its cap in dollars"), (RunState.RUNNING, "is still running")],
)
def test_a_run_that_is_not_complete_says_so_with_its_counts(state: RunState, how: str) -> None:
    verdict = report_of(marked("m", "1" * 30), state=state, examples=40).verdict
    assert verdict.unfinished == f"Run r-001 {how}: 30 of 40 answers are on record, and every figure is of these."


def test_accuracy_p95_and_cost_stand_in_percent_milliseconds_and_dollars_a_thousand_requests() -> None:
    report = report_of(marked("m", "1" * 9 + "0"))
    table = section(report, Part.MODELS).tables[0]
    assert table.headings == ("model", "accuracy % (95 %)", "right", "verdict", "P95 ms", "per 1K req")
    assert table.rows == (("m", "90.0 (59.6-98.2)", "9/10", "undecided", "1,000", "$10.00"),)


def test_cost_latency_calls_and_cache_are_counted_each_in_its_own_table() -> None:
    trials = marked("m", "11110xx?")
    trials[0] = replace(trials[0], from_cache=True)
    report = report_of(trials)
    assert section(report, Part.COST).tables[0].rows == (("m", "$0.01", "$10.00", "100", "20", "30", "$0.05"),)
    assert section(report, Part.CALLS).tables[0].rows == (("m", "8/8", "6", "timeout 2", "4", "1 = 12.5 %", "1"),)
    latency = section(report, Part.LATENCY).tables[0]
    assert latency.rows == (("m", "6", "1,000", "1,000", "1,000", "500", "500", "500", "26", "26"),)
    assert section(report, Part.TROUBLE).says == (
        "m: 2 of 8 calls failed (timeout).",
        "m: 1 answers have no score by exact_match; they count neither way.",
    )


def test_each_metric_has_a_column_with_its_mean_graded_answers_in_part() -> None:
    trials = [
        replace(one, scores=(*one.scores, Score(metric="relevance", value=value)))
        for one, value in zip(marked("m", "1110"), (1.0, 0.5, 0.5, 0.25), strict=True)
    ]
    table = section(report_of(trials), Part.QUALITY).tables[0]
    assert table.headings == ("model", "mean exact_match %", "mean relevance %", "scored")
    assert table.rows == (("m", "75.0", "56.2", "4"),)


def test_what_is_reused_and_what_scoring_cost_is_said_beside_the_cost() -> None:
    judged = (Score(metric="exact_match", value=1.0, cost_usd=Decimal("0.002")),)
    trials = [replace(one, scores=judged, from_cache=at < 2) for at, one in enumerate(marked("m", "1111"))]
    assert section(report_of(trials), Part.COST).says == (
        "m: scoring cost $0.008 beside the answers.",
        "m: 2 answers came from the record; they had cost $0.02.",
    )


def test_the_bottleneck_of_this_machine_is_a_warning() -> None:
    report = report_of(marked("m", "1111", loop_lag_s=0.5))
    (warning,) = section(report, Part.TROUBLE).says
    assert warning.startswith("m: this machine was the bottleneck: its own work delayed calls by up to 500 ms (p95)")


def test_strata_carry_their_rates_and_the_differences_that_were_found() -> None:
    old = marked("old", "0" * 40, stratum="edge") + [
        replace(one, example_id=f"n{one.example_id}") for one in marked("old", "1" * 40)
    ]
    new = [replace(one, target_id="new", scores=(Score(metric="exact_match", value=1.0),)) for one in old]
    found = section(report_of([*old, *new]), Part.STRATA)
    assert found.tables[0].rows == (
        ("edge", "40", "0.0 (0-9)", "100.0 (91-100)"),
        ("normal", "40", "100.0 (91-100)", "100.0 (91-100)"),
    )
    assert [row[:4] for row in found.tables[1].rows] == [("edge", "new", "old", "+100.0")]
    assert "2 differences were tested" in found.source


def test_labels_are_counted_into_a_confusion_matrix() -> None:
    metric = Label(labels=("yes", "no"))
    examples = {f"e{at:03}": Example(id=f"e{at:03}", inputs={}, expected="yes") for at in range(4)}
    counting = BreakdownCount(metric, examples)
    for trial, text in zip(marked("m", "1111"), ("Yes.", "no", "no", "perhaps"), strict=True):
        counting.add(replace(trial, output=text))
    counting.add(marked("m", "x")[0])
    labels = counting.found().labels["m"]
    assert labels.matrix == ((1, 2, 1), (0, 0, 0))
    assert confusions(labels) == ((2, "yes", "no"), (1, "yes", "unparsable"))
    report = make_report(record(marked("m", "1100")), title="t", breakdown=counting.found())
    assert section(report, Part.ANSWERS).says == ("m: yes taken for no 2 times; yes unparsable 1 times.",)


def test_json_fields_are_counted_one_by_one() -> None:
    expected = {"queue": "a", "urgent": True}
    counting = BreakdownCount(JsonFields(), {"e000": Example(id="e000", inputs={}, expected=expected)})
    trial = marked("m", "1")[0]
    for text in ('{"queue": "a", "urgent": true}', '{"queue": "a"}', '{"queue": "b", "urgent": 1}', "no JSON"):
        counting.add(replace(trial, output=text))
    report = make_report(record([trial]), title="t", breakdown=counting.found())
    assert section(report, Part.ANSWERS).tables[0].rows == (
        ("queue", "50.0 of 4, 1 missing"),
        ("urgent", "25.0 of 4, 2 missing"),
    )


def test_another_run_is_compared_model_by_model_on_the_same_examples() -> None:
    now = record(marked("m", "1" * 60), run_id="r-002", made_of={"prompt": "b", "dataset": "a"})
    then = record(marked("m", "0" * 60), made_of={"prompt": "a", "dataset": "a"})
    (against,) = make_report(now, title="t", breakdown=Breakdown(), others=[then]).against
    (pair,) = against.pairs
    assert (pair.baseline, pair.candidate, pair.finding.value) == ("m (r-001)", "m (r-002)", "better")
    assert (against.differs, against.refused) == (("prompt",), "")


def test_runs_of_two_metrics_or_without_a_common_model_are_not_compared() -> None:
    now, then = record(marked("m", "11"), run_id="r-002"), record(marked("n", "11"))
    (nothing,) = make_report(now, title="t", breakdown=Breakdown(), others=[then]).against
    assert (nothing.refused, nothing.differs) == ("the two runs have no model in common", None)
    other = replace(then, run=replace(then.run, primary_metric="label"))
    (refused,) = make_report(now, title="t", breakdown=Breakdown(), others=[other]).against
    assert refused.refused == "its metric is label, and scores of two metrics are not compared"
    assert parts_that_differ({}, {"prompt": "a"}) is None


@pytest.mark.parametrize(
    ("which", "ids", "note"),
    [
        (None, ("e000", "e001", "e002", "e003"), ""),
        ("all", ("e000", "e001", "e002", "e003"), ""),
        ("wrong", ("e001", "e002"), "2 of 4 examples are here: those that a model got wrong or failed on."),
        (
            3,
            ("e000", "e001", "e002"),
            "3 of 4 examples are here, those that a model got wrong first; --examples all has all.",
        ),
        (1, ("e001",), "1 of 4 examples are here, those that a model got wrong first; --examples all has all."),
    ],
)
def test_the_examples_that_are_shown_can_be_chosen(which: str | int | None, ids: tuple[str, ...], note: str) -> None:
    scores = record(marked("m", "10x1")).record.scores
    drill = choose(scores, {}, which=which)
    assert (drill.shown, drill.note, drill.of) == (ids, note, 4)


def test_an_example_without_its_dataset_has_no_input_and_an_answer_keeps_what_it_took() -> None:
    report = report_of(marked("m", "1x"))
    drill = choose(report.scores, {}, which=None, unknown="gone")
    rows = list(example_rows(drill, report.scores, {}))
    assert rows[0] == {"id": "e000", "strata": ["normal"], "input": None, "expected": None}
    right, failed = answer_rows(marked("m", "1x"), drill, ["m"], "exact_match")
    assert (right["took"], right["ms"], right["v"]) == ("1,000 ms, TTFT 500 ms, 100 + 20 tok, $0.01", 1000.0, 1.0)
    assert (failed["fail"], failed["took"], failed["v"]) == (
        "timeout: late",
        "TTFT 500 ms, 100 + 20 tok, 3 attempts",
        None,
    )


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain é 漢字 👩\u200d💻\n\tnext", "plain é 漢字 👩\u200d💻\n\tnext"),
        ("a\x00b\x1b[31m\x7f", "a⟨U+0000⟩b⟨U+001B⟩[31m⟨U+007F⟩"),
        ("x\u202ey\u2066z\u200b\ufeff", "x⟨U+202E⟩y⟨U+2066⟩z⟨U+200B⟩⟨U+FEFF⟩"),
        ("half \ud83d", "half ⟨U+D83D⟩"),
        ("tag \U000e0041", "tag ⟨U+E0041⟩"),
        ("a" * 5000, "a" * 4000 + "… (1,000 more characters)"),
    ],
)
def test_what_cannot_be_seen_in_a_text_is_shown_by_its_code(text: str, shown: str) -> None:
    assert visible(text) == shown

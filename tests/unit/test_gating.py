"""The gate: evidence passes and fails a run, too little of it does neither, and everything else is told apart."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from maquette.evals.baseline import Baseline, blessed, doubts
from maquette.evals.gating import Check, CheckKind, GateReport, Outcome
from maquette.evals.gating_runs import hold
from maquette.evals.gating_settings import GateSettings
from maquette.evals.statistics.paired import PairedCounts, mid_p, tango_lower, tango_upper
from maquette.evals.trials import RunState
from maquette.foundation.problems import InvalidInput, NotFound
from tests.gate_world import run_record

DAY = date(2026, 11, 21)


def baseline_of(marks: str | dict[str, str], **settings: Any) -> Baseline:
    record = run_record({"m": marks} if isinstance(marks, str) else marks, **settings)
    return blessed(record, record.targets, on=DAY)


def gated(old: str, new: str, *, run: dict[str, Any] | None = None, **settings: Any) -> GateReport:
    record = run_record({"m": new}, run_id="r-002", **(run or {}))
    return hold(record, baseline_of(old), GateSettings(**settings))


def check_of(report: GateReport, kind: CheckKind) -> Check:
    return next(check for one in report.targets for check in one.checks if check.kind is kind)


def outcomes(report: GateReport) -> dict[CheckKind, Outcome]:
    return {check.kind: check.outcome for one in report.targets for check in one.checks}


def test_a_run_without_any_change_passes_from_52_examples_on_at_a_margin_of_5_points() -> None:
    # Tango without a discordant pair: the lower bound is -z^2 / (n + z^2), z^2 = 2.7055 one-sided at 95 %.
    assert 2.7055 / (52 + 2.7055) < 0.05 < 2.7055 / (51 + 2.7055)
    assert gated("1" * 52, "1" * 52).outcome is Outcome.PASS
    short = gated("1" * 51, "1" * 51)
    assert (short.outcome, short.more_examples) == (Outcome.NOT_ENOUGH_DATA, 1)
    assert check_of(short, CheckKind.REGRESSION).says == (
        "not enough data for a margin of 5.0 points: 0.0 points on 51 examples, between -5.0 and 5.0; "
        "about 1 more would settle it"
    )


def test_a_clear_loss_fails_with_the_bounds_of_tango() -> None:
    report = gated("1" * 90 + "0" * 10, "1" * 70 + "0" * 30)
    counts = PairedCounts(items=100, gained=0, lost=20)
    (one,) = report.targets
    assert report.outcome is Outcome.FAIL
    assert one.gate is not None
    assert (one.gate.lower, one.gate.upper) == (tango_lower(counts), tango_upper(counts))
    assert one.gate.upper < -0.05
    assert one.broken == tuple(f"e{place}" for place in range(70, 90))
    assert one.mended == ()
    assert (one.old_rate and one.old_rate.rate, one.new_rate and one.new_rate.rate) == (0.9, 0.7)


@pytest.mark.parametrize(("lost", "alert"), [(19, False), (20, False), (21, True)])
def test_a_drop_of_more_than_2_points_is_an_alert_and_fails_the_gate(lost: int, alert: bool) -> None:
    report = gated("1" * 900 + "0" * 100, "1" * (900 - lost) + "0" * (100 + lost))
    found = check_of(report, CheckKind.ALERT)
    assert found.outcome is (Outcome.FAIL if alert else Outcome.PASS)
    # The drop itself is well within the margin of 5 points.
    assert outcomes(report)[CheckKind.REGRESSION] is Outcome.PASS
    assert report.outcome is found.outcome
    if alert:
        assert mid_p(0, 21) < 0.001
        assert found.says.startswith(
            "the score fell by 2.1 points, more than 2.0 points: significant (95 % interval -3."
        )
        assert found.says.endswith("p below 0.001, McNemar mid-p)")


def test_an_alert_says_when_the_drop_may_be_chance_and_may_be_told_without_failing() -> None:
    old, new = "1" * 500 + "0" * 500, "0" * 121 + "1" * 379 + "1" * 100 + "0" * 400
    found = gated(old, new, alert_fails=False)
    alert = check_of(found, CheckKind.ALERT)
    assert mid_p(100, 121) > 0.05
    assert alert.says.startswith(
        "the score fell by 2.1 points, more than 2.0 points: not significant, it may be chance"
    )
    assert alert.outcome is Outcome.PASS
    assert check_of(gated(old, new), CheckKind.ALERT).outcome is Outcome.FAIL


def test_examples_that_must_be_right_fail_the_gate_whatever_the_rate() -> None:
    must = {"trials": {name: {"must_pass": True} for name in ("e0", "e1", "e2", "e3")}}
    report = gated("1" * 100, "105x" + "1" * 96, run=must, max_failed=1.0)
    found = check_of(report, CheckKind.MUST_PASS)
    assert report.outcome is found.outcome is Outcome.FAIL
    assert [(item.example_id, item.outcome, item.why) for item in found.items] == [
        ("e0", Outcome.PASS, ""),
        ("e1", Outcome.FAIL, "scored 0"),
        ("e2", Outcome.FAIL, "scored 0.5"),
        ("e3", Outcome.FAIL, "the call failed: timeout"),
    ]
    assert (
        found.says == "3 of 4 examples that must be right: e1: scored 0; e2: scored 0.5; e3: the call failed: timeout"
    )
    assert CheckKind.MUST_PASS not in outcomes(gated("1" * 100, "1" * 100, run=must, must_pass=False))


def test_an_example_that_had_to_be_right_and_is_not_asked_any_more_leaves_the_gate_open() -> None:
    record = run_record({"m": "1" * 99}, run_id="r-002")
    report = hold(record, baseline_of("1" * 100, trials={"e99": {"must_pass": True}}), GateSettings())
    assert report.outcome is Outcome.NOT_ENOUGH_DATA
    assert check_of(report, CheckKind.MUST_PASS).items[0].why == "the run did not ask it"


def test_a_break_fails_the_gate_only_where_it_is_named() -> None:
    old, new = "1" * 98 + "01", "1" * 97 + "00" + "1"
    silent = gated(old, new)
    assert (silent.outcome, silent.targets[0].broken) == (Outcome.PASS, ("e97",))
    loud = gated(old, new, hard_breaks=("e97", "e98"))
    assert loud.outcome is Outcome.FAIL
    found = check_of(loud, CheckKind.HARD_BREAKS)
    assert found.says == "1 of 2 examples that must not break: e97: was right, scored 0 now"
    unknown = check_of(gated(old, new, hard_breaks=("e7x",)), CheckKind.HARD_BREAKS)
    assert (unknown.outcome, unknown.items[0].why) == (
        Outcome.NOT_ENOUGH_DATA,
        "neither the baseline nor the run has it",
    )


def test_a_run_with_too_many_failed_calls_is_not_fit_to_judge_a_model_by() -> None:
    two_of_100 = gated("1" * 100, "x-" + "1" * 98)
    assert two_of_100.outcome is Outcome.PASS
    assert two_of_100.targets[0].dropped == {"no score in r-002": ("e0", "e1")}
    three = gated("1" * 100, "xx-" + "1" * 97)
    assert three.outcome is Outcome.UNFIT
    assert check_of(three, CheckKind.FITNESS).says == (
        "the run is not fit to judge: 2 calls failed and 1 answers have no score, of 100, more than 2.0 %"
    )
    # What can be said of the rest is still said.
    assert outcomes(three)[CheckKind.REGRESSION] is Outcome.PASS


def test_a_run_in_which_every_call_failed_is_told_and_not_compared() -> None:
    (one,) = gated("1" * 60, "x" * 60).targets
    assert (one.outcome, one.gate, one.new_rate, one.items) == (Outcome.UNFIT, None, None, 0)


def test_a_run_that_did_not_finish_is_not_fit_to_judge() -> None:
    report = gated("1" * 100, "1" * 60, run={"state": RunState.CAP_REACHED})
    assert report.outcome is Outcome.UNFIT
    assert check_of(report, CheckKind.FITNESS).says.startswith("the run did not finish (cap_reached);")


def test_cost_and_latency_have_their_own_limits_and_unknown_is_not_within_them() -> None:
    report = gated("1" * 60, "1" * 60, max_usd_per_answer=Decimal("0.009"), max_p95_s=1.0)
    assert check_of(report, CheckKind.COST).says == "$0.01 an answer (the baseline: $0.01); at most $0.009"
    assert outcomes(report)[CheckKind.COST] is Outcome.FAIL
    assert outcomes(report)[CheckKind.LATENCY] is Outcome.PASS
    assert gated("1" * 60, "1" * 60, max_usd_per_answer=Decimal("0.01")).outcome is Outcome.PASS
    assert gated("1" * 60, "1" * 60, max_p95_s=0.9).outcome is Outcome.FAIL
    unpriced = run_record({"m": "1" * 60}, run_id="r-002")
    unpriced = replace(unpriced, scores=replace(unpriced.scores, usd_per_answer={"m": None}), p95_s={"m": None})
    open_ = hold(unpriced, baseline_of("1" * 60), GateSettings(max_usd_per_answer=Decimal(1), max_p95_s=1.0))
    assert outcomes(open_)[CheckKind.COST] is outcomes(open_)[CheckKind.LATENCY] is Outcome.NOT_ENOUGH_DATA


def test_only_examples_that_are_the_same_are_compared() -> None:
    changed = {f"e{place}": "new" for place in range(40)}
    run = {"changes": {"dataset": "2"}, "other": changed}
    report = gated("1" * 100, "0" * 40 + "1" * 60, run=run)
    assert report.outcome is Outcome.PASS
    assert report.differing == ("dataset",)
    assert report.targets[0].dropped == {"another example under this id in r-002": tuple(changed)}
    with pytest.raises(InvalidInput, match=r"shares no scored example with the baseline r-001 \(another example"):
        gated("1" * 40, "1" * 40, run=run)


def test_grades_and_clusters_are_judged_by_their_own_methods() -> None:
    graded = gated("5" * 30 + "1" * 30, "5" * 30 + "1" * 30)
    assert graded.methods[0] == "regression: score interval without a spread, one-sided"
    clusters = {"trials": {f"e{place}": {"cluster": f"d{place // 10}"} for place in range(60)}}
    repeats = gated("1" * 60, "1" * 60, run=clusters)
    # Six documents tell what six examples tell: 2.7055 / (6 + 2.7055) is more than 5 points.
    assert repeats.outcome is Outcome.NOT_ENOUGH_DATA
    assert repeats.targets[0].gate is not None
    assert repeats.targets[0].gate.lower == pytest.approx(-2.7055 / 8.7055, abs=1e-4)


def test_the_worst_target_decides_and_targets_of_one_side_alone_are_named() -> None:
    record = run_record({"a": "1" * 60, "b": "0" * 60, "c": "1" * 60}, run_id="r-002")
    baseline = baseline_of({"a": "1" * 60, "b": "1" * 60})
    report = hold(record, baseline, GateSettings())
    assert [(one.target_id, one.outcome) for one in report.targets] == [("a", Outcome.PASS), ("b", Outcome.FAIL)]
    assert report.outcome is Outcome.FAIL
    assert report.notes == ("not held, because the baseline lacks them or they were not asked for: c",)
    assert hold(record, baseline, GateSettings(), targets=["a"]).outcome is Outcome.PASS
    with pytest.raises(NotFound, match="the baseline has no target 'c'"):
        hold(record, baseline, GateSettings(), targets=["c"])
    with pytest.raises(NotFound, match="r-002 has no target 'd'"):
        hold(record, baseline, GateSettings(), targets=["d"])


def test_a_model_under_a_new_name_is_held_against_the_only_one_of_the_baseline() -> None:
    renamed = run_record({"new": "1" * 60}, run_id="r-002")
    (one,) = hold(renamed, baseline_of("1" * 60), GateSettings()).targets
    assert (one.target_id, one.against, one.outcome) == ("new", "m", Outcome.PASS)
    two = run_record({"new": "1", "newer": "1"}, run_id="r-002")
    with pytest.raises(NotFound, match="it has m, the run has new, newer"):
        hold(two, baseline_of("1" * 60), GateSettings())


@pytest.mark.parametrize("settings", [{"margin": 0.0}, {"margin": float("nan")}, {"alert": 1.0}, {"max_failed": 2.0}])
def test_a_demand_that_is_no_fraction_is_refused(settings: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput, match=r"fraction|share"):
        gated("1", "1", **settings)


def test_what_speaks_against_blessing_a_run_is_told_and_kept() -> None:
    record = run_record({"m": "1x-", "n": "111"}, state=RunState.STOPPED)
    reasons = ("r-001 did not finish (stopped)", "1 of 3 calls of m failed", "1 of 3 answers of m have no score")
    found = doubts(record, ("m", "n"))
    assert [one.removesuffix(" by exact_match") for one in found] == list(reasons)
    assert doubts(run_record({"m": "10"}), ("m",)) == ()
    kept = blessed(record, ("m",), on=DAY, accepted=found)
    report = hold(run_record({"m": "111"}, run_id="r-002"), kept, GateSettings())
    assert "the baseline was blessed although 1 of 3 calls of m failed" in report.notes

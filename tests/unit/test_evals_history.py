"""Runs over time: what is compared with what, what changed between, and when the newest run is pointed out."""

import json
import random
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from maquette.adapters.trial_logs import FileRunStore
from maquette.cli.contracts import contract_schema
from maquette.cli.evals.history_text import bars
from maquette.cli.main import run
from maquette.evals.baseline import Baseline, blessed
from maquette.evals.calls import FailureKind
from maquette.evals.comparing_runs import record_of
from maquette.evals.history import Against, Point, TargetHistory, history
from maquette.evals.results import summarise
from maquette.evals.trials import Failure, RunManifest, RunState, Score, Trial
from maquette.foundation.problems import ExitStatus, NotFound
from tests.evals_world import STARTED
from tests.project_world import scenario_project
from tests.unit.test_analytics_views import PLAIN, manifest

Capture = pytest.CaptureFixture[str]
PARTS = {"dataset": "d", "prompt": "p", "metrics": "m", "parameters": "q", "target small": "t", "target big": "t"}


class Runs:
    """Runs in memory, one after another."""

    def __init__(self) -> None:
        self.manifests: list[RunManifest] = []
        self.trials: dict[str, list[Trial]] = {}

    def add(self, right: Mapping[str, Sequence[float | None]], *, failed: int = 0, **changes: object) -> None:
        """A run in which each target scored so on the examples e0, e1 and so on."""
        number = len(self.manifests) + 1
        run_id = f"r-{number:03d}"
        parts = {"run_id": run_id, "started_at": STARTED + timedelta(days=number), "made_of": PARTS}
        made = manifest(**{**parts, "state": RunState.FINISHED, "targets": tuple(right), **changes})
        self.manifests.append(made)
        self.trials[run_id] = [
            replace(
                PLAIN,
                key=f"{target} {place}",
                target_id=target,
                example_id=f"e{place}",
                scores=(Score(metric="exact_match", value=value), Score(metric="length", value=1.0)),
            )
            for target, values in right.items()
            for place, value in enumerate(values)
        ]
        lost = Failure(kind=FailureKind.TIMEOUT, detail="60 s")
        self.trials[run_id] += [
            replace(PLAIN, example_id=f"f{place}", failure=lost, output=None, scores=(), cost_usd=None)
            for place in range(failed)
        ]

    def of(self, **asked: object) -> tuple[TargetHistory, ...]:
        return history(self.manifests, self.trials.__getitem__, **asked)  # type: ignore[arg-type]  # options by name

    def small(self, **asked: object) -> tuple[Point, ...]:
        return next(one for one in self.of(**asked) if one.target_id == "small").points


def shares(right: int, of: int = 100) -> list[float | None]:
    return [float(place < right) for place in range(of)]


def test_a_run_has_its_score_its_interval_its_cost_and_its_latency() -> None:
    runs = Runs()
    runs.add({"small": shares(70)}, failed=3)
    (point,) = runs.small()
    shown = summarise(runs.manifests[0], runs.trials["r-001"], threshold=None).results[0]
    assert (point.scored, point.failed, point.score, point.interval) == (100, 3, 0.7, shown.interval)
    assert (point.usd_per_answer, point.p95_s, point.compared_with, point.note) == (Decimal("0.01"), 0.5, None, "")


def test_a_run_is_compared_with_the_newest_before_it_of_the_same_examples_and_metrics() -> None:
    runs = Runs()
    runs.add({"small": shares(70)})
    runs.add({"small": shares(50)}, made_of={**PARTS, "dataset": "other"})
    runs.add({"small": shares(80)}, made_of={**PARTS, "metrics": "other"})
    runs.add({"small": shares(60)})
    first, second, third, fourth = runs.small()
    assert (second.compared_with, second.change, second.note) == (None, None, "other examples")
    assert (third.compared_with, third.note) == (None, "other examples")
    assert (first.note, fourth.note, fourth.compared_with) == ("", "", "r-001")
    assert fourth.change is not None
    assert (round(fourth.change.estimate, 12), fourth.change.items) == (-0.1, 100)


def test_another_metric_is_named_when_the_examples_are_the_same() -> None:
    runs = Runs()
    runs.add({"small": shares(70)})
    runs.add({"small": shares(70)}, made_of={**PARTS, "metrics": "other"})
    assert runs.small()[1].note == "other metrics"


@pytest.mark.parametrize(
    ("part", "name"), [("prompt", "prompt"), ("parameters", "parameters"), ("target small", "target")]
)
def test_what_else_changed_is_named_and_does_not_hinder(part: str, name: str) -> None:
    runs = Runs()
    runs.add({"small": shares(70)})
    runs.add({"small": shares(70)}, made_of={**PARTS, part: "other", "target big": "other"})
    second = runs.small()[1]
    assert (second.compared_with, second.changed) == ("r-001", (name,))


def test_a_manifest_of_an_earlier_version_is_shown_and_not_compared() -> None:
    runs = Runs()
    runs.add({"small": shares(70)}, made_of={})
    runs.add({"small": shares(60)}, made_of={})
    assert [(point.score, point.note) for point in runs.small()] == [
        (0.7, "what it was made of is not on record"),
        (0.6, "what it was made of is not on record"),
    ]
    assert runs.of(alert=0.0)[0].alert is None


def test_only_examples_that_both_runs_scored_are_compared() -> None:
    runs = Runs()
    runs.add({"small": [1.0, 1.0, None, 1.0]})
    runs.add({"small": [1.0, 0.0, 0.0]})
    change = runs.small()[1].change
    assert change is not None
    assert (change.items, change.estimate) == (2, -0.5)


def test_a_run_without_a_score_is_passed_over() -> None:
    runs = Runs()
    runs.add({"small": shares(70)})
    runs.add({"small": [None, None]})
    runs.add({"small": shares(70)})
    points = runs.small()
    assert (points[1].score, points[1].note, points[2].compared_with) == (None, "nothing is scored", "r-001")


@pytest.mark.parametrize(
    ("against", "run_id"), [(Against.PREVIOUS, "r-003"), (Against.BEST, "r-002"), (Against.FIRST, "r-001")]
)
def test_the_newest_run_is_held_against_the_one_that_was_asked_for(against: Against, run_id: str) -> None:
    runs = Runs()
    for right in (80, 90, 70, 40):
        runs.add({"small": shares(right)})
    alert = runs.of(against=against)[0].alert
    assert alert is not None
    assert (alert.run_id, alert.against_run_id, alert.significant) == ("r-004", run_id, True)


def blessed_run(runs: Runs, number: int) -> Baseline:
    made = runs.manifests[number]
    record = record_of(made, runs.trials[made.run_id], metric=made.primary_metric)
    return blessed(record, made.targets, on=STARTED.date())


def test_the_newest_run_is_held_against_the_blessed_one() -> None:
    runs = Runs()
    runs.add({"small": shares(70)})
    runs.add({"small": shares(50)})
    runs.add({"small": shares(60)})
    (found,) = runs.of(against=Against.BLESSED, baseline=blessed_run(runs, 0))
    assert found.alert is not None
    assert (found.alert.against, found.alert.against_run_id, found.note) == (Against.BLESSED, "r-001", "")
    assert found.alert.sentence.startswith("small: r-003 is 10.0 points below r-001 (blessed) on 100 examples")
    (itself,) = runs.of(against=Against.BLESSED, baseline=blessed_run(runs, 2))
    assert (itself.alert, itself.note) == (None, "")


def test_a_blessed_run_of_other_examples_or_models_is_no_reference_and_it_is_said() -> None:
    runs = Runs()
    runs.add({"small": shares(70)}, made_of={**PARTS, "dataset": "other"})
    runs.add({"small": shares(50), "big": shares(50)})
    small, big = runs.of(against=Against.BLESSED, baseline=blessed_run(runs, 0))
    assert (small.alert, big.alert) == (None, None)
    assert small.note == "r-002 is not held against the blessed r-001: other examples"
    assert big.note == "r-002 is not held against the blessed r-001: it was not asked"


@pytest.mark.parametrize(("right", "said"), [(77, False), (79, False), (80, False), (76, True), (70, True)])
def test_an_alert_is_a_loss_of_more_than_was_allowed(right: int, said: bool) -> None:
    runs = Runs()
    runs.add({"small": shares(80)})
    runs.add({"small": shares(right)})
    assert (runs.of(alert=0.035)[0].alert is not None) is said


@pytest.mark.parametrize(("lost", "said"), [(19, False), (20, False), (21, True)])
def test_more_than_two_points_are_pointed_out_unless_the_caller_says_otherwise(lost: int, said: bool) -> None:
    runs = Runs()
    runs.add({"small": shares(800, 1000)})
    runs.add({"small": shares(800 - lost, 1000)})
    alert = runs.of()[0].alert
    assert (alert is not None) is said
    assert alert is None or alert.significant


def test_a_loss_that_chance_may_explain_says_so() -> None:
    runs = Runs()
    runs.add({"small": shares(80)})
    runs.add({"small": shares(76)})
    alert = runs.of()[0].alert
    assert alert is not None
    assert not alert.significant
    assert alert.sentence == (
        "small: r-002 is 4.0 points below r-001 (previous) on 100 examples (95 % interval -9.8 to -0.2, p 0.062, "
        "McNemar mid-p); not significant, so chance may explain it; nothing else changed"
    )


def test_p_values_are_adjusted_over_the_targets_of_the_newest_run() -> None:
    runs = Runs()
    runs.add({"small": shares(80), "big": shares(80)})
    runs.add({"small": shares(73), "big": shares(80)})
    small, big = runs.of()
    assert small.alert is not None
    assert small.alert.adjusted_p == pytest.approx(2 * small.alert.difference.test.p)
    assert big.alert is None


def test_a_target_that_the_newest_run_does_not_have_is_not_pointed_out() -> None:
    runs = Runs()
    for right in (80, 40):
        runs.add({"small": shares(right)})
    runs.add({"big": shares(80)})
    assert [one.alert for one in runs.of()] == [None, None]


def test_one_target_and_another_metric_can_be_asked_for() -> None:
    runs = Runs()
    runs.add({"small": shares(70), "big": shares(10)})
    (only,) = runs.of(target="big", metric="length")
    assert [(point.target_id, point.metric, point.score) for point in only.points] == [("big", "length", 1.0)]


def test_what_nobody_has_is_told() -> None:
    runs = Runs()
    runs.add({"small": shares(70)})
    with pytest.raises(NotFound, match="no run has the target 'tiny'"):
        runs.of(target="tiny")
    with pytest.raises(NotFound, match="no trial has a score of 'judge'"):
        runs.of(metric="judge")


@pytest.mark.parametrize(
    ("scores", "drawn"),
    [([0.0, 0.5, 1.0], "▁▅█"), ([0.7, 0.7], "▄▄"), ([0.1, None, 0.2], "▁ █"), ([None], ""), ([0.9, 0.8, 0.85], "█▁▄")],
)
def test_scores_are_drawn_from_the_lowest_to_the_highest(scores: list[float | None], drawn: str) -> None:
    assert bars(scores) == drawn


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project whose fifth run lost ten points, after the prompt was changed."""
    place = tmp_path_factory.mktemp("history") / "p"
    scenario_project(place, "g_")
    store = FileRunStore(place / ".maquette" / "runs")
    drawn = random.Random(1)
    for number, rate in enumerate((0.8, 0.82, 0.85, 0.84, 0.6)):
        parts = {**PARTS, "prompt": "new" if number == 4 else "p"}
        started, log = store.start(manifest(targets=("small",), examples=200, made_of=parts))
        for place_ in range(200):
            score = Score(metric="exact_match", value=float(drawn.random() < rate))
            log.append(replace(PLAIN, key=f"{number} {place_}", example_id=f"e{place_}", scores=(score,)))
        store.finish(started.run_id, RunState.FINISHED, STARTED)
    return place


def test_the_command_draws_the_runs_and_says_what_fell_behind(folder: Path, capsys: Capture) -> None:
    assert run(["eval", "history", "--project", str(folder)]) == ExitStatus.OK
    heading, columns, _, *rows, alert = capsys.readouterr().out.splitlines()
    assert heading.startswith("small: exact_match, from ")
    assert heading[-1] == "▁"
    assert columns.split()[:4] == ["run", "date", "n", "score"]
    assert len(rows) == 5
    assert "r-004  prompt" in rows[4]
    assert alert.startswith("Alert: small: r-005 is ")
    assert alert.endswith("; changed since: prompt.")
    assert "not significant" not in alert


def test_an_alert_fails_a_script_only_where_it_asks_for_that(folder: Path, capsys: Capture) -> None:
    asked = ["eval", "history", "--project", str(folder), "--fail-on-alert", "--against", "best"]
    assert run([*asked, "--json", "--last", "2"]) == ExitStatus.FINDING
    data = json.loads(capsys.readouterr().out)
    Draft202012Validator(contract_schema("eval-history")).validate(data)
    (target,) = data["targets"]
    assert [one["run"] for one in target["runs"]] == ["r-004", "r-005"]
    assert target["alert"]["significant"]
    assert run([*asked, "--alert", "0.5"]) == ExitStatus.OK


def test_lines_of_words_have_no_bars(folder: Path, capsys: Capture) -> None:
    assert run(["eval", "history", "--project", str(folder), "--plain", "--last", "1"]) == ExitStatus.OK
    said = capsys.readouterr().out
    assert "run: r-005; date: 2026-03-01 12:00; n: 200; score: 0." in said
    assert not set("▁▂▃▄▅▆▇█") & set(said)


def test_the_blessed_run_is_the_reference_when_asked_for(folder: Path, capsys: Capture) -> None:
    assert run(["eval", "history", "--project", str(folder), "--against", "blessed"]) == ExitStatus.NOT_FOUND
    assert "Bless a run: maquette eval bless." in capsys.readouterr().err
    newest = ["eval", "bless", "--project", str(folder), "--yes", "--anyway"]
    assert run(newest) == ExitStatus.OK
    capsys.readouterr()
    assert run(["eval", "history", "--project", str(folder), "--against", "blessed", "--json"]) == ExitStatus.OK
    found = json.loads(capsys.readouterr().out)
    assert (found["against"], [one["note"] for one in found["targets"]]) == ("blessed", [""] * len(found["targets"]))


def test_a_project_without_runs_says_how_to_start_one(tmp_path: Path, capsys: Capture) -> None:
    scenario_project(tmp_path / "p", "g_")
    assert run(["eval", "history", "--project", str(tmp_path / "p")]) == ExitStatus.NOT_FOUND
    assert "maquette eval run" in capsys.readouterr().err

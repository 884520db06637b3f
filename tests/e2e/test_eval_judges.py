"""Judges and embedding models in a project: found, priced, estimated, paid under the cap, and never paid twice."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from maquette.cli.main import run
from maquette.evals.trials import RunState
from maquette.foundation.problems import ExitStatus, InvalidInput
from tests.judge_world import CANDIDATE, FAIL, PASS, RUBRIC, SILENT, asked, judged, target
from tests.loopback_models import Server, model, serving
from tests.project_world import opened

Capture = pytest.CaptureFixture[str]


@pytest.fixture(scope="module")
def started() -> Iterator[Server]:
    with serving() as server:
        yield server


@pytest.fixture
def server(started: Server) -> Server:
    started.seen()
    return started


def evaluated(*arguments: str, folder: Path, capsys: Capture) -> tuple[int, Any, str]:
    """The exit status of `maquette eval run`, its data if there is any, and what was said."""
    capsys.readouterr()
    status = run(["eval", "run", "--yes", "--json", *arguments, "--project", str(folder)])
    said = capsys.readouterr()
    return status, json.loads(said.out) if said.out else None, said.err


def test_a_judge_is_asked_about_every_answer_and_its_price_stands_apart(
    tmp_path: Path, server: Server, capsys: Capture
) -> None:
    judged(tmp_path / "p", server)
    status, found, _ = evaluated("--cap", "5", folder=tmp_path / "p", capsys=capsys)
    assert status == ExitStatus.OK
    (result,) = found["results"]
    assert (result["scored"], result["correct"], result["spent_usd"]) == (6, 6, "0")
    assert asked(server) == {CANDIDATE: 6, PASS: 6}
    trials = list(opened(tmp_path / "p").view.trials_of("r-001"))
    costs = {score.cost_usd for trial in trials for score in trial.scores}
    assert len(costs) == 1
    (each,) = costs
    assert each is not None
    assert Decimal(found["spent_usd"]) == 6 * each > 0


def test_the_estimate_counts_the_judges_calls_tokens_and_dollars(tmp_path: Path, server: Server) -> None:
    project = judged(tmp_path / "p", server)
    found = project.estimate()
    assert (found.calls, found.scoring_calls, found.unpriced) == (6, 6, ())
    assert found.scoring_usd is not None
    assert found.usd == found.scoring_usd
    assert 0 < found.scoring_usd.low < found.scoring_usd.base < found.scoring_usd.high
    assert found.scoring_tok is not None
    # The high case: at most 512 tokens written about each of 6 answers of at most 48 tokens, besides the prompt.
    longest = project.view.plan.parameters.max_output_tok
    assert found.scoring_tok.high - found.scoring_tok.low == 6 * (longest - 1 + 512 - 1)
    assert asked(server) == {}


def test_verdicts_on_record_are_taken_over_and_another_judge_makes_new_ones(
    tmp_path: Path, server: Server, capsys: Capture
) -> None:
    folder = tmp_path / "p"
    judged(folder, server)
    evaluated("--cap", "5", folder=folder, capsys=capsys)
    asked(server)
    assert opened(folder).estimate().scoring_calls == 0
    _, again, _ = evaluated("--cap", "5", folder=folder, capsys=capsys)
    assert (again["run"], again["spent_usd"]) == ("r-002", "0")
    assert asked(server) == {}
    project = opened(folder)
    own = [target("m", CANDIDATE, server), target("judge", FAIL, server, card="gpt-6-luna")]
    project.set_settings({"models.targets": own})
    assert not project.view.run_is_current
    assert project.estimate().scoring_calls == 6
    _, other, _ = evaluated("--cap", "5", folder=folder, capsys=capsys)
    assert asked(server) == {FAIL: 6}
    assert other["results"][0]["correct"] == 0


def test_a_judge_that_says_nothing_leaves_answers_unscored_and_never_zero(
    tmp_path: Path, server: Server, capsys: Capture
) -> None:
    judged(tmp_path / "p", server, judge=SILENT)
    status = run(["eval", "run", "--yes", "--cap", "5", "--project", str(tmp_path / "p")])
    assert status == ExitStatus.OK
    assert "m: 6 answers have no score by rubric_judge; they count neither way." in capsys.readouterr().out
    found = opened(tmp_path / "p").view.run
    assert found is not None
    assert (found.results[0].scored, found.results[0].score) == (0, None)


def test_the_cap_stops_the_judge_and_raising_it_pays_only_for_what_is_missing(
    tmp_path: Path, server: Server, capsys: Capture
) -> None:
    folder = tmp_path / "p"
    # It does not tell its usage, so that a verdict counts at the most that it can have cost.
    silent = model(parts=['{"verdict": "pass"}'], usage=False)
    judged(tmp_path / "one", server, judge=silent, examples=1)
    _, one, _ = evaluated("--cap", "5", folder=tmp_path / "one", capsys=capsys)
    asked(server)
    judged(folder, server, judge=silent)
    cap = str(3 * Decimal(one["spent_usd"]))
    status, _, said = evaluated("--cap", cap, folder=folder, capsys=capsys)
    assert status == ExitStatus.SPENDING_STOPPED
    view = opened(folder).view
    assert view.manifest is not None
    assert view.manifest.state is RunState.CAP_REACHED
    trials = list(view.trials_of("r-001"))
    first = asked(server)
    verdicts = sum(trial.scores[0].value is not None for trial in trials)
    assert first == {CANDIDATE: len(trials), silent: verdicts}
    assert 1 <= verdicts < 6
    assert view.run is not None
    assert view.run.spent_usd <= Decimal(cap)
    status, found, _ = evaluated("--fresh", "--cap", "5", folder=folder, capsys=capsys)
    assert (status, found["results"][0]["scored"]) == (ExitStatus.OK, 6)
    assert first + asked(server) == {CANDIDATE: 6, silent: 6}
    assert "Raise it" in said


def test_after_a_kill_no_finished_verdict_is_paid_for_again(tmp_path: Path, server: Server, capsys: Capture) -> None:
    folder = tmp_path / "p"
    slow = model(parts=['{"verdict": "pass"}'], delay_s=0.15)
    judged(folder, server, judge=slow, examples=16)
    command = ["eval", "run", "--yes", "--cap", "5", "--project", str(folder)]
    program = f"from maquette.cli.main import run; run({command!r})"
    log = folder / ".maquette" / "runs" / "r-001" / "trials.jsonl"
    with subprocess.Popen([sys.executable, "-c", program], stderr=subprocess.DEVNULL) as process:
        while process.poll() is None and not (log.is_file() and log.read_bytes().count(b"\n") >= 4):
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
    kept = list(opened(folder).view.trials_of("r-001"))
    assert 4 <= len(kept) < 16
    asked(server)
    status, found, _ = evaluated("--cap", "5", folder=folder, capsys=capsys)
    assert (status, found["results"][0]["correct"]) == (ExitStatus.OK, 16)
    left = 16 - len(kept)
    assert asked(server) == {CANDIDATE: left, slow: left}
    assert list(opened(folder).view.trials_of("r-001"))[: len(kept)] == kept


def test_a_judge_that_is_nowhere_is_told_with_its_metric_and_its_field(tmp_path: Path, server: Server) -> None:
    project = judged(tmp_path / "p", server)
    project.set_settings({"evaluation.metrics": [{**RUBRIC, "model": "nobody"}]})
    with pytest.raises(InvalidInput) as caught:
        project.estimate()
    assert caught.value.what == (
        "the metric 'rubric_judge' asks the model 'nobody', which is neither a target nor in the catalog"
    )
    assert caught.value.place.field == "evaluation.metrics.rubric_judge.model"


def test_a_judge_without_a_price_is_refused_unless_it_is_allowed(
    tmp_path: Path, server: Server, capsys: Capture
) -> None:
    folder = tmp_path / "p"
    project = judged(folder, server)
    elsewhere = {**target("judge", PASS, server, card="unknown"), "base_url": "https://judge.example/v1"}
    project.set_settings({"models.targets": [target("m", CANDIDATE, server), elsewhere]})
    assert project.estimate().unpriced == ("judge",)
    status, _, said = evaluated("--cap", "5", folder=folder, capsys=capsys)
    assert status == ExitStatus.INVALID_INPUT
    assert '"field": "evaluation.metrics.rubric_judge.model"' in said
    assert "'judge', which a metric asks, has no price" in said
    assert asked(server) == {}
    here = target("judge", PASS, server, card="unknown", allow_unpriced=True)
    project.set_settings({"models.targets": [target("m", CANDIDATE, server), here]})
    assert evaluated(folder=folder, capsys=capsys)[0] == ExitStatus.OK


def test_a_judge_of_its_own_answers_is_allowed_and_said(tmp_path: Path, server: Server, capsys: Capture) -> None:
    project = judged(tmp_path / "p", server)
    own = target("m", PASS, server)
    project.set_settings({"models.targets": [own], "evaluation.metrics": [{**RUBRIC, "model": "m"}]})
    status, found, said = evaluated(folder=tmp_path / "p", capsys=capsys)
    assert (status, found["results"][0]["scored"]) == (ExitStatus.OK, 6)
    assert "Judge and candidate are the same model, local/triage-tiny: " in said
    assert "self-preference" in said


def test_the_look_before_a_run_asks_the_judge_too(tmp_path: Path, server: Server, capsys: Capture) -> None:
    judged(tmp_path / "p", server, judge=SILENT)
    status = run(["eval", "check", "--yes", "--json", "--project", str(tmp_path / "p")])
    assert status == ExitStatus.FINDING
    models = json.loads(capsys.readouterr().out)["models"]
    assert [(one["model"], one["asked_by"], one["works"]) for one in models] == [
        ("m", "", True),
        ("judge", "rubric_judge", False),
    ]


def test_an_embedding_model_behind_a_server_scores_by_meaning(tmp_path: Path, server: Server, capsys: Capture) -> None:
    folder = tmp_path / "p"
    project = judged(folder, server)
    (folder / "evals" / "triage.jsonl").write_text(
        '{"message": "x", "expected": "word0 word1 word2"}\n{"message": "y", "expected": "aaaa"}\n', encoding="utf-8"
    )
    vectors = target("vectors", "embed-1", server)
    metric = {"kind": "embedding_similarity", "model": "vectors"}
    project.set_settings({"models.targets": [target("m", CANDIDATE, server), vectors], "evaluation.metrics": [metric]})
    estimate = opened(folder).estimate()
    assert (estimate.scoring_calls, estimate.unpriced) == (2, ())
    status, found, _ = evaluated(folder=folder, capsys=capsys)
    assert status == ExitStatus.OK
    scores = [trial.scores[0].value for trial in opened(folder).view.trials_of("r-001")]
    # The vectors are (18, 0) for the answer with its space, (17, 0) and (4, 4) for what is expected.
    assert sorted(value for value in scores if value is not None) == pytest.approx([0.5**0.5, 1.0])
    assert asked(server)["embed-1"] >= 1
    assert found["results"][0]["scored"] == 2

"""What `maquette eval run` is told and tells before a run: limits of one run, a changed prompt, a run under way."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from maquette import wiring
from maquette.cli.main import run
from maquette.foundation.problems import ExitStatus
from tests.judge_world import asked, target
from tests.loopback_models import Server, model, serving
from tests.project_world import demo_project, fewer_examples, opened

Capture = pytest.CaptureFixture[str]
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 16


@pytest.fixture(scope="module")
def started() -> Iterator[Server]:
    with serving() as server:
        yield server


@pytest.fixture
def server(started: Server) -> Server:
    started.seen()
    return started


def project_with(folder: Path, server: Server, name: str, *, examples: int = 8, at_once: int = 4) -> wiring.Project:
    demo_project(folder)
    fewer_examples(folder, examples)
    project = opened(folder)
    project.set_settings({"models.targets": [target("m", name, server, concurrency=at_once)]})
    project.choose(["m"])
    return project


def test_a_run_told_to_fail_fast_ends_at_the_first_failure(tmp_path: Path, server: Server, capsys: Capture) -> None:
    name = model(status=400, message="the prompt is too long")
    project_with(tmp_path / "p", server, name, at_once=1)
    command = ["eval", "run", "--yes", "--fail-fast", "--project", str(tmp_path / "p")]
    assert run(command) == ExitStatus.CALLS_FAILED
    assert "failed and ended the run: context_overflow" in capsys.readouterr().err
    assert asked(server) == {name: 1}


def test_a_run_ends_when_its_minutes_are_up_and_keeps_what_is_finished(
    tmp_path: Path, server: Server, capsys: Capture
) -> None:
    name = model(delay_s=0.3)
    project_with(tmp_path / "p", server, name, at_once=1)
    command = ["eval", "run", "--yes", "--max-minutes", "0.01", "--project", str(tmp_path / "p")]
    assert run(command) == ExitStatus.SPENDING_STOPPED
    assert "the run took its 0.01 minutes" in capsys.readouterr().err
    assert 1 <= len(list(opened(tmp_path / "p").view.trials_of("r-001"))) < 8


def test_the_minutes_of_a_run_are_known_once_its_model_was_timed(
    tmp_path: Path, server: Server, capsys: Capture
) -> None:
    folder = tmp_path / "p"
    project_with(folder, server, model(delay_s=0.02))
    run(["eval", "estimate", "--project", str(folder)])
    assert "How long it takes is unknown: there is no latency on record" in capsys.readouterr().out
    assert run(["eval", "run", "--yes", "--project", str(folder)]) == ExitStatus.OK
    demo_rows = (folder / "evals" / "triage.jsonl").read_text(encoding="utf-8")
    (folder / "evals" / "triage.jsonl").write_text(
        demo_rows.replace('message": "', 'message": "Well. '), encoding="utf-8"
    )
    capsys.readouterr()
    run(["eval", "estimate", "--json", "--project", str(folder)])
    minutes = json.loads(capsys.readouterr().out)["minutes"]
    # Eight calls, four at once, of at least 20 ms each.
    assert 2 * 0.02 / 60 <= minutes["low"] <= minutes["base"] <= minutes["high"]


def test_a_prompt_that_changed_and_kept_its_version_is_told_once_and_blocks_nothing(
    tmp_path: Path, server: Server, capsys: Capture
) -> None:
    folder = tmp_path / "p"
    project_with(folder, server, model(), examples=2)
    command = ["eval", "run", "--yes", "--project", str(folder)]
    assert run(command) == ExitStatus.OK
    assert "changed" not in capsys.readouterr().err
    prompt = folder / "prompts" / "triage.j2"
    prompt.write_text(prompt.read_text(encoding="utf-8") + "\nBe brief.\n", encoding="utf-8")
    version = opened(folder).view.plan.prompt.version
    assert run(command) == ExitStatus.OK
    said = capsys.readouterr().err
    assert f"prompts/triage.j2 changed since run r-001 and is still version {version}: " in said
    assert f"a line version: {int(version) + 1} in its front matter" in said
    assert run(command) == ExitStatus.OK
    assert "changed" not in capsys.readouterr().err


def test_two_runs_of_one_project_at_the_same_time_are_a_conflict(
    tmp_path: Path, server: Server, capsys: Capture
) -> None:
    folder = tmp_path / "p"
    project_with(folder, server, model(delay_s=0.5), at_once=1)
    command = ["eval", "run", "--yes", "--project", str(folder)]
    program = f"from maquette.cli.main import run; run({command!r})"
    log = folder / ".maquette" / "runs" / "r-001" / "trials.jsonl"
    with subprocess.Popen([sys.executable, "-c", program], stderr=subprocess.DEVNULL) as process:
        while process.poll() is None and not log.is_file():
            time.sleep(0.02)
        status = run(command)
        process.kill()
    assert status == ExitStatus.CONFLICT
    assert "run r-001 is under way in another process" in capsys.readouterr().err


def test_a_picture_that_changed_makes_other_examples(tmp_path: Path) -> None:
    folder = tmp_path / "p"
    demo_project(folder)
    (folder / "a.png").write_bytes(PNG)
    row = {"inputs": {"message": "What is it?"}, "expected": "a cat", "images": ["a.png"]}
    (folder / "evals" / "triage.jsonl").write_text(json.dumps(row) + "\n", encoding="utf-8")
    read = wiring.ports_for(folder).read_dataset
    before = read("evals/triage.jsonl")
    assert read("evals/triage.jsonl") is before
    (folder / "a.png").write_bytes(PNG + b"more")
    after = read("evals/triage.jsonl")
    assert after.fingerprint != before.fingerprint
    assert after.examples[0].images[0].size_bytes == len(PNG) + 4

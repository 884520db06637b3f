"""A run that is killed with SIGKILL goes on where it was: nothing that finished is lost or asked again."""

import json
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

from maquette.cli.main import run
from tests.project_world import demo_project, opened


def test_after_kill_nine_a_resume_repeats_at_most_the_call_in_flight(tmp_path: Path) -> None:
    project = demo_project(tmp_path / "p", models=("triage-small",))
    log = project.folder / ".maquette" / "runs" / "r-001" / "trials.jsonl"
    command = [sys.executable, "-c", "from maquette.cli.main import main; main()"]
    running = subprocess.Popen(
        [*command, "eval", "run", "--yes", "--project", str(project.folder)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and running.poll() is None and _lines(log) < 40:
        time.sleep(0.002)
    running.send_signal(signal.SIGKILL)
    running.wait()
    finished = _lines(log)
    assert 40 <= finished < 200
    manifest = opened(project.folder).view.manifest
    assert manifest is not None
    assert manifest.state == "interrupted"

    assert run(["eval", "run", "--yes", "--project", str(project.folder)]) == 0
    trials = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
    asked = Counter(trial["example_id"] for trial in trials)
    assert len(asked) == 200
    assert max(asked.values()) == 1
    found = opened(project.folder).view.run
    assert found is not None
    assert (found.id, found.state, found.results[0].done) == ("r-001", "finished", 200)


def _lines(path: Path) -> int:
    return path.read_bytes().count(b"\n") if path.exists() else 0

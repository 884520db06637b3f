"""`maquette demo` as a person runs it: a real process, offline, on the bundled models."""

import json
import os
import subprocess
import sys
from typing import Any

import pytest

from tests.network_guard.loopback_guard import attempts, environment_for_children


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The demo's own account of itself, with every connection of it and its children guarded."""
    place = tmp_path_factory.mktemp("demo")
    log = place / "connections.log"
    command = [sys.executable, "-c", "from maquette.cli.main import main; main()", "demo", "--json", "--folder", "d"]
    found = subprocess.run(
        command,
        cwd=place,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **environment_for_children(log)},
    )
    assert found.returncode == 0, found.stderr
    data: dict[str, Any] = json.loads(found.stdout)
    return {**data, "stderr": found.stderr, "place": place, "attempts": attempts(log)}


def test_all_six_stages_are_done(demo: dict[str, Any]) -> None:
    assert {stage["progress"] for stage in demo["status"]["stages"]} == {"done"}


def test_nothing_but_loopback_was_asked_for(demo: dict[str, Any]) -> None:
    assert demo["attempts"] == []


def test_both_ways_to_a_model_give_the_same_answers(demo: dict[str, Any]) -> None:
    results = {result["target"]: result for result in demo["evaluation"]["results"]}
    assert set(results) == {"triage-tiny", "triage-tiny-http", "triage-small", "triage-small-http"}
    for name in ("triage-tiny", "triage-small"):
        assert abs(results[name]["correct"] - results[f"{name}-http"]["correct"]) <= 2
    assert all(result["done"] == 200 and not result["failures"] for result in results.values())


def test_the_small_model_passes_and_the_tiny_one_fails(demo: dict[str, Any]) -> None:
    verdicts = {result["target"]: result["verdict"] for result in demo["evaluation"]["results"]}
    assert verdicts["triage-small"] == "passes"
    assert verdicts["triage-tiny"] == "fails"
    assert demo["decision"]["choice"]["model"] == "triage-small"


def test_the_funnel_adds_up(demo: dict[str, Any]) -> None:
    assert demo["catalog"] == demo["candidates"] + sum(demo["funnel"].values())


def test_the_bundle_is_on_disk_and_progress_was_said(demo: dict[str, Any]) -> None:
    out = demo["place"] / "d" / "out"
    assert {file["path"] for file in demo["bundle"]["files"]} == {
        path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file()
    }
    assert [line.split()[0] for line in demo["stderr"].splitlines() if line[:1].isdigit()][:6] == list("123456")


def test_a_second_export_of_the_demo_changes_nothing(demo: dict[str, Any]) -> None:
    command = [sys.executable, "-c", "from maquette.cli.main import main; main()", "export", "--dry-run", "--json"]
    found = subprocess.run([*command, "--project", "d"], cwd=demo["place"], capture_output=True, text=True, check=True)
    assert {file["state"] for file in json.loads(found.stdout)["files"]} == {"same"}

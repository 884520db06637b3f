"""A look before a run: one call to each model, a dead endpoint told in seconds, and nothing on record."""

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from maquette.cli.contracts import contract_schema
from maquette.cli.main import run
from maquette.foundation.problems import ExitStatus
from tests.loopback_models import Server, model, serving
from tests.project_world import demo_project, fewer_examples, opened

Capture = pytest.CaptureFixture[str]


def served(folder: Path, server: Server, name: str) -> None:
    """A project whose only model is behind the server."""
    demo_project(folder)
    fewer_examples(folder, 6)
    target = {"id": "m", "card": "local/triage-tiny", "adapter": "openai", "model": name, "base_url": server.base_url}
    project = opened(folder)
    project.set_settings({"models.targets": [target]})
    project.choose(["m"])


def test_each_model_is_asked_once_and_nothing_is_recorded(tmp_path: Path, capsys: Capture) -> None:
    with serving() as server:
        served(tmp_path / "p", server, model())
        assert run(["eval", "check", "--json", "--project", str(tmp_path / "p")]) == ExitStatus.OK
        assert server.seen()["calls"] == 1
    found = json.loads(capsys.readouterr().out)
    Draft202012Validator(contract_schema("eval-check")).validate(found)
    (checked,) = found["models"]
    assert (checked["model"], checked["works"], checked["priced"], checked["cost_usd"]) == ("m", True, True, "0")
    assert checked["latency_s"] > 0
    assert not (tmp_path / "p" / ".maquette" / "runs").exists()


def test_a_server_that_refuses_the_model_is_told_and_is_a_finding(tmp_path: Path, capsys: Capture) -> None:
    with serving() as server:
        served(tmp_path / "p", server, model(status=404, message="The model does not exist"))
        assert run(["eval", "check", "--plain", "--project", str(tmp_path / "p")]) == ExitStatus.FINDING
    said = capsys.readouterr().out
    assert "6 examples fit the prompt; metrics work: exact_match, json_fields.\n" in said
    assert "first call: fails" in said
    assert "refused_request: HTTP 404: The model does not exist" in said


def test_a_run_on_a_model_that_does_not_exist_ends_after_two_calls(tmp_path: Path, capsys: Capture) -> None:
    with serving() as server:
        served(tmp_path / "p", server, model(status=404, message="The model does not exist"))
        assert run(["eval", "run", "--yes", "--project", str(tmp_path / "p")]) == ExitStatus.UNAVAILABLE
        assert server.seen()["calls"] == 2
    assert "'m' cannot be asked: refused_request: HTTP 404: The model does not exist" in capsys.readouterr().err


def test_a_dead_endpoint_ends_a_run_before_anything_is_sent(tmp_path: Path, capsys: Capture) -> None:
    with serving() as server:
        served(tmp_path / "p", server, model())
    assert run(["eval", "run", "--yes", "--project", str(tmp_path / "p")]) == ExitStatus.UNAVAILABLE
    assert "no server answers at" in capsys.readouterr().err

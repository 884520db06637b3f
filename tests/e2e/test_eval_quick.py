"""A quick evaluation, without a project: against a real server, a real model file, and models that cost money."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from maquette.cli.contracts import contract_schema
from maquette.cli.main import run
from maquette.evals import asking
from maquette.foundation.problems import ExitStatus
from maquette.foundation.shipped import shipped
from tests.loopback_models import Server, model, serving

Capture = pytest.CaptureFixture[str]


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with serving() as started:
        yield started


@pytest.fixture
def data(tmp_path: Path) -> str:
    """Ten examples, of which the server's usual answer is right for seven."""
    rows = [{"input": f"question {n}", "expected": "word0 word1 word2" if n < 7 else "no"} for n in range(10)]
    path = tmp_path / "examples.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return str(path)


def quick(*arguments: str, capsys: Capture) -> tuple[int, Any, str]:
    """The exit status, the data if there is any, and what was said."""
    status = run(["eval", "quick", *arguments, "--json"])
    said = capsys.readouterr()
    found = json.loads(said.out) if said.out else None
    if found is not None:
        Draft202012Validator(contract_schema("eval-quick")).validate(found)
    return status, found, said.err


def test_a_server_is_scored_timed_and_counted(server: Server, data: str, capsys: Capture) -> None:
    status, found, _ = quick("--data", data, "--model", model(), "--base-url", server.base_url, capsys=capsys)
    assert status == ExitStatus.OK
    assert (found["examples"], found["answered"], found["scored"], found["correct"]) == (10, 10, 10, 7)
    assert found["score"] == 0.7
    assert found["interval"]["low"] == pytest.approx(0.39678, abs=1e-5)
    assert (found["input_tok"], found["output_tok"], found["cost_usd"], found["errors"]) == (110, 30, None, {})
    assert 0 < found["ttft_s"]["p50"] <= found["latency_s"]["p50"] < found["wall_s"]


def test_a_csv_file_and_a_limit(server: Server, tmp_path: Path, capsys: Capture) -> None:
    path = tmp_path / "examples.csv"
    path.write_text("input,expected\nhello,word0\nworld,other\nmore,word0\n", encoding="utf-8")
    name = model(parts=["word0"])
    _, found, _ = quick(
        "--data", str(path), "--model", name, "--base-url", server.base_url, "--limit", "2", capsys=capsys
    )
    assert (found["examples"], found["correct"]) == (2, 1)


def test_the_results_in_words(server: Server, data: str, capsys: Capture) -> None:
    assert run(["eval", "quick", "--data", data, "--model", model(), "--base-url", server.base_url]) == ExitStatus.OK
    said = capsys.readouterr().out
    assert "7 of 10 right = 0.700, 95 % interval 0.397 - 0.892 (Wilson)\n" in said
    assert "10 examples, 10 answered; errors: none\n" in said
    assert "tokens: 110 in, 30 out; cost: unpriced\n" in said


def test_a_server_that_refuses_every_call_is_told_by_kind(server: Server, data: str, capsys: Capture) -> None:
    name = model(status=400, message="the prompt is too long")
    status, found, said = quick("--data", data, "--model", name, "--base-url", server.base_url, capsys=capsys)
    assert status == ExitStatus.CALLS_FAILED
    assert (found["errors"], found["score"], found["latency_s"]) == ({"context_overflow": 10}, None, None)
    assert "10 calls failed after all attempts" in said


def test_a_model_file_needs_no_server(tmp_path: Path, capsys: Capture) -> None:
    rows = shipped("catalog", "demo", "evals", "triage.jsonl").read_text(encoding="utf-8").splitlines()[:3]
    path = tmp_path / "triage.jsonl"
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    file = str(shipped("catalog", "demo_models", "triage-tiny.gguf"))
    status, found, _ = quick(
        "--data", str(path), "--model", file, "--max-output-tokens", "32", "--metric", "json_fields", capsys=capsys
    )
    assert status == ExitStatus.OK
    assert (found["answered"], found["scored"], found["cost_usd"]) == (3, 3, "0")


def test_nobody_home_is_told_at_once(data: str, capsys: Capture) -> None:
    status, found, said = quick("--data", data, "--model", "m", "--base-url", "http://127.0.0.1:9/v1", capsys=capsys)
    assert (status, found) == (ExitStatus.UNAVAILABLE, None)
    assert "no server answers at http://127.0.0.1:9/v1" in said


def test_a_model_that_costs_money_waits_for_leave(data: str, capsys: Capture) -> None:
    status, found, said = quick("--data", data, "--model", "gpt-6-luna", capsys=capsys)
    assert (status, found) == (ExitStatus.SPENDING_STOPPED, None)
    assert "10 calls, at most $" in said
    assert "Set --cap USD, or agree with --yes." in said


@pytest.mark.parametrize("reached", [["--base-url", "https://models.example/v1"], []])
def test_a_model_without_a_price_waits_for_leave(reached: list[str], data: str, capsys: Capture) -> None:
    status, found, said = quick("--data", data, "--model", "nobody/knows", *reached, capsys=capsys)
    assert (status, found) == (ExitStatus.INVALID_INPUT, None)
    assert "'nobody/knows' has no price" in said
    assert "--allow-unpriced" in said


def test_an_example_with_several_inputs_needs_a_prompt(server: Server, tmp_path: Path, capsys: Capture) -> None:
    path = tmp_path / "examples.jsonl"
    path.write_text('{"a": "x", "b": "y", "expected": "word0"}\n', encoding="utf-8")
    reached = ["--data", str(path), "--model", model(), "--base-url", server.base_url]
    status, _, said = quick(*reached, capsys=capsys)
    assert status == ExitStatus.INVALID_INPUT
    assert "has the inputs a, b, and none is called 'input'" in said
    (tmp_path / "ask.j2").write_text("{{ a }} or {{ b }}?", encoding="utf-8")
    assert server.seen()["calls"] >= 0
    assert quick(*reached, "--prompt", str(tmp_path / "ask.j2"), capsys=capsys)[0] == ExitStatus.OK
    assert server.seen()["bodies"][0]["messages"] == [{"role": "user", "content": "x or y?"}]


def test_limits_and_errors_of_a_server_are_retried_until_all_is_answered(
    server: Server, data: str, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking, "BACKOFF_FIRST_S", 0.01)
    monkeypatch.setattr(asking, "BACKOFF_JITTER_S", 0.01)
    name = model(limited=0.3, failing=0.1)
    status, found, _ = quick("--data", data, "--model", name, "--base-url", server.base_url, capsys=capsys)
    assert (status, found["answered"], found["errors"]) == (ExitStatus.OK, 10, {})
    assert found["calls"] == 10 + found["retries"] > 12


def test_to_fail_fast_is_to_end_at_the_first_failure_with_what_is_finished(
    server: Server, data: str, capsys: Capture
) -> None:
    name = model(status=400, message="the prompt is too long")
    reached = ["--data", data, "--model", name, "--base-url", server.base_url, "--concurrency", "1"]
    status, found, said = quick(*reached, "--fail-fast", capsys=capsys)
    assert (status, found["state"], found["errors"]) == (ExitStatus.CALLS_FAILED, "stopped", {"context_overflow": 1})
    assert "failed and ended the run: context_overflow" in said

"""`maquette decide` and `maquette rules`: what they print follows its contract, and the check for CI is a status."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from maquette.cli.main import run
from maquette.foundation.problems import ExitStatus
from maquette.foundation.shipped import shipped
from tests.project_world import scenario_project
from tests.run_world import sorted_tickets


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small project with two models chosen."""
    project = scenario_project(tmp_path_factory.mktemp("commands") / "p", "g_")
    project.choose(["gpt-6-luna", "mistral/mistral-small-latest"])
    return project.folder


@pytest.fixture(scope="module")
def evaluated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two models with a current run."""
    return sorted_tickets(tmp_path_factory.mktemp("commands") / "q").folder


def printed(capsys: pytest.CaptureFixture[str], folder: Path, *arguments: str) -> Any:
    assert run([*arguments, "--json", "--project", str(folder)]) == ExitStatus.OK
    return json.loads(capsys.readouterr().out)


@pytest.mark.parametrize(
    ("contract", "arguments"),
    [
        ("decide", ["decide"]),
        ("decide-compare", ["decide", "--compare"]),
        ("rules-list", ["rules", "list"]),
        ("rules-explain", ["rules", "explain", "R-SCOPE-03"]),
        ("rules-why-not", ["rules", "why-not", "R-API-02"]),
        ("rules-why-not", ["rules", "why-not", "R-RAG-01"]),
        ("rules-facts", ["rules", "facts"]),
        ("status", ["status"]),
    ],
)
@pytest.mark.parametrize("which", ["small", "evaluated"])
def test_what_is_printed_follows_the_shipped_contract(
    contract: str, arguments: list[str], which: str, request: pytest.FixtureRequest, capsys: pytest.CaptureFixture[str]
) -> None:
    schema = json.loads(shipped("catalog", "schema", "cli", f"{contract}.schema.json").read_text(encoding="utf-8"))
    data = printed(capsys, request.getfixturevalue(which), *arguments)
    Draft202012Validator(schema).validate(data)
    assert data["format"] == 1


def test_the_no_comes_first_with_its_arithmetic(small: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["decide", "--project", str(small)]) == ExitStatus.OK
    lines = capsys.readouterr().out.splitlines()
    said = "No: Too small for this machinery: 11 components for 400 requests a day: remove 7"
    assert lines[:2] == [said, "  [R-SCOPE-04]"]
    assert lines[2] == "  400 requests a day are 0.005 a second, day and night"
    assert "  not needed: the router between models" in lines


def test_the_options_stand_side_by_side_with_what_is_known_of_each(
    evaluated: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = printed(capsys, evaluated, "decide", "--compare")
    by_name = {one["model"]: one for one in data["options"]}
    assert set(by_name) == {"small", "large"}
    assert by_name["large"]["interval"]["low"] < by_name["large"]["score"] < by_name["large"]["interval"]["high"]
    assert by_name["large"]["speed"]["measured"] is True
    assert by_name["large"]["first_month_usd"]["base"]
    assert [one["part"] for one in data["parts"]][:2] == ["primary", "escalation"]


def test_the_plain_comparison_has_a_heading_before_each_cell(
    evaluated: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["decide", "--compare", "--plain", "--project", str(evaluated)]) == ExitStatus.OK
    out = capsys.readouterr().out
    assert re.search(r"model: large( \(decided\))?; quality \(95 %\): 0\.", out)
    assert "part: primary; " in out


def test_the_check_fails_while_a_must_stands_against_release_and_names_it(
    small: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["decide", "--check", "--json", "--project", str(small)]) == ExitStatus.FINDING
    told = capsys.readouterr()
    assert "R-SCOPE-04 stands against release." in told.err
    assert "R-SCOPE-04" in json.loads(told.out)["blocking"]


def test_a_deviation_from_a_strong_rule_fails_the_check_until_a_reason_is_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = (
        "maquette: 1\nrequirements:\n  latency: {mode: interactive}\n  tokens: {output_avg: 300}\n"
        "  io: {output_format: free_text}\ndesign_facts:\n  design: {streaming: false}\n"
    )
    (tmp_path / "maquette.yaml").write_text(text)
    there = ["--project", str(tmp_path)]

    def told() -> list[Any]:
        data = printed(capsys, tmp_path, "decide")
        return [one["because"] for one in data["deviations"] if one["slot"] == "streaming"]

    assert told() == [None]
    assert run(["decide", "--check", *there]) == ExitStatus.FINDING
    assert "design.streaming deviates from R-STREAM-01 without a reason." in capsys.readouterr().err
    assert run(["rules", "override", "R-STREAM-01", "--because", "the client shows no parts", *there]) == ExitStatus.OK
    capsys.readouterr()
    assert told() == ["the client shows no parts"]


def test_who_accepts_is_named(evaluated: Path, capsys: pytest.CaptureFixture[str]) -> None:
    there = ["--project", str(evaluated)]
    because = ["--because", "it is right most often", "--accept", "--by", "Ada Lovelace"]
    assert run(["decide", "--model", "large", *because, *there]) == ExitStatus.OK
    out = capsys.readouterr().out
    assert "by Ada Lovelace" in out
    choice = printed(capsys, evaluated, "decide")["choice"]
    assert (choice["signed_by"], choice["status"]) == ("Ada Lovelace", "accepted")
    assert choice["signed_on"] == choice["decided_on"]


@pytest.mark.parametrize(
    "arguments",
    [
        ["decide"],
        ["decide", "--compare"],
        ["rules", "why-not", "R-ROUTE-01"],
        ["rules", "why-not", "R-RAG-01"],
        ["rules", "explain", "R-SELF-02"],
    ],
)
@pytest.mark.parametrize("which", ["small", "evaluated"])
def test_sentences_and_columns_keep_to_eighty_columns(
    arguments: list[str],
    which: str,
    request: pytest.FixtureRequest,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    assert run([*arguments, "--project", str(request.getfixturevalue(which))]) == ExitStatus.OK
    lines = capsys.readouterr().out.splitlines()
    assert [line for line in lines if len(line) > 80] == []
    assert len(lines) > 5


def test_the_decision_names_the_hand_offs_the_path_and_whether_to_fine_tune(
    small: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["decide", "--plain", "--project", str(small)]) == ExitStatus.OK
    out = capsys.readouterr().out
    assert "prompts to prompt engineering, spending across teams to cost optimisation (FinOps), endpoints" in out
    assert "Does it fit into the prompt? yes: put all of it there, cached (R-CTX-01)" in out
    assert "Fine-tune? no: no measurement calls for it" in out
    assert "role fast (R-SELECT-07): " in out


def test_an_open_question_about_cost_shows_what_it_does_to_the_first_month(
    small: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = printed(capsys, small, "decide")
    swing = data["cost_swings"][0]
    assert {one["fact"] for one in data["cost_swings"]} == {"traffic.exact_repeat_share", "traffic.repeat_share"}
    assert (swing["fact"], swing["option"], swing["case"]) == ("traffic.repeat_share", "gpt-6-luna", "expected")
    assert float(swing["low"]["usd"]) < float(swing["high"]["usd"]) == pytest.approx(float(swing["expected_usd"]))
    assert (swing["low"]["answer"], swing["high"]["answer"]) == ("0.45", "0")

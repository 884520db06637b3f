"""A quick evaluation with a judge, with an embedding model, through LiteLLM, and with a log that is gone on with."""

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from maquette.cli.contracts import contract_schema
from maquette.cli.main import run
from maquette.foundation.problems import ExitStatus
from tests.judge_world import CANDIDATE, PASS, SILENT, asked
from tests.loopback_models import Server, model, serving

Capture = pytest.CaptureFixture[str]


@pytest.fixture(scope="module")
def started() -> Iterator[Server]:
    with serving() as server:
        yield server


@pytest.fixture
def server(started: Server) -> Server:
    started.seen()
    return started


@pytest.fixture
def data(tmp_path: Path) -> str:
    rows = [{"input": f"question {n}", "expected": "word0 word1 word2" if n < 3 else "no"} for n in range(4)]
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


def reached(server: Server, data: str, name: str = CANDIDATE) -> list[str]:
    return ["--data", data, "--model", name, "--base-url", server.base_url]


def judged(server: Server, judge: str = PASS) -> list[str]:
    return ["--metric", "rubric_judge", "--judge", judge, "--judge-base-url", server.base_url, "--rubric", "Kind?"]


def test_a_judge_behind_a_server_scores_every_answer(server: Server, data: str, capsys: Capture) -> None:
    status, found, _ = quick(*reached(server, data), *judged(server), capsys=capsys)
    assert status == ExitStatus.OK
    assert (found["metric"], found["scored"], found["correct"]) == ("rubric_judge", 4, 4)
    assert asked(server) == {CANDIDATE: 4, PASS: 4}


def test_a_judge_that_says_nothing_leaves_quick_answers_unscored(server: Server, data: str, capsys: Capture) -> None:
    _, found, _ = quick(*reached(server, data), *judged(server, SILENT), capsys=capsys)
    assert (found["answered"], found["scored"], found["score"], found["mean_scores"]) == (4, 0, None, {})


def test_a_rubric_from_a_file_is_what_the_judge_is_shown(
    server: Server, data: str, tmp_path: Path, capsys: Capture
) -> None:
    rubric = tmp_path / "rubric.md"
    rubric.write_text("Is it short, and is it kind?", encoding="utf-8")
    asked_so = [*reached(server, data), *judged(server)[:-1], f"@{rubric}", "--limit", "1"]
    assert quick(*asked_so, capsys=capsys)[0] == ExitStatus.OK
    (body,) = [body for body in server.seen()["bodies"] if body["model"] == PASS]
    assert "Is it short, and is it kind?" in body["messages"][0]["content"]
    status, _, said = quick(*asked_so[:-3], "@nowhere.md", capsys=capsys)
    assert status == ExitStatus.NOT_FOUND
    assert "Correct --rubric @FILE." in said


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--metric", "rubric_judge", "--rubric", "Kind?"], "the metric rubric_judge needs --judge"),
        (["--metric", "rubric_judge", "--judge", "m"], "the metric rubric_judge needs --rubric"),
        (["--metric", "embedding_similarity"], "the metric embedding_similarity needs --embedding-model"),
        (["--judge", "m"], "no metric asks for --judge"),
    ],
)
def test_what_belongs_together_is_asked_for(
    options: list[str], said: str, server: Server, data: str, capsys: Capture
) -> None:
    status, _, told = quick(*reached(server, data), *options, capsys=capsys)
    assert (status, said in told) == (ExitStatus.INVALID_INPUT, True)
    assert asked(server) == {}


def test_a_judge_that_costs_money_waits_for_leave(server: Server, data: str, capsys: Capture) -> None:
    options = ["--metric", "rubric_judge", "--judge", "gpt-6-luna", "--rubric", "Kind?"]
    status, _, said = quick(*reached(server, data), *options, capsys=capsys)
    assert status == ExitStatus.SPENDING_STOPPED
    assert "4 calls and 4 to score them, at most $" in said
    assert asked(server) == {}


def test_a_judge_of_ones_own_answers_is_said(server: Server, data: str, capsys: Capture) -> None:
    _, found, said = quick(*reached(server, data, PASS), *judged(server), capsys=capsys)
    assert found["scored"] == 4
    assert "self-preference" in said


def test_an_embedding_model_gives_a_mean_where_no_answer_is_simply_right(
    server: Server, data: str, capsys: Capture
) -> None:
    options = ["--metric", "embedding_similarity", "--embedding-model", "vectors"]
    status, found, _ = quick(*reached(server, data), *options, "--embedding-base-url", server.base_url, capsys=capsys)
    assert status == ExitStatus.OK
    # No text of these holds an a: all vectors point the same way.
    assert found["mean_scores"] == {"embedding_similarity": pytest.approx(1.0)}
    bodies = Counter(body["model"] for body in server.seen()["bodies"])
    assert bodies[CANDIDATE] == 4
    assert bodies["vectors"] >= 1


def test_with_a_log_a_second_run_asks_nobody_and_a_stopped_one_is_gone_on_with(
    server: Server, data: str, tmp_path: Path, capsys: Capture
) -> None:
    log = ["--log", str(tmp_path / "runs")]
    first = quick(*reached(server, data), *judged(server), *log, capsys=capsys)[1]
    assert asked(server) == {CANDIDATE: 4, PASS: 4}
    again = quick(*reached(server, data), *judged(server), *log, capsys=capsys)[1]
    assert asked(server) == {}
    assert (first["calls"], again["calls"], again["correct"]) == (4, 0, 4)
    manifests = [json.loads(path.read_text()) for path in sorted((tmp_path / "runs").glob("*/manifest.json"))]
    assert [one["state"] for one in manifests] == ["finished", "finished"]
    trials = tmp_path / "runs" / "r-002" / "trials.jsonl"
    trials.write_text(trials.read_text(encoding="utf-8").splitlines(keepends=True)[0], encoding="utf-8")
    manifest = trials.with_name("manifest.json")
    manifest.write_text(manifest.read_text().replace('"finished"', '"interrupted"'), encoding="utf-8")
    assert quick(*reached(server, data), *judged(server), *log, capsys=capsys)[1]["answered"] == 4
    assert len(trials.read_text(encoding="utf-8").splitlines()) == 4
    assert not (tmp_path / "runs" / "r-003").exists()


@pytest.mark.parametrize(("option", "name"), [("--data", "none.jsonl"), ("--prompt", "none.j2")])
def test_a_file_that_is_not_there_is_told_by_its_option(
    option: str, name: str, server: Server, data: str, capsys: Capture
) -> None:
    status, _, said = quick(*reached(server, data), option, name, capsys=capsys)
    assert status == ExitStatus.NOT_FOUND
    assert f"Correct {option}." in said
    assert "evaluation." not in said


def test_a_server_can_be_asked_through_litellm(server: Server, data: str, capsys: Capture) -> None:
    name = model(parts=["word0 word1 word2"])
    status, found, _ = quick(*reached(server, data, name), "--via", "litellm", capsys=capsys)
    assert status == ExitStatus.OK
    assert (found["answered"], found["correct"]) == (4, 3)
    assert asked(server) == {name: 4}

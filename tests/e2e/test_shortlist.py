"""`maquette shortlist` and its commands as a user types them: text, data that keeps its contract, and ways out."""

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from maquette.cli.contracts import contract_schema
from maquette.cli.main import run
from maquette.foundation.problems import ExitStatus
from tests.project_world import scenario_project

IN = "gpt-6-luna"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> str:
    place = tmp_path_factory.mktemp("shortlist") / "p"
    scenario_project(place, "b_")
    return str(place)


def said(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert run(["shortlist", *arguments]) == ExitStatus.OK
    return capsys.readouterr().out


def data(capsys: pytest.CaptureFixture[str], name: str, *arguments: str) -> Any:
    found = json.loads(said(capsys, *arguments, "--json"))
    Draft202012Validator(contract_schema(name)).validate(found)
    return found


def test_the_list_tells_funnel_front_and_what_would_let_more_in(
    folder: str, capsys: pytest.CaptureFixture[str]
) -> None:
    text = said(capsys, "--project", folder, "--limit", "3")
    assert "models ->" in text
    assert "No card can say: the time for a complete answer" in text
    assert text.count("+") >= 3
    assert "maquette shortlist nearly has more." in text
    found = data(capsys, "shortlist", "--project", folder)
    assert found["catalog"] == len(found["candidates"]) + len(found["excluded"])
    assert (found["basis"], len(found["nearly"])) == ("project", 3)
    assert found["matching"] == [candidate["id"] for candidate in found["candidates"]]


def test_terms_narrow_the_list_down_in_one_word_or_in_several(folder: str, capsys: pytest.CaptureFixture[str]) -> None:
    together = data(capsys, "shortlist", "json ctx>=200k $<9000 -audio by:cost- top:5", "--project", folder)
    apart = data(capsys, "shortlist", "json", "ctx>=200k", "$<9000", "-audio", "by:cost-", "top:5", "--project", folder)
    assert together["filter"] == "json ctx>=200k $<9k !audio by:cost- top:5"
    assert together["matching"] == apart["matching"]
    assert 0 < len(together["matching"]) <= 5
    assert len(together["candidates"]) > 5
    costs = {c["id"]: float(c["usd_per_month"]["high"]) for c in together["candidates"] if c["usd_per_month"]}
    taken = [costs[name] for name in together["matching"]]
    assert taken == sorted(taken, reverse=True)
    assert max(taken) < 9000


def test_without_a_project_the_bare_catalog_is_filtered_and_that_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(["shortlist", "eu", "json"]) == ExitStatus.OK
    captured = capsys.readouterr()
    assert "bare catalog" in captured.err
    assert "eu json ->" in captured.out
    assert run(["shortlist", "$<300"]) == ExitStatus.INVALID_INPUT
    assert "in<0.5" in capsys.readouterr().err
    assert run(["shortlist", "--project", str(tmp_path / "nowhere")]) == ExitStatus.NOT_FOUND


@pytest.mark.parametrize(
    ("terms", "status", "told"),
    [
        (["contxt>=3"], ExitStatus.INVALID_INPUT, "Did you mean ctx?"),
        (["visionn"], ExitStatus.INVALID_INPUT, "Did you mean vision?"),
        (["--limit", "3", "why", IN], ExitStatus.USAGE, "Put why first"),
        (["compare", IN], ExitStatus.USAGE, "two models"),
        (["why", "gpt-6-lunar"], ExitStatus.NOT_FOUND, "gpt-6-luna"),
    ],
)
def test_a_slip_is_answered_with_a_way_out(
    terms: list[str], status: ExitStatus, told: str, folder: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["shortlist", *terms, *([] if status is ExitStatus.USAGE else ["--project", folder])]) == status
    assert told in capsys.readouterr().err


def test_why_tells_every_requirement_and_what_alone_would_let_a_model_in(
    folder: str, capsys: pytest.CaptureFixture[str]
) -> None:
    listed = data(capsys, "shortlist", "--project", folder)
    inside = data(capsys, "shortlist-why", "why", listed["candidates"][0]["id"], "--project", folder)
    assert inside["excluded_by"] is None
    assert all(reason["met"] != "not met" and reason["source"] for reason in inside["reasons"])
    over_budget = next(out for out in listed["excluded"] if out["filter"] == "budget")
    outside = data(capsys, "shortlist-why", "why", over_budget["id"], "--project", folder)
    assert outside["excluded_by"] == "budget"
    assert "budget.monthly_usd" in [near["requirement"] for near in outside["nearly"]]
    assert over_budget["detail"] in said(capsys, "--why", over_budget["id"], "--project", folder)


def test_models_are_compared_in_or_out(folder: str, capsys: pytest.CaptureFixture[str]) -> None:
    listed = data(capsys, "shortlist", "--project", folder)
    pair = [listed["candidates"][0]["id"], listed["excluded"][0]["id"]]
    found = data(capsys, "shortlist-compare", "compare", *pair, "--project", folder)
    assert found["models"] == pair
    assert found["lacks"][pair[0]] == {}
    assert listed["excluded"][0]["filter"] in found["lacks"][pair[1]]
    assert pair[1] in said(capsys, "compare", *pair, "--project", folder, "--plain")


def test_nearly_and_roles_keep_their_contracts(folder: str, capsys: pytest.CaptureFixture[str]) -> None:
    near = data(capsys, "shortlist-nearly", "nearly", "--project", folder)["nearly"]
    assert {one["requirement"] for one in near} >= {"budget.monthly_usd", "data.residency"}
    assert [one["duty"] for one in near] == sorted(one["duty"] for one in near)
    roles = data(capsys, "shortlist-roles", "roles", "--project", folder)["roles"]
    assert [role["role"] for role in roles] == [
        "fast",
        "balanced",
        "strong",
        "judge",
        "fallback",
        "embedding",
        "rerank",
    ]
    assert all(role["rule"] and role["because"] for role in roles)
    assert "rules:" in said(capsys, "roles", "--project", folder).lower()

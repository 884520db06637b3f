"""Signing the decision: a model without a score in a current evaluation is accepted only with a reason, on record."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from maquette.cli.main import run
from maquette.decision.decision import DecisionStatus
from maquette.foundation.problems import ExitStatus, InvalidInput, NotFound
from maquette.project.deciding import is_evaluated
from maquette.wiring import Project
from tests import decision_world as world
from tests.project_world import opened
from tests.run_world import sorted_tickets
from tests.unit.test_decision_record import of_world


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """Two models with a current run of both."""
    return sorted_tickets(tmp_path / "p")


def unevaluated(project: Project) -> Project:
    """The same after its examples changed: the run is not of today's plan."""
    path = project.folder / "evals" / "tickets.jsonl"
    path.write_text(path.read_text().replace("outage", "billing"))
    return opened(project.folder)


def test_a_model_with_a_current_score_is_accepted_and_needs_no_reason(project: Project) -> None:
    assert is_evaluated(project.view, "large")
    project.decide(model="large", because="it passes", accepted=True, unevaluated_because="never mind")
    choice = opened(project.folder).view.document.choice
    assert choice is not None
    assert (choice.status, choice.unevaluated_because) == (DecisionStatus.ACCEPTED, None)


def test_without_a_current_run_a_decision_stays_a_draft_until_somebody_says_why(project: Project) -> None:
    stale = unevaluated(project)
    stale.decide(model="large", because="it is known in the house")
    before = (stale.folder / "maquette.yaml").read_bytes()
    for reason in (None, "", "  "):
        with pytest.raises(InvalidInput, match="large has no score in a current evaluation") as caught:
            stale.sign(unevaluated_because=reason)
        assert "--without-evaluation" in caught.value.fix
    assert (stale.folder / "maquette.yaml").read_bytes() == before
    stale.sign(unevaluated_because=" the contract is signed ")
    choice = opened(stale.folder).view.document.choice
    assert choice is not None
    assert (choice.status, choice.unevaluated_because) == (DecisionStatus.ACCEPTED, "the contract is signed")
    assert choice.because == "it is known in the house"


def test_a_new_draft_and_an_evaluation_take_the_override_back(project: Project) -> None:
    project.decide(model="large", because="a draft")
    project.set_settings({"decision.unevaluated_because": "it was urgent"})
    project.sign()
    choice = project.view.document.choice
    assert choice is not None
    assert choice.unevaluated_because is None


def test_there_must_be_a_decision_to_sign(project: Project) -> None:
    with pytest.raises(NotFound, match="nothing is decided yet"):
        project.sign()


def test_the_record_says_that_it_was_accepted_without_an_evaluation_and_why() -> None:
    chosen = replace(world.choice("m", accepted=True), unevaluated_because="the contract is signed")
    record = of_world(world.decision(chosen=chosen))["ADR-0001"]
    assert record.outcome[:2] == (
        "m, without a fallback, because it is known in the house",
        "It was accepted without an evaluation, because the contract is signed",
    )


def test_the_command_refuses_takes_the_reason_and_shows_it(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    where = ["--project", str(unevaluated(project).folder)]
    assert run(["decide", *where, "--accept"]) == ExitStatus.NOT_FOUND
    choose = ["decide", *where, "--model", "large", "--because", "it is known", "--accept"]
    assert run(choose) == ExitStatus.INVALID_INPUT
    assert "large has no score in a current evaluation" in capsys.readouterr().err
    assert run([*choose, "--without-evaluation", "the contract is signed"]) == ExitStatus.OK
    assert "Accepted without an evaluation: the contract is signed" in capsys.readouterr().out
    assert run(["decide", *where, "--json"]) == ExitStatus.OK
    choice = json.loads(capsys.readouterr().out)["choice"]
    assert (choice["status"], choice["unevaluated_because"]) == ("accepted", "the contract is signed")


def test_the_exported_record_shows_the_reason(project: Project) -> None:
    stale = unevaluated(project)
    stale.decide(model="large", because="it is known", accepted=True, unevaluated_because="the contract is *signed*")
    stale.write_export(stale.plan_export(), {})
    (record,) = stale.folder.rglob("0001-*.md")
    assert "without an evaluation, because the contract is \\*signed\\*" in record.read_text()

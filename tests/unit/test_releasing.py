"""What a release waits for, without an export: the same items as the rollout's document, and a check for CI."""

import json
from pathlib import Path

import pytest

from maquette.bundle.building import seen_of
from maquette.bundle.documents.checklist import checklist
from maquette.cli.main import run
from maquette.foundation.problems import ExitStatus
from maquette.project import Project
from maquette.project.deciding_said import about_rule
from maquette.project.exporting import bundle_inputs
from maquette.project.releasing import ReleaseItem, ReleaseState, musts_against, release_words
from tests.project_world import scenario_project

Capture = pytest.CaptureFixture[str]
STATED = "stated in maquette.yaml (design_facts)"


@pytest.fixture(scope="module")
def decided(tmp_path_factory: pytest.TempPathFactory) -> Project:
    project = scenario_project(tmp_path_factory.mktemp("release") / "p", "b")
    project.choose(["gpt-6-luna", "claude-haiku-5-5"])
    project.decide(model="gpt-6-luna", fallback="claude-haiku-5-5", because="it is cheap")
    return project


def test_the_items_are_those_of_the_rollout_document_with_the_same_states(decided: Project) -> None:
    view, ports = decided.view, decided._ports
    rows = checklist(seen_of(bundle_inputs(view, ports), ports.bundle_templates()))
    states = {"blocks the release": "blocks", "open": "open", "done": "done"}
    assert [(one.what, one.state, one.owner) for one in view.release] == [
        (row["what"], states[row["status"]], row["owner"]) for row in rows
    ]
    assert (
        ReleaseItem(
            what="gpt-6-luna (primary) passes the gate",
            state=ReleaseState.BLOCKS,
            evidence="not evaluated",
            owner="evaluation",
        )
        in view.release
    )


def test_nothing_is_to_be_released_while_no_model_is_in_question(tmp_path: Path) -> None:
    view = scenario_project(tmp_path / "p", "g").view
    assert view.release == ()
    assert musts_against(view.decision) == ()


def test_status_names_facts_with_two_values_and_what_blocks_or_is_open(decided: Project, capsys: Capture) -> None:
    assert run(["status", "--plain", "--project", str(decided.folder)]) == ExitStatus.OK
    lines = capsys.readouterr().out.splitlines()
    assert f"Two values: design.fallback is yes (the decision in maquette.yaml), not no ({STATED})" in lines
    items = decided.view.release
    assert f"Before a release: {release_words(items)}." in lines
    told = [line for line in lines if line.startswith(("blocks", "open"))]
    assert told == [f"{one.state:<6}  {one.what} ({one.owner}): {one.evidence}" for one in items if one.state != "done"]
    assert "open    the decision is accepted (architect): gpt-6-luna, draft" in told


def test_status_as_data_has_both_values_and_every_item(decided: Project, capsys: Capture) -> None:
    assert run(["status", "--json", "--project", str(decided.folder)]) == ExitStatus.OK
    data = json.loads(capsys.readouterr().out)
    fallback = next(one for one in data["conflicts"] if one["fact"] == "design.fallback")
    assert (fallback["taken"], fallback["other"], fallback["other_from"]) == (True, False, STATED)
    assert {
        "what": "the decision is accepted",
        "state": "open",
        "evidence": "gpt-6-luna, draft",
        "owner": "architect",
    } in data["checklist"]
    assert len(data["checklist"]) == len(decided.view.release)


def test_the_check_says_no_while_a_must_stands_against_what_is_decided(decided: Project, capsys: Capture) -> None:
    here = ["status", "--check", "--plain", "--project", str(decided.folder)]
    against = musts_against(decided.view.decision)
    assert "R-MODEL-01" in against
    assert run(here) == ExitStatus.FINDING
    told = capsys.readouterr().err.splitlines()
    assert told == [f"{name} (must) stands against release: maquette rules explain {name}" for name in against]
    for name in against:
        decided.set_settings(about_rule(decided.view, "override", name, "tried on paper"))
    decided.decide(model="gpt-6-luna", because="it is cheap", fallback="claude-haiku-5-5")
    assert musts_against(decided.view.decision) == ()
    assert run(here) == ExitStatus.OK
    assert set(against) <= set(decided.view.decision.accepted_risks)

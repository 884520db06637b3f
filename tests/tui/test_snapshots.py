"""Pictures of the app at both sizes; `pytest tests/tui --snapshot-update` makes them anew. Look at them then."""

from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from maquette_tui.app import MaquetteApp
from tests.project_world import scenario_project
from tests.run_world import sorted_tickets
from tests.tui.test_app import settled

SIZES = {"120x36": (120, 36), "80x24": (80, 24)}
STAGES = {"require": "1", "shortlist": "2", "export": "6"}
DECISION = {"decide": ("5",), "decide_open": ("5", "o"), "decide_rules": ("5", "x"), "decide_compare": ("5", "c")}
EVALUATION = {"results": ("3",), "details": ("3", "enter"), "compare": ("3", "c")}


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_looks_as_it_did(stage: str, size: str, tmp_path: Path, snap_compare: Any) -> None:
    async def go(pilot: Pilot[None]) -> None:
        await settled(pilot)
        await pilot.press(STAGES[stage])
        await settled(pilot)

    app = MaquetteApp(scenario_project(tmp_path / "triage", "b"))
    assert snap_compare(app, run_before=go, terminal_size=SIZES[size])


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("view", EVALUATION)
def test_an_evaluation_looks_as_it_did(view: str, size: str, tmp_path: Path, snap_compare: Any) -> None:
    async def go(pilot: Pilot[None]) -> None:
        await settled(pilot)
        for key in EVALUATION[view]:
            await pilot.press(key)
            await settled(pilot)

    app = MaquetteApp(sorted_tickets(tmp_path / "tickets"))
    assert snap_compare(app, run_before=go, terminal_size=SIZES[size])


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("view", DECISION)
def test_a_decision_looks_as_it_did(view: str, size: str, tmp_path: Path, snap_compare: Any) -> None:
    async def go(pilot: Pilot[None]) -> None:
        await settled(pilot)
        for key in DECISION[view]:
            await pilot.press(key)
            await settled(pilot)

    project = sorted_tickets(tmp_path / "tickets")
    project.decide(model="small", because="It is cheap.", fallback="large")
    project.set_answers({"quality.threshold": 0.8})
    assert snap_compare(MaquetteApp(project), run_before=go, terminal_size=SIZES[size])


@pytest.mark.parametrize("size", SIZES)
def test_a_no_of_decide_looks_as_it_did(size: str, tmp_path: Path, snap_compare: Any) -> None:
    async def go(pilot: Pilot[None]) -> None:
        await settled(pilot)
        await pilot.press("5")
        await settled(pilot)

    assert snap_compare(MaquetteApp(scenario_project(tmp_path / "hr", "g")), run_before=go, terminal_size=SIZES[size])

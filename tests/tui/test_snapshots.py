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

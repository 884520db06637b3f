"""The machines on the cost screen: what the open models take, with settings and memory of the option in front."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from maquette import wiring
from maquette.capacity.setup import Banded, Load, Metric, Prediction, Setup
from maquette.project import Project
from maquette_tui.app import MaquetteApp
from tests.project_world import TODAY, scenario_project
from tests.tui.test_app import panel_text, settled


async def opened(pilot: Pilot[None], *keys: str) -> None:
    await settled(pilot)
    for key in ("4", *keys):
        await pilot.press(key)
        await settled(pilot)


@pytest.fixture
def clinic(tmp_path: Path) -> MaquetteApp:
    project = scenario_project(tmp_path / "p", "a")
    project.choose(["open/gemma-3-27b-it"])
    return MaquetteApp(project)


async def test_m_shows_the_own_machines_first_with_settings_and_memory(clinic: MaquetteApp) -> None:
    async with clinic.run_test(size=(120, 36)) as pilot:
        await opened(pilot, "m")
        table = clinic.panel.table
        assert "of your 8 H100-SXM 80GB" in str(table.get_row_at(0)[0])
        assert str(table.get_row_at(0)[2]) == "yours"
        assert "1.5 requests/s at the peak, 6,000 + 700 tokens, up to 25,200" in panel_text(clinic.panel, ".lead")
        told = panel_text(clinic.panel, ".detail")
        assert "max_model_len 25200" in told
        assert "memory of each H100-SXM 80GB, GiB: weights" in told
        await pilot.press("down")
        await settled(pilot)
        assert "memory of each H100-SXM 80GB" not in panel_text(clinic.panel, ".detail")


async def test_m_again_leads_back_to_the_costs(clinic: MaquetteApp) -> None:
    async with clinic.run_test(size=(120, 36)) as pilot:
        await opened(pilot, "m", "m")
        assert next(str(column.label) for column in clinic.panel.table.columns.values()) == "option"
        assert "months, USD" in panel_text(clinic.panel, ".lead")


async def test_the_decision_says_on_which_machines_the_chosen_model_runs(clinic: MaquetteApp) -> None:
    async with clinic.run_test(size=(120, 36)) as pilot:
        await settled(pilot)
        await pilot.press("5")
        await settled(pilot)
        told = panel_text(clinic.panel, ".detail")
        assert "machines: 3 + 1 spare x (1x H100-SXM 80GB), 2.05/s" in told


async def test_a_missing_answer_is_asked_for(tmp_path: Path) -> None:
    project = scenario_project(tmp_path / "p", "a")
    project.change_by_text({"tokens.output_avg": "unknown"})
    app = MaquetteApp(project)
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(pilot, "m")
        assert app.panel.table.row_count == 0
        assert "maquette set tokens.output_avg=NUMBER" in panel_text(app.panel, ".detail")
        project.change_by_text({"tokens.output_avg": "700"})
        await settled(pilot)
        assert app.panel.table.row_count > 0


def steady(project: Project) -> Project:
    """The project with speeds by a plain formula on five accelerators: a better prediction changes no picture."""
    ports = wiring.ports_for(project.folder)
    names = ("H100-SXM 80GB", "H200-SXM 141GB", "B200-SXM 180GB", "L40S", "T4")
    known = ports.capacity()
    few = tuple(one for one in known.accelerators if one.name in names)

    def predict(setup: Setup, load: Load) -> Prediction:
        tpot = (0.016 + 0.0006 * (load.concurrency or 1)) / setup.gpus
        metrics = {Metric.TTFT: _band(0.6 / setup.gpus), Metric.TPOT: _band(tpot)}
        return Prediction(setup=setup, load=load, metrics=metrics, batch=1, terms=())

    capacity = replace(known, accelerators=few, predict=predict)
    return wiring.Project(replace(ports, today=lambda: TODAY, capacity=lambda: capacity))


def _band(value: float) -> Banded:
    return Banded(value=value, low=0.8 * value, high=1.3 * value)


@pytest.mark.parametrize("size", [(120, 36), (80, 24)], ids=["120x36", "80x24"])
@pytest.mark.parametrize("models", [1, 2])
def test_the_machines_look_as_they_did(models: int, size: tuple[int, int], tmp_path: Path, snap_compare: Any) -> None:
    project = scenario_project(tmp_path / "clinic", "a")
    project.choose(["open/gemma-3-27b-it", "open/llama-3.1-405b-instruct"][:models])

    async def go(pilot: Pilot[None]) -> None:
        await opened(pilot, "m")

    assert snap_compare(MaquetteApp(steady(project)), run_before=go, terminal_size=size)

"""Trying other answers on the cost screen: the difference is shown, and the project stays as it is."""

from pathlib import Path

from textual.pilot import Pilot
from textual.widgets import Input, Static

from maquette_tui.app import MaquetteApp
from tests.project_world import scenario_project


async def settled(pilot: Pilot[None]) -> None:
    """Everything that was started in a thread is done and shown."""
    await pilot.pause()
    await pilot.app.workers.wait_for_complete()
    await pilot.pause()


def detail(app: MaquetteApp) -> str:
    return str(app.panel.query_one(".detail", Static).content)


async def try_out(pilot: Pilot[None], typed: str) -> None:
    await pilot.press("i")
    app = pilot.app
    assert isinstance(app, MaquetteApp)
    app.panel.query_one(Input).value = typed
    await pilot.press("enter")
    await settled(pilot)


async def test_i_tries_answers_and_shows_what_they_change(tmp_path: Path) -> None:
    project = scenario_project(tmp_path / "p", "b")
    project.set_settings(
        {
            "shortlist.chosen": ["gpt-6-luna"],
            "cost.logging.service": "none",  # so that the model's own lines are what changes
            "cost.evaluation.runs_per_month": 0,
        }
    )
    before = (project.folder / "maquette.yaml").read_bytes()
    app = MaquetteApp(project)
    async with app.run_test(size=(120, 36)) as pilot:
        await settled(pilot)
        await pilot.press("4")
        await settled(pilot)
        await try_out(pilot, "tokens.output_avg=120 scale.growth_pct_month=0")
        shown = detail(app)
        assert "With tokens.output_avg=120, scale.growth_pct_month=0:" in shown
        # Output was 152 M requests * 60 tokens at half a dollar a million, 4,560 in month 1 and 14.192 times that in
        # a year that grows by 3 % a month; now it is 9,120 in each of 12 months: 109,440 - 64,716.
        # The classifier passes 12 % of it on, and answers that stay in the US cost 1.1 times as much: 44,724 * 0.132.
        assert "gpt-6-luna: $40,229 -> $44,506, +$4,276: output, in us +$5,904" in shown
        await try_out(pilot, "tokens.output_avg=many")
        assert "is not a number" in detail(app)
    assert (project.folder / "maquette.yaml").read_bytes() == before

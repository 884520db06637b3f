"""The shortlist in the terminal: the same filter line as on the command line, why, compare, nearly, and who is out."""

from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Static

from maquette.adapters.knowledge_files import load_providers
from maquette.project.provider_words import provider_head, scorecard_of
from maquette_tui.app import MaquetteApp
from maquette_tui.panels.reading import ReadingScreen
from tests.project_world import scenario_project
from tests.tui.test_app import panel_text, settled


async def typed_filter(pilot: Pilot[None], line: str) -> None:
    await pilot.press("slash")
    await settled(pilot)
    await pilot.press(*("space" if char == " " else char for char in line))
    await pilot.press("enter")
    await settled(pilot)


@pytest.fixture
def app(tmp_path: Path) -> MaquetteApp:
    return MaquetteApp(scenario_project(tmp_path / "p", "b"))


async def opened(pilot: Pilot[None]) -> None:
    await settled(pilot)
    await pilot.press("2")
    await settled(pilot)


async def test_a_filter_line_narrows_the_table_and_is_shown_in_its_normal_form(app: MaquetteApp) -> None:
    async with app.run_test(size=(120, 36)) as pilot:
        await opened(pilot)
        before = app.panel.table.row_count
        await typed_filter(pilot, "JSON by:ctx top:3")
        assert before > app.panel.table.row_count == 3
        assert "/ json by:ctx top:3 -> 3" in panel_text(app.panel, ".lead")


async def test_a_slip_in_the_filter_is_told_and_the_table_stays(app: MaquetteApp) -> None:
    async with app.run_test(size=(120, 36)) as pilot:
        await opened(pilot)
        before = app.panel.table.row_count
        await typed_filter(pilot, "jsn:1 by:cots")
        assert "Did you mean cost?" in panel_text(app.panel, ".detail")
        assert app.panel.table.row_count == before


async def test_those_that_are_out_are_listed_with_why_and_what_would_let_them_in(app: MaquetteApp) -> None:
    async with app.run_test(size=(120, 36)) as pilot:
        await opened(pilot)
        out = next(each for each in app.project.view.shortlist.exclusions if each.filter == "budget")
        await pilot.press("o")
        await typed_filter(pilot, f"id:{out.card.id}")
        await pilot.press("x")
        await settled(pilot)
        told = panel_text(app.panel, ".detail")
        assert "showing those that are out" in panel_text(app.panel, ".lead")
        assert "is out at the filter 'budget'" in told
        assert "it would be in with budget.monthly_usd" in told


async def test_chosen_models_are_compared_with_the_one_under_the_cursor(app: MaquetteApp) -> None:
    async with app.run_test(size=(120, 36)) as pilot:
        await opened(pilot)
        first = app.panel.row_key
        await pilot.press("space", "down", "c")
        await settled(pilot)
        told = panel_text(app.panel, ".detail")
        lines = told.splitlines()
        assert lines[0].split() == [first, app.panel.row_key]
        assert any(line.startswith("provider ") for line in lines)
        app.panel.table.move_cursor(row=app.panel.table.row_count - 1)
        await pilot.press("c")
        await settled(pilot)
        lines = panel_text(app.panel, ".detail").splitlines()
        assert len(lines) == 9
        assert lines[-1].endswith("more; maquette shortlist compare has all of them.")


async def test_what_a_column_says_can_be_read_on_a_small_terminal(app: MaquetteApp) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(pilot)
        await pilot.press("o")
        await typed_filter(pilot, "id:fireworks")
        headings = [str(column.label) for column in app.panel.table.ordered_columns]
        assert headings[:3] == ["", "model", "watch"]
        widths = [column.get_render_width(app.panel.table) for column in app.panel.table.ordered_columns]
        assert widths[0] + widths[1] <= 43


async def test_a_model_that_nothing_lets_in_says_so(app: MaquetteApp) -> None:
    async with app.run_test(size=(120, 36)) as pilot:
        await opened(pilot)
        out = next(each for each in app.project.view.shortlist.exclusions if each.filter == "kind")
        await pilot.press("o")
        await typed_filter(pilot, f"id:{out.card.id}")
        await pilot.press("x")
        await settled(pilot)
        assert "no single change would let it in" in panel_text(app.panel, ".detail")


async def test_what_would_let_more_in_is_listed(app: MaquetteApp) -> None:
    async with app.run_test(size=(120, 36)) as pilot:
        await opened(pilot)
        await pilot.press("n")
        await settled(pilot)
        assert "if data.residency us -> none" in panel_text(app.panel, ".detail")


async def test_providers_are_held_against_what_is_asked_behind_a_key(app: MaquetteApp) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(pilot)
        widths = [column.get_render_width(app.panel.table) for column in app.panel.table.ordered_columns]
        assert sum(widths) <= 78
        await pilot.press("p")
        await settled(pilot)
        assert isinstance(app.screen, ReadingScreen)
        parts = [str(part.content) for part in app.screen.query(Static)]
        first = scorecard_of(app.project.view, load_providers())[0]
        assert parts[parts.index("Providers") + 1].splitlines()[1].startswith(first.name)
        assert parts[parts.index(provider_head(first)) + 1].startswith(f"{first.marks[0].name}  ")
        assert all(len(line) <= 78 for line in parts[parts.index("Providers") + 1].splitlines())

"""The terminal app as a person uses it: on real projects, with real evaluations."""

from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Input, Static

from maquette.project.stages import Stage
from maquette_tui.actions import ACTIONS, EVERYWHERE, help_text
from maquette_tui.app import MaquetteApp
from maquette_tui.panels.panel import Panel
from tests.project_world import demo_project, fewer_examples, opened, scenario_project
from tests.run_world import sorted_tickets


async def settled(pilot: Pilot[None]) -> None:
    """Everything that was started in a thread is done and shown."""
    await pilot.pause()
    await pilot.app.workers.wait_for_complete()
    await pilot.pause()


def text(app: MaquetteApp, selector: str) -> str:
    return str(app.query_one(selector, Static).content)


def panel_text(panel: Panel, selector: str) -> str:
    return str(panel.query_one(selector, Static).content)


async def answer(pilot: Pilot[None], question: str, typed: str) -> None:
    """Move to a question, open it and type."""
    app = pilot.app
    assert isinstance(app, MaquetteApp)
    table = app.panel.table
    table.move_cursor(row=table.get_row_index(question))
    await pilot.press("enter")
    line = app.panel.query_one(Input)
    line.value = typed
    await pilot.press("enter")
    await settled(pilot)


async def test_an_answer_is_saved_and_the_shortlist_follows_at_once(tmp_path: Path) -> None:
    app = MaquetteApp(scenario_project(tmp_path / "p", "b"))
    async with app.run_test(size=(120, 36)) as pilot:
        await settled(pilot)
        before = panel_text(app.panel, ".lead")
        await answer(pilot, "budget.monthly_usd", "1000000")
        assert panel_text(app.panel, ".lead") != before
        assert "models before" in text(app, "#sentence")
        assert opened(tmp_path / "p").view.facts["budget.monthly_usd"] == 1_000_000
        await pilot.press("u")
        await settled(pilot)
        assert panel_text(app.panel, ".lead") == before
        assert "Undone" in text(app, "#sentence")


async def test_a_wrong_answer_stays_visible_and_changes_nothing(tmp_path: Path) -> None:
    app = MaquetteApp(scenario_project(tmp_path / "p", "b"))
    before = (tmp_path / "p" / "maquette.yaml").read_bytes()
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await answer(pilot, "latency.p95_ms", "fast")
        assert "'fast' is not a number" in panel_text(app.panel, ".detail")
        assert (tmp_path / "p" / "maquette.yaml").read_bytes() == before


async def test_not_knowing_is_one_key(tmp_path: Path) -> None:
    app = MaquetteApp(scenario_project(tmp_path / "p", "b"))
    async with app.run_test() as pilot:
        await settled(pilot)
        table = app.panel.table
        table.move_cursor(row=table.get_row_index("latency.p95_ms"))
        await pilot.press("minus")
        await settled(pilot)
        assert "latency.p95_ms" in opened(tmp_path / "p").view.document.requirements.unknown


async def test_a_change_by_another_program_appears_by_itself(tmp_path: Path) -> None:
    app = MaquetteApp(scenario_project(tmp_path / "p", "b"))
    async with app.run_test() as pilot:
        await settled(pilot)
        opened(tmp_path / "p").set_answers({"latency.p95_ms": 650})
        for _ in range(30):
            await pilot.pause(0.1)
            if "Changed elsewhere" in text(app, "#sentence"):
                break
        await settled(pilot)
        assert app.panel.table.get_row("latency.p95_ms")[1].plain == "650"  # type: ignore[attr-defined]  # a Text


async def test_choosing_and_finding_out_why(tmp_path: Path) -> None:
    project = scenario_project(tmp_path / "p", "b")
    app = MaquetteApp(project)
    async with app.run_test(size=(120, 36)) as pilot:
        await settled(pilot)
        await pilot.press("2")
        await settled(pilot)
        first = app.panel.row_key
        await pilot.press("space", "x")
        await settled(pilot)
        assert project.view.document.chosen == (first,)
        assert f"{first} is a candidate" in panel_text(app.panel, ".detail")


async def test_an_evaluation_is_started_watched_and_leads_on(tmp_path: Path) -> None:
    project = demo_project(tmp_path / "p")
    fewer_examples(project.folder, 10)
    app = MaquetteApp(opened(project.folder))
    async with app.run_test(size=(120, 36)) as pilot:
        await settled(pilot)
        await pilot.press("3", "s")
        await settled(pilot)
        line = app.panel.query_one(Input)
        assert "10 calls, 0 on record, costs nothing" in line.placeholder
        assert "10 calls, 0 on record, costs nothing, cap" in panel_text(app.panel, ".detail")
        await pilot.press("enter")
        evaluation = app.project.evaluation
        assert evaluation is not None
        for _ in range(300):
            await pilot.pause(0.1)
            if not evaluation.running:
                break
        await settled(pilot)
        assert "r-001 finished" in panel_text(app.panel, ".lead")
        assert app.panel.table.get_row("triage-tiny")[1].plain == "10/10"  # type: ignore[attr-defined]  # a Text
        await pilot.press("4")
        await settled(pilot)
        await pilot.press("a", "5")
        await settled(pilot)
        assert app.panel.table.row_count == 1


async def test_a_decision_is_accepted_and_without_an_evaluation_only_with_a_reason(tmp_path: Path) -> None:
    folder = sorted_tickets(tmp_path / "p").folder
    examples = folder / "evals" / "tickets.jsonl"
    examples.write_text(examples.read_text().replace("outage", "billing"))
    app = MaquetteApp(opened(folder))
    async with app.run_test(size=(120, 36)) as pilot:
        await settled(pilot)
        await pilot.press("5")
        await settled(pilot)
        await pilot.press("a")
        await settled(pilot)
        assert "Nothing is decided yet." in text(app, "#sentence")
        app.project.decide(model="large", because="it is known")
        await pilot.press("a")
        await settled(pilot)
        assert "large is not evaluated. Why accept it all the same?" in app.panel.query_one(Input).placeholder
        await pilot.press("enter")
        await settled(pilot)
        assert "Without an evaluation it needs a reason; nothing was accepted." in text(app, "#sentence")
        await pilot.press("a", *"urgent", "enter")
        await settled(pilot)
        assert "Who accepts it?" in app.panel.query_one(Input).placeholder
        await pilot.press("enter")
        await settled(pilot)
        choice = opened(folder).view.document.choice
        assert choice is not None
        assert (choice.status.value, choice.unevaluated_because) == ("accepted", "urgent")


async def test_an_export_is_shown_before_it_is_written(tmp_path: Path) -> None:
    project = scenario_project(tmp_path / "p", "g")
    app = MaquetteApp(project)
    async with app.run_test(size=(120, 36)) as pilot:
        await settled(pilot)
        await pilot.press("6")
        await settled(pilot)
        assert "Nothing is written until w" in panel_text(app.panel, ".lead")
        assert not (project.folder / "out").exists()
        await pilot.press("w")
        await settled(pilot)
        assert (project.folder / "out" / "maquette.lock").is_file()


async def test_names_from_files_are_text_and_never_markup(tmp_path: Path) -> None:
    project = scenario_project(tmp_path / "p", "b")
    project.set_answers({"project.name": "[bold]x[/] \x1b[31m list[int] [/"})
    app = MaquetteApp(project)
    async with app.run_test(size=(120, 36)) as pilot:
        await settled(pilot)
        assert "[bold]x[/]" in text(app, "#title")
        assert "\x1b" not in text(app, "#title")


async def test_q_leaves(tmp_path: Path) -> None:
    app = MaquetteApp(scenario_project(tmp_path / "p", "b"))
    async with app.run_test() as pilot:
        await settled(pilot)
        await pilot.press("q")
    assert app.return_code == 0


@pytest.mark.parametrize("stage", list(Stage))
def test_the_help_lists_every_action_of_the_stage(stage: Stage) -> None:
    shown = help_text(stage.value)
    assert all(action.about in shown for action in ACTIONS if action.where in (stage.value, EVERYWHERE))

"""The decision in the terminal: every no, side by side, what is open, why the project deviates, and whose it is."""

from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Input, Static

from maquette.project.releasing import release_words
from maquette_tui.app import MaquetteApp
from maquette_tui.panels.reading import ReadingScreen
from maquette_tui.panels.side_text import hanging
from tests.project_world import opened, scenario_project
from tests.run_world import HOSTILE, sorted_tickets
from tests.tui.test_app import panel_text, settled, text


@pytest.fixture
def app(tmp_path: Path) -> MaquetteApp:
    return MaquetteApp(sorted_tickets(tmp_path / "p"))


async def decision_of(pilot: Pilot[None], *keys: str) -> None:
    await settled(pilot)
    await pilot.press("5")
    await settled(pilot)
    for key in keys:
        await pilot.press(key)
        await settled(pilot)


async def typed(pilot: Pilot[None], line: str) -> None:
    app = pilot.app
    assert isinstance(app, MaquetteApp)
    app.panel.query_one(Input).value = line
    await pilot.press("enter")
    await settled(pilot)


def row(app: MaquetteApp, key: str) -> list[str]:
    return [cell.plain for cell in app.panel.table.get_row(key)]  # type: ignore[attr-defined]  # each a Text


def read(app: MaquetteApp) -> str:
    assert isinstance(app.screen, ReadingScreen)
    return "\n".join(str(part.content) for part in app.screen.query(Static))


@pytest.mark.parametrize("size", [(120, 36), (80, 24)])
async def test_a_no_stands_on_top_with_its_arithmetic_before_the_verdict(tmp_path: Path, size: tuple[int, int]) -> None:
    app = MaquetteApp(scenario_project(tmp_path / "p", "g"))
    async with app.run_test(size=size) as pilot:
        await decision_of(pilot)
        lead = panel_text(app.panel, ".lead")
        assert lead.startswith("No: Too small for this machinery: 11 components for 400 requests a day: remove")
        assert "  400 requests a day are 0.005 a second, day and night" in lead
        assert lead.index("R-SCOPE-04") < lead.index("No recommendation: Nothing has been evaluated.")
        await pilot.press("v")
        await settled(pilot)
        assert "would change it: " in read(app)


async def test_options_stand_side_by_side_with_figures_and_their_kind(app: MaquetteApp) -> None:
    app.project.decide(model="small", because="it is cheap", fallback="large")
    async with app.run_test(size=(120, 36)) as pilot:
        await decision_of(pilot)
        assert row(app, "small")[:3] == ["◉", "small", "0.828 (0.655 - 0.924)"]
        assert (row(app, "large")[0], row(app, "large")[5]) == ("2", "1.5 s m")
        assert [str(column.label) for column in app.panel.table.ordered_columns][-1] == "last day"
        await pilot.resize_terminal(80, 24)
        await settled(pilot)
        assert [str(column.label) for column in app.panel.table.ordered_columns] == [
            "",
            "option",
            "quality (95 %)",
            "month 1",
            "p95",
        ]
        widths = sum(column.get_render_width(app.panel.table) for column in app.panel.table.ordered_columns)
        assert widths <= 80


async def test_everything_of_the_options_and_the_parts_can_be_read(app: MaquetteApp) -> None:
    app.project.decide(model="small", because="it is cheap")
    async with app.run_test(size=(80, 24)) as pilot:
        await decision_of(pilot, "c")
        told = read(app)
        assert "option          large                         small (decided)" in told
        assert "data            openai, controlled from the" in told
        assert "Who plays which part" in told
        assert "escalation         large " in told


def test_a_long_reason_is_wrapped_below_itself() -> None:
    shown = hanging([("judge", "nobody", "one two three four five six seven"), ("x", "y", "z")], 40)
    assert shown.splitlines() == [
        "judge  nobody  one two three four five",
        "               six seven",
        "x      y       z",
    ]


async def test_the_next_question_and_the_next_experiment_are_on_the_first_screen(app: MaquetteApp) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        await decision_of(pilot)
        first = app.project.view.decision.open_questions[0]
        lines = panel_text(app.panel, ".detail").splitlines()
        assert lines[0].startswith(f"ask next: {first.fact}: ")
        assert lines[1].startswith("measure next: ")
        assert all(len(line) <= 78 for line in lines[:2])


async def test_open_questions_are_ranked_and_say_what_their_answers_would_do(app: MaquetteApp) -> None:
    async with app.run_test(size=(120, 36)) as pilot:
        await decision_of(pilot, "o")
        questions = app.project.view.decision.open_questions
        keys = [key.value for key in app.panel.table.rows]
        assert keys == [one.fact for one in questions]
        weights = [int(row(app, str(key))[0]) for key in keys]
        assert weights == sorted(weights, reverse=True)
        assert panel_text(app.panel, ".detail").splitlines() == [questions[0].ask, *questions[0].could_change]
        await pilot.press("o")
        await settled(pilot)
        assert {key.value for key in app.panel.table.rows} == {"small", "large"}


async def test_enter_on_an_open_question_goes_to_its_answer_wherever_that_is_given(app: MaquetteApp) -> None:
    async with app.run_test(size=(120, 36)) as pilot:
        await decision_of(pilot, "o")
        asked = {one.how: one for one in app.project.view.decision.open_questions}
        app.panel.table.move_cursor(row=app.panel.table.get_row_index(asked["answer"].fact))
        await pilot.press("enter")
        await settled(pilot)
        assert app.stage.value == "requirements"
        assert app.panel.row_key == asked["answer"].fact
        assert asked["answer"].ask in app.panel.query_one(Input).placeholder
        await pilot.press("escape", "5")
        await settled(pilot)
        app.panel.table.move_cursor(row=app.panel.table.get_row_index(asked["evaluate"].fact))
        await pilot.press("enter")
        await settled(pilot)
        assert app.stage.value == "evaluation"


async def test_a_fact_about_the_design_is_stated_in_place_and_taken_back(app: MaquetteApp, tmp_path: Path) -> None:
    async with app.run_test(size=(120, 36)) as pilot:
        await decision_of(pilot, "o")
        table = app.panel.table
        table.move_cursor(row=table.get_row_index("design.monitoring"))
        await pilot.press("enter")
        await typed(pilot, "perhaps")
        assert "'perhaps' is no answer. design.monitoring is yes or no." in panel_text(app.panel, ".detail")
        await pilot.press("enter")
        await typed(pilot, "yes")
        assert opened(tmp_path / "p").view.facts["design.monitoring"] is True
        assert "design.monitoring" not in {key.value for key in table.rows}
        await pilot.press("u")
        await settled(pilot)
        assert "design.monitoring" in {key.value for key in table.rows}


async def test_the_name_is_asked_for_and_never_invented(app: MaquetteApp, tmp_path: Path) -> None:
    async with app.run_test(size=(120, 36)) as pilot:
        await decision_of(pilot)
        app.panel.table.move_cursor(row=app.panel.table.get_row_index("large"))
        await pilot.press("d")
        await typed(pilot, "it passes")
        app.panel.table.move_cursor(row=app.panel.table.get_row_index("small"))
        await pilot.press("f")
        await settled(pilot)
        await pilot.press("a")
        await settled(pilot)
        assert app.panel.query_one(Input).value == ""
        await typed(pilot, "Ada [bold]L.[/]")
        choice = opened(tmp_path / "p").view.document.choice
        assert choice is not None
        assert (choice.model, choice.fallback, choice.signed_by) == ("large", "small", "Ada [bold]L.[/]")
        assert (
            "Decided: large, fallback small (accepted 2026-11-21, signed by Ada [bold]L.[/]): it passes"
            in panel_text(app.panel, ".lead")
        )
        await pilot.press("a")
        await typed(pilot, " ")
        unnamed = opened(tmp_path / "p").view.document.choice
        assert unnamed is not None
        assert unnamed.signed_by is None
        assert "nobody's name stands under it" in text(app, "#sentence")


async def test_a_decision_without_a_reason_is_not_made(app: MaquetteApp, tmp_path: Path) -> None:
    async with app.run_test(size=(120, 36)) as pilot:
        await decision_of(pilot, "d")
        await typed(pilot, "  ")
        assert opened(tmp_path / "p").view.document.choice is None
        assert "A decision needs a reason; nothing was decided." in text(app, "#sentence")


async def test_a_record_that_no_longer_holds_says_what_moved(app: MaquetteApp) -> None:
    app.project.decide(model="large", because="it passes")
    app.project.set_answers({"quality.threshold": 0.9})
    async with app.run_test(size=(120, 36)) as pilot:
        await decision_of(pilot)
        assert "! ADR-0001 (model) is stale: quality.threshold 0.75 -> 0.9" in panel_text(app.panel, ".lead")


async def test_a_deviation_is_given_its_reason_in_place(tmp_path: Path) -> None:
    app = MaquetteApp(scenario_project(tmp_path / "p", "b"))
    async with app.run_test(size=(120, 36)) as pilot:
        await decision_of(pilot, "x")
        assert app.panel.row_key == "providers_min R-FALL-01"
        assert row(app, "providers_min R-FALL-01")[:3] == ["design.providers_count is 1", "R-FALL-01", "must: 2"]
        assert panel_text(app.panel, ".detail").splitlines() == [
            "design.providers_count is 1; R-FALL-01 says must: 2",
            "because nobody says why",
            "does: performance: availability better; cost: worse; safety: worse",
            "r gives a reason.",
        ]
        assert "R-FALL-01" in panel_text(app.panel, ".lead").rpartition("against release")[2]
        await pilot.press("enter")
        await settled(pilot)
        assert "maquette rules explain R-FALL-01" in read(app)
        await pilot.press("escape", "r")
        await typed(pilot, " ")
        assert "R-FALL-01 needs a reason" in panel_text(app.panel, ".detail")
        await pilot.press("r")
        await typed(pilot, HOSTILE.replace("\x1b", "").replace("\n", " "))
        decision = opened(tmp_path / "p").view.decision
        assert decision.accepted_risks == ("R-FALL-01",)
        assert "[bold]x[/] <script>" in panel_text(app.panel, ".detail")
        assert "R-FALL-01" not in panel_text(app.panel, ".lead").rpartition("against release")[2]
        await pilot.press("u")
        await settled(pilot)
        assert opened(tmp_path / "p").view.decision.accepted_risks == ()


async def test_a_rule_is_muted_with_a_reason_and_a_must_is_not(tmp_path: Path) -> None:
    app = MaquetteApp(scenario_project(tmp_path / "p", "b"))
    async with app.run_test(size=(120, 36)) as pilot:
        await decision_of(pilot, "x", "m")
        await typed(pilot, "not here")
        assert "R-FALL-01" in panel_text(app.panel, ".detail")
        assert opened(tmp_path / "p").view.document.rules.muted == {}


async def the_gates_are_told(app: MaquetteApp, pilot: Pilot[None], items: list[str]) -> None:
    keys = [key.value for key in app.panel.table.rows]
    assert keys == items
    app.panel.table.move_cursor(row=keys.index("the decision is accepted"))
    await settled(pilot)
    assert panel_text(app.panel, ".detail").splitlines() == [
        "open: the decision is accepted",
        "evidence: gpt-6-luna, draft",
        "looked after by: architect",
    ]


@pytest.mark.parametrize("size", [(120, 36), (80, 24)])
async def test_what_a_release_waits_for_and_facts_with_two_values_are_on_the_first_screen(
    tmp_path: Path, size: tuple[int, int]
) -> None:
    project = scenario_project(tmp_path / "p", "b")
    project.choose(["gpt-6-luna", "claude-haiku-5-5"])
    project.decide(model="gpt-6-luna", fallback="claude-haiku-5-5", because="it is cheap")
    app = MaquetteApp(project)
    async with app.run_test(size=size) as pilot:
        await decision_of(pilot)
        lead = panel_text(app.panel, ".lead").splitlines()
        twice = [one.name for one in project.view.decision.conflicts]
        assert f"! two values (v): {', '.join(twice)}" in lead
        assert {"design.fallback", "design.providers_count"} <= set(twice)
        assert lead[-1] == f"Before a release: {release_words(project.view.release)} (b)"
        app.panel.table.move_cursor(row=app.panel.table.get_row_index("gpt-6-luna"))
        await settled(pilot)
        assert "tied to its provider by: prefix cache, writes billed" in panel_text(app.panel, ".detail")
        await pilot.press("b")
        await settled(pilot)
        await the_gates_are_told(app, pilot, [one.what for one in project.view.release])
        widths = [column.get_render_width(app.panel.table) for column in app.panel.table.ordered_columns]
        assert sum(widths) <= size[0]
        await pilot.press("enter")
        await settled(pilot)
        assert "open: the decision is accepted: architect: gpt-6-luna, draft" in read(app)
        await pilot.press("escape", "b", "v")
        await settled(pilot)
        told = read(app)
        assert "\ndesign.fallback is yes (the decision in maquette.yaml), not no" in told
        assert told.index("What ties the design to its provider") < told.index("fine-tune? ")
        assert "ADR-0001" in told[told.index("\nRecords\n") :]
        await pilot.press("escape", "1")
        await settled(pilot)
        assert text(app, "#sentence") == ""

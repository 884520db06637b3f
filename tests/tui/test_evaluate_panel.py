"""The evaluation in the terminal: the verdict in words, one model looked into, models in pairs, and long calls."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from textual.containers import VerticalScroll
from textual.pilot import Pilot
from textual.widgets import Static

import maquette.evals.dispatch
import maquette.project.evaluation
from maquette.evals.metrics.labels import aggregate
from maquette_tui.app import MaquetteApp
from maquette_tui.panels import evaluate
from maquette_tui.panels.evaluate_rows import NARROW_HEADINGS, WIDE_HEADINGS
from maquette_tui.panels.evaluate_text import DETAIL_LINES, confusion, fitting, one_line
from maquette_tui.panels.reading import ReadingScreen
from tests.loopback_models import model, serving
from tests.project_world import opened, scenario_project
from tests.run_world import sorted_tickets
from tests.tui.test_app import panel_text, settled, text


@pytest.fixture
def app(tmp_path: Path) -> MaquetteApp:
    return MaquetteApp(sorted_tickets(tmp_path / "p"))


async def evaluation_of(pilot: Pilot[None], *keys: str) -> None:
    await settled(pilot)
    await pilot.press("3")
    await settled(pilot)
    for key in keys:
        await pilot.press(key)
        await settled(pilot)


def read(app: MaquetteApp) -> str:
    """Everything on the reading screen."""
    assert isinstance(app.screen, ReadingScreen)
    return "\n".join(str(one.content) for one in app.screen.query(Static))


async def test_the_verdict_stands_in_words_below_the_table(app: MaquetteApp) -> None:
    async with app.run_test(size=(120, 36)) as pilot:
        await evaluation_of(pilot)
        told = panel_text(app.panel, ".detail")
        assert told.startswith("large passes alone: 29 of 30 right, 0.967 (0.833 - 0.994), 0.75 needed.")
        assert "! small: 1 of 1 that must be right are not: t005" in told
        assert "small: 1 of 30 calls failed (timeout)" in told
        assert "small: TTFT p50 100 ms, p95 100 ms; TPOT p50 44 ms, p95 44 ms; 1 of 30 from the record" in told
        await pilot.press("down")
        await settled(pilot)
        assert "\nlarge: TTFT p50 100 ms" in panel_text(app.panel, ".detail")


async def test_a_narrow_terminal_has_fewer_columns_and_the_same_verdict(app: MaquetteApp) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        await evaluation_of(pilot)
        table = app.panel.table
        assert [str(column.label) for column in table.ordered_columns] == list(NARROW_HEADINGS)
        assert table.virtual_size.width <= 80
        assert [str(cell) for cell in table.get_row("small")] == [
            "small", "30/30", "0.828", "0.65-0.92", "undecided !", "500 ms", "1",
        ]  # fmt: skip
        await pilot.resize_terminal(120, 36)
        await settled(pilot)
        assert [str(column.label) for column in table.ordered_columns] == list(WIDE_HEADINGS)


async def test_enter_looks_into_the_model_under_the_cursor(app: MaquetteApp) -> None:
    async with app.run_test(size=(120, 36)) as pilot:
        await evaluation_of(pilot, "enter")
        told = read(app)
        assert "small in r-001" in told
        assert "edge     12/14  0.857  0.601 - 0.960" in told
        assert "expected billing  refund  outage    none\n" in told
        assert "refund         2       6       .       1\n" in told
        assert "accuracy 0.828, macro F1 0.841, 1 of 29 without a label" in told
        assert "1 timeout, such as t007: no answer within 60 s" in told
        assert "t005  edge, must pass\n  expected  outage\n  output    billing" in told
        await pilot.press("escape")
        assert not isinstance(app.screen, ReadingScreen)


async def test_an_answer_is_text_and_cannot_pose_as_ours(app: MaquetteApp) -> None:
    async with app.run_test(size=(120, 36)) as pilot:
        await evaluation_of(pilot, "enter")
        told = read(app)
        assert "  output    [bold]x[/] <script>alert(1)</script> \ufffd[31m ↵ expected  outage\n" in told
        assert "\x1b" not in told


async def test_c_compares_the_models_in_pairs(app: MaquetteApp) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        await evaluation_of(pilot, "c")
        told = read(app)
        assert "model: large; score: 0.967; 95 % interval: 0.833 - 0.994; $/answer: $0.0050; threshold: passes" in told
        assert "not enough data to tell large from small: 13.8 points" in told
        assert "large beside small, gained: t004, t005, t010, t020, t025\nlarge beside small, lost: t001\n" in told
        assert "no score of small: 1 examples (t007)" in told
        assert re.search(r"large +small +normal +15 +\+20\.0 ", told)
        assert "Slices, right of scored" in told


async def test_the_reading_screen_scrolls_line_by_line_and_from_heading_to_heading(app: MaquetteApp) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        await evaluation_of(pilot, "enter")
        scroll = app.screen.query_one(VerticalScroll)
        headings = [one.virtual_region.y for one in app.screen.query(".heading")]
        await pilot.press("j")
        await settled(pilot)
        assert scroll.scroll_offset.y == 1
        await pilot.press("n")
        await settled(pilot)
        assert scroll.scroll_offset.y == headings[1]
        await pilot.press("G")
        await settled(pilot)
        assert scroll.scroll_offset.y == scroll.max_scroll_y > 0
        await pilot.press("g")
        await settled(pilot)
        assert scroll.scroll_offset.y == 0


async def test_the_estimate_and_the_cap_are_in_sight_until_the_line_is_left(app: MaquetteApp) -> None:
    app.project.set_answers({"eval.budget_usd": 5})
    async with app.run_test(size=(80, 24)) as pilot:
        await evaluation_of(pilot, "s")
        told = panel_text(app.panel, ".detail")
        assert "cap $5.00." in told
        assert told.endswith("Enter starts it, Escape leaves; nothing is sent before.")
        await pilot.press("escape")
        await settled(pilot)
        assert panel_text(app.panel, ".detail").startswith("large passes alone")
        assert app.project.evaluation is None


async def test_without_a_run_the_keys_say_what_to_do(tmp_path: Path) -> None:
    app = MaquetteApp(scenario_project(tmp_path / "p", "b"))
    async with app.run_test(size=(80, 24)) as pilot:
        await evaluation_of(pilot, "c")
        assert "Nothing is evaluated yet. s shows the estimate." in text(app, "#sentence")


async def test_a_problem_of_a_comparison_is_read_and_not_a_crash(app: MaquetteApp) -> None:
    for manifest in app.project.folder.rglob("manifest.json"):
        data = json.loads(manifest.read_text())
        manifest.write_text(json.dumps({**data, "targets": ["large"]}))
    app.project = opened(app.project.folder)
    async with app.run_test(size=(80, 24)) as pilot:
        await evaluation_of(pilot, "c")
        assert "there is one target to compare: large of r-001" in read(app)


async def test_a_call_that_takes_long_is_named_while_it_takes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(maquette.project.evaluation, "_LONG_S", 0.1)
    monkeypatch.setattr(maquette.evals.dispatch, "HOUSEKEEPING_S", 0.05)
    monkeypatch.setattr(evaluate, "LOOK_EVERY_S", 0.05)
    folder = sorted_tickets(tmp_path / "p").folder
    with serving() as server:
        slow = {"card": "gpt-6-luna", "adapter": "openai", "model": model(delay_s=1.5), "base_url": f"{server.root}/v1"}
        opened(folder).set_settings({"models.targets": [{"id": "slow", **slow}]})
        opened(folder).choose(["slow"])
        opened(folder).set_answers({"eval.budget_usd": 1})
        app = MaquetteApp(opened(folder))
        async with app.run_test(size=(80, 24)) as pilot:
            await evaluation_of(pilot, "s", "enter")
            await until(pilot, lambda: "still waiting: example t000 of slow for" in panel_text(app.panel, ".lead"))
            assert "r-002 running: 0 of 30 calls, spent $0.00; . stops it" in panel_text(app.panel, ".lead")
            await pilot.press("full_stop")
            evaluation = app.project.evaluation
            assert evaluation is not None
            await until(pilot, lambda: not evaluation.running)
            await settled(pilot)
            assert "r-002 stopped" in panel_text(app.panel, ".lead")
            assert "s resumes it" in panel_text(app.panel, ".lead")


async def until(pilot: Pilot[None], done: Callable[[], bool]) -> None:
    for _ in range(200):
        if done():
            return
        await pilot.pause(0.05)
    raise AssertionError("not within 10 s")


def test_warnings_that_do_not_fit_are_counted() -> None:
    told = fitting(["first", "second " * 20], [f"warning {number}" for number in range(20)], 80).splitlines()
    assert len(told) == DETAIL_LINES
    assert told[0] == "first"
    assert told[-1] == "15 more warnings; maquette eval show has all"


def test_a_matrix_of_many_labels_is_told_as_the_commonest_mix_ups() -> None:
    labels = tuple(f"intent-{number:02}" for number in range(42))
    pairs = [(label, label) for label in labels] + [("intent-03", "intent-07")] * 5 + [("intent-04", None)]
    told = confusion(aggregate(pairs, labels=labels), 76)
    assert told.splitlines()[:2] == ["5 x intent-03 answered as intent-07", "1 x intent-04 answered as no label"]
    assert max(map(len, confusion(aggregate(pairs[:3], labels=labels[:5]), 76).splitlines())) <= 76


def test_a_long_answer_is_cut_and_what_is_left_out_is_counted() -> None:
    assert one_line("a" * 700).endswith("a… 100 more characters")

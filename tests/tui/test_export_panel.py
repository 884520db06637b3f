"""The export in the terminal: the tree with states, the diff with origins, an answer for each edit, parts, a zip."""

import shutil
import zipfile
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Input, Static

from maquette.bundle.plan import FileState
from maquette_tui.app import MaquetteApp
from maquette_tui.panels.reading import ReadingScreen
from tests.project_world import opened, scenario_project
from tests.tui.test_app import panel_text, settled, text

MINE = "[bold]mine[/] \u202e"
EDITED = ("docs/01-requirements.md", "docs/07-slo.md", "docs/09-data-and-privacy.md")


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle edited in three files, then other requirements: an edit disagrees, one fits, one meets nothing new."""
    folder = tmp_path_factory.mktemp("exported") / "p"
    project = scenario_project(folder, "g")
    project.set_answers({"quality.threshold": 0.75})
    project.write_export(project.plan_export(), {})
    document, *others = (folder / "out" / path for path in EDITED)
    lines = document.read_text().split("\n")
    (at,) = [at for at, line in enumerate(lines) if "quality.threshold |" in line]
    lines[at] += MINE
    document.write_text("\n".join(lines))
    for other in others:
        other.write_text(f"{MINE}\n{other.read_text()}")
    project.set_answers({"quality.threshold": 0.8})
    return folder


@pytest.fixture
def app(exported: Path, tmp_path: Path) -> MaquetteApp:
    shutil.copytree(exported, tmp_path / "p")
    return MaquetteApp(opened(tmp_path / "p"))


async def export_of(pilot: Pilot[None], *keys: str) -> None:
    await settled(pilot)
    await pilot.press("6")
    await settled(pilot)
    for key in keys:
        await pilot.press(key)
        await settled(pilot)


def go_to(app: MaquetteApp, key: str) -> None:
    app.panel.table.move_cursor(row=app.panel.table.get_row_index(key))


def state(app: MaquetteApp, key: str) -> str:
    return app.panel.table.get_row(key)[2].plain  # type: ignore[attr-defined, no-any-return]  # a Text


async def test_edits_are_asked_about_one_by_one_merged_or_marked_and_then_written(
    app: MaquetteApp, tmp_path: Path
) -> None:
    out = tmp_path / "p" / "out"
    async with app.run_test(size=(80, 24)) as pilot:
        await export_of(pilot)
        assert [state(app, path) for path in EDITED] == ["edited: 1 conflict", "edited: fits", "edited: keep"]
        before = {path: (out / path).read_text() for path in EDITED}
        rendered = {spec.path: spec.content for spec in app.project.render_export()}
        await pilot.press("w")
        await settled(pilot)
        assert app.panel.row_key == EDITED[0]
        asked = f"{EDITED[0]} was edited by you: k keeps, r replaces, b writes both beside it."
        assert text(app, "#sentence") == asked
        assert "[bold]mine[/]" in panel_text(app.panel, ".detail")
        await pilot.press("m")
        await settled(pilot)
        assert "nothing else fits" in text(app, "#sentence")
        assert {path: (out / path).read_text() for path in EDITED} == before
        await pilot.press("b")
        await settled(pilot)
        assert state(app, EDITED[0]) == "edited: markers"
        assert "||||||| last export" in panel_text(app.panel, ".detail")
        await pilot.press("w")
        await settled(pilot)
        assert app.panel.row_key == EDITED[1]
        await pilot.press("m", "w")
        await settled(pilot)
        assert "Wrote the bundle to out." in text(app, "#sentence")
        after = {path: (out / path).read_text() for path in EDITED}
        assert (after[EDITED[0]], after[EDITED[2]]) == (before[EDITED[0]], before[EDITED[2]])
        assert after[EDITED[1]] == f"{MINE}\n{rendered[EDITED[1]]}"
        assert MINE in (out / f"{EDITED[0]}.merge").read_text()
        assert app.project.plan_export().in_state(FileState.CHANGED) == ()


async def test_where_a_new_line_comes_from_is_behind_a_key_and_the_whole_diff_behind_another(app: MaquetteApp) -> None:
    async with app.run_test(size=(120, 36)) as pilot:
        await export_of(pilot)
        go_to(app, EDITED[0])
        await settled(pilot)
        assert "<- " not in panel_text(app.panel, ".detail")
        await pilot.press("o")
        await settled(pilot)
        shown = " ".join(panel_text(app.panel, ".detail").split())
        assert "<- templates/docs/01-requirements.md.j2:" in shown
        await pilot.press("enter")
        await settled(pilot)
        assert isinstance(app.screen, ReadingScreen)
        assert EDITED[0] in str(app.screen.query(Static).first().content)
        await pilot.press("escape")
        await settled(pilot)
        await pilot.resize_terminal(80, 24)
        await settled(pilot)
        widths = [column.get_render_width(app.panel.table) for column in app.panel.table.ordered_columns]
        assert sum(widths) <= 80


async def test_only_what_is_marked_is_written_and_a_zip_is_never_replaced_unasked(
    app: MaquetteApp, tmp_path: Path
) -> None:
    out = tmp_path / "p" / "out"
    async with app.run_test(size=(120, 36)) as pilot:
        await export_of(pilot)
        plan = app.project.plan_export()
        changed = [one.spec.path for one in plan.in_state(FileState.CHANGED)]
        records = sum(one.spec.path.startswith("docs/adr/") for one in plan.files)
        (out / EDITED[0]).unlink()
        go_to(app, "docs/adr/")
        await pilot.press("space")
        await settled(pilot)
        assert f". Only {records} of them." in panel_text(app.panel, ".lead")
        assert (changed[0], state(app, changed[0])) == ("docs/00-brief.md", "left out")
        adrs = {path for path in changed if path.startswith("docs/adr/")}
        before = {path: (out / path).read_bytes() for path in changed}
        await pilot.press("w")
        await settled(pilot)
        assert "Wrote the bundle to out." in text(app, "#sentence")
        written = {path for path in before if (out / path).read_bytes() != before[path]}
        assert written == {*adrs, "maquette.lock"}
        assert not (out / EDITED[0]).exists()
        await pilot.press("z", "enter")
        await settled(pilot)
        archive = tmp_path / "p" / "bundle.zip"
        assert adrs < set(zipfile.ZipFile(archive).namelist())
        assert "docs/00-brief.md" not in zipfile.ZipFile(archive).namelist()
        archive.write_bytes(b"mine")
        await pilot.press("z", "enter")
        await settled(pilot)
        assert "bundle.zip is there already" in app.panel.query_one(Input).placeholder
        await pilot.press("n", "o", "enter")
        await settled(pilot)
        assert archive.read_bytes() == b"mine"
        await pilot.press("z", "enter")
        await settled(pilot)
        await pilot.press("y", "e", "s", "enter")
        await settled(pilot)
        assert zipfile.is_zipfile(archive)


async def test_a_template_that_cannot_be_rendered_is_told_in_the_panel(tmp_path: Path) -> None:
    project = scenario_project(tmp_path / "p", "g")
    broken = tmp_path / "p" / "templates" / "own"
    broken.mkdir(parents=True)
    (broken / "template.toml").write_text("nonsense = [")
    app = MaquetteApp(project)
    async with app.run_test(size=(80, 24)) as pilot:
        await export_of(pilot)
        assert panel_text(app.panel, ".lead") == "The bundle cannot be rendered."
        assert "template.toml" in panel_text(app.panel, ".detail")
        await pilot.press("w", "o")
        await settled(pilot)
        assert not (tmp_path / "p" / "out").exists()

"""The export card without a browser: states, a diff with its origins, an answer for each edit, parts, a zip."""

import shutil
import zipfile
from pathlib import Path
from typing import Any

import pytest

from maquette_widgets import cards
from tests.project_world import opened, scenario_project

MINE = "<b>mine</b>"
DISAGREES, FITS = "docs/01-requirements.md", "docs/07-slo.md"


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle edited in two files, then other requirements: one edit disagrees with the new text, one fits."""
    folder = tmp_path_factory.mktemp("exported") / "p"
    project = scenario_project(folder, "g")
    project.set_answers({"quality.threshold": 0.75})
    project.write_export(project.plan_export(), {})
    document, other = folder / "out" / DISAGREES, folder / "out" / FITS
    lines = [line + MINE * ("quality.threshold |" in line) for line in document.read_text().split("\n")]
    document.write_text("\n".join(lines))
    other.write_text(f"{MINE}\n{other.read_text()}")
    project.set_answers({"quality.threshold": 0.8})
    return folder


@pytest.fixture
def box(exported: Path, tmp_path: Path) -> Any:
    shutil.copytree(exported, tmp_path / "p")
    return cards(opened(tmp_path / "p")).export.live


def test_an_edit_is_answered_for_before_anything_is_written(box: Any, tmp_path: Path) -> None:
    out = tmp_path / "p" / "out"
    before = (out / DISAGREES).read_text()
    box.plan()
    assert "edited: 1 conflict</td>" in box.frame.picture.value
    assert "your edit and the new text fit together" in box.frame.picture.value
    box.write.click()
    assert f"{DISAGREES}: You edited it; in 1 place" in box.frame.message.value
    assert (out / DISAGREES).read_text() == before
    assert (box.file.value, [value for _, value in box.answer.options]) == (
        DISAGREES,
        ["", "keep", "replace", "markers"],
    )
    assert MINE not in box.detail.value
    assert "&lt;b&gt;mine" in box.detail.value
    box.answer.value = "markers"
    assert "||||||| last export" in box.detail.value
    box.file.value = FITS
    box.answer.value = "merge"
    box.write.click()
    assert "wrote " in box.frame.message.value
    assert (out / DISAGREES).read_text() == before
    assert MINE in (out / f"{DISAGREES}.merge").read_text()
    assert (out / FITS).read_text().startswith(f"{MINE}\n")
    assert "80 %" in (out / FITS).read_text()
    assert "Resolution.MARKERS" in box.frame.code.value
    assert box.write.disabled


def test_where_lines_come_from_is_told_where_it_is_asked_for(box: Any) -> None:
    box.origins.value = True
    box.plan()
    box.file.value = DISAGREES
    assert "&lt;- templates/docs/01-requirements.md.j2:" in box.detail.value


def test_only_a_part_is_planned_and_an_archive_is_not_replaced(box: Any, tmp_path: Path) -> None:
    box.only.value = "nonsense"
    box.frame.attempt(box.plan)
    assert "no part of this bundle is called" in box.frame.message.value
    box.only.value = "docs/adr/0001-model.md"
    box.frame.attempt(box.zip)
    archive = tmp_path / "p" / "bundle.zip"
    assert set(zipfile.ZipFile(archive).namelist()) == {"docs/adr/0001-model.md", "maquette.lock"}
    archive.write_bytes(b"mine")
    box.frame.attempt(box.zip)
    assert "this file is there already" in box.frame.message.value
    assert archive.read_bytes() == b"mine"
    box.plan()
    assert [value for _, value in box.file.options] == ["docs/adr/0001-model.md", "maquette.lock"]

"""What the tests of whole commands share."""

from pathlib import Path

import pytest

from maquette.adapters import recent_projects
from maquette.cli.main import run
from tests.refresh_world import Run


@pytest.fixture
def maquette(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """The command line of a user whose data folder is empty, in a folder that is no project."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setattr(recent_projects, "_seen", set())
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")

    def maquette(*arguments: object) -> tuple[int, str, str]:
        capsys.readouterr()
        status = run([str(argument) for argument in arguments])
        said = capsys.readouterr()
        return status, said.out, said.err

    return maquette

"""`maquette sql`: the list of what there is to ask, answers as text and data, and rows written into a file."""

import json
from pathlib import Path

import pytest

from maquette.analytics import Database
from maquette.cli.main import run
from maquette.cli.sql_command import command
from maquette.foundation.problems import ExitStatus
from maquette.project import views_in_sql
from maquette.project.views_in_sql import PROJECT_VIEWS, load_views
from tests.project_world import scenario_project
from tests.unit.test_analytics import trial, write_run

Capture = pytest.CaptureFixture[str]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("sql") / "p"
    scenario_project(place, "g_")
    write_run(place, "r-001", trial("a") + "\n" + trial("b", output='=HYPERLINK("http://x")') + "\n")
    return place


def test_without_a_query_the_views_are_listed_and_help_names_each(folder: Path, capsys: Capture) -> None:
    assert run(["sql", "--json", "--project", str(folder)]) == ExitStatus.OK
    listed = [row["view"] for row in json.loads(capsys.readouterr().out)]
    assert listed == sorted(PROJECT_VIEWS)
    assert [name for name in PROJECT_VIEWS if f"\n    {name} " not in (command.help or "")] == []


def test_every_view_and_column_is_explained(folder: Path, capsys: Capture) -> None:
    assert run(["sql", "--tables", "--json", "--project", str(folder)]) == ExitStatus.OK
    views = {view["view"]: view for view in json.loads(capsys.readouterr().out)["views"]}
    for name in PROJECT_VIEWS:
        run(["sql", f"describe {name}", "--json", "--project", str(folder)])
        described = [row["column_name"] for row in json.loads(capsys.readouterr().out)]
        assert [column["column"] for column in views[name]["columns"]] == described


def test_what_is_explained_reads_without_a_table(folder: Path, capsys: Capture) -> None:
    assert run(["sql", "--tables", "--plain", "--project", str(folder)]) == ExitStatus.OK
    assert "view: trials; column: ttft_s; what it holds: Seconds to the first token.\n" in capsys.readouterr().out


def test_rows_are_written_and_nothing_is_overwritten_without_leave(
    folder: Path, tmp_path: Path, capsys: Capture
) -> None:
    path = tmp_path / "out.csv"
    asked = ["sql", "select output from trials order by key", "--output", str(path), "--project", str(folder)]
    assert run(asked) == ExitStatus.OK
    assert capsys.readouterr().err == f"2 rows written to {path}.\n"
    bare = path.read_text(encoding="utf-8")
    assert run([*asked, "--spreadsheet-safe"]) == ExitStatus.CONFLICT
    assert "nothing was overwritten" in capsys.readouterr().err
    assert path.read_text(encoding="utf-8") == bare
    assert run([*asked, "--spreadsheet-safe", "--yes", "--json"]) == ExitStatus.OK
    assert json.loads(capsys.readouterr().out) == {"format": 1, "file": str(path), "form": "csv", "rows": 2}
    assert path.read_text(encoding="utf-8").splitlines()[2] == '"\'=HYPERLINK(""http://x"")"'


@pytest.mark.parametrize(
    ("arguments", "says"),
    [(["--output", "x.csv"], "there is no query"), (["select 1", "--output", "x.xlsx"], "neither CSV nor Parquet")],
)
def test_a_file_needs_a_query_and_a_known_form(folder: Path, arguments: list[str], says: str, capsys: Capture) -> None:
    assert run(["sql", *arguments, "--project", str(folder)]) == ExitStatus.INVALID_INPUT
    assert says in capsys.readouterr().err


def test_a_question_about_runs_alone_reckons_no_costs(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("not asked for")

    monkeypatch.setattr(views_in_sql, "load_cost_lines", refuse)
    project = scenario_project(folder.parent / "other", "g_")
    with Database.over(None) as database:
        load_views(database, project.view, "select * from Run_Results join runs using (run_id)")
        with pytest.raises(AssertionError, match="not asked for"):
            load_views(database, project.view, "show tables")

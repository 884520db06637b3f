"""The command line as a person or a script meets it: one clear message, a documented exit status, nothing lost."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from maquette.cli.main import COMMANDS, run
from maquette.foundation.problems import ExitStatus
from tests.project_world import demo_project, fewer_examples, opened, scenario_project

Capture = pytest.CaptureFixture[str]


def test_help_lists_every_command_and_every_exit_status(capsys: Capture) -> None:
    assert run(["--help"]) == ExitStatus.OK
    text = capsys.readouterr().out
    assert all(re.search(rf"^  {name} ", text, re.MULTILINE) for name in COMMANDS)
    assert all(f"  {int(status)} " in text for status in ExitStatus)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself(name: str, capsys: Capture) -> None:
    assert run([name, "--help"]) == ExitStatus.OK
    assert "Usage: maquette" in capsys.readouterr().out


def test_without_a_terminal_maquette_prints_its_help() -> None:
    found = subprocess.run(
        [sys.executable, "-c", "from maquette.cli.main import main; main([])"],
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    assert found.returncode == 0
    assert "Exit statuses" in found.stdout


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (["nonsense"], ExitStatus.USAGE, "No such command"),
        (["status", "--project", "nowhere"], ExitStatus.NOT_FOUND, "there is no maquette.yaml here"),
        (["set", "latency.p95_ms"], ExitStatus.INVALID_INPUT, "is not NAME=VALUE"),
        (["new", "x", "--from", "none.yaml"], ExitStatus.NOT_FOUND, "none.yaml"),
        (["eval", "run", "--cap", "lots"], ExitStatus.USAGE, "not an amount of dollars"),
        (["eval", "run", "--cap", "-1"], ExitStatus.USAGE, "-1"),
    ],
)
def test_a_wrong_command_line_ends_with_its_status_and_one_message(
    arguments: list[str], status: int, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    monkeypatch.chdir(tmp_path)
    if arguments[0] in ("set",):
        scenario_project(tmp_path / "p", "b")
        monkeypatch.chdir(tmp_path / "p")
    assert run(arguments) == status
    captured = capsys.readouterr()
    assert message in captured.err
    assert "Traceback" not in captured.err
    assert captured.out == ""


def test_a_broken_project_file_lists_every_error_with_its_line(tmp_path: Path, capsys: Capture) -> None:
    scenario_project(tmp_path / "p", "b")
    path = tmp_path / "p" / "maquette.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("p95_ms: 800", "p95_ms: fast").replace("threshold: 0.93", "threshold: 93"), "utf-8")
    assert run(["status", "--project", str(tmp_path / "p"), "--json"]) == ExitStatus.INVALID_INPUT
    problems = json.loads(capsys.readouterr().err)["problems"]
    assert {problem["field"] for problem in problems} == {
        "requirements.latency.p95_ms",
        "requirements.quality.threshold",
    }
    lines = path.read_text(encoding="utf-8").splitlines()
    for problem in problems:
        assert problem["field"].rpartition(".")[2] in lines[problem["line"] - 1]
        assert problem["fix"]


def test_new_from_a_scenario_ignores_its_other_keys_and_refuses_a_second_time(tmp_path: Path, capsys: Capture) -> None:
    (source,) = (Path(__file__).parent.parent / "fixtures" / "scenarios").glob("g*.yaml")
    assert run(["new", str(tmp_path / "p"), "--from", str(source)]) == ExitStatus.OK
    before = (tmp_path / "p" / "maquette.yaml").read_bytes()
    assert opened(tmp_path / "p").view.name == "hrhelp"
    assert run(["new", str(tmp_path / "p"), "--from", str(source)]) == ExitStatus.CONFLICT
    assert (tmp_path / "p" / "maquette.yaml").read_bytes() == before


def test_status_check_tells_a_script_that_something_is_stale(tmp_path: Path, capsys: Capture) -> None:
    project = scenario_project(tmp_path / "p", "b")
    here = ["--project", str(project.folder)]
    assert run(["shortlist", "--choose", "gpt-6-luna", *here]) == ExitStatus.OK
    assert run(["status", "--check", *here]) == ExitStatus.OK
    assert run(["set", "budget.monthly_usd=5_000", *here]) == ExitStatus.OK
    assert run(["status", "--check", *here]) == ExitStatus.FINDING


def test_several_answers_are_changed_together_or_not_at_all(tmp_path: Path, capsys: Capture) -> None:
    project = scenario_project(tmp_path / "p", "b")
    before = (project.folder / "maquette.yaml").read_bytes()
    wrong = ["set", "latency.p95_ms=900", "task.type=clasification", "--project", str(project.folder)]
    assert run(wrong) == ExitStatus.INVALID_INPUT
    assert "classification" in capsys.readouterr().err
    assert (project.folder / "maquette.yaml").read_bytes() == before


def test_why_a_model_is_out_is_one_command(tmp_path: Path, capsys: Capture) -> None:
    project = scenario_project(tmp_path / "p", "b")
    assert run(["shortlist", "--why", "gpt-6.1-sol", "--project", str(project.folder)]) == ExitStatus.OK
    assert "out at the filter 'budget'" in capsys.readouterr().out


def test_explaining_a_rule_shows_its_condition_and_values(tmp_path: Path, capsys: Capture) -> None:
    project = scenario_project(tmp_path / "p", "b")
    assert run(["rules", "explain", "R-ADAPT-07", "--project", str(project.folder)]) == ExitStatus.OK
    text = capsys.readouterr().out
    assert "400000" in text or "400,000" in text
    assert run(["rules", "explain", "R-ADAPT-7", "--project", str(project.folder)]) == ExitStatus.NOT_FOUND
    assert "R-ADAPT-07" in capsys.readouterr().err


def test_sql_reads_the_project_and_nothing_else(tmp_path: Path, capsys: Capture) -> None:
    project = demo_project(tmp_path / "p")
    fewer_examples(project.folder, 8)
    here = ["--project", str(project.folder)]
    assert run(["eval", "run", "--yes", *here]) == ExitStatus.OK
    capsys.readouterr()
    assert run(["sql", "select count(*) as n from trials", "--json", *here]) == ExitStatus.OK
    assert json.loads(capsys.readouterr().out) == [{"n": 8}]
    assert run(["sql", "select * from read_text('/etc/passwd')", *here]) == ExitStatus.INVALID_INPUT
    assert "root:" not in capsys.readouterr().out


def test_export_previews_writes_and_keeps_what_the_user_edited(tmp_path: Path, capsys: Capture) -> None:
    project = scenario_project(tmp_path / "p", "g")
    here = ["--project", str(project.folder)]
    assert run(["export", "--dry-run", *here]) == ExitStatus.OK
    assert not (project.folder / "out").exists()
    assert run(["export", "--yes", *here]) == ExitStatus.OK
    readme = project.folder / "out" / "README.md"
    readme.write_text("mine\n", encoding="utf-8")
    assert run(["export", "--yes", *here]) == ExitStatus.OK
    assert readme.read_text(encoding="utf-8") == "mine\n"
    assert run(["export", "--yes", "--replace", "README.md", *here]) == ExitStatus.OK
    assert readme.read_text(encoding="utf-8") != "mine\n"
    assert run(["export", "--yes", "--keep", "nothing.md", *here]) == ExitStatus.NOT_FOUND


def test_a_decision_needs_a_reason_and_an_option(tmp_path: Path, capsys: Capture) -> None:
    project = scenario_project(tmp_path / "p", "b")
    here = ["--project", str(project.folder)]
    assert run(["decide", "--model", "gpt-6-luna", *here]) == ExitStatus.INVALID_INPUT
    assert run(["decide", "--model", "gpt-6-luna", "--because", "x", *here]) == ExitStatus.NOT_FOUND


def test_plain_output_puts_each_value_behind_its_name(tmp_path: Path, capsys: Capture) -> None:
    project = scenario_project(tmp_path / "p", "b")
    assert run(["status", "--plain", "--project", str(project.folder)]) == ExitStatus.OK
    first = capsys.readouterr().out.splitlines()[0]
    assert first.startswith("stage: 1 Require; state: ✓ done; what there is: ")

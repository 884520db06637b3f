"""`maquette eval compare` on real runs of the bundled models."""

import json
import shutil
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from maquette.cli.contracts import contract_schema
from maquette.cli.main import run
from maquette.foundation.problems import ExitStatus
from tests.project_world import demo_project, fewer_examples

Capture = pytest.CaptureFixture[str]
MODELS = ("triage-tiny", "triage-small")


@pytest.fixture(scope="module")
def evaluated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with a run of two models on 60 examples."""
    folder = tmp_path_factory.mktemp("compare") / "p"
    demo_project(folder, models=MODELS)
    fewer_examples(folder, 60)
    assert run(["eval", "run", "--yes", "--json", "--project", str(folder)]) == ExitStatus.OK
    return folder


def compare(folder: Path, *arguments: str) -> int:
    return run(["eval", "compare", *arguments, "--project", str(folder)])


def test_the_models_of_the_newest_run_are_compared_example_by_example(evaluated: Path, capsys: Capture) -> None:
    assert compare(evaluated, "--json") == ExitStatus.OK
    data = json.loads(capsys.readouterr().out)
    Draft202012Validator(contract_schema("eval-compare")).validate(data)
    (pair,) = data["pairs"]
    assert (pair["baseline"], pair["candidate"], pair["finding"]) == ("triage-tiny", "triage-small", "better")
    rates = {one["label"]: one["rate"]["rate"] for one in data["standings"]}
    assert pair["difference"]["estimate"] == pytest.approx(rates["triage-small"] - rates["triage-tiny"])
    assert len(pair["gained"]) - len(pair["lost"]) == round(60 * pair["difference"]["estimate"])
    assert {part["stratum"] for part in pair["slices"]} == {"normal", "edge", "adversarial"}
    assert data["standings"][0]["label"] == "triage-small"


def test_the_headline_comes_first_and_names_the_model_that_passes(evaluated: Path, capsys: Capture) -> None:
    assert compare(evaluated, "--plain", "--examples", "--threshold", "0.5") == ExitStatus.OK
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("triage-small is the cheapest that passes, at $0.00 an example")
    assert lines[1] == "exact_match over 60 examples of r-001, need 50.0 %."
    assert any(line.startswith("model: triage-small; score: 0.9") for line in lines)
    assert any(line.startswith("triage-small beside triage-tiny, gained: t0") for line in lines)
    assert compare(evaluated, "--markdown") == ExitStatus.OK
    markdown = capsys.readouterr().out
    assert "### Standings\n\n| model | score | 95 % interval |" in markdown


def test_another_metric_and_a_baseline_may_be_chosen(evaluated: Path, capsys: Capture) -> None:
    assert compare(evaluated, "--metric", "json_fields", "--baseline", "triage-small", "--json") == ExitStatus.OK
    data = json.loads(capsys.readouterr().out)
    assert (data["metric"], data["reference"], data["pairs"][0]["finding"]) == ("json_fields", "triage-small", "worse")


def test_of_two_runs_the_examples_that_changed_are_left_out_and_the_prompt_is_told(
    evaluated: Path, tmp_path: Path, capsys: Capture
) -> None:
    folder = tmp_path / "p"
    shutil.copytree(evaluated, folder)
    path = folder / "evals" / "triage.jsonl"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("All of your systems are down", "All systems are up"), encoding="utf-8")
    assert run(["eval", "run", "--yes", "--json", "--project", str(folder)]) == ExitStatus.OK
    capsys.readouterr()
    assert compare(folder, "r-001:triage-tiny", "r-002:triage-tiny", "--json") == ExitStatus.OK
    data = json.loads(capsys.readouterr().out)
    assert [side["label"] for side in data["sides"]] == ["triage-tiny (r-001)", "triage-tiny (r-002)"]
    assert data["differing"] == {"r-002": ["dataset"]}
    (pair,) = data["pairs"]
    assert pair["dropped"] == {"another example under this id in r-002": ["t001"]}
    assert (pair["difference"]["examples"], pair["gained"], pair["lost"]) == (59, [], [])
    (folder / "prompts" / "triage.j2").write_text("---\nversion: 3\n---\nHello. {{ message[:9] }}\n", encoding="utf-8")
    assert run(["eval", "run", "--yes", "--json", "--project", str(folder)]) == ExitStatus.OK
    capsys.readouterr()
    assert compare(folder, "r-002", "r-003", "--baseline", "r-002:triage-small") == ExitStatus.OK
    said = capsys.readouterr().out
    assert "r-003 differs from r-002 in prompt" in said
    assert "triage-small (r-003) is worse than triage-small (r-002)" in said


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (["r-01"], ExitStatus.NOT_FOUND, "Did you mean r-001?"),
        (["triage-tiny"], ExitStatus.NOT_FOUND, "'triage-tiny' is a target: write r-001:triage-tiny."),
        (["r-001:triage-tinny"], ExitStatus.NOT_FOUND, "Did you mean triage-tiny?"),
        (["r-001:triage-tiny"], ExitStatus.INVALID_INPUT, "there is one target to compare: triage-tiny of r-001"),
        (["--baseline", "triage-smal"], ExitStatus.NOT_FOUND, "Did you mean triage-small?"),
        (["--metric", "json_field"], ExitStatus.NOT_FOUND, "Did you mean json_fields?"),
        (["--margin", "1"], ExitStatus.USAGE, "not in the range"),
    ],
)
def test_a_wrong_name_is_told_with_the_one_that_may_be_meant(
    arguments: list[str], status: int, message: str, evaluated: Path, capsys: Capture
) -> None:
    assert compare(evaluated, *arguments) == status
    said = capsys.readouterr()
    assert message in said.err
    assert said.out == ""


def test_a_project_without_a_run_says_how_to_start_one(tmp_path: Path, capsys: Capture) -> None:
    demo_project(tmp_path / "p")
    assert compare(tmp_path / "p") == ExitStatus.NOT_FOUND
    assert "Start one: maquette eval run." in capsys.readouterr().err

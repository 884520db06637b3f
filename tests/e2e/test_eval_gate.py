"""`maquette eval bless` and `maquette eval gate` as CI runs them, on real runs of the bundled models."""

import json
import resource
import shutil
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from jsonschema import Draft202012Validator

from maquette.cli.contracts import contract_schema
from maquette.cli.main import run
from maquette.foundation.problems import ExitStatus
from tests.loopback_models import model, serving
from tests.project_world import demo_project, fewer_examples, opened

Capture = pytest.CaptureFixture[str]
BASELINE = Path("evals", "baseline.json")
WORSE = "---\nversion: 2\n---\nSay hello. {{ message[:10] }}\n"


@pytest.fixture(scope="module")
def evaluated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with a run of 80 examples."""
    folder = tmp_path_factory.mktemp("gate") / "p"
    demo_project(folder)
    fewer_examples(folder, 80)
    assert run(["eval", "run", "--yes", "--json", "--project", str(folder)]) == ExitStatus.OK
    return folder


@pytest.fixture
def folder(evaluated: Path, tmp_path: Path) -> Path:
    """A copy of it."""
    shutil.copytree(evaluated, tmp_path / "p")
    return tmp_path / "p"


def maquette(folder: Path, *arguments: str) -> int:
    return run(["eval", *arguments, "--project", str(folder)])


def data_of(folder: Path, capsys: Capture, name: str, *arguments: str) -> tuple[int, Any]:
    """The status and the data of a command, which keeps its contract."""
    capsys.readouterr()
    status = maquette(folder, name, *arguments, "--json")
    data = json.loads(capsys.readouterr().out)
    Draft202012Validator(contract_schema(f"eval-{name}")).validate(data)
    return status, data


def run_again(folder: Path, *, prompt: str | None = None) -> None:
    if prompt is not None:
        (folder / "prompts" / "triage.j2").write_text(prompt, encoding="utf-8")
    assert maquette(folder, "run", "--yes", "--fresh", "--json") == ExitStatus.OK


def change_examples(folder: Path, changes: dict[int, dict[str, Any]]) -> None:
    path = folder / "evals" / "triage.jsonl"
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    for place, change in changes.items():
        rows[place] |= change
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


def test_without_a_baseline_the_gate_says_how_to_make_one(folder: Path, capsys: Capture) -> None:
    assert maquette(folder, "gate") == ExitStatus.NOT_FOUND
    assert capsys.readouterr().err == (
        "evals/baseline.json: there is no baseline\n  Bless a run: maquette eval bless.\n"
    )


def test_a_blessing_is_a_preview_until_it_is_agreed_to(folder: Path, capsys: Capture) -> None:
    status, preview = data_of(folder, capsys, "bless")
    assert (status, preview["written"], preview["replaces"]) == (ExitStatus.OK, False, None)
    assert not (folder / BASELINE).exists()
    status, written = data_of(folder, capsys, "bless", "--yes")
    (target,) = written["targets"]
    assert (target["target"], target["examples"], target["rate"]["rate"]) == ("triage-tiny", 80, 41 / 80)
    assert json.loads((folder / BASELINE).read_text(encoding="utf-8"))["run"] == "r-001"


def test_the_same_project_on_a_fresh_clone_passes(folder: Path, capsys: Capture) -> None:
    assert maquette(folder, "bless", "--yes") == ExitStatus.OK
    shutil.rmtree(folder / ".maquette" / "runs")
    assert maquette(folder, "gate") == ExitStatus.NOT_FOUND
    run_again(folder)
    status, report = data_of(folder, capsys, "gate")
    assert (status, report["outcome"], report["differing"], report["notes"]) == (ExitStatus.OK, "pass", [], [])
    (target,) = report["targets"]
    assert (target["examples"], target["broken"], target["difference"]["estimate"]) == (80, [], 0)


def test_a_prompt_that_makes_the_model_worse_fails_the_gate(folder: Path, tmp_path: Path, capsys: Capture) -> None:
    assert maquette(folder, "bless", "--yes") == ExitStatus.OK
    run_again(folder, prompt=WORSE)
    junit, markdown = tmp_path / "gate.xml", tmp_path / "gate.md"
    assert maquette(folder, "gate", "--junit", str(junit), "--markdown", str(markdown)) == ExitStatus.FINDING
    said = capsys.readouterr().out
    assert "Gate: FAIL: r-002 beside the baseline r-001, by exact_match\nchanged since the baseline: prompt\n" in said
    assert "39 were right, are wrong now: t003, t004" in said
    suites = ET.parse(junit).getroot()
    assert (suites.tag, suites.get("tests"), suites.get("failures"), suites.get("errors")) == (
        "testsuites",
        "3",
        "2",
        "0",
    )
    cases = {case.get("name"): case for case in suites.iter("testcase")}
    assert list(cases) == ["run fit to judge", "no regression", "no alert"]
    failure = cases["no regression"].find("failure")
    assert failure is not None
    assert failure.get("message", "").startswith("more than 5.0 points worse: -48.8 points on 80 examples")
    assert "| triage-tiny | FAIL | 80 | 0.512 | 0.025 | -48.8 |" in markdown.read_text(encoding="utf-8")
    status, report = data_of(folder, capsys, "gate")
    assert (status, report["exit_status"], report["outcome"]) == (1, 1, "fail")
    assert len(report["targets"][0]["broken"]) == 39


def test_what_the_project_demands_is_kept_and_the_options_say_otherwise(folder: Path, capsys: Capture) -> None:
    change_examples(folder, {0: {"must_pass": True}, 2: {"must_pass": True}})
    run_again(folder)
    assert maquette(folder, "bless", "--yes") == ExitStatus.OK
    # The model is wrong on t001, which must be right, and right on t003.
    status, report = data_of(folder, capsys, "gate")
    (check,) = [check for check in report["targets"][0]["checks"] if check["check"] == "must_pass"]
    assert (status, [(item["example"], item["outcome"]) for item in check["items"]]) == (
        ExitStatus.FINDING,
        [("t001", "fail"), ("t003", "pass")],
    )
    assert maquette(folder, "gate", "--no-must-pass") == ExitStatus.OK
    opened(folder).set_settings(
        {
            "evaluation.gate.must_pass": False,
            "evaluation.gate.margin": 0.5,
            "evaluation.gate.alert": 0.6,
            "evaluation.gate.hard_breaks": ["t001", "t003"],
        }
    )
    assert maquette(folder, "gate") == ExitStatus.OK
    run_again(folder, prompt=WORSE)
    status, report = data_of(folder, capsys, "gate", "--margin", "0.7")
    checks = {check["check"]: check["outcome"] for check in report["targets"][0]["checks"]}
    assert checks == {"fitness": "pass", "regression": "pass", "alert": "pass", "hard_breaks": "fail"}
    assert (status, report["demands"]["margin"], report["demands"]["alert"]) == (ExitStatus.FINDING, 0.7, 0.6)


def test_too_few_examples_have_a_status_of_their_own_and_count_as_the_project_says(
    folder: Path, tmp_path: Path, capsys: Capture
) -> None:
    fewer_examples(folder, 30)
    run_again(folder)
    assert maquette(folder, "bless", "--yes") == ExitStatus.OK
    junit = tmp_path / "gate.xml"
    assert maquette(folder, "gate", "--junit", str(junit)) == ExitStatus.NOT_ENOUGH_DATA
    assert "Gate: not enough data: r-002 beside the baseline r-002, by exact_match; about 22 more" in (
        capsys.readouterr().out
    )
    assert [suite.get("skipped") for suite in ET.parse(junit).getroot()] == ["1"]
    opened(folder).change_by_text({"evaluation.gate.not_enough_data": "pass"})
    assert maquette(folder, "gate") == ExitStatus.OK
    opened(folder).change_by_text({"evaluation.gate.not_enough_data": "fail"})
    assert maquette(folder, "gate", "--junit", str(junit)) == ExitStatus.FINDING
    assert ET.parse(junit).getroot().get("failures") == "1"


def test_a_run_that_could_not_reach_its_model_is_not_fit_to_judge(tmp_path: Path, capsys: Capture) -> None:
    folder = tmp_path / "p"
    demo_project(folder)
    fewer_examples(folder, 6)
    target = {"id": "m", "card": "local/triage-tiny", "adapter": "openai"}
    with serving() as server:
        project = opened(folder)
        project.set_settings({"models.targets": [{**target, "model": model(), "base_url": server.base_url}]})
        project.choose(["m"])
        run_again(folder)
        assert maquette(folder, "bless", "--yes") == ExitStatus.OK
        refusing = {**target, "model": model(status=404, message="gone"), "base_url": server.base_url}
        opened(folder).set_settings({"models.targets": [refusing]})
        assert maquette(folder, "run", "--yes") == ExitStatus.UNAVAILABLE
    status, report = data_of(folder, capsys, "gate")
    assert (status, report["outcome"]) == (ExitStatus.CALLS_FAILED, "not_fit_to_judge")
    assert "target m" in report["differing"]
    assert maquette(folder, "bless", "--yes") == ExitStatus.INVALID_INPUT
    assert "r-002 is no baseline to build on: r-002 did not finish" in capsys.readouterr().err
    assert maquette(folder, "bless", "--yes", "--anyway") == ExitStatus.OK
    kept = json.loads((folder / BASELINE).read_text(encoding="utf-8"))
    assert kept["accepted"][0].startswith("r-002 did not finish")


def test_a_run_of_yesterdays_prompt_is_said_to_be_stale(folder: Path, capsys: Capture) -> None:
    assert maquette(folder, "bless", "--yes") == ExitStatus.OK
    (folder / "prompts" / "triage.j2").write_text(WORSE, encoding="utf-8")
    assert maquette(folder, "gate") == ExitStatus.OK
    assert "r-001 is stale: examples, prompt, metrics or models changed since" in capsys.readouterr().out


def test_blessing_over_a_baseline_shows_the_difference(folder: Path, capsys: Capture) -> None:
    assert maquette(folder, "bless", "--yes") == ExitStatus.OK
    run_again(folder, prompt=WORSE)
    status, data = data_of(folder, capsys, "bless")
    (change,) = data["changes"]
    assert (status, data["replaces"], len(change["lost"]), len(change["gained"])) == (ExitStatus.OK, "r-001", 39, 0)
    assert change["warnings"] == ["r-002 differs from r-001 in prompt"]
    assert maquette(folder, "bless") == ExitStatus.OK
    said = capsys.readouterr()
    assert "triage-tiny (r-002) is worse than triage-tiny (blessed r-001) by 48.8 points" in said.out
    assert said.err == "Nothing was written. --yes goes ahead without asking.\n"


def test_other_examples_under_the_same_ids_are_not_comparable(folder: Path, capsys: Capture) -> None:
    assert maquette(folder, "bless", "--yes") == ExitStatus.OK
    change_examples(folder, {place: {"inputs": {"message": f"Other {place}"}} for place in range(80)})
    run_again(folder)
    assert maquette(folder, "gate") == ExitStatus.INVALID_INPUT
    said = capsys.readouterr().err
    assert "shares no scored example with the baseline r-001 (another example under this id in r-002: 80)" in said


HOSTILE = ("<b>\x1b[31m", "]]>&|`[x](http://evil)", "::error::\n# h", "' or 1=1 --", "\u202eabc")


def test_hostile_names_stay_text_in_every_file_and_on_the_terminal(
    folder: Path, tmp_path: Path, capsys: Capture
) -> None:
    change_examples(folder, {place: {"id": name, "must_pass": True} for place, name in enumerate(HOSTILE)})
    run_again(folder)
    assert maquette(folder, "bless", "--yes") == ExitStatus.OK
    run_again(folder, prompt=WORSE)
    junit = tmp_path / "gate.xml"
    capsys.readouterr()
    assert maquette(folder, "gate", "--junit", str(junit), "--markdown", "-") == ExitStatus.FINDING
    markdown = capsys.readouterr().out
    assert not set("\x1b\u202e<`") & set(markdown)
    assert "http://evil" not in markdown
    assert not [line for line in markdown.splitlines() if line.startswith(("::", "# "))]
    names = [case.get("name", "") for case in ET.parse(junit).iter("testcase")]
    assert "must be right: <b>�[31m" in names
    assert "must be right: ]]>&|`[x](http://evil)" in names
    assert maquette(folder, "gate") == ExitStatus.FINDING
    assert not set("\x1b\u202e") & set(capsys.readouterr().out)
    assert maquette(folder, "compare", "r-002", "r-003", "--examples") == ExitStatus.OK
    assert not set("\x1b\u202e") & set(capsys.readouterr().out)


def test_a_broken_baseline_is_told_with_its_line_and_may_be_blessed_anew(folder: Path, capsys: Capture) -> None:
    assert maquette(folder, "bless", "--yes") == ExitStatus.OK
    text = (folder / BASELINE).read_text(encoding="utf-8")
    line = text[: text.index('"t003": 1.0')].count("\n") + 1
    (folder / BASELINE).write_text(text.replace('"t003": 1.0', '"t003": 3'), encoding="utf-8")
    capsys.readouterr()
    assert maquette(folder, "gate") == ExitStatus.INVALID_INPUT
    place = f"evals/baseline.json:{line}, targets.triage-tiny.scores.t003"
    assert capsys.readouterr().err.startswith(f"{place}: 3 is not possible here: Input should be less than or equal")
    assert maquette(folder, "bless", "--yes") == ExitStatus.OK
    assert "The old baseline is no baseline" in capsys.readouterr().err
    assert (folder / BASELINE).read_text(encoding="utf-8") == text


def test_a_full_disk_under_the_junit_file_is_told_after_the_verdict(folder: Path, capsys: Capture) -> None:
    assert maquette(folder, "bless", "--yes") == ExitStatus.OK
    assert maquette(folder, "gate", "--junit", "/dev/full") == ExitStatus.UNAVAILABLE
    said = capsys.readouterr()
    assert "Gate: pass" in said.out
    assert "/dev/full: cannot be written: No space left on device" in said.err


def _little_room() -> None:
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))


def _in_a_process(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    # -B: Python puts a file of compiled code in its place though the disk took only a part of it.
    command: Sequence[str] = [
        sys.executable,
        "-B",
        "-c",
        "from maquette.cli.main import main; main()",
        "eval",
        *arguments,
    ]
    return subprocess.run(
        [*command, "--project", str(folder)],
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=_little_room,  # no threads are under way here
    )


def test_a_disk_that_takes_no_more_leaves_the_old_baseline(folder: Path) -> None:
    assert maquette(folder, "bless", "--yes") == ExitStatus.OK
    before = (folder / BASELINE).read_bytes()
    run_again(folder, prompt=WORSE)
    done = _in_a_process(folder, "bless", "--yes")
    assert done.returncode == ExitStatus.UNAVAILABLE
    assert "cannot be written: File too large" in done.stderr
    assert (folder / BASELINE).read_bytes() == before
    assert sorted(path.name for path in (folder / "evals").iterdir()) == [
        "answer.schema.json",
        "baseline.json",
        "triage.jsonl",
    ]


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (["gate", "--margin", "0"], ExitStatus.USAGE, "not in the range 0<x<1"),
        (["gate", "--run", "r-009"], ExitStatus.NOT_FOUND, "no run 'r-009'"),
        (["gate", "--target", "triage-tinny"], ExitStatus.NOT_FOUND, "Did you mean triage-tiny?"),
        (["gate", "--json", "--markdown", "-"], ExitStatus.USAGE, "both print on stdout"),
        (["gate", "--baseline", "none.json"], ExitStatus.NOT_FOUND, "none.json: there is no baseline"),
        (["bless", "r-009"], ExitStatus.NOT_FOUND, "There are: r-001."),
        (["bless", "--target", "tiny"], ExitStatus.NOT_FOUND, "r-001 has no target 'tiny'"),
    ],
)
def test_a_wrong_name_or_demand_is_one_clear_message(
    arguments: list[str], status: int, message: str, folder: Path, capsys: Capture
) -> None:
    assert maquette(folder, "bless", "--yes") == ExitStatus.OK
    capsys.readouterr()
    assert maquette(folder, *arguments) == status
    said = capsys.readouterr()
    assert message in said.err
    assert said.out == ""

"""`maquette eval report`: what it prints and writes, and what it says when something is missing."""

import csv
import json
import resource
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from maquette.cli.contracts import contract_schema
from maquette.cli.main import run
from maquette.evals.trials import RunState, Trial
from tests.project_world import opened
from tests.report_world import MODELS, record_run, triage_project

Ask = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with two runs, the second of a later prompt."""
    place = tmp_path_factory.mktemp("report") / "p"
    record_run(triage_project(place, examples=120), seed=3)
    (place / "prompts" / "main.j2").write_text("---\nversion: 4\n---\nSort: {{ message }}\n", "utf-8")
    record_run(opened(place))
    return place


@pytest.fixture
def own(folder: Path, tmp_path: Path) -> Path:
    """A copy that a test may change."""
    return Path(shutil.copytree(folder, tmp_path / "p"))


@pytest.fixture
def ask(folder: Path, capsys: pytest.CaptureFixture[str]) -> Ask:
    """The command on that project, or on another one."""

    def ask(*arguments: object, at: Path = folder) -> tuple[int, str, str]:
        capsys.readouterr()
        status = run(["eval", "report", *map(str, arguments), "--project", str(at)])
        said = capsys.readouterr()
        return status, said.out, said.err

    return ask


def test_the_terminal_report_begins_with_the_verdict_and_fits_eighty_columns(ask: Ask) -> None:
    status, out, err = ask()
    assert (status, err) == (0, "")
    assert out.startswith("delta-medium is the smallest model that passes.\ndelta-medium is the cheapest that passes")
    assert max(map(len, out.splitlines())) <= 80
    for heading in ("Models", "Which is better", "Cost", "Latency", "Calls, errors and retries", "By stratum"):
        assert f"\n{heading}\n" in out


def test_plain_text_has_a_line_of_words_a_model(ask: Ask) -> None:
    _, out, _ = ask("--plain")
    assert "model: alpha-mini; accuracy % (95 %): " in out
    assert "; P95 ms: " in out
    assert "; per 1K req: $0.290" in out


def test_json_keeps_its_contract_and_has_every_figure_exactly(ask: Ask) -> None:
    status, out, _ = ask("--json", "--compare", "r-001")
    data = json.loads(out)
    Draft202012Validator(contract_schema("eval-report")).validate(data)
    assert (status, data["run"], data["examples"]) == (0, "r-002", 120)
    assert [model["usd_per_1k_requests"] for model in data["models"]] == ["0.29000", "0.49000", "1.66000", "4.1000"]
    assert sum(map(sum, data["breakdown"]["labels"]["beta-flash"]["matrix"])) == data["models"][1]["scored"]
    assert [(one["run"], one["differs"], len(one["pairs"])) for one in data["against"]] == [("r-001", ["prompt"], 4)]


def test_an_earlier_run_can_be_named_and_is_said_to_be_of_an_earlier_plan(ask: Ask) -> None:
    status, out, _ = ask("r-001")
    assert status == 0
    assert "This run is not of today's plan: prompt changed since." in " ".join(out.split())


def test_another_run_beside_it_says_what_differs(ask: Ask) -> None:
    _, out, _ = ask("--compare", "r-001")
    words = " ".join(out.split())
    assert "r-002 and r-001 (2026-11-18, finished) differ in: prompt." in words
    assert "not enough data to tell beta-flash (r-002) from beta-flash (r-001): " in words


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (["r-009"], 4, "this project has no run 'r-009'"),
        (["--compare", "r-009"], 4, "There are: r-001, r-002."),
        (["r-001", "--compare", "r-001"], 3, "r-001 is compared with itself"),
        (["--examples", "some"], 2, "'some' is not all, wrong or a number above 0"),
        (["--html", "same", "--csv", "same"], 3, "two forms of the report go into one file"),
        (["--json", "--markdown", "-"], 3, "JSON and Markdown cannot both be printed"),
        (["--html", "nowhere/r.html"], 3, "its folder is not there"),
        (["--html", "."], 3, "a folder is in its place"),
    ],
)
def test_what_cannot_be_done_is_said_with_what_to_do(arguments: list[str], status: int, words: str, ask: Ask) -> None:
    found, out, err = ask(*arguments)
    assert (found, out) == (status, "")
    assert words in err


def test_all_forms_can_be_written_at_once_with_their_sizes(ask: Ask, tmp_path: Path) -> None:
    names = {"html": "r.html", "markdown": "r.md", "csv": "r.csv", "parquet": "r.parquet"}
    options = [part for form, name in names.items() for part in (f"--{form}", tmp_path / name)]
    status, out, err = ask(*options, "--json")
    files = json.loads(out)["files"]
    assert status == 0
    assert [(one["form"], one["size_bytes"]) for one in files] == [
        (form, (tmp_path / name).stat().st_size) for form, name in names.items()
    ]
    assert err.count("Wrote ") == 4
    assert (tmp_path / "r.html").read_text("utf-8").startswith("<!doctype html>")
    with (tmp_path / "r.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 480
    assert {row["run_id"] for row in rows} == {"r-002"}
    assert (tmp_path / "r.parquet").read_bytes()[:4] == b"PAR1"
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(names.values())


def test_markdown_can_be_printed(ask: Ask) -> None:
    status, out, err = ask("--markdown", "-")
    assert (status, err) == (0, "")
    assert out.startswith("## delta-medium is the smallest model that passes\n")


def test_a_file_that_is_there_is_replaced_only_when_somebody_agrees(ask: Ask, tmp_path: Path) -> None:
    place = tmp_path / "r.html"
    place.write_text("mine", "utf-8")
    place.chmod(0o640)
    status, _, err = ask("--html", place)
    assert (status, place.read_text("utf-8")) == (7, "mine")
    assert "the file is there already; nothing was written over it" in err
    status, _, err = ask("--html", place, "--yes")
    assert (status, place.stat().st_mode & 0o777) == (0, 0o640)
    assert "replaces a file of 0.0 kB" in err
    assert [path.name for path in tmp_path.iterdir()] == ["r.html"]


@contextmanager
def room_for(size_bytes: int) -> Iterator[None]:
    """This process may write files of so many bytes: a disk that is full then."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size_bytes, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize("form", ["html", "csv"])
def test_a_full_disk_leaves_the_old_file_and_nothing_beside_it(form: str, ask: Ask, tmp_path: Path) -> None:
    place = tmp_path / f"r.{form}"
    place.write_text("mine", "utf-8")
    with room_for(4_096):
        status, _, err = ask(f"--{form}", place, "--yes")
    assert (status, place.read_text("utf-8")) == (5, "mine")
    assert "written" in err
    assert [path.name for path in tmp_path.iterdir()] == [place.name]


def test_examples_can_be_left_out_of_the_page(ask: Ask, tmp_path: Path) -> None:
    for which, note in (("wrong", "those that a model got wrong or failed on."), ("5", "--examples all has all.")):
        ask("--html", tmp_path / which, "--examples", which)
        assert note in (tmp_path / which).read_text("utf-8")
    ask("--html", tmp_path / "all")
    assert (tmp_path / "5").stat().st_size < (tmp_path / "wrong").stat().st_size < (tmp_path / "all").stat().st_size


def test_a_project_without_a_run_and_a_run_without_answers_say_so(ask: Ask, tmp_path: Path) -> None:
    project = triage_project(tmp_path / "empty", examples=3)
    status, _, err = ask(at=project.folder)
    assert (status, "this project has no evaluation run" in err) == (4, True)
    record_run(project, change=lambda trial: None, state=RunState.STOPPED)
    status, _, err = ask(at=project.folder)
    assert (status, "run r-001 (stopped) has no answers on record" in err) == (4, True)


def test_a_run_that_was_cut_off_says_so_in_the_first_line(ask: Ask, tmp_path: Path) -> None:
    def first_ten(trial: Trial) -> Trial | None:
        return trial if trial.example_id < "t0010" else None

    project = triage_project(tmp_path / "p", examples=20)
    record_run(project, change=first_ten, state=RunState.CAP_REACHED)
    _, out, _ = ask(at=project.folder)
    first = "Not complete. Run r-001 was ended by its cap in dollars: 40 of 80 answers are on record"
    assert " ".join(out.split()).startswith(first)
    assert ask("--markdown", "-", at=project.folder)[1].startswith("**Not complete.** Run r-001 ")


def test_examples_that_changed_since_are_unknown_and_not_guessed(ask: Ask, own: Path, tmp_path: Path) -> None:
    with (own / "evals" / "tickets.jsonl").open("a", encoding="utf-8") as file:
        file.write('{"id": "new", "inputs": {"message": "x"}, "expected": "bug"}\n')
    _, out, _ = ask("--json", at=own)
    assert json.loads(out)["breakdown"]["unknown"] == "evals/tickets.jsonl changed since the run"
    ask("--html", tmp_path / "r.html", at=own)
    text = (tmp_path / "r.html").read_text("utf-8")
    assert "Inputs and expected answers are unknown: evals/tickets.jsonl changed since the run." in text
    assert '"input":null,"expected":null' in text


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"metrics": [{"kind": "exact_match"}]}, "the metric label is no longer among the project's metrics"),
        (
            {"metrics": [{"kind": "gone", "name": "label"}]},
            "cannot be had: nothing is registered under the name 'gone'",
        ),
        (
            {"metrics": [{"kind": "label", "labels": ["a", "b"]}]},
            "the settings of the metric label are not those of the run",
        ),
        ({"prompt": "prompts/gone.j2"}, "the metric label cannot be asked: "),
    ],
)
def test_a_metric_that_is_gone_or_another_one_is_said(
    changes: dict[str, object], why: str, ask: Ask, own: Path
) -> None:
    opened(own).set_settings({f"evaluation.{name}": value for name, value in changes.items()})
    status, out, _ = ask("--json", at=own)
    assert status == 0
    assert why in json.loads(out)["breakdown"]["unknown"]


def test_a_run_of_an_earlier_version_is_reported_with_what_it_has(ask: Ask, own: Path) -> None:
    run_folder = own / ".maquette" / "runs" / "r-002"
    manifest = json.loads((run_folder / "manifest.json").read_text("utf-8"))
    del manifest["made_of"]
    manifest["computed_from"] = "0" * 16
    (run_folder / "manifest.json").write_text(json.dumps(manifest), "utf-8")
    later = ("client", "finish_reason", "must_pass", "cluster", "weight")
    lines = (run_folder / "trials.jsonl").read_text("utf-8").splitlines()
    rows = ({k: v for k, v in json.loads(line).items() if k not in later} for line in lines)
    (run_folder / "trials.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    status, out, _ = ask("--json", at=own)
    data = json.loads(out)
    assert (status, data["made_of"], data["models"][0]["must_pass"]) == (0, {}, 0)
    assert (
        data["breakdown"]["unknown"]
        == "an earlier version wrote the run, which does not say of which examples and settings"
    )
    _, out, _ = ask("--compare", "r-001", at=own)
    assert "what differs between them is not on record" in " ".join(out.split())


def test_csv_for_a_spreadsheet_runs_no_formula(ask: Ask, tmp_path: Path) -> None:
    ask("--csv", tmp_path / "safe.csv", "--spreadsheet-safe")
    ask("--csv", tmp_path / "exact.csv")
    for name, answers in (("safe", {"'=HYPERLINK(1+1)"}), ("exact", {"=HYPERLINK(1+1)"})):
        with (tmp_path / f"{name}.csv").open(newline="", encoding="utf-8") as file:
            found = {row["output"] for row in csv.DictReader(file) if "HYPERLINK" in row["output"]}
        assert found == answers


def test_names_in_a_terminal_move_no_cursor(ask: Ask, tmp_path: Path) -> None:
    project = triage_project(tmp_path / "p", examples=4, models=MODELS[:1])
    record_run(project, models=MODELS[:1], change=lambda trial: replace(trial, stratum="a\x1b[2Jb\u202ec"))
    _, out, _ = ask(at=project.folder)
    assert "\x1b" not in out
    assert "\u202e" not in out

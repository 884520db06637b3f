"""`maquette export` as a user meets it: any state of a project, parts, archives, origins, templates of one's own."""

import hashlib
import json
import os
import resource
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from maquette.foundation.problems import ExitStatus
from tests.refresh_world import Run

MAQUETTE = [sys.executable, "-c", "from maquette.cli.main import main; main()"]


@pytest.fixture
def project(maquette: Run, tmp_path: Path) -> Path:
    """A project of which nothing is known."""
    assert maquette("new", tmp_path / "p")[0] == ExitStatus.OK
    return tmp_path / "p"


def tree(folder: Path) -> dict[str, str]:
    """Path to digest of every file."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_a_fresh_project_exports_documents_that_say_what_is_missing(maquette: Run, project: Path) -> None:
    status, out, _ = maquette("export", "--project", project, "--yes")
    assert status == ExitStatus.OK
    assert "  + README.md" in out
    readme = (project / "out" / "README.md").read_text()
    assert "**DRAFT**" in readme
    assert "No evaluation has been run" in readme
    assert "No cost has been projected" in readme


@pytest.mark.parametrize(
    "answers",
    [
        ("users.audience=consumer",),
        ("scale.requests_per_day=4000", "tokens.input_avg=500", "tokens.output_avg=100"),
        ("budget.monthly_usd=0", "latency.p95_ms=1", "availability.target=0.99999"),
    ],
)
def test_any_answers_export(maquette: Run, project: Path, answers: tuple[str, ...]) -> None:
    assert maquette("set", *answers, "--project", project)[0] == ExitStatus.OK
    status, _, err = maquette("export", "--project", project, "--out", "bundle", "--yes")
    assert (status, "Traceback" in err) == (ExitStatus.OK, False)
    assert (project / "bundle" / "maquette.lock").is_file()


def test_broken_runs_in_the_project_are_told_or_passed_over(maquette: Run, project: Path) -> None:
    runs = project / ".maquette" / "runs" / "r-001"
    runs.mkdir(parents=True)
    (runs / "manifest.json").write_text('{"half":')
    (runs / "trials.jsonl").write_text("no json\n")
    status, _, err = maquette("export", "--project", project, "--yes")
    assert status in {ExitStatus.OK, ExitStatus.INVALID_INPUT}
    assert "Traceback" not in err
    assert (status == ExitStatus.OK) is (project / "out").exists()


def test_a_file_in_place_of_the_folder_is_one_message(maquette: Run, project: Path) -> None:
    (project / "taken").write_text("mine")
    status, _, err = maquette("export", "--project", project, "--out", "taken", "--yes")
    assert status == ExitStatus.UNAVAILABLE
    assert len(err.strip().splitlines()) <= 4
    assert (project / "taken").read_text() == "mine"


def test_a_linked_folder_is_the_users_own_choice(maquette: Run, project: Path, tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (project / "link").symlink_to(tmp_path / "real")
    assert maquette("export", "--project", project, "--out", "link/inner", "--yes")[0] == ExitStatus.OK
    assert (tmp_path / "real" / "inner" / "README.md").is_file()


def test_a_link_inside_the_bundle_is_not_followed(maquette: Run, project: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (project / "out").mkdir()
    (project / "out" / "docs").symlink_to(tmp_path / "elsewhere")
    assert maquette("export", "--project", project, "--yes")[0] == ExitStatus.INVALID_INPUT
    assert not any((tmp_path / "elsewhere").iterdir())


@pytest.fixture
def read_only(project: Path) -> Iterator[Path]:
    yield project
    project.chmod(0o755)


@pytest.mark.skipif(os.geteuid() == 0, reason="the superuser may write everywhere")
def test_a_read_only_project_exports_elsewhere(maquette: Run, read_only: Path, tmp_path: Path) -> None:
    read_only.chmod(0o555)
    assert maquette("export", "--project", read_only, "--out", str(tmp_path / "o"), "--yes")[0] == ExitStatus.OK


def test_other_processes_zones_and_languages_write_the_same_bytes(maquette: Run, project: Path, tmp_path: Path) -> None:
    found = []
    for settings in ({"PYTHONHASHSEED": "1", "TZ": "Asia/Tokyo", "LC_ALL": "C"}, {"PYTHONHASHSEED": "2", "TZ": "UTC"}):
        archive = tmp_path / f"{settings['PYTHONHASHSEED']}.zip"
        environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1", **settings}
        command = [*MAQUETTE, "export", "--project", str(project), "--zip", str(archive)]
        subprocess.run(command, check=True, capture_output=True, env=environment)
        found.append(archive.read_bytes())
    assert found[0] == found[1]
    maquette("export", "--project", project, "--yes")
    with zipfile.ZipFile(tmp_path / "1.zip") as packed:
        packed_files = {name: hashlib.sha256(packed.read(name)).hexdigest() for name in packed.namelist()}
    assert packed_files == tree(project / "out")


def test_an_archive_is_replaced_only_on_demand(maquette: Run, project: Path, tmp_path: Path) -> None:
    archive = tmp_path / "a.zip"
    assert maquette("export", "--project", project, "--zip", archive)[0] == ExitStatus.OK
    whole = archive.read_bytes()
    assert "the very same bundle" in maquette("export", "--project", project, "--zip", archive)[2]
    archive.write_bytes(b"mine")
    assert maquette("export", "--project", project, "--zip", archive)[0] == ExitStatus.CONFLICT
    assert archive.read_bytes() == b"mine"
    status, out, _ = maquette("export", "--project", project, "--zip", archive, "--yes", "--json", "--only", "docs")
    assert status == ExitStatus.OK
    assert {path.partition("/")[0] for path in json.loads(out)["files"]} == {"docs", "maquette.lock"}
    maquette("export", "--project", project, "--zip", archive, "--yes")
    assert archive.read_bytes() == whole
    assert not (project / "out").exists()


def test_one_part_alone_and_an_unknown_one(maquette: Run, project: Path) -> None:
    assert maquette("export", "--project", project, "--only", "docs", "--yes")[0] == ExitStatus.OK
    assert {path.partition("/")[0] for path in tree(project / "out")} == {"docs", "maquette.lock"}
    status, _, err = maquette("export", "--project", project, "--only", "dcos", "--yes")
    assert status == ExitStatus.NOT_FOUND
    assert "README.md" in err


def test_an_edit_is_merged_when_the_project_changes(maquette: Run, project: Path) -> None:
    maquette("export", "--project", project, "--yes")
    document = project / "out" / "docs" / "01-requirements.md"
    before = document.read_text()
    document.write_text(before + "\nOurs: ask legal.\n")
    maquette("set", "scale.requests_per_day=4000", "--project", project)
    _, out, err = maquette("export", "--project", project, "--yes")
    assert "! docs/01-requirements.md (fits together with your edit)" in out
    assert "merged 1 with your edits" in err
    merged = document.read_text()
    assert merged.endswith("\nOurs: ask legal.\n")
    assert "4,000 req/day" in merged
    again = maquette("export", "--project", project, "--yes")[2]
    assert again == "Wrote 0 files to out; kept 1 of yours.\n"


def test_an_edit_that_disagrees_is_kept_and_shown_beside_on_demand(maquette: Run, project: Path) -> None:
    maquette("export", "--project", project, "--yes")
    readme = project / "out" / "README.md"
    readme.write_text("all mine\n")
    maquette("set", "scale.requests_per_day=4000", "--project", project)
    plan = maquette("export", "--project", project, "--dry-run")[1]
    assert "disagree" in plan
    assert maquette("export", "--project", project, "--yes", "--markers", "README.md")[0] == ExitStatus.OK
    assert readme.read_text() == "all mine\n"
    assert "<<<<<<< yours\nall mine\n" in readme.with_name("README.md.merge").read_text()


def own_template(project: Path, text: str, *, path: str = "mine/notes.md") -> None:
    folder = project / "templates" / "mine"
    folder.mkdir(parents=True, exist_ok=True)
    output = f'[[outputs]]\ntemplate = "notes.md.j2"\npath = "{path}"\nabout = "Notes."\n'
    (folder / "template.toml").write_text(f'inputs = ["project", "cost"]\n{output}')
    (folder / "notes.md.j2").write_text(text)


def test_why_a_line_says_what_it_says(maquette: Run, project: Path) -> None:
    maquette("set", "budget.monthly_usd=500", "--project", project)
    own_template(project, "Notes.\n\nCeiling: {{ cost.budget | sourced }}\n")
    where = "mine/notes.md:3"
    told = json.loads(maquette("export", "--project", project, "--why", where, "--json")[1])
    assert told["text"].startswith("Ceiling: $500")
    assert told["places"] == [{"template": "templates/mine/notes.md.j2", "line": 3}]
    assert told["facts"] == [
        {"data": "cost.budget", "fact": "budget.monthly_usd", "source": "required: answer budget.monthly_usd"}
    ]
    assert "budget.monthly_usd (required" in maquette("export", "--project", project, "--why", where)[1]
    assert not (project / "out").exists()


@pytest.mark.parametrize("where", ["README.md", "README.md:0", "README.md:9999", "README.md:x", "nothing.md:1"])
def test_a_line_that_is_not_there_is_one_message(maquette: Run, project: Path, where: str) -> None:
    status, _, err = maquette("export", "--project", project, "--why", where)
    assert status in {ExitStatus.INVALID_INPUT, ExitStatus.NOT_FOUND}
    assert len(err.strip().splitlines()) == 2


def test_a_difference_names_the_origin_of_each_new_line(maquette: Run, project: Path) -> None:
    own_template(project, "Ceiling: {{ (cost.budget | sourced) if cost.budget else 'unknown' }}\n")
    maquette("export", "--project", project, "--yes")
    maquette("set", "budget.monthly_usd=500", "--project", project)
    out = maquette("export", "--project", project, "--dry-run", "--origin")[1].splitlines()
    at = next(number for number, line in enumerate(out) if line.startswith("+Ceiling: $500"))
    assert out[at + 1] == "    <- templates/mine/notes.md.j2:1  budget.monthly_usd"


def test_a_projects_own_templates_add_files_and_replace_shipped_ones(maquette: Run, project: Path) -> None:
    own_template(project, "Notes on {{ project.name }}.\n")
    (project / "templates" / "docs").mkdir()
    (project / "templates" / "docs" / "06-cost-model.md.j2").write_text("Our own cost page of {{ project.name }}.\n")
    status, _, err = maquette("export", "--project", project, "--yes")
    assert (status, err.count("\n")) == (ExitStatus.OK, 1)
    assert (project / "out" / "mine" / "notes.md").read_text() == "Notes on p.\n"
    assert (project / "out" / "docs" / "06-cost-model.md").read_text() == "Our own cost page of p.\n"
    brought = json.loads((project / "out" / "maquette.lock").read_text())["brought_by"]
    assert (brought["mine/notes.md"], brought["docs/06-cost-model.md"]) == ("project", "project")
    assert brought["docs/01-requirements.md"].startswith("maquette ")
    before = tree(project / "out")
    maquette("export", "--project", project, "--yes")
    assert tree(project / "out") == before
    shutil.rmtree(project / "templates")
    maquette("export", "--project", project, "--yes")
    assert "mine/notes.md" not in tree(project / "out")


@pytest.mark.parametrize(
    ("text", "path", "message"),
    [
        ("a\n{{ ''.__class__ }}\n", "mine/x.md", "templates/mine/notes.md.j2:2"),
        ("{% include '../../maquette.yaml' %}", "mine/x.md", "there is no template"),
        ("x", "../x.md", "leads out of the bundle"),
        ("x", "DOCS/01-requirements.MD", "same file"),
        ("{{ gateway.model }}", "mine/x.md", "'gateway' is undefined"),
    ],
)
def test_a_hostile_template_of_a_project_writes_nothing(
    maquette: Run, project: Path, text: str, path: str, message: str
) -> None:
    own_template(project, text, path=path)
    status, _, err = maquette("export", "--project", project, "--yes")
    assert status == ExitStatus.INVALID_INPUT
    assert message in err
    assert len(err.strip().splitlines()) == 2
    assert not (project / "out").exists()
    assert not (project / "x.md").exists()


def test_a_folder_of_templates_is_named_in_the_project_file(maquette: Run, project: Path) -> None:
    own_template(project, "Notes.\n")
    (project / "templates").rename(project / "ours")
    file = project / "maquette.yaml"
    file.write_text(file.read_text().replace("  out: out\n", "  out: out\n  templates: ours\n"))
    assert maquette("export", "--project", project, "--yes")[0] == ExitStatus.OK
    assert (project / "out" / "mine" / "notes.md").is_file()


def limited_file_size() -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000))


def test_a_full_disk_leaves_the_old_bundle_whole(maquette: Run, project: Path) -> None:
    maquette("export", "--project", project, "--yes")
    before = tree(project / "out")
    maquette("set", "scale.requests_per_day=4000", "--project", project)
    full = subprocess.run(
        [*MAQUETTE, "export", "--project", str(project), "--yes"],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
        preexec_fn=limited_file_size,
    )
    assert full.returncode == ExitStatus.UNAVAILABLE, full.stderr
    assert "nothing was written" in full.stderr
    assert tree(project / "out") == before
    assert maquette("export", "--project", project, "--yes")[0] == ExitStatus.OK

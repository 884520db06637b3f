"""What is installed is what git holds: nothing forgotten, nothing that only lies about on one machine."""

import os
import re
import shutil
import subprocess
import sys
import tarfile
import tomllib
from dataclasses import dataclass
from email.parser import Parser
from pathlib import Path
from zipfile import ZipFile

import pytest

ROOT = Path(__file__).resolve().parents[2]
PYPROJECT = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
PROJECT = tomllib.loads(PYPROJECT)["project"]

# Where a folder of the checkout lies in an installation.
INSTALLED = {
    "src/maquette": "maquette",
    "tui/maquette_tui": "maquette_tui",
    "notebooks/maquette_widgets": "maquette_widgets",
    "templates": "maquette/data/templates",
    "catalog": "maquette/data/catalog",
}
# What a source distribution carries beside these: enough to read, build and test it.
SOURCE_ONLY = ("src", "tui", "notebooks", "templates", "catalog", "tests", ".ci", "Makefile", "pyproject.toml")


@dataclass(frozen=True, kw_only=True, slots=True)
class Distributions:
    """Built files: both wheels must be the same."""

    wheel: Path
    sdist: Path
    wheel_from_sdist: Path


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Distributions:
    from_tree, through_sdist = tmp_path_factory.mktemp("wheel"), tmp_path_factory.mktemp("sdist")
    build(from_tree, "--wheel")
    build(through_sdist)
    return Distributions(
        wheel=next(from_tree.glob("*.whl")),
        sdist=next(through_sdist.glob("*.tar.gz")),
        wheel_from_sdist=next(through_sdist.glob("*.whl")),
    )


def build(folder: Path, *options: str) -> None:
    """Build into ``folder``; without options a source distribution, and a wheel from that."""
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(folder), *options, str(ROOT)]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr


def in_git(*folders: str) -> set[str]:
    """Files that git tracks, or would at the next ``git add``: in a clean clone these are the same."""
    if not (ROOT / ".git").exists():
        pytest.skip("this is no git checkout, so there is nothing to compare with")
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z", "--", *folders]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return {name for name in listed.split("\0") if name and (ROOT / name).is_file()}


def in_wheel(wheel: Path) -> set[str]:
    """The files of a wheel that are the project's own, without the metadata."""
    return {name for name in ZipFile(wheel).namelist() if ".dist-info/" not in name}


def in_sdist(sdist: Path) -> set[str]:
    with tarfile.open(sdist) as archive:
        return {member.name.partition("/")[2] for member in archive if member.isfile()}


def test_the_wheel_holds_what_git_holds(built: Distributions) -> None:
    expected = {
        target + name.removeprefix(source) for source, target in INSTALLED.items() for name in in_git(source + "/")
    }

    assert in_wheel(built.wheel) == expected


def test_a_wheel_built_from_the_source_distribution_is_the_same(built: Distributions) -> None:
    straight, roundabout = ZipFile(built.wheel), ZipFile(built.wheel_from_sdist)

    assert sorted(roundabout.namelist()) == sorted(straight.namelist())
    assert [name for name in in_wheel(built.wheel) if straight.read(name) != roundabout.read(name)] == []


def test_the_source_distribution_holds_what_git_holds(built: Distributions) -> None:
    texts = {"README.md", "CHANGELOG.md", "CONTRIBUTING.md", "LICENSE", ".gitignore"}

    assert in_sdist(built.sdist) - {"PKG-INFO"} == in_git(*SOURCE_ONLY) | texts


def test_types_and_licence_travel_with_the_wheel(built: Distributions) -> None:
    names = set(ZipFile(built.wheel).namelist())
    info = f"maquette-{PROJECT['version']}.dist-info"

    assert {f"{package}/py.typed" for package in ("maquette", "maquette_tui", "maquette_widgets")} <= names
    licence = ZipFile(built.wheel).read(f"{info}/licenses/LICENSE").decode()
    assert licence == (ROOT / "LICENSE").read_text(encoding="utf-8")
    assert "Apache License\n                           Version 2.0, January 2004" in licence


def test_the_metadata_name_licence_python_and_extras(built: Distributions) -> None:
    info = f"maquette-{PROJECT['version']}.dist-info"
    metadata = Parser().parsestr(ZipFile(built.wheel).read(f"{info}/METADATA").decode())

    assert metadata["Name"] == "maquette"
    assert metadata["License-Expression"] == "Apache-2.0"
    assert metadata["Requires-Python"] == ">=3.11"
    assert set(metadata.get_all("Provides-Extra", [])) == {
        "all",
        "dev",
        "gpu",
        "local",
        "local-prebuilt",
        "metrics",
        "notebook",
        "pdf",
        "prices",
    }


def test_every_entry_point_leads_somewhere() -> None:
    groups = {"scripts": PROJECT["scripts"], **PROJECT["entry-points"]}
    places = {f"{group}.{name}": place for group, points in groups.items() for name, place in points.items()}
    modules = {place.partition(":")[0].replace(".", "/") for place in places.values()}

    missing = [
        module
        for module in sorted(modules)
        if not any((ROOT / "src" / module).with_suffix(suffix).exists() for suffix in (".py", ""))
    ]

    assert missing == []


def requirement_lines() -> list[tuple[str, str]]:
    """Each requirement with the line of pyproject.toml that holds it."""
    groups = [PROJECT["dependencies"], *PROJECT["optional-dependencies"].values()]
    lines = PYPROJECT.partition("[project]")[2].splitlines()
    return [
        (requirement, next(line for line in lines if f'"{requirement}"' in line))
        for group in groups
        for requirement in group
    ]


@pytest.mark.parametrize(("requirement", "line"), requirement_lines())
def test_every_dependency_says_why_it_is_there(requirement: str, line: str) -> None:
    _, _, reason = line.partition("#")

    assert len(re.findall(r"\w+", reason)) >= 2, f"{requirement}: write the reason behind it on its line"


@pytest.mark.slow
@pytest.mark.network
def test_an_installed_wheel_runs_and_finds_its_catalog(built: Distributions, tmp_path: Path) -> None:
    python = tmp_path / "env" / "bin" / "python"
    subprocess.run([sys.executable, "-m", "venv", tmp_path / "env"], check=True)
    uv = shutil.which("uv", path=os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]))
    installer = [uv, "pip", "install", "--python", str(python)] if uv else [str(python), "-m", "pip", "install"]
    subprocess.run([*installer, "--quiet", built.wheel], check=True)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}

    def say(*command: str | Path) -> str:
        run = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=True)
        return run.stdout

    assert "Usage: maquette" in say(python.with_name("maquette"), "--help")
    assert PROJECT["version"] in say(python.with_name("maquette"), "--version")
    code = "from maquette.foundation.shipped import shipped; print(shipped('catalog').is_relative_to('{0}'))"
    assert say(python, "-c", code.format(tmp_path)) == "True\n"

"""The contracts of the house: who may import whom, what the door costs, and what strangers may rely on."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import maquette

ROOT = Path(__file__).resolve().parents[2]

# Each costs from tens of milliseconds to seconds; a command that needs one loads it when it runs.
HEAVY = {
    "aiohttp",
    "altair",
    "anywidget",
    "duckdb",
    "ipywidgets",
    "jinja2",
    "jsonschema",
    "litellm",
    "llama_cpp",
    "numpy",
    "pandas",
    "requests",
    "rich",
    "ruamel",
    "scipy",
    "textual",
    "vl_convert",
    "xllamacpp",
}

IMPORT_THE_PACKAGE = "import maquette"
ASK_FOR_HELP = """
from maquette.cli.main import main
try:
    main(["--help"])
except SystemExit as leaving:
    assert leaving.code in (0, None), leaving.code
"""
ASK_FOR_THE_VERSION = ASK_FOR_HELP.replace("--help", "--version")


def modules_after(code: str) -> set[str]:
    """Top-level names of the modules that a fresh interpreter holds after ``code``."""
    say = "\nimport json, sys\nprint(json.dumps(sorted({name.partition('.')[0] for name in sys.modules})))"
    child = subprocess.run([sys.executable, "-c", code + say], capture_output=True, text=True, check=True)
    return set(json.loads(child.stdout.splitlines()[-1]))


@pytest.mark.parametrize("code", [IMPORT_THE_PACKAGE, ASK_FOR_HELP, ASK_FOR_THE_VERSION])
def test_the_door_loads_nothing_heavy(code: str) -> None:
    loaded = modules_after(code)

    assert "maquette" in loaded
    assert loaded & HEAVY == set()


def test_the_import_alone_does_not_even_load_the_command_line() -> None:
    assert modules_after(IMPORT_THE_PACKAGE) & {"click", "pydantic", "asyncio"} == set()


def test_the_layers_hold(tmp_path: Path) -> None:
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(str(ROOT / root) for root in ("src", "tui", "notebooks")),
    }

    run = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--cache-dir", tmp_path, "--config", ROOT / "pyproject.toml"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )

    assert run.returncode == 0, run.stdout
    assert "0 broken" in run.stdout


def test_the_public_surface_is_this_and_no_more() -> None:
    assert maquette.__all__ == ["Project", "__version__"]


@pytest.mark.parametrize("name", maquette.__all__)
def test_every_public_name_resolves(name: str) -> None:
    assert getattr(maquette, name) is not None


def test_a_name_that_is_not_public_is_refused_as_by_any_module() -> None:
    with pytest.raises(AttributeError, match="module 'maquette' has no attribute 'Projekt'"):
        maquette.Projekt  # noqa: B018  # looking the name up is the test

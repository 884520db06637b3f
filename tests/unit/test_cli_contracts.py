"""What --json prints is a contract: its schemas are shipped, and every command keeps them."""

import json
import os
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from maquette.cli.contracts import CONTRACTS, contract_schema
from maquette.cli.main import run
from maquette.foundation.shipped import shipped
from tests.project_world import demo_project, fewer_examples


@pytest.mark.parametrize("name", sorted(CONTRACTS))
def test_the_shipped_schema_is_the_one_that_the_code_makes(name: str) -> None:
    path = shipped("catalog", "schema", "cli", f"{name}.schema.json")
    text = json.dumps(contract_schema(name), indent=2, sort_keys=True) + "\n"
    if os.environ.get("MAQUETTE_REWRITE_GOLDEN"):
        path.write_text(text, encoding="utf-8")
    assert path.read_text(encoding="utf-8") == text


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with an evaluation on record."""
    place = tmp_path_factory.mktemp("contract") / "p"
    demo_project(place, models=("triage-tiny",))
    fewer_examples(place, 10)
    assert run(["eval", "run", "--yes", "--json", "--project", str(place)]) == 0
    return place


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("status", ["status"]),
        ("shortlist", ["shortlist"]),
        ("eval-run", ["eval", "show"]),
        ("eval-run", ["eval", "run", "--yes"]),
        ("eval-estimate", ["eval", "estimate"]),
        ("cost", ["cost", "--lines"]),
        ("decide", ["decide"]),
        ("export", ["export", "--dry-run"]),
    ],
)
def test_a_commands_json_keeps_its_contract(
    name: str, arguments: list[str], folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run([*arguments, "--json", "--project", str(folder)]) == 0
    data = json.loads(capsys.readouterr().out)
    Draft202012Validator(contract_schema(name)).validate(data)
    if name == "shortlist":
        assert data["catalog"] == len(data["candidates"]) + len(data["excluded"])
        assert sum(data["funnel"].values()) == len(data["excluded"])
    if name == "decide":
        rules = data["rules"]
        assert len(rules["fired"]) + len(rules["unknown"]) + len(rules["not_fired"]) == 165
        assert data["derived"]["derived.rps_peak"] == pytest.approx(20000 / (14 * 3600) * 4)

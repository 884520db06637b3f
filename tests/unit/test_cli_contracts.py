"""What --json prints is a contract: its schemas are shipped, and every command keeps them."""

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from maquette.adapters.loopback_server import loopback_server
from maquette.catalog.providers import Provider
from maquette.catalog.tools import Tool
from maquette.cli.catalog.knowledge_contracts import ProviderData, ToolData
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
        ("eval-report", ["eval", "report"]),
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
        assert len(rules["fired"]) + len(rules["unknown"]) + len(rules["not_fired"]) == 214
        assert data["derived"]["derived.rps_peak"] == pytest.approx(20000 / (14 * 3600) * 4)


OWN = """
schema: 1
source: "Contract 114"
as_of: "2026-10-01"
models:
  gpt-6-luna:
    usd_per_mtok: {input: "0.08", output: 0.40}
  acme/private-7b: {provider: acme, context_tok: 32768, regions: [eu], claims: [{benchmark: a, value: "0.81"}]}
gpus:
- {name: X1, memory_gb: "16"}
"""
CATALOG_COMMANDS: list[tuple[str, list[str]]] = [
    ("price", ["price", "gpt-6-luna", "--input-tokens", "1000", "--output-tokens", "10", "--on", "2026-10-20"]),
    ("price", ["price", "claude-haiku-5-5", "--input-tokens", "1000", "--tier", "flex"]),
    ("price", ["price", "open/qwen3-8b", "--input-tokens", "1"]),
    ("price", ["price", "whisper-1", "--input-audio-seconds", "1.5"]),
    ("show", ["show", "gpt-6-luna"]),
    ("show", ["show", "open/qwen3-8b"]),
    ("show", ["show", str(shipped("catalog", "demo_models", "triage-tiny.gguf"))]),
    ("kv", ["kv", "open/gpt-oss-20b", "--sequences", "4"]),
    ("weights", ["weights", "open/gpt-oss-20b"]),
    ("weights", ["weights", str(shipped("catalog", "demo_models", "triage-tiny.gguf"))]),
    ("hardware", ["hardware"]),
    ("hardware-name", ["hardware", "H100"]),
    ("hardware-machine", ["hardware", "--as-if", "2x L40S + 32 cores 256 GiB"]),
    ("hardware-machine", ["hardware", "--this-machine"]),
    ("files", ["files", "models"]),
    ("providers", ["providers"]),
    ("providers", ["providers", "bedrock"]),
    ("tools", ["tools"]),
    ("tools", ["tools", "engine"]),
    ("roles", ["roles"]),
    ("status", ["status"]),
    ("refresh", ["refresh", "--dry-run", "--from", str(shipped("catalog", "prices", "litellm-1.109.1.json"))]),
    ("check", ["check", "catalog.yaml"]),
]


@pytest.fixture
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a catalog file, a GGUF file and one that only looks like it, where the user stands."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "catalog.yaml").write_text(OWN, encoding="utf-8")
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "tiny.gguf").symlink_to(shipped("catalog", "demo_models", "triage-tiny.gguf"))
    (tmp_path / "models" / "broken.gguf").write_bytes(b"GGUF, as it says")
    return tmp_path


@pytest.mark.parametrize(("name", "arguments"), CATALOG_COMMANDS)
def test_a_catalog_commands_json_keeps_its_contract_and_has_nothing_else(
    name: str, arguments: list[str], own_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert own_folder.is_dir()
    assert run(["catalog", *arguments, "--json"]) == 0
    keeps(f"catalog-{name}", capsys)


def test_running_servers_and_those_that_do_not_answer_keep_the_contract(capsys: pytest.CaptureFixture[str]) -> None:
    with loopback_server(shipped("catalog", "demo_models", "triage-tiny.gguf"), alias="tiny") as address:
        assert run(["catalog", "servers", address, "127.0.0.1:9", "--json"]) == 0
    data = keeps("catalog-servers", capsys)
    assert len(data["servers"]) == len(data["problems"]) == 1
    assert [model["name"] for model in data["servers"][0]["models"]] == ["tiny"]


def test_every_catalog_contract_is_validated_against_a_command() -> None:
    named = {f"catalog-{name}" for name, _ in CATALOG_COMMANDS} | {"catalog-servers"}
    assert named == {name for name in CONTRACTS if name.startswith("catalog-")}


@pytest.mark.parametrize(("record", "data"), [(Provider, ProviderData), (Tool, ToolData)])
def test_a_record_of_the_catalog_is_printed_with_all_its_fields(record: Any, data: type) -> None:
    assert set(record.model_fields) <= set(data.__annotations__)


def keeps(name: str, capsys: pytest.CaptureFixture[str]) -> Any:
    """What was printed, when it keeps its contract, has no field besides, and numbers have no exponent."""
    data = json.loads(capsys.readouterr().out)
    Draft202012Validator(closed(contract_schema(name))).validate(data)
    assert data["format"] == 1
    assert [text for text in texts(data) if re.fullmatch(r"-?[0-9.]+[eE][-+]?[0-9]+", text)] == []
    return data


def closed(schema: Any) -> Any:
    """The schema, with no field allowed that it does not name."""
    if isinstance(schema, list):
        return [closed(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    parts = {name: closed(part) for name, part in schema.items()}
    return {**parts, "additionalProperties": False} if isinstance(parts.get("properties"), dict) else parts


def texts(data: Any) -> Iterator[str]:
    """Every text in it."""
    if isinstance(data, str):
        yield data
    elif isinstance(data, (list, dict)):
        for part in data.values() if isinstance(data, dict) else data:
            yield from texts(part)

"""The generated configurations against the formats' own schemas and against each other."""

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from maquette.bundle.checking import declared_names, used_names
from maquette.bundle.inputs import BundleInputs
from maquette.bundle.plan import FileSpec
from tests import bundle_world as world

CASES: Mapping[str, BundleInputs] = {
    "api": world.inputs(),
    "one api without monitoring": world.inputs(decision=world.decision(fallback=None, rules=())),
    "local with cache": world.inputs(
        decision=world.decision(rules=(world.MONITORING, world.EXACT_CACHE)),
        targets=(
            world.local_target("beta-flash", "triage small.gguf"),
            world.local_target("alpha-mini", "${HOME}: x.gguf"),
        ),
    ),
    "hostile name": world.inputs(document='"}}{{ 7*7 }}: {a: [b\n# c $HOME'),
}  # fmt: skip


def loaded(case: str, path: str) -> Any:
    return YAML(typ="safe").load(world.texts(CASES[case])[path])


@pytest.mark.parametrize("case", CASES)
def test_compose_files_fit_the_compose_specification(case: str, tmp_path: Path) -> None:
    (tmp_path / "compose.yaml").write_text(world.texts(CASES[case])["compose.yaml"])
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", "compose.yaml"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("case", CASES)
def test_everything_that_a_service_names_exists(case: str) -> None:
    texts = world.texts(CASES[case])
    compose = loaded(case, "compose.yaml")
    for service in compose["services"].values():
        assert set(service.get("depends_on", ())) <= compose["services"].keys()
        assert set(service.get("secrets", ())) <= compose.get("secrets", {}).keys()
        for volume in service.get("volumes", ()):
            source = volume.rpartition(":/")[0].rpartition(":/")[0] or volume.partition(":")[0]
            known = compose.get("volumes", {}).keys() | {f"./{path}" for path in texts}
            assert source in known or source.startswith("${MODEL_FOLDER"), volume


@pytest.mark.parametrize("case", CASES)
def test_fallbacks_and_addresses_name_what_there_is(case: str) -> None:
    config, compose = loaded(case, "gateway/config.yaml"), loaded(case, "compose.yaml")
    groups = {deployment["model_name"] for deployment in config["model_list"]}
    chains = [
        *config["router_settings"].get("fallbacks", ()),
        *config["router_settings"].get("context_window_fallbacks", ()),
    ]
    for chain in chains:
        for group, others in chain.items():
            assert {group, *others} <= groups
    for deployment in config["model_list"]:
        base = deployment["litellm_params"].get("api_base", "")
        if base.startswith("http://"):
            assert base.removeprefix("http://").partition(":")[0] in compose["services"]


@pytest.mark.parametrize("case", CASES)
def test_the_environment_file_names_exactly_what_the_configurations_read(case: str) -> None:
    files = world.render(CASES[case])
    read = frozenset[str]().union(*(used_names(spec) for spec in files if _is_configuration(spec)))
    assert declared_names(files) == read


@pytest.mark.parametrize("case", CASES)
def test_the_gateway_gets_every_variable_that_its_configuration_reads(case: str) -> None:
    text = world.texts(CASES[case])["gateway/config.yaml"]
    reads = used_names(FileSpec(path="gateway/config.yaml", content=text, template=""))
    assert reads <= loaded(case, "compose.yaml")["services"]["gateway"]["environment"].keys()


@pytest.mark.parametrize("case", CASES)
def test_images_are_pinned_by_version(case: str) -> None:
    for service in loaded(case, "compose.yaml")["services"].values():
        assert any(digit.isdigit() for digit in service["image"].rpartition(":")[2])


def test_a_models_file_name_is_no_variable_of_compose() -> None:
    command = loaded("local with cache", "compose.yaml")["services"]["fallback-model"]["command"]
    assert command[1] == "/models/$${HOME}: x.gguf"


def _is_configuration(spec: FileSpec) -> bool:
    return spec.path in {"compose.yaml", "compose.dev.yaml", "gateway/config.yaml", "gateway/config.dev.yaml"}

"""An open model's serve settings in the bundle: those of its sizing, with where they come from."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from maquette.bundle.checking import check_bundle, declared_names, used_names
from maquette.bundle.inputs import BundleInputs, ServingPlan
from maquette.capacity.setup import Engine, Precision
from maquette.catalog.attention import KvDtype
from tests import bundle_world as world
from tests.serving_world import LOAD, open_card, open_inputs, sized

FILE = "serving/primary.compose.yaml"


def services(inputs: BundleInputs) -> list[dict[str, Any]]:
    """The replicas, in the file's order."""
    return list(YAML(typ="safe").load(world.texts(inputs)[FILE])["services"].values())


def arguments(inputs: BundleInputs) -> dict[str, str]:
    """The options of the serving command; those without a value are empty."""
    service = services(inputs)[0]
    found: dict[str, str] = {}
    for word in service["command"]:
        if word.startswith("--"):
            found[word] = ""
        else:
            found[list(found)[-1]] = word
    return found


def served(**changes: Any) -> BundleInputs:
    card = open_card()
    return open_inputs(serving={card.id: ServingPlan(sized=sized(card, **changes), load=LOAD)})


def test_the_settings_are_those_of_the_sizing() -> None:
    assert arguments(open_inputs()) == {
        "--served-model-name": "open/note-27b",
        "--max-model-len": "25200",
        "--max-num-seqs": "19",
        "--tensor-parallel-size": "1",
        "--quantization": "fp8",
        "--kv-cache-dtype": "auto",
        "--enable-prefix-caching": "",
    }


def test_the_accelerators_that_docker_hands_out_are_those_of_a_replica() -> None:
    one = sized(open_card())
    wide = replace(one, setup=replace(one.setup, gpus=2, tensor_parallel=2, kv_dtype=KvDtype.FP8, precision=None))
    inputs = open_inputs(serving={"open/note-27b": ServingPlan(sized=wide, load=LOAD)})
    devices = [one["deploy"]["resources"]["reservations"]["devices"][0]["device_ids"] for one in services(inputs)]
    assert devices == [["0", "1"], ["2", "3"], ["4", "5"], ["6", "7"]]
    assert arguments(inputs)["--kv-cache-dtype"] == "fp8"
    assert "--quantization" not in arguments(inputs)  # nothing is converted that is served as published


def test_the_documents_say_what_the_settings_rest_on() -> None:
    text = world.texts(open_inputs())["docs/02-architecture.md"]
    sources = world.texts(open_inputs())["docs/19-traceability.md"]
    assert "4 x H100-SXM 80GB of your 8[ᵉ](19-traceability.md#source-" in text
    assert "sizing for 1.5 requests/s" in sources
    assert "| max_model_len | 25200 tokens[ᵉ](19-traceability.md#source-" in text
    assert "sizing: the longest prompt and its answer | estimated | 25200 tokens in" in sources
    assert (
        "19 requests at once, TTFT (time to first token) 750 ms, TPOT (time per output token) 26.7 ms, "
        "p95 19.8 s; p95 binds"
    ) in text


@pytest.mark.parametrize(
    ("changes", "why"),
    [({"accelerator": "MI300X"}, "another maker's"), ({"engine": Engine.SGLANG}, "another engine")],
)
def test_what_this_compose_file_cannot_start_has_none_and_its_settings_in_the_documents(
    changes: dict[str, Any], why: str
) -> None:
    texts = world.texts(served(precision=Precision.FP8, **changes))
    assert FILE not in texts, why
    assert "max_num_seqs | 19" in texts["docs/02-architecture.md"]
    assert FILE not in texts["README.md"]


def test_without_a_sizing_the_bundle_says_so() -> None:
    texts = world.texts(open_inputs(serving={}))
    assert FILE not in texts
    assert "open/note-27b (primary) has no sizing" in texts["README.md"]


def test_a_model_file_on_a_device_has_its_context_and_requests_at_once() -> None:
    card = open_card("local/beta-flash")
    settings = replace(sized(card).settings, max_num_seqs=1)
    plan = ServingPlan(sized=replace(sized(card, engine=Engine.LLAMA_CPP), settings=settings), load=LOAD)
    inputs = world.inputs(
        decision=world.decision(model="local/beta-flash", fallback=None),
        shortlist=world.shortlist(card),
        targets=(world.local_target("beta-flash", "models/triage.gguf"),),
        serving={card.id: plan},
    )
    text = world.texts(inputs)["compose.yaml"]
    service = YAML(typ="safe").load(text)["services"]["primary-model"]
    assert service["command"][-4:] == ["--ctx-size", "25200", "--parallel", "1"]
    assert "# sizing for 1.5 requests/s" in text


def test_the_bundle_is_in_order(tmp_path: Path) -> None:
    files = world.render(open_inputs())
    assert check_bundle(files) == ()
    configurations = [spec for spec in files if spec.path.endswith((".yaml", ".yml"))]
    assert declared_names(files) == frozenset[str]().union(*(used_names(spec) for spec in configurations))
    (tmp_path / "compose.yaml").write_text(world.texts(open_inputs())[FILE])
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", "compose.yaml"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr

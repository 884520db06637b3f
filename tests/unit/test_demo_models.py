"""The bundled demo models and their dataset are what their card says.

Files, labels and disjointness are recomputed from the generator; no model runs here, evaluate.py does that.
"""

import hashlib
import importlib.util
import json
import re
import sys
from collections import Counter
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import jsonschema
import pytest
from ruamel.yaml import YAML

CATALOG = Path(__file__).resolve().parents[2] / "catalog"
MODELS = CATALOG / "demo_models"
EVALS = CATALOG / "demo" / "evals"


@cache
def generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("demo_models_generate", MODELS / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@cache
def train_fingerprints() -> frozenset[str]:
    generate = generator()
    train = generate.messages(f"{generate.SEED}:train", generate.SPLITS["train"], set())
    return frozenset(generate.fingerprint(message.text) for message in train)


@cache
def dataset() -> list[dict[str, Any]]:
    return [json.loads(line) for line in (EVALS / "triage.jsonl").read_text(encoding="utf-8").splitlines()]


@cache
def entries() -> dict[str, dict[str, Any]]:
    listed = YAML(typ="safe").load((MODELS / "models.yaml").read_text(encoding="utf-8"))["models"]
    return {entry["id"]: entry for entry in listed}


def expansions(wording: str) -> set[str]:
    found = generator().ALTERNATIVES.search(wording)
    if found is None:
        return {wording.casefold()}
    ways = (wording[: found.start()] + way + wording[found.end() :] for way in found[1].split("|"))
    return set().union(*(expansions(way) for way in ways))


def wordings(kind: str) -> set[str]:
    texts = generator().phrasings()
    groups = [*texts["categories"].values(), *texts["signals"].values()]
    return set().union(*(expansions(wording) for group in groups for wording in group[kind]))


def test_every_model_file_is_listed_and_nothing_else_is() -> None:
    assert {entry["file"] for entry in entries().values()} == {path.name for path in MODELS.glob("*.gguf")}
    assert set(entries()) == {"triage-tiny", "triage-small"}


@pytest.mark.parametrize("model", ["triage-tiny", "triage-small"])
def test_size_and_hash_of_a_model_are_those_listed(model: str) -> None:
    content = (MODELS / entries()[model]["file"]).read_bytes()
    assert content[:4] == b"GGUF"
    assert len(content) == entries()[model]["bytes"]
    assert hashlib.sha256(content).hexdigest() == entries()[model]["sha256"]


@pytest.mark.parametrize("model", ["triage-tiny", "triage-small"])
def test_the_card_shows_the_listed_measurements(model: str) -> None:
    card = (MODELS / "MODEL_CARD.md").read_text(encoding="utf-8")
    assert f"{entries()[model]['bytes']:,} bytes" in card
    assert f"| {entries()[model]['params']:,} |" in card
    for split, counts in entries()[model]["measured"]["splits"].items():
        assert f"| {model} | {split} | {counts['n']} | {100 * counts['exact'] / counts['n']:.1f} % |" in card


def test_the_models_were_measured_on_the_shipped_dataset_and_differ_clearly() -> None:
    shares = {}
    for model, entry in entries().items():
        counts = entry["measured"]["splits"]["dataset_all"]
        assert counts["n"] == len(dataset())
        shares[model] = counts["exact"] / counts["n"]
    assert shares["triage-small"] - shares["triage-tiny"] > 0.3


def test_the_generator_writes_the_shipped_files_byte_for_byte() -> None:
    for name, text in generator().dataset_files().items():
        assert (EVALS / name).read_bytes() == text.encode(), name


def test_no_example_is_a_training_message_even_ignoring_case_digits_and_spacing() -> None:
    fingerprint = generator().fingerprint
    assert len(train_fingerprints()) == 30_000
    assert not [row["id"] for row in dataset() if fingerprint(row["inputs"]["message"]) in train_fingerprints()]


def test_no_unseen_wording_can_come_out_of_a_seen_one() -> None:
    assert len(wordings("unseen")) == 48 + 18
    assert not wordings("unseen") & wordings("seen")


def test_no_smuggled_instruction_is_in_a_training_message() -> None:
    adversarial = generator().phrasings()["adversarial"]["wordings"]
    # A wording made of slots alone leaves nothing to look for.
    pieces = {re.split(r"\{\w+\}", wording)[0].casefold().strip() for wording in adversarial} - {""}
    assert len(pieces) == len(adversarial) - 1
    assert not [text for text in train_fingerprints() for piece in pieces if piece in text]


def test_labels_fit_the_answer_schema_and_are_balanced() -> None:
    schema = json.loads((EVALS / "answer.schema.json").read_text(encoding="utf-8"))
    for row in dataset():
        jsonschema.validate(row["expected"], schema)
        assert set(row) == {"id", "inputs", "expected", "stratum"}
    assert set(Counter(row["expected"]["category"] for row in dataset()).values()) == {25}
    assert Counter(row["expected"]["priority"] for row in dataset()) == {1: 67, 2: 67, 3: 66}


@pytest.mark.parametrize(
    "wrong", [{"category": "sales", "priority": 1}, {"category": "bug", "priority": 4}, {"category": "bug"}]
)
def test_the_answer_schema_refuses_other_answers(wrong: dict[str, object]) -> None:
    schema = json.loads((EVALS / "answer.schema.json").read_text(encoding="utf-8"))
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(wrong, schema)


def test_strata_and_identifiers_are_as_announced() -> None:
    assert Counter(row["stratum"] for row in dataset()) == {"normal": 150, "edge": 35, "adversarial": 15}
    assert [row["id"] for row in dataset()] == [f"t{number:03d}" for number in range(1, 201)]
    assert len({row["inputs"]["message"] for row in dataset()}) == 200

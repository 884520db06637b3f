"""`maquette catalog kv`, `weights`, `files` and `show`, as a user types them."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from maquette.cli.main import run
from maquette.foundation.problems import ExitStatus
from maquette.foundation.shipped import shipped

DEMO = str(shipped("catalog", "demo_models"))
Capture = pytest.CaptureFixture[str]


def told(capsys: Capture, *arguments: str, status: int = 0) -> str:
    """What the command prints on stdout."""
    assert run(["catalog", *arguments]) == status
    return capsys.readouterr().out


def data(capsys: Capture, *arguments: str) -> Any:
    """What the command prints with --json."""
    said = json.loads(told(capsys, *arguments, "--json"))
    assert said["format"] == 1
    return said


def complaint(capsys: Capture, *arguments: str, status: int) -> str:
    """What the command prints on stderr when it fails."""
    assert run(["catalog", *arguments]) == status
    return capsys.readouterr().err


def test_the_cache_of_gpt_oss_counts_its_windows(capsys: Capture) -> None:
    said = data(capsys, "kv", "open/gpt-oss-20b", "--context", "32768", "--sequences", "10")
    whole = 12 * 8 * 128 * 2 * (32_768 + 128)
    assert (said["bytes_per_sequence"], said["bytes_per_token"]) == (whole, 12 * 8 * 128 * 2)
    assert [group["bytes_per_sequence"] for group in said["groups"]] == [whole - 3_145_728, 3_145_728]
    assert (said["gib_per_sequence"], said["gib_for_all_sequences"]) == ("0.752930", "7.529")
    assert said["formula"] == (
        "12 layers x 8 x (64 + 64) x 2 B x context + 12 layers x 8 x (64 + 64) x 2 B x min(context, 128)"
    )
    assert said["source"].startswith("claimed: https://")


def test_the_text_has_a_line_for_each_group_and_the_sum(capsys: Capture) -> None:
    text = told(capsys, "kv", "Qwen/Qwen3-8B", "--context", "1000", "--kv-dtype", "q8_0")
    assert "36 layers x 8 x (128 + 128) x 34/32 B x context" in text
    assert "open/qwen3-8b at 1,000 tokens, q8_0: 78,336,000 bytes = 0.072956 GiB for a sequence" in text
    plain = told(capsys, "kv", "qwen3-8b", "--plain")
    assert plain.startswith("what it keeps: keys and values of every token; layers: 36; ")


def test_fp16_is_the_same_as_bf16(capsys: Capture) -> None:
    assert data(capsys, "kv", "qwen3-8b", "--kv-dtype", "fp16") == data(capsys, "kv", "qwen3-8b")


def test_a_context_beyond_the_models_is_told_and_reckoned(capsys: Capture) -> None:
    said = data(capsys, "kv", "open/phi-4", "--context", "20000")
    assert said["bytes_per_sequence"] == 20_000 * 204_800
    assert said["notes"][0] == "The model takes 16,384 tokens; 20,000 are beyond it, and reckoned all the same."


def test_a_model_behind_an_api_has_no_published_shape(capsys: Capture) -> None:
    for command in ("kv", "weights"):
        said = complaint(capsys, command, "gpt-5.1", status=ExitStatus.NOT_FOUND)
        assert "nobody publishes its shape" in said


def test_a_name_that_is_not_known_proposes_a_near_one(capsys: Capture) -> None:
    assert "qwen3-8b" in complaint(capsys, "kv", "open/qwen3-8", status=ExitStatus.NOT_FOUND)
    assert "no file" in complaint(capsys, "show", "nowhere.gguf", status=ExitStatus.NOT_FOUND)


def test_a_gguf_file_is_read_for_its_cache_and_its_bytes(capsys: Capture) -> None:
    path = f"{DEMO}/triage-small.gguf"
    said = data(capsys, "kv", path)
    assert (said["model"], said["context_tok"], said["bytes_per_token"]) == ("local/triage-small", 256, 3 * 3 * 64 * 2)
    said = data(capsys, "weights", path)
    assert (said["file_bytes"], said["sizes"], said["native_quantisation"]) == (459_648, [], "Q8_0")
    assert "The file's tensors (Q8_0): 459,648 bytes." in told(capsys, "weights", path)


def test_weights_are_listed_by_format_with_estimates_marked(capsys: Capture) -> None:
    said = data(capsys, "weights", "open/llama-3.1-8b-instruct")
    by_format = {size["format"]: size for size in said["sizes"]}
    assert by_format["bf16"]["bytes"] == said["native_bytes"] == 16_060_522_496
    assert (by_format["Q4_K_M"]["estimated"], by_format["Q8_0"]["estimated"]) == (True, False)
    (line,) = (line for line in told(capsys, "weights", "llama-3.1-8b-instruct").splitlines() if "Q4_K_M" in line)
    assert line.split()[:4] == ["Q4_K_M", "4.90", "4.91", "e"]


def test_files_are_listed_and_a_broken_one_is_told_beside_them(capsys: Capture, tmp_path: Path) -> None:
    shutil.copyfile(f"{DEMO}/triage-tiny.gguf", tmp_path / "good.gguf")
    (tmp_path / "bad.gguf").write_bytes(b"x")
    assert run(["catalog", "files", str(tmp_path)]) == 0
    said = capsys.readouterr()
    assert "good.gguf" in said.out
    assert "0.05 M  Q8_0" in said.out
    assert "bad.gguf: not a GGUF file" in said.err
    listing = data(capsys, "files", str(tmp_path))
    assert [(one["model"], one["kv_bytes_per_token"], one["kv_heads"]) for one in listing["files"]] == [
        ("local/good", 128, [2])
    ]
    assert listing["problems"][0]["file"] == "bad.gguf"


def test_a_folder_that_is_not_there_is_told_and_an_empty_one_too(capsys: Capture, tmp_path: Path) -> None:
    assert "no folder" in complaint(capsys, "files", str(tmp_path / "nowhere"), status=ExitStatus.NOT_FOUND)
    assert "No GGUF file" in complaint(capsys, "files", str(tmp_path), status=0)


def test_the_card_of_an_open_model_has_its_shape_and_the_clauses_of_its_licence(capsys: Capture) -> None:
    said = data(capsys, "show", "open/llama-4-scout-17b-16e-instruct")
    assert (said["hosting"], said["weights"]["experts"], said["weights"]["layers"]) == ("open_weights", 16, 48)
    assert said["licence"]["commercial"] == "conditions"
    assert "700 million monthly active users" in said["licence"]["clauses"][0]
    assert (said["capabilities"]["vision"], said["capabilities"]["tools"], said["prices"]) == (True, None, None)
    text = told(capsys, "show", "meta-llama/Llama-4-Scout-17B-16E-Instruct")
    assert "licence: Llama 4 Community License; commercial use: conditions" in text
    assert "attention: GQA, chunked and full, KV cache: 49,152 bytes per token" in text


def test_the_card_of_an_api_model_has_its_prices_with_units_and_what_it_rejects(capsys: Capture) -> None:
    said = data(capsys, "show", "claude-opus-5")
    lines = {line["what"]: line for line in said["prices"]["lines"]}
    assert (lines["input"]["usd"], lines["input"]["unit"]) == ("5.000000", "million tokens")
    assert said["rejected_parameters"] == ["temperature", "top_p", "assistant prefill"]
    text = told(capsys, "show", "claude-opus-5")
    assert "  input: 5 per million tokens" in text
    assert "rejects: temperature, top_p, assistant prefill" in text


def test_a_retirement_has_the_days_that_are_left(capsys: Capture) -> None:
    from maquette.catalogs import load_catalog

    name = next(name for name, card in load_catalog().cards.items() if card.retires_on)
    said = data(capsys, "show", name)
    assert isinstance(said["days_left"], int)
    assert said["retires_on"] in told(capsys, "show", name)


def test_the_card_of_a_file_has_its_licence_with_its_clauses(capsys: Capture) -> None:
    said = data(capsys, "show", f"{DEMO}/triage-tiny.gguf")
    assert (said["hosting"], said["licence"]["commercial"]) == ("local_file", "yes")
    assert said["weights"]["file_bytes"] == 49_344

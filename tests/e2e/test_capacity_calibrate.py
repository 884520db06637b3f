"""`maquette capacity calibrate` from result files to a project's capacity.json and the next prediction."""

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from maquette.cli.contracts import contract_schema
from maquette.foundation.problems import ExitStatus
from tests.refresh_world import Run
from tests.unit.test_capacity_measured import VLLM, distribution

SERVING = {**VLLM, "model_id": "Qwen/Qwen3-8B"}
LLAMA = {"model_filename": "/m/Qwen3-8B-Q4_K_M.gguf", "model_type": "qwen3 8B Q4_K - Medium", "n_gpu_layers": 99}
BENCH = [
    {**LLAMA, "gpu_info": "NVIDIA GeForce RTX 4090", "n_prompt": 512, "n_gen": 0, "avg_ts": 9000.0},
    {**LLAMA, "gpu_info": "NVIDIA GeForce RTX 4090", "n_prompt": 0, "n_gen": 128, "avg_ts": 140.0},
]
ON = ("--on", "H100-SXM 80GB")


@pytest.fixture
def project(maquette: Run) -> str:
    """An empty project in the folder where the user stands."""
    assert maquette("new", "p")[0] == ExitStatus.OK
    return "p"


def result(data: object, name: str = "result.json") -> str:
    """A result file where the user stands."""
    Path(name).write_text(json.dumps(data), encoding="utf-8")
    return name


def calibrated(maquette: Run, *arguments: str) -> Any:
    """What --json prints, which keeps its contract."""
    status, out, said = maquette("capacity", "calibrate", *arguments, "--json")
    assert status == ExitStatus.OK, said
    data = json.loads(out)
    Draft202012Validator(contract_schema("capacity-calibrate")).validate(data)
    return data


def explained(maquette: Run, project: str) -> Any:
    status, out, said = maquette(
        *("capacity", "explain", "open/qwen3-8b", *ON, "--input", "1024", "--output", "128", "--concurrency", "16"),
        *("--project", project, "--json"),
    )
    assert status == ExitStatus.OK, said
    return json.loads(out)["metrics"]


def test_a_measured_result_draws_the_next_prediction_towards_it(maquette: Run, project: str) -> None:
    before = explained(maquette, project)["tpot"]
    slower = result({**SERVING, "median_tpot_ms": 1500 * before["value"]})
    data = calibrated(maquette, slower, *ON, "--project", project, "--yes")
    assert data["written"] is True
    (run,) = data["runs"]
    assert (run["setup"]["model"], run["setup"]["engine"], run["tool"]) == ("open/qwen3-8b", "vLLM", "vllm bench serve")
    (tpot,) = [one for one in run["compared"] if one["metric"] == "tpot"]
    assert tpot["ratio"] == pytest.approx(1.5)
    (factor,) = [one for one in data["factors"] if one["metric"] == "tpot"]
    assert (factor["before"], factor["measurements"]) == (None, 1)
    assert factor["measured_ratio"] == pytest.approx(1.5)
    assert 1 < factor["after"] < 1.5
    assert explained(maquette, project)["tpot"]["value"] == pytest.approx(before["value"] * factor["after"])


def test_further_results_do_not_forget_the_earlier_ones(maquette: Run, project: str) -> None:
    to = ("--project", project, "--yes")
    calibrated(maquette, result(SERVING, "one.json"), *ON, *to)
    calibrated(maquette, result({**SERVING, "median_ttft_ms": 130.0}, "two.json"), *ON, *to)
    again = calibrated(maquette, "one.json", "one.json", *ON, *to)
    kept = json.loads(Path(project, "capacity.json").read_text(encoding="utf-8"))
    assert sorted(source.partition(" ")[0] for source in kept["sources"]) == ["one.json", "two.json"]
    assert {one["measurements"] for one in again["factors"]} == {2}
    replaced = calibrated(maquette, "one.json", *ON, *to, "--replace")
    assert {one["measurements"] for one in replaced["factors"]} == {1}


def test_llama_bench_names_its_model_its_format_and_its_accelerator(maquette: Run, project: str) -> None:
    Path("lines.jsonl").write_text("".join(json.dumps(one) + "\n" for one in BENCH), encoding="utf-8")
    data = calibrated(maquette, "lines.jsonl", "--project", project, "--dry-run")
    assert [run["where"] for run in data["runs"]] == ["line 1", "line 2"]
    setup = data["runs"][0]["setup"]
    assert (setup["model"], setup["accelerator"], setup["engine"]) == ("open/qwen3-8b", "RTX 4090", "llama.cpp")
    assert (setup["quantisation"], setup["gpus"]) == ("Q4_K_M", 1)
    assert [one["metric"] for run in data["runs"] for one in run["compared"]] == ["prefill_rate", "decode_rate"]
    assert data["written"] is False
    assert not Path(project, "capacity.json").exists()


def test_several_accelerators_of_a_kind_are_counted(maquette: Run, project: str) -> None:
    two = [{**BENCH[1], "gpu_info": "NVIDIA GeForce RTX 4090, NVIDIA GeForce RTX 4090"}]
    data = calibrated(maquette, result(two), "--project", project, "--dry-run")
    assert data["runs"][0]["setup"]["gpus"] == 2


def test_a_report_of_guidellm_is_for_the_engine_that_is_named(maquette: Run, project: str) -> None:
    metrics = {
        "prompt_token_count": distribution(512.0, 512.0),
        "output_token_count": distribution(256.0, 256.0),
        "time_to_first_token_ms": distribution(90.0, 80.0),
        "inter_token_latency_ms": distribution(12.5, 12.0),
        "output_tokens_per_second": distribution(320.0, 320.0),
        "requests_per_second": distribution(1.25, 1.25),
    }
    one = {"config": {"strategy": {"type_": "concurrent", "streams": 8}}, "metrics": metrics}
    path = result({"config": {"backend": {"model": "qwen3-8b"}}, "benchmarks": [one]})
    data = calibrated(maquette, path, *ON, "--engine", "sglang", "--dry-run", "--project", project)
    assert data["runs"][0]["setup"]["engine"] == "SGLang"
    assert data["runs"][0]["load"]["concurrency"] == 8


def test_nothing_is_written_that_nobody_agreed_to(maquette: Run, project: str) -> None:
    status, out, said = maquette("capacity", "calibrate", result(SERVING), *ON, "--project", project)
    assert status == ExitStatus.OK
    assert "TPOT, ms" in out
    assert "factor before" in out
    assert "Nothing was written" in said
    assert not Path(project, "capacity.json").exists()


def test_a_run_that_cannot_be_predicted_is_left_out_with_its_reason(maquette: Run, project: str) -> None:
    longer = {**SERVING, "total_input_tokens": 100_000_000}
    data = calibrated(maquette, result([SERVING, longer]), *ON, "--project", project, "--dry-run")
    assert len(data["runs"]) == 1
    assert data["left_out"][0]["where"] == "[1]"
    assert "tokens are more than" in data["left_out"][0]["reason"]


@pytest.mark.parametrize(
    ("data", "arguments", "status", "says"),
    [
        (SERVING, (), ExitStatus.NOT_FOUND, "does not say its accelerator"),
        ({**VLLM, "model_id": "acme/none-7b"}, ON, ExitStatus.NOT_FOUND, "acme/none-7b"),
        ({**SERVING, "model_id": "\x1b[31mred\x07"}, ON, ExitStatus.NOT_FOUND, "no such open model"),
        (SERVING, ("--on", "Z9"), ExitStatus.INVALID_INPUT, "Z9"),
        (SERVING, (*ON, "--tp", "3"), ExitStatus.INVALID_INPUT, "3 does not divide 1"),
        ({**SERVING, "completed": 0}, ON, ExitStatus.INVALID_INPUT, "lacks completed"),
        ({}, ON, ExitStatus.INVALID_INPUT, "no benchmark result is in it"),
        ([{**BENCH[0], "gpu_info": "A, B"}], (), ExitStatus.NOT_FOUND, "was measured on 'A, B'"),
        (SERVING, ("--on", "T4"), ExitStatus.INVALID_INPUT, "T4|nothing in the results can be predicted"),
    ],
)
def test_what_cannot_be_calibrated_is_one_clear_problem(
    data: object, arguments: tuple[str, ...], status: int, says: str, maquette: Run, project: str
) -> None:
    found, out, said = maquette("capacity", "calibrate", result(data), *arguments, "--project", project, "--yes")
    assert (found, out) == (status, "")
    assert any(words in said for words in says.split("|"))
    assert "\x1b" not in said
    assert "\x07" not in said
    assert not Path(project, "capacity.json").exists()


def test_a_folder_that_is_no_project_only_compares(maquette: Run) -> None:
    path = result(SERVING)
    status, _, said = maquette("capacity", "calibrate", path, *ON, "--yes")
    assert status == ExitStatus.NOT_FOUND
    assert "--dry-run" in said
    assert maquette("capacity", "calibrate", path, *ON, "--dry-run")[0] == ExitStatus.OK


def test_a_disk_that_takes_nothing_is_told_and_the_old_file_stays(
    maquette: Run, project: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    calibrated(maquette, result(SERVING), *ON, "--project", project, "--yes")
    before = Path(project, "capacity.json").read_bytes()

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    other = result({**SERVING, "median_tpot_ms": 30.0}, "other.json")
    status, _, said = maquette("capacity", "calibrate", other, *ON, "--project", project, "--yes")
    assert status == ExitStatus.UNAVAILABLE
    assert "No space left on device" in said
    assert Path(project, "capacity.json").read_bytes() == before

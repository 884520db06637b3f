"""Results of benchmark tools, in the forms that the tools write."""

from typing import Any

import pytest

from maquette.capacity.measured import measured_runs
from maquette.capacity.setup import LoadKind, Metric
from maquette.foundation.problems import InvalidInput

VLLM: dict[str, Any] = {
    "date": "20261120-101500",
    "backend": "vllm",
    "model_id": "meta-llama/Llama-3.1-8B-Instruct",
    "num_prompts": 100,
    "request_rate": "inf",
    "max_concurrency": 16,
    "duration": 50.0,
    "completed": 100,
    "total_input_tokens": 102_400,
    "total_output_tokens": 12_800,
    "request_throughput": 2.0,
    "output_throughput": 256.0,
    "median_ttft_ms": 120.0,
    "median_tpot_ms": 11.5,
}


def distribution(mean: float, median: float) -> dict[str, Any]:
    return {"successful": {"mean": mean, "median": median, "count": 100}, "errored": {"mean": 0.0, "median": 0.0}}


def guidellm(strategy: dict[str, Any], *, among: str = "config") -> dict[str, Any]:
    metrics = {
        "prompt_token_count": distribution(512.0, 512.0),
        "output_token_count": distribution(128.0, 128.0),
        "time_to_first_token_ms": distribution(90.0, 80.0),
        "time_per_output_token_ms": distribution(13.0, 13.0),
        "inter_token_latency_ms": distribution(12.5, 12.0),
        "output_tokens_per_second": distribution(320.0, 320.0),
        "requests_per_second": distribution(2.5, 2.5),
    }
    one = {"type_": "generative_benchmark", among: {"strategy": strategy}, "metrics": metrics}
    return {"metadata": {"version": 2}, "config": {"backend": {"model": "qwen3-8b"}}, "benchmarks": [one]}


def test_a_result_of_vllms_serving_benchmark() -> None:
    (found,) = measured_runs(VLLM, file="result.json")
    assert (found.tool, found.model, found.accelerator) == (
        "vllm bench serve",
        "meta-llama/Llama-3.1-8B-Instruct",
        None,
    )
    assert (found.load.kind, found.load.concurrency, found.load.rate_per_s) == (LoadKind.CONCURRENCY, 16, None)
    assert (found.load.input_tok, found.load.output_tok) == (1024, 128)
    assert found.metrics == {
        Metric.TTFT: pytest.approx(0.12),
        Metric.TPOT: pytest.approx(0.0115),
        Metric.OUTPUT_THROUGHPUT: 256,
        Metric.REQUEST_THROUGHPUT: 2,
    }


def test_lines_of_sglangs_serving_benchmark_are_runs_each() -> None:
    lines = [
        {**VLLM, "backend": "sglang", "max_concurrency": None, "request_rate": rate} for rate in (4.0, float("inf"))
    ]
    open_loop, all_at_once = measured_runs(lines, file="online.jsonl")
    assert (open_loop.tool, open_loop.load.kind, open_loop.load.rate_per_s) == (
        "sglang.bench_serving",
        LoadKind.RATE,
        4,
    )
    assert all_at_once.load.kind is LoadKind.OFFLINE


@pytest.mark.parametrize(
    ("strategy", "kind", "concurrency", "rate"),
    [
        ({"type_": "concurrent", "streams": 8}, LoadKind.CONCURRENCY, 8, None),
        ({"type_": "synchronous"}, LoadKind.CONCURRENCY, 1, None),
        ({"type_": "poisson", "rate": 3.5}, LoadKind.RATE, None, 3.5),
        ({"type_": "throughput"}, LoadKind.OFFLINE, None, None),
    ],
)
def test_a_report_of_guidellm(
    strategy: dict[str, Any], kind: LoadKind, concurrency: float | None, rate: float | None
) -> None:
    (found,) = measured_runs(guidellm(strategy), file="benchmarks.json")
    assert (found.tool, found.where, found.model) == ("GuideLLM", "benchmarks[0]", "qwen3-8b")
    assert (found.load.kind, found.load.concurrency, found.load.rate_per_s) == (kind, concurrency, rate)
    assert found.metrics[Metric.TTFT] == pytest.approx(0.08)
    assert found.metrics[Metric.TPOT] == pytest.approx(0.012)  # not 13 ms, which has the first token in it


def test_earlier_reports_of_guidellm_have_the_strategy_among_their_args() -> None:
    (found,) = measured_runs(guidellm({"type_": "concurrent", "streams": 4}, among="args"), file="benchmarks.json")
    assert found.load.concurrency == 4


def test_the_tests_of_llama_bench() -> None:
    about = {"model_type": "llama 8B Q4_K - Medium", "gpu_info": "NVIDIA GeForce RTX 4090", "n_depth": 0}
    tests = [
        {**about, "n_prompt": 512, "n_gen": 0, "avg_ts": 6_900.0},
        {**about, "n_prompt": 0, "n_gen": 128, "avg_ts": 127.7},
        {**about, "n_prompt": 512, "n_gen": 128, "avg_ts": 900.0},
    ]
    prefill, decode = measured_runs(tests, file="bench.json")
    assert (prefill.metrics, prefill.load.input_tok) == ({Metric.PREFILL_RATE: 6900}, 512)
    assert (decode.metrics, decode.load.output_tok) == ({Metric.DECODE_RATE: 127.7}, 128)
    assert decode.accelerator == "NVIDIA GeForce RTX 4090"


@pytest.mark.parametrize(
    ("data", "says"),
    [
        ({}, "no benchmark result is in it"),
        ([], "no benchmark result is in it"),
        ("text", "no benchmark result is in it"),
        ({**VLLM, "median_tpot_ms": "fast"}, "lacks median_tpot_ms"),
        ({**VLLM, "median_tpot_ms": float("nan")}, "lacks median_tpot_ms"),
        ({**VLLM, "completed": 0}, "lacks completed"),
        ({"benchmarks": [{"metrics": {}}]}, r"benchmarks\[0\] lacks metrics.prompt_token_count.successful"),
        ({"benchmarks": [3]}, r"benchmarks\[0\] lacks metrics"),
        ([{"n_prompt": 512, "avg_ts": 1.0}], r"\[0\] lacks n_gen"),
    ],
)
def test_what_is_no_result_says_what_is_missing(data: object, says: str) -> None:
    with pytest.raises(InvalidInput, match=says):
        measured_runs(data, file="x.json")

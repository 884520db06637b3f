"""Rows of published measurements in our terms: names of models, accelerators and engines, units, loads, refusals."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from maquette.capacity.naming import PointRow, points_from_rows
from maquette.capacity.naming_accelerators import AcceleratorNames
from maquette.capacity.naming_loads import engine_of
from maquette.capacity.naming_models import ModelNames
from maquette.capacity.points import Point, Refused
from maquette.capacity.setup import Engine, LoadKind, Metric, Precision, Setup
from maquette.catalog.attention import KvDtype
from maquette.catalogs import load_accelerators, load_catalog

ROW = PointRow(
    line=2,
    family="a lab",
    run="",
    engine="vLLM 0.19.0",
    gpu="NVIDIA H200-SXM-141GB",
    gpus=4,
    parallel="4",
    model="meta-llama/Llama-3.1-70B-Instruct",
    precision="FP8",
    input_len="1024",
    output_len="512",
    load="concurrency=16",
    metric="tpot",
    value=21.5,
    unit="ms",
)


def asked(*rows: PointRow) -> Sequence[Point | Refused]:
    """The rows with the shipped catalog."""
    return points_from_rows(rows, load_catalog().cards, load_accelerators())


def point(**changes: object) -> Point:
    """One changed row, which must be a point."""
    (found,) = asked(replace(ROW, **changes))  # type: ignore[arg-type]  # only some fields
    assert isinstance(found, Point), found
    return found


def reason(**changes: object) -> str:
    """Why one changed row cannot be asked."""
    (found,) = asked(replace(ROW, **changes))  # type: ignore[arg-type]  # only some fields
    assert isinstance(found, Refused), found
    return found.reason


def widths(setup: Setup) -> tuple[int, int, int, int, int]:
    """Accelerators, and tensor, expert, data and pipeline parallelism."""
    return (
        setup.gpus,
        setup.tensor_parallel,
        setup.expert_parallel,
        setup.data_parallel,
        setup.pipeline_parallel,
    )


def test_a_row_becomes_a_point_in_our_terms() -> None:
    """Seconds, the replica, the load."""
    found = point()
    assert found.metric is Metric.TPOT
    assert found.value == pytest.approx(0.0215)
    assert (found.setup.card.id, found.setup.accelerator.name) == ("open/llama-3.1-70b-instruct", "H200-SXM 141GB")
    assert (found.setup.engine, found.setup.precision, widths(found.setup)) == (
        Engine.VLLM,
        Precision.FP8,
        (4, 4, 1, 1, 1),
    )
    assert (found.load.input_tok, found.load.output_tok, found.load.concurrency) == (1024, 512, 16)
    assert found.assumed == ()


@pytest.mark.parametrize(
    ("name", "card"),
    [
        ("Qwen/Qwen2.5-72B-Instruct", "qwen2.5-72b-instruct"),
        ("moonshotai/Kimi-K2-Instruct-0905", "kimi-k2-instruct"),
        ("nvidia/Kimi-K2-Thinking-NVFP4", "kimi-k2-instruct"),
        ("llama3.1-70b", "llama-3.1-70b-instruct"),
        ("llama3_1-405b", "llama-3.1-405b-instruct"),
        ("LLaMA v3.1 8B", "llama-3.1-8b-instruct"),
        ("llama2-70b-99.9", "llama-2-70b-chat-hf"),
        ("RedHatAI/Meta-Llama-3.1-70B-Instruct-quantized.w4a16", "llama-3.1-70b-instruct"),
        ("amd/Llama-3.1-405B-Instruct-FP8-KV", "llama-3.1-405b-instruct"),
        ("nvidia/DeepSeek-R1-0528-FP4-v2", "deepseek-r1"),
        ("deepseek-ai/DeepSeek-V3-0324", "deepseek-v3"),
        ("dsr1", "deepseek-r1"),
        ("Hermes-3-Llama-3.1-405B", "llama-3.1-405b-instruct"),
        ("zai-org/GLM-4.6-FP8", "glm-4.7"),
        ("minimax_m2_5", "minimax-m2.5"),
        ("MiniMaxAI/MiniMax-M2", "minimax-m2.5"),
        ("qwen3_5_397b", "qwen3.5-397b-a17b"),
        ("Qwen/Qwen3-Next-80B-A3B-Thinking", "qwen3-next-80b-a3b-instruct"),
        ("Llama-4-Maverick", "llama-4-maverick-17b-128e-instruct"),
        ("Mistral 7B", "mistral-7b-instruct-v0.3"),
        ("Mistral-Large-2407", "mistral-large-instruct-2411"),
        ("mixtral-8x7b", "mixtral-8x7b-instruct-v0.1"),
        ("gptj-99", "gpt-j-6b"),
        ("DeepSeek V3 671B", "deepseek-v3"),
        ("Mistral-Small-Instruct-2409", "mistral-small-instruct-2409"),
        ("mistralai/Mistral-Small-24B-Instruct-2501", "mistral-small-3.2-24b-instruct-2506"),
        ("bartowski/Meta-Llama-3.1-8B-Instruct-GGUF", "llama-3.1-8b-instruct"),
    ],
)
def test_a_model_is_found_by_its_words(name: str, card: str) -> None:
    """Owners, dates, formats and separators do not matter, sizes and versions do."""
    found = ModelNames(load_catalog().cards.values()).find(name)
    assert found is not None
    assert found.id == f"open/{card}"


@pytest.mark.parametrize(
    "name",
    [
        "made-up/Zebra-9B",
        "meta-llama/Llama-3.1-9B",
        "Qwen3",
        "deepseek-ai/DeepSeek-V9",
        "DeepSeek V3 236B",
        "gpt2",
        "",
        "llama",
        "---",
    ],
)
def test_a_model_that_is_not_there_is_refused_in_words_that_rows_share(name: str) -> None:
    """No guess at a neighbour in size or version."""
    assert reason(model=name) == "unknown model"


@pytest.mark.parametrize(
    ("name", "known", "memory"),
    [
        ("b300_sxm", "B300-SXM", 288),
        ("h200_sxm", "H200-SXM 141GB", 141),
        ("NVIDIA GeForce RTX 5090", "RTX 5090", 32),
        ("AMD Instinct MI355X 288GB HBM3e", "MI355X", 288),
        ("NVIDIA H200-NVL-141GB", "H200 NVL 141GB", 141),
        ("Virtualized NVIDIA H200-SXM-141GB", "H200-SXM 141GB", 141),
        ("H200 (slurm partition h200)", "H200-SXM 141GB", 141),
        ("GH200 480GB", "GH200 96GB", 96),
        ("GH200 144GB HBM3e", "GH200 144GB", 144),
        ("NVIDIA A100-PCIE-40GB", "A100-PCIe 40GB", 40),
        ("A100 40GB", "A100-SXM 40GB", 40),
        ("a100_sxm", "A100-SXM 80GB", 80),
        ("h100_pcie", "H100-PCIe 80GB", 80),
        ("NVIDIA H100-NVL-94GB", "H100 NVL 94GB", 94),
        ("8x H100", "H100-SXM 80GB", 80),
        ("gb300_nvl72", "GB300", 284),
        ("[MAXSUN] MS-Intel Arc Pro B60 Dual 48G Turbo", "Arc Pro B60 Dual", 48),
        ("RTX 4070 Ti SUPER 16GB", "RTX 4070 Ti Super", 16),
        ("RTX 3080 Ti 12GB", "RTX 3080 Ti", 12),
        ("RTX 3080 10GB", "RTX 3080", 10),
        ("rtx_pro_6000_server", "RTX PRO 6000 Blackwell Server", 96),
        ("M2 Ultra 76-Core GPU 192GB", "Apple M2 Ultra", 144),
        ("M1 7-Core GPU 8GB", "Apple M1", 6),
    ],
)
def test_an_accelerator_is_found_by_its_words_form_and_memory(name: str, known: str, memory: int) -> None:
    """A chip that shares memory has three quarters of what the name says."""
    found = AcceleratorNames(load_accelerators()).find(name)
    assert found is not None
    assert (found.name, float(found.memory_gb or 0)) == (known, memory)


@pytest.mark.parametrize("name", ["TPU v6e", "Trainium2", "H900", "RTX 9990 24GB", "80GB", "SXM"])
def test_an_accelerator_that_is_not_there_is_refused(name: str) -> None:
    """No neighbour is taken."""
    assert reason(gpu=name) == "unknown accelerator"


@pytest.mark.parametrize(
    ("name", "engine"),
    [
        ("trtllm 1.2.0rc2", Engine.TENSORRT_LLM),
        ("TensorRT 10.11, CUDA 12.9", Engine.TENSORRT_LLM),
        ("TensorRT-LLM + Triton", Engine.TENSORRT_LLM),
        ("dynamo-trt", Engine.TENSORRT_LLM),
        ("vLLM nightly", Engine.VLLM),
        ("Mango LLMBoost AI Enterprise Platform, vllm-0.9.0.", Engine.VLLM),
        ("Mango LLMBoost AI Enterprise Platform, ROCm 6.12.1", Engine.VLLM),
        ("sglang nightly-dev-20260216-d3bae71e", Engine.SGLANG),
        ("llama.cpp", Engine.LLAMA_CPP),
        ("TGI 2.0", None),
    ],
)
def test_an_engine_is_found_in_the_words_around_it(name: str, engine: Engine | None) -> None:
    """Versions and platforms do not matter."""
    assert engine_of(name) is engine


@pytest.mark.parametrize(
    ("parallel", "gpus", "run", "expected"),
    [
        ("TP8", 8, "", (8, 8, 1, 1, 1)),
        ("TEP8", 8, "", (8, 8, 8, 1, 1)),
        ("DEP8", 8, "", (8, 1, 8, 8, 1)),
        ("DEP2PP2", 4, "", (4, 1, 2, 2, 2)),
        ("TP1PP1", 1, "", (1, 1, 1, 1, 1)),
        ("layer-split", 4, "", (4, 1, 1, 1, 4)),
        ("tp4 adp1 pp1 ep4", 4, "x_tp4_0_ep4_0_29", (4, 4, 4, 1, 1)),
        ("tp1 adp4 pp1 ep1", 4, "x_tp4_ep1_296", (4, 1, 1, 4, 1)),
        ("tp64 adp1 pp1 ep8", 64, "x_tp8_ep8_1012", (8, 8, 8, 1, 1)),
        ("tp64 adp1 pp1 ep8", 64, "x_cfg88", (8, 8, 8, 1, 1)),
        ("tp1 adp16 pp1 ep4", 16, "x_cfg12", (4, 1, 4, 4, 1)),
        ("tp2 adp2 pp1 ep4", 4, "x_tp2_ep2_1384", (2, 2, 2, 1, 1)),
        ("tp4 adp4 pp1 ep16", 16, "x_cfg691", (4, 4, 4, 1, 1)),
        ("tp36 adp1 pp1 ep1", 36, "x_tp36_ep1_32", (36, 1, 36, 36, 1)),
    ],
)
def test_parallel_settings_are_read_from_what_the_row_and_the_run_say(
    parallel: str, gpus: int, run: str, expected: tuple[int, ...]
) -> None:
    """A product of tensor and expert parallelism is taken apart: experts live on the same accelerators."""
    found = point(parallel=parallel, gpus=gpus, run=run, model="Qwen3-30B-A3B", gpu="gb200", precision="nvfp4")
    assert widths(found.setup) == expected


def test_precision_is_the_rows_then_the_names_then_the_models_own() -> None:
    """And nobody widens a model of four bit."""
    assert point().setup.precision is Precision.FP8
    assert point(precision="", model="nvidia/Llama-3.1-70B-Instruct-FP8").setup.precision is Precision.FP8
    assert point(precision="").setup.precision is None
    assert point(precision="UINT4").setup.quantisation == "int4-g128"
    assert point(precision="fp8", model="openai/gpt-oss-120b").setup.precision is None
    assert reason(precision="posit8") == "unknown precision"


def test_a_quantisation_of_llama_cpp_keeps_its_name() -> None:
    """It decides the bytes."""
    found = point(engine="llama.cpp", precision="Q4_K_M", gpus=2, parallel="layer-split").setup
    assert (found.precision, found.quantisation, found.pipeline_parallel) == (Precision.INT4, "Q4_K_M", 2)


def test_narrow_checkpoints_of_tensorrt_llm_keep_a_narrow_cache() -> None:
    """The others keep 16 bit unless somebody says otherwise."""
    assert point(engine="trtllm 1.0").setup.kv_dtype is KvDtype.FP8
    assert point().setup.kv_dtype is KvDtype.BF16


@pytest.mark.parametrize(
    ("load", "kind", "number"),
    [
        ("concurrency=16", LoadKind.CONCURRENCY, 16),
        ("conc64", LoadKind.CONCURRENCY, 64),
        ("batch=1", LoadKind.CONCURRENCY, 1),
        ("QPS=4", LoadKind.RATE, 4),
        ("request rate: 2.5", LoadKind.RATE, 2.5),
        ("8 req/s", LoadKind.RATE, 8),
        ("QPS=INF", LoadKind.OFFLINE, None),
        ("max (offline, infinite rate)", LoadKind.OFFLINE, None),
        ("320 prompts", LoadKind.OFFLINE, 320),
    ],
)
def test_a_load_is_read_from_its_words(load: str, kind: LoadKind, number: float | None) -> None:
    """Requests in flight, requests a second, or all at once."""
    found = point(load=load).load
    held = {LoadKind.CONCURRENCY: found.concurrency, LoadKind.RATE: found.rate_per_s, LoadKind.OFFLINE: found.requests}
    assert (found.kind, held[kind]) == (kind, number)


def test_loads_that_nobody_can_ask_about_are_refused() -> None:
    """An endless burst has no time to first token; nothing at all is no load."""
    assert reason(load="QPS=INF", metric="mean_ttft") == "time to first token of an endless burst"
    assert reason(load="when it is quiet") == "unknown load"
    assert reason(input_len="a poem") == "unknown length of prompts or answers"
    assert reason(parallel="1", gpus=1, precision="BF16", gpu="H100") == (
        "the weights exceed the memory of the stated accelerators"
    )


@pytest.mark.parametrize(
    ("metric", "unit", "value", "expected"),
    [
        ("median_itl", "ms", 20.0, (Metric.TPOT, 0.02)),
        ("mean_ttft", "s", 1.5, (Metric.TTFT, 1.5)),
        ("median_intvty", "tok/s/user", 50.0, (Metric.TPOT, 0.02)),
        ("output_throughput", "tok/s total", 900.0, (Metric.OUTPUT_THROUGHPUT, 900.0)),
        ("output_throughput_per_gpu", "tok/s/GPU", 900.0, (Metric.OUTPUT_THROUGHPUT, 3600.0)),
        ("request_throughput", "req/s", 3.0, (Metric.REQUEST_THROUGHPUT, 3.0)),
        ("decode_rate", "tok/s", 70.0, (Metric.DECODE_RATE, 70.0)),
        ("prefill_rate", "tok/s", 700.0, (Metric.PREFILL_RATE, 700.0)),
    ],
)
def test_a_metric_comes_in_our_unit_and_for_the_whole_replica(
    metric: str, unit: str, value: float, expected: tuple[Metric, float]
) -> None:
    """Four accelerators: a rate for each of them is multiplied."""
    found = point(metric=metric, unit=unit, value=value)
    assert (found.metric, found.value) == pytest.approx(expected)


def test_what_is_no_metric_of_ours_is_refused() -> None:
    """A tail, another quantity, another unit, a failed run."""
    assert reason(metric="p99_ttft") == "a percentile other than the median"
    assert reason(metric="energy") == "unknown metric"
    assert reason(unit="furlongs") == "unknown unit"
    assert reason(value=0.0) == "no positive value"


def test_mlperf_is_divided_into_replicas_and_pushed_to_its_limits() -> None:
    """Llama 2 70B in FP8 takes one H200: eight replicas, each with an eighth of the rate."""
    found = point(
        parallel="", gpus=8, model="llama2-70b-99", load="Server", metric="mlperf_result", unit="Tokens/s",
        value=32000.0, input_len="", output_len="274.4", engine="TensorRT 10.11, CUDA 12.9",
    )  # fmt: skip
    assert (found.value, widths(found.setup)) == (4000.0, (1, 1, 1, 1, 1))
    assert (found.load.kind, found.load.ttft_most_s, found.load.tpot_most_s) == (LoadKind.OFFLINE, 2.0, 0.2)
    assert (found.load.input_tok, found.load.output_tok) == (294.0, 274.4)
    assert found.assumed == ("parallelism", "input_tok")


def test_mlperf_counts_tokens_even_where_its_summary_says_queries() -> None:
    """An interactive run beside a server run of the same system shows it; GPT-J's were queries."""
    interactive = {"parallel": "", "gpus": 8, "load": "Interactive", "metric": "mlperf_result", "unit": "Queries/s"}
    found = point(model="llama3.1-8b", value=36052.3, input_len="", output_len="128 (from logs)", **interactive)
    assert (found.metric, found.value) == (Metric.OUTPUT_THROUGHPUT, 36052.3 / 8)
    queries = point(model="gptj-99", value=80.0, input_len="", output_len="69", **{**interactive, "load": "Server"})
    assert (queries.metric, queries.value) == (Metric.REQUEST_THROUGHPUT, 10.0)


def test_without_settings_a_replica_is_the_whole_system() -> None:
    """Split by tensors; llama.cpp splits by layers."""
    assert widths(point(parallel="").setup) == (4, 4, 1, 1, 1)
    assert widths(point(parallel="", engine="llama.cpp").setup) == (4, 1, 1, 1, 4)
    assert widths(point(parallel="", gpus=None, model="Llama-3.1-8B").setup) == (1, 1, 1, 1, 1)


def test_an_unstated_accelerator_is_the_only_one_of_its_family_or_is_refused() -> None:
    """And the point says what was filled in."""
    unstated = replace(ROW, gpu="unstated (8-GPU node)", line=3)
    (_, found) = asked(ROW, unstated)
    assert isinstance(found, Point)
    assert (found.setup.accelerator.name, found.assumed) == ("H200-SXM 141GB", ("accelerator",))
    (_, _, torn) = asked(ROW, replace(ROW, gpu="b200_sxm"), unstated)
    assert isinstance(torn, Refused)
    assert torn.reason == "unstated accelerator"
    assert reason(gpu="unstated (8-GPU node)") == "unstated accelerator"


def test_one_configuration_is_one_group_whoever_measured_it() -> None:
    """Models of one shape too, so that a cross-validation never sees its own answers."""
    sizes = {"gpus": 8, "parallel": "8", "precision": "fp8"}
    r1 = point(model="deepseek-ai/DeepSeek-R1", family="one", run="a", **sizes)
    v3 = point(model="deepseek-ai/DeepSeek-V3", family="two", load="concurrency=4", **sizes)
    assert r1.group == v3.group
    assert point().group != point(parallel="2", gpus=2).group

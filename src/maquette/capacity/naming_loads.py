"""The load, the lengths, the precision, the engine and the metric that a row of published measurements names."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from maquette.capacity.setup import Engine, LoadKind, Metric, Precision
from maquette.catalog.attention import KvDtype

_ENGINES: Final = (
    ("sglang", Engine.SGLANG),
    ("trtllm", Engine.TENSORRT_LLM),
    ("trt", Engine.TENSORRT_LLM),
    ("tensorrt", Engine.TENSORRT_LLM),
    ("vllm", Engine.VLLM),
    ("llmboost", Engine.VLLM),
    ("llama.cpp", Engine.LLAMA_CPP),
    ("llamacpp", Engine.LLAMA_CPP),
    ("llama-bench", Engine.LLAMA_CPP),
    ("ggml", Engine.LLAMA_CPP),
    ("ollama", Engine.LLAMA_CPP),
    ("lm studio", Engine.LLAMA_CPP),
    ("lmstudio", Engine.LLAMA_CPP),
)
"""Words of an engine's name, the first that is found; LLMBoost is a distribution of vLLM (its versions name it)."""

_NUMBER = re.compile(r"[-+]?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?")
_CLOSED = re.compile(
    r"(?:concurrency|conc|users|clients|batch(?:[ _-]?size)?|bs|streams|c)\s*[=:]?\s*(\d+(?:\.\d+)?)\b"
)
_OPEN = re.compile(r"(?:qps|rps|rate|request[ _-]rate)\s*[=:]?\s*(\d+(?:\.\d+)?)\b|(\d+(?:\.\d+)?)\s*(?:req/s|qps|rps)")
_BURST = re.compile(r"(\d{1,9})\s*(?:prompts|requests|samples)")
_ALL_AT_ONCE = re.compile(r"\binf\b|infinite|offline|\bmax\b|max throughput|saturat")

_LONGEST_TOK = 1e8
_LEAST = 1e-12

DATASETS: Final[Mapping[str, tuple[float, float]]] = {
    "sharegpt": (217.4, 197.8),
}
"""Mean tokens of a prompt and an answer: of the 1,000 conversations that vLLM's serving benchmark draws from
ShareGPT_V3_unfiltered_cleaned_split, 217,393 tokens were sent and 197,767 came back (its printed result for
Qwen2.5 7B; the answers of other models differ by some percent)."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Pushed:
    """A benchmark of MLPerf: as many requests as it bears within limits on TTFT and TPOT at the 99th percentile.

    Attributes:
        in_tokens: Whether its result is tokens a second whatever the unit's column says: the published summaries call
            those of interactive runs queries.
    """

    input_tok: float
    output_tok: float
    limits: Mapping[str, tuple[float, float]]
    in_tokens: bool = True


# Limits: github.com/mlcommons/inference loadgen/mlperf.conf at 001712e. Answers: tokens_per_sample of its reference
# implementations (tools/submission/submission_checker). The means of prompts are estimates. Rows that say a length win.
MLPERF: Final[Mapping[str, Pushed]] = {
    "llama2-70b": Pushed(
        input_tok=294.0, output_tok=294.45, limits={"server": (2.0, 0.2), "interactive": (0.45, 0.04)}
    ),
    "llama3.1-405b": Pushed(
        input_tok=9400.0, output_tok=684.68, limits={"server": (6.0, 0.175), "interactive": (4.5, 0.08)}
    ),
    "llama3.1-8b": Pushed(input_tok=778.0, output_tok=128.0, limits={"server": (2.0, 0.1), "interactive": (0.5, 0.03)}),
    "mixtral-8x7b": Pushed(input_tok=280.0, output_tok=145.9, limits={"server": (2.0, 0.2)}),
    "deepseek-r1": Pushed(
        input_tok=800.0, output_tok=3886.0, limits={"server": (2.0, 0.08), "interactive": (1.5, 0.015)}
    ),
    "gptj": Pushed(input_tok=778.0, output_tok=69.0, limits={}, in_tokens=False),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class SaidLoad:
    """The load in a row's words; the limits are of a load that is pushed as high as they allow."""

    kind: LoadKind
    concurrency: float | None = None
    rate_per_s: float | None = None
    requests: int | None = None
    ttft_most_s: float | None = None
    tpot_most_s: float | None = None


def engine_of(text: str) -> Engine | None:
    """The engine that a name with versions and platforms means; None when it is none of ours."""
    low = text.lower()
    found = next((engine for word, engine in _ENGINES if word in low), None)
    return Engine.VLLM if found is None and "rocm" in low else found


def mlperf_model(model: str, scenario: str) -> Pushed | None:
    """What MLPerf sends to ``model``; None when ``scenario`` is none of MLPerf's."""
    if scenario.strip().lower() not in {"server", "offline", "interactive"}:
        return None
    low = model.lower().replace("_", ".").replace(" ", "-")
    return next((sent for name, sent in MLPERF.items() if low.startswith(name)), None)


def load_of(text: str, pushed: Pushed | None) -> SaidLoad | None:
    """The load that ``text`` names; None when nothing is recognised."""
    low = text.strip().lower()
    if pushed is not None:
        ttft, tpot = pushed.limits.get(low, (None, None))
        return SaidLoad(kind=LoadKind.OFFLINE, ttft_most_s=ttft, tpot_most_s=tpot)
    if _ALL_AT_ONCE.search(low):
        return SaidLoad(kind=LoadKind.OFFLINE)
    if (found := _OPEN.search(low)) and float(found[1] or found[2]) > 0:
        return SaidLoad(kind=LoadKind.RATE, rate_per_s=float(found[1] or found[2]))
    if (found := _BURST.search(low)) and int(found[1]) > 0:
        return SaidLoad(kind=LoadKind.OFFLINE, requests=int(found[1]))
    if (found := _CLOSED.search(low)) and float(found[1]) > 0:
        return SaidLoad(kind=LoadKind.CONCURRENCY, concurrency=float(found[1]))
    return None


def length_of(text: str, place: int, otherwise: float | None) -> float | None:
    """Tokens of a prompt (place 0) or an answer (place 1): a number, a data set's known mean, or ``otherwise``."""
    said = text.strip()
    if found := _NUMBER.match(said):
        number = float(found[0])
        return number if 0 <= number <= _LONGEST_TOK else None
    known = DATASETS.get(re.sub(r"[^a-z]", "", said.lower()))
    return otherwise if known is None else known[place]


_PRECISIONS: Final = (
    (re.compile(r"nvfp4|mxfp4|fp4"), Precision.FP4, None),
    (re.compile(r"mxfp8|fp8|e4m3|w8a8-fp8"), Precision.FP8, None),
    (re.compile(r"awq|gptq|u?int4|w4a16|w4a8|4-?bit"), Precision.INT4, "int4-g128"),
    (re.compile(r"q8_0|u?int8|w8a8|w8a16|8-?bit"), Precision.INT8, None),
    (re.compile(r"i?q[1-4]_[a-z0-9_]+"), Precision.INT4, "gguf"),
    (re.compile(r"i?q[56]_[a-z0-9_]+"), Precision.INT8, "gguf"),
    (re.compile(r"bf16|fp16|f16|float16|16-?bit|half"), Precision.BF16, None),
)


def precision_said(text: str) -> tuple[Precision | None, str | None] | None:
    """The precision and the exact format that ``text`` names; (None, None) when it is blank, None when unknown."""
    low = text.strip().lower()
    if not low:
        return None, None
    for pattern, precision, form in _PRECISIONS:
        if found := pattern.search(low):
            exact = found[0].upper() if form == "gguf" or found[0] == "q8_0" else form
            return precision, exact
    return None


def precision_in_name(name: str) -> tuple[Precision | None, str | None]:
    """The precision that a model's own name says, as in "…-FP8"; (None, None) when it says none."""
    return precision_said(name) or (None, None)


def kv_dtype_of(engine: Engine, precision: Precision | None) -> KvDtype:
    """In which numbers the cache is kept when nobody says: NVIDIA's narrow checkpoints for TensorRT-LLM set eight bit.

    Source: https://nvidia.github.io/TensorRT-LLM/reference/precision.html and ModelOpt's ``kv_cache_quant_algo``.
    """
    narrow = precision in {Precision.FP8, Precision.FP4}
    return KvDtype.FP8 if engine is Engine.TENSORRT_LLM and narrow else KvDtype.BF16


_PERCENTILE = re.compile(r"(?:^|_)p(\d\d)(?:_|$)")
_METRICS: Final[Mapping[str, Metric]] = {
    "tpot": Metric.TPOT,
    "itl": Metric.TPOT,
    "time_per_output_token": Metric.TPOT,
    "inter_token_latency": Metric.TPOT,
    "ttft": Metric.TTFT,
    "time_to_first_token": Metric.TTFT,
    "output_throughput": Metric.OUTPUT_THROUGHPUT,
    "output_token_throughput": Metric.OUTPUT_THROUGHPUT,
    "output_tput": Metric.OUTPUT_THROUGHPUT,
    "mlperf_result": Metric.OUTPUT_THROUGHPUT,
    "request_throughput": Metric.REQUEST_THROUGHPUT,
    "decode_rate": Metric.DECODE_RATE,
    "tg_rate": Metric.DECODE_RATE,
    "interactivity": Metric.TPOT,
    "intvty": Metric.TPOT,
    "prefill_rate": Metric.PREFILL_RATE,
    "pp_rate": Metric.PREFILL_RATE,
}
_SECONDS: Final = {"s": 1.0, "sec": 1.0, "seconds": 1.0, "ms": 1e-3, "msec": 1e-3, "us": 1e-6, "µs": 1e-6}


def metric_of(name: str, unit: str) -> Metric | str:
    """The metric that a row has, or why it is none of ours in a few words."""
    low = name.strip().lower()
    percentile = _PERCENTILE.search(low)
    if percentile and percentile[1] != "50":
        return "a percentile other than the median"
    plain = re.sub(r"^(?:median|mean|avg|average|p50)_|_(?:median|mean|p50|per_gpu|per_user|ms|s)$", "", low)
    found = _METRICS.get(re.sub(r"_per_gpu$", "", plain))
    if found is None:
        return "unknown metric"
    if found is Metric.OUTPUT_THROUGHPUT and re.match(r"(?:quer|req|sampl)", unit.strip().lower()):
        return Metric.REQUEST_THROUGHPUT
    return found


def value_of(value: float, metric: Metric, name: str, unit: str, gpus: int) -> float | None:
    """Seconds for times, tokens or requests a second of all accelerators for rates.

    Returns:
        None when the unit is unknown, or the value is none that can be measured.
    """
    low = unit.strip().lower()
    found = None
    if not _LEAST <= value <= 1 / _LEAST:
        return None
    if metric in {Metric.TPOT, Metric.TTFT}:
        if low in _SECONDS:
            found = value * _SECONDS[low]
        elif metric is Metric.TPOT and low.startswith("tok"):
            found = 1.0 / value
    elif re.match(r"(?:tok|quer|req|sampl)", low):
        found = value * gpus if "gpu" in low or "per_gpu" in name.lower() else value
    return found

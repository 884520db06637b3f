"""Results of benchmark tools as measurements: GuideLLM's report, vLLM's and SGLang's serving benchmark, llama-bench.

Fields: GuideLLM ``benchmark/schemas`` (report version 2), vLLM ``vllm/benchmarks/serve.py``, SGLang
``bench_serving.py``, llama.cpp ``tools/llama-bench``. What a tool does not say (the accelerator) the user does.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from maquette.capacity.setup import Load, LoadKind, Metric
from maquette.foundation.problems import InvalidInput, Place

_FORMAT = re.compile(r"(?:^|\s)((?:I?Q\d_\w+)|F16|BF16|F32|MXFP4)(?: - (Small|Medium|Large))?(?:\s|$)")
_MOST = 1e12
"""No count, time in milliseconds or rate of a benchmark is larger."""
_KNOWN = "GuideLLM's benchmarks.json, the result of vllm bench serve or sglang.bench_serving, or llama-bench -o json"


@dataclass(frozen=True, kw_only=True, slots=True)
class Measured:
    """One run of a benchmark.

    Attributes:
        tool: Who measured.
        where: The place in the file, such as "benchmarks[2]".
        model: The model in the tool's words; None where it does not say.
        accelerator: The accelerator in the tool's words; several of one kind are named as often, between commas.
        load: What was sent.
        metrics: Seconds for times, tokens or requests a second for rates.
        numbers: The format of the weights in the tool's words, such as "Q4_K_M"; None where it does not say.
    """

    tool: str
    where: str
    model: str | None
    accelerator: str | None
    load: Load
    metrics: Mapping[Metric, float]
    numbers: str | None = None


def measured_runs(data: object, *, file: str, lines: Sequence[int] = ()) -> tuple[Measured, ...]:
    """The runs in a tool's result, which is JSON data that nobody has checked.

    Args:
        data: The result.
        file: Its name, for problems.
        lines: The line of each part where ``data`` is a sequence that was read line by line.

    Raises:
        InvalidInput: The data is of none of the tools, lacks a field, or holds no usable run.
    """
    found: list[Measured] = []
    for place, (part, where) in enumerate(_parts(data, lines)):
        try:
            found += _runs(part, where)
        except _Lacking as lacking:
            raise InvalidInput(
                f"{lacking.where or 'the file'} lacks {lacking.field}, or it is no number",
                place=Place(file=file, line=lines[place] if lines else None, field=lacking.field),
                fix="Give the tool's own result file, unchanged.",
            ) from None
    if not found:
        raise InvalidInput("no benchmark result is in it", place=Place(file=file), fix=f"Give {_KNOWN}.")
    return tuple(found)


class _Lacking(Exception):
    def __init__(self, field: str, where: str) -> None:
        super().__init__(field)
        self.field, self.where = field, where


def _parts(data: object, lines: Sequence[int]) -> Iterator[tuple[object, str]]:
    """The results in a file, and the place of each."""
    if not isinstance(data, Sequence) or isinstance(data, str | bytes):
        yield data, ""
        return
    for place, one in enumerate(data):
        yield one, f"line {lines[place]}" if lines else f"[{place}]"


def _runs(data: object, where: str) -> Iterator[Measured]:
    if not isinstance(data, Mapping):
        return
    if isinstance(data.get("benchmarks"), Sequence):
        for place, one in enumerate(data["benchmarks"]):
            yield _guidellm(one, data, f"{where} benchmarks[{place}]".strip())
    elif "total_input_tokens" in data and "median_ttft_ms" in data:
        yield _serving(data, where)
    elif "avg_ts" in data:
        yield from _llama_bench(data, where)


def _serving(data: Mapping[str, Any], where: str) -> Measured:
    """The result of vLLM's and of SGLang's serving benchmark, which share their names."""
    completed = _number(data, "completed", where)
    if completed <= 0:
        raise _Lacking("completed", where)
    rate, most = data.get("request_rate"), data.get("max_concurrency")
    metrics = {
        Metric.TTFT: _number(data, "median_ttft_ms", where) / 1000,
        Metric.TPOT: _number(data, "median_tpot_ms", where) / 1000,
        Metric.OUTPUT_THROUGHPUT: _number(data, "output_throughput", where),
        Metric.REQUEST_THROUGHPUT: _number(data, "request_throughput", where),
    }
    return Measured(
        tool="sglang.bench_serving" if str(data.get("backend")).startswith("sglang") else "vllm bench serve",
        where=where,
        model=_words(data.get("model_id") or data.get("model")),
        accelerator=None,
        load=_load(
            input_tok=_number(data, "total_input_tokens", where) / completed,
            output_tok=_number(data, "total_output_tokens", where) / completed,
            concurrency=most,
            rate=rate,
        ),
        metrics=metrics,
    )


def _guidellm(data: object, report: Mapping[str, Any], where: str) -> Measured:
    if not isinstance(data, Mapping):
        raise _Lacking("metrics", where)
    metrics = data.get("metrics")
    if not isinstance(metrics, Mapping):
        raise _Lacking("metrics", where)
    strategy = _strategy(data)
    kind = strategy.get("type_")
    return Measured(
        tool="GuideLLM",
        where=where,
        model=_words(_inside(report, "config", "backend", "model") or _inside(data, "config", "backend", "model")),
        accelerator=None,
        load=_load(
            input_tok=_of(metrics, "prompt_token_count", "mean", where),
            output_tok=_of(metrics, "output_token_count", "mean", where),
            concurrency=1 if kind == "synchronous" else strategy.get("streams"),
            rate=strategy.get("rate"),
        ),
        metrics={
            Metric.TTFT: _of(metrics, "time_to_first_token_ms", "median", where) / 1000,
            # Its time_per_output_token_ms has the first token in it; the inter-token latency is what others call TPOT.
            Metric.TPOT: _of(metrics, "inter_token_latency_ms", "median", where) / 1000,
            Metric.OUTPUT_THROUGHPUT: _of(metrics, "output_tokens_per_second", "mean", where),
            Metric.REQUEST_THROUGHPUT: _of(metrics, "requests_per_second", "mean", where),
        },
    )


def _strategy(data: Mapping[str, Any]) -> Mapping[str, Any]:
    """How requests were sent; earlier reports have it among ``args``."""
    for outer in ("config", "args", "scheduler"):
        found = _inside(data, outer, "strategy")
        if isinstance(found, Mapping):
            return found
    return {}


def _llama_bench(data: Mapping[str, Any], where: str) -> Iterator[Measured]:
    """One test: the pace of a prompt or of an answer. A test of both together is left out: it is neither's pace."""
    prompt, answer = (_number(data, name, where) for name in ("n_prompt", "n_gen"))
    depth = _number(data, "n_depth", where) if "n_depth" in data else 0.0
    if (prompt > 0) == (answer > 0):
        return
    metric = Metric.PREFILL_RATE if prompt > 0 else Metric.DECODE_RATE
    yield Measured(
        tool="llama-bench",
        where=where,
        model=_stem(data.get("model_filename")) or _words(data.get("model_type")),
        accelerator=None if data.get("n_gpu_layers") == 0 else _words(data.get("gpu_info")),
        load=_load(input_tok=max(1.0, depth + prompt), output_tok=max(1.0, answer), concurrency=1, rate=None),
        metrics={metric: _number(data, "avg_ts", where)},
        numbers=_numbers(data.get("model_type")),
    )


def _stem(path: object) -> str | None:
    """A model file's own name, which says more than llama.cpp's "llama 8B"."""
    words = _words(path)
    return None if words is None else words.replace("\\", "/").rpartition("/")[2].removesuffix(".gguf") or None


def _numbers(model_type: object) -> str | None:
    """Of "llama 8B Q4_K - Medium": "Q4_K_M"."""
    found = _FORMAT.search(_words(model_type) or "")
    return None if found is None else found[1] + (f"_{found[2][0]}" if found[2] else "")


def _load(*, input_tok: float, output_tok: float, concurrency: object, rate: object) -> Load:
    """A number of requests at once, else a rate, else all at once."""
    many, often = _finite(concurrency), _finite(rate)
    kind = LoadKind.CONCURRENCY if many else LoadKind.RATE if often else LoadKind.OFFLINE
    return Load(
        input_tok=input_tok,
        output_tok=output_tok,
        kind=kind,
        concurrency=many if kind is LoadKind.CONCURRENCY else None,
        rate_per_s=often if kind is LoadKind.RATE else None,
    )


def _finite(value: object) -> float | None:
    """A positive number; "inf" and what is no number are none."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= _MOST:
        return None
    return float(value)


def _number(data: Mapping[str, Any], name: str, where: str) -> float:
    value = data.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= _MOST:
        raise _Lacking(name, where)
    return float(value)


def _of(metrics: Mapping[str, Any], name: str, figure: str, where: str) -> float:
    """A figure of the distribution over the requests that succeeded."""
    found = _inside(metrics, name, "successful")
    if not isinstance(found, Mapping):
        raise _Lacking(f"metrics.{name}.successful", where)
    return _number(found, figure, where)


def _inside(data: object, *names: str) -> object:
    for name in names:
        if not isinstance(data, Mapping):
            return None
        data = data.get(name)
    return data


def _words(value: object) -> str | None:
    return value if isinstance(value, str) and value else None

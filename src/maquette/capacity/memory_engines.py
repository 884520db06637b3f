"""What an engine leaves of an accelerator's memory for weights and cache. Each figure names where it is from."""

from dataclasses import dataclass

from maquette.capacity.setup import Engine, Setup
from maquette.catalog.hardware import Accelerator
from maquette.foundation.problems import InvalidInput

GIB = 2**30
_MIB = 2**20

DRIVER_SHARE = 0.995
"""Of the GB as sold, read as GiB, what nvidia-smi reports: 81,559 MiB of 80 GB, 143,771 of 141, 183,359 of 180."""

ECC_SHARE = 0.937
"""The same for GDDR6 with error correction on, as servers have it: 46,068 MiB of 48 GB (L40S), 23,034 of 24 (L4)."""

_WITH_ECC = frozenset({"T4", "L4", "A10", "A10G", "A40", "L40", "L40S"})

VLLM_SHARE = 0.92
"""``gpu_memory_utilization``: the default of vLLM 0.29 (docs.vllm.ai/en/v0.29.0/api/vllm/config/cache)."""

TENSORRT_LLM_SHARE = 0.9
"""``free_gpu_memory_fraction``: of what is free beside weights and activations
(nvidia.github.io/TensorRT-LLM/examples/kvcacheconfig.html)."""

LLAMA_CPP_MARGIN = 1024 * _MIB
"""What llama.cpp's fitting leaves free on each device (tools/fit-params/README.md)."""

CONTEXT = 551 * _MIB
"""CUDA context, cuBLAS and the like: what aiconfigurator measured, before its safety reserve (systems/*.yaml)."""

_EXCHANGE = {1: 0, 2: 342 * _MIB}
_EXCHANGE_WIDE = 392 * _MIB
"""NCCL's buffers by accelerators in a group: aiconfigurator systems/*.yaml (``nccl_mem``)."""

GRAPHS = 600 * _MIB
"""Captured CUDA graphs; an estimate: vLLM and TensorRT-LLM tell it when they start, and it differs by model."""

_ACTIVATION = {1: 11.0, 2: 6.5}
_ACTIVATION_WIDE = 5.0
"""Numbers of 16 bit for each token of a chunk and each number of the model's width, by tensor parallelism; twice as
many with routed experts: aiconfigurator sdk/backends/trtllm_backend.py (``ACTIVATION_COEFFICIENTS``)."""

_LOGIT_ROWS = 256
_LOGIT_BYTES = 6
"""Rows of logits that are kept at once (vLLM's ``max_num_seqs`` when it measures), at 16 bit and again at 32."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Divided:
    """An accelerator's memory before any cache, in bytes.

    Attributes:
        total: What the driver reports.
        usable: What the engine may take of it.
        activations: The largest chunk of prefill, with the logits.
        runtime: Context, exchange buffers, captured graphs.
        free_share: The part of the rest that goes to the cache.
    """

    total: int
    usable: int
    activations: int
    runtime: int
    free_share: float = 1.0


def divided(setup: Setup) -> Divided:
    """How the engine divides the memory of one accelerator.

    Raises:
        InvalidInput: The accelerator's memory or the model's width is not known.
    """
    total = device_bytes(setup.accelerator)
    chunk = chunk_tok(setup.engine, total)
    active, runtime = _activations(setup, chunk), _runtime(setup)
    if setup.engine is Engine.SGLANG:
        reserved = _sglang_reserved(setup, total, chunk)
        return Divided(total=total, usable=total, activations=reserved, runtime=0)
    if setup.engine is Engine.TENSORRT_LLM:
        return Divided(total=total, usable=total, activations=active, runtime=runtime, free_share=TENSORRT_LLM_SHARE)
    if setup.engine is Engine.LLAMA_CPP:
        return Divided(total=total, usable=max(total - LLAMA_CPP_MARGIN, 0), activations=active, runtime=0)
    return Divided(total=total, usable=int(total * VLLM_SHARE), activations=active, runtime=runtime)


def device_bytes(accelerator: Accelerator) -> int:
    """What the driver reports of an accelerator's memory; a chip that shares the machine's has what it is given.

    Raises:
        InvalidInput: Nobody states it.
    """
    if accelerator.memory_gb is None:
        shared = " It shares the machine's memory: say how much there is." if accelerator.unified_memory else ""
        raise InvalidInput(
            f"the memory of {accelerator.name} is not known",
            fix=f"Add memory_gb to the accelerator in a catalog file.{shared}",
        )
    share = ECC_SHARE if accelerator.name in _WITH_ECC else DRIVER_SHARE
    return int(float(accelerator.memory_gb) * GIB * (1.0 if accelerator.unified_memory else share))


def chunk_tok(engine: Engine, total_bytes: int) -> int:
    """Tokens of the largest chunk of prefill by default.

    vLLM ``max_num_batched_tokens`` (vllm/engine/arg_utils.py), SGLang ``chunked_prefill_size`` (srt/server_args.py),
    TensorRT-LLM ``max_num_tokens``, llama.cpp ``n_ubatch``.
    """
    if engine is Engine.LLAMA_CPP:
        return 512
    if engine is Engine.TENSORRT_LLM:
        return 8192
    if engine is Engine.VLLM:
        return 8192 if total_bytes >= 70 * GIB else 2048
    limits = ((35, 2048), (60, 4096), (160, 8192))
    return next((size for below, size in limits if total_bytes < below * GIB), 16384)


def _activations(setup: Setup, chunk: int) -> int:
    weights = setup.card.weights
    if weights is None or not weights.hidden:
        raise InvalidInput(
            f"the width of {setup.card.id} is not known",
            fix="Choose a model whose hidden size the catalog has, or add it in a catalog file.",
        )
    each = _ACTIVATION.get(setup.tensor_parallel, _ACTIVATION_WIDE) * (2 if weights.experts else 1)
    return int(2 * chunk * weights.hidden * each) + _LOGIT_ROWS * (weights.vocabulary or 0) * _LOGIT_BYTES


def _runtime(setup: Setup) -> int:
    return CONTEXT + _EXCHANGE.get(setup.gpus, _EXCHANGE_WIDE) + GRAPHS


def _sglang_reserved(setup: Setup, total: int, chunk: int) -> int:
    """What SGLang leaves beside ``mem_fraction_static``, from its own formula (``srt/server_args.py``)."""
    batches = ((20, 8), (35, 24), (60, 32), (90, 256))
    captured = next((size for below, size in batches if total < below * GIB), 512)
    own_chunk = max(chunk // max(setup.data_parallel, 1), 2048)
    reserved = 512 + 1.5 * own_chunk + 2 * captured + setup.tensor_parallel * setup.pipeline_parallel / 8 * 1024
    if setup.data_parallel > 1:
        reserved += 3 * captured * setup.data_parallel
    if total > 60 * GIB:
        reserved = max(reserved, 10 * 1024)
    return int(reserved * _MIB)

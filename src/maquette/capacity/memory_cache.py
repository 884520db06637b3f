"""Bytes of cache that one sequence takes on the accelerators of a replica, for every kind of attention."""

from dataclasses import replace

from maquette.capacity.setup import Engine, Setup
from maquette.catalog.attention import CacheKind, KvDtype, LayerGroup
from maquette.foundation.problems import InvalidInput

PAGE_TOK = {Engine.VLLM: 16, Engine.SGLANG: 1, Engine.TENSORRT_LLM: 32, Engine.LLAMA_CPP: 256}
"""Tokens of a page: engines give memory out in whole ones. vLLM ``CacheConfig.DEFAULT_BLOCK_SIZE`` (docs.vllm.ai),
SGLang ``page_size`` (docs.sglang.io, server arguments), TensorRT-LLM ``KvCacheConfig.tokens_per_block``
(nvidia.github.io/TensorRT-LLM), llama.cpp pads its context to 256 (``GGML_PAD`` in ``src/llama-context.cpp``)."""

_WHOLE = frozenset({CacheKind.LATENT, CacheKind.COMPRESSED, CacheKind.INDEX})
"""What has no heads to split: every accelerator of a tensor-parallel group keeps all of it."""


def kv_bytes_on_one(setup: Setup, context_tok: int) -> int:
    """Bytes that one sequence takes on each accelerator that holds it.

    Keys and values are split by heads; with more accelerators than KV heads each keeps one head, which is then there
    several times. A latent (MLA), a compressed cache and index keys are whole on each. Stages split the layers.

    Raises:
        InvalidInput: The model's cache is not known.
    """
    weights = setup.card.weights
    if weights is None or not weights.cache:
        raise InvalidInput(
            f"what {setup.card.id} keeps for each sequence is not known",
            fix="Choose a model whose cache the catalog has, or add it in a catalog file.",
        )
    page = PAGE_TOK[setup.engine]
    paged = -(-context_tok // page) * page
    split = max(setup.tensor_parallel, 1)
    bytes_ = sum(_on_one(group, paged, setup.kv_dtype, split) for group in weights.cache)
    return -(-bytes_ // max(setup.pipeline_parallel, 1))


def kv_bytes_per_sequence(setup: Setup, context_tok: int) -> int:
    """Bytes that one sequence takes on all accelerators that hold it together, copies counted.

    With copies of the attention (data-parallel attention) a sequence lives on one of them only.
    """
    holders = max(setup.tensor_parallel, 1) * max(setup.pipeline_parallel, 1)
    return kv_bytes_on_one(setup, context_tok) * holders


def _on_one(group: LayerGroup, context_tok: int, dtype: KvDtype, split: int) -> int:
    if split == 1 or group.kind in _WHOLE or group.entry_bytes is not None:
        return group.kv_bytes(context_tok, dtype)
    part = replace(
        group, heads=-(-group.heads // split), conv_channels=-(-group.conv_channels // min(split, group.heads))
    )
    return part.kv_bytes(context_tok, dtype)

"""From the metadata of a GGUF file to what its layers keep for each sequence.

Where a family's windows are known to llama.cpp alone, and not written in the file, they are known here too. Layouts:
https://github.com/ggml-org/llama.cpp/blob/master/src/llama-hparams.h and src/llama-model.cpp.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from maquette.catalog.attention import CacheKind, LayerGroup

FILE_TYPES: Mapping[int, str] = {
    0: "F32", 1: "F16", 2: "Q4_0", 3: "Q4_1", 7: "Q8_0", 8: "Q5_0", 9: "Q5_1", 10: "Q2_K", 11: "Q3_K_S", 12: "Q3_K_M",
    13: "Q3_K_L", 14: "Q4_K_S", 15: "Q4_K_M", 16: "Q5_K_S", 17: "Q5_K_M", 18: "Q6_K", 19: "IQ2_XXS", 20: "IQ2_XS",
    21: "Q2_K_S", 22: "IQ3_XS", 23: "IQ3_XXS", 24: "IQ1_S", 25: "IQ4_NL", 26: "IQ3_S", 27: "IQ3_M", 28: "IQ2_S",
    29: "IQ2_M", 30: "IQ4_XS", 31: "IQ1_M", 32: "BF16", 36: "TQ1_0", 37: "TQ2_0", 38: "MXFP4_MOE",
}  # fmt: skip
"""general.file_type in words."""

_PERIODS: Mapping[str, int] = {
    "gemma2": 2,
    "gemma3": 6,
    "gpt-oss": 2,
    "olmo2": 4,
    "cohere2": 4,
    "exaone4": 4,
    "llama4": 4,
}
"""Every how manieth layer attends to everything in families whose files do not say it."""

_CHUNK = 8192
"""Llama 4 attends to chunks of so many tokens, and its files do not say it."""

_MOST_LAYERS = 4096
_NAME = re.compile(r"[\w.-]{1,64}")


@dataclass(frozen=True, kw_only=True, slots=True)
class FileShape:
    """The shape that a file's metadata describes.

    Attributes:
        cache: What its layers keep; empty when a part is not said.
        notes: What could not be read off, a sentence each.
    """

    architecture: str
    layers: int | None
    hidden: int | None
    heads: tuple[int, ...]
    kv_heads: tuple[int, ...]
    context_tok: int | None
    experts: int | None
    experts_per_tok: int | None
    cache: tuple[LayerGroup, ...]
    notes: tuple[str, ...]


class _Fields:
    """The metadata of one architecture: whole numbers that can be true, and one number for each layer."""

    def __init__(self, metadata: Mapping[str, Any]) -> None:
        self.metadata = metadata
        named = metadata.get("general.architecture")
        self.architecture = named if isinstance(named, str) and _NAME.fullmatch(named) else "unknown"

    def raw(self, name: str) -> Any:
        return self.metadata.get(f"{self.architecture}.{name}")

    def number(self, name: str) -> int | None:
        value = self.raw(name)
        return value if isinstance(value, int) and not isinstance(value, bool) and 0 < value < 2**40 else None

    def each(self, name: str, layers: int) -> tuple[int, ...]:
        """A number for each layer; one number stands for all; empty when nothing fitting is said."""
        value = self.raw(name)
        if isinstance(value, tuple):
            fits = len(value) >= layers and all(isinstance(one, int) and 0 <= one < 2**31 for one in value[:layers])
            return tuple(int(one) for one in value[:layers]) if fits else ()
        one = self.number(name)
        return (one,) * layers if one is not None else ()


def file_shape(metadata: Mapping[str, Any]) -> FileShape:
    """The shape that the metadata describes; what it does not say stays unknown."""
    fields = _Fields(metadata)
    layers = fields.number("block_count")
    if layers is not None and layers > _MOST_LAYERS:
        layers = None
    heads = fields.each("attention.head_count", layers) if layers else ()
    kv_heads = (fields.each("attention.head_count_kv", layers) if layers else ()) or heads
    groups, notes = _groups(fields, layers, heads, kv_heads) if layers else ((), ())
    return FileShape(
        architecture=fields.architecture,
        layers=layers,
        hidden=fields.number("embedding_length"),
        heads=heads,
        kv_heads=kv_heads,
        context_tok=fields.number("context_length"),
        experts=fields.number("expert_count"),
        experts_per_tok=fields.number("expert_used_count"),
        cache=groups,
        notes=notes,
    )


def _groups(
    fields: _Fields, layers: int, heads: Sequence[int], kv_heads: Sequence[int]
) -> tuple[tuple[LayerGroup, ...], tuple[str, ...]]:
    states, notes = _states(fields, layers, kv_heads)
    if states is None:
        return (), notes
    keeping = [layer for layer in _keeping(fields, layers) if layer not in states]
    rank = fields.number("attention.kv_lora_rank")
    turned = fields.number("rope.dimension_count")
    if rank and turned:
        group = LayerGroup(kind=CacheKind.LATENT, layers=len(keeping), key_dim=rank, value_dim=turned)
        return tuple(one for one in (group, *_state_groups(fields, states)) if one.layers), notes
    attending = _attending(fields, keeping, heads, kv_heads)
    if attending is None:
        return (), (*notes, "The file does not say the sizes of keys and values.")
    return (*attending, *_state_groups(fields, states)), notes


def _keeping(fields: _Fields, layers: int) -> range:
    """The layers with a cache of their own: not those that share an earlier one, nor those that predict ahead."""
    shared = fields.number("attention.shared_kv_layers") or 0
    ahead = fields.number("nextn_predict_layers") or 0
    return range(max(0, layers - shared - ahead))


def _states(fields: _Fields, layers: int, kv_heads: Sequence[int]) -> tuple[frozenset[int] | None, tuple[str, ...]]:
    """The layers that keep a state instead of keys and values; None when a file has such layers but no sizes."""
    interval = fields.number("full_attention_interval")
    feeding = fields.each("feed_forward_length", layers)
    if fields.number("ssm.state_size") is None:
        if any(fields.metadata.get(f"{fields.architecture}.{name}") for name in ("kda.head_dim", "wkv.head_size")):
            return None, ("The file keeps a state whose size it does not say in known words.",)
        return frozenset(), ()
    if fields.number("ssm.inner_size") is None:
        return None, ("The file keeps a state and does not say its size.",)
    if interval:
        return frozenset(layer for layer in range(layers) if (layer + 1) % interval), ()
    varied = isinstance(fields.raw("feed_forward_length"), tuple) and len(set(feeding)) > 1
    silent = [layer for layer in range(layers) if not kv_heads or kv_heads[layer] == 0]
    return frozenset(layer for layer in silent if not varied or feeding[layer] == 0), ()


def _state_groups(fields: _Fields, states: frozenset[int]) -> tuple[LayerGroup, ...]:
    """The states: of inner size times state size numbers at 32 bit, and the convolution before them."""
    if not states:
        return ()
    state, inner = fields.number("ssm.state_size") or 1, fields.number("ssm.inner_size") or 1
    heads = fields.number("ssm.time_step_rank") or 1
    if inner % heads:
        heads = 1
    group = LayerGroup(
        kind=CacheKind.STATE,
        layers=len(states),
        heads=heads,
        key_dim=inner // heads,
        value_dim=state,
        conv_channels=inner + 2 * (fields.number("ssm.group_count") or 0) * state,
        conv_taps=max(0, (fields.number("ssm.conv_kernel") or 1) - 1),
        conv_number_bytes=4,  # llama.cpp keeps it at 32 bit too
    )
    return (group,)


def _attending(
    fields: _Fields, keeping: Sequence[int], heads: Sequence[int], kv_heads: Sequence[int]
) -> tuple[LayerGroup, ...] | None:
    """Groups of layers with keys and values; None when their sizes are not said."""
    window, windowed = _windows(fields, keeping)
    found: Counter[tuple[int, int, int, bool]] = Counter()
    for layer in keeping:
        if not kv_heads or not kv_heads[layer]:
            continue
        sizes = _sizes(fields, heads[layer] if heads else 0, swa=layer in windowed)
        if sizes is None:
            return None
        found[(kv_heads[layer], *sizes, layer in windowed)] += 1
    if not kv_heads:
        return None
    kind = CacheKind.CHUNK if fields.architecture == "llama4" else CacheKind.WINDOW
    return tuple(
        LayerGroup(
            kind=kind if inside else CacheKind.FULL,
            layers=count,
            heads=many,
            key_dim=key,
            value_dim=value,
            window=window if inside else None,
        )
        for (many, key, value, inside), count in found.items()
    )


def _windows(fields: _Fields, keeping: Sequence[int]) -> tuple[int | None, frozenset[int]]:
    """The window, and the layers that have it."""
    window = fields.number("attention.sliding_window")
    if fields.architecture == "llama4":
        window = fields.number("attention.chunk_size") or _CHUNK
    if window is None:
        return None, frozenset()
    pattern = fields.raw("attention.sliding_window_pattern")
    if isinstance(pattern, tuple):
        return window, frozenset(layer for layer in keeping if layer < len(pattern) and pattern[layer])
    period = fields.number("attention.sliding_window_pattern") or _PERIODS.get(fields.architecture, 1)
    return window, frozenset(layer for layer in keeping if (layer + 1) % period)


def _sizes(fields: _Fields, heads: int, *, swa: bool) -> tuple[int, int] | None:
    """Numbers of a key and of a value in one head."""
    width = fields.number("embedding_length")
    usual = width // heads if width and heads else None
    ending = "_swa" if swa else ""
    key = fields.number(f"attention.key_length{ending}") or fields.number("attention.key_length") or usual
    value = fields.number(f"attention.value_length{ending}") or fields.number("attention.value_length") or usual
    return (key, value) if key and value else None

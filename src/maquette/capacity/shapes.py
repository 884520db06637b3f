"""A model's shape as the time laws need it: parameters by part, bits of each part, and what a token keeps and reads."""

from dataclasses import dataclass
from functools import lru_cache
from math import log2

from maquette.capacity.setup import Engine, Precision
from maquette.catalog.attention import CacheKind, KvDtype, LayerGroup
from maquette.catalog.cards import ModelCard
from maquette.catalog.quantisation import FORMATS, quantised_size
from maquette.foundation.problems import InvalidInput

SPARSE_READ_TOK = 2048
"""Tokens that sparse attention with an index reads of a longer sequence, as the published configurations say."""

_NATIVE = {
    "bf16": Precision.BF16,
    "fp8": Precision.FP8,
    "nvfp4": Precision.FP4,
    "mxfp4": Precision.FP4,
    "int4": Precision.INT4,
    "fp4+fp8": Precision.FP4,
}
_LAYER_BITS = {
    Precision.BF16: 16.0,
    Precision.FP8: 8.0,
    Precision.INT8: 8.0,
    Precision.FP4: 4.5,
    Precision.INT4: 4.16,
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Shape:
    """Parameters and bytes of a model in one precision, as floats.

    Attributes:
        dense: Parameters that every token passes: attention, dense layers, shared experts, norms, head.
        dense_bytes: What they take in memory.
        expert: Parameters of the routed experts, all of them.
        expert_bytes: What those take.
        experts: Routed experts of a layer, 1 where there are none.
        experts_per_tok: How many of them a token passes.
        layers: Layers.
        hidden: Width.
        groups: What the layers keep.
        table_bytes: The table of tokens, which is kept and hardly read.
        sparse: Whether attention reads a fixed number of tokens, chosen by an index.
        state_layers: Layers that keep a state in place of keys and values.
    """

    dense: float
    dense_bytes: float
    expert: float
    expert_bytes: float
    experts: float
    experts_per_tok: float
    layers: float
    hidden: float
    groups: tuple[LayerGroup, ...]
    table_bytes: float
    sparse: bool
    state_layers: float
    precision: Precision

    @property
    def choice_doublings(self) -> float:
        """How often two doubles up to the experts of a token; 0 without routed experts, negative where it takes one."""
        return log2(self.experts_per_tok / 2.0) if self.experts > 1 else 0.0

    @property
    def active(self) -> float:
        """Parameters that a token multiplies."""
        return self.dense + self.expert * self.experts_per_tok / self.experts

    @property
    def total_bytes(self) -> float:
        """Bytes of all weights."""
        return self.dense_bytes + self.expert_bytes + self.table_bytes

    def touched(self, tokens: float) -> float:
        """The share of the experts that ``tokens`` tokens reach, each of them choosing alike: 1 - (1 - k/E)^tokens."""
        if self.experts <= 1:
            return 0.0
        return float(1.0 - (1.0 - self.experts_per_tok / self.experts) ** tokens)


def precision_of(card: ModelCard, asked: Precision | None) -> Precision:
    """The precision that is asked for, or the one in which the model is published."""
    if asked is not None:
        return asked
    native = (card.weights.native_quantisation or "").lower() if card.weights else ""
    return _NATIVE.get(native, Precision.BF16)


class _Held:
    """Carries a card past the cache, which looks only at its identity."""

    __slots__ = ("card",)

    def __init__(self, card: ModelCard) -> None:
        self.card = card

    def __hash__(self) -> int:
        return id(self.card)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Held) and other.card is self.card


@lru_cache(maxsize=512)
def _shape(holder: _Held, precision: Precision, quantisation: str | None) -> Shape:
    return _made(holder.card, precision, quantisation)


def shape_of(card: ModelCard, engine: Engine, precision: Precision | None, quantisation: str | None) -> Shape:
    """The shape of the card's model in the precision that is asked for.

    Raises:
        InvalidInput: The model's shape is not known.
    """
    exact = quantisation if engine is Engine.LLAMA_CPP else None
    return _shape(_Held(card), precision_of(card, precision), exact)


def _made(card: ModelCard, precision: Precision, quantisation: str | None) -> Shape:
    weights = card.weights
    if weights is None or weights.params_b is None or not weights.layers or not weights.hidden:
        raise InvalidInput(
            f"the shape of {card.id} is not known", fix="Choose a model whose layers and parameters the catalog has."
        )
    total = float(weights.params_b) * 1e9
    active = float(weights.active_params_b or weights.params_b) * 1e9
    parts = weights.parts
    experts, chosen = float(weights.experts or 1), float(weights.experts_per_tok or 1)
    if parts is not None:
        routed, table, head, small = parts.experts, parts.embedding, parts.output, parts.small + parts.vision
    else:
        ends = (weights.vocabulary or 0) * weights.hidden
        routed = 0 if experts <= 1 else int((total - active) / (1.0 - chosen / experts))
        table, head, small = ends, ends if total > 4e9 else 0, 0
    tied = not head
    layers = max(total - table - head - routed - small, 0.0)
    bits, routed_bits = _bits(precision, (weights.native_quantisation or "").lower(), routed=routed > 0)
    ends_bits = 16.0
    if quantisation in FORMATS and (size := quantised_size(weights, quantisation)) is not None:
        bits = routed_bits = ends_bits = size.weight_bytes * 8.0 / total
    read_head = float(table if tied else head)
    vision = float(parts.vision) if parts is not None else 0.0
    return Shape(
        dense=layers + read_head + small - vision,
        dense_bytes=(layers * bits + read_head * ends_bits + (small - vision) * 16.0) / 8.0,
        expert=float(routed),
        expert_bytes=routed * routed_bits / 8.0,
        experts=experts,
        experts_per_tok=chosen,
        layers=float(weights.layers),
        hidden=float(weights.hidden),
        groups=weights.cache,
        table_bytes=(0.0 if tied else table * ends_bits / 8.0) + vision * 2.0,
        sparse=any(group.kind is CacheKind.INDEX for group in weights.cache),
        state_layers=float(sum(group.layers for group in weights.cache if group.kind is CacheKind.STATE)),
        precision=precision,
    )


def _bits(precision: Precision, native: str, *, routed: bool) -> tuple[float, float]:
    """Bits of a weight in the layers and in the routed experts: builds in 4 bit leave all but the experts at 16."""
    bits = _LAYER_BITS[precision]
    if routed and precision in {Precision.FP4, Precision.INT4}:
        return 16.0, 4.25 if native == "mxfp4" else bits
    return bits, bits


def kv_bytes_read(shape: Shape, context_tok: float, dtype: KvDtype, tensor_parallel: int) -> float:
    """Bytes of cache that one accelerator reads for one sequence in one step.

    Keys and values are split by heads; a latent is kept whole on every accelerator; a state is read and written.
    """
    return sum(_group_read(group, shape, context_tok, dtype, tensor_parallel) for group in shape.groups)


def _group_read(group: LayerGroup, shape: Shape, context_tok: float, dtype: KvDtype, split: int) -> float:
    size = group.layers * group.bytes_per_entry(dtype)
    if group.kind is CacheKind.STATE:
        return 2.0 * size / min(split, group.heads)
    kept = context_tok if group.window is None else min(context_tok, group.window)
    if group.kind is CacheKind.LATENT and shape.sparse:
        kept = min(kept, SPARSE_READ_TOK)
    share = 1 if group.kind in {CacheKind.LATENT, CacheKind.INDEX, CacheKind.COMPRESSED} else min(split, group.heads)
    return size * kept / group.every / share


def attention_flops(shape: Shape, tokens: float) -> float:
    """Of one prefill beside the weights: 2 x width x tokens squared in each layer that sees all of them."""
    flops = 0.0
    for group in shape.groups:
        if group.kind in {CacheKind.STATE, CacheKind.INDEX}:
            continue
        seen = tokens if group.window is None else min(tokens, group.window)
        if group.kind is CacheKind.LATENT and shape.sparse:
            seen = min(seen, SPARSE_READ_TOK)
        flops += group.layers * 2.0 * max(shape.hidden, 4096.0) * tokens * seen
    return flops

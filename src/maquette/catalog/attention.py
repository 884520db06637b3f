"""What a model keeps in memory for each sequence: its KV cache by groups of layers that keep alike, in exact bytes.

A cache is a tuple of `LayerGroup`: full attention grows with every token, a window stops growing, a latent (MLA) keeps
one small vector, a compressed cache keeps one entry for several tokens, a linear layer a state of constant size.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, ClassVar

from annotated_types import Ge


class KvDtype(StrEnum):
    """How an engine stores the numbers of the cache; fp16 takes what bf16 takes."""

    BF16 = "bf16"
    FP8 = "fp8"
    Q8_0 = "q8_0"
    Q4_0 = "q4_0"


_BLOCKS = {KvDtype.BF16: (1, 2), KvDtype.FP8: (1, 1), KvDtype.Q8_0: (32, 34), KvDtype.Q4_0: (32, 18)}
"""Numbers in a block and bytes of the block; the two of llama.cpp hold a 16 bit scale with 32 numbers."""


class CacheKind(StrEnum):
    """What the layers of a group keep."""

    FULL = "full"
    WINDOW = "window"
    CHUNK = "chunk"
    LATENT = "latent"
    COMPRESSED = "compressed"
    INDEX = "index"
    STATE = "state"


Count = Annotated[int, Ge(1)]
Amount = Annotated[int, Ge(0)]


@dataclass(frozen=True, kw_only=True, slots=True)
class LayerGroup:
    """Layers that keep the same things.

    Raises:
        ValueError: What the kind needs is missing.

    Attributes:
        kind: What they keep.
        layers: How many of them there are.
        heads: KV heads; for a state, the heads of the recurrence.
        key_dim: Numbers of a key in each head; for a latent, its rank; for a state, its first side.
        value_dim: Numbers of a value in each head, 0 where the key serves as value; for a latent, the part that carries
            the position; for a state, its second side.
        window: Tokens after which a window, or a chunk, stops growing.
        every: Tokens for one entry of a compressed cache.
        entry_bytes: Bytes of one entry, where the model fixes its format whatever the KV dtype.
        state_number_bytes: Bytes of one number of a state.
        conv_channels: Channels of the short convolution before a state.
        conv_taps: Past inputs of the convolution that are kept: its length minus one.
        conv_number_bytes: Bytes of one of them.
    """

    __pydantic_config__: ClassVar = {"extra": "forbid"}

    kind: CacheKind
    layers: Count
    heads: Count = 1
    key_dim: Amount = 0
    value_dim: Amount = 0
    window: Count | None = None
    every: Count = 1
    entry_bytes: Count | None = None
    state_number_bytes: Count = 4
    conv_channels: Amount = 0
    conv_taps: Amount = 0
    conv_number_bytes: Count = 2

    def __post_init__(self) -> None:
        if self.kind in {CacheKind.WINDOW, CacheKind.CHUNK} and self.window is None:
            raise ValueError(f"a {self.kind} needs its window in tokens")
        if not self.key_dim and self.entry_bytes is None:
            raise ValueError("a group of layers needs key_dim, or entry_bytes")

    @property
    def numbers_per_entry(self) -> int:
        """Numbers that one layer keeps for one entry; of a state, the numbers of its recurrence."""
        if self.kind is CacheKind.STATE:
            return self.heads * self.key_dim * self.value_dim
        return self.heads * (self.key_dim + self.value_dim)

    def entries(self, context_tok: int) -> int:
        """Entries that one layer keeps for a sequence of ``context_tok`` tokens; a state counts as one."""
        if self.kind is CacheKind.STATE:
            return 1
        kept = context_tok if self.window is None else min(context_tok, self.window)
        return kept // self.every

    def bytes_per_entry(self, dtype: KvDtype = KvDtype.BF16) -> int:
        """Bytes of one entry in one layer; a state keeps its own format."""
        if self.entry_bytes is not None:
            return self.entry_bytes
        if self.kind is CacheKind.STATE:
            conv = self.conv_channels * self.conv_taps * self.conv_number_bytes
            return self.numbers_per_entry * self.state_number_bytes + conv
        return sum(_row_bytes(self.heads * dim, dtype) for dim in self._rows)

    def kv_bytes(self, context_tok: int, dtype: KvDtype = KvDtype.BF16) -> int:
        """Bytes that the group keeps for one sequence of ``context_tok`` tokens."""
        return self.layers * self.entries(context_tok) * self.bytes_per_entry(dtype)

    def grows(self) -> bool:
        """Whether each further token takes more memory, however long the sequence is."""
        return self.kind is not CacheKind.STATE and self.window is None

    @property
    def _rows(self) -> tuple[int, ...]:
        if self.kind is CacheKind.LATENT:
            return (self.key_dim + self.value_dim,)
        return (self.key_dim, self.value_dim) if self.value_dim else (self.key_dim,)


def _row_bytes(numbers: int, dtype: KvDtype) -> int:
    """Bytes of a row of numbers, in whole blocks."""
    length, size = _BLOCKS[dtype]
    return -(-numbers // length) * size


def kv_bytes(groups: Iterable[LayerGroup], context_tok: int, dtype: KvDtype = KvDtype.BF16) -> int:
    """Bytes of cache for one sequence of ``context_tok`` tokens."""
    return sum(group.kv_bytes(context_tok, dtype) for group in groups)


def kv_bytes_per_tok(groups: Iterable[LayerGroup], dtype: KvDtype = KvDtype.BF16) -> int:
    """Bytes that one further token takes in a long sequence: windows are full by then, and states never grow.

    A compressed cache takes its entry's bytes once in ``every`` tokens; the average over them is rounded up.
    """
    growing = tuple(group for group in groups if group.grows())
    return sum(-(-group.layers * group.bytes_per_entry(dtype) // group.every) for group in growing)


def described(group: LayerGroup) -> str:
    """What the layers of the group keep, in a few words."""
    return {
        CacheKind.FULL: "keys and values of every token",
        CacheKind.WINDOW: f"a window of {group.window} tokens",
        CacheKind.CHUNK: f"a chunk of at most {group.window} tokens",
        CacheKind.LATENT: "one latent vector for every token",
        CacheKind.COMPRESSED: f"one entry for every {group.every} tokens",
        CacheKind.INDEX: "index keys" if group.every == 1 else f"one index key for every {group.every} tokens",
        CacheKind.STATE: "a state of constant size",
    }[group.kind]


def formula(group: LayerGroup, dtype: KvDtype = KvDtype.BF16) -> str:
    """How the group's bytes for one sequence are reckoned, to be checked by hand; ``context`` is in tokens."""
    return " x ".join((f"{group.layers} layers", _entry_words(group, dtype), *_entries_words(group)))


def _entry_words(group: LayerGroup, dtype: KvDtype) -> str:
    if group.entry_bytes is not None:
        return f"{group.entry_bytes} B"
    if group.kind is CacheKind.STATE:
        recurrent = f"{group.heads} x {group.key_dim} x {group.value_dim} x {group.state_number_bytes} B"
        conv = f"{group.conv_channels} x {group.conv_taps} x {group.conv_number_bytes} B"
        return f"({recurrent} + {conv})" if group.conv_channels and group.conv_taps else f"({recurrent})"
    length, size = _BLOCKS[dtype]
    each = f"{size} B" if length == 1 else f"{size}/{length} B"
    dims = f"({group.key_dim} + {group.value_dim})" if group.value_dim else f"{group.key_dim}"
    return f"{group.heads} x {dims} x {each}" if group.heads > 1 else f"{dims} x {each}"


def _entries_words(group: LayerGroup) -> tuple[str, ...]:
    if group.kind is CacheKind.STATE:
        return ()
    kept = "context" if group.window is None else f"min(context, {group.window})"
    return (kept if group.every == 1 else f"floor({kept} / {group.every})",)

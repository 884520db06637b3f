"""A model's KV cache as data for --json and as rows for a table."""

from collections.abc import Iterable, Sequence
from decimal import Decimal

from maquette.catalog.attention import (
    CacheKind,
    KvDtype,
    LayerGroup,
    described,
    formula,
    kv_bytes,
    kv_bytes_per_tok,
)
from maquette.catalog.cards import ModelCard
from maquette.cli.catalog.contracts import KvData, KvGroupData
from maquette.cli.contract_parts import FORMAT, exact

HEADINGS = ("what it keeps", "layers", "bytes per sequence", "formula")
_GIB = Decimal(2**30)

_ENGINE_NOTES = {
    CacheKind.FULL: "Engines allocate whole pages, of 16 tokens in vLLM: the last page of a sequence is seldom full.",
    CacheKind.WINDOW: "llama.cpp keeps a window and one batch more; engines that know no windows keep all tokens.",
    CacheKind.CHUNK: "Engines without support for chunks keep all tokens in these layers.",
    CacheKind.LATENT: "With tensor parallelism every GPU keeps all latent vectors, unless attention is data parallel.",
    CacheKind.COMPRESSED: "Tokens that wait for their entry to be full take a little more.",
    CacheKind.INDEX: "Index keys keep their own format, whatever the KV dtype, where it is shown in bytes.",
    CacheKind.STATE: "vLLM enlarges its pages until a state fits into one; prefix caching keeps further states.",
}


def gib(size: int) -> Decimal:
    """Bytes as GiB, three places after the point, and more for what is small."""
    exact = Decimal(size) / _GIB
    return exact.quantize(Decimal("0.001") if exact >= 1 else Decimal("0.000001"))


def kv_data(card: ModelCard, groups: Sequence[LayerGroup], context_tok: int, dtype: KvDtype, sequences: int) -> KvData:
    """The cache at a context: in all, and by groups of layers."""
    whole = kv_bytes(groups, context_tok, dtype)
    return {
        "format": FORMAT,
        "model": card.id,
        "context_tok": context_tok,
        "kv_dtype": dtype.value,
        "sequences": sequences,
        "bytes_per_token": kv_bytes_per_tok(groups, dtype),
        "bytes_per_sequence": whole,
        "gib_per_sequence": exact(gib(whole)),
        "gib_for_all_sequences": exact(gib(whole * sequences)),
        "groups": [_group_data(group, context_tok, dtype) for group in groups],
        "formula": " + ".join(formula(group, dtype) for group in groups),
        "source": str(card.source),
        "notes": list(notes(card, groups, context_tok, dtype)),
    }


def _group_data(group: LayerGroup, context_tok: int, dtype: KvDtype) -> KvGroupData:
    return {
        "kind": group.kind.value,
        "what": described(group),
        "layers": group.layers,
        "entries_per_layer": group.entries(context_tok),
        "bytes_per_entry": group.bytes_per_entry(dtype),
        "bytes_per_sequence": group.kv_bytes(context_tok, dtype),
        "formula": formula(group, dtype),
    }


def rows(groups: Sequence[LayerGroup], context_tok: int, dtype: KvDtype) -> list[tuple[str, str, str, str]]:
    """A row for each group."""
    return [
        (described(group), str(group.layers), f"{group.kv_bytes(context_tok, dtype):,}", formula(group, dtype))
        for group in groups
    ]


def notes(card: ModelCard, groups: Sequence[LayerGroup], context_tok: int, dtype: KvDtype) -> Iterable[str]:
    """What a reader must know: a context beyond the model's, what engines allocate beyond it, the card's own notes."""
    if card.context_tok is not None and context_tok > card.context_tok:
        yield f"The model takes {card.context_tok:,} tokens; {context_tok:,} are beyond it, and reckoned all the same."
    if dtype is KvDtype.FP8 and any(group.kind in {CacheKind.LATENT, CacheKind.COMPRESSED} for group in groups):
        yield (
            "At fp8 engines keep the part with the position at 16 bit and scales beside it: vLLM takes 656 bytes where "
            "512 + 64 are shown."
        )
    yield from (note for kind, note in _ENGINE_NOTES.items() if any(group.kind is kind for group in groups))
    if card.weights is not None:
        yield from card.weights.notes
    yield from card.notes

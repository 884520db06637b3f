"""The index that retrieval searches: how many chunks the knowledge makes, and how large they are with their vectors."""

from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal

from maquette.catalog.cards import ModelCard
from maquette.cost.projection import ByCase
from maquette.cost.side.basis import CHARACTERS_PER_TOK, GB, Draft, band, combined
from maquette.cost.side_settings import RetrievalSettings

VECTOR_BYTES = Decimal(4)
"""Of one number of a vector: 32 bits."""

_CHUNKING = "learn.microsoft.com/azure/search/vector-search-how-to-chunk-documents"
_CHUNK = band("800", "500", "256")
_CHUNK_REF = f"nobody says; 800 tokens are a usual setting of hosted search, 256 the example of {_CHUNKING}"
_OVERLAP = band("0", "0.1", "0.15")
_OVERLAP_REF = f"nobody says; 10 % to begin with and 10 to 15 % for many cases, says {_CHUNKING}"
_DIMS = band("768", "1024", "3072")
_GRAPH = band("1", "1.2", "1.5")
_GRAPH_REF = (
    "nobody measured it: none where a store charges vectors as they are, 1.2 in ScyllaDB's sizing, "
    "1.5 in Qdrant's (qdrant.tech/documentation/capacity-planning)"
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Chunks:
    """An index in the cheap, the expected and the dear case; the cheap one has larger chunks, and fewer.

    Attributes:
        count: Chunks.
        tok: Tokens of one chunk.
        embedded_tok: Tokens that are embedded, overlaps counted each time.
        index_gb: Vectors, their graph and the text, in 10^9 bytes.
        memory_bytes: Vectors and their graph: what a machine holds in memory.
    """

    count: ByCase
    tok: ByCase
    embedded_tok: ByCase
    index_gb: ByCase
    memory_bytes: ByCase


def chunks(corpus_tok: Decimal, settings: RetrievalSettings, embedding: ModelCard, draft: Draft) -> Chunks:
    """The chunks of so many tokens.

    A chunk of C tokens of which the share o is that of the one before brings C (1 - o) new ones: n = ceil(tokens /
    (C (1 - o))). They embed tokens + (n - 1) o C tokens. A chunk takes dims * 4 bytes for its vector, times what the
    graph adds, and C * 4 bytes of text.
    """
    tok = draft.settle("tokens of a chunk", settings.chunk_tok, _CHUNK, _CHUNK_REF)
    overlap = draft.settle("overlap of chunks", settings.overlap, _OVERLAP, _OVERLAP_REF)
    dims_ref = f"the catalog does not say how long the vectors of {embedding.id} are"
    dims = draft.settle("numbers of a vector", embedding.vector_dims, _DIMS, dims_ref)
    graph = draft.assume("size of an index, in sizes of its vectors", _GRAPH, _GRAPH_REF)
    count = combined(
        lambda size, shared: (corpus_tok / (size * (1 - shared))).to_integral_value(ROUND_CEILING), tok, overlap
    )
    embedded = combined(
        lambda n, size, shared: corpus_tok + max(n - 1, Decimal(0)) * shared * size, count, tok, overlap
    )
    memory = combined(lambda n, d, more: n * d * VECTOR_BYTES * more, count, dims, graph)
    index = combined(lambda n, size, vectors: (vectors + n * size * CHARACTERS_PER_TOK) / GB, count, tok, memory)
    return Chunks(count=count, tok=tok, embedded_tok=embedded, index_gb=index, memory_bytes=memory)

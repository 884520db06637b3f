"""What the parts of a model file take in memory, to share them out between an accelerator and the machine."""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from maquette.adapters.gguf_files.finding import read_headers
from maquette.catalog.attention import kv_bytes
from maquette.catalog.gguf_shapes import file_shape


@dataclass(frozen=True, kw_only=True, slots=True)
class FileSizes:
    """Weights by layer, behind the last layer, and the KV cache of all layers; bytes.

    Attributes:
        kv_bytes: At the context that was asked for, 16 bit a number; None where the architecture's cache is not known.
    """

    layer_bytes: tuple[int, ...]
    output_bytes: int
    kv_bytes: int | None


def read_sizes(path: Path, *, context_tok: int) -> FileSizes:
    """The sizes of one model.

    Raises:
        InvalidInput: It is no GGUF file that can be read whole.
    """
    headers = read_headers(path)
    layers = sum((Counter(header.layer_bytes) for header in headers), Counter[int]())
    shape = file_shape(headers[0].metadata)
    return FileSizes(
        layer_bytes=tuple(layers[number] for number in sorted(layers)),
        output_bytes=max(header.output_bytes for header in headers),
        kv_bytes=kv_bytes(shape.cache, context_tok) if shape.cache else None,
    )

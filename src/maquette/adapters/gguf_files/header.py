"""The header of a GGUF file: its metadata, and the kinds and sizes of its tensors. Weights are never read.

The format is read here because the format's own package takes 21 s for a vocabulary of 128,000 entries; this skips over
long arrays and takes milliseconds. A header is anybody's bytes: counts, lengths and depths are bounded before anything
is kept. Layout: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md.
"""

import mmap
import struct
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any

from maquette.catalog.quantisation import GGML_BLOCKS

_SCALARS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
_STRING, _ARRAY = 8, 9
_LENGTH = struct.Struct("<Q")
_MOST_ENTRIES = 65_536
_MOST_TENSORS = 200_000
_MOST_ITEMS = 4_000_000
_MOST_DIMS = 4
_MOST_DIGITS = 6
_MOST_TEXT = 65_536
_MOST_KEPT = 4_096
"""Items of an array that is kept, such as the KV heads of each layer; longer ones stand as their length."""

_MOST_KEPT_BYTES = 16_000_000
"""Bytes of all texts and arrays that are kept."""

_KINDS = {
    0: "F32", 1: "F16", 2: "Q4_0", 3: "Q4_1", 6: "Q5_0", 7: "Q5_1", 8: "Q8_0", 9: "Q8_1", 10: "Q2_K", 11: "Q3_K",
    12: "Q4_K", 13: "Q5_K", 14: "Q6_K", 15: "Q8_K", 16: "IQ2_XXS", 17: "IQ2_XS", 18: "IQ3_XXS", 19: "IQ1_S",
    20: "IQ4_NL", 21: "IQ3_S", 22: "IQ2_S", 23: "IQ4_XS", 24: "I8", 25: "I16", 26: "I32", 27: "I64", 28: "F64",
    29: "IQ1_M", 30: "BF16", 34: "TQ1_0", 35: "TQ2_0", 39: "MXFP4", 40: "NVFP4",
}  # fmt: skip
"""The numbers of ggml's types that a file can hold."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Header:
    """What a header says.

    Attributes:
        metadata: Values by key; an array of numbers is a tuple, any other array its length.
        params: Numbers in all tensors together.
        weight_bytes: Bytes of all tensors.
        kinds: Numbers in the tensors of each kind.
        routed: Numbers in the tensors of routed experts.
        layer_bytes: Bytes of the tensors of each layer, by its number.
        output_bytes: Bytes of the tensors behind the last layer; a tied embedding counts here too.
    """

    metadata: Mapping[str, Any]
    params: int
    weight_bytes: int
    kinds: Mapping[str, int]
    routed: int
    layer_bytes: Mapping[int, int]
    output_bytes: int


def read_header(path: Path) -> Header:
    """The header of one file.

    Raises:
        OSError: The file cannot be read.
        ValueError, struct.error, UnicodeDecodeError: It is no GGUF file, it is cut off, or its header cannot be true.
    """
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        return _header(_Reader(data), len(data))


class _Reader:
    """A cursor over the mapped file."""

    def __init__(self, data: mmap.mmap) -> None:
        self._data = data
        self._kept = 0
        self._strings = 0
        self.at = 0

    def number(self, form: str) -> Any:
        size = struct.calcsize(form)
        if size > len(self._data) - self.at:
            raise ValueError("its header is cut off")
        (value,) = struct.unpack_from(f"<{form}", self._data, self.at)
        self.at += size
        return value

    def text(self, most: int | None = None) -> str:
        """A text; with ``most`` a longer one is refused, without it a longer one is skipped and stands empty."""
        length = self.number("Q")
        if length > len(self._data) - self.at:
            raise ValueError("its header is cut off")
        if most is not None and length > most:
            raise ValueError(f"its header has a name of {length} bytes")
        self.at += length
        return self._data[self.at - length : self.at].decode() if length <= _MOST_TEXT and self._keep(length) else ""

    def _keep(self, size: int) -> bool:
        """Whether there is room to keep so many more bytes."""
        self._kept += size
        return self._kept <= _MOST_KEPT_BYTES

    def value(self, kind: int) -> Any:
        """A value: an array of few numbers is a tuple, any other is skipped and stands as its length."""
        if kind == _STRING:
            return self.text()
        if kind != _ARRAY:
            return self.number(_scalar(kind))
        inner, length = self.number("I"), _bounded(self.number("Q"), _MOST_ITEMS, "items in an array")
        if inner == _ARRAY:
            raise ValueError("its header has an array of arrays")
        if inner == _STRING:
            self._skip_texts(length)
            return length
        form = _scalar(inner)
        size = length * struct.calcsize(form)
        if length > _MOST_KEPT or not self._keep(size * 16):
            self.skip(size)
            return length
        self.skip(size)
        return struct.unpack_from(f"<{length}{form}", self._data, self.at - size)

    def _skip_texts(self, count: int) -> None:
        self._strings = _bounded(self._strings + count, 2 * _MOST_ITEMS, "texts in arrays")
        data, at, last = self._data, self.at, len(self._data) - 8
        for _ in range(count):
            if at > last:
                raise ValueError("its header is cut off")
            at += 8 + _LENGTH.unpack_from(data, at)[0]
        self.at = at
        self.skip(0)

    def skip(self, size: int) -> None:
        if size > len(self._data) - self.at:
            raise ValueError("its header is cut off")
        self.at += size


def _scalar(kind: int) -> str:
    if kind not in _SCALARS:
        raise ValueError(f"its header has a value of the unknown kind {kind}")
    return _SCALARS[kind]


def _bounded(count: int, most: int, what: str) -> int:
    if count > most:
        raise ValueError(f"its header claims {count} {what}")
    return count


def _header(reader: _Reader, size: int) -> Header:
    if reader.number("I") != int.from_bytes(b"GGUF", "little"):
        raise ValueError("it does not begin with GGUF")
    version = reader.number("I")
    if version not in (2, 3):
        raise ValueError(f"its version {version} is not 2 or 3")
    tensors = _bounded(reader.number("Q"), _MOST_TENSORS, "tensors")
    entries = _bounded(reader.number("Q"), _MOST_ENTRIES, "entries")
    metadata: dict[str, Any] = {}
    for _ in range(entries):
        name = reader.text(_MOST_TEXT)
        metadata[name] = reader.value(reader.number("I"))
    return _tensors(reader, tensors, metadata, size)


def _tensors(reader: _Reader, tensors: int, metadata: Mapping[str, Any], size: int) -> Header:
    """The sums over all tensors.

    Raises:
        ValueError: A tensor's data would end behind the end of the file, or its kind is unknown.
    """
    kinds: dict[str, int] = {}
    parts: Counter[str] = Counter()
    routed = end = 0
    for _ in range(tensors):
        name = reader.text(_MOST_TEXT)
        dims = [reader.number("Q") for _ in range(_bounded(reader.number("I"), _MOST_DIMS, "dimensions of a tensor"))]
        kind, offset = _kind(reader.number("I")), reader.number("Q")
        count = _bounded(prod(dims), 2**62, "numbers in a tensor")
        length, block = GGML_BLOCKS[kind]
        own = count // length * block
        kinds[kind] = kinds.get(kind, 0) + count
        parts[_part(name)] += own
        end = max(end, offset + own)
        routed += count if "_exps" in name else 0
    start = _aligned(reader.at, metadata.get("general.alignment", 32))
    if tensors and start + end > size:
        raise ValueError(f"the file is cut off: {start + end - size} bytes of its tensors are missing")
    params = sum(kinds.values())
    return Header(
        metadata=metadata,
        params=params,
        weight_bytes=parts.total(),
        kinds=kinds,
        routed=routed,
        layer_bytes={int(part): size for part, size in parts.items() if part.isdigit()},
        output_bytes=parts["output"] or parts["token_embd"],
    )


def _part(name: str) -> str:
    """The number of a tensor's layer, or what it belongs to: ``blk.3.attn_q.weight`` is "3"."""
    first, _, rest = name.partition(".")
    number = rest.partition(".")[0]
    return number if first == "blk" and number.isascii() and number.isdigit() and len(number) <= _MOST_DIGITS else first


def _kind(number: int) -> str:
    if number not in _KINDS:
        raise ValueError(f"its header has a tensor of the unknown kind {number}")
    return _KINDS[number]


def _aligned(at: int, alignment: Any) -> int:
    if not isinstance(alignment, int) or not 0 < alignment <= 2**20:
        raise ValueError(f"its alignment {alignment!r} cannot be")
    return -(-at // alignment) * alignment

"""GGUF files by their headers: what the model is, without loading its weights.

The format is read here because the format's own package takes 21 s for a vocabulary of 128,000 entries; this skips over
arrays and takes milliseconds. Layout: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md.
"""

import mmap
import struct
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from math import prod
from pathlib import Path
from typing import Any

from maquette.catalog.cards import Capability, Hosting, ModelCard, Weights
from maquette.foundation.problems import InvalidInput, Place
from maquette.foundation.sources import Source, SourceKind

_SCALARS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
_STRING, _ARRAY = 8, 9
_MOST_ENTRIES = 1_000_000
_KV_BYTES = 2
"""Bytes of one number of the KV cache at 16 bit."""


@dataclass(frozen=True, kw_only=True, slots=True)
class FoundModels:
    """What a search found: cards of the readable files, and a problem for each of the others."""

    cards: tuple[ModelCard, ...]
    problems: tuple[InvalidInput, ...]


def find_local_models(folders: Iterable[Path]) -> FoundModels:
    """The GGUF files directly in ``folders``, by name; one broken file does not hide the others."""
    cards: dict[str, ModelCard] = {}
    problems: list[InvalidInput] = []
    for folder in folders:
        for path in sorted(folder.glob("*.gguf")) if folder.is_dir() else ():
            try:
                card = read_card(path)
            except InvalidInput as problem:
                problems.append(problem)
            else:
                cards.setdefault(card.id, card)
    return FoundModels(cards=tuple(cards.values()), problems=tuple(problems))


def read_card(path: Path) -> ModelCard:
    """The card of one file; its id is ``local/`` and the file's name without its ending.

    Raises:
        InvalidInput: It is no GGUF file, or its header is cut off.
    """
    place = Place(file=path.name)
    fix = "Get the file again, or take it out of the models' folder."
    try:
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            metadata, params = _header(_Reader(data))
    except (OSError, ValueError, struct.error, UnicodeDecodeError) as error:
        raise InvalidInput(f"not a GGUF file: {error}", place=place, fix=fix) from error
    return _card(path, metadata, params)


class _Reader:
    """A cursor over the mapped file."""

    def __init__(self, data: mmap.mmap) -> None:
        self._data = data
        self._at = 0

    def number(self, form: str) -> Any:
        size = struct.calcsize(form)
        (value,) = struct.unpack_from(f"<{form}", self._data, self._at)
        self._at += size
        return value

    def text(self) -> str:
        length = self.number("Q")
        if length > len(self._data) - self._at:
            raise ValueError("its header is cut off")
        self._at += length
        return self._data[self._at - length : self._at].decode()

    def value(self, kind: int) -> Any:
        """A value; an array is skipped and stands as its length."""
        if kind == _STRING:
            return self.text()
        if kind != _ARRAY:
            return self.number(_scalar(kind))
        inner, length = self.number("I"), self.number("Q")
        if inner in (_STRING, _ARRAY):
            for _ in range(_bounded(length)):
                self.value(inner)
        else:
            self._at += length * struct.calcsize(_scalar(inner))
        return length


def _scalar(kind: int) -> str:
    if kind not in _SCALARS:
        raise ValueError(f"its header has a value of the unknown kind {kind}")
    return _SCALARS[kind]


def _bounded(count: int) -> int:
    if count > _MOST_ENTRIES:
        raise ValueError(f"its header claims {count} entries")
    return count


def _header(reader: _Reader) -> tuple[dict[str, Any], int]:
    """The metadata, and how many parameters the tensors have together."""
    if reader.number("I") != int.from_bytes(b"GGUF", "little"):
        raise ValueError("it does not begin with GGUF")
    version = reader.number("I")
    if version not in (2, 3):
        raise ValueError(f"its version {version} is not 2 or 3")
    tensors, entries = _bounded(reader.number("Q")), _bounded(reader.number("Q"))
    metadata = {reader.text(): reader.value(reader.number("I")) for _ in range(entries)}
    params = 0
    for _ in range(tensors):
        reader.text()
        params += prod(reader.number("Q") for _ in range(_bounded(reader.number("I"))))
        reader.number("I")
        reader.number("Q")
    return metadata, params


def _card(path: Path, metadata: dict[str, Any], params: int) -> ModelCard:
    architecture = str(metadata.get("general.architecture", "unknown"))

    def field(name: str) -> int | None:
        value = metadata.get(f"{architecture}.{name}")
        return value if isinstance(value, int) else None

    params_b = Decimal(params) / 10**9
    return ModelCard(
        id=f"local/{path.stem}",
        provider="llama.cpp",
        hosting=Hosting.LOCAL_FILE,
        source=Source(kind=SourceKind.MEASURED, ref=f"header of {path.name}"),
        context_tok=field("context_length"),
        # llama.cpp turns a JSON Schema into a grammar, whatever the model.
        capabilities={Capability.JSON_SCHEMA: True},
        weights=Weights(
            params_b=params_b,
            active_params_b=None if field("expert_count") else params_b,
            layers=field("block_count"),
            kv_bytes_per_tok=_kv_bytes(field),
            attention=architecture,
            native_quantisation=None,
            licence=str(metadata["general.license"]) if "general.license" in metadata else None,
        ),
        path=str(path),
    )


def _kv_bytes(field: Any) -> int | None:
    """Layers * KV heads * (key size + value size) * 2 bytes, all layers alike; None where a part is not said."""
    layers, heads, width = field("block_count"), field("attention.head_count"), field("embedding_length")
    kv_heads = field("attention.head_count_kv") or heads
    if not (layers and heads and width and kv_heads):
        return None
    key_size = field("attention.key_length") or width // heads
    value_size = field("attention.value_length") or width // heads
    return int(layers * kv_heads * (key_size + value_size) * _KV_BYTES)

"""GGUF files written byte by byte, as small as a test needs them."""

import struct
from collections.abc import Mapping, Sequence
from typing import Any

U32, STRING, ARRAY, BOOL = 4, 8, 9, 7
F32, Q8_0 = 0, 8
SIZES = {F32: (1, 4), Q8_0: (32, 34)}


def text(value: str) -> bytes:
    """A text with its length."""
    return struct.pack("<Q", len(value.encode())) + value.encode()


def value(content: Any) -> bytes:
    """A value with its kind: text, a truth, a whole number, or a list of one of them."""
    match content:
        case bool():
            return struct.pack("<I?", BOOL, content)
        case int():
            return struct.pack("<II", U32, content)
        case str():
            return struct.pack("<I", STRING) + text(content)
        case list():
            inner = value(content[0])[:4]
            return (
                struct.pack("<I", ARRAY)
                + inner
                + struct.pack("<Q", len(content))
                + b"".join(value(i)[4:] for i in content)
            )
    raise TypeError(content)


def gguf(
    metadata: Mapping[str, Any], tensors: Mapping[str, tuple[Sequence[int], int]] | None = None, *, missing: int = 0
) -> bytes:
    """A whole file; the data of its tensors is zeros, ``missing`` bytes short."""
    tensors = tensors or {}
    head = b"GGUF" + struct.pack("<IQQ", 3, len(tensors), len(metadata))
    head += b"".join(text(name) + value(content) for name, content in metadata.items())
    offset = 0
    for name, (dims, kind) in tensors.items():
        head += text(name) + struct.pack(f"<I{len(dims)}QIQ", len(dims), *dims, kind, offset)
        offset += -(-_size(dims, kind) // 32) * 32
    last = list(tensors.values())[-1:]
    data = (offset - (-(-_size(*last[0]) // 32) * 32) + _size(*last[0])) if last else 0
    return head + b"\0" * (-len(head) % 32) + b"\0" * (data - missing)


def _size(dims: Sequence[int], kind: int) -> int:
    numbers, size = SIZES[kind]
    count = 1
    for dim in dims:
        count *= dim
    return count // numbers * size


def model(architecture: str, **fields: Any) -> dict[str, Any]:
    """Metadata of an architecture; a double underscore in a name stands for a dot."""
    named = {f"{architecture}.{name.replace('__', '.')}": content for name, content in fields.items()}
    return {"general.architecture": architecture, **named}

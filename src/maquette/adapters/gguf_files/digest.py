"""What tells one GGUF file's content from another's, in milliseconds: header, tensor table and a sample of weights."""

import hashlib
import os
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import BinaryIO

from maquette.adapters.gguf_files.finding import model_parts
from maquette.foundation.problems import InvalidInput

WHOLE_BYTES = 8 * 2**20
"""So much of each file's beginning is read whole: most headers with their vocabulary and the table of tensors fit."""

SAMPLES = 512
SAMPLE_BYTES = 4096
"""Behind that, blocks in even steps: in a file of 8 GB one every 16 MB."""


def content_digest(path: Path) -> str | None:
    """A digest of the model's content; None where it cannot be read.

    It changes with the size, the header, the tensor table, and with weights that lie in the sample: a file that was
    trained or quantised again differs everywhere. It does not change with the file's name or time. An edit of single
    bytes of a large file can go unseen.

    Args:
        path: A file, or any file of a model in several.
    """
    try:
        parts = [_part_digest(part, *_stamp(part)) for part in model_parts(path)]
    except (OSError, InvalidInput):
        return None
    return parts[0] if len(parts) == 1 else hashlib.sha256("".join(parts).encode()).hexdigest()


def _stamp(path: Path) -> tuple[int, int, int]:
    stat = path.stat()
    return stat.st_size, stat.st_mtime_ns, stat.st_ino


@lru_cache(maxsize=256)
def _part_digest(path: Path, size: int, _changed_ns: int, _inode: int) -> str:
    """The digest of one file; an unchanged one is not read again."""
    digest = hashlib.sha256(size.to_bytes(8, "little"))
    with path.open("rb", buffering=0) as file:
        for block in _blocks(file, size):
            digest.update(block)
    return digest.hexdigest()


def _blocks(file: BinaryIO, size: int) -> Iterator[bytes]:
    yield file.read(WHOLE_BYTES)
    rest = size - WHOLE_BYTES
    if rest <= SAMPLES * SAMPLE_BYTES:
        yield file.read()
        return
    for number in range(SAMPLES):
        # The last block ends with the file.
        file.seek(WHOLE_BYTES + (rest - SAMPLE_BYTES) * number // (SAMPLES - 1), os.SEEK_SET)
        yield file.read(SAMPLE_BYTES)

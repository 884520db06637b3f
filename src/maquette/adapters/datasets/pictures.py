"""Pictures of examples: found below the project or inside a data URL, their kind told by their first bytes."""

import hashlib
from base64 import b64decode
from functools import lru_cache
from pathlib import Path

from maquette.evals.dataset import ImageSource

MAX_IMAGE_BYTES = 20_000_000
"""About what the largest requests of providers hold: a larger picture would be refused there, after the upload."""

_STARTS = ((b"\x89PNG\r\n\x1a\n", "image/png"), (b"\xff\xd8\xff", "image/jpeg"), (b"GIF8", "image/gif"))
_DATA = "data:"


def find_image(root: Path, written: str) -> ImageSource:
    """The picture of a path below ``root``, or of a base64 data URL.

    Raises:
        ValueError: It is not there, outside of the project, too large, or no PNG, JPEG, GIF or WebP.
    """
    if written.startswith(_DATA):
        return _inside(written)
    path = (root / written).resolve()
    if not path.is_relative_to(root.resolve()):
        raise ValueError("the path leaves the project's folder")
    try:
        stat = path.stat()
        media_type, sha256 = _read(path, stat.st_mtime_ns, stat.st_size)
    except OSError as error:
        raise ValueError(f"the picture cannot be read: {error.strerror}") from error
    return ImageSource(
        written=written, media_type=media_type, sha256=sha256, size_bytes=stat.st_size, path=path.absolute()
    )


@lru_cache(maxsize=10_000)
def _read(path: Path, _changed_ns: int, size_bytes: int) -> tuple[str, str]:
    """Kind and digest of a file; an unchanged one is not read again."""
    if not path.is_file():
        raise ValueError("the picture is no file")
    _check_size(size_bytes)
    with path.open("rb") as file:
        media_type = _kind(file.read(16))
        file.seek(0)
        return media_type, hashlib.file_digest(file, "sha256").hexdigest()


def _inside(written: str) -> ImageSource:
    head, comma, body = written[len(_DATA) :].partition(",")
    if not comma or not head.endswith(";base64"):
        raise ValueError("the data URL is not base64")
    _check_size(len(body) * 3 // 4)
    try:
        content = b64decode(body, validate=True)
    except ValueError:
        raise ValueError("the data URL is not base64") from None
    media_type = _kind(content[:16])
    if head != f"{media_type};base64":
        raise ValueError(f"the data URL says {head.partition(';')[0][:40]!r}, and its content is {media_type}")
    sha256 = hashlib.sha256(content).hexdigest()
    return ImageSource(written=written, media_type=media_type, sha256=sha256, size_bytes=len(content))


def _check_size(size_bytes: int) -> None:
    if size_bytes > MAX_IMAGE_BYTES:
        raise ValueError(f"the picture has {size_bytes / 1e6:.1f} MB, more than {MAX_IMAGE_BYTES // 1_000_000}")


def _kind(start: bytes) -> str:
    if start[:4] == b"RIFF" and start[8:12] == b"WEBP":
        return "image/webp"
    for mark, media_type in _STARTS:
        if start.startswith(mark):
            return media_type
    raise ValueError("no PNG, JPEG, GIF or WebP picture")

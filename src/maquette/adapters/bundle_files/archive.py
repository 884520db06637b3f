"""The bundle as one zip archive: equal files give equal bytes, on every machine and in every zone."""

import io
import zipfile
from collections.abc import Iterable
from pathlib import Path

from maquette.bundle.plan import FileSpec
from maquette.foundation.whole_files import put_bytes

ZIP_EPOCH = (1980, 1, 1, 0, 0, 0)
"""The earliest time that a zip can hold: an archive of equal files is the same archive."""


def zip_bundle(files: Iterable[FileSpec]) -> bytes:
    """The files as one zip archive, by path, readable by everybody and writable by their owner."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for spec in sorted(files, key=lambda spec: spec.path):
            entry = zipfile.ZipInfo(spec.path, date_time=ZIP_EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 3
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, spec.content.encode())
    return buffer.getvalue()


def write_zip(place: Path, files: Iterable[FileSpec], *, replace: bool) -> bool:
    """Put the archive there, whole; False when the very same archive was there already.

    Raises:
        Conflict: Another file is there and may not be replaced.
        InvalidInput: A folder is in its place, or its folder is not there.
        Unavailable: It cannot be written; an old file is as it was.
    """
    return put_bytes(place, zip_bundle(files), replace=replace)

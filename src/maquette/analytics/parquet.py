"""Parquet files of others, read row by row."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from maquette.analytics.connecting import literal_glob, plain_columns
from maquette.foundation.problems import InvalidInput, Place


def parquet_rows(path: Path, *, at_once: int = 2_000) -> Iterator[dict[str, Any]]:
    """The rows of a Parquet file, in order, a few at a time: columns by name, structures and lists as plain data.

    Raises:
        InvalidInput: It is no Parquet file, or a column's values have no plain form.
    """
    import duckdb

    with closing(duckdb.connect()) as connection:
        connection.execute("set temp_directory = ''; set autoinstall_known_extensions = false")
        try:
            answer = connection.execute("from read_parquet($path)", {"path": literal_glob(str(path))})
            columns = plain_columns(answer)
            while rows := answer.fetchmany(at_once):
                yield from (dict(zip(columns, row, strict=True)) for row in rows)
        except duckdb.Error as error:
            what = f"not a Parquet file that can be read: {' '.join(str(error).split())[:200].rstrip('.!')}"
            raise InvalidInput(what, place=Place(file=path.name), fix="Write it again, or use .jsonl.") from error

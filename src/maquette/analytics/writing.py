"""What a query finds as a file: the statement that copies it, and the file beside its place until it is whole."""

import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from maquette.analytics.connecting import named, quoted
from maquette.foundation.problems import InvalidInput, Place, Unavailable

if TYPE_CHECKING:
    import duckdb

_FORMULA = r"^[=+\-@\t\r\n]"
"""What a spreadsheet takes for the beginning of a formula (OWASP, "CSV Injection")."""

_FIGURES = re.compile(
    r"U?(TINYINT|SMALLINT|INTEGER|BIGINT|HUGEINT)|FLOAT|DOUBLE|DECIMAL\(\d+,\d+\)|BOOLEAN|DATE|INTERVAL|TIME[A-Z _]*"
)
"""The types of figures, truth values and times; all others may hold text that somebody else wrote."""
_OPTIONS = {"csv": "format csv, header", "parquet": "format parquet, compression zstd"}


@contextmanager
def staged_beside(path: Path) -> Iterator[Path]:
    """A new file beside ``path``, which takes its place when the block ends well, and else goes.

    Raises:
        Unavailable: A file cannot be written there, or the disk is full.
    """
    import duckdb

    staged = path.with_name(f"{path.name}.{os.getpid()}.partial")
    try:
        staged.touch()
        yield staged
        with staged.open("rb") as written:
            os.fsync(written.fileno())
        os.replace(staged, path)
    except (OSError, duckdb.IOException) as error:
        raise _cannot_write(path, error) from error
    finally:
        if staged.exists():
            staged.unlink()


def _cannot_write(path: Path, error: Exception) -> Unavailable:
    why = error.strerror if isinstance(error, OSError) else None
    if why is None:
        # DuckDB puts the system's words at the end of the message, in JSON or bare.
        text = str(error)
        known = ("No space left on device", "File too large", "Disk quota exceeded", "Input/output error")
        why = next((words for words in known if words in text), " ".join(text.split())[:200])
    return Unavailable(
        f"the file cannot be written: {why}; what was there is as it was",
        place=Place(file=str(path)),
        fix="Make room on the disk, or name a folder that is there and can be written to.",
    )


def copy_statement(
    connection: "duckdb.DuckDBPyConnection",
    query: str,
    path: str,
    *,
    form: Literal["csv", "parquet"],
    spreadsheet_safe: bool,
) -> str:
    """The statement that writes the rows of ``query``, one SELECT, into ``path``.

    Raises:
        InvalidInput: It is a kind of query that cannot stand within another.
        duckdb.Error: It does not fit the tables.
    """
    asked = _without_end(connection, query)
    described = connection.execute(f"describe select * from (\n{asked}\n)").fetchall()  # noqa: S608  # seen by the caller
    if spreadsheet_safe and form == "csv":
        asked = _guarded(asked, [(str(name), str(kind)) for name, kind, *_ in described])
    # The file is ours and staged: another one of DuckDB's own beside it would not be allowed.
    return f"copy (\n{asked}\n) to {quoted(path)} ({_OPTIONS[form]}, use_tmp_file false)"


def _without_end(connection: "duckdb.DuckDBPyConnection", query: str) -> str:
    """One query without the semicolon at its end."""
    (statement,) = connection.extract_statements(query)
    text, semicolon = str(statement.query), ";"
    while semicolon:
        if _is_one(connection, f"select * from (\n{text}\n)"):  # noqa: S608  # parsed, not run
            return text
        text, semicolon, _ = text.rpartition(";")
    raise InvalidInput(
        "this kind of query cannot be written into a file",
        fix="Give one SELECT",
        place=Place(file="SQL"),
    )


def _guarded(query: str, columns: Sequence[tuple[str, str]]) -> str:
    places = [f"c{number}" for number in range(len(columns))]
    cells = [
        f"{place if _FIGURES.fullmatch(kind) else _safe(place)} as {named(name)}"
        for place, (name, kind) in zip(places, columns, strict=True)
    ]
    return f"select {', '.join(cells)} from (\n{query}\n) as asked({', '.join(places)})"  # noqa: S608  # quoted names


def _safe(place: str) -> str:
    text = f"cast({place} as varchar)"
    return f"case when regexp_matches({text}, {quoted(_FORMULA)}) then '''' || {text} else {text} end"


def _is_one(connection: "duckdb.DuckDBPyConnection", sql: str) -> bool:
    import duckdb

    try:
        return [one.type.name for one in connection.extract_statements(sql)] == ["SELECT"]
    except duckdb.Error:
        return False

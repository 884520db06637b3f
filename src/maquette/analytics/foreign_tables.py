"""One table of somebody else: a CSV, JSON or Parquet file anywhere on the disk, asked in SQL without being copied.

The connection can read that one file and nothing else. All cells of CSV and JSON files are text, so that whoever asks
decides what a figure is.
"""

import csv
import gzip
import io
import json
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from maquette.analytics.connecting import interruptible, literal_glob, named, quoted
from maquette.foundation.problems import InvalidInput, NotFound, Place, Unavailable
from maquette.foundation.wording import shown

if TYPE_CHECKING:
    import duckdb

Form = Literal["csv", "json", "lines", "parquet"]

_FORMS: Mapping[str, Form] = {
    ".csv": "csv",
    ".tsv": "csv",
    ".txt": "csv",
    ".json": "json",
    ".jsonl": "lines",
    ".ndjson": "lines",
    ".parquet": "parquet",
}
_LONGEST_ROW = 32 * 2**20
"""Bytes of a row at most: a spend log may carry a whole conversation."""
_HEAD = 2**20
_SNIFFED_LINES = 100
_MOST_COLUMNS = 2_000
_MEMORY = "2GB"
_LINE = re.compile(r"CSV Error on Line: (\d+)")


@dataclass(slots=True)
class ForeignTable:
    """The rows of one file; ``columns`` maps their names to DuckDB types, in the file's order.

    Attributes:
        rejected: Rows that queries left out because they have too many or too few cells.
    """

    name: str
    form: Form
    columns: Mapping[str, str]
    _connection: "duckdb.DuckDBPyConnection"
    _identifiers: Mapping[str, str]
    _skips: bool
    rejected: int = field(default=0)

    def column(self, name: str) -> str:
        """The column as SQL."""
        return self._identifiers[name]

    def query(self, sql: str) -> list[dict[str, Any]]:
        """The answer to a caller's own ``sql`` over ``foreign_rows``.

        Raises:
            InvalidInput: The file is broken: where, as far as that is known.
            Unavailable: There is too little memory for the answer.
            KeyboardInterrupt: Ctrl-C.
        """
        import duckdb

        try:
            rows = self._apart(sql)
            self.rejected = self._count_rejected()
        except duckdb.InterruptException as error:
            raise KeyboardInterrupt from error
        except duckdb.OutOfMemoryException as error:
            raise _too_large(self.name) from error
        except duckdb.Error as error:
            raise _broken(self.name, error) from error
        return rows

    def _apart(self, sql: str) -> list[dict[str, Any]]:
        """The rows of the answer; Ctrl-C ends the query."""

        def ask() -> list[dict[str, Any]]:
            answer = self._connection.execute(sql)
            names = [str(column[0]) for column in answer.description or []]
            return [dict(zip(names, row, strict=True)) for row in answer.fetchall()]

        return interruptible(self._connection, ask)

    def _count_rejected(self) -> int:
        if not self._skips:
            return 0
        # The table is there from the first scan on; each scan finds the same lines again.
        there = self._connection.execute("select 1 from duckdb_tables() where table_name = 'reject_errors'").fetchall()
        if not there:
            return 0
        ((count,),) = self._connection.execute("select count(distinct line) from reject_errors").fetchall()
        return int(count)


@contextmanager
def foreign_table(path: Path, *, skip_broken: bool = False) -> Iterator[ForeignTable]:
    """Open the file at ``path``, whose form its name tells; ``.gz`` behind it is fine.

    Args:
        path: A CSV (comma, semicolon or tab), JSON, JSON lines or Parquet file.
        skip_broken: Leave CSV rows out that have too many or too few cells, instead of refusing the file.

    Raises:
        NotFound: There is no such file.
        InvalidInput: It is of another form, or its head cannot be read.
    """
    import duckdb

    form = _form_of(path)
    with closing(duckdb.connect(":memory:")) as connection:
        connection.execute(f"set TimeZone = 'UTC'; set temp_directory = ''; set memory_limit = '{_MEMORY}'")
        connection.execute("set python_enable_replacements = false; set autoinstall_known_extensions = false")
        connection.execute("set enable_progress_bar = false")
        place = os.path.abspath(path)
        allowed = ", ".join(map(quoted, sorted({place, literal_glob(place)})))
        connection.execute(f"set allowed_paths = [{allowed}]; set enable_external_access = false")
        connection.execute("set lock_configuration = true")
        try:
            yield _opened(connection, path, form, skip_broken=skip_broken)
        except duckdb.Error as error:
            raise _broken(path.name, error) from error


def _opened(connection: "duckdb.DuckDBPyConnection", path: Path, form: Form, *, skip_broken: bool) -> ForeignTable:
    place = quoted(literal_glob(os.path.abspath(path)))
    if form == "parquet":
        source = f"read_parquet({place})"
        described = connection.execute(f"describe select * from {source}").fetchall()  # noqa: S608  # quoted
        columns = {str(name): str(kind) for name, kind, *_ in described}
        identifiers = {name: named(name) for name in columns}
    elif form == "csv":
        names, delimiter = _csv_head(path)
        columns = dict.fromkeys(names, "VARCHAR")
        identifiers = {name: f"c{number}" for number, name in enumerate(names)}
        shape = ", ".join(f"'c{number}': 'VARCHAR'" for number in range(len(names)))
        skipping = ", ignore_errors = true, store_rejects = true" if skip_broken else ""
        source = (
            f"read_csv({place}, auto_detect = false, header = true, delim = {quoted(delimiter)}, quote = '\"',"
            f" escape = '\"', max_line_size = {_LONGEST_ROW}, columns = {{{shape}}}{skipping})"
        )
    else:
        names = _json_names(path, form)
        columns = dict.fromkeys(names, "VARCHAR")
        identifiers = {name: named(name) for name in names}
        shape = ", ".join(f"{quoted(name)}: 'VARCHAR'" for name in names)
        # A line that is no JSON becomes a row of NULLs, whose number is then the line's.
        lines = "format = 'newline_delimited', ignore_errors = true" if form == "lines" else "format = 'array'"
        source = f"read_json({place}, {lines}, maximum_object_size = {_LONGEST_ROW}, columns = {{{shape}}})"
    connection.execute(f"create temp view foreign_rows as select * from {source}")  # noqa: S608  # quoted
    return ForeignTable(
        name=path.name,
        form=form,
        columns=columns,
        _connection=connection,
        _identifiers=identifiers,
        _skips=form == "csv" and skip_broken,
    )


def _form_of(path: Path) -> Form:
    suffixes = [suffix.lower() for suffix in path.suffixes if suffix.lower() != ".gz"]
    form = _FORMS.get(suffixes[-1]) if suffixes else None
    if not path.is_file():
        raise NotFound("there is no such file", place=Place(file=str(path)), fix="Check the path.")
    if form is None:
        raise InvalidInput(
            "its name ends in no form that is known",
            place=Place(file=str(path)),
            fix=f"End it in one of {', '.join(_FORMS)}, or one of these and .gz.",
        )
    return form


def _csv_head(path: Path) -> tuple[list[str], str]:
    """The names in the first row, and the sign between them."""
    text = _head(path)
    first = text.splitlines()[0] if text.splitlines() else ""
    delimiter = max(",;\t", key=first.count)
    try:
        names = next(csv.reader(io.StringIO(text), delimiter=delimiter), [])
    except csv.Error as error:
        raise _no_head(path, str(error)) from error
    names = [name.strip() for name in names]
    twice = {name for name in names if names.count(name) > 1} if len(names) <= _MOST_COLUMNS else set()
    if not names or not all(names) or twice or len(names) > _MOST_COLUMNS:
        why = f"{shown(sorted(twice)[0])} names two columns" if twice else "its first row does not name the columns"
        raise _no_head(path, why)
    return names, delimiter


def _json_names(path: Path, form: Form) -> list[str]:
    """The keys of the first objects."""
    text = _head(path)
    objects: list[object] = []
    if form == "lines":
        for line in text.splitlines()[:_SNIFFED_LINES]:
            try:
                objects.append(json.loads(line))
            except ValueError:
                continue
    else:
        objects.append(_first_of_array(text))
    names = dict.fromkeys(key for one in objects if isinstance(one, dict) for key in one)
    folded = {name.casefold() for name in names}
    if not names or len(names) > _MOST_COLUMNS or len(folded) < len(names):
        raise _no_head(path, "its first rows are no JSON objects whose keys name columns")
    return list(names)


def _first_of_array(text: str) -> object:
    start = text.find("{")
    try:
        return json.JSONDecoder().raw_decode(text, start)[0] if start >= 0 else None
    except (ValueError, RecursionError):
        return None


def _head(path: Path) -> str:
    try:
        with path.open("rb") as file:
            stream = gzip.GzipFile(fileobj=file) if path.suffix.lower() == ".gz" else file
            return stream.read(_HEAD).decode("utf-8-sig", errors="replace")
    except (OSError, EOFError) as error:
        raise Unavailable(
            f"it cannot be read: {error}", place=Place(file=str(path)), fix="Check the file and its permissions."
        ) from error


def _no_head(path: Path, why: str) -> InvalidInput:
    return InvalidInput(
        why, place=Place(file=path.name, line=1), fix="Export the table again, with its columns' names."
    )


def _broken(name: str, error: "duckdb.Error") -> InvalidInput:
    message = str(error)
    found = _LINE.search(message)
    lines = [line for line in message.splitlines() if line.strip()]
    expected = next((line for line in lines if line.startswith("Expected Number of Columns")), None)
    what = expected or " ".join(message.split())[:200]
    return InvalidInput(
        f"it cannot be read: {what.rstrip('.!')}",
        place=Place(file=name, line=int(found[1]) if found else None),
        fix="Correct the row, or leave broken rows out: --skip-broken.",
    )


def _too_large(name: str) -> Unavailable:
    return Unavailable(
        f"its summary does not fit into {_MEMORY} of memory: too many different models, tags or days",
        place=Place(file=name),
        fix="Import it without tags: --no-tags; or export shorter periods.",
    )

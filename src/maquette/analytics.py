"""DuckDB in memory over the project's files: the only door to it. Files are the truth; nothing is stored here.

Each process has its own database, so that a terminal session and a notebook can look at one project at once. What
the tables mean belongs to the stages; here are connections, views over files, loading and running SQL.
"""

import json
import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import closing
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, TypeVar

from maquette.foundation.problems import Conflict, InvalidInput, Place

if TYPE_CHECKING:
    import duckdb

MONEY = "DECIMAL(38,12)"
"""The column type of amounts of money: exact to a millionth of a millionth of a dollar."""

ANSWER_COLUMNS: Mapping[str, str] = {"fact": "VARCHAR", "value": "VARCHAR", "kind": "VARCHAR"}
"""The table ``answers``, which callers load: a dotted fact, its value as text, and "answer", "default" or "derived"."""

_TRIAL_FILE = {
    "key": "VARCHAR",
    "target_id": "VARCHAR",
    "example_id": "VARCHAR",
    "stratum": "VARCHAR",
    "output": "VARCHAR",
    "failure": "STRUCT(kind VARCHAR, detail VARCHAR)",
    "scores": "STRUCT(metric VARCHAR, value DOUBLE, detail VARCHAR)[]",
    "attempts": "BIGINT",
    "input_tok": "BIGINT",
    "output_tok": "BIGINT",
    "cached_tok": "BIGINT",
    "latency_s": "DOUBLE",
    "ttft_s": "DOUBLE",
    "cost_usd": MONEY,
    "finished_at": "VARCHAR",
    "from_cache": "BOOLEAN",
}
_MANIFEST_FILE = {
    "computed_from": "VARCHAR",
    "dataset": "VARCHAR",
    "prompt": "VARCHAR",
    "primary_metric": "VARCHAR",
    "targets": "VARCHAR[]",
    "examples": "BIGINT",
    "threshold": "DOUBLE",
    "cap_usd": MONEY,
    "started_at": "VARCHAR",
    "state": "VARCHAR",
    "finished_at": "VARCHAR",
}
# Timestamps carry an offset, which a cast from text to TIMESTAMP would drop without a word.
_TRIALS = """create temp view trials as
select run_id, target_id, example_id, stratum, output, failure.kind as failure, failure.detail as failure_detail,
    scores[1].metric as metric, scores[1].value as score, scores, attempts, input_tok, output_tok, cached_tok,
    latency_s, ttft_s, cost_usd, cast(finished_at as timestamptz) at time zone 'UTC' as finished_at, from_cache, key
from {rows} where key is not null"""
_RUNS = """create temp view runs as
select run_id, dataset, prompt, primary_metric, targets, examples, threshold, cap_usd, state,
    cast(started_at as timestamptz) at time zone 'UTC' as started_at,
    cast(finished_at as timestamptz) at time zone 'UTC' as finished_at, computed_from
from {rows}"""

_NAME = re.compile(r"[a-z][a-z0-9_]*")
_LINE = re.compile(r"^LINE (\d+): ", re.MULTILINE)
_READ_ONLY = frozenset({"SELECT", "MULTI"})
Answer = TypeVar("Answer")


@dataclass(frozen=True, kw_only=True, slots=True)
class Table:
    """A query's answer: the columns' names, and rows in their order."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]


class Database:
    """One in-memory database for one thread; `interrupt` alone may be called from another.

    Views: ``runs`` and ``trials`` over a project's files, empty when there is none yet. Times are UTC. ``score`` is
    the score of a trial's first metric, which is the primary one. Further tables come from `load`.
    """

    def __init__(self, connection: "duckdb.DuckDBPyConnection", folder: Path | None) -> None:
        self._connection = connection
        self._folder = folder
        self._loaded: dict[str, dict[str, str]] = {}

    @classmethod
    def over(cls, folder: Path | None) -> Self:
        """A database over the project in ``folder``, or over nothing.

        It reads files in that folder alone, and neither extensions, the network nor this process's variables.
        """
        import duckdb

        connection = duckdb.connect(":memory:")
        connection.execute("set TimeZone = 'UTC'; set temp_directory = ''; set python_enable_replacements = false")
        _create_views(connection, folder)
        if folder is not None:
            # The escaped form is what the views' patterns start with, and DuckDB compares text.
            allowed = {os.path.abspath(folder), _literal_glob(os.path.abspath(folder))}
            connection.execute(f"set allowed_directories = [{', '.join(map(_quoted, sorted(allowed)))}]")
        connection.execute("set enable_external_access = false; set lock_configuration = true")
        return cls(connection, folder)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Give the memory back; may be called twice."""
        self._connection.close()

    def interrupt(self) -> None:
        """Stop the query that another thread is running here; there it raises KeyboardInterrupt."""
        self._connection.interrupt()

    def load(self, name: str, rows: Sequence[Mapping[str, Any]], columns: Mapping[str, str]) -> None:
        """Make ``rows`` the table ``name``, instead of an earlier one; ``columns`` maps names to DuckDB types.

        A key that a row lacks is NULL. Decimals keep every digit that the column's type has.

        Raises:
            ValueError: A name is not lower-case letters, digits and underscores, or names a view over files.
        """
        if not all(map(_NAME.fullmatch, (name, *columns))) or name in ("runs", "trials"):
            raise ValueError(f"{name!r} ({', '.join(columns)}) cannot be the name of a table and of its columns")
        _load(self._connection, name, rows, columns)
        self._loaded[name] = dict(columns)

    def derive(self, name: str, folder: Path, file: str, **parameters: Any) -> None:
        """Make the rows of the query in ``folder/file`` the table ``name``, instead of an earlier one."""
        if not _NAME.fullmatch(name):
            raise ValueError(f"{name!r} cannot be the name of a table")
        sql = (folder / file).read_text(encoding="utf-8")
        self._run(f"create or replace table {name} as\n{sql}", parameters)
        self._loaded[name] = {row["column_name"]: row["column_type"] for row in self.query(f"describe {name}")}

    def query(self, sql: str, **parameters: Any) -> list[dict[str, Any]]:
        """The rows of Maquette's own ``sql`` as dictionaries; ``$name`` takes the parameter of that name."""
        answer = self._run(sql, parameters)
        return [dict(zip(answer.columns, row, strict=True)) for row in answer.rows]

    def run_file(self, folder: Path, name: str, **parameters: Any) -> list[dict[str, Any]]:
        """The rows of the query in ``folder/name``, a file that ships with a stage."""
        return self.query((folder / name).read_text(encoding="utf-8"), **parameters)

    def table(self, sql: str) -> Table:
        """The answer to a user's ``sql``: one SELECT (also FROM, DESCRIBE, SUMMARIZE, SHOW, PIVOT).

        Raises:
            InvalidInput: It is not one query, or DuckDB refuses it: its message, line and column.
            KeyboardInterrupt: Ctrl-C, or `interrupt`.
        """
        import duckdb

        try:
            self._refuse_writes(sql)
            return self._apart(lambda: self._run(sql, {}))
        except duckdb.Error as error:
            raise _problem(error) from error

    def write_snapshot(self, path: Path) -> None:
        """Write every view and table into a new DuckDB file, for other tools.

        Raises:
            Conflict: There is a file at ``path`` already.
        """
        import duckdb

        if path.exists():
            raise Conflict(
                "the file exists; nothing was overwritten",
                fix="Remove it, or give another name",
                place=Place(file=str(path)),
            )
        staged = path.with_name(path.name + ".partial")
        staged.unlink(missing_ok=True)
        with closing(duckdb.connect(str(staged))) as target:
            target.execute("set TimeZone = 'UTC'")
            _create_views(target, self._folder)
            for view in ("runs", "trials"):
                target.execute(f"create table main.{view} as from temp.{view}")  # two literals
            for name, columns in self._loaded.items():
                _load(target, name, self.query(f"from {name}"), columns)
        os.replace(staged, path)

    def _refuse_writes(self, sql: str) -> None:
        kinds = [statement.type.name for statement in self._connection.extract_statements(sql)]
        if len(kinds) != 1 or kinds[0] not in _READ_ONLY:
            raise InvalidInput(
                f"one query was expected, and not: {', '.join(kinds) or 'nothing'}",
                fix="Give one SELECT; the views are read, never written",
                place=Place(file="SQL"),
            )

    def _apart(self, work: Callable[[], Answer]) -> Answer:
        """Run ``work`` in a thread of its own: inside a long join DuckDB does not look for Ctrl-C."""
        with ThreadPoolExecutor(max_workers=1) as pool:
            running = pool.submit(work)
            try:
                return running.result()
            except KeyboardInterrupt:
                # An interrupt that comes before the query has begun is forgotten.
                while not wait([running], timeout=0.05).done:
                    self._connection.interrupt()
                raise

    def _run(self, sql: str, parameters: Mapping[str, Any]) -> Table:
        import duckdb

        try:
            return _fetch(self._connection.execute(sql, dict(parameters) or None))
        except duckdb.InterruptException as error:
            raise KeyboardInterrupt from error


def _fetch(answer: "duckdb.DuckDBPyConnection") -> Table:
    return Table(columns=tuple(_plain_columns(answer)), rows=tuple(answer.fetchall()))


def _plain_columns(answer: "duckdb.DuckDBPyConnection") -> list[str]:
    description = answer.description or []
    for name, kind, *_ in description:
        if "WITH TIME ZONE" in str(kind):
            raise InvalidInput(
                f"the column {name!r} is a time with a time zone, which has no plain form",
                fix="Cast it, for example: column::TIMESTAMP (all times here are UTC)",
                place=Place(file="SQL"),
            )
    return [str(column[0]) for column in description]


def _load(
    connection: "duckdb.DuckDBPyConnection", name: str, rows: Sequence[Mapping[str, Any]], columns: Mapping[str, str]
) -> None:
    """One JSON text carries all rows: a statement a row takes a millisecond each."""
    declared = ", ".join(f"{column} {kind}" for column, kind in columns.items())
    connection.execute(f"create or replace table {name} ({declared})")
    if rows:
        content = json.dumps([{column: row.get(column) for column in columns} for row in rows], default=_json_text)
        shape = json.dumps([dict(columns)])
        connection.execute(
            f"insert into {name} select unnest(from_json_strict($content, $shape), recursive := true)",
            {"content": content, "shape": shape},
        )


def _json_text(value: object) -> str:
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, date | datetime):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no column type")


def _create_views(connection: "duckdb.DuckDBPyConnection", folder: Path | None) -> None:
    connection.execute(_TRIALS.format(rows=_trial_rows(folder)))
    connection.execute(_RUNS.format(rows=_manifest_rows(folder)))


def _trial_rows(folder: Path | None) -> str:
    """The trial logs as a table expression; a last line that was cut off reads as a row of NULLs."""
    pattern = _pattern(folder, "trials.jsonl")
    if pattern is None:
        return _no_rows({"run_id": "VARCHAR", **_TRIAL_FILE})
    columns = ", ".join(f"{_quoted(name)}: {_quoted(kind)}" for name, kind in _TRIAL_FILE.items())
    return (
        f"(select parse_path(filename)[-2] as run_id, * from read_json({pattern}, format = 'newline_delimited',"  # noqa: S608  # quoted
        f" ignore_errors = true, maximum_object_size = 268435456, filename = true, columns = {{{columns}}}))"
    )


def _manifest_rows(folder: Path | None) -> str:
    """The manifests as a table expression; one that cannot be read keeps its run's id and has no values."""
    pattern = _pattern(folder, "manifest.json")
    if pattern is None:
        return _no_rows({"run_id": "VARCHAR", **_MANIFEST_FILE})
    shape = _quoted(json.dumps(_MANIFEST_FILE))
    return (
        f"(select run_id, unnest(data) from (select parse_path(filename)[-2] as run_id,"  # noqa: S608  # quoted
        f" from_json(try_cast(content as json), {shape}) as data from read_text({pattern})))"
    )


def _pattern(folder: Path | None, name: str) -> str | None:
    """The quoted pattern of that file in every run, or None when no run has one."""
    if folder is None or next(folder.glob(f".maquette/runs/*/{name}"), None) is None:
        return None
    return _quoted(f"{_literal_glob(os.path.abspath(folder))}/.maquette/runs/*/{name}")


def _no_rows(columns: Mapping[str, str]) -> str:
    values = ", ".join(f"cast(null as {kind}) as {name}" for name, kind in columns.items())
    return f"(select {values} where false)"


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _literal_glob(path: str) -> str:
    """``path`` as a pattern that matches itself alone."""
    return "".join(f"[{character}]" if character in "*?[" else character for character in path)


def _problem(error: "duckdb.Error") -> InvalidInput:
    """DuckDB's message without the excerpt of the query, whose caret becomes the column."""
    message, _, excerpt = str(error).partition("\n\n")
    found = _LINE.search(excerpt)
    line = column = None
    if found:
        line = int(found[1])
        caret = excerpt.rpartition("\n")[2].find("^")
        shortened = excerpt.startswith("...", found.end())
        column = None if shortened or caret < 0 else caret - (found.end() - found.start()) + 1
    return InvalidInput(
        " ".join(message.split()).rstrip(".!"),
        fix="Correct the query; `SHOW TABLES` and `DESCRIBE trials` list what there is",
        place=Place(file="SQL", line=line, field=f"column {column}" if column else None),
    )


def parquet_rows(path: Path, *, at_once: int = 2_000) -> Iterator[dict[str, Any]]:
    """The rows of a Parquet file, in order, a few at a time: columns by name, structures and lists as plain data.

    Raises:
        InvalidInput: It is no Parquet file, or a column's values have no plain form.
    """
    import duckdb

    with closing(duckdb.connect()) as connection:
        connection.execute("set temp_directory = ''; set autoinstall_known_extensions = false")
        try:
            answer = connection.execute("from read_parquet($path)", {"path": _literal_glob(str(path))})
            columns = _plain_columns(answer)
            while rows := answer.fetchmany(at_once):
                yield from (dict(zip(columns, row, strict=True)) for row in rows)
        except duckdb.Error as error:
            what = f"not a Parquet file that can be read: {' '.join(str(error).split())[:200].rstrip('.!')}"
            raise InvalidInput(what, place=Place(file=path.name), fix="Write it again, or use .jsonl.") from error

"""Connections: loading tables, running SQL, and writing what a query finds into a file."""

import json
import os
import re
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self

from maquette.analytics.actual_views import ACTUAL_VIEWS, create_actual_views
from maquette.analytics.connecting import interruptible, literal_glob, plain_columns, problem_of, quoted
from maquette.analytics.run_views import RUN_VIEWS, ViewAbout, create_macros, create_views
from maquette.analytics.writing import copy_statement, staged_beside
from maquette.foundation.problems import Conflict, InvalidInput, Place

if TYPE_CHECKING:
    import duckdb

_NAME = re.compile(r"[a-z][a-z0-9_]*")
_READ_ONLY = frozenset({"SELECT", "MULTI"})

FILE_VIEWS: Mapping[str, ViewAbout] = {**RUN_VIEWS, **ACTUAL_VIEWS}
"""The views over a project's files, by name."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Table:
    """A query's answer: the columns' names, and rows in their order."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]


class Database:
    """One in-memory database for one thread; `interrupt` alone may be called from another.

    Views: those of `FILE_VIEWS` over a project's files, empty when there is none yet. Times are UTC. ``score`` of a
    trial is the score of its first metric, which is the primary one. Further tables come from `load`.
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
        return cls._opened(folder, writes=None)

    @classmethod
    def _opened(cls, folder: Path | None, *, writes: Path | None) -> Self:
        import duckdb

        connection = duckdb.connect(":memory:")
        connection.execute("set TimeZone = 'UTC'; set temp_directory = ''; set python_enable_replacements = false")
        # It would be printed among the data.
        connection.execute("set enable_progress_bar = false")
        create_views(connection, folder)
        create_actual_views(connection, folder)
        if folder is not None:
            # The escaped form is what the views' patterns start with, and DuckDB compares text.
            allowed = {os.path.abspath(folder), literal_glob(os.path.abspath(folder))}
            # Runs may lie on another disk, behind a link.
            allowed.add(os.path.realpath(folder / ".maquette" / "runs"))
            connection.execute(f"set allowed_directories = [{', '.join(map(quoted, sorted(allowed)))}]")
        if writes is not None:
            connection.execute(f"set allowed_paths = [{quoted(os.path.abspath(writes))}]")
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
        if not all(map(_NAME.fullmatch, (name, *columns))) or name in FILE_VIEWS:
            raise ValueError(f"{name!r} ({', '.join(columns)}) cannot be the name of a table and of its columns")
        _load(self._connection, name, rows, columns)
        self._loaded[name] = dict(columns)

    def query(self, sql: str, **parameters: Any) -> list[dict[str, Any]]:
        """The rows of Maquette's own ``sql`` as dictionaries; ``$name`` takes the parameter of that name."""
        answer = self._run(sql, parameters)
        return [dict(zip(answer.columns, row, strict=True)) for row in answer.rows]

    def table(self, sql: str) -> Table:
        """The answer to a user's ``sql``: one SELECT (also FROM, DESCRIBE, SUMMARIZE, SHOW, PIVOT).

        Raises:
            InvalidInput: It is not one query, or DuckDB refuses it: its message, line and column.
            KeyboardInterrupt: Ctrl-C, or `interrupt`.
        """
        import duckdb

        try:
            self._refuse_writes(sql)
            return interruptible(self._connection, lambda: self._run(sql, {}))
        except duckdb.Error as error:
            raise problem_of(error) from error

    def write_table(
        self, query: str, path: Path, *, form: Literal["csv", "parquet"], spreadsheet_safe: bool = False
    ) -> int:
        """Write what a user's ``query`` finds into ``path``, whole or not at all; a file there is replaced.

        Args:
            query: As for `table`; rows pass through, however many there are.
            path: In any folder that is there.
            form: CSV has a heading and, for lists and structures, their text; Parquet keeps the types.
            spreadsheet_safe: Put an apostrophe before CSV text that a spreadsheet would take for a formula: text that
                begins with ``=``, ``+``, ``-``, ``@``, a tab or a line break. Figures stay as they are.

        Returns:
            The number of rows written.

        Raises:
            InvalidInput: As for `table`.
            Unavailable: The file cannot be written, such as on a full disk; what was there is left as it was.
            KeyboardInterrupt: Ctrl-C.
        """
        import duckdb

        with staged_beside(path) as staged, self._opened(self._folder, writes=staged) as twin:
            try:
                self._refuse_writes(query)
                for name, columns in self._loaded.items():
                    twin.load(name, self.query(f"from {name}"), columns)
                statement = copy_statement(
                    twin._connection, query, os.path.abspath(staged), form=form, spreadsheet_safe=spreadsheet_safe
                )
            except duckdb.Error as error:
                raise problem_of(error) from error
            try:
                ((rows,),) = interruptible(twin._connection, lambda: twin._run(statement, {})).rows
            except duckdb.IOException:
                raise  # of the disk, since the query was found to fit: `staged_beside` says so
            except duckdb.Error as error:
                raise problem_of(error) from error
        return int(rows)

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
            create_views(target, self._folder)
            create_actual_views(target, self._folder)
            for view in FILE_VIEWS:
                target.execute(f"create table main.{view} as from temp.{view}")  # literals of this package
            create_macros(target, temp=False)
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

    def _run(self, sql: str, parameters: Mapping[str, Any]) -> Table:
        import duckdb

        try:
            answer = self._connection.execute(sql, dict(parameters) or None)
            return Table(columns=tuple(plain_columns(answer)), rows=tuple(answer.fetchall()))
        except duckdb.InterruptException as error:
            raise KeyboardInterrupt from error


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

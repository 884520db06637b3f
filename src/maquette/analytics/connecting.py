"""What every door to DuckDB needs: quoting, the type of money, and its messages as problems."""

import re
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor, wait
from typing import TYPE_CHECKING, TypeVar

from maquette.foundation.problems import InvalidInput, Place

if TYPE_CHECKING:
    import duckdb

MONEY = "DECIMAL(38,12)"
"""The column type of amounts of money: exact to a millionth of a millionth of a dollar."""

ANSWER_COLUMNS: Mapping[str, str] = {"fact": "VARCHAR", "value": "VARCHAR", "kind": "VARCHAR"}
"""The table ``answers``, which callers load: a dotted fact, its value as text, and "answer", "default" or "derived"."""

_LINE = re.compile(r"^LINE (\d+): ", re.MULTILINE)


Answer = TypeVar("Answer")


def interruptible(connection: "duckdb.DuckDBPyConnection", work: Callable[[], Answer]) -> Answer:
    """Run ``work`` on the connection in a thread of its own: at work, DuckDB does not always look for Ctrl-C."""
    with ThreadPoolExecutor(max_workers=1) as pool:
        running = pool.submit(work)
        try:
            return running.result()
        except KeyboardInterrupt:
            # An interrupt that comes before the query has begun is forgotten.
            while not wait([running], timeout=0.05).done:
                connection.interrupt()
            raise


def quoted(text: str) -> str:
    """``text`` as a literal."""
    return "'" + text.replace("'", "''") + "'"


def named(name: str) -> str:
    """``name`` as an identifier, whatever is in it."""
    return '"' + name.replace('"', '""') + '"'


def literal_glob(path: str) -> str:
    """``path`` as a pattern that matches itself alone."""
    return "".join(f"[{character}]" if character in "*?[" else character for character in path)


def plain_columns(answer: "duckdb.DuckDBPyConnection") -> list[str]:
    """The names of an answer's columns.

    Raises:
        InvalidInput: A column holds times with a time zone, which have no plain form.
    """
    description = answer.description or []
    for name, kind, *_ in description:
        if "WITH TIME ZONE" in str(kind):
            raise InvalidInput(
                f"the column {name!r} is a time with a time zone, which has no plain form",
                fix="Cast it, for example: column::TIMESTAMP (all times here are UTC)",
                place=Place(file="SQL"),
            )
    return [str(column[0]) for column in description]


def problem_of(error: "duckdb.Error") -> InvalidInput:
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
        fix="Correct the query; maquette sql --tables lists the views and their columns",
        place=Place(file="SQL", line=line, field=f"column {column}" if column else None),
    )

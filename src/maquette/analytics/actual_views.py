"""The views over what was really spent: a project's summaries of spend logs and bills, one row a day, model and tag."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from maquette.analytics.connecting import MONEY, literal_glob, quoted
from maquette.analytics.run_views import ViewAbout

if TYPE_CHECKING:
    import duckdb

ACTUALS_FOLDER = "actuals"
"""The folder of a project in which the summaries lie."""

ACTUAL_COLUMNS: Mapping[str, str] = {
    "day": "DATE",
    "model": "VARCHAR",
    "provider": "VARCHAR",
    "tag": "VARCHAR",
    "team": "VARCHAR",
    "requests": "BIGINT",
    "cache_hits": "BIGINT",
    "failed": "BIGINT",
    "input_tok": "BIGINT",
    "cached_tok": "BIGINT",
    "output_tok": "BIGINT",
    "usd": MONEY,
    "source": "VARCHAR",
    "file": "VARCHAR",
}
"""The columns of a summary, and those of the view ``actuals``."""

_MONTHLY = {
    "month": "VARCHAR",
    "model": "VARCHAR",
    "provider": "VARCHAR",
    "tag": "VARCHAR",
    "team": "VARCHAR",
    "first_day": "DATE",
    "last_day": "DATE",
    "days": "BIGINT",
    "requests": "BIGINT",
    "input_tok": "BIGINT",
    "cached_tok": "BIGINT",
    "output_tok": "BIGINT",
    "usd": MONEY,
}
_ABOUT = {
    "day": "The day of the call, in UTC.",
    "month": "The month in UTC, as 2026-10.",
    "first_day": "The first day of that month with a row.",
    "last_day": "The last one.",
    "days": "Days with a row.",
    "model": "The model, as the log or the bill names it.",
    "provider": "Who served it; NULL when nobody says.",
    "tag": "The request's tags, joined; NULL without any.",
    "team": "The team, project or workspace; NULL when nobody says.",
    "requests": "Calls that were answered; NULL when the source does not count them.",
    "cache_hits": "Those that the gateway answered from its own cache.",
    "failed": "Calls that failed, which requests leaves out.",
    "input_tok": "Tokens of the prompts, cached ones included.",
    "cached_tok": "Those that the provider read from its cache; NULL when nobody says.",
    "output_tok": "Tokens of the answers.",
    "usd": "What was charged; refunds count against it; NULL when the source has no money in it.",
    "source": "What was imported: litellm, openai, anthropic, a bill, or generic.",
    "file": "The name of the file that was imported.",
}
ACTUAL_VIEWS: Mapping[str, ViewAbout] = {
    view.name: view
    for view in (
        ViewAbout(
            name="actuals",
            about="One row a day, model, provider, tag and team of what was really spent.",
            columns={name: _ABOUT[name] for name in ACTUAL_COLUMNS},
        ),
        ViewAbout(
            name="actuals_monthly",
            about="The same by the month.",
            columns={name: _ABOUT[name] for name in _MONTHLY},
        ),
    )
}
"""The views, by name."""


def create_actual_views(connection: "duckdb.DuckDBPyConnection", folder: Path | None) -> None:
    """Make the views over the summaries of the project in ``folder``, or empty ones.

    A summary that cannot be read must not stop a question about something else: the view then says so when asked.
    """
    import duckdb

    listed = ", ".join(ACTUAL_COLUMNS)
    try:
        connection.execute(f"create temp view actuals as select {listed} from {_rows(folder)}")  # noqa: S608  # quoted
    except duckdb.Error as error:
        why = quoted(f"a summary in {ACTUALS_FOLDER}/ cannot be read: {' '.join(str(error).split())[:200]}")
        values = ", ".join(f"cast(error({why}) as {kind}) as {name}" for name, kind in ACTUAL_COLUMNS.items())
        connection.execute(f"create temp view actuals as select {values}")
    connection.execute((Path(__file__).parent / "sql" / "actuals_monthly.sql").read_text(encoding="utf-8"))


def _rows(folder: Path | None) -> str:
    if folder is None or next(folder.glob(f"{ACTUALS_FOLDER}/*.parquet"), None) is None:
        values = ", ".join(f"cast(null as {kind}) as {name}" for name, kind in ACTUAL_COLUMNS.items())
        return f"(select {values} where false)"
    pattern = quoted(f"{literal_glob(os.path.abspath(folder))}/{ACTUALS_FOLDER}/*.parquet")
    return f"read_parquet({pattern}, union_by_name = true)"

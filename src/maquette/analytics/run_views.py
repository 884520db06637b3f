"""The views over the files of a project's runs: how each is read from them, and what its columns mean.

Logs of earlier versions lack the later fields: those read as NULL, which is unknown.
"""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from maquette.analytics.connecting import MONEY, literal_glob, quoted

if TYPE_CHECKING:
    import duckdb

_TRIAL_FILE = {
    "key": "VARCHAR",
    "target_id": "VARCHAR",
    "example_id": "VARCHAR",
    "stratum": "VARCHAR",
    "output": "VARCHAR",
    "failure": "STRUCT(kind VARCHAR, detail VARCHAR)",
    "scores": f"STRUCT(metric VARCHAR, value DOUBLE, detail VARCHAR, raw DOUBLE, cost_usd {MONEY})[]",
    "attempts": "BIGINT",
    "input_tok": "BIGINT",
    "output_tok": "BIGINT",
    "cached_tok": "BIGINT",
    "latency_s": "DOUBLE",
    "ttft_s": "DOUBLE",
    "cost_usd": MONEY,
    "finished_at": "VARCHAR",
    "from_cache": "BOOLEAN",
    "asked": "VARCHAR",
    "cache": "VARCHAR",
    "client": "VARCHAR",
    "reasoning_tok": "BIGINT",
    "itl_p50_s": "DOUBLE",
    "itl_p95_s": "DOUBLE",
    "loop_lag_s": "DOUBLE",
    "left_out": "VARCHAR[]",
    "finish_reason": "VARCHAR",
    "tool_calls": "STRUCT(id VARCHAR, name VARCHAR, arguments VARCHAR)[]",
    "cluster": "VARCHAR",
    "weight": "DOUBLE",
    "must_pass": "BOOLEAN",
    "withheld": "VARCHAR",
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
    "made_of": "MAP(VARCHAR, VARCHAR)",
    "step": "VARCHAR",
    "shown": "BIGINT",
}
_LONGEST_LINE = 32 * 2**20
"""Bytes of a trial at most: far beyond any answer. DuckDB reads in blocks of twice that, for each core."""
_SQL = Path(__file__).parent / "sql"
_Z = 1.959963984540054
"""The 97.5 % quantile of the normal distribution."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ViewAbout:
    """What a view or table holds, and each of its columns in words, in their order."""

    name: str
    about: str
    columns: Mapping[str, str]


_OF = {
    "run_id": "The run, as in its folder's name.",
    "target_id": "What was asked: a target of the plan.",
    "example_id": "The example, as in the dataset.",
}
_TRIAL_ABOUT = {
    **_OF,
    "stratum": "The example's groups, joined.",
    "output": "The answer; NULL when the call failed.",
    "failure": "Why there is no answer, in one word; NULL when there is one.",
    "failure_detail": "The same in the server's words.",
    "metric": "The metric that was scored first, which is the primary one.",
    "score": "Its score, from 0 to 1; NULL when it could not score.",
    "scores": "All scores; the view scores has a row for each.",
    "attempts": "Calls that it took; above 1 are retries.",
    "input_tok": "Tokens of the prompt.",
    "output_tok": "Tokens of the answer, thoughts included.",
    "cached_tok": "Tokens of the prompt that the server had in its cache.",
    "reasoning_tok": "Tokens of thought among the output.",
    "latency_s": "Seconds from the call to the end of its answer.",
    "ttft_s": "Seconds to the first token.",
    "tpot_s": "Seconds for each token after the first: (latency - TTFT) / (output tokens - 1).",
    "itl_p50_s": "Median gap between two chunks of the answer.",
    "itl_p95_s": "95th percentile of those gaps.",
    "loop_lag_s": "The most that this process itself ran late during the call.",
    "cost_usd": "What the calls cost; NULL when the model is unpriced.",
    "finished_at": "When, in UTC.",
    "from_cache": "Whether the answer comes from an earlier run.",
    "cache": "Why the record did or did not answer.",
    "client": "What made the call.",
    "left_out": "Parameters that the server refuses; NULL when there were none.",
    "finish_reason": "Why the answer ended: stop, length, or the server's word.",
    "tool_calls": "What the model asked to have called.",
    "cluster": "What the example belongs to, such as a document; NULL when it stands alone.",
    "weight": "How much the example counts; 1 unless the dataset says otherwise.",
    "must_pass": "Whether the target fails when it gets this one wrong.",
    "withheld": "Why the answer does not stand here as it came: redacted, or its hash; empty where it does.",
    "asked": "Hash of the messages alone, by which a run is replayed.",
    "key": "Hash of everything that the answer depends on; equal keys, equal question.",
}
_RUN_ABOUT = {
    "run_id": _OF["run_id"],
    "dataset": "The file of examples.",
    "prompt": "The prompt and its version.",
    "primary_metric": "The metric by which targets pass or fail.",
    "targets": "What was to be asked.",
    "examples": "How many were to be asked of each target.",
    "threshold": "The score that was needed, as a fraction.",
    "cap_usd": "The most that might be spent.",
    "state": "running, finished, stopped or cap_reached; running also where the process died.",
    "started_at": "When, in UTC.",
    "finished_at": "When, in UTC.",
    "computed_from": "Fingerprint of the whole plan.",
    "made_of": "Fingerprints of its parts: dataset, prompt, metrics, parameters, each target.",
    "step": "The step of the adaptation that it measures; empty or NULL where nobody said.",
    "shown": "Examples that its prompt shows; NULL where nobody counted them.",
}
_SCORE_ABOUT = {
    **_OF,
    "metric": "The metric, by its name in the plan.",
    "value": "From 0 to 1; NULL when it could not score.",
    "passed": "Whether the answer is fully right; NULL when unscored.",
    "raw": "The metric's own figure where its scale is not 0 to 1.",
    "detail": "Why, in words.",
    "cost_usd": "What the metric's own calls cost, such as a judge's.",
}
_RESULT_ABOUT = {
    "run_id": _OF["run_id"],
    "target_id": _OF["target_id"],
    "planned": "Examples to ask.",
    "done": "Those with a trial.",
    "scored": "Trials with a score of the primary metric.",
    "correct": "Those that are fully right.",
    "score": "correct / scored.",
    "low": "Lower end of Wilson's 95 % interval; NULL with clusters, for which maquette eval show has the right one.",
    "high": "Upper end.",
    "errors": "Calls that failed after all attempts.",
    "calls": "Calls made in this run, retries included.",
    "retries": "Calls beyond the first of each trial.",
    "cache_hits": "Answers taken from the record.",
    "spent_usd": "What this run's own calls cost; NULL when the target is unpriced.",
    "p50_s": "Median latency of all answers.",
    "p95_s": "95th percentile.",
    "p99_s": "99th percentile.",
    "ttft_p50_s": "Median time to the first token.",
    "mean_input_tok": "Tokens of a prompt, on average.",
    "mean_output_tok": "Tokens of an answer, on average.",
}
RUN_VIEWS: Mapping[str, ViewAbout] = {
    view.name: view
    for view in (
        ViewAbout(name="trials", about="One row a finished call, with all that is on record.", columns=_TRIAL_ABOUT),
        ViewAbout(name="scores", about="One row a score.", columns=_SCORE_ABOUT),
        ViewAbout(name="runs", about="One row a run.", columns=_RUN_ABOUT),
        ViewAbout(name="run_results", about="One row a run and target: the results.", columns=_RESULT_ABOUT),
    )
}
"""The views, by name."""


def create_views(connection: "duckdb.DuckDBPyConnection", folder: Path | None) -> None:
    """Make the views over the project in ``folder``, or empty ones; they read the files anew at each query."""
    create_macros(connection, temp=True)
    rows = {"trials": _trial_rows(folder), "runs": _manifest_rows(folder), "scores": "", "run_results": ""}
    for name, source in rows.items():
        connection.execute(_sql(name).format(rows=source, money=MONEY))


def create_macros(connection: "duckdb.DuckDBPyConnection", *, temp: bool) -> None:
    """Make ``wilson_low`` and ``wilson_high``."""
    connection.execute(_sql("wilson").format(temp="temp" if temp else "", z=f"{_Z!r}", z2=f"{_Z**2!r}"))


def _sql(name: str) -> str:
    return (_SQL / f"{name}.sql").read_text(encoding="utf-8")


def _trial_rows(folder: Path | None) -> str:
    """The trial logs as a table expression; a last line that was cut off reads as a row of NULLs."""
    pattern = _pattern(folder, "trials.jsonl")
    if pattern is None:
        return _no_rows({"run_id": "VARCHAR", **_TRIAL_FILE})
    columns = ", ".join(f"{quoted(name)}: {quoted(kind)}" for name, kind in _TRIAL_FILE.items())
    return (
        f"(select parse_path(filename)[-2] as run_id, * from read_json({pattern}, format = 'newline_delimited',"  # noqa: S608  # quoted
        f" ignore_errors = true, maximum_object_size = {_LONGEST_LINE}, filename = true, columns = {{{columns}}}))"
    )


def _manifest_rows(folder: Path | None) -> str:
    """The manifests as a table expression; one that cannot be read keeps its run's id and has no values."""
    pattern = _pattern(folder, "manifest.json")
    if pattern is None:
        return _no_rows({"run_id": "VARCHAR", **_MANIFEST_FILE})
    shape = quoted(json.dumps(_MANIFEST_FILE))
    return (
        f"(select run_id, unnest(data) from (select parse_path(filename)[-2] as run_id,"  # noqa: S608  # quoted
        f" from_json(try_cast(content as json), {shape}) as data from read_text({pattern})))"
    )


def _pattern(folder: Path | None, name: str) -> str | None:
    """The quoted pattern of that file in every run, or None when no run has one."""
    if folder is None or next(folder.glob(f".maquette/runs/*/{name}"), None) is None:
        return None
    return quoted(f"{literal_glob(os.path.abspath(folder))}/.maquette/runs/*/{name}")


def _no_rows(columns: Mapping[str, str]) -> str:
    values = ", ".join(f"cast(null as {kind}) as {name}" for name, kind in columns.items())
    return f"(select {values} where false)"

"""The project's files seen through DuckDB: views, loading, a user's queries and what they may not do."""

import json
import os
import signal
import threading
import time
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

import maquette.evals
from maquette.analytics import ANSWER_COLUMNS, MONEY, RUN_VIEWS, Database
from maquette.foundation.problems import Conflict, InvalidInput

EVAL_SQL = Path(maquette.evals.__file__).parent / "sql"


def shipped_query(name: str) -> str:
    return (EVAL_SQL / f"{name}.sql").read_text(encoding="utf-8")


ENDLESS = "select count(*) from range(10000000) a, range(10000000) b where a.range * b.range % 7 = 3"


def trial(key: str, **changes: Any) -> str:
    data = {
        "key": key,
        "target_id": "small",
        "example_id": key,
        "stratum": "normal",
        "output": "billing",
        "failure": None,
        "scores": [{"metric": "exact_match", "value": 1.0, "detail": ""}],
        "attempts": 1,
        "input_tok": 100,
        "output_tok": 5,
        "cached_tok": None,
        "latency_s": 0.5,
        "ttft_s": None,
        "cost_usd": "0.000000000001",
        "finished_at": "2026-11-20T10:00:00+00:00",
        "from_cache": False,
    }
    return json.dumps(data | changes)


def write_run(folder: Path, run_id: str, trials: str, manifest: str = "{}") -> None:
    run = folder / ".maquette" / "runs" / run_id
    run.mkdir(parents=True)
    (run / "trials.jsonl").write_text(trials, encoding="utf-8")
    (run / "manifest.json").write_text(manifest, encoding="utf-8")


@pytest.fixture
def database() -> Iterator[Database]:
    with Database.over(None) as opened:
        yield opened


def test_a_project_without_runs_has_both_views_empty_with_their_columns(tmp_path: Path) -> None:
    with Database.over(tmp_path) as database:
        trials = database.table("from trials")
        runs = database.table("from runs")
    assert (trials.rows, runs.rows) == ((), ())
    assert trials.columns[:4] == ("run_id", "target_id", "example_id", "stratum")
    assert runs.columns[0] == "run_id"


def test_empty_and_filled_views_have_the_same_columns_and_types(tmp_path: Path) -> None:
    write_run(tmp_path, "r1", trial("a") + "\n")
    with Database.over(None) as nothing, Database.over(tmp_path) as filled:
        for view in RUN_VIEWS:
            assert nothing.table(f"describe {view}") == filled.table(f"describe {view}")


def test_trials_carry_their_run_their_exact_cost_and_their_failure(tmp_path: Path) -> None:
    failed = trial("b", output=None, failure={"kind": "timeout", "detail": "60 s"}, scores=[], cost_usd=None)
    write_run(tmp_path, "r-014", trial("a") + "\n" + failed + "\n")
    with Database.over(tmp_path) as database:
        rows = database.query("select run_id, key, score, cost_usd, failure, failure_detail from trials order by key")
    assert [tuple(row.values()) for row in rows] == [
        ("r-014", "a", 1.0, Decimal("0.000000000001"), None, None),
        ("r-014", "b", None, None, "timeout", "60 s"),
    ]


@pytest.mark.parametrize("kept", range(1, 60, 7))
def test_a_last_line_that_was_cut_off_is_left_out(tmp_path: Path, kept: int) -> None:
    write_run(tmp_path, "r1", trial("a") + "\n" + trial("b")[:kept])
    with Database.over(tmp_path) as database:
        assert database.table("select key from trials").rows == (("a",),)


def test_an_empty_log_beside_a_full_one_adds_nothing(tmp_path: Path) -> None:
    write_run(tmp_path, "r1", "")
    write_run(tmp_path, "r2", trial("a") + "\n")
    with Database.over(tmp_path) as database:
        assert database.table("select run_id, key from trials").rows == (("r2", "a"),)


def test_times_are_utc_whatever_offset_the_log_holds(tmp_path: Path) -> None:
    write_run(tmp_path, "r1", trial("a", finished_at="2026-11-20T12:30:00.250000+02:00") + "\n")
    with Database.over(tmp_path) as database:
        (row,) = database.query("select finished_at from trials")
    assert row["finished_at"] == datetime.fromisoformat("2026-11-20T10:30:00.250000")


def test_a_manifest_that_cannot_be_read_keeps_its_run_in_the_list(tmp_path: Path) -> None:
    good = json.dumps({"state": "finished", "targets": ["a", "b"], "examples": 60, "cap_usd": "1.50"}, indent=2)
    write_run(tmp_path, "r1", "", good)
    write_run(tmp_path, "r2", "", good[:30])
    with Database.over(tmp_path) as database:
        rows = database.table("select run_id, state, targets, examples, cap_usd from runs order by run_id").rows
    assert rows == (("r1", "finished", ["a", "b"], 60, Decimal("1.5")), ("r2", None, None, None, None))


def test_a_folder_name_with_signs_of_patterns_and_quotes_is_that_folder_alone(tmp_path: Path) -> None:
    odd = tmp_path / "a[b]c *? it's"
    odd.mkdir()
    twin = tmp_path / "abc xy it's"
    twin.mkdir()
    write_run(odd, "r1", trial("own") + "\n")
    write_run(twin, "r1", trial("foreign") + "\n")
    with Database.over(odd) as database:
        assert database.table("select key from trials").rows == (("own",),)


def test_runs_may_lie_on_another_disk_behind_a_link(tmp_path: Path) -> None:
    write_run(tmp_path / "elsewhere", "r1", trial("a") + "\n")
    (tmp_path / "p" / ".maquette").mkdir(parents=True)
    (tmp_path / "p" / ".maquette" / "runs").symlink_to(tmp_path / "elsewhere" / ".maquette" / "runs")
    with Database.over(tmp_path / "p") as database:
        assert database.table("select run_id, key from trials join runs using (run_id)").rows == (("r1", "a"),)


def test_what_is_appended_to_a_log_is_seen_by_the_next_query(tmp_path: Path) -> None:
    write_run(tmp_path, "r1", trial("a") + "\n")
    with Database.over(tmp_path) as database:
        assert database.table("select count(*) from trials").rows == ((1,),)
        with (tmp_path / ".maquette/runs/r1/trials.jsonl").open("a", encoding="utf-8") as log:
            log.write(trial("b") + "\n")
        assert database.table("select count(*) from trials").rows == ((2,),)


def test_loaded_rows_keep_every_digit_of_money(database: Database) -> None:
    amounts = [Decimal("0.000000000001"), Decimal("12345678901234567890.123456789012"), None]
    database.load("amounts", [{"usd": amount} for amount in amounts], {"usd": MONEY})
    assert [row["usd"] for row in database.query("from amounts")] == amounts


def test_loading_again_replaces_the_table(database: Database) -> None:
    for value in ("1", "2"):
        database.load("answers", [{"fact": "a.b", "value": value, "kind": "answer"}], ANSWER_COLUMNS)
    assert database.table("select value from answers").rows == (("2",),)


def test_text_of_users_is_data_in_a_loaded_table(database: Database) -> None:
    hostile = "'); drop table answers; --\n\"\\ \u0000é"
    database.load("answers", [{"fact": hostile, "value": hostile, "kind": "answer"}], ANSWER_COLUMNS)
    assert database.table("select fact from answers").rows == ((hostile,),)


def test_a_value_that_does_not_fit_its_column_is_refused(database: Database) -> None:
    with pytest.raises(Exception, match="Failed to cast"):
        database.load("amounts", [{"usd": "dear"}], {"usd": MONEY})


@pytest.mark.parametrize("name", ["Bad", "a b", "a;drop", "runs", "trials", "scores", "run_results", ""])
def test_a_table_has_a_plain_name_that_is_not_a_view(database: Database, name: str) -> None:
    with pytest.raises(ValueError, match="cannot be the name"):
        database.load(name, [], {"a": "VARCHAR"})


@pytest.mark.parametrize(
    ("sql", "line", "field", "says"),
    [
        ("selec 1", 1, "column 1", 'syntax error at or near "selec"'),
        ("select 1,\n nope from range(3)", 2, "column 2", 'Referenced column "nope" not found'),
        ("select * from nothing_there", 1, "column 15", "nothing_there does not exist"),
        ("select cast('x' as int)", 1, "column 8", "Could not convert string 'x' to INT32"),
    ],
)
def test_a_wrong_query_is_explained_with_its_line_and_column(
    database: Database, sql: str, line: int, field: str, says: str
) -> None:
    with pytest.raises(InvalidInput) as caught:
        database.table(sql)
    assert (caught.value.place.line, caught.value.place.field) == (line, field)
    assert says in caught.value.what


@pytest.mark.parametrize(
    "sql",
    [
        "",
        "-- nothing",
        "select 1; select 2",
        "create table t (a int)",
        "copy (select 1) to 'stolen.csv'",
        "explain analyze copy (select 1) to 'stolen.csv'",
        "attach 'other.duckdb'",
        "set enable_external_access = true",
        "install httpfs",
    ],
)
def test_a_user_may_only_ask(tmp_path: Path, sql: str) -> None:
    with Database.over(tmp_path) as database, pytest.raises(InvalidInput, match="one query was expected"):
        database.table(sql)
    assert list(tmp_path.iterdir()) == []


def test_a_query_reads_the_project_and_nothing_beside_it(tmp_path: Path) -> None:
    project, secret = tmp_path / "project", tmp_path / "project-secret.txt"
    project.mkdir()
    secret.write_text("s3cret", encoding="utf-8")
    (project / "own.csv").write_text("a\n1\n", encoding="utf-8")
    with Database.over(project) as database:
        assert database.table(f"select a from read_csv('{project}/own.csv')").rows == ((1,),)
        for outside in (str(secret), f"{project}/../project-secret.txt", "/etc/hosts", "https://localhost/x.csv"):
            with pytest.raises(InvalidInput, match="disabled by configuration"):
                database.table(f"select * from read_text('{outside}')")


def test_a_query_does_not_see_this_process_s_variables(database: Database) -> None:
    import pandas as pd  # the kind of object that DuckDB would look for

    frame = pd.DataFrame({"a": [1]})
    with pytest.raises(InvalidInput, match="frame does not exist"):
        database.table("select * from frame")
    assert len(frame) == 1


def test_a_time_with_a_zone_is_refused_with_the_way_out(database: Database) -> None:
    with pytest.raises(InvalidInput, match="TIMESTAMP"):
        database.table("select now() as asked_at")
    assert database.table("select 1 where now()::timestamp is not null").rows == ((1,),)


def test_ctrl_c_stops_a_query_and_the_database_goes_on(database: Database) -> None:
    timer = threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT))
    timer.start()
    started = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        database.table(ENDLESS)
    assert time.monotonic() - started < 10
    assert database.table("select 1").rows == ((1,),)


def test_another_thread_can_stop_a_query(database: Database) -> None:
    seen: list[BaseException] = []

    def ask() -> None:
        try:
            database.table(ENDLESS)
        except BaseException as error:  # the test looks at what came
            seen.append(error)

    asking = threading.Thread(target=ask)
    asking.start()
    time.sleep(0.3)
    database.interrupt()
    asking.join(10)
    assert [type(error) for error in seen] == [KeyboardInterrupt]


def test_a_snapshot_holds_every_view_and_table_and_overwrites_nothing(tmp_path: Path) -> None:
    import duckdb

    project = tmp_path / "project"
    write_run(project, "r1", trial("a", cost_usd="1.25") + "\n")
    target = tmp_path / "out.duckdb"
    with Database.over(project) as database:
        database.load("answers", [{"fact": "a.b", "value": "1", "kind": "answer"}], ANSWER_COLUMNS)
        database.write_snapshot(target)
        with pytest.raises(Conflict, match="nothing was overwritten"):
            database.write_snapshot(target)
    with duckdb.connect(str(target), read_only=True) as written:
        tables = written.execute("select table_name, table_type from information_schema.tables order by 1").fetchall()
        money = written.execute("select run_id, cost_usd from trials").fetchall()
    names = ("actuals", "actuals_monthly", "answers", "run_results", "runs", "scores", "trials")
    assert tables == [(name, "BASE TABLE") for name in names]
    assert money == [("r1", Decimal("1.25"))]
    assert [path.name for path in sorted(tmp_path.iterdir())] == ["out.duckdb", "project"]


def test_the_queries_that_ship_tell_results_failures_and_disagreements(tmp_path: Path) -> None:
    wrong = [{"metric": "exact_match", "value": 0.0, "detail": ""}]
    lines = [
        trial("a1", example_id="x", latency_s=1.0, cost_usd="0.10"),
        trial("a2", example_id="y", latency_s=3.0, cost_usd="0.20", attempts=2),
        trial("b1", example_id="x", target_id="big", scores=wrong),
        trial("b2", example_id="y", target_id="big", scores=[], failure={"kind": "timeout", "detail": "60 s"}),
    ]
    write_run(tmp_path, "r1", "\n".join(lines) + "\n")
    with Database.over(tmp_path) as database:
        big, small = database.query(shipped_query("results"))
        failures = database.query(shipped_query("failures"), run_id="r1")
        (split,) = database.query(shipped_query("disagreements"), run_id="r1")
    assert (small["trials"], small["correct"], small["retried"], small["p50_s"]) == (2, 2, 1, 2.0)
    assert small["cost_usd"] == Decimal("0.3")
    assert (big["scored"], big["correct"], big["failed"]) == (1, 0, 1)
    assert [(row["failure"], row["trials"], row["detail"]) for row in failures] == [("timeout", 1, "60 s")]
    assert (split["example_id"], split["right_targets"], split["wrong_targets"]) == ("x", ["small"], ["big"])

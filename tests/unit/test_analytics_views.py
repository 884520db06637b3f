"""What the views over runs hold: every field of a trial, each score, and results as `eval show` counts them."""

import json
from collections.abc import Iterator
from dataclasses import fields, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from maquette.adapters.trial_logs import FileRunStore
from maquette.analytics import RUN_VIEWS, Database
from maquette.analytics.run_views import _MANIFEST_FILE, _TRIAL_FILE
from maquette.evals.calls import FailureKind, ToolCall
from maquette.evals.results import summarise
from maquette.evals.run import TargetResult
from maquette.evals.statistics.proportions import wilson
from maquette.evals.trials import Cache, Failure, RunManifest, RunState, Score, Trial
from maquette.project.views_in_sql import PROJECT_VIEWS
from tests.evals_world import STARTED

PLAIN = Trial(
    key="k",
    target_id="small",
    example_id="e",
    stratum="normal",
    output="billing",
    failure=None,
    scores=(Score(metric="exact_match", value=1.0),),
    attempts=1,
    input_tok=100,
    output_tok=5,
    cached_tok=None,
    latency_s=0.5,
    ttft_s=0.1,
    cost_usd=Decimal("0.01"),
    finished_at=STARTED,
)
FULL = replace(
    PLAIN,
    scores=(
        Score(metric="exact_match", value=0.0, detail="no"),
        Score(metric="judge", value=0.75, detail="why", raw=4.0, cost_usd=Decimal("0.000000000003")),
    ),
    asked="a",
    cache=Cache.CHANGED,
    client="aiohttp 3",
    reasoning_tok=2,
    itl_p50_s=0.01,
    itl_p95_s=0.02,
    loop_lag_s=0.003,
    left_out=("seed",),
    finish_reason="stop",
    tool_calls=(ToolCall(id="1", name="find", arguments="{}"),),
    cluster="document 7",
    weight=2.5,
    must_pass=True,
)


def manifest(**changes: Any) -> RunManifest:
    settings: dict[str, Any] = {
        "run_id": "",
        "computed_from": "plan",
        "dataset": "examples.jsonl",
        "prompt": "main.j2 version 1",
        "primary_metric": "exact_match",
        "targets": ("small", "big"),
        "examples": 4,
        "threshold": None,
        "cap_usd": None,
        "started_at": STARTED,
        "made_of": {"dataset": "d1", "target small": "t1"},
    }
    return RunManifest(**{**settings, **changes})


def record(folder: Path, trials: list[Trial], **changes: Any) -> TargetResult:
    """The trials as a run of a project, and what `eval show` counts of its first target."""
    store = FileRunStore(folder / ".maquette" / "runs")
    started, log = store.start(manifest(**changes))
    for trial in trials:
        log.append(trial)
    store.finish(started.run_id, RunState.FINISHED, STARTED)
    return summarise(started, store.trials(started.run_id), threshold=None).results[0]


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    record(tmp_path, [FULL])
    with Database.over(tmp_path) as opened:
        yield opened


def test_every_field_of_a_trial_and_of_a_manifest_has_its_column() -> None:
    assert set(_TRIAL_FILE) == {field.name for field in fields(Trial)}
    assert set(_MANIFEST_FILE) | {"run_id"} == {field.name for field in fields(RunManifest)}


@pytest.mark.parametrize("name", RUN_VIEWS)
def test_every_column_of_a_view_is_explained_in_its_order(database: Database, name: str) -> None:
    described = [row["column_name"] for row in database.query(f"describe {name}")]
    assert described == list(RUN_VIEWS[name].columns)
    assert all(about.endswith(".") for about in PROJECT_VIEWS[name].columns.values())


def test_the_later_fields_of_a_trial_are_there_with_the_time_per_token(database: Database) -> None:
    (row,) = database.query("from trials")
    assert {name: row[name] for name in ("client", "reasoning_tok", "itl_p50_s", "itl_p95_s", "loop_lag_s")} == {
        "client": "aiohttp 3",
        "reasoning_tok": 2,
        "itl_p50_s": 0.01,
        "itl_p95_s": 0.02,
        "loop_lag_s": 0.003,
    }
    assert (row["left_out"], row["finish_reason"], row["cache"]) == (["seed"], "stop", str(Cache.CHANGED))
    assert (row["cluster"], row["weight"], row["must_pass"], row["asked"]) == ("document 7", 2.5, True, "a")
    assert row["tool_calls"] == [{"id": "1", "name": "find", "arguments": "{}"}]
    assert row["tpot_s"] == pytest.approx(FULL.tpot_s)


def test_a_log_of_an_earlier_version_reads_with_nothing_known_of_the_later_fields(tmp_path: Path) -> None:
    run = tmp_path / ".maquette" / "runs" / "r-001"
    run.mkdir(parents=True)
    later = {"client", "reasoning_tok", "itl_p50_s", "itl_p95_s", "loop_lag_s", "left_out", "finish_reason"}
    later |= {"cache", "cluster", "tool_calls", "asked", "withheld"}
    old = {
        **{name: None for name in _TRIAL_FILE if name not in later and name not in ("weight", "must_pass")},
        "key": "a",
        "scores": [{"metric": "exact_match", "value": 1.0, "detail": ""}],
    }
    (run / "trials.jsonl").write_text(json.dumps(old) + "\n", encoding="utf-8")
    with Database.over(tmp_path) as database:
        (row,) = database.query("from trials")
        (score,) = database.query("from scores")
    assert {row[name] for name in later - {"left_out", "tool_calls", "withheld"}} == {None}
    assert (row["left_out"], row["tool_calls"], row["tpot_s"], row["withheld"]) == (None, None, None, "")
    assert (row["weight"], row["must_pass"]) == (1.0, False)
    assert (score["value"], score["passed"], score["raw"], score["cost_usd"]) == (1.0, True, None, None)


def test_each_score_is_a_row_with_its_own_figure_and_its_exact_cost(database: Database) -> None:
    assert [tuple(row.values()) for row in database.query("from scores order by metric")] == [
        ("r-001", "small", "e", "exact_match", 0.0, False, None, "no", None),
        ("r-001", "small", "e", "judge", 0.75, False, 4.0, "why", Decimal("0.000000000003")),
    ]


def test_what_a_run_is_made_of_is_a_map_and_empty_in_older_manifests(tmp_path: Path) -> None:
    record(tmp_path, [])
    record(tmp_path, [], made_of={})
    with Database.over(tmp_path) as database:
        rows = database.query("select made_of, made_of['dataset'] as dataset from runs order by run_id")
    assert rows == [
        {"made_of": {"dataset": "d1", "target small": "t1"}, "dataset": "d1"},
        {"made_of": {}, "dataset": None},
    ]


MIXED = [
    PLAIN,
    replace(PLAIN, example_id="e2", scores=(Score(metric="exact_match", value=0.0),), attempts=3, latency_s=1.5),
    replace(PLAIN, example_id="e3", scores=(Score(metric="exact_match", value=None),), from_cache=True, latency_s=2.5),
    replace(
        PLAIN,
        example_id="e4",
        output=None,
        scores=(),
        attempts=2,
        latency_s=9.0,
        cost_usd=None,
        failure=Failure(kind=FailureKind.TIMEOUT, detail="60 s"),
    ),
]


@pytest.mark.parametrize(
    "trials",
    [
        MIXED,
        MIXED[2:3],
        [replace(trial, cost_usd=None) for trial in MIXED],
        [replace(trial, scores=(Score(metric="length", value=0.5), *trial.scores)) for trial in MIXED],
    ],
    ids=["mixed", "all from the record", "unpriced", "the primary metric is the second"],
)
def test_results_in_sql_are_those_of_eval_show(tmp_path: Path, trials: list[Trial]) -> None:
    shown = record(tmp_path, trials)
    with Database.over(tmp_path) as database:
        big, small = database.query("from run_results")
    assert (small["planned"], small["done"], small["scored"], small["correct"], small["score"]) == (
        shown.planned,
        shown.done,
        shown.scored,
        shown.correct,
        shown.score,
    )
    assert (small["errors"], small["calls"] or 0, small["retries"] or 0, small["cache_hits"], small["spent_usd"]) == (
        sum(shown.failures.values()),
        shown.calls_made,
        shown.retries,
        shown.from_cache,
        shown.spent_usd,
    )
    latency = shown.latency
    assert latency is not None
    assert (small["p50_s"], small["p95_s"], small["p99_s"]) == pytest.approx(
        (latency.p50_s, latency.p95_s, latency.p99_s)
    )
    if shown.interval is not None:
        assert (small["low"], small["high"]) == pytest.approx((shown.interval.low, shown.interval.high))
    assert (big["target_id"], big["planned"], big["done"], big["score"], big["low"]) == ("big", 4, 0, None, None)


def test_examples_in_clusters_have_no_plain_interval(tmp_path: Path) -> None:
    record(tmp_path, [replace(trial, cluster="one document") for trial in MIXED])
    with Database.over(tmp_path) as database:
        (row,) = database.query("select score, low, high from run_results where target_id = 'small'")
    assert row == {"score": 0.5, "low": None, "high": None}


def test_the_interval_in_sql_is_wilsons() -> None:
    with Database.over(None) as database:
        rows = database.query(
            "select k, n, wilson_low(k, n) as low, wilson_high(k, n) as high"
            " from range(1, 60) as a(n), range(0, 60) as b(k) where k <= n"
        )
        (nothing,) = database.query("select wilson_low(0, 0) as low, wilson_high(0, 0) as high")
    for row in rows:
        found = wilson(row["k"], row["n"])
        assert (row["low"], row["high"]) == pytest.approx((found.low, found.high), abs=1e-12)
    assert nothing == {"low": None, "high": None}

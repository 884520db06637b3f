"""Runs on disk: what survives a crash, who may write, and what is found again."""

import json
import resource
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from maquette.adapters.trial_logs import FileRunStore
from maquette.evals.calls import FailureKind, ToolCall
from maquette.evals.trials import Cache, Failure, RunManifest, RunState, Score, Trial
from maquette.foundation.problems import Conflict, InvalidInput, NotFound, Unavailable
from tests.evals_world import STARTED
from tests.unit.test_evals_results import MANIFEST, TRIAL

HOLD = """
import sys
from maquette.adapters.trial_logs import FileRunStore
from pathlib import Path
FileRunStore(Path(sys.argv[1])).resume("r-001")
print("held", flush=True)
sys.stdin.read()
"""


def write(store: FileRunStore, trials: list[Trial], state: RunState = RunState.FINISHED) -> RunManifest:
    manifest, log = store.start(MANIFEST)
    for trial in trials:
        log.append(trial)
    log.flush()
    store.finish(manifest.run_id, state, STARTED + timedelta(minutes=1))
    return manifest


def numbered(number: int) -> list[Trial]:
    return [replace(TRIAL, key=f"k{i}", example_id=f"e{i}") for i in range(number)]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[FileRunStore]:
    with closing(FileRunStore(tmp_path / "runs")) as opened:
        yield opened


@pytest.fixture
def other_process(store: FileRunStore) -> Iterator["subprocess.Popen[bytes]"]:
    """A process that holds run r-001, until it is killed or told to end."""
    store.start(MANIFEST)
    store.finish("r-001", RunState.STOPPED, STARTED)
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(store.folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"held\n"
        yield process
        process.kill()


def test_a_run_reads_back_as_it_was_written(store: FileRunStore) -> None:
    trials = [TRIAL, replace(TRIAL, key="other", output="zażółć 🙂", failure=None, cost_usd=None)]
    write(store, trials)
    assert list(FileRunStore(store.folder).trials("r-001")) == trials
    assert FileRunStore(store.folder).manifests() == (
        replace(MANIFEST, run_id="r-001", state=RunState.FINISHED, finished_at=STARTED + timedelta(minutes=1)),
    )


def test_runs_are_numbered_and_stay_in_order_beyond_a_thousand(store: FileRunStore) -> None:
    first = write(store, [])
    (store.folder / "r-999").mkdir()
    (store.folder / "r-draft").mkdir()
    later = [write(store, []) for _ in range(2)]
    assert [first.run_id, *(manifest.run_id for manifest in later)] == ["r-001", "r-1000", "r-1001"]
    assert [manifest.run_id for manifest in store.manifests()] == ["r-001", "r-1000", "r-1001"]


def test_a_line_that_was_cut_off_is_left_out_and_cut_by_a_resume(store: FileRunStore) -> None:
    write(store, numbered(3))
    path = store.folder / "r-001" / "trials.jsonl"
    whole = path.read_bytes()
    path.write_bytes(whole[:-20])
    assert [trial.key for trial in store.trials("r-001")] == ["k0", "k1"]
    log = store.resume("r-001")
    assert path.read_bytes() == b"".join(whole.splitlines(keepends=True)[:2])
    log.append(numbered(4)[3])
    assert [trial.key for trial in log.finished()] == ["k0", "k1", "k3"]


@pytest.mark.parametrize("length", [10, 64 * 1024 - 1, 64 * 1024, 200_000])
def test_a_torn_first_line_of_any_length_leaves_an_empty_log(store: FileRunStore, length: int) -> None:
    write(store, [])
    path = store.folder / "r-001" / "trials.jsonl"
    path.write_bytes(b"x" * length)
    assert list(store.resume("r-001").finished()) == []
    assert path.read_bytes() == b""


def test_a_long_torn_line_is_cut_to_the_last_whole_one(store: FileRunStore) -> None:
    write(store, numbered(1))
    path = store.folder / "r-001" / "trials.jsonl"
    whole = path.read_bytes()
    path.write_bytes(whole + b"y" * 150_000)
    store.resume("r-001")
    assert path.read_bytes() == whole


def test_an_appended_trial_is_in_the_file_before_the_flush(store: FileRunStore) -> None:
    _, log = store.start(MANIFEST)
    log.append(TRIAL)
    assert list(FileRunStore(store.folder).trials("r-001")) == [TRIAL]


def test_a_damaged_line_in_the_middle_is_told_with_its_place(store: FileRunStore) -> None:
    write(store, numbered(2))
    path = store.folder / "r-001" / "trials.jsonl"
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(lines[0] + b"{}\n" + lines[1])
    with pytest.raises(InvalidInput, match="not a trial") as caught:
        list(store.trials("r-001"))
    assert (caught.value.place.file, caught.value.place.line) == (str(path), 2)


def test_a_run_that_nobody_holds_any_more_is_interrupted(store: FileRunStore) -> None:
    store.start(MANIFEST)
    assert store.manifests()[0].state is RunState.RUNNING
    store.close()
    assert store.manifests()[0].state is RunState.INTERRUPTED


def test_a_run_in_another_process_is_running_and_cannot_be_written(
    store: FileRunStore, other_process: "subprocess.Popen[bytes]"
) -> None:
    assert store.manifests()[0].state is RunState.RUNNING
    with pytest.raises(Conflict, match="run r-001 is under way in another process"):
        store.resume("r-001")


def test_after_a_kill_the_run_is_interrupted_and_can_be_resumed(
    store: FileRunStore, other_process: "subprocess.Popen[bytes]"
) -> None:
    other_process.kill()
    other_process.wait()
    assert store.manifests()[0].state is RunState.INTERRUPTED
    assert store.resume("r-001").run_id == "r-001"
    assert store.manifests()[0].state is RunState.RUNNING


def test_a_run_that_is_not_there_cannot_be_resumed(store: FileRunStore) -> None:
    with pytest.raises(NotFound, match="there is no run 'r-007'"):
        store.resume("r-007")


def test_the_newest_answer_of_any_run_is_found_by_its_key(store: FileRunStore) -> None:
    write(store, numbered(3))
    write(store, [replace(TRIAL, key="k1", output="newer")])
    found = store.answered({"k0", "k1", "nowhere"})
    assert {key: trial.output for key, trial in found.items()} == {"k0": "yes", "k1": "newer"}


def test_a_failure_is_no_answer(store: FileRunStore) -> None:
    failure = Failure(kind=FailureKind.SERVER, detail="?")
    write(store, [TRIAL, replace(TRIAL, key="bad", output=None, failure=failure)])
    assert list(store.answered({"k", "bad"})) == ["k"]


def test_a_run_does_not_find_its_own_trials_among_earlier_answers(store: FileRunStore) -> None:
    write(store, numbered(2))
    _, log = store.start(MANIFEST)
    log.append(replace(TRIAL, key="mine"))
    assert sorted(log.answered_before({"k0", "mine"})) == ["k0"]
    assert sorted(store.answered({"k0", "mine"})) == ["k0", "mine"]


def test_answers_that_another_process_added_since_the_last_look_are_found(store: FileRunStore) -> None:
    write(store, numbered(1))
    reader = FileRunStore(store.folder)
    assert list(reader.answered({"k0", "k1", "k2"})) == ["k0"]
    with (store.folder / "r-001" / "trials.jsonl").open("a") as file:
        file.write(json.dumps({"key": "k1", "failure": None}) + "\n" + '{"key": "k2", "fai')
    assert sorted(reader.answered({"k0", "k1", "k2"})) == ["k0", "k1"]


def test_looking_for_answers_reads_nothing_before_there_is_a_run(tmp_path: Path) -> None:
    store = FileRunStore(tmp_path / "runs")
    assert (store.manifests(), dict(store.answered({"k"})), list(store.trials("r-001"))) == ((), {}, [])
    assert not store.folder.exists()


def test_a_disk_that_takes_no_more_is_told_and_keeps_what_was_written(store: FileRunStore) -> None:
    _, log = store.start(MANIFEST)
    log.append(TRIAL)
    size = (store.folder / "r-001" / "trials.jsonl").stat().st_size
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size + 100, hard))
    try:
        with pytest.raises(Unavailable, match="the trial log cannot be written: File too large"):
            log.append(TRIAL)
        store.close()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert list(store.trials("r-001")) == [TRIAL]
    log = store.resume("r-001")
    log.append(replace(TRIAL, key="after"))
    assert [trial.key for trial in log.finished()] == ["k", "after"]


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(Unavailable, match="a run cannot be started here: Not a directory"):
        FileRunStore(tmp_path / "file" / "runs").start(MANIFEST)


def test_a_manifest_that_is_none_is_told_with_its_file(store: FileRunStore) -> None:
    write(store, [])
    (store.folder / "r-001" / "manifest.json").write_text("{}")
    with pytest.raises(InvalidInput, match="not the manifest of a run"):
        store.manifests()


def test_what_later_versions_measure_reads_back_and_an_earlier_log_is_still_read(store: FileRunStore) -> None:
    full = replace(
        TRIAL,
        cache=Cache.CHANGED,
        client="aiohttp",
        reasoning_tok=3,
        itl_p50_s=0.01,
        itl_p95_s=0.02,
        loop_lag_s=0.001,
        left_out=("seed", "temperature"),
        finish_reason="length",
        tool_calls=(ToolCall(id="1", name="look", arguments="{}"),),
        scores=(Score(metric="edits", value=0.5, raw=4.0),),
    )
    write(store, [full])
    assert list(store.trials("r-001")) == [full]
    path = store.folder / "r-001" / "trials.jsonl"
    row = json.loads(path.read_text())
    for name in row.keys() - set(EARLIER):
        del row[name]
    path.write_text(json.dumps(row | {"scores": []}) + "\n")
    assert list(store.trials("r-001")) == [replace(TRIAL, scores=())]


EARLIER = [
    "key",
    "target_id",
    "example_id",
    "stratum",
    "output",
    "failure",
    "scores",
    "attempts",
    "input_tok",
    "output_tok",
    "cached_tok",
    "latency_s",
    "ttft_s",
    "cost_usd",
    "finished_at",
    "from_cache",
]


def test_a_line_of_nul_bytes_is_told_as_what_it_is(tmp_path: Path) -> None:
    with closing(FileRunStore(tmp_path)) as store:
        manifest, log = store.start(MANIFEST)
        (tmp_path / manifest.run_id / "trials.jsonl").write_bytes(b"\0" * 52 + b"\n")
        with pytest.raises(InvalidInput, match="not a trial: Expecting value") as found:
            list(log.finished())
    assert found.value.place.line == 1

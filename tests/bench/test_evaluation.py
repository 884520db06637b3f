"""What the runner itself costs a trial, and how much memory a long run takes. Answers come at once: the rest shows."""

import json
import os
import resource
import subprocess
import sys
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from time import perf_counter, process_time

import pytest

from maquette.adapters.replay import open_target
from maquette.adapters.trial_logs import FileRunStore
from maquette.analytics import Database
from maquette.evals.calls import Answer, Call, Target
from maquette.evals.history import history
from maquette.evals.run import RunPlan
from maquette.evals.trials import RunManifest, RunState, Trial, trial_as_data
from tests.evals_world import STARTED, Scripted, World, answer, plan_of, spec
from tests.loopback_models import model, serving

TRIALS = 100_000
PLAIN = Trial(
    key="",
    target_id="",
    example_id="",
    stratum="normal",
    output=None,
    failure=None,
    scores=(),
    attempts=1,
    input_tok=120,
    output_tok=17,
    cached_tok=0,
    latency_s=None,
    ttft_s=0.08,
    cost_usd=Decimal("0.000123"),
    finished_at=STARTED,
)
Report = Callable[[str, float, float, str], None]


class Instant(Scripted):
    """Echoes at once and remembers nothing."""

    async def answer(self, call: Call) -> Answer:
        return answer(call.messages[-1].content)


class Forgetful(list[Trial]):
    """What a run shows in passing: counted, not kept."""

    def append(self, trial: Trial) -> None:
        del trial


def resident_mib() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def measured(world: World, plan: RunPlan, target: Target) -> tuple[float, float]:
    """CPU a trial in microseconds, and MiB that memory grew from a tenth of the run to its end."""
    marks: list[float] = []
    seen = 0

    def mark(_: Trial) -> None:
        nonlocal seen
        seen += 1
        if seen in (TRIALS // 10, TRIALS):
            marks.append(resident_mib())

    started = process_time()
    world.run(plan, target, on_trial=mark)
    return 1e6 * (process_time() - started) / TRIALS, marks[1] - marks[0]


def test_cpu_and_memory_of_a_hundred_thousand_trials(tmp_path: Path, report_ratio: Report) -> None:
    world = World(folder=tmp_path, seen=Forgetful())
    plan = plan_of(TRIALS, concurrency=16)
    replayed = plan_of(
        TRIALS, concurrency=16, targets=(spec(adapter="replay", model="runs/r-001/trials.jsonl", id="again"),)
    )
    ways: list[tuple[str, RunPlan, Target]] = [
        ("asked anew", plan, Instant()),
        ("taken over from the record", plan, Instant()),
        ("replayed from a file", replayed, open_target(replayed.targets[0], folder=tmp_path)),
    ]
    for name, of, target in ways:
        cpu_us, grown_mib = measured(world, of, target)
        report_ratio(f"{name}: the runner's own work", cpu_us, 1000, "us of CPU a trial")
        report_ratio(f"{name}: memory grown from a tenth to the end", grown_mib, 40, "MiB")


def test_a_run_that_is_wholly_on_record(tmp_path: Path, report_ratio: Report) -> None:
    for number, budget_ms in ((1_000, 700), (TRIALS, 15_000)):
        world = World(folder=tmp_path / str(number), seen=Forgetful())
        world.run(plan_of(number, concurrency=16), Instant())
        plan = plan_of(number, concurrency=16)
        before_mib, before_s = resident_mib(), perf_counter()
        world.run(plan, Scripted(script=lambda *_: answer("never asked")))
        report_ratio(f"{number:,} answers on record: wall", 1e3 * (perf_counter() - before_s), budget_ms, "ms")
        report_ratio(f"{number:,} answers on record: memory grown", resident_mib() - before_mib, 60, "MiB")


def test_a_quick_evaluation_from_the_start_of_python(tmp_path: Path, report_ratio: Report) -> None:
    data = tmp_path / "examples.jsonl"
    rows = [{"input": f"question {n}", "expected": "word0 word1 word2"} for n in range(1000)]
    data.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    # The kernel's own peak of that process; what getrusage tells of children includes the parent at the fork.
    peak = "open('/proc/self/status').read().split('VmHWM:')[1].split()[0]"
    program = f"import sys; from maquette.cli.main import run; run(sys.argv[1:]); sys.stderr.write({peak})"
    with serving() as server:
        options = ["--base-url", server.base_url, "--concurrency", "32", "--json"]
        asked = ["--data", str(data), "--model", model(delay_s=0.05), *options]
        for _ in range(2):  # the first writes bytecode
            before, started_s = resource.getrusage(resource.RUSAGE_CHILDREN), perf_counter()
            command = [sys.executable, "-c", program, "eval", "quick", *asked]
            done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
            wall_s = perf_counter() - started_s
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    assert json.loads(done.stdout)["correct"] == 1000
    what = "maquette eval quick, 1,000 examples of 50 ms, 32 in flight"
    report_ratio(f"{what}: wall", 1e3 * wall_s, 3000, "ms")
    report_ratio(f"{what}: CPU", 1e3 * cpu_s, 2000, "ms")
    report_ratio(f"{what}: memory at most", int(done.stderr) / 1024, 120, "MiB")


def record(folder: Path, runs: int, trials: int, targets: int = 1) -> None:
    """Runs of a project, as the log holds them: every fifth answer is wrong, every hundredth call failed."""
    store = FileRunStore(folder / ".maquette" / "runs")
    names = tuple(f"m{number}" for number in range(targets))
    parts = {"dataset": "d", "metrics": "m", "prompt": "p", "parameters": "q"}
    for _ in range(runs):
        manifest = RunManifest(
            run_id="",
            computed_from="plan",
            dataset="examples.jsonl",
            prompt="main.j2 version 1",
            primary_metric="exact_match",
            targets=names,
            examples=trials // targets,
            threshold=None,
            cap_usd=None,
            started_at=STARTED,
            made_of=parts,
        )
        started, _log = store.start(manifest)
        with (store.folder / started.run_id / "trials.jsonl").open("w", encoding="utf-8") as file:
            file.writelines(line(place, names[place % targets], place // targets) for place in range(trials))
        store.finish(started.run_id, RunState.FINISHED, STARTED)


def line(place: int, target: str, example: int) -> str:
    """A line of 700 bytes or so, as the runner writes them."""
    data = trial_as_data(PLAIN) | {
        "key": f"{place:064x}",
        "asked": f"{example:064x}",
        "target_id": target,
        "example_id": f"e{example}",
        "output": f"The answer to question {example} is billing, since its subject is an invoice.",
        "scores": [{"metric": "exact_match", "value": float(place % 5 > 0), "detail": ""}],
        "latency_s": 0.1 + place % 977 / 1000,
        "client": "aiohttp 3.13",
        "itl_p50_s": 0.01,
        "itl_p95_s": 0.02,
        "loop_lag_s": 0.001,
        "finish_reason": "stop",
        "cache": "miss: the target was not asked this example before",
    }
    if place % 100 == 0:
        data |= {"output": None, "scores": [], "failure": {"kind": "timeout", "detail": "60 s"}}
    return json.dumps(data, separators=(",", ":")) + "\n"


def milliseconds(work: Callable[[], object], times: int = 3) -> float:
    """Wall of one call, the quickest of some: the first reads the file from the disk."""
    taken = []
    for _ in range(times):
        started_s = perf_counter()
        work()
        taken.append(1e3 * (perf_counter() - started_s))
    return min(taken)


@pytest.mark.parametrize(("trials", "budget_ms"), [(TRIALS, 1000), (1_000_000, 2000)])
def test_questions_to_many_trials(trials: int, budget_ms: float, tmp_path: Path, report_ratio: Report) -> None:
    record(tmp_path, 1, trials, targets=4)
    hardest = "select example_id, avg(value) as score from scores group by all order by score, example_id limit 10"
    what = f"{trials:,} trials in SQL"
    with Database.over(tmp_path) as database:
        assert sum(row["done"] for row in database.query("from run_results")) == trials
        report_ratio(f"{what}: run_results", milliseconds(lambda: database.query("from run_results")), budget_ms, "ms")
        report_ratio(f"{what}: hardest examples", milliseconds(lambda: database.query(hardest)), budget_ms, "ms")
        path = tmp_path / "out.parquet"
        wrote_ms = milliseconds(lambda: database.write_table("from trials", path, form="parquet"), 1)
        report_ratio(f"{what}: all columns into Parquet", wrote_ms, 5 * budget_ms, "ms")


def test_the_history_of_fifty_runs(tmp_path: Path, report_ratio: Report) -> None:
    marks = []
    for runs in (10, 50):
        record(tmp_path / str(runs), runs, 1000)
        store = FileRunStore(tmp_path / str(runs) / ".maquette" / "runs")
        started_s = perf_counter()
        (found,) = history(store.manifests(), store.trials)
        marks.append((1e3 * (perf_counter() - started_s), resident_mib()))
        assert len(found.points) == runs
    (_, before_mib), (wall_ms, after_mib) = marks
    report_ratio("history of 50 runs of 1,000 trials: wall", wall_ms, 3000, "ms")
    report_ratio("history of 50 runs: memory grown from that of 10", after_mib - before_mib, 10, "MiB")

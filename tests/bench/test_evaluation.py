"""What the runner itself costs a trial, and how much memory a long run takes. Answers come at once: the rest shows."""

import json
import os
import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from time import perf_counter, process_time

from maquette.adapters.replay import open_target
from maquette.evals.calls import Answer, Call, Target
from maquette.evals.run import RunPlan
from maquette.evals.trials import Trial
from tests.evals_world import Scripted, World, answer, plan_of, spec
from tests.loopback_models import model, serving

TRIALS = 100_000
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

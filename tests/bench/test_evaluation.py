"""What the runner itself costs a trial, and how much memory a long run takes. Answers come at once: the rest shows."""

import os
from collections.abc import Callable
from pathlib import Path
from time import process_time

from maquette.adapters.replay import open_target
from maquette.evals.calls import Answer, Call, Target
from maquette.evals.run import RunPlan
from maquette.evals.trials import Trial
from tests.evals_world import Scripted, World, answer, plan_of, spec

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

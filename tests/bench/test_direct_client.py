"""The direct client under load: a thousand calls to a server that takes 50 ms, alone and through a whole run.

Each measurement is a Python process of its own, so that its start and its memory count.
"""

import asyncio
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from maquette.evals.calls import TargetSpec
from tests.loopback_models import Server, model, serving

CALLS = 1000
DELAY_S = 0.05
Report = Callable[[str, float, float, str], None]
ROOT = Path(__file__).parents[2]


def measured(way: str, server: Server, at_once: int, tokens: int = 3) -> dict[str, float]:
    """What the process said of itself, and the wall time from outside."""
    name = model(delay_s=DELAY_S, tokens=tokens)
    started_s = time.perf_counter()
    command = [sys.executable, "-m", "tests.bench.test_direct_client", way, server.base_url, str(at_once), name]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return {"process_s": time.perf_counter() - started_s, **json.loads(done.stdout)}


def test_a_thousand_calls_through_the_target_alone(report_ratio: Report) -> None:
    with serving() as server:
        for tokens in (3, 40):
            found = measured("target", server, 32, tokens)
            what = f"1,000 calls of {tokens} tokens, 32 in flight, the target alone"
            report_ratio(f"{what}: wall", 1e3 * found["wall_s"], 2000, "ms")
            report_ratio(f"{what}: CPU", 1e3 * found["cpu_s"], 1000, "ms")
        ideal_ms = 1e3 * DELAY_S * CALLS / 64
        found = measured("target", server, 64)
        report_ratio("64 in flight, the target alone: wall", 1e3 * found["wall_s"], 1.5 * ideal_ms, "ms")


def test_a_thousand_calls_through_a_run(report_ratio: Report) -> None:
    with serving() as server:
        found = measured("run", server, 32)
        what = "1,000 calls, 32 in flight, runner and log, from the start of Python"
        report_ratio(f"{what}: wall", 1e3 * found["process_s"], 3000, "ms")
        report_ratio(f"{what}: CPU", 1e3 * found["process_cpu_s"], 2000, "ms")
        report_ratio(f"{what}: memory at most", found["most_mib"], 120, "MiB")
        found = measured("run warm", server, 64)
        ideal_ms = 1e3 * DELAY_S * CALLS / 64
        report_ratio("64 in flight, a run after the first: wall", 1e3 * found["wall_s"], 1.5 * ideal_ms, "ms")


def _spec(base_url: str, at_once: int, name: str) -> TargetSpec:
    options = {"concurrency": at_once}
    return TargetSpec(id="m", card="m", adapter="openai", model=name, base_url=base_url, options=options)


def _call_target(base_url: str, at_once: int, name: str) -> None:
    from maquette.adapters.openai_target import open_target
    from maquette.evals.calls import Call, CallParameters, Message

    async def session() -> None:
        target = open_target(_spec(base_url, at_once, name), folder=Path())
        await target.start()
        call = Call(messages=(Message(role="user", content="Hi"),), parameters=CallParameters(max_output_tok=64))
        calls = iter(range(CALLS))

        async def work() -> None:
            for _ in calls:
                await target.answer(call)

        await asyncio.gather(*(work() for _ in range(at_once)))
        await target.close()

    asyncio.run(session())


def _run(base_url: str, at_once: int, name: str) -> None:
    from maquette.adapters.openai_target import open_target
    from tests.evals_world import World, plan_of

    spec = _spec(base_url, at_once, name)
    plan = plan_of(CALLS, targets=(spec,), concurrency=at_once)
    with tempfile.TemporaryDirectory() as folder:
        world = World(folder=Path(folder))
        assert world.run(plan, open_target(spec, folder=Path())) == "finished"
        assert all(trial.output for trial in world.seen)


def _main(way: str, base_url: str, at_once: str, name: str) -> None:
    work = _call_target if way == "target" else _run
    if way == "run warm":
        work(base_url, int(at_once), name)
    wall_s, cpu_s = time.perf_counter(), time.process_time()
    work(base_url, int(at_once), name)
    found = {
        "wall_s": time.perf_counter() - wall_s,
        "cpu_s": time.process_time() - cpu_s,
        "process_cpu_s": time.process_time(),
        "most_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }
    print(json.dumps(found))


if __name__ == "__main__":
    _main(*sys.argv[1:])

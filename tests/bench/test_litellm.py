"""What our runner costs beside LiteLLM itself: a thousand examples against a server that takes 50 ms.

The peers are two bare loops over ``litellm.acompletion``, streaming as our target does and not streaming, each in a
Python process of its own. Ways are interleaved, so that a busy moment meets them all.
"""

import asyncio
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from maquette.evals.calls import TargetSpec
from tests.loopback_models import Server, model, serving

CALLS = 1000
AT_ONCE = 32
DELAY_S = 0.05
ROUNDS = 3
MOST_RATIO = 1.2
WAYS = ("ours, streaming", "bare loop, streaming", "ours, whole", "bare loop, whole")
Report = Callable[[str, float, float, str], None]
ROOT = Path(__file__).parents[2]

ELSEWHERE = {
    "promptfoo": (9.4, 9.1, 298),
    "Inspect": (17.8, 17.9, 198),
    "DeepEval": (4.6, 4.3, 113),
    "LiteLLM, bare": (7.1, 6.8, 189),
    "OpenAI's client, bare": (3.5, 3.4, 80),
    "httpx, bare": (1.97, 1.25, 36),
    "aiohttp, bare": (1.95, 0.40, 37),
}
"""Wall seconds, CPU seconds and MB of others for the same 1,000 calls, 32 in flight, 50 ms each, from the start of the
process: measured on another machine that was quiet, so that they stand beside ours without a ratio."""


def test_a_thousand_examples_through_litellm_beside_a_bare_loop(report_ratio: Report) -> None:
    found: dict[str, list[dict[str, float]]] = {way: [] for way in WAYS}
    with serving() as server:
        for _ in range(ROUNDS):
            for way in WAYS:
                found[way].append(measured(way, server))
    for way in WAYS:
        print(f"\n{way:24}", *(f"{middle(found[way], name):.2f} {unit}" for name, unit in _FIGURES.items()))
    for kind in ("streaming", "whole"):
        for name in ("wall_s", "cpu_s", "process_s", "process_cpu_s"):
            ratio = middle(found[f"ours, {kind}"], name) / middle(found[f"bare loop, {kind}"], name)
            report_ratio(f"ours / bare loop, {kind}: {name}", 100 * ratio, 100 * MOST_RATIO, "%")
    print("\nElsewhere, on a quiet machine (wall s, CPU s, MB; not to be compared with the figures above):")
    for name, (wall_s, cpu_s, most_mb) in ELSEWHERE.items():
        print(f"{name:24}{wall_s:6.2f}{cpu_s:6.2f}{most_mb:6}")


_FIGURES = {
    "wall_s": "s",
    "cpu_s": "s of CPU",
    "process_s": "s with the start",
    "process_cpu_s": "s of CPU with the start",
    "most_mib": "MiB",
}


def middle(found: list[dict[str, float]], name: str) -> float:
    """The median of one figure."""
    return statistics.median(each[name] for each in found)


def measured(way: str, server: Server) -> dict[str, float]:
    """What the process said of itself, and the wall time from outside."""
    started_s = time.perf_counter()
    command = [sys.executable, "-m", "tests.bench.test_litellm", way, server.base_url]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return {"process_s": time.perf_counter() - started_s, **json.loads(done.stdout.splitlines()[-1])}


def _spec(base_url: str, *, stream: bool) -> TargetSpec:
    name = f"openai/{model(delay_s=DELAY_S)}"
    options = {"concurrency": AT_ONCE, "stream": stream}
    return TargetSpec(id="m", card="m", adapter="litellm", model=name, base_url=base_url, options=options)


def _ours(base_url: str, *, stream: bool) -> Callable[[], None]:
    from maquette.adapters.litellm_target import _imported, open_target
    from tests.evals_world import World, plan_of

    _imported()
    spec = _spec(base_url, stream=stream)

    def run() -> None:
        with tempfile.TemporaryDirectory() as folder:
            world = World(folder=Path(folder))
            plan = plan_of(CALLS, targets=(spec,), concurrency=AT_ONCE)
            assert world.run(plan, open_target(spec, folder=Path())) == "finished"
            assert len(world.seen) == CALLS
            assert all(trial.output for trial in world.seen)

    return run


def _bare(base_url: str, *, stream: bool) -> Callable[[], None]:
    from maquette.adapters.litellm_target import _imported

    litellm = _imported()
    spec = _spec(base_url, stream=stream)
    more: dict[str, Any] = {"stream": True, "stream_options": {"include_usage": True}} if stream else {}

    async def ask(number: int) -> str:
        reply = await litellm.acompletion(
            model=spec.model,
            messages=[{"role": "user", "content": f"message {number}"}],
            api_base=base_url,
            api_key="none",
            max_tokens=20,
            temperature=0,
            seed=7,
            **more,
        )
        if not stream:
            return str(reply.choices[0].message.content)
        return "".join([chunk.choices[0].delta.content or "" async for chunk in reply if chunk.choices])

    async def session() -> None:
        numbers = iter(range(CALLS))

        async def work() -> None:
            for number in numbers:
                assert await ask(number)

        await asyncio.gather(*(work() for _ in range(AT_ONCE)))
        await litellm.close_litellm_async_clients()

    return lambda: asyncio.run(session())


def _main(way: str, base_url: str) -> None:
    build = _ours if way.startswith("ours") else _bare
    run = build(base_url, stream=way.endswith("streaming"))
    wall_s, cpu_s = time.perf_counter(), time.process_time()
    run()
    found = {
        "wall_s": time.perf_counter() - wall_s,
        "cpu_s": time.process_time() - cpu_s,
        "process_cpu_s": time.process_time(),
        "most_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }
    print(json.dumps(found))


if __name__ == "__main__":
    _main(*sys.argv[1:])

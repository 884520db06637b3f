"""A run that is killed at twenty random moments and resumed each time ends as one that nobody disturbed."""

import asyncio
import os
import random
import signal
import subprocess
import sys
import threading
import time
from contextlib import closing
from decimal import Decimal
from pathlib import Path

import pytest

from maquette.adapters.openai_target import open_target
from maquette.adapters.prompts import JinjaPrompts
from maquette.adapters.trial_logs import FileRunStore
from maquette.evals.calls import TargetSpec
from maquette.evals.registry import open_metric
from maquette.evals.results import summarise
from maquette.evals.run import RunPlan, TargetResult, manifest_of
from maquette.evals.runner import run_evaluation
from maquette.evals.trials import RunState, Trial
from tests.evals_world import STARTED, Clock, FlatPrice, plan_of
from tests.loopback_models import model, serving

EXAMPLES, KILLS, AT_ONCE = 600, 20, 8
NAME = model(delay_s=0.004, limited=0.02)


def plan(base_url: str) -> RunPlan:
    """Six hundred questions to a server that takes a few milliseconds, at a thousandth of a dollar a token."""
    spec = TargetSpec(
        id="m", card="m", adapter="openai", model=NAME, base_url=base_url, options={"concurrency": AT_ONCE}
    )
    return plan_of(EXAMPLES, targets=(spec,), concurrency=AT_ONCE, cap_usd=Decimal(1000))


def work(folder: str, base_url: str) -> None:
    """What the processes do: go on with the run, or begin it, and tell each trial."""
    todo = plan(base_url)

    def tell(trial: Trial) -> None:
        os.write(1, f"{trial.example_id}\n".encode())

    async def running() -> RunState:
        (spec,) = todo.targets
        target = open_target(spec, folder=Path())
        try:
            return await run_evaluation(
                todo,
                targets=[target],
                metrics=[open_metric(metric) for metric in todo.metrics],
                prompts=JinjaPrompts(),
                pricer=FlatPrice({"m": Decimal("0.001")}),
                log=log,
                clock=Clock(),
                on_trial=tell,
                stop=threading.Event(),
                check_first=True,
            )
        finally:
            await target.close()

    with closing(FileRunStore(Path(folder))) as store:
        known = store.manifests()
        log = store.resume("r-001") if known else store.start(manifest_of(todo, started_at=STARTED))[1]
        store.finish("r-001", asyncio.run(running()), STARTED)


def until_killed(folder: Path, base_url: str, chance: random.Random, known: int) -> list[str]:
    """Run in a process of its own, and kill it at a random moment; returns what it told. It tells what is on record."""
    program = f"from tests.e2e.test_kill_many_times import work; work({os.fspath(folder)!r}, {base_url!r})"
    told = []
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        last = known + chance.randint(0, 2 * EXAMPLES // (3 * KILLS))
        for line in process.stdout:
            told.append(line.strip())
            if len(told) >= last:
                break
        time.sleep(chance.uniform(0, 0.01))
        process.send_signal(signal.SIGKILL)
        told += [line.strip() for line in process.stdout if line.endswith("\n")]
    assert process.returncode == -signal.SIGKILL
    return told


def result_of(folder: Path) -> TargetResult:
    with closing(FileRunStore(folder)) as store:
        (found,) = summarise(store.manifests()[0], store.trials("r-001"), threshold=None).results
    return found


@pytest.mark.slow
def test_a_run_killed_at_twenty_random_moments_ends_as_an_undisturbed_one(tmp_path: Path) -> None:
    chance = random.Random(random.random())
    folder = tmp_path / "killed"
    with serving() as server:
        kept: list[Trial] = []
        for _ in range(KILLS):
            told = until_killed(folder, server.base_url, chance, len(kept))
            now = list(FileRunStore(folder).trials("r-001"))
            assert now[: len(kept)] == kept
            assert set(told) <= {trial.example_id for trial in now}
            kept = now
        assert len(kept) < EXAMPLES
        work(os.fspath(folder), server.base_url)
        calls = server.seen()["calls"]
        work(os.fspath(tmp_path / "undisturbed"), server.base_url)

    killed, undisturbed = result_of(folder), result_of(tmp_path / "undisturbed")
    for name in ("done", "scored", "correct", "failures", "from_cache", "input_tok", "output_tok", "spent_usd"):
        assert getattr(killed, name) == getattr(undisturbed, name), name
    assert (killed.done, killed.input_tok, killed.spent_usd) == (EXAMPLES, 11 * EXAMPLES, Decimal("8.400"))
    # What was in flight at a kill may have been paid for and is asked again; nothing else is.
    assert killed.calls_made <= calls <= killed.calls_made + KILLS * (AT_ONCE + 1)

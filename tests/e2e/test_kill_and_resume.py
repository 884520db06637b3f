"""A run on a real model is killed in the middle, and a resume finishes it without asking anything twice."""

import asyncio
import os
import signal
import subprocess
import sys
import threading
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from maquette.adapters.datasets import read_dataset
from maquette.adapters.prompts import JinjaPrompts
from maquette.adapters.trial_logs import FileRunStore
from maquette.evals.calls import Answer, Call, CallParameters, TargetSpec
from maquette.evals.dataset import Prompt
from maquette.evals.registry import open_metric, open_target
from maquette.evals.results import summarise
from maquette.evals.run import MetricSpec, RunPlan, manifest_of
from maquette.evals.runner import run_evaluation
from maquette.evals.trials import RunState, Trial, TrialLog
from maquette.foundation.shipped import shipped
from tests.evals_world import STARTED, Clock, FlatPrice

EXAMPLES = 200


def plan() -> RunPlan:
    """The shipped examples and the smallest shipped model."""
    return RunPlan(
        dataset=read_dataset(shipped("catalog", "demo", "evals", "triage.jsonl"), name="triage.jsonl"),
        prompt=Prompt(name="main.j2", version="1", system=None, user="{{ message }}"),
        targets=(
            TargetSpec(
                id="tiny",
                card="local/triage-tiny",
                adapter="llama_cpp",
                model=os.fspath(shipped("catalog", "demo_models", "triage-tiny.gguf")),
                options={"context_tok": 512},
            ),
        ),
        metrics=(MetricSpec(kind="exact_match", settings={}), MetricSpec(kind="json_fields", settings={})),
        parameters=CallParameters(max_output_tok=32),
        concurrency=4,
        attempts=2,
        cap_usd=None,
        threshold=0.9,
    )


async def run(log: TrialLog, calls: list[Call], told: list[str], *, aloud: bool = False) -> RunState:
    """Run or resume; every call and every example that was told is noted."""
    (spec,) = plan().targets
    target = open_target(spec, folder=Path())
    answer = target.answer

    async def noted(call: Call) -> Answer:
        calls.append(call)
        return await answer(call)

    target.answer = noted  # type: ignore[method-assign]  # only counts, then asks the real model

    def tell(trial: Trial) -> None:
        told.append(trial.example_id)
        if aloud:
            sys.stdout.write(trial.example_id + "\n")
            sys.stdout.flush()

    try:
        return await run_evaluation(
            plan(),
            targets=[target],
            metrics=[open_metric(metric) for metric in plan().metrics],
            prompts=JinjaPrompts(),
            pricer=FlatPrice(),
            log=log,
            clock=Clock(),
            on_trial=tell,
            stop=threading.Event(),
        )
    finally:
        await target.close()


def start_and_be_killed(folder: str) -> None:
    """What the process that is killed does."""
    store = FileRunStore(Path(folder))
    _, log = store.start(manifest_of(plan(), started_at=STARTED))
    asyncio.run(run(log, [], [], aloud=True))


def test_after_a_kill_nothing_that_was_told_is_lost_and_nothing_is_asked_twice(tmp_path: Path) -> None:
    told: list[str] = []
    program = f"from tests.e2e.test_kill_and_resume import start_and_be_killed as s; s({os.fspath(tmp_path)!r})"
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            told.append(line.strip())
            if len(told) == 57:
                process.send_signal(signal.SIGKILL)
                break
    assert process.returncode == -signal.SIGKILL

    with closing(FileRunStore(tmp_path)) as store:
        assert [manifest.state for manifest in store.manifests()] == [RunState.INTERRUPTED]
        kept = list(store.trials("r-001"))
        assert [trial.example_id for trial in kept][:57] == told
        assert len(kept) < EXAMPLES

        calls: list[Call] = []
        seen: list[str] = []
        state = asyncio.run(run(store.resume("r-001"), calls, seen))
        store.finish("r-001", state, STARTED)

        assert state is RunState.FINISHED
        assert len(calls) == EXAMPLES - len(kept)
        trials = list(store.trials("r-001"))
        assert trials[: len(kept)] == kept
        assert len({trial.example_id for trial in trials}) == len(trials) == len(seen) == EXAMPLES
        (result,) = summarise(store.manifests()[0], trials, threshold=0.9).results
        assert (result.done, result.scored, result.calls_made) == (EXAMPLES, EXAMPLES, EXAMPLES)

        _undisturbed_run_gives_the_same_answers(store, trials)


def _undisturbed_run_gives_the_same_answers(store: FileRunStore, trials: list[Trial]) -> None:
    """The answers on record and today's model agree: the interruption changed nothing."""
    fresh = FileRunStore(store.folder.parent / "fresh")
    manifest, log = fresh.start(manifest_of(plan(), started_at=STARTED))
    asyncio.run(run(log, [], []))
    fresh.finish(manifest.run_id, RunState.FINISHED, STARTED)
    again = {trial.example_id: trial for trial in fresh.trials("r-001")}
    for trial in trials:
        measured = ("latency_s", "ttft_s", "itl_p50_s", "itl_p95_s", "cached_tok", "finished_at")
        same = replace(again[trial.example_id], **{name: getattr(trial, name) for name in measured})
        assert same == trial

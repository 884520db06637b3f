"""A run on record answers again: same answers, same failures, same times, no waiting."""

import asyncio
from pathlib import Path

import pytest

from maquette.adapters.replay import open_target
from maquette.evals.calls import FailureKind, TargetSpec
from maquette.foundation.problems import InvalidInput, NotFound
from tests.evals_world import Reply, Scripted, World, answer, failing, plan_of, spec


def replay_of(target: str) -> TargetSpec:
    return spec("again", adapter="replay", model="runs/r-001/trials.jsonl", options={"target": target})


@pytest.fixture
def world(tmp_path: Path) -> World:
    """A folder with a run of two targets: one echoes, one is down."""
    world = World(folder=tmp_path)

    def down(message: str, attempt: int) -> Reply:
        return failing(FailureKind.SERVER)(message, attempt) if message.endswith("1") else answer("down")

    plan = plan_of(3, targets=(spec("up"), spec("down")), attempts=1)
    world.run(plan, Scripted("up"), Scripted("down", down))
    return world


def test_a_replayed_run_has_the_recorded_answers_and_times(world: World) -> None:
    of_up = replay_of("up")
    world.run(plan_of(3, targets=(of_up,)), open_target(of_up, folder=world.folder))
    assert [(t.output, t.latency_s, t.ttft_s, t.input_tok) for t in world.trials("r-002")] == [
        (f"message {i}", 0.25, 0.1, 10) for i in range(3)
    ]
    assert not any(trial.from_cache for trial in world.trials("r-002"))


def test_a_call_that_failed_then_fails_again(world: World) -> None:
    of_down = replay_of("down")
    world.run(plan_of(3, targets=(of_down,), attempts=1), open_target(of_down, folder=world.folder))
    found = {trial.example_id: trial.output or trial.failure for trial in world.trials("r-002")}
    assert {name: getattr(value, "kind", value) for name, value in found.items()} == {
        "e0": "down",
        "e1": FailureKind.SERVER,
        "e2": "down",
    }


def test_a_question_that_is_not_in_the_record_is_refused(world: World) -> None:
    of_up = replay_of("up")
    world.run(plan_of(4, targets=(of_up,)), open_target(of_up, folder=world.folder))
    (failed,) = [trial for trial in world.trials("r-002") if trial.failure]
    assert failed.failure is not None
    assert (failed.example_id, failed.failure.kind) == ("e3", FailureKind.REFUSED_REQUEST)


def test_a_record_that_is_none_or_of_others_is_told(world: World) -> None:
    def start(record: str, **options: str) -> None:
        asyncio.run(open_target(spec(model=record, options=options), folder=world.folder).start())

    with pytest.raises(NotFound, match="the record cannot be read: No such file"):
        start("runs/r-009/trials.jsonl")
    with pytest.raises(NotFound, match="the record holds no call of 'sideways'"):
        start("runs/r-001/trials.jsonl", target="sideways")
    (world.folder / "notes.jsonl").write_text('{"note": 1}\n')
    with pytest.raises(InvalidInput, match=r"notes\.jsonl:1: not a trial"):
        start("notes.jsonl")

"""How long a run will take, from calls on record, calls at once, attempts and limits a minute."""

import random
from contextlib import closing
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from maquette.adapters.prompts import JinjaPrompts
from maquette.evals.durations import ToDo, calls_at_once, minutes
from maquette.evals.estimating import estimate
from maquette.evals.run import RunPlan, manifest_of
from maquette.foundation.units import Range
from tests.evals_world import STARTED, FlatPrice, Scripted, World, plan_of, spec


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(folder=tmp_path)


def on_record(world: World, plan: RunPlan, latencies_s: list[float], *, attempts: int = 1) -> None:
    """A finished run of the plan's targets with these latencies each."""
    world.run(plan_of(1), Scripted())
    (made,) = world.trials("r-001")
    with closing(world.store) as store:
        _, log = store.start(manifest_of(plan, started_at=STARTED))
        for target, (number, latency_s) in product(plan.targets, enumerate(latencies_s)):
            log.append(
                replace(
                    made,
                    key=f"{target.id} {number}",
                    target_id=target.id,
                    example_id=f"old {number}",
                    latency_s=latency_s,
                    attempts=attempts,
                )
            )


def to_do(calls: int, **changes: Any) -> ToDo:
    return ToDo(spec=spec(**changes), calls=calls, tok=100 * calls)


def test_without_a_latency_on_record_nobody_knows(world: World) -> None:
    assert minutes(plan_of(), [to_do(4)], world.store) is None


def test_nothing_to_do_takes_no_time(world: World) -> None:
    assert minutes(plan_of(), [to_do(0)], world.store) == Range(low=0.0, base=0.0, high=0.0)


def test_the_latency_is_spread_over_the_calls_at_once(world: World) -> None:
    plan = plan_of(concurrency=4, attempts=3)
    on_record(world, plan, [1.0, 1.0, 4.0], attempts=2)
    # Median 1 s; mean 2 s with two attempts each; 95th percentile 3.7 s with three attempts.
    found = minutes(plan, [to_do(60)], world.store)
    assert found is not None
    assert [found.low, found.base, found.high] == pytest.approx([0.25, 1.0, 60 * 3.7 * 3 / 4 / 60])


def test_remote_targets_share_the_calls_and_those_on_this_machine_take_turns(world: World) -> None:
    here = "http://127.0.0.1:9/v1"
    targets = (spec("a"), spec("b"), spec("x", base_url=here), spec("y", base_url=here))
    plan = plan_of(targets=targets, concurrency=4, attempts=1)
    on_record(world, plan, [2.0])
    left = [ToDo(spec=one, calls=30, tok=0) for one in targets]
    assert minutes(plan, left[:2], world.store) == Range(low=0.5, base=0.5, high=0.5)
    assert minutes(plan, left, world.store) == Range(low=2.0, base=2.0, high=2.0)


def test_another_model_under_the_same_name_is_not_on_record(world: World) -> None:
    on_record(world, plan_of(), [1.0])
    assert minutes(plan_of(), [ToDo(spec=spec(model="other"), calls=1, tok=0)], world.store) is None


@pytest.mark.parametrize(
    ("options", "floor"),
    [({"requests_per_minute": 30}, 2 - 0.1), ({"tokens_per_minute": 1000}, 6 - 0.1), ({"requests_per_minute": 600}, 0)],
)
def test_a_limit_a_minute_is_a_floor(world: World, options: dict[str, Any], floor: float) -> None:
    plan = plan_of(concurrency=60, attempts=1)
    on_record(world, plan, [0.001])
    found = minutes(plan, [to_do(60, options=options)], world.store)
    assert found is not None
    assert found.low == pytest.approx(floor, abs=0.001)
    assert found.low <= found.base <= found.high


def test_a_judge_is_waited_for_in_each_answers_turn(world: World) -> None:
    judge = spec("judge")
    plan = plan_of(targets=(spec(), judge), concurrency=1, attempts=1)
    on_record(world, plan, [3.0])
    left = [replace(to_do(10), scoring=20)]
    assert minutes(plan, left, world.store, helpers=[judge]) == Range(low=1.5, base=1.5, high=1.5)
    assert minutes(plan, left, world.store, helpers=[spec("stranger")]) is None


def test_calls_at_once_are_those_of_the_adapters() -> None:
    plan = plan_of(concurrency=8)
    assert calls_at_once(plan, spec()) == 8
    assert calls_at_once(plan, spec(options={"concurrency": 3})) == 3
    assert calls_at_once(plan, spec(options={"concurrency": 30})) == 8
    assert calls_at_once(plan, spec(base_url="http://localhost:1/v1")) == 1
    assert calls_at_once(plan, spec(adapter="llama_cpp")) == 1


def test_the_range_is_one_whatever_the_record(world: World) -> None:
    draw = random.Random(7)  # a test
    plan = plan_of(attempts=3)
    on_record(world, plan, [draw.expovariate(1) for _ in range(200)])
    found = minutes(plan, [to_do(500)], world.store)
    assert found is not None
    assert 0 < found.low <= found.base <= found.high


def test_the_estimate_tells_the_minutes(world: World) -> None:
    plan = plan_of(6, concurrency=1, attempts=1)
    assert estimate(plan, prompts=JinjaPrompts(), pricer=FlatPrice(), runs=world.store).minutes is None
    on_record(world, plan, [5.0])
    found = estimate(plan, prompts=JinjaPrompts(), pricer=FlatPrice(), runs=world.store)
    # One of the six stands answered in the first run.
    assert (found.calls, found.minutes) == (5, Range(low=25 / 60, base=25 / 60, high=25 / 60))

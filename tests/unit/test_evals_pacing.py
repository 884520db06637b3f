"""How fast an endpoint is asked, when it is left alone, and how a run ends before it is finished."""

import asyncio
import time
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from maquette.adapters.openai_target import open_target
from maquette.evals import asking, breaker
from maquette.evals.calls import Answer, Call, FailureKind
from maquette.evals.endpoints import endpoint_name, endpoints_of
from maquette.evals.pacing import Budget, Pace
from maquette.evals.results import summarise
from maquette.evals.run import trial_keys
from maquette.evals.trials import Cache, RunState
from maquette.foundation.problems import CallsFailed, InvalidInput, SpendingStopped, Unavailable
from tests.evals_world import Reply, Scripted, World, answer, examples, failing, plan_of, spec
from tests.loopback_models import Server, model, serving


class Hand:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(folder=tmp_path)


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with serving() as started:
        yield started


@pytest.fixture(autouse=True)
def _quick_retries(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "BACKOFF_FIRST_S", 0.001)
    monkeypatch.setattr(asking, "BACKOFF_JITTER_S", 0.001)
    monkeypatch.setattr(breaker, "RESTS_S", (0.02, 0.02))


def test_a_budget_is_refilled_evenly_and_a_tenth_of_a_minute_may_go_at_once() -> None:
    budget = Budget(600, 0.0)
    assert budget.wait_s(60, 0.0) == 0
    budget.spend(60, 0.0)
    assert budget.wait_s(1, 0.0) == pytest.approx(0.1)
    assert budget.wait_s(20, 1.0) == pytest.approx(1.0)
    budget.spend(-30, 1.0)
    assert budget.wait_s(40, 1.0) == 0


def test_a_call_larger_than_the_burst_waits_for_a_full_budget_and_is_paid_off_later() -> None:
    budget = Budget(60, 0.0)
    assert budget.wait_s(100, 0.0) == 0
    budget.spend(100, 0.0)
    assert budget.wait_s(1, 0.0) == pytest.approx(95.0)


def test_calls_at_once_are_cut_once_for_all_that_were_under_way_and_grow_again() -> None:
    clock = Hand()
    pace = Pace(most=10, now=clock)
    clock.now_s = 1.0
    pace.overloaded(sent_s=0.5, retry_after_s=None)
    pace.overloaded(sent_s=0.9, retry_after_s=None)
    assert pace.limit == pytest.approx(7)
    pace.overloaded(sent_s=1.0, retry_after_s=None)
    assert pace.limit == pytest.approx(4.9)
    for _ in range(5):
        pace.went_well()
    assert 5.8 < pace.limit < 6
    for _ in range(1000):
        pace.went_well()
    assert pace.limit == 10


async def test_nothing_is_sent_before_the_server_said() -> None:
    pace = Pace(most=4, now=time.monotonic)
    pace.overloaded(sent_s=time.monotonic(), retry_after_s=0.1)
    before_s = time.monotonic()
    await asyncio.gather(*(pace.enter(1) for _ in range(2)))
    assert time.monotonic() - before_s >= 0.1
    assert pace.in_flight == 2


async def test_a_turn_that_is_given_up_goes_to_the_next() -> None:
    pace = Pace(most=1, now=time.monotonic)
    await pace.enter(1)
    waiting = [asyncio.create_task(pace.enter(1)) for _ in range(2)]
    await asyncio.sleep(0)
    pace.leave()
    waiting[0].cancel()
    await asyncio.wait_for(waiting[1], timeout=1)
    assert pace.in_flight == 1


def test_requests_a_minute_hold_for_a_run_and_no_adapter_sees_them(world: World) -> None:
    slow = spec(options={"requests_per_minute": 1200})
    before_s = time.monotonic()
    assert world.run(plan_of(130, targets=(slow,)), Scripted()) is RunState.FINISHED
    assert time.monotonic() - before_s >= 0.45
    assert trial_keys(plan_of(), slow)(examples(1)[0]) == trial_keys(plan_of(), spec())(examples(1)[0])


def test_a_budget_that_is_no_number_is_refused_before_anything_is_sent(world: World) -> None:
    target = Scripted()
    with pytest.raises(InvalidInput, match="tokens_per_minute is 'many'"):
        world.run(plan_of(2, targets=(spec(options={"tokens_per_minute": "many"}),)), target)
    assert target.asked == []


def test_targets_behind_one_server_share_its_pace() -> None:
    specs = [spec(name, base_url="http://one.example/v1") for name in "ab"] + [spec("c", adapter="litellm")]
    found = endpoints_of(specs, [Scripted(name) for name in "abc"], now=Hand())
    assert found["a"] is found["b"]
    assert found["a"].pace.limit == 16
    assert [endpoint_name(one) for one in specs] == ["one.example", "one.example", "c"]


def test_a_thousand_calls_through_limits_and_errors_are_all_answered_and_the_totals_are_exact(
    server: Server, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking, "BACKOFF_FIRST_S", 0.02)
    name = model(limited=0.05, failing=0.02, delay_s=0.002)
    target = spec(adapter="openai", model=name, base_url=server.base_url, options={"concurrency": 32})
    plan = plan_of(1000, targets=(target,), concurrency=32, cap_usd=Decimal(100))
    server.seen()
    assert world.run(plan, open_target(target, folder=Path()), prices={"m": "0.001"}) is RunState.FINISHED
    trials = world.trials()
    (result,) = summarise(world.store.manifests()[0], trials, threshold=None).results
    assert (result.done, result.failures, len({trial.example_id for trial in trials})) == (1000, {}, 1000)
    assert result.calls_made == server.seen()["calls"] == 1000 + result.retries
    assert 60 < result.retries < 100
    assert result.answered_at_once == 1000 - result.retried
    # 11 tokens in and 3 out of every answer; a refusal costs nothing.
    assert (result.input_tok, result.output_tok, result.spent_usd) == (11_000, 3_000, Decimal("14.000"))
    assert result.clients == ("aiohttp",)


def test_an_endpoint_that_only_fails_ends_the_run_and_keeps_what_is_finished(world: World) -> None:
    def script(message: str, attempt: int) -> Reply:
        return answer(message) if len(target.asked) <= 20 else failing(FailureKind.SERVER)(message, attempt)

    target = Scripted(script=script, takes_s=0.001)
    with pytest.raises(Unavailable, match=r"m failed 1[2-5] calls in a row, and again after a rest: server: scripted"):
        world.run(plan_of(500), target)
    # The ten that open it, at most three more under way, and two probes.
    assert 32 <= len(target.asked) <= 36
    kept = world.trials()
    assert 20 <= len(kept) < 32
    again = Scripted()
    assert world.run(plan_of(500), again, resume="r-001") is RunState.FINISHED
    assert len(again.asked) == 500 - len(kept)


def test_an_endpoint_that_comes_back_is_asked_again_after_one_probe(world: World) -> None:
    def script(message: str, attempt: int) -> Reply:
        return failing(FailureKind.CONNECTION)(message, attempt) if len(target.asked) <= 10 else answer(message)

    target = Scripted(script=script, takes_s=0.001)
    assert world.run(plan_of(100, attempts=9), target) is RunState.FINISHED
    assert all(trial.failure is None for trial in world.trials())


def test_one_server_that_is_gone_does_not_hold_up_another(world: World) -> None:
    lost, well = Scripted("a", failing(FailureKind.SERVER)), Scripted("b")
    with pytest.raises(Unavailable, match="a failed 1"):
        world.run(plan_of(40, targets=(spec("a"), spec("b"))), lost, well)
    assert sum(trial.target_id == "b" for trial in world.trials()) == 40


def test_a_run_whose_time_is_up_ends_with_a_word_and_goes_on_later(world: World) -> None:
    slow = Scripted(takes_s=0.05)
    with pytest.raises(SpendingStopped, match=r"the run took its 0\.005 minutes.*Finished calls are kept"):
        world.run(plan_of(400, most_s=0.3), slow)
    assert 0 < len(world.trials()) == len(slow.asked) < 400
    assert world.run(plan_of(400), Scripted(), resume="r-001") is RunState.FINISHED


def test_a_run_that_is_to_fail_fast_ends_at_the_first_call_that_fails_for_good(world: World) -> None:
    target = Scripted(script=failing(FailureKind.CONTEXT_OVERFLOW), takes_s=0.001)
    with pytest.raises(CallsFailed, match="failed and ended the run: context_overflow: scripted"):
        world.run(plan_of(100, fail_fast=True), target)
    assert len(target.asked) <= 8


def test_a_target_that_does_not_end_when_it_is_told_to_is_left_behind(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking, "STUCK_S", 0.05)

    class Deaf(Scripted):
        async def answer(self, call: Call) -> Answer:
            until_s = time.monotonic() + 0.5
            while (left_s := until_s - time.monotonic()) > 0:
                try:
                    await asyncio.sleep(left_s)
                except asyncio.CancelledError:
                    continue
            return answer("too late")

    before_s = time.monotonic()
    assert world.run(plan_of(1, timeout_s=0.05, attempts=1), Deaf()) is RunState.FINISHED
    (trial,) = world.trials()
    assert trial.failure is not None
    assert trial.failure.kind is FailureKind.TIMEOUT
    assert time.monotonic() - before_s < 2


def test_why_a_question_was_asked_stands_in_its_trial(world: World) -> None:
    def script(message: str, attempt: int) -> Reply:
        return failing(FailureKind.CONTEXT_OVERFLOW)(message, attempt) if message == "message 1" else answer(message)

    world.run(plan_of(2), Scripted(script=script))
    world.run(plan_of(3), Scripted())
    world.run(plan_of(1, threshold=None, targets=(spec(model="other"),)), Scripted())
    reasons = [{trial.example_id: trial.cache for trial in world.trials(run)} for run in ("r-001", "r-002", "r-003")]
    assert reasons == [
        {"e0": Cache.NEW, "e1": Cache.NEW},
        {"e0": Cache.HIT, "e1": Cache.FAILED, "e2": Cache.NEW},
        {"e0": Cache.CHANGED},
    ]

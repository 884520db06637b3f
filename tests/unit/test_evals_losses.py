"""What calls may have cost whose question the end of a run left open: a resume counts it against the cap."""

import asyncio
from contextlib import closing
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from maquette.evals import asking
from maquette.evals.calls import FailureKind
from maquette.evals.trials import RunState, Trial
from maquette.foundation.problems import Unavailable
from tests.evals_world import Reply, Scripted, World, answer, failing, plan_of

PRICES = {"m": "1"}
WORST = Decimal(len("message 0") + 16 + 20)
"""The most that one attempt can take: the message's bytes, its template, and an answer of 20 tokens, at $1 each."""


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setattr(asking, "BACKOFF_FIRST_S", 30.0)
    return World(folder=tmp_path)


def lost(world: World) -> Decimal:
    with closing(world.store) as store:
        return store.resume("r-001").lost_usd()


def test_a_timeout_whose_question_was_left_open_by_a_stop_counts_in_a_resume(world: World) -> None:
    """The first attempt timed out, perhaps billed; while it waited for the second the run was stopped."""

    def script(message: str, attempt: int) -> Reply:
        world.stop.set()
        return failing(FailureKind.TIMEOUT)(message, attempt)

    plan = plan_of(1, cap_usd=2 * WORST - 1)
    assert world.run(plan, Scripted(script=script), prices=PRICES) is RunState.STOPPED
    assert world.trials() == []
    assert lost(world) == WORST
    world.stop.clear()
    again = Scripted()
    assert world.run(plan, again, prices=PRICES, resume="r-001") is RunState.CAP_REACHED
    assert again.asked == []
    raised = plan_of(1, cap_usd=2 * WORST)
    assert world.run(raised, again, prices=PRICES, resume="r-001") is RunState.FINISHED


def test_a_server_that_is_lost_at_the_first_question_may_have_billed_it(world: World) -> None:
    plan = plan_of(3, cap_usd=Decimal(1000), attempts=1)
    with pytest.raises(Unavailable, match="cannot be asked: connection"):
        world.run(plan, Scripted(script=failing(FailureKind.CONNECTION)), prices=PRICES, check_first=True)
    assert world.trials() == []
    assert lost(world) == WORST


def test_a_run_that_ends_well_loses_nothing(world: World) -> None:
    world.run(plan_of(5, cap_usd=Decimal(1000)), Scripted(), prices=PRICES)
    assert lost(world) == 0
    assert not (world.folder / "runs" / "r-001" / "lost_usd.txt").exists()


def test_calls_under_way_when_the_run_breaks_off_may_have_been_billed(world: World) -> None:
    """The disk is full at the first trial: the calls of the other workers are cancelled."""

    def broken(trial: Trial) -> None:
        raise Unavailable("the disk is full", fix="Make room.")

    def script(message: str, attempt: int) -> Reply:
        return answer(message)

    class Slow(Scripted):
        async def answer(self, call: Any) -> Any:
            if call.messages[-1].content != "message 0":
                await asyncio.sleep(5)
            return await super().answer(call)

    plan = plan_of(3, cap_usd=Decimal(1000), concurrency=3)
    with pytest.raises(Unavailable, match="disk is full"):
        world.run(plan, Slow(script=script), prices=PRICES, on_trial=broken)
    assert lost(world) == 2 * WORST


def test_a_line_of_losses_that_was_cut_off_is_left_out(world: World) -> None:
    world.run(plan_of(1), Scripted())
    path = world.folder / "runs" / "r-001" / "lost_usd.txt"
    path.write_text("0.25\nnonsense\n0.5\n0.12", encoding="ascii")
    assert lost(world) == Decimal("0.75")

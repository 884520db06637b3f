"""The runner: what it asks, what it retries, what it never does twice."""

import time
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from maquette.adapters.trial_logs import FileTrialLog
from maquette.evals import asking
from maquette.evals.calls import FailureKind
from maquette.evals.dataset import Dataset, Example, Prompt
from maquette.evals.metrics import Response
from maquette.evals.run import MetricSpec
from maquette.evals.trials import RunState, Score, Trial
from maquette.foundation.problems import InvalidInput, SpendingStopped
from tests.evals_world import Reply, Scripted, World, answer, examples, failing, plan_of, spec


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(folder=tmp_path)


@pytest.fixture(autouse=True)
def _quick_retries(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "BACKOFF_FIRST_S", 0.001)
    monkeypatch.setattr(asking, "BACKOFF_JITTER_S", 0.001)


def test_every_example_of_every_target_becomes_one_scored_trial(world: World) -> None:
    a, b = Scripted("a"), Scripted("b", lambda message, _: answer("wrong"))
    state = world.run(plan_of(5, targets=(spec("a"), spec("b"))), a, b)
    assert state is RunState.FINISHED
    found = {(trial.target_id, trial.example_id): trial.scores[0].value for trial in world.trials()}
    assert found == {**{("a", f"e{i}"): 1.0 for i in range(5)}, **{("b", f"e{i}"): 0.0 for i in range(5)}}
    assert world.seen == world.trials()


def test_no_more_calls_are_in_flight_than_the_plan_and_the_target_allow(world: World) -> None:
    at_once = []

    def script(message: str, _: int) -> Reply:
        at_once.append(a.in_flight + b.in_flight + 1)
        return answer(message)

    a, b = (Scripted(name, script, concurrency=limit, takes_s=0.01) for name, limit in (("a", 2), ("b", 50)))
    world.run(plan_of(20, targets=(spec("a"), spec("b")), concurrency=5), a, b)
    assert a.most_in_flight == 2
    assert max(at_once) == 5


def test_targets_on_this_machine_run_one_after_another(world: World) -> None:
    a, b = Scripted("a", local=True, takes_s=0.002), Scripted("b", local=True, takes_s=0.002)
    world.run(plan_of(10, targets=(spec("a"), spec("b"))), a, b)
    assert [trial.target_id for trial in world.trials()] == ["a"] * 10 + ["b"] * 10
    assert (a.closed, b.started) == (1, 1)


def test_what_may_pass_is_tried_again_and_every_attempt_is_counted(world: World) -> None:
    target = Scripted(script=failing(FailureKind.SERVER, first=2))
    assert world.run(plan_of(1), target) is RunState.FINISHED
    (trial,) = world.trials()
    assert (trial.attempts, trial.output, trial.failure) == (3, "message 0", None)


def test_a_call_that_fails_to_the_end_is_a_trial_with_its_reason(world: World) -> None:
    target = Scripted(script=failing(FailureKind.RATE_LIMIT))
    assert world.run(plan_of(1), target) is RunState.FINISHED
    (trial,) = world.trials()
    assert trial.failure is not None
    assert (trial.failure.kind, trial.failure.detail) == (FailureKind.RATE_LIMIT, "scripted rate_limit")
    # A limit says when to come, not that the question is wrong: seven more attempts than the plan's three.
    assert (trial.attempts, trial.output, trial.scores, trial.latency_s) == (10, None, (), None)


@pytest.mark.parametrize(
    "kind",
    [
        FailureKind.AUTHENTICATION,
        FailureKind.CONTEXT_OVERFLOW,
        FailureKind.REFUSED_REQUEST,
        FailureKind.CRASH,
    ],
)
def test_what_cannot_pass_is_asked_once(world: World, kind: FailureKind) -> None:
    target = Scripted(script=failing(kind))
    world.run(plan_of(1), target)
    assert len(target.asked) == world.trials()[0].attempts == 1


def test_a_server_that_says_how_long_to_wait_is_not_asked_sooner(world: World) -> None:
    target = Scripted(script=failing(FailureKind.RATE_LIMIT, first=1, retry_after_s=0.4))
    before = time.monotonic()
    world.run(plan_of(1), target)
    assert time.monotonic() - before >= 0.4
    assert world.trials()[0].attempts == 2


def test_a_call_that_takes_too_long_is_a_timeout_after_its_attempts(world: World) -> None:
    target = Scripted(takes_s=5)
    world.run(plan_of(1, timeout_s=0.02, attempts=2), target)
    (trial,) = world.trials()
    assert trial.failure is not None
    assert (trial.failure.kind, trial.attempts) == (FailureKind.TIMEOUT, 2)
    assert trial.failure.detail == "no answer in 0.02 s"


def test_a_resumed_run_asks_only_what_is_missing_and_its_totals_add_up(world: World) -> None:
    plan = plan_of(6, concurrency=1)
    first = Scripted(concurrency=1)
    stopped = world.run(plan, first, on_trial=lambda _: world.stop.set() if len(world.seen) == 2 else None)
    assert stopped is RunState.STOPPED
    assert len(first.asked) == 2
    world.stop.clear()
    second = Scripted()
    assert world.run(plan, second, resume="r-001") is RunState.FINISHED
    assert sorted(first.asked + second.asked) == [f"message {i}" for i in range(6)]
    assert len(world.seen) == len(world.trials()) == 6


def test_a_question_that_failed_is_not_asked_again_by_a_resume_but_by_a_new_run(world: World) -> None:
    plan = plan_of(1, attempts=1)
    world.run(plan, Scripted(script=failing(FailureKind.SERVER)))
    resumed, fresh = Scripted(), Scripted()
    world.run(plan, resumed, resume="r-001")
    world.run(plan, fresh)
    assert (resumed.asked, fresh.asked) == ([], ["message 0"])


def test_an_answer_on_record_is_not_paid_for_again_and_keeps_its_latency_and_cost(world: World) -> None:
    world.run(plan_of(3, cap_usd=Decimal(1)), Scripted(), prices={"m": "0.001"})
    again = Scripted(script=lambda message, _: answer("never asked"))
    stricter = plan_of(3, cap_usd=None, metrics=(MetricSpec(kind="regex", settings={"pattern": "^message [12]$"}),))
    assert world.run(stricter, again, prices={"m": "0.001"}) is RunState.FINISHED
    assert (again.asked, again.started) == ([], 0)
    reused = world.trials("r-002")
    assert all(trial.from_cache and trial.latency_s == 0.25 for trial in reused)
    assert [trial.cost_usd for trial in reused] == [Decimal("0.015")] * 3
    assert [trial.scores for trial in reused] == [(Score(metric="regex", value=float(i > 0)),) for i in range(3)]


@pytest.mark.parametrize(
    "change",
    [
        {"prompt": Prompt(name="main.j2", version="2", system=None, user="{{ text }}")},
        {"prompt": Prompt(name="main.j2", version="1", system="Be brief.", user="{{ text }}")},
        {"targets": (spec(model="other"),)},
        {"targets": (spec(base_url="https://models.example/v1"),)},
        {"dataset": Dataset(name="x", examples=(Example(id="e0", inputs={"text": "message 0"}, expected="else"),))},
    ],
    ids=["prompt version", "system text", "model", "server", "expected answer"],
)
def test_a_changed_question_is_a_new_question(world: World, change: dict[str, Any]) -> None:
    world.run(plan_of(1), Scripted())
    again = Scripted()
    world.run(plan_of(1, **change), again)
    assert again.asked == ["message 0"]


def test_another_timeout_concurrency_or_cap_is_the_same_question(world: World) -> None:
    world.run(plan_of(2), Scripted())
    again = Scripted()
    changed = plan_of(2, timeout_s=9.0, concurrency=1, attempts=1, cap_usd=Decimal(3), threshold=None)
    world.run(changed, again)
    assert again.asked == []
    assert changed.fingerprint == plan_of(2).fingerprint


def test_two_examples_with_the_same_words_have_a_trial_each_after_a_resume(world: World) -> None:
    twins = tuple(Example(id=name, inputs={"text": "same"}, expected="same") for name in ("one", "two", "three"))
    plan = plan_of(dataset=Dataset(name="twins", examples=twins), concurrency=1)
    world.run(plan, Scripted(), on_trial=lambda _: world.stop.set())
    world.stop.clear()
    assert world.run(plan, Scripted(), resume="r-001") is RunState.FINISHED
    assert [trial.example_id for trial in world.trials()] == ["one", "two", "three"]


def test_a_stop_gives_up_calls_that_wait_for_another_attempt(world: World) -> None:
    def script(message: str, attempt: int) -> Reply:
        world.stop.set()
        return failing(FailureKind.RATE_LIMIT, retry_after_s=60.0)(message, attempt)

    before = time.monotonic()
    assert world.run(plan_of(8), Scripted(script=script)) is RunState.STOPPED
    assert time.monotonic() - before < 5
    assert world.trials() == []


def test_a_stop_lets_calls_in_flight_finish_and_sends_no_other(world: World) -> None:
    def script(message: str, attempt: int) -> Reply:
        world.stop.set()
        return answer(message)

    target = Scripted(script=script, takes_s=0.05)
    world.run(plan_of(20, concurrency=4), target)
    assert len(target.asked) == len(world.trials()) == 4


def test_a_prompt_that_does_not_fit_the_last_example_is_told_before_the_first_call(world: World) -> None:
    odd = (*examples(3), Example(id="odd", inputs={"words": "?"}, expected="?"))
    target = Scripted()
    with pytest.raises(InvalidInput, match="example 'odd': 'text' is undefined"):
        world.run(plan_of(dataset=Dataset(name="x", examples=odd)), target)
    assert (target.started, target.asked) == (0, [])


def test_a_metric_that_breaks_leaves_the_answer_unscored_and_the_run_going(world: World) -> None:
    class Broken:
        name = "exact_match"

        def score(self, example: Example, response: Response) -> Score:
            raise ZeroDivisionError("of its own making")

    assert world.run(plan_of(2), Scripted(), metrics=[Broken()]) is RunState.FINISHED
    assert {trial.scores for trial in world.trials()} == {
        (Score(metric="exact_match", value=None, detail="ZeroDivisionError: of its own making"),)
    }


def test_two_metrics_of_one_kind_are_told_apart_by_their_names(world: World) -> None:
    metrics = tuple(
        MetricSpec(kind="regex", settings={"pattern": pattern, "name": name})
        for name, pattern in (("starts", "^message"), ("is zero", " 0$"))
    )
    world.run(plan_of(2, metrics=metrics), Scripted())
    values = {trial.example_id: {s.metric: s.value for s in trial.scores} for trial in world.trials()}
    assert values == {"e0": {"starts": 1.0, "is zero": 1.0}, "e1": {"starts": 1.0, "is zero": 0.0}}
    assert world.store.manifests()[0].primary_metric == "starts"


def test_what_came_back_is_forced_to_disk_while_the_next_answer_is_awaited(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    flushed: list[int] = []
    flush = FileTrialLog.flush

    def noted(log: FileTrialLog) -> None:
        flushed.append(len(world.seen))
        flush(log)

    monkeypatch.setattr(FileTrialLog, "flush", noted)
    slow = Scripted(concurrency=1, takes_s=0.8)
    world.run(plan_of(2), slow)
    assert flushed == [1, 2]


def test_half_of_a_surrogate_pair_in_an_answer_does_not_break_the_log(world: World) -> None:
    world.run(plan_of(1), Scripted(script=lambda message, _: answer("\ud83d broken")))
    assert world.trials()[0].output == "? broken"


def test_without_a_cap_a_priced_target_is_refused_before_anything_is_sent(world: World) -> None:
    target = Scripted()
    with pytest.raises(SpendingStopped, match=r"may cost up to \$0\.180, and there is no cap.*--cap USD"):
        world.run(plan_of(4), target, prices={"m": "0.001"})
    assert (target.started, target.asked) == (0, [])


def test_an_api_model_without_a_price_needs_leave(world: World) -> None:
    with pytest.raises(InvalidInput, match="'m' has no price, so no cap can cover it"):
        world.run(plan_of(1), Scripted(), prices={})
    allowed = spec(options={"allow_unpriced": True})
    assert world.run(plan_of(1, targets=(allowed,)), Scripted(), prices={}) is RunState.FINISHED


def test_a_model_on_this_machine_needs_no_price_and_its_calls_stay_unpriced(world: World) -> None:
    assert world.run(plan_of(2), Scripted(local=True), prices={}) is RunState.FINISHED
    assert [trial.cost_usd for trial in world.trials()] == [None, None]


def _spent(trials: list[Trial]) -> Decimal:
    return sum((trial.cost_usd for trial in trials if trial.cost_usd is not None), Decimal(0))


def test_the_cap_is_never_passed_and_what_finished_is_kept(world: World) -> None:
    # Worst case of a call: 9 bytes + 16 of the template + 20 of output = 45 tokens; its real cost is 15.
    target = Scripted(takes_s=0.001)
    state = world.run(plan_of(50, cap_usd=Decimal("0.200"), concurrency=8), target, prices={"m": "0.001"})
    assert state is RunState.CAP_REACHED
    trials = world.trials()
    assert len(trials) == len(target.asked) == 11
    assert _spent(trials) == Decimal("0.165")


def test_after_the_cap_was_raised_a_resume_goes_on_from_what_was_spent(world: World) -> None:
    world.run(plan_of(50, cap_usd=Decimal("0.200")), Scripted(), prices={"m": "0.001"})
    same = Scripted()
    plan = plan_of(50, cap_usd=Decimal("0.200"))
    assert world.run(plan, same, prices={"m": "0.001"}, resume="r-001") is RunState.CAP_REACHED
    assert same.asked == []
    assert (
        world.run(plan_of(50, cap_usd=Decimal(1)), Scripted(), prices={"m": "0.001"}, resume="r-001")
        is RunState.FINISHED
    )
    assert _spent(world.trials()) == Decimal("0.75")


def test_the_cap_stops_priced_targets_and_lets_free_ones_go_on(world: World) -> None:
    dear, free = Scripted("dear"), Scripted("free", local=True, takes_s=0.001)
    plan = plan_of(20, targets=(spec("dear"), spec("free")), cap_usd=Decimal("0.05"))
    assert world.run(plan, dear, free, prices={"dear": "0.001", "free": "0"}) is RunState.CAP_REACHED
    assert (len(dear.asked), len(free.asked)) == (1, 20)


def test_an_attempt_that_may_have_been_billed_counts_at_its_worst(world: World) -> None:
    plan = plan_of(1, cap_usd=Decimal(1), timeout_s=0.02, attempts=2)
    world.run(plan, Scripted(takes_s=5), prices={"m": "0.001"})
    assert world.trials()[0].cost_usd == Decimal("0.090")


def test_a_refused_attempt_costs_nothing(world: World) -> None:
    world.run(plan_of(1, cap_usd=Decimal(1)), Scripted(script=failing(FailureKind.RATE_LIMIT)), prices={"m": "0.001"})
    assert world.trials()[0].cost_usd == Decimal(0)


def test_a_target_that_reports_no_tokens_counts_at_its_worst(world: World) -> None:
    silent = Scripted(script=lambda message, _: answer(message, input_tok=None, output_tok=None))
    world.run(plan_of(1, cap_usd=Decimal(1)), silent, prices={"m": "0.001"})
    assert world.trials()[0].cost_usd == Decimal("0.045")

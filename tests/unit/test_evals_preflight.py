"""What is tried before a run spends anything."""

from pathlib import Path

import pytest

from maquette.adapters.prompts import JinjaPrompts
from maquette.evals import asking
from maquette.evals.calls import FailureKind, Message
from maquette.evals.dataset import Example, Prompt
from maquette.evals.metrics.response import Response
from maquette.evals.preflight import try_metrics
from maquette.evals.registry import open_metric
from maquette.evals.remembered import RememberedPrompts
from maquette.evals.run import MetricSpec
from maquette.evals.trials import RunState, Score
from maquette.foundation.problems import InvalidInput, Unavailable
from tests.evals_world import Reply, Scripted, World, answer, examples, failing, plan_of, spec


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(folder=tmp_path)


@pytest.fixture(autouse=True)
def _quick_retries(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "BACKOFF_FIRST_S", 0.001)
    monkeypatch.setattr(asking, "BACKOFF_JITTER_S", 0.001)


def test_the_first_question_is_asked_alone_and_is_a_trial_like_the_others(world: World) -> None:
    at_once: list[int] = []

    def script(message: str, _: int) -> Reply:
        at_once.append(target.in_flight + 1)
        return answer(message)

    target = Scripted(script=script, takes_s=0.01)
    assert world.run(plan_of(9), target, check_first=True) is RunState.FINISHED
    assert at_once[0] == 1
    assert target.most_in_flight == 4
    assert sorted(trial.example_id for trial in world.trials()) == [f"e{n}" for n in range(9)]
    assert len(target.asked) == 9


@pytest.mark.parametrize("kind", [FailureKind.AUTHENTICATION, FailureKind.CONNECTION])
def test_a_wrong_key_or_a_dead_server_ends_the_run_at_the_first_question(world: World, kind: FailureKind) -> None:
    dead, well = Scripted("a", failing(kind)), Scripted("b", takes_s=0.05)
    plan = plan_of(50, targets=(spec("a"), spec("b")), attempts=1)
    with pytest.raises(Unavailable, match=f"'a' cannot be asked: {kind}: scripted {kind}"):
        world.run(plan, dead, well, check_first=True)
    assert (len(dead.asked), len(well.asked)) == (1, 1)
    assert all(trial.target_id == "b" for trial in world.trials())


def test_a_refusal_of_the_first_question_alone_is_a_failed_call_like_another(world: World) -> None:
    def script(message: str, attempt: int) -> Reply:
        return failing(FailureKind.REFUSED_REQUEST)(message, attempt) if message == "message 0" else answer(message)

    assert world.run(plan_of(5), Scripted(script=script), check_first=True) is RunState.FINISHED
    assert {trial.example_id: trial.failure is None for trial in world.trials()} == {
        "e0": False, "e1": True, "e2": True, "e3": True, "e4": True
    }  # fmt: skip


def test_a_refusal_of_two_questions_ends_the_run_and_a_resume_asks_them_again(world: World) -> None:
    with pytest.raises(Unavailable, match="refused_request"):
        world.run(plan_of(5), Scripted(script=failing(FailureKind.REFUSED_REQUEST)), check_first=True)
    assert world.trials() == []
    again = Scripted()
    assert world.run(plan_of(5), again, resume="r-001", check_first=True) is RunState.FINISHED
    assert len(again.asked) == 5


def test_a_metric_that_breaks_on_the_first_example_is_told_before_any_call() -> None:
    class Broken:
        name = "broken"

        def score(self, example: Example, response: Response) -> Score:
            raise ZeroDivisionError("of its own making")

    plan = plan_of(2, metrics=(MetricSpec(kind="exact_match", settings={}), MetricSpec(kind="broken", settings={})))
    with pytest.raises(InvalidInput, match="the metric 'broken' breaks on example 'e0': ZeroDivisionError"):
        try_metrics(plan, [open_metric(plan.metrics[0]), Broken()])
    try_metrics(plan_of(2), [open_metric(plan.metrics[0])])


def test_a_prompt_is_filled_in_once_for_all_targets_and_then_forgotten() -> None:
    filled: list[str] = []

    class Counting(JinjaPrompts):
        def messages(self, prompt: Prompt, example: Example) -> tuple[Message, ...]:
            filled.append(example.id)
            return super().messages(prompt, example)

    prompt = plan_of().prompt
    (example,) = examples(1)
    remembered = RememberedPrompts(Counting(), targets=2)
    first = remembered.remember(prompt, example)
    assert remembered.messages(prompt, example) == remembered.messages(prompt, example) == first
    assert filled == ["e0"]
    assert remembered.messages(prompt, example) == first
    assert filled == ["e0", "e0"]

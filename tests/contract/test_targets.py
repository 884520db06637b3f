"""One suite for every target adapter: what the runner may count on, whoever answers."""

import asyncio
import os
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import pytest

from maquette.adapters.trial_logs import FileRunStore
from maquette.evals.calls import (
    Answer,
    Call,
    CallError,
    CallParameters,
    FailureKind,
    Image,
    Message,
    Target,
    TargetSpec,
    Tool,
)
from maquette.evals.registry import open_target
from maquette.evals.run import manifest_of
from maquette.foundation.lineage import fingerprint
from maquette.foundation.problems import Problem
from tests.contract.conftest import CONTEXT_TOK
from tests.evals_world import plan_of
from tests.unit.test_evals_results import TRIAL

T = TypeVar("T")
Opened = Callable[..., Target]

CALL = Call(
    messages=(Message(role="user", content="My invoice is wrong, please hurry."),),
    parameters=CallParameters(max_output_tok=24, timeout_s=30.0),
)
REAL = ("llama-cpp-python", "xllamacpp", "litellm", "litellm without streaming", "openai", "openai without streaming")
ADAPTERS = (*REAL, "replay")


@pytest.fixture
def opened(request: pytest.FixtureRequest, tmp_path: Path) -> Opened:
    """Opens a target of the adapter by name; keywords change its spec."""
    name: str = request.param
    settings: dict[str, Any]
    if name.startswith(("litellm", "openai")):
        adapter = name.partition(" ")[0]
        settings = {
            "adapter": adapter,
            "model": {"litellm": "openai/tiny", "openai": "tiny"}[adapter],
            "base_url": request.getfixturevalue("base_url"),
            "options": {"stream": name == adapter},
        }
    elif name == "replay":
        _record(tmp_path)
        settings = {"adapter": "replay", "model": "runs/r-001/trials.jsonl"}
    else:
        model = os.fspath(request.getfixturevalue("model_file"))
        settings = {
            "adapter": "llama_cpp",
            "model": model,
            "options": {"engine": name, "context_tok": CONTEXT_TOK},
        }

    def build(**changes: Any) -> Target:
        return open_target(TargetSpec(**{"id": "t", "card": "t", **settings, **changes}), folder=tmp_path)

    return build


def _record(folder: Path) -> None:
    store = FileRunStore(folder / "runs")
    manifest, log = store.start(manifest_of(plan_of(1), started_at=datetime.now(UTC)))
    log.append(replace(TRIAL, asked=fingerprint(CALL.messages), output='{"category":"billing","priority":2}'))
    store.finish(manifest.run_id, manifest.state, datetime.now(UTC))


def every(*names: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("opened", names, indirect=True)


def using(target: Target, work: Callable[[Target], Awaitable[T]]) -> T:
    """Start the target, do the work, close it twice."""

    async def session() -> T:
        try:
            await target.start()
            return await work(target)
        finally:
            await target.close()
            await target.close()

    return asyncio.run(session())


def children() -> set[int]:
    return {int(pid) for path in Path("/proc/self/task").glob("*/children") for pid in path.read_text().split()}


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


@every("llama-cpp-python", "xllamacpp", "litellm without streaming", "openai without streaming", "replay")
def test_an_answer_comes_with_the_targets_own_token_counts(opened: Opened) -> None:
    answer = using(opened(), lambda target: target.answer(CALL))
    assert answer.text.strip()
    assert answer.input_tok is not None
    assert answer.input_tok > 5
    assert answer.output_tok is not None
    assert 0 < answer.output_tok <= 24


@every("llama-cpp-python", "xllamacpp", "litellm", "openai", "replay")
def test_an_answer_comes_with_the_time_to_its_first_token(opened: Opened) -> None:
    answer = using(opened(), lambda target: target.answer(CALL))
    assert answer.ttft_s is not None
    assert 0 < answer.ttft_s <= answer.latency_s


@every(*REAL)
def test_the_same_question_has_the_same_answer_whatever_was_asked_between(opened: Opened) -> None:
    other = replace(CALL, messages=(Message(role="user", content="My invoice is missing. " * 3),))

    async def ask_between(target: Target) -> list[str]:
        return [(await target.answer(call)).text for call in (CALL, other, CALL)]

    first, _, second = using(opened(), ask_between)
    again = using(opened(), lambda target: target.answer(CALL))
    assert first == second == again.text


@every(*REAL)
def test_no_answer_is_longer_than_was_asked_for(opened: Opened) -> None:
    short = replace(CALL, parameters=replace(CALL.parameters, max_output_tok=3))
    answer = using(opened(), lambda target: target.answer(short))
    assert answer.output_tok in {3, None}  # None: a server that does not count while it streams
    assert answer.finish_reason == "length"


@every("llama-cpp-python", "xllamacpp", "litellm without streaming", "openai without streaming")
def test_a_question_longer_than_the_context_is_told_as_such(opened: Opened) -> None:
    long = replace(CALL, messages=(Message(role="user", content="invoice refund " * 2000),))
    with pytest.raises(CallError) as caught:
        using(opened(), lambda target: target.answer(long))
    assert caught.value.kind is FailureKind.CONTEXT_OVERFLOW
    assert caught.value.detail


@every(*ADAPTERS)
def test_a_model_that_is_not_there_is_a_problem_or_a_failed_call(opened: Opened) -> None:
    nowhere = {"model": "none/none", "base_url": "http://127.0.0.1:9/v1"}
    with pytest.raises((Problem, CallError)) as caught:
        using(opened(**nowhere), lambda target: target.answer(CALL))
    assert str(caught.value)


@every(*ADAPTERS)
def test_closing_before_the_start_does_nothing(opened: Opened) -> None:
    target = opened()
    asyncio.run(target.close())


@every(*ADAPTERS)
def test_a_closed_target_can_be_started_again(opened: Opened) -> None:
    target = opened()
    first = using(target, lambda target: target.answer(CALL))
    assert using(target, lambda target: target.answer(CALL)).text == first.text


@every(*ADAPTERS)
def test_it_leaves_no_process_and_no_open_file(opened: Opened) -> None:
    using(opened(), lambda target: target.answer(CALL))
    before, files = children(), open_files()
    using(opened(), lambda target: target.answer(CALL))
    assert children() == before
    assert open_files() <= files


@every("llama-cpp-python", "xllamacpp", "openai")
def test_a_call_that_is_given_up_ends_at_once_and_the_next_one_works(opened: Opened) -> None:
    async def give_up(target: Target) -> tuple[float, Answer]:
        task = asyncio.create_task(target.answer(CALL))
        await asyncio.sleep(0)  # it is sent; so small a model answers within milliseconds
        started = time.perf_counter()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return time.perf_counter() - started, await target.answer(CALL)

    before = children()
    took_s, answer = using(opened(), give_up)
    assert took_s < 5
    assert answer.text.strip()
    assert children() == before


@every(*ADAPTERS)
def test_an_unknown_option_is_told_before_anything_is_loaded(opened: Opened) -> None:
    with pytest.raises(Problem, match="unknown option 'temprature'"):
        opened(options={"temprature": 1})


@every("llama-cpp-python")
def test_a_picture_or_a_tool_is_refused_by_a_model_file(opened: Opened) -> None:
    picture = Message(role="user", content="", images=(Image.of_bytes(b"PNG", media_type="image/png"),))
    for call in (replace(CALL, messages=(picture,)), replace(CALL, tools=(Tool(name="look"),))):
        with pytest.raises(CallError, match="takes text alone") as caught:
            using(opened(), lambda target, call=call: target.answer(call))  # type: ignore[misc]  # mypy cannot infer it
        assert caught.value.kind is FailureKind.REFUSED_REQUEST


@every(*REAL)
def test_two_targets_at_once_do_not_disturb_each_other(opened: Opened) -> None:
    async def both() -> list[str]:
        one, two = opened(), opened()
        await asyncio.gather(one.start(), two.start())
        first = await one.answer(CALL)
        await one.close()
        second = await two.answer(CALL)
        await two.close()
        return [first.text, second.text]

    one, two = asyncio.run(both())
    assert one == two

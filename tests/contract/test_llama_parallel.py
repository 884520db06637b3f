"""Several calls through one model at once: the answers are those of one call at a time, and each call stands alone."""

import asyncio
import json
import os
import signal
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from maquette.adapters.llama_cpp import LlamaCppTarget
from maquette.evals.calls import Answer, Call, CallError, CallParameters, FailureKind, Message
from maquette.foundation.problems import InvalidInput, Unavailable
from maquette.foundation.shipped import shipped
from tests.contract.test_llama_cpp import target_for, worker_pid

MESSAGES = [
    json.loads(line)["inputs"]["message"]
    for line in shipped("catalog", "demo", "evals", "triage.jsonl").read_text(encoding="utf-8").splitlines()[:40]
]


def call(text: str, *, most: int = 24, **parameters: Any) -> Call:
    return Call(
        messages=(Message(role="user", content=text),), parameters=CallParameters(max_output_tok=most, **parameters)
    )


def with_target(target: LlamaCppTarget, work: Callable[[LlamaCppTarget], Awaitable[Any]]) -> Any:
    async def session() -> Any:
        await target.start()
        try:
            return await work(target)
        finally:
            await target.close()

    return asyncio.run(session())


async def all_answers(target: LlamaCppTarget) -> list[Answer]:
    """Every message, as many at once as the target takes."""
    places = asyncio.Semaphore(target.concurrency)

    async def ask(text: str) -> Answer:
        async with places:
            return await target.answer(call(text))

    return await asyncio.gather(*(ask(text) for text in MESSAGES))


def said(answer: Answer) -> tuple[object, ...]:
    return answer.text, answer.input_tok, answer.output_tok, answer.finish_reason


@pytest.mark.parametrize("reuse_prefix", [True, False])
def test_four_at_once_answer_what_one_at_a_time_answers(model_file: Path, reuse_prefix: bool) -> None:
    one = with_target(target_for(model_file), all_answers)
    four = with_target(target_for(model_file, parallel=4, reuse_prefix=reuse_prefix), all_answers)
    assert list(map(said, four)) == list(map(said, one))
    assert any(answer.cached_tok for answer in four) is reuse_prefix


def test_one_call_that_needs_all_its_tokens_ends_by_length_as_it_does_alone(model_file: Path) -> None:
    def answered(**options: Any) -> Answer:
        found: Answer = with_target(target_for(model_file, **options), lambda t: t.answer(call(MESSAGES[0], most=3)))
        return found

    one, four = answered(), answered(parallel=4)
    assert said(one) == said(four)
    assert (four.output_tok, four.finish_reason) == (3, "length")


def test_times_are_those_of_each_call(model_file: Path) -> None:
    for options in ({}, {"parallel": 4}):
        for answer in with_target(target_for(model_file, **options), all_answers):
            assert answer.ttft_s is not None
            assert answer.itl_p50_s is not None
            assert answer.itl_p95_s is not None
            assert 0 < answer.ttft_s < answer.latency_s
            assert 0 < answer.itl_p50_s <= answer.itl_p95_s < answer.latency_s


def test_a_seed_draws_the_same_whoever_is_beside_it(model_file: Path) -> None:
    drawn = call(MESSAGES[0], temperature=1.5, seed=3)

    async def alone(target: LlamaCppTarget) -> str:
        return (await target.answer(drawn)).text

    async def among_others(target: LlamaCppTarget) -> str:
        answers = await asyncio.gather(target.answer(drawn), *(target.answer(call(text)) for text in MESSAGES[1:4]))
        return answers[0].text

    assert with_target(target_for(model_file), alone) == with_target(target_for(model_file, parallel=4), among_others)


def test_a_schema_is_kept_by_the_call_that_has_one(model_file: Path) -> None:
    schema = {"type": "object", "properties": {"a": {"enum": ["x"]}}, "required": ["a"], "additionalProperties": False}

    async def both(target: LlamaCppTarget) -> list[str]:
        bound = call(MESSAGES[0], most=40, answer_schema=schema)
        return [answer.text for answer in await asyncio.gather(target.answer(bound), target.answer(call(MESSAGES[0])))]

    bound, free = with_target(target_for(model_file, parallel=2, constrain=True), both)
    jsonschema.validate(json.loads(bound), schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(json.loads(free), schema)


def test_a_prompt_that_is_too_long_fails_alone(model_file: Path) -> None:
    async def both(target: LlamaCppTarget) -> list[Any]:
        calls = (call("word " * 2000), call(MESSAGES[0]))
        return await asyncio.gather(*map(target.answer, calls), return_exceptions=True)

    too_long, other = with_target(target_for(model_file, parallel=2), both)
    assert isinstance(too_long, CallError)
    assert too_long.kind is FailureKind.CONTEXT_OVERFLOW
    assert other.text


def test_a_cancelled_call_frees_its_place_and_disturbs_no_other(model_file: Path) -> None:
    async def session(target: LlamaCppTarget) -> tuple[int, int, list[str]]:
        before = worker_pid(target)
        long = [asyncio.create_task(target.answer(call(text, most=400))) for text in MESSAGES[:2]]
        await asyncio.sleep(0)
        for task in long:
            task.cancel()
        await asyncio.wait(long)
        answers = await asyncio.gather(*(target.answer(call(text)) for text in MESSAGES[2:6]))
        return before, worker_pid(target), [answer.text for answer in answers]

    before, after, texts = with_target(target_for(model_file, parallel=2), session)
    assert before == after
    alone = with_target(target_for(model_file), all_answers)
    assert texts == [answer.text for answer in alone[2:6]]


def test_a_killed_process_fails_the_calls_under_way_and_the_next_one_works(model_file: Path) -> None:
    async def session(target: LlamaCppTarget) -> tuple[list[Any], str]:
        os.kill(worker_pid(target), signal.SIGSTOP)
        tasks = [asyncio.create_task(target.answer(call(text))) for text in MESSAGES[:3]]
        await asyncio.sleep(0.05)
        os.kill(worker_pid(target), signal.SIGKILL)
        failed = await asyncio.gather(*tasks, return_exceptions=True)
        return failed, (await target.answer(call(MESSAGES[0]))).text

    failed, text = with_target(target_for(model_file, parallel=3), session)
    assert [error.kind for error in failed] == [FailureKind.CRASH] * 3
    assert text


@pytest.mark.parametrize("parallel", [0, 65, 1.5, True, "4"])
def test_a_number_that_cannot_be_is_refused(model_file: Path, parallel: object) -> None:
    with pytest.raises(InvalidInput, match="parallel is"):
        target_for(model_file, parallel=parallel)


def test_the_other_engine_answers_one_at_a_time(model_file: Path) -> None:
    with pytest.raises(InvalidInput, match="xllamacpp answers one call at a time here"):
        target_for(model_file, parallel=2, engine="xllamacpp")


def test_a_file_that_is_no_model_is_told_for_several_at_once_too(tmp_path: Path) -> None:
    (tmp_path / "model.gguf").write_bytes(b"GGUF, one might think" * 100)
    with pytest.raises(Unavailable, match=r"llama\.cpp cannot load the model: .+"):
        asyncio.run(target_for(tmp_path / "model.gguf", parallel=2).start())

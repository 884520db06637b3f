"""Model files in a child process: what happens when the file is wrong, and when the process dies."""

import asyncio
import json
import os
import select
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from maquette.adapters.llama_cpp import LlamaCppTarget, open_target
from maquette.evals.calls import Call, CallError, CallParameters, FailureKind, Message, TargetSpec
from maquette.foundation.problems import InvalidInput, NotFound, Unavailable
from tests.contract.conftest import CONTEXT_TOK

CALL = Call(messages=(Message(role="user", content="The site is down."),), parameters=CallParameters(max_output_tok=24))
ENGINES = pytest.mark.parametrize("engine", ["llama-cpp-python", "xllamacpp"])


def target_for(file: Path, **options: Any) -> LlamaCppTarget:
    spec = TargetSpec(
        id="t",
        card="t",
        adapter="llama_cpp",
        model=os.fspath(file),
        options={"context_tok": CONTEXT_TOK, **options},
    )
    return open_target(spec, folder=Path("/nowhere"))


def worker_pid(target: LlamaCppTarget) -> int:
    assert target._worker is not None
    return target._worker.pid


@ENGINES
def test_a_process_killed_in_the_middle_of_a_call_fails_that_call_and_the_next_one_works(
    engine: str, model_file: Path
) -> None:
    async def session() -> tuple[CallError, str]:
        target = target_for(model_file, engine=engine)
        await target.start()
        try:
            # A stopped process cannot answer before it is killed, however busy the machine is.
            os.kill(worker_pid(target), signal.SIGSTOP)
            task = asyncio.create_task(target.answer(CALL))
            await asyncio.sleep(0)
            os.kill(worker_pid(target), signal.SIGKILL)
            with pytest.raises(CallError) as caught:
                await task
            return caught.value, (await target.answer(CALL)).text
        finally:
            await target.close()

    error, text = asyncio.run(session())
    assert (error.kind, error.detail) == (FailureKind.CRASH, "the model's process ended with status -9")
    assert text.strip()


def test_a_process_that_died_between_two_calls_costs_no_call(model_file: Path) -> None:
    async def session() -> list[str]:
        target = target_for(model_file)
        await target.start()
        try:
            first = await target.answer(CALL)
            assert target._worker is not None
            os.kill(worker_pid(target), signal.SIGSEGV)
            await target._worker.wait()
            return [first.text, (await target.answer(CALL)).text]
        finally:
            await target.close()

    first, second = asyncio.run(session())
    assert first == second


@ENGINES
def test_a_file_that_is_no_model_is_told_and_leaves_no_process(engine: str, tmp_path: Path) -> None:
    (tmp_path / "model.gguf").write_bytes(b"GGUF, one might think" * 100)
    target = target_for(tmp_path / "model.gguf", engine=engine)
    with pytest.raises(Unavailable, match=r"llama\.cpp cannot load the model: .+"):
        asyncio.run(target.start())
    assert target._worker is None


def test_a_file_that_is_not_there_is_told_by_the_name_that_the_user_gave(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="there is no such model file") as caught:
        asyncio.run(target_for(tmp_path / "none.gguf").start())
    assert caught.value.place.file == os.fspath(tmp_path / "none.gguf")


def test_the_path_of_a_model_counts_from_the_projects_folder(tmp_path: Path, model_file: Path) -> None:
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "tiny.gguf").symlink_to(model_file)
    spec = TargetSpec(id="t", card="t", adapter="llama_cpp", model="models/tiny.gguf")

    async def session() -> str:
        target = open_target(spec, folder=tmp_path)
        await target.start()
        try:
            return (await target.answer(CALL)).text
        finally:
            await target.close()

    assert asyncio.run(session()).strip()


def test_an_engine_that_nobody_knows_is_refused(model_file: Path) -> None:
    with pytest.raises(InvalidInput, match="unknown engine 'vllm'"):
        target_for(model_file, engine="vllm")


@ENGINES
def test_a_schema_is_enforced_only_where_the_option_says_so(engine: str, model_file: Path) -> None:
    schema = {
        "type": "object",
        "properties": {"colour": {"enum": ["red", "green"]}},
        "required": ["colour"],
        "additionalProperties": False,
    }
    call = Call(messages=CALL.messages, parameters=CallParameters(max_output_tok=40, answer_schema=schema))

    async def session(constrain: bool) -> Any:
        target = target_for(model_file, engine=engine, constrain=constrain)
        await target.start()
        try:
            return json.loads((await target.answer(call)).text)
        finally:
            await target.close()

    jsonschema.validate(asyncio.run(session(constrain=True)), schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(asyncio.run(session(constrain=False)), schema)


def test_the_worker_ends_when_the_program_that_started_it_is_killed(model_file: Path) -> None:
    script = (
        "import asyncio, sys, time; from pathlib import Path; from maquette.adapters.llama_cpp import open_target;"
        "from maquette.evals.calls import TargetSpec;"
        "t = open_target(TargetSpec(id='t', card='t', adapter='llama_cpp', model=sys.argv[1]), folder=Path());"
        "loop = asyncio.new_event_loop(); loop.run_until_complete(t.start());"
        "print(t._worker.pid, flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", script, os.fspath(model_file)], stdout=subprocess.PIPE) as program:
        assert program.stdout is not None
        worker = int(program.stdout.readline())
        watched = os.pidfd_open(worker)
        program.kill()
        ended, _, _ = select.select([watched], [], [], 20)
        os.close(watched)
    assert ended


SHOTS = (
    Message(role="user", content="The site is down."),
    Message(role="assistant", content='{"category":"outage","priority":1}'),
)
ASKED = ("I want my money back.", "The site is down.", "Where is order 72531?", "The site is slow.", "Thanks a lot.")


@ENGINES
def test_a_shared_beginning_is_evaluated_once_and_no_answer_changes(engine: str, model_file: Path) -> None:
    async def answers(order: list[int], **options: Any) -> tuple[dict[int, str], list[int | None]]:
        target = target_for(model_file, engine=engine, **options)
        await target.start()
        try:
            found, cached = {}, []
            for number in order:
                messages = (*SHOTS, Message(role="user", content=ASKED[number]))
                answer = await target.answer(Call(messages=messages, parameters=CALL.parameters))
                found[number] = answer.text
                cached.append(answer.cached_tok)
            return found, cached
        finally:
            await target.close()

    order = list(range(len(ASKED)))
    whole, none = asyncio.run(answers(order, reuse_prefix=False))
    reused, cached = asyncio.run(answers(order))
    turned, _ = asyncio.run(answers(order[::-1]))
    assert reused == whole == turned
    assert none == [0] * len(ASKED)
    assert cached[0] == 0
    assert all(kept is not None and kept >= 20 for kept in cached[1:])


def test_an_engine_without_an_accelerator_says_nothing_of_layers(model_file: Path) -> None:
    async def session() -> str:
        target = target_for(model_file, gpu_layers=3)
        await target.start()
        try:
            return (await target.answer(CALL)).client
        finally:
            await target.close()

    assert asyncio.run(session()) == "llama.cpp"


def test_a_switch_that_is_none_is_refused(model_file: Path) -> None:
    with pytest.raises(InvalidInput, match="reuse_prefix is neither true nor false"):
        target_for(model_file, reuse_prefix="yes")

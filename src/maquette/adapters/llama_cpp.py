"""GGUF files through llama.cpp in a child process: a crash there is a failed call, and the next call restarts it."""

import asyncio
import json
import os
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from maquette.evals.calls import Answer, Call, CallError, FailureKind, TargetSpec
from maquette.foundation.problems import InvalidInput, NotFound, Place, Unavailable

ENGINES = {"llama-cpp-python": "llama_cpp", "xllamacpp": "xllamacpp"}
"""The engines that can run a GGUF file, and the module that tells whether each is installed."""

LOAD_TIMEOUT_S = 120.0
_LINE_LIMIT = 64 * 1024 * 1024
CONTEXT_TOK = 4096
"""Room for prompt and answer; a model's own maximum can take more memory than the machine has."""
_OPTIONS = {"allow_unpriced", "engine", "threads", "gpu_layers", "context_tok", "constrain"}


class LlamaCppTarget:
    """One GGUF file; one call at a time, as llama.cpp's context is not made for more."""

    shares_machine = True
    concurrency = 1

    def __init__(self, spec: TargetSpec, path: Path) -> None:
        self.id = spec.id
        self._path = path
        self._name = spec.model
        self._options = dict(spec.options)
        self._worker: asyncio.subprocess.Process | None = None
        self._turn = asyncio.Lock()

    async def start(self) -> None:
        """Load the model in a child process.

        Raises:
            NotFound: There is no such file.
            Unavailable: No engine is installed, or llama.cpp cannot load the file.
        """
        if not self._path.is_file():
            raise NotFound(
                "there is no such model file",
                place=Place(file=self._name),
                fix="Put the GGUF file there, or correct the target's model.",
            )
        engine = self._options.get("engine", "auto")
        wanted = ENGINES.values() if engine == "auto" else (ENGINES[engine],)
        if not any(find_spec(module) for module in wanted):
            raise Unavailable(
                "no engine for local models is installed" if engine == "auto" else f"{engine} is not installed",
                fix="pip install 'maquette[local]', or 'maquette[local-prebuilt]' where there is no compiler.",
            )
        await self._start_worker()

    async def answer(self, call: Call) -> Answer:
        """One attempt.

        Raises:
            CallError: The model refused the request, or the child process died.
        """
        if call.tools or any(message.images or message.tool_calls for message in call.messages):
            raise CallError(FailureKind.REFUSED_REQUEST, "a model file takes text alone: no images and no tools")
        async with self._turn:
            if self._worker is None or self._worker.returncode is not None:
                await self._restart()
            reply = await self._exchange(self._request(call))
        if "error" in reply:
            overflow = "context window" in reply["error"] or "exceed" in reply["error"]
            kind = FailureKind.CONTEXT_OVERFLOW if overflow else FailureKind.REFUSED_REQUEST
            raise CallError(kind, reply["error"])
        return Answer(cached_tok=None, client="llama.cpp", **reply)

    async def close(self) -> None:
        """End the child process."""
        worker, self._worker = self._worker, None
        if worker is None:
            return
        if worker.returncode is None:
            worker.kill()
        await worker.wait()

    def _request(self, call: Call) -> dict[str, Any]:
        parameters = call.parameters
        return {
            "messages": [{"role": message.role, "content": message.content} for message in call.messages],
            "max_tokens": parameters.max_output_tok,
            "temperature": 0.0 if parameters.temperature is None else parameters.temperature,
            "seed": parameters.seed,
            "answer_schema": parameters.answer_schema if self._options.get("constrain") else None,
        }

    async def _start_worker(self) -> None:
        self._worker = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "maquette.adapters.llama_worker",
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            limit=_LINE_LIMIT,
            # Ctrl-C in a terminal reaches the whole group: only this process decides what it means.
            start_new_session=True,
        )
        settings = {
            "path": os.fspath(self._path),
            "engine": self._options.get("engine", "auto"),
            "context_tok": self._options.get("context_tok", CONTEXT_TOK),
            "threads": self._options.get("threads", 1),
            "gpu_layers": self._options.get("gpu_layers", 0),
        }
        try:
            async with asyncio.timeout(LOAD_TIMEOUT_S):
                reply = await self._exchange(settings)
        except (CallError, TimeoutError) as error:
            await self.close()
            reply = {"error": str(error) or f"nothing after {LOAD_TIMEOUT_S} s"}
        if "error" in reply:
            await self.close()
            raise Unavailable(
                f"llama.cpp cannot load the model: {reply['error']}",
                place=Place(file=self._name),
                fix="Check that the file is whole, a GGUF, and small enough for this machine's memory.",
            )

    async def _restart(self) -> None:
        try:
            await self._start_worker()
        except Unavailable as problem:
            raise CallError(FailureKind.CRASH, str(problem)) from problem

    async def _exchange(self, request: dict[str, Any]) -> dict[str, Any]:
        """One line out, one line back; a cancelled exchange ends the child, whose reply nobody would read."""
        worker = self._worker
        if worker is None or worker.stdin is None or worker.stdout is None:
            raise CallError(FailureKind.CRASH, "the model's process is not running")
        try:
            worker.stdin.write(json.dumps(request).encode() + b"\n")
            await worker.stdin.drain()
            line = await worker.stdout.readline()
        except (BrokenPipeError, ConnectionResetError):
            line = b""
        except asyncio.CancelledError:
            await self.close()
            raise
        if not line:
            status = await worker.wait()
            self._worker = None
            raise CallError(FailureKind.CRASH, f"the model's process ended with status {status}")
        try:
            reply: dict[str, Any] = json.loads(line)
        except ValueError as error:
            await self.close()
            raise CallError(FailureKind.CRASH, "the model's process broke off in the middle of a reply") from error
        return reply


def open_target(spec: TargetSpec, *, folder: Path) -> LlamaCppTarget:
    """The GGUF file that the spec names, below the project's folder unless the path is absolute.

    Raises:
        InvalidInput: An option is unknown, or the engine is.
    """
    place = Place(field=f"models.targets.{spec.id}.options")
    if unknown := sorted(set(spec.options) - _OPTIONS):
        raise InvalidInput(
            f"unknown option {unknown[0]!r}", place=place, fix=f"Known are: {', '.join(sorted(_OPTIONS))}."
        )
    engine = spec.options.get("engine", "auto")
    if engine not in {"auto", *ENGINES}:
        raise InvalidInput(f"unknown engine {engine!r}", place=place, fix=f"Use auto, {' or '.join(ENGINES)}.")
    return LlamaCppTarget(spec, folder / spec.model)

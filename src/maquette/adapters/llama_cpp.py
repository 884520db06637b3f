"""GGUF files through llama.cpp in a child process: a crash there is a failed call, and the next call restarts it."""

import asyncio
import json
import os
import sys
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from maquette.evals.calls import Answer, Call, CallError, FailureKind, TargetSpec
from maquette.foundation.problems import InvalidInput, NotFound, Place, Unavailable

ENGINES = {"llama-cpp-python": "llama_cpp", "xllamacpp": "xllamacpp"}
"""The engines that can run a GGUF file, and the module that tells whether each is installed."""

LOAD_TIMEOUT_S = 120.0
MOST_PARALLEL = 64
"""More sequences than llama.cpp holds by default in one context, 256, would gain nothing long before."""

_LINE_LIMIT = 64 * 1024 * 1024
CONTEXT_TOK = 4096
"""Room for prompt and answer; a model's own maximum can take more memory than the machine has."""
_OPTIONS = {"allow_unpriced", "engine", "threads", "gpu_layers", "context_tok", "constrain", "reuse_prefix", "parallel"}


class LlamaCppTarget:
    """One GGUF file; one call at a time, unless the option ``parallel`` says how many go through the model together.

    Several at once are more answers a second where one leaves the machine idle, and each takes longer; every one has
    room for ``context_tok`` of its own. Where two tokens are all but equally likely, the choice can then differ.
    What a prompt's beginning shares with the prompt before it is not evaluated again, as in llama.cpp's own server;
    each answer tells how much that was. The option ``reuse_prefix: false`` evaluates every prompt whole.
    """

    shares_machine = True

    def __init__(self, spec: TargetSpec, path: Path) -> None:
        self.id = spec.id
        self._path = path
        self._name = spec.model
        self._options = dict(spec.options)
        self.concurrency = int(self._options.get("parallel", 1))
        self._worker: asyncio.subprocess.Process | None = None
        self._waiting: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._listener: asyncio.Task[None] | None = None
        self._asked = 0
        self._turn = asyncio.Lock()
        self._client = "llama.cpp"

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
        engine = self._options.get("engine", "auto" if self.concurrency == 1 else "llama-cpp-python")
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
        reply = await self._reply(self._request(call))
        if "error" in reply:
            overflow = "context window" in reply["error"] or "exceed" in reply["error"]
            kind = FailureKind.CONTEXT_OVERFLOW if overflow else FailureKind.REFUSED_REQUEST
            raise CallError(kind, reply["error"])
        return Answer(client=self._client, **reply)

    async def close(self) -> None:
        """End the child process."""
        worker, self._worker = self._worker, None
        listener, self._listener = self._listener, None
        if listener is not None:
            listener.cancel()
            self._fail_all("the model's process was ended")
        if worker is None:
            return
        if worker.returncode is None:
            worker.kill()
        await worker.wait()

    async def _reply(self, request: dict[str, Any]) -> dict[str, Any]:
        """The child's reply, after starting it again where it died."""
        async with self._turn:
            if self._worker is None or self._worker.returncode is not None:
                await self._restart()
            if self.concurrency == 1:
                return await self._exchange(request)
        return await self._together(request)

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
            "gpu_layers": _gpu_layers(self._options),
            "reuse_prefix": self._options.get("reuse_prefix", True),
            "parallel": self.concurrency,
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
        self._client = _client(reply["gpu_layers"])
        if self.concurrency > 1:
            self._listener = asyncio.create_task(self._listen(self._worker))

    async def _restart(self) -> None:
        try:
            await self._start_worker()
        except Unavailable as problem:
            raise CallError(FailureKind.CRASH, str(problem)) from problem

    async def _together(self, request: dict[str, Any]) -> dict[str, Any]:
        """One line out; the reply with the same id comes among others. A cancelled request frees its place alone."""
        worker = self._worker
        if worker is None or worker.stdin is None:
            raise CallError(FailureKind.CRASH, "the model's process is not running")
        self._asked += 1
        number = self._asked
        reply: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._waiting[number] = reply
        try:
            worker.stdin.write(json.dumps({"id": number, **request}).encode() + b"\n")
            return await reply
        except asyncio.CancelledError:
            worker.stdin.write(json.dumps({"cancel": number}).encode() + b"\n")
            raise
        finally:
            self._waiting.pop(number, None)

    async def _listen(self, worker: asyncio.subprocess.Process) -> None:
        """Hand out replies until the process ends; whoever waits then is told of it."""
        assert worker.stdout is not None
        try:
            while line := await worker.stdout.readline():
                reply = json.loads(line)
                waiting = self._waiting.get(reply.pop("id"))
                if waiting is not None and not waiting.done():
                    waiting.set_result(reply)
        except ValueError:
            worker.kill()
        status = await worker.wait()
        self._fail_all(f"the model's process ended with status {status}")

    def _fail_all(self, why: str) -> None:
        for waiting in self._waiting.values():
            if not waiting.done():
                waiting.set_exception(CallError(FailureKind.CRASH, why))

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


def _gpu_layers(options: Mapping[str, Any]) -> int:
    """The option's number; "auto" is settled before the target is opened, and is 0 here."""
    layers = options.get("gpu_layers", "auto")
    return 0 if layers == "auto" else layers


def _client(layers: int) -> str:
    """llama.cpp, and how much of the model is on an accelerator, as far as the engine tells."""
    if layers == 0:
        return "llama.cpp"
    return f"llama.cpp, {'all' if layers < 0 else layers} layers offloaded"


def open_target(spec: TargetSpec, *, folder: Path) -> LlamaCppTarget:
    """The GGUF file that the spec names, below the project's folder unless the path is absolute.

    Raises:
        InvalidInput: An option is unknown or impossible, or the engine is unknown.
    """
    place = Place(field=f"models.targets.{spec.id}.options")
    if unknown := sorted(set(spec.options) - _OPTIONS):
        raise InvalidInput(
            f"unknown option {unknown[0]!r}", place=place, fix=f"Known are: {', '.join(sorted(_OPTIONS))}."
        )
    engine = spec.options.get("engine", "auto")
    if engine not in {"auto", *ENGINES}:
        raise InvalidInput(f"unknown engine {engine!r}", place=place, fix=f"Use auto, {' or '.join(ENGINES)}.")
    layers = spec.options.get("gpu_layers", "auto")
    if layers != "auto" and (isinstance(layers, bool) or not isinstance(layers, int) or layers < -1):
        raise InvalidInput(f"gpu_layers is {layers!r}", place=place, fix="Use auto, a number, or -1 for all of them.")
    parallel = spec.options.get("parallel", 1)
    if parallel != 1 and engine == "xllamacpp":
        raise InvalidInput("xllamacpp answers one call at a time here", place=place, fix="Use llama-cpp-python.")
    if isinstance(parallel, bool) or not isinstance(parallel, int) or not 1 <= parallel <= MOST_PARALLEL:
        raise InvalidInput(
            f"parallel is {parallel!r}", place=place, fix=f"Use a whole number from 1 to {MOST_PARALLEL}."
        )
    if not isinstance(spec.options.get("reuse_prefix", True), bool):
        raise InvalidInput("reuse_prefix is neither true nor false", place=place, fix="Use true or false.")
    return LlamaCppTarget(spec, folder / spec.model)

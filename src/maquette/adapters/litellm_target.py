"""API models of every provider through LiteLLM, and OpenAI-compatible servers by their base URL.

LiteLLM takes seconds to import: it is imported in a thread when the first target starts, with its own price map from
the package and nothing sent home.
"""

import asyncio
import os
import time
import warnings
from importlib import import_module
from pathlib import Path
from typing import Any

from maquette.evals.calls import Answer, Call, CallError, FailureKind, TargetSpec, as_chat, as_chat_tool
from maquette.foundation.problems import InvalidInput, Place, Unavailable

_KINDS_BY_NAME = {
    "Timeout": FailureKind.TIMEOUT,
    "APITimeoutError": FailureKind.TIMEOUT,
    "TimeoutError": FailureKind.TIMEOUT,
    "ContextWindowExceededError": FailureKind.CONTEXT_OVERFLOW,
    "APIConnectionError": FailureKind.CONNECTION,
}
"""Exceptions that their status does not tell, by name, so that none must be imported to look one up."""

_KINDS_BY_STATUS = {
    401: FailureKind.AUTHENTICATION,
    403: FailureKind.AUTHENTICATION,
    408: FailureKind.TIMEOUT,
    429: FailureKind.RATE_LIMIT,
}

_OPTIONS = {"allow_unpriced", "concurrency", "constrain", "stream"}
_CONCURRENCY = 64
_NO_KEY = "none"
"""What is sent to a server that asks for no key; LiteLLM insists on some text."""


_connected: set["LiteLlmTarget"] = set()
"""LiteLLM closes all its connections or none: the last target that is closed closes them."""


class LiteLlmTarget:
    """One model behind LiteLLM.

    A server on this machine is asked one call at a time unless the option ``concurrency`` says otherwise, so that its
    latency is an answer's and not a queue's. Answers are streamed, for the time to the first token; some servers, that
    of llama-cpp-python among them, then do not tell their token counts, and the option ``stream: false`` gets those.
    """

    def __init__(self, spec: TargetSpec) -> None:
        self.id = spec.id
        self.shares_machine = spec.on_this_machine
        self.concurrency = int(spec.options.get("concurrency", 1 if spec.on_this_machine else _CONCURRENCY))
        self._spec = spec
        self._stream = bool(spec.options.get("stream", True))
        self._litellm: Any = None

    async def start(self) -> None:
        """Import LiteLLM, and look that the key is there.

        Raises:
            Unavailable: The environment variable with the key is not set.
        """
        name = self._spec.api_key_env
        if name is not None and not os.environ.get(name):
            raise self._no_key(name)
        self._litellm = await asyncio.to_thread(_imported)
        if name is None and self._spec.base_url is None:
            missing = self._litellm.validate_environment(self._spec.model)["missing_keys"]
            # A cloud account's keys may come from elsewhere; an API key comes from the environment alone.
            if missing and all(key.endswith("_API_KEY") for key in missing):
                raise self._no_key(" or ".join(missing))
        _connected.add(self)

    def _no_key(self, name: str) -> Unavailable:
        return Unavailable(
            f"the environment variable {name} is not set",
            place=Place(field=f"models.targets.{self.id}.api_key_env"),
            fix="Set it to the provider's key.",
        )

    async def answer(self, call: Call) -> Answer:
        """One attempt.

        Raises:
            CallError: It failed; a rate limit carries what the provider asked to wait.
        """
        started = time.perf_counter()
        try:
            reply = await self._litellm.acompletion(**self._arguments(call))
            return await _collected(reply, started) if self._stream else _whole(reply, started)
        except CallError:
            raise
        except Exception as error:
            raise _failure(error) from error

    async def close(self) -> None:
        """Close LiteLLM's connections, if no other target needs them."""
        if self in _connected:
            _connected.discard(self)
            if not _connected:
                await self._litellm.close_litellm_async_clients()

    def _arguments(self, call: Call) -> dict[str, Any]:
        parameters, spec = call.parameters, self._spec
        arguments: dict[str, Any] = {
            "model": spec.model,
            "messages": [as_chat(message) for message in call.messages],
            "max_tokens": parameters.max_output_tok,
            "timeout": parameters.timeout_s,
            "num_retries": 0,
            "max_retries": 0,
            "drop_params": True,
        }
        if self._stream:
            arguments |= {"stream": True, "stream_options": {"include_usage": True}}
        if call.tools:
            arguments["tools"] = [as_chat_tool(tool) for tool in call.tools]
        if parameters.temperature is not None:
            arguments["temperature"] = parameters.temperature
        if parameters.seed is not None:
            arguments["seed"] = parameters.seed
        if parameters.answer_schema is not None and spec.options.get("constrain"):
            schema = {"name": "answer", "schema": dict(parameters.answer_schema), "strict": True}
            arguments["response_format"] = {"type": "json_schema", "json_schema": schema}
        if spec.base_url is not None:
            arguments["api_base"] = spec.base_url
            arguments["api_key"] = _NO_KEY
        if spec.api_key_env is not None:
            arguments["api_key"] = os.environ[spec.api_key_env]
        return arguments


def open_target(spec: TargetSpec, *, folder: Path) -> LiteLlmTarget:
    """The model that the spec names; the folder plays no part.

    Raises:
        InvalidInput: An option is unknown, or the concurrency is no whole number from 1 on.
    """
    del folder
    place = Place(field=f"models.targets.{spec.id}.options")
    if unknown := sorted(set(spec.options) - _OPTIONS):
        raise InvalidInput(
            f"unknown option {unknown[0]!r}", place=place, fix=f"Known are: {', '.join(sorted(_OPTIONS))}."
        )
    at_once = spec.options.get("concurrency", 1)
    if isinstance(at_once, bool) or not isinstance(at_once, int) or at_once < 1:
        raise InvalidInput(f"{at_once!r} calls at once are not possible", place=place, fix="Use a number from 1 on.")
    return LiteLlmTarget(spec)


def _imported() -> Any:  # LiteLLM declares no types
    # Both must stand before the import, which otherwise asks the network for a price map.
    os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"
    os.environ.setdefault("LITELLM_LOG", "ERROR")
    # Pydantic's remark on one of its types, made on the first answer, would land in the middle of an interface.
    warnings.filterwarnings("ignore", r"Items? '.*' on TypedDict class .* `ReadOnly`", UserWarning)
    litellm: Any = import_module("litellm")
    litellm.suppress_debug_info = True
    litellm.telemetry = False
    return litellm


def _whole(reply: Any, started: float) -> Answer:
    choice = reply.choices[0]
    return _answer(
        choice.message.content or "",
        getattr(reply, "usage", None),
        latency_s=time.perf_counter() - started,
        ttft_s=None,
        finish_reason=choice.finish_reason,
    )


async def _collected(stream: Any, started: float) -> Answer:
    """The whole answer of a stream, with the time to its first text."""
    parts: list[str] = []
    ttft_s: float | None = None
    usage: Any = None
    finish_reason = "stop"
    async for chunk in stream:
        usage = getattr(chunk, "usage", None) or usage
        for choice in chunk.choices[:1]:
            text = choice.delta.content
            if text:
                ttft_s = ttft_s if ttft_s is not None else time.perf_counter() - started
                parts.append(text)
            finish_reason = choice.finish_reason or finish_reason
    latency_s = time.perf_counter() - started
    if not _reported(stream):
        usage = None
    if not parts and usage is None:
        raise CallError(FailureKind.SERVER, "the server ended the stream without an answer")
    return _answer("".join(parts), usage, latency_s=latency_s, ttft_s=ttft_s, finish_reason=finish_reason)


def _answer(text: str, usage: Any, *, latency_s: float, ttft_s: float | None, finish_reason: object) -> Answer:
    details = getattr(usage, "prompt_tokens_details", None)
    return Answer(
        text=text,
        input_tok=getattr(usage, "prompt_tokens", None),
        output_tok=getattr(usage, "completion_tokens", None),
        cached_tok=getattr(details, "cached_tokens", None),
        latency_s=latency_s,
        ttft_s=ttft_s,
        finish_reason=str(finish_reason),
        client="litellm",
    )


def _reported(stream: Any) -> bool:
    """Whether the server told its usage: LiteLLM makes up one where it did not, and keeps what did come."""
    return any(getattr(chunk, "usage", None) for chunk in stream.chunks)


def _failure(error: Exception) -> CallError:
    headers = getattr(error, "litellm_response_headers", None) or {}
    return CallError(
        _kind(error),
        f"{type(error).__name__}: {str(error)[:500]}",
        retry_after_s=_seconds(headers.get("retry-after")),
    )


def _kind(error: Exception) -> FailureKind:
    """By the exception's own name or that of a class it derives from, else by the HTTP status."""
    for cls in type(error).__mro__:
        if cls.__name__ in _KINDS_BY_NAME:
            return _KINDS_BY_NAME[cls.__name__]
    try:
        status = int(getattr(error, "status_code", 0) or 0)
    except ValueError:
        status = 0
    return _KINDS_BY_STATUS.get(status) or (FailureKind.SERVER if status >= 500 else FailureKind.REFUSED_REQUEST)


def _seconds(header: str | None) -> float | None:
    """A number of seconds; the header's other form, a date, is rare and left to the backoff."""
    try:
        return None if header is None else float(header)
    except ValueError:
        return None

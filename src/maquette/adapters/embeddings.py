"""Embedding models of every provider through LiteLLM, and of OpenAI-compatible servers by their base URL.

One call a batch, without retries, cache or prices: those are the caller's.
"""

import asyncio
import os
from collections.abc import Sequence
from importlib import import_module
from typing import Any

from maquette.evals.calls import CallError, FailureKind, TargetSpec
from maquette.evals.metrics.protocol import Embedded
from maquette.foundation.problems import Place, Unavailable

_NO_KEY = "none"
"""What is sent to a server that asks for no key; LiteLLM insists on some text."""

_TIMEOUT_S = 60.0

_KINDS_BY_STATUS = {
    401: FailureKind.AUTHENTICATION,
    403: FailureKind.AUTHENTICATION,
    408: FailureKind.TIMEOUT,
    429: FailureKind.RATE_LIMIT,
}
_KINDS_BY_NAME = {
    "Timeout": FailureKind.TIMEOUT,
    "APIConnectionError": FailureKind.CONNECTION,
    "ContextWindowExceededError": FailureKind.CONTEXT_OVERFLOW,
}


class LiteLlmEmbedder:
    """One embedding model behind LiteLLM."""

    def __init__(self, spec: TargetSpec) -> None:
        self.id = spec.id
        self._spec = spec
        self._litellm: Any = None

    async def start(self) -> None:
        """Import LiteLLM, and look that the key is there.

        Raises:
            Unavailable: The environment variable with the key is not set.
        """
        name = self._spec.api_key_env
        if name is not None and not os.environ.get(name):
            raise Unavailable(
                f"the environment variable {name} is not set",
                place=Place(field=f"models.targets.{self.id}.api_key_env"),
                fix="Set it to the provider's key.",
            )
        self._litellm = await asyncio.to_thread(_imported)

    async def embed(self, texts: Sequence[str]) -> Embedded:
        """The vectors of one batch, in one call.

        Raises:
            CallError: The call failed, or there is not one vector of numbers for each text.
        """
        try:
            reply = await self._litellm.aembedding(**self._arguments(texts))
        except Exception as error:
            raise _failure(error) from error
        return _embedded(reply, len(texts))

    async def close(self) -> None:
        """Close LiteLLM's connections: all of them, since it closes all or none."""
        if self._litellm is not None:
            litellm, self._litellm = self._litellm, None
            await litellm.close_litellm_async_clients()

    def _arguments(self, texts: Sequence[str]) -> dict[str, Any]:
        arguments: dict[str, Any] = {
            "model": self._spec.model,
            # Half of a surrogate pair is no UTF-8; a provider refuses an empty text.
            "input": [text.encode(errors="replace").decode() or " " for text in texts],
            "encoding_format": "float",
            "timeout": _TIMEOUT_S,
            "num_retries": 0,
            "max_retries": 0,
        }
        if self._spec.base_url is not None:
            arguments |= {"api_base": self._spec.base_url, "api_key": _NO_KEY}
        if self._spec.api_key_env is not None:
            arguments["api_key"] = os.environ[self._spec.api_key_env]
        return arguments


def open_embedder(spec: TargetSpec) -> LiteLlmEmbedder:
    """The embedding model that a spec names; nothing is loaded or connected yet."""
    return LiteLlmEmbedder(spec)


def _imported() -> Any:  # LiteLLM declares no types
    # Both must stand before the import, which otherwise asks the network for a price map.
    os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"
    os.environ.setdefault("LITELLM_LOG", "ERROR")
    litellm: Any = import_module("litellm")
    litellm.suppress_debug_info = True
    litellm.telemetry = False
    # Its embedding call takes 0 retries for "as usual", which would be calls that no cap covers.
    litellm.DEFAULT_MAX_RETRIES = 0
    return litellm


def _embedded(reply: Any, number: int) -> Embedded:
    """The vectors by their own index, which need not be their place."""
    try:
        rows = sorted(((_of(row, "index"), _of(row, "embedding")) for row in reply.data), key=lambda row: int(row[0]))
        vectors = tuple(tuple(map(float, vector)) for _, vector in rows)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise CallError(FailureKind.SERVER, f"the server sent no vectors: {error}") from error
    if len(vectors) != number:
        raise CallError(FailureKind.SERVER, f"the server sent {len(vectors)} vectors for {number} texts")
    usage = getattr(reply, "usage", None)
    # LiteLLM writes zeros where a server does not tell its usage; no text takes no token.
    return Embedded(vectors=vectors, input_tok=getattr(usage, "prompt_tokens", None) or None)


def _of(row: Any, name: str) -> Any:
    return row[name] if isinstance(row, dict) else getattr(row, name)


def _failure(error: Exception) -> CallError:
    for cls in type(error).__mro__:
        if cls.__name__ in _KINDS_BY_NAME:
            return CallError(_KINDS_BY_NAME[cls.__name__], _told(error))
    status = getattr(error, "status_code", None)
    status = status if isinstance(status, int) else 0
    kind = _KINDS_BY_STATUS.get(status, FailureKind.SERVER if status >= 500 else FailureKind.REFUSED_REQUEST)
    return CallError(kind, _told(error))


def _told(error: Exception) -> str:
    return f"{type(error).__name__}: {str(error)[:500]}"

"""What a server's refusals and errors mean: their kind, their words, and how long to wait."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from math import isfinite
from typing import Any

from maquette.evals.calls import CallError, FailureKind

MOST_WAIT_S = 3600.0
"""A server that asks for more is as good as gone; its word is taken for an hour."""

_KINDS = {
    401: FailureKind.AUTHENTICATION,
    403: FailureKind.AUTHENTICATION,
    408: FailureKind.TIMEOUT,
    409: FailureKind.SERVER,
    425: FailureKind.SERVER,
    429: FailureKind.RATE_LIMIT,
}

_OVERFLOW = re.compile(
    r"context_length_exceeded|exceed_context_size|maximum context length|context (window|size|length)"
    r"|maximum (model|allowed) length|prompt is too long|input token count .*exceeds|must have less than \d+ tokens"
    r"|inputs.{0,40}max_new_tokens",
    re.IGNORECASE,
)
"""Wordings of OpenAI, vLLM, SGLang, llama.cpp, llama-cpp-python, TGI, Anthropic and Gemini.

Sources: vllm-project/vllm#20409, sgl-project/sglang#4048 and #8096, ggml-org/llama.cpp#15780 and #19774.
"""

_SPENT = re.compile(r"insufficient_quota|billing_hard_limit|exceeded your current quota", re.IGNORECASE)
"""A quota that no waiting fills."""

_TAG = re.compile(r"<(script|style).*?</\1>|<[^>]*>", re.IGNORECASE | re.DOTALL)


@dataclass(frozen=True, kw_only=True, slots=True)
class ServerError:
    """What a server said of a failure.

    Attributes:
        param: The parameter that it names, if it names one.
        words: Message, type and code together, to be searched.
    """

    status: int
    message: str
    param: str | None
    words: str

    @property
    def kind(self) -> FailureKind:
        """By the words where they are certain, else by the status."""
        if self.status not in _KINDS and _OVERFLOW.search(self.words):
            return FailureKind.CONTEXT_OVERFLOW
        if _SPENT.search(self.words):
            return FailureKind.REFUSED_REQUEST
        return _KINDS.get(self.status) or (FailureKind.SERVER if self.status >= 500 else FailureKind.REFUSED_REQUEST)

    def as_call_error(self, headers: Mapping[str, str]) -> CallError:
        """The failed call."""
        detail = f"HTTP {self.status}: {self.message}" if self.message else f"HTTP {self.status}"
        return CallError(self.kind, detail, retry_after_s=retry_after_s(headers))


def server_error(status: int, body: bytes) -> ServerError:
    """What the body of a refusal says, whatever its form: OpenAI's, FastAPI's, plain text or a web page."""
    text = body.decode(errors="replace")
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        return ServerError(status=status, message=one_line(_TAG.sub(" ", text)), param=None, words=text)
    return error_in(data, status=status)


def error_in(data: Any, *, status: int) -> ServerError:
    """The error in JSON data; a status of its own, as in a stream, goes before ``status``."""
    error = data.get("error", data) if isinstance(data, dict) else data
    if not isinstance(error, dict):
        return ServerError(status=status, message=one_line(str(error)), param=None, words=str(error))
    message = error.get("message") or error.get("detail") or error.get("error") or json.dumps(error)
    code, param = error.get("code"), error.get("param")
    return ServerError(
        status=code if isinstance(code, int) and 400 <= code < 600 else status,
        message=one_line(str(message)),
        param=param if isinstance(param, str) else None,
        words=f"{message} {error.get('type')} {code}",
    )


def one_line(text: str) -> str:
    """The text with every run of white space as one space."""
    return " ".join(text.split())


def retry_after_s(headers: Mapping[str, str]) -> float | None:
    """How long the server asks to wait, in seconds; it may say milliseconds, seconds or a date."""
    for name, factor in (("Retry-After-Ms", 0.001), ("Retry-After", 1.0)):
        value = headers.get(name)
        if value is None:
            continue
        try:
            seconds = float(value) * factor
        except ValueError:
            seconds = _until(value)
        if isfinite(seconds):
            return min(max(seconds, 0.0), MOST_WAIT_S)
    return None


def _until(date: str) -> float:
    """Seconds until the date of an HTTP header; not a number where it is none."""
    try:
        then = parsedate_to_datetime(date)
    except (ValueError, TypeError, IndexError, OverflowError):
        return float("nan")
    return (then.replace(tzinfo=then.tzinfo or UTC) - datetime.now(UTC)).total_seconds()

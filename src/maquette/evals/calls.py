"""The seam to models: what is asked of a target, what it answers, how it fails. Adapters implement `Target`.

A failed call is data: it becomes a trial, never a crash.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol
from urllib.parse import urlsplit

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
"""Hosts that are this machine."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Message:
    """One chat message; ``role`` is "system", "user" or "assistant"."""

    role: str
    content: str


@dataclass(frozen=True, kw_only=True, slots=True)
class CallParameters:
    """How a model is to answer. None leaves the model's own setting alone.

    Attributes:
        answer_schema: A JSON Schema that the answer must follow, for targets that can enforce it.
    """

    max_output_tok: int
    temperature: float | None = 0.0
    seed: int | None = 7
    answer_schema: Mapping[str, Any] | None = None
    timeout_s: float = 60.0

    @property
    def asked(self) -> Mapping[str, Any]:
        """What can change an answer: everything but the time that a call may take."""
        return {
            "max_output_tok": self.max_output_tok,
            "temperature": self.temperature,
            "seed": self.seed,
            "answer_schema": self.answer_schema,
        }


@dataclass(frozen=True, kw_only=True, slots=True)
class Call:
    """One request to a target."""

    messages: tuple[Message, ...]
    parameters: CallParameters


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """What came back. Token counts are the target's own; None where it reports none.

    Attributes:
        latency_s: From sending to the whole answer, of the attempt that succeeded.
        ttft_s: Time to first token; None when the target does not stream.
        finish_reason: "stop", "length", or what the target says.
    """

    text: str
    input_tok: int | None
    output_tok: int | None
    cached_tok: int | None
    latency_s: float
    ttft_s: float | None
    finish_reason: str


class FailureKind(StrEnum):
    """Why a call failed."""

    TIMEOUT = "timeout"
    RATE_LIMIT = "rate_limit"
    SERVER = "server"
    CONNECTION = "connection"
    AUTHENTICATION = "authentication"
    CONTEXT_OVERFLOW = "context_overflow"
    REFUSED_REQUEST = "refused_request"
    CRASH = "crash"


RETRYABLE = frozenset({FailureKind.TIMEOUT, FailureKind.RATE_LIMIT, FailureKind.SERVER, FailureKind.CONNECTION})


class CallError(Exception):
    """A call failed; the runner retries the retryable kinds and records the rest."""

    def __init__(self, kind: FailureKind, detail: str, *, retry_after_s: float | None = None) -> None:
        super().__init__(detail)
        self.kind = kind
        self.detail = detail
        self.retry_after_s = retry_after_s


class Target(Protocol):
    """A model that can be called. Implementations hold no state between calls but their connection.

    ``concurrency`` is how many calls it can usefully have in flight; the runner never exceeds it.
    """

    @property
    def id(self) -> str:
        """The id of its spec, unique within a run."""

    @property
    def concurrency(self) -> int:
        """How many calls at once make sense."""

    @property
    def shares_machine(self) -> bool:
        """Whether it computes on this machine: such targets run one after another, so that latencies are true."""

    async def start(self) -> None:
        """Load the model or open the connection.

        Raises:
            Unavailable: A library, file, key or server is missing.
        """

    async def answer(self, call: Call) -> Answer:
        """One attempt, without retries.

        Raises:
            CallError: The attempt failed.
        """

    async def close(self) -> None:
        """Give everything back; may be called twice."""


@dataclass(frozen=True, kw_only=True, slots=True)
class TargetSpec:
    """How a model is reached, as it stands in maquette.yaml.

    Attributes:
        id: Names the target within a project: the card's id, or a name of the user's own.
        card: The catalog id of the model that is served, for its price and its limits.
        adapter: A name under the entry point ``maquette.targets``: "litellm", "llama_cpp", "replay".
        model: What the adapter calls it: LiteLLM's model string, a GGUF file, a run to replay.
        base_url: Of an OpenAI-compatible server.
        api_key_env: The name of the environment variable that holds the key; never the key.
    """

    id: str
    card: str
    adapter: str
    model: str
    base_url: str | None = None
    api_key_env: str | None = None
    options: Mapping[str, Any] = field(default_factory=dict)

    @property
    def on_this_machine(self) -> bool:
        """Whether ``base_url`` names a server on this machine."""
        return urlsplit(self.base_url or "").hostname in LOOPBACK

    @property
    def identity(self) -> tuple[object, ...]:
        """What tells this target's answers from another's. The port of a server on this machine changes by itself."""
        url = None if self.on_this_machine else self.base_url
        return (self.id, self.card, self.adapter, self.model, url, self.options)

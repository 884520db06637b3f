"""The seam to models: what is asked of a target, what it answers, how it fails. Adapters implement `Target`.

A failed call is data: it becomes a trial, never a crash.
"""

from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol
from urllib.parse import urlsplit

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
"""Hosts that are this machine."""

MODEL_FILE_ADAPTER = "llama_cpp"
"""The adapter whose model is a file."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Image:
    """A picture in a message, as a data URL: nothing is fetched on its account.

    Raises:
        ValueError: ``data_url`` is no data URL.
    """

    data_url: str

    def __post_init__(self) -> None:
        if not self.data_url.startswith("data:"):
            raise ValueError("an image is given as a data URL, or by Image.of_bytes")

    @classmethod
    def of_bytes(cls, content: bytes, *, media_type: str) -> "Image":
        """A file's content as an image; ``media_type`` such as "image/png"."""
        return cls(data_url=f"data:{media_type};base64,{b64encode(content).decode()}")


@dataclass(frozen=True, kw_only=True, slots=True)
class Tool:
    """A function that a model may call; ``parameters`` is the JSON Schema of its arguments."""

    name: str
    description: str = ""
    parameters: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class ToolCall:
    """A call that a model asks for; ``arguments`` is its own text, which need not be JSON."""

    id: str
    name: str
    arguments: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Message:
    """One chat message; ``role`` is "system", "user", "assistant" or "tool".

    Attributes:
        images: Pictures that follow the text.
        tool_calls: What an assistant asked for in an earlier turn.
        tool_call_id: The call that a message of role "tool" answers.
    """

    role: str
    content: str
    images: tuple[Image, ...] = ()
    tool_calls: tuple[ToolCall, ...] = ()
    tool_call_id: str | None = None


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
    tools: tuple[Tool, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """What came back. Token counts are the target's own; None where it reports none.

    Attributes:
        latency_s: From sending to the whole answer, of the attempt that succeeded.
        ttft_s: Time to first token, be it text, reasoning or a tool call; None when the target does not stream.
        finish_reason: "stop", "length", or what the target says.
        reasoning: The thoughts that a server hands out apart from the text.
        reasoning_tok: Tokens of thought, which ``output_tok`` includes.
        itl_p50_s: Median gap between two chunks of the answer; None when not streamed, or with fewer than two chunks.
        itl_p95_s: The 95th percentile of these gaps.
        client: What made the call: "aiohttp", "litellm" or "llama.cpp", with the layers on an accelerator if any are.
        loop_lag_s: The most that this process's event loop ran late during the call: where it is not small against
            the latency, the client was the bottleneck and not the server. None where nobody looked.
        left_out: Parameters that the server refuses, and that were left out or weakened for it.
        server_request_id: The server's own name for the call, to find it in its log.
    """

    text: str
    input_tok: int | None
    output_tok: int | None
    cached_tok: int | None
    latency_s: float
    ttft_s: float | None
    finish_reason: str
    tool_calls: tuple[ToolCall, ...] = ()
    reasoning: str = ""
    reasoning_tok: int | None = None
    itl_p50_s: float | None = None
    itl_p95_s: float | None = None
    client: str = ""
    loop_lag_s: float | None = None
    left_out: tuple[str, ...] = ()
    server_request_id: str | None = None

    @property
    def tpot_s(self) -> float | None:
        """Time per output token after the first: (latency - TTFT) / (output tokens - 1); None where one is unknown."""
        if self.ttft_s is None or self.output_tok is None or self.output_tok < 2:
            return None
        return (self.latency_s - self.ttft_s) / (self.output_tok - 1)


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
        adapter: A name under the entry point ``maquette.targets``: "openai", "litellm", "llama_cpp", "replay".
        model: What the adapter calls it: the server's name for it, LiteLLM's, a GGUF file, a run to replay.
        base_url: Of an OpenAI-compatible server.
        api_key_env: The name of the environment variable that holds the key; never the key.
        digest: Of the content of a model file, which another file of the same name does not share; None elsewhere.
    """

    id: str
    card: str
    adapter: str
    model: str
    base_url: str | None = None
    api_key_env: str | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    digest: str | None = None

    @property
    def on_this_machine(self) -> bool:
        """Whether ``base_url`` names a server on this machine."""
        return urlsplit(self.base_url or "").hostname in LOOPBACK

    @property
    def identity(self) -> tuple[object, ...]:
        """What tells this target's answers from another's. The port of a server on this machine changes by itself."""
        url = None if self.on_this_machine else self.base_url
        known = (self.id, self.card, self.adapter, self.model, url, self.options)
        return known if self.digest is None else (*known, self.digest)


def as_chat(message: Message) -> dict[str, Any]:
    """The message in the chat format of OpenAI's API, which most servers and libraries share."""
    chat: dict[str, Any] = {"role": message.role, "content": message.content}
    if message.images:
        text = [{"type": "text", "text": message.content}] if message.content else []
        pictures = [{"type": "image_url", "image_url": {"url": image.data_url}} for image in message.images]
        chat["content"] = [*text, *pictures]
    if message.tool_calls:
        chat["tool_calls"] = [
            {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}
            for call in message.tool_calls
        ]
    if message.tool_call_id is not None:
        chat["tool_call_id"] = message.tool_call_id
    return chat


def as_chat_tool(tool: Tool) -> dict[str, Any]:
    """The tool in that format."""
    function = {"name": tool.name, "description": tool.description, "parameters": dict(tool.parameters)}
    return {"type": "function", "function": function}

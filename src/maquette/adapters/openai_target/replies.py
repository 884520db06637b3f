"""What a server sends becomes an answer: events of a stream or one JSON object, put together as they come."""

import json
from dataclasses import dataclass
from typing import Any

from maquette.adapters.openai_target.failures import error_in, one_line
from maquette.evals.calls import Answer, CallError, FailureKind, ToolCall

DONE = b"[DONE]"


class Events:
    """Cuts a stream of server-sent events into the data of each: one line ``data: …`` an event, as all servers send.

    Lines are cut as bytes, so that no character is torn where two blocks meet.
    """

    def __init__(self) -> None:
        self._torn: list[bytes] = []

    def feed(self, block: bytes) -> list[bytes]:
        """The data of the events that this block completes."""
        end = block.rfind(b"\n")
        if end < 0:
            self._torn.append(block)
            return []
        whole = b"".join((*self._torn, block[:end]))
        self._torn = [block[end + 1 :]]
        return [_data(line) for line in whole.split(b"\n") if line.startswith((b"data:", b"error:"))]

    def rest(self) -> list[bytes]:
        """The data of a last line without an end."""
        return self.feed(b"\n")


def _data(line: bytes) -> bytes:
    """llama.cpp once put its errors under a name of their own."""
    return line.partition(b":")[2].strip()


@dataclass(slots=True)
class _ToolCallParts:
    id: str = ""
    name: str = ""
    arguments: str = ""


class Collected:
    """An answer while it arrives.

    Attributes:
        first_s: When its first part came, by the clock of the caller.
        chars: Characters of text and thought so far.
        finish_reason: What the server says of the end; None as long as it has said nothing.
    """

    def __init__(self) -> None:
        self.first_s: float | None = None
        self.chars = 0
        self.finish_reason: str | None = None
        self._text: list[str] = []
        self._thoughts: list[str] = []
        self._tool_calls: dict[int, _ToolCallParts] = {}
        self._usage: dict[str, Any] = {}
        self._gaps_s: list[float] = []
        self._last_s = 0.0

    @property
    def empty(self) -> bool:
        """Whether nothing has come, not even a count of tokens."""
        return self.first_s is None and not self._usage and self.finish_reason is None

    def take(self, event: bytes, now_s: float) -> None:
        """Add one event of a stream, or a whole answer.

        Raises:
            CallError: It is an error, or no part of an answer.
        """
        try:
            data = json.loads(event.decode(errors="replace"))
            if data.get("error"):
                error = error_in(data, status=500)
                raise CallError(error.kind, f"the server broke off: {error.message}")
            if isinstance(usage := data.get("usage"), dict):
                self._usage = usage
            for choice in (data.get("choices") or ())[:1]:
                self._take_choice(choice, now_s)
        except (ValueError, TypeError, AttributeError, KeyError, OverflowError, RecursionError) as error:
            shown = one_line(event.decode(errors="replace"))
            raise CallError(FailureKind.SERVER, f"the server's answer is no chat completion: {shown}") from error

    def answer(self, *, started_s: float, ended_s: float, streamed: bool, **more: Any) -> Answer:
        """The whole answer; ``more`` are fields that the connection knows."""
        usage = self._usage
        gaps_s = sorted(self._gaps_s) if streamed else []
        return Answer(
            text="".join(self._text),
            input_tok=_count(usage, "prompt_tokens"),
            output_tok=_count(usage, "completion_tokens"),
            cached_tok=_count(usage.get("prompt_tokens_details"), "cached_tokens"),
            reasoning_tok=_count(usage.get("completion_tokens_details"), "reasoning_tokens"),
            latency_s=ended_s - started_s,
            ttft_s=self.first_s - started_s if streamed and self.first_s is not None else None,
            itl_p50_s=_quantile(gaps_s, 0.5),
            itl_p95_s=_quantile(gaps_s, 0.95),
            finish_reason=self.finish_reason or "unknown",
            reasoning="".join(self._thoughts),
            tool_calls=tuple(
                ToolCall(id=call.id, name=call.name, arguments=call.arguments)
                for _, call in sorted(self._tool_calls.items())
            ),
            client="aiohttp",
            **more,
        )

    def _take_choice(self, choice: dict[str, Any], now_s: float) -> None:
        part = choice.get("delta") or choice.get("message") or {}
        text = _plain(part.get("content")) or _plain(part.get("refusal"))
        thought = _plain(part.get("reasoning_content")) or _plain(part.get("reasoning"))
        tool_calls = part.get("tool_calls") or ()
        if text:
            self._text.append(text)
        if thought:
            self._thoughts.append(thought)
        for call in tool_calls:
            self._take_tool_call(call)
        if text or thought or tool_calls:
            self._mark(now_s)
            self.chars += len(text) + len(thought)
        if reason := choice.get("finish_reason"):
            self.finish_reason = str(reason)

    def _take_tool_call(self, part: dict[str, Any]) -> None:
        """Parts of a call come under its number; where a server leaves that out, an id begins a new one."""
        last = max(self._tool_calls, default=-1)
        number = part.get("index")
        if number is None:
            number = last + 1 if part.get("id") or last < 0 else last
        call = self._tool_calls.setdefault(int(number), _ToolCallParts())
        function = part.get("function") or {}
        call.id = str(part.get("id") or call.id)
        call.name += str(function.get("name") or "")
        call.arguments += str(function.get("arguments") or "")

    def _mark(self, now_s: float) -> None:
        if self.first_s is None:
            self.first_s = now_s
        else:
            self._gaps_s.append(now_s - self._last_s)
        self._last_s = now_s


def _plain(content: object) -> str:
    """Text, or the text among the parts of a content."""
    if isinstance(content, str):
        return content
    if not isinstance(content, list):
        return ""
    return "".join(str(part.get("text") or "") for part in content if part.get("type") == "text")


def _count(usage: object, name: str) -> int | None:
    """A number of tokens; None where the server tells none, or nonsense."""
    value = usage.get(name) if isinstance(usage, dict) else None
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def _quantile(ordered: list[float], fraction: float) -> float | None:
    """By linear interpolation between order statistics, as numpy's default."""
    if not ordered:
        return None
    position = fraction * (len(ordered) - 1)
    below = int(position)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (position - below)

"""A call as the body of a request, without what the server refused before."""

import re
from collections.abc import Mapping
from typing import Any

from maquette.adapters.openai_target.settings import Settings
from maquette.evals.calls import Call, as_chat, as_chat_tool

_MAX_TOK = ("max_tokens", "max_completion_tokens")
"""The name that most servers know, and the one that OpenAI's reasoning models ask for."""

_DROPPABLE = ("stream_options", "seed", "temperature")

_FORMATS = ("json_schema", "json_object with the schema", "json_object")
"""Ways to ask for an answer that follows a schema, the strictest first."""

_REFUSAL = re.compile(
    r"unsupported|n.t support|unrecogni[sz]ed|unknown|unexpected|extra (inputs|fields)|not permitted|not allowed"
    r"|unavailable|input should be|not implemented|only the default",
    re.IGNORECASE,
)
"""Words by which a server says that it does not know an option, and not that its value is wrong."""

REFUSING_STATUSES = frozenset({400, 404, 422, 500, 501})


class Requests:
    """Builds the bodies of one target's requests, and learns from refusals."""

    def __init__(self, model: str, settings: Settings) -> None:
        self._model = model
        self._settings = settings
        self._dropped: set[str] = set()
        self._max_tok_name = _MAX_TOK[0]
        self._format = 0

    def body(self, call: Call) -> dict[str, Any]:
        """The request for ``call``, as JSON data."""
        parameters = call.parameters
        body: dict[str, Any] = {
            "model": self._model,
            "messages": [as_chat(message) for message in call.messages],
            self._max_tok_name: parameters.max_output_tok,
            "temperature": parameters.temperature,
            "seed": parameters.seed,
        }
        if self._settings.stream:
            body |= {"stream": True, "stream_options": {"include_usage": True}}
        if parameters.answer_schema is not None and self._settings.constrain:
            body["response_format"] = self._response_format(dict(parameters.answer_schema))
        if call.tools:
            body["tools"] = [as_chat_tool(tool) for tool in call.tools]
        kept = {name: value for name, value in body.items() if value is not None and name not in self._dropped}
        return kept | dict(self._settings.extra_body)

    def left_out(self, sent: Mapping[str, Any]) -> tuple[str, ...]:
        """What the server made us leave out of calls like the one that was ``sent``, for the answer's record."""
        weakened = ("json_schema",) if "response_format" in sent and self._format else ()
        return (*weakened, *sorted(self._dropped - {"stream_options"}))

    def give_in(self, sent: Mapping[str, Any], *, param: str | None, message: str) -> bool:
        """Whether to ask again: the server refused an option of ``sent`` that can be left out or said differently.

        Calls in flight meet the same refusal: each compares with what it sent itself.
        """
        if not _REFUSAL.search(message):
            return False
        named = next((name for name in _negotiable(sent) if name == param or _names(message, name)), None)
        if named is None or named in self._settings.extra_body:
            return False
        if named == "response_format":
            self._format = max(self._format, _format_of(sent["response_format"]) + 1)
            return self._format < len(_FORMATS)
        if named == _MAX_TOK[0]:
            self._max_tok_name = _MAX_TOK[1]
        else:
            self._dropped.add(named)
        return True

    def _response_format(self, schema: dict[str, Any]) -> dict[str, Any]:
        match self._format:
            case 0:
                return {"type": "json_schema", "json_schema": {"name": "answer", "schema": schema, "strict": True}}
            case 1:
                return {"type": "json_object", "schema": schema}
        return {"type": "json_object"}


def _negotiable(sent: Mapping[str, Any]) -> list[str]:
    return [name for name in ("response_format", _MAX_TOK[0], *_DROPPABLE) if name in sent]


def _names(message: str, name: str) -> bool:
    words = "response.format|json_schema|json_object" if name == "response_format" else name
    return re.search(rf"\b({words})\b", message) is not None


def _format_of(response_format: Mapping[str, Any]) -> int:
    return 0 if response_format["type"] == "json_schema" else 1 if "schema" in response_format else 2

"""A metric of tool calls: the right functions with the right arguments."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from maquette.evals.dataset import Example
from maquette.evals.metrics.json_answers import json_in, same
from maquette.evals.metrics.protocol import short, unscored, verdict
from maquette.evals.metrics.response import Response
from maquette.evals.trials import Score

MOST_CALLS = 200
"""More calls than that in one answer are not matched with each other."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Call:
    """A call; ``arguments`` None when they are no JSON object."""

    name: str
    arguments: Mapping[str, Any] | None


@dataclass(frozen=True, kw_only=True)
class ToolCallMatch:
    """The share of calls that match: 1 when the answer makes the expected calls and no other.

    The expected answer is ``{"name": ..., "arguments": {...}}``, a list of such calls, or either under ``tool_calls``;
    an empty list expects that nothing is called.

    Attributes:
        arguments: "exact": the same; "subset": at least the expected ones; "ignore": the name is enough.
        in_order: The calls must come in the expected order.
        allow_more: Calls beside the expected ones do no harm.
    """

    arguments: Literal["exact", "subset", "ignore"] = "exact"
    in_order: bool = False
    allow_more: bool = False
    name: str = "tool_call"

    def score(self, example: Example, response: Response) -> Score:
        """Matched calls / expected ones, or / made ones where these are more; unscored when calls are not known."""
        wanted = _expected(example.expected)
        if wanted is None:
            return unscored(self.name, "the expected answer is not a tool call, nor a list of them")
        if response.tool_calls is None:
            return unscored(self.name, "the answer's tool calls are not on record")
        made = [_Call(name=call.name, arguments=_arguments(call.arguments)) for call in response.tool_calls]
        if max(len(made), len(wanted)) > MOST_CALLS:
            return unscored(self.name, f"more than {MOST_CALLS} calls")
        matched = self._in_order(wanted, made) if self.in_order else self._in_any_order(wanted, made)
        of = len(wanted) if self.allow_more else max(len(wanted), len(made))
        if of == 0:
            return verdict(self.name, True)
        detail = "" if matched == of else f"{matched} of {len(wanted)} expected; made: {_told(made)}"
        return Score(metric=self.name, value=matched / of, detail=short(detail))

    def _matches(self, wanted: _Call, made: _Call) -> bool:
        if wanted.name != made.name:
            return False
        if self.arguments == "ignore":
            return True
        if wanted.arguments is None or made.arguments is None:
            return False
        if self.arguments == "exact":
            return same(made.arguments, wanted.arguments)
        found = made.arguments
        return all(key in found and same(found[key], value) for key, value in wanted.arguments.items())

    def _in_order(self, wanted: Sequence[_Call], made: Sequence[_Call]) -> int:
        """The longest common subsequence."""
        lengths = [0] * (len(made) + 1)
        for call in wanted:
            before = lengths[:]
            for at, other in enumerate(made, start=1):
                matched = before[at - 1] + 1 if self._matches(call, other) else 0
                lengths[at] = max(matched, before[at], lengths[at - 1])
        return lengths[-1]

    def _in_any_order(self, wanted: Sequence[_Call], made: Sequence[_Call]) -> int:
        """The largest matching, by augmenting paths: with subsets, one call can match several expected ones."""
        edges = [[at for at, other in enumerate(made) if self._matches(call, other)] for call in wanted]
        taken: dict[int, int] = {}

        def placed(row: int, seen: set[int]) -> bool:
            for at in edges[row]:
                if at not in seen:
                    seen.add(at)
                    if at not in taken or placed(taken[at], seen):
                        taken[at] = row
                        return True
            return False

        return sum(placed(row, set()) for row in range(len(wanted)))


def _expected(expected: object) -> list[_Call] | None:
    if isinstance(expected, Mapping) and "tool_calls" in expected:
        expected = expected["tool_calls"]
    calls = expected if isinstance(expected, list | tuple) else [expected]
    found = [_call(call) for call in calls]
    return None if None in found else [call for call in found if call is not None]


def _call(data: object) -> _Call | None:
    """A call as a file writes it, flat or under ``function`` as in the chat format; arguments may be JSON text."""
    if isinstance(data, Mapping) and isinstance(data.get("function"), Mapping):
        data = data["function"]
    if not isinstance(data, Mapping) or not isinstance(data.get("name"), str):
        return None
    arguments = data.get("arguments", {})
    if isinstance(arguments, str):
        arguments = _arguments(arguments)
    return _Call(name=data["name"], arguments=arguments) if isinstance(arguments, Mapping) else None


def _arguments(text: str) -> Mapping[str, Any] | None:
    """Arguments as data; nothing at all is what some servers send for a function without parameters."""
    data, why = json_in(text) if text.strip() else ({}, "")
    return data if not why and isinstance(data, dict) else None


def _told(made: Sequence[_Call]) -> str:
    return ", ".join(call.name if call.arguments is not None else f"{call.name} (no JSON)" for call in made) or "none"

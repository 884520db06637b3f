"""Turns of a conversation and tool definitions, as files have them, made into messages; each mistake with its place."""

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from maquette.evals.calls import Message, Tool, ToolCall

ROLES = ("system", "user", "assistant", "tool")

Tell = Callable[[str, str], None]
"""Told of each mistake: the field, and what is wrong with it."""


def read_messages(value: object, tell: Tell) -> tuple[Message, ...]:
    """The turns of ``[{"role", "content"}]``, OpenAI's form of tool calls included; the last one is what is asked."""
    if not isinstance(value, list) or not value:
        tell("messages", "not a list of turns")
        return ()
    turns = tuple(_turn(turn, f"messages.{place}", tell) for place, turn in enumerate(value))
    if turns[-1].role not in ("user", "tool"):
        tell(f"messages.{len(turns) - 1}.role", "the last turn asks nothing: it is neither a user's nor a tool's")
    _match_calls(turns, tell)
    return turns


def _turn(turn: object, place: str, tell: Tell) -> Message:
    if not isinstance(turn, Mapping):
        tell(place, "not an object with a role and a content")
        return Message(role="user", content="")
    role, content = turn.get("role"), turn.get("content")
    if role not in ROLES:
        tell(f"{place}.role", f"none of {', '.join(ROLES)}")
    calls = _calls(turn.get("tool_calls"), f"{place}.tool_calls", tell)
    if content is None and calls:
        content = ""
    if not isinstance(content, str):
        tell(f"{place}.content", "not text; pictures go under 'images'")
    answered = turn.get("tool_call_id")
    if (role == "tool") != isinstance(answered, str):
        tell(f"{place}.tool_call_id", "a tool's turn names the call that it answers, and no other turn does")
    if calls and role != "assistant":
        tell(f"{place}.tool_calls", "only an assistant calls tools")
    return Message(
        role=str(role),
        content=str(content),
        tool_calls=calls,
        tool_call_id=answered if isinstance(answered, str) else None,
    )


def _calls(value: object, place: str, tell: Tell) -> tuple[ToolCall, ...]:
    if value is None:
        return ()
    if not isinstance(value, list):
        tell(place, "not a list of calls")
        return ()
    calls = []
    for number, found in enumerate(value):
        inner = found.get("function", found) if isinstance(found, Mapping) else None
        name = inner.get("name") if isinstance(inner, Mapping) else None
        call_id = found.get("id") if isinstance(found, Mapping) else None
        if not isinstance(inner, Mapping) or not isinstance(name, str) or not isinstance(call_id, str):
            tell(f"{place}.{number}", "not an object with an id, a name and arguments")
            continue
        arguments = inner.get("arguments", {})
        text = arguments if isinstance(arguments, str) else json.dumps(arguments, ensure_ascii=False, sort_keys=True)
        calls.append(ToolCall(id=call_id, name=name, arguments=text))
    return tuple(calls)


def _match_calls(turns: tuple[Message, ...], tell: Tell) -> None:
    """Every tool's turn answers a call made before it."""
    called: set[str] = set()
    for place, turn in enumerate(turns):
        if turn.tool_call_id is not None and turn.tool_call_id not in called:
            tell(f"messages.{place}.tool_call_id", f"no earlier turn made the call {turn.tool_call_id!r}")
        called.update(call.id for call in turn.tool_calls)


def read_tools(value: object, tell: Tell) -> tuple[Tool, ...]:
    """The functions of ``[{"name", "description", "parameters"}]``, or in OpenAI's wrapping."""
    if not isinstance(value, list):
        tell("tools", "not a list of functions")
        return ()
    tools = tuple(_tools(value, tell))
    names = [tool.name for tool in tools]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        tell("tools", f"the function {twice[0]!r} is there twice")
    return tools


def _tools(value: list[Any], tell: Tell) -> Iterator[Tool]:
    for place, found in enumerate(value):
        inner = found.get("function", found) if isinstance(found, Mapping) else None
        if not isinstance(inner, Mapping) or not isinstance(inner.get("name"), str) or not inner["name"]:
            tell(f"tools.{place}", "not an object with a name and parameters")
            continue
        parameters, description = inner.get("parameters", {}), inner.get("description", "")
        if not isinstance(parameters, Mapping):
            tell(f"tools.{place}.parameters", "not a JSON Schema")
        elif not isinstance(description, str):
            tell(f"tools.{place}.description", "not text")
        else:
            yield Tool(name=inner["name"], description=description, parameters=parameters)

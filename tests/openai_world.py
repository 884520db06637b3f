"""A target for the direct client in one line, and what becomes of one call to a model that behaves as told."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from maquette.adapters.openai_target import OpenAiTarget, open_target
from maquette.evals.calls import Answer, Call, CallError, CallParameters, Message, TargetSpec
from tests.loopback_models import Server, model

SCHEMA = {"type": "object"}
CALL = Call(
    messages=(Message(role="system", content="Be brief."), Message(role="user", content="Hi")),
    parameters=CallParameters(max_output_tok=24, timeout_s=1.0, answer_schema=SCHEMA),
)
JSON_SCHEMA = {"type": "json_schema", "json_schema": {"name": "answer", "schema": SCHEMA, "strict": True}}


def target_for(base_url: str | None, name: str = "m", api_key_env: str | None = None, **options: Any) -> OpenAiTarget:
    spec = TargetSpec(
        id="t", card="t", adapter="openai", model=name, base_url=base_url, api_key_env=api_key_env, options=options
    )
    return open_target(spec, folder=Path())


async def answered(target: OpenAiTarget, calls: Sequence[Call]) -> list[Answer]:
    await target.start()
    try:
        return [await target.answer(call) for call in calls]
    finally:
        await target.close()


def ask(server: Server, call: Call = CALL, options: dict[str, Any] | None = None, **behaviour: Any) -> Answer:
    """The answer of a model that behaves so."""
    return asyncio.run(answered(target_for(server.base_url, model(**behaviour), **options or {}), [call]))[0]


def failure(server: Server, call: Call = CALL, options: dict[str, Any] | None = None, **behaviour: Any) -> CallError:
    with pytest.raises(CallError) as caught:
        ask(server, call, options, **behaviour)
    return caught.value

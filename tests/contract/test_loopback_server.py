"""A real OpenAI-compatible server for a model file: it comes up, answers many at once, and is gone afterwards."""

import asyncio
import json
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from maquette.adapters import loopback_server as module
from maquette.adapters.loopback_server import loopback_server
from maquette.foundation.problems import Unavailable
from tests.contract.conftest import CONTEXT_TOK


async def models(base_url: str) -> list[str]:
    async with aiohttp.ClientSession() as session, session.get(f"{base_url}/models") as response:
        return [model["id"] for model in (await response.json())["data"]]


async def streamed(session: aiohttp.ClientSession, base_url: str, message: str) -> str:
    body = {"model": "tiny", "messages": [{"role": "user", "content": message}], "max_tokens": 24, "stream": True}
    parts = []
    async with session.post(f"{base_url}/chat/completions", json=body) as response:
        async for line in response.content:
            if line.startswith(b"data: {"):
                choices = json.loads(line.removeprefix(b"data: "))["choices"]
                parts.append((choices[0]["delta"].get("content") or "") if choices else "")
    return "".join(parts)


async def sixteen_at_once(base_url: str) -> list[str]:
    async with aiohttp.ClientSession() as session:
        return await asyncio.gather(*(streamed(session, base_url, f"Refund number {n}") for n in range(16)))


def refused(base_url: str) -> bool:
    async def ask() -> bool:
        try:
            await models(base_url)
        except aiohttp.ClientConnectionError:
            return True
        return False

    return asyncio.run(ask())


@pytest.fixture(params=["llama_cpp", "xllamacpp"])
def engine(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """With "xllamacpp" the other engine is not installed, as far as the server can see."""
    name: str = request.param

    def found(module: str) -> Any:
        return None if module == "llama_cpp" and name == "xllamacpp" else find_spec(module)

    monkeypatch.setattr(module, "find_spec", found)
    return name


def test_it_serves_the_model_under_its_alias_and_is_gone_after_the_block(engine: str, model_file: Path) -> None:
    with loopback_server(model_file, alias="tiny", context_tok=CONTEXT_TOK) as base_url:
        assert base_url.startswith("http://127.0.0.1:")
        assert asyncio.run(models(base_url)) == ["tiny"]
        answers = asyncio.run(sixteen_at_once(base_url))
        assert all(answer.strip() for answer in answers), f"an answer is empty with {engine}"
    assert refused(base_url)


def test_it_is_gone_after_an_error_in_the_block(model_file: Path) -> None:
    seen = []

    def break_off() -> None:
        with loopback_server(model_file, alias="tiny", context_tok=CONTEXT_TOK) as base_url:
            seen.append(base_url)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        break_off()
    assert refused(seen[0])


def test_a_file_that_is_no_model_is_told_and_leaves_no_server(tmp_path: Path) -> None:
    (tmp_path / "broken.gguf").write_bytes(b"GGUF, one might think")
    with (
        pytest.raises(Unavailable, match=r"broken\.gguf: the server for the model did not come up"),
        loopback_server(tmp_path / "broken.gguf", alias="broken"),
    ):
        pytest.fail("it came up")

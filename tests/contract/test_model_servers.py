"""Running model servers are found and read: real ones, ones with the engines' documented answers, and nonsense."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from maquette.adapters.loopback_server import loopback_server
from maquette.adapters.model_servers import Sweep, ask, look
from maquette.catalog.cards import Capability, Catalog, Hosting, Mode
from maquette.catalog.served import Engine, served_name
from maquette.cli.main import run
from maquette.evals.pricing import CardPricer
from maquette.foundation.problems import InvalidInput, Problem, Unavailable
from maquette.project.planning import targets_of
from maquette.project_document import Document
from maquette.requirements.answers import Requirements
from tests.contract.conftest import CONTEXT_TOK

TRAINED_TOK = 256
"""What the tiny model was trained for; llama.cpp gives a slot no more, whatever is asked of it."""

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

VLLM = {
    "object": "list",
    "data": [
        {"id": "qwen3-8b", "object": "model", "created": 1, "owned_by": "vllm", "root": "Qwen/Qwen3-8B", "parent": None,
         "max_model_len": 32768, "permission": []},
        {"id": "triage", "object": "model", "created": 1, "owned_by": "vllm", "root": "/adapters/triage",
         "parent": "qwen3-8b", "max_model_len": None},
    ],
}  # fmt: skip
SGLANG = {"object": "list", "data": [{"id": "m", "owned_by": "sglang", "root": "m", "max_model_len": 131072}]}
LLAMA_CPP = {
    "object": "list",
    "models": [],
    "data": [
        {"id": "g", "owned_by": "llamacpp", "meta": {"n_ctx_train": 40960, "n_params": 8190735360, "size": 5027783488}}
    ],
}
PROPS = {"default_generation_settings": {"n_ctx": 8192}, "total_slots": 4}
OLLAMA = {
    "object": "list",
    "data": [
        {"id": "qwen3:8b", "object": "model", "created": 1, "owned_by": "library"},
        {"id": "embed:latest", "object": "model", "created": 1, "owned_by": "library"},
    ],
}
TAGS = {
    "models": [
        {"name": "qwen3:8b", "model": "qwen3:8b", "size": 5225388164,
         "details": {"format": "gguf", "family": "qwen3", "parameter_size": "8.2B", "quantization_level": "Q4_K_M"}},
        {"name": "embed:latest", "model": "embed:latest", "size": 1,
         "details": {"parameter_size": "137M", "quantization_level": "F16"}},
    ]
}  # fmt: skip
SHOWS = {
    "qwen3:8b": {
        "parameters": "num_ctx                        16384\ntemperature 0.6",
        "details": {"parameter_size": "8.2B", "quantization_level": "Q4_K_M"},
        "model_info": {"general.architecture": "qwen3", "qwen3.context_length": 40960},
        "capabilities": ["completion", "tools", "thinking"],
    },
    "embed:latest": {"model_info": {"nomic-bert.context_length": 2048}, "capabilities": ["embedding"]},
}
LM_STUDIO = {"object": "list", "data": [{"id": "qwen2-vl-7b", "object": "model", "owned_by": "organization_owner"}]}
LM_STUDIO_OWN = {
    "object": "list",
    "data": [
        {"id": "qwen2-vl-7b", "type": "vlm", "compatibility_type": "mlx", "quantization": "4bit", "state": "loaded",
         "max_context_length": 32768, "loaded_context_length": 4096}
    ],
}  # fmt: skip


@asynccontextmanager
async def server(routes: Mapping[str, Handler]) -> AsyncIterator[str]:
    """A server on this machine that answers ``routes`` and nothing else; yields ``http://127.0.0.1:port``."""
    app = web.Application()
    for path, handler in routes.items():
        app.router.add_route("*", path, handler)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        port = runner.addresses[0][1]
        yield f"http://127.0.0.1:{port}"
    finally:
        await runner.cleanup()


def says(data: Any, status: int = 200) -> Handler:
    async def handler(_: web.Request) -> web.Response:
        return web.json_response(data, status=status)

    return handler


def raw(body: bytes, kind: str = "application/json") -> Handler:
    async def handler(_: web.Request) -> web.Response:
        return web.Response(body=body, content_type=kind)

    return handler


async def shows(request: web.Request) -> web.Response:
    assert request.method == "POST"
    return web.json_response(SHOWS[(await request.json())["model"]])


async def swept(routes: Mapping[str, Handler], **options: Any) -> Sweep:
    async with server(routes) as address:
        return await ask([address], **options)


async def problem_of(routes: Mapping[str, Handler], **options: Any) -> Problem:
    sweep = await swept(routes, **options)
    assert sweep.servers == ()
    (problem,) = sweep.problems
    assert problem.place.field == sweep.asked[0]
    assert problem.fix
    return problem


async def test_vllm_is_named_with_its_length_and_an_adapter_has_that_of_its_model() -> None:
    (one,) = (await swept({"/v1/models": says(VLLM)})).servers
    assert one.engine is Engine.VLLM
    model, adapter = one.models
    assert (model.card.context_tok, adapter.card.context_tok) == (32768, 32768)
    assert model.card.notes == ("Its weights come from Qwen/Qwen3-8B.",)
    assert "An adapter on qwen3-8b." in adapter.card.notes


async def test_a_served_model_is_a_card_of_an_own_machine_measured_at_its_address() -> None:
    (one,) = (await swept({"/v1/models": says(VLLM)})).servers
    card = one.models[0].card
    host = one.base.removeprefix("http://").removesuffix("/v1")
    assert card.id == f"server/{host}/qwen3-8b"
    assert served_name(card.id) == "qwen3-8b"
    assert (card.hosting, card.price, card.address) == (Hosting.SERVED, None, one.base)
    assert (card.source.kind.value, card.source.ref) == ("measured", f"{one.base}/models")


async def test_sglang_is_told_from_vllm_by_the_name_that_it_gives_itself() -> None:
    (one,) = (await swept({"/v1/models": says(SGLANG)})).servers
    assert (one.engine, one.models[0].card.context_tok) == (Engine.SGLANG, 131072)


async def test_llama_cpp_has_the_length_that_a_slot_has_and_not_the_one_of_its_training() -> None:
    (one,) = (await swept({"/v1/models": says(LLAMA_CPP), "/props": says(PROPS)})).servers
    (model,) = one.models
    assert (one.engine, model.card.context_tok, model.parameters) == (Engine.LLAMA_CPP, 8192, "8.19B")


async def test_llama_cpp_without_props_says_that_the_length_is_the_trained_one() -> None:
    (one,) = (await swept({"/v1/models": says(LLAMA_CPP)})).servers
    assert one.models[0].card.context_tok == 40960
    assert "trained for" in one.models[0].card.notes[0]


async def test_ollama_says_quantisation_size_length_and_capabilities() -> None:
    routes = {"/v1/models": says(OLLAMA), "/api/tags": says(TAGS), "/api/show": shows}
    (one,) = (await swept(routes)).servers
    assert one.engine is Engine.OLLAMA
    chat, embedding = one.models
    assert (chat.quantisation, chat.parameters, chat.card.context_tok) == ("Q4_K_M", "8.2B", 16384)
    assert chat.card.can(Capability.TOOLS) is True
    assert chat.card.can(Capability.VISION) is False
    assert (embedding.card.mode, embedding.card.context_tok) == (Mode.EMBEDDING, 2048)
    assert "num_ctx" in embedding.card.notes[0]


async def test_lm_studio_says_quantisation_state_and_the_length_that_is_loaded() -> None:
    (one,) = (await swept({"/v1/models": says(LM_STUDIO), "/api/v0/models": says(LM_STUDIO_OWN)})).servers
    (model,) = one.models
    assert (one.engine, model.quantisation, model.state, model.card.context_tok) == (
        Engine.LM_STUDIO,
        "4bit",
        "loaded",
        4096,
    )
    assert model.card.can(Capability.VISION) is True


async def test_a_server_of_no_known_engine_is_openai_compatible_and_what_it_does_not_say_is_unknown() -> None:
    (one,) = (await swept({"/v1/models": says({"data": [{"id": "m", "owned_by": "me too"}, {"no": "id"}, 7]})})).servers
    (model,) = one.models
    assert (one.engine, model.card.context_tok, model.quantisation, dict(model.card.capabilities)) == (
        Engine.OTHER,
        None,
        None,
        {},
    )


async def test_a_server_without_a_model_is_found_with_none() -> None:
    (one,) = (await swept({"/v1/models": says({"object": "list", "data": []})})).servers
    assert one.models == ()


@pytest.mark.parametrize("length", [0, -1, True, "8192", 1e99, 10**30, None, [], {}])
async def test_a_length_that_is_none_is_unknown(length: Any) -> None:
    (one,) = (
        await swept({"/v1/models": says({"data": [{"id": "m", "owned_by": "vllm", "max_model_len": length}]})})
    ).servers
    assert one.models[0].card.context_tok is None


@pytest.mark.parametrize(
    ("handler", "told"),
    [
        (raw(b"<html>Hello</html>", "text/html"), "something that is no JSON ('text/html')"),
        (raw(b""), "answers with nothing"),
        (raw(b"\xff\xfe\x00"), "something that is no JSON"),
        (raw(b"[" * 200_000), "something that is no JSON"),
        (raw(b'{"data": "' + b"x" * (5 * 2**20) + b'"}'), "more than 4 MB"),
        (says(["a", "b"]), "no list of models"),
        (says({"data": {"id": "m"}}), "no list of models"),
        (says({"data": [{"id": ""}, {"id": 7}, {"id": "x" * 301}]}), "models without a name"),
        (says({"error": "no"}, status=401), "asks for a key"),
        (says({"error": "no"}, status=403), "asks for a key"),
        (says({"error": "loading"}, status=503), "answers with status 503"),
    ],
)
async def test_a_nonsense_answer_is_one_clear_message_with_the_address(handler: Handler, told: str) -> None:
    assert told in (await problem_of({"/v1/models": handler})).what


async def test_a_server_without_the_interface_is_told() -> None:
    assert "has no /v1/models" in (await problem_of({"/": says({})})).what


async def test_a_slow_drip_ends_at_the_time_limit() -> None:
    async def drip(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        for _ in range(100):
            await response.write(b" ")
            await asyncio.sleep(0.05)
        return response

    loop = asyncio.get_running_loop()
    begun = loop.time()
    problem = await problem_of({"/v1/models": drip}, timeout_s=0.3)
    assert "does not finish its answer within 0.3 s" in problem.what
    assert loop.time() - begun < 3


async def test_a_redirect_to_another_server_is_not_followed_and_one_on_the_same_server_is() -> None:
    visited = []

    async def other(request: web.Request) -> web.Response:
        visited.append(request.path)
        return web.json_response(VLLM)

    async with server({"/v1/models": other}) as elsewhere:

        async def away(_: web.Request) -> web.Response:
            raise web.HTTPFound(f"{elsewhere}/v1/models")

        assert "sends us to another server" in (await problem_of({"/v1/models": away})).what
    assert visited == []

    async def home(_: web.Request) -> web.Response:
        raise web.HTTPTemporaryRedirect("/real/models")

    sweep = await swept({"/v1/models": home, "/real/models": says(VLLM)})
    assert len(sweep.servers) == 1

    async def circle(_: web.Request) -> web.Response:
        raise web.HTTPFound("/v1/models")

    assert "in circles" in (await problem_of({"/v1/models": circle})).what


async def test_tls_where_there_is_none_is_told() -> None:
    async with server({"/v1/models": says(VLLM)}) as address:
        sweep = await ask([address.replace("http://", "https://")])
    (problem,) = sweep.problems
    assert isinstance(problem, Unavailable)
    assert "TLS" in problem.what


async def test_a_program_that_speaks_no_http_is_told() -> None:
    async def greet(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mail.example ESMTP\r\n")
        writer.close()

    mail = await asyncio.start_server(greet, "127.0.0.1", 0)
    async with mail:
        sweep = await ask([f"127.0.0.1:{mail.sockets[0].getsockname()[1]}"])
    assert "does not speak HTTP" in sweep.problems[0].what


async def test_one_address_that_fails_does_not_hide_the_others() -> None:
    async with server({"/v1/models": says(VLLM)}) as good, server({"/v1/models": raw(b"<p>", "text/html")}) as bad:
        sweep = await ask([bad, f"{good}/v1/", good, nobody(), "ftp://x"])
    assert [one.base for one in sweep.servers] == [f"{good}/v1"]
    assert len(sweep.asked) == 3
    assert sorted(type(problem).__name__ for problem in sweep.problems) == [
        "InvalidInput",
        "InvalidInput",
        "Unavailable",
    ]


async def test_a_key_comes_from_the_variable_that_is_named_and_is_shown_nowhere(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def locked(request: web.Request) -> web.Response:
        good = request.headers.get("Authorization") == "Bearer sesame"
        return web.json_response(VLLM if good else {}, status=200 if good else 401)

    monkeypatch.setenv("MY_KEY", "sesame")
    sweep = await swept({"/v1/models": locked}, api_key_env="MY_KEY")
    assert len(sweep.servers) == 1
    assert "sesame" not in repr(sweep)
    assert "--key-env" in (await problem_of({"/v1/models": locked})).fix
    with pytest.raises(Unavailable, match="OTHER_KEY"):
        await ask(["127.0.0.1:1"], api_key_env="OTHER_KEY")
    monkeypatch.setenv("MY_KEY", "two\nlines")
    with pytest.raises(Unavailable) as caught:
        await ask(["127.0.0.1:1"], api_key_env="MY_KEY")
    assert "two" not in str(caught.value)


async def test_a_proxy_of_the_environment_is_not_used_for_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, nobody())
    assert len((await swept({"/v1/models": says(VLLM)})).servers) == 1


def nobody() -> str:
    """An address of this machine where nothing listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{probe.getsockname()[1]}"


@pytest.mark.parametrize("engine", ["llama_cpp", "xllamacpp"])
def test_a_real_llama_cpp_server_is_found_with_its_model(
    engine: str, model_file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from importlib.util import find_spec

    def found(module: str) -> Any:
        return None if module == "llama_cpp" and engine == "xllamacpp" else find_spec(module)

    monkeypatch.setattr("maquette.adapters.loopback_server.find_spec", found)
    with loopback_server(model_file, alias="tiny", context_tok=CONTEXT_TOK) as base_url:
        (one,) = look([base_url]).servers
        assert run(["catalog", "servers", base_url, "--json"]) == 0
    (model,) = one.models
    assert served_name(model.card.id) == "tiny"
    wanted = {"llama_cpp": (Engine.LLAMA_CPP_PYTHON, None), "xllamacpp": (Engine.LLAMA_CPP, TRAINED_TOK)}
    assert (one.engine, model.card.context_tok) == wanted[engine]
    said = json.loads(capsys.readouterr().out)
    assert (said["format"], said["servers"][0]["models"][0]["name"]) == (1, "tiny")


def test_the_command_says_who_was_asked_and_fails_only_where_a_named_server_does(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run(["catalog", "servers"]) == 0
    assert "Asked were only http://127.0.0.1:8000/v1" in capsys.readouterr().err
    assert run(["catalog", "servers", nobody()]) == Unavailable.exit_status
    assert "does not answer" in capsys.readouterr().err
    assert run(["catalog", "servers", "--key-env", "MY_KEY"]) == InvalidInput.exit_status


async def test_a_served_model_is_reached_at_its_server_and_costs_nothing_a_call() -> None:
    (one,) = (await swept({"/v1/models": says(VLLM)})).servers
    card = one.models[0].card
    catalog = Catalog(cards={card.id: card}, prices_as_of=date(2026, 1, 1), snapshot_digest="")
    document = Document(name="p", requirements=Requirements(), chosen=(card.id,))
    (target,) = targets_of(document, catalog)
    assert (target.adapter, target.model, target.base_url) == ("openai", "qwen3-8b", one.base)
    assert CardPricer({card.id: card}).usd(card.id, input_tok=1000, output_tok=1000) == 0

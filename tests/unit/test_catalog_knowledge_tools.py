"""What the catalog knows of tools: each with its purpose, whether it is kept up, and the page that says so."""

import json
from datetime import date

import pytest

from maquette.adapters.knowledge_files import load_tools
from maquette.catalog.quantisation import quantised_sizes
from maquette.catalog.tools import Purpose, Status, Tool, deployment_targets, tools_for
from maquette.catalogs import load_catalog
from maquette.cli.main import run


def tool(name: str) -> Tool:
    return next(each for each in load_tools() if each.name == name)


def names(purpose: Purpose) -> set[str]:
    return {each.name for each in tools_for(purpose, load_tools())}


@pytest.mark.parametrize(
    ("purpose", "wanted"),
    [
        (Purpose.API_GATEWAY, {"Kong Gateway", "Tyk", "AWS API Gateway"}),
        (Purpose.CACHE, {"Redis", "Memcached", "DragonflyDB", "Valkey"}),
        (Purpose.QUEUE, {"Kafka", "RabbitMQ", "Amazon SQS", "Pulsar"}),
        (Purpose.MONITORING, {"Datadog", "New Relic", "Grafana", "Prometheus"}),
        (Purpose.TRACING, {"Helicone", "LangSmith", "Langfuse", "Custom cost tracking"}),
        (Purpose.BACKEND, {"FastAPI", "Django", "Flask", "Express"}),
        (Purpose.DATABASE, {"PostgreSQL", "MongoDB", "Redis", "Elasticsearch"}),
        (Purpose.QUEUE, {"Celery", "RQ", "Kafka", "RabbitMQ"}),
    ],
)
def test_the_catalog_has_the_tools_of_a_purpose(purpose: Purpose, wanted: set[str]) -> None:
    assert wanted <= names(purpose)


def test_orchestration_tools_have_a_status_and_semantic_kernel_points_to_the_agent_framework() -> None:
    wanted = {"LangChain", "LlamaIndex", "LiteLLM", "Semantic Kernel", "Haystack"}

    assert wanted <= names(Purpose.ORCHESTRATION)
    assert all(tool(name).status for name in wanted)
    assert tool("Semantic Kernel").status is Status.MAINTENANCE
    assert tool("Semantic Kernel").replaced_by == "Microsoft Agent Framework"
    assert tool("Microsoft Agent Framework").status is Status.ACTIVE


def test_what_replaces_a_tool_is_in_the_catalog_itself() -> None:
    known = {each.name for each in load_tools()}

    assert {each.replaced_by for each in load_tools() if each.replaced_by} <= known


def test_the_deployment_targets_are_known() -> None:
    assert set(deployment_targets(load_tools())) == {"AWS", "GCP", "Azure", "Vercel", "Railway"}


@pytest.mark.parametrize("family", ["Llama", "Mixtral", "Mistral"])
def test_open_models_are_served_by_vllm_and_tgi_is_only_maintained(family: str) -> None:
    vllm, tgi = tool("vLLM"), tool("TGI")

    assert vllm.engine is not None
    assert tgi.engine is not None
    assert family in vllm.engine.families
    assert family in tgi.engine.families
    assert vllm.status is Status.ACTIVE
    assert tgi.status is Status.MAINTENANCE
    assert any(family.lower() in name for name in load_catalog().cards if name.startswith("open/"))


def test_the_quantisation_methods_are_known_by_engine_and_by_size() -> None:
    methods = {name for each in load_tools() if each.engine for name in each.engine.quantisations}
    weights = load_catalog().cards["open/llama-3.3-70b-instruct"].weights
    assert weights is not None
    sizes = {size.format for size in quantised_sizes(weights)}

    assert {"GPTQ", "AWQ", "FP8", "NVFP4", "MXFP4", "GGUF"} <= methods
    assert {"int4-g128", "fp8", "nvfp4", "mxfp4", "Q4_K_M"} <= sizes


def test_paged_cache_and_continuous_batching_are_three_valued() -> None:
    engine = tool("vLLM").engine
    other = tool("llama.cpp").engine

    assert engine is not None
    assert other is not None
    assert (engine.paged_kv_cache, engine.continuous_batching) == (True, True)
    assert other.paged_kv_cache is None


def test_what_is_kept_up_comes_first_and_what_is_given_up_last() -> None:
    states = [each.status for each in tools_for(Purpose.ORCHESTRATION, load_tools())]

    assert states[0] is Status.ACTIVE
    assert states[-1] is Status.REPLACED


def test_every_tool_has_a_page_a_day_and_one_record() -> None:
    tools = load_tools()

    assert len({each.name for each in tools}) == len(tools)
    assert all(each.origin.as_of and each.origin.as_of <= date(2026, 11, 21) for each in tools)


def test_the_command_lists_engines_with_their_formats(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["catalog", "tools", "engine", "--plain"]) == 0
    lines = capsys.readouterr().out.splitlines()

    assert any(line.startswith("tool: TGI; purpose: engine; status: maintenance; take vLLM") for line in lines)
    assert any(line.startswith("engine: vLLM; quantisations: GPTQ, AWQ") for line in lines)


def test_the_data_names_the_page_of_each_tool(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["catalog", "tools", "cache", "--json"]) == 0
    data = json.loads(capsys.readouterr().out)

    assert data["format"] == 1
    assert {each["name"] for each in data["tools"]} == names(Purpose.CACHE)
    assert all(each["source"].startswith("https://") for each in data["tools"])

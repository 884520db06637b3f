"""Names and days of standards that data, documents and alerts use, held against small tables with version and source.

What is installed is read from the package's source, never imported: LiteLLM's metrics, labels, buckets and routes.
"""

import ast
import re
import tomllib
from collections.abc import Iterator, Mapping
from datetime import date
from enum import Enum
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, ClassVar, Final

import pytest

from maquette.adapters.assurance_files import load_assurance
from maquette.bundle.documents import observability_spans
from maquette.bundle.documents.slo import BUCKETS
from maquette.bundle.runbooks import promql
from maquette.foundation.shipped import shipped

SPANS = Path(observability_spans.__file__)
RUNBOOKS = Path(promql.__file__).parent
DOCUMENTS = SPANS.parent
GOLDEN = Path(__file__).parent.parent / "golden" / "bundle"

GEN_AI_ATTRIBUTES = {
    "gen_ai.agent.name",
    "gen_ai.conversation.id",
    "gen_ai.data_source.id",
    "gen_ai.operation.name",
    "gen_ai.provider.name",
    "gen_ai.request.model",
    "gen_ai.response.finish_reasons",
    "gen_ai.response.model",
    "gen_ai.retrieval.top_k",
    "gen_ai.tool.call.id",
    "gen_ai.tool.name",
    "gen_ai.usage.cache_read.input_tokens",
    "gen_ai.usage.input_tokens",
    "gen_ai.usage.output_tokens",
}
"""The attributes used here, status Development: github.com/open-telemetry/semantic-conventions-genai,
docs/gen-ai/gen-ai-spans.md at 9430220, read on 2026-11-21. ``gen_ai.request.top_k`` is a decoding parameter since
that repository's change 217; of a retrieval it is ``gen_ai.retrieval.top_k``.
"""

GEN_AI_PROVIDERS = {
    "anthropic",
    "aws.bedrock",
    "azure.ai.inference",
    "azure.ai.openai",
    "cohere",
    "deepseek",
    "gcp.gemini",
    "gcp.gen_ai",
    "gcp.vertex_ai",
    "groq",
    "ibm.watsonx.ai",
    "mistral_ai",
    "moonshot_ai",
    "openai",
    "perplexity",
    "x_ai",
}
"""The well-known values of gen_ai.provider.name, all of them: same page, same commit."""

VLLM_METRICS = {
    "vllm:kv_cache_usage_perc": "gauge",
    "vllm:num_preemptions_total": "counter",
    "vllm:num_requests_waiting": "gauge",
    "vllm:prompt_tokens_total": "counter",
    "vllm:request_success_total": "counter",
}
"""github.com/vllm-project/vllm, docs/design/metrics.md at 0328b59 and vllm/v1/metrics/loggers.py, 2026-11-21."""

OWASP_2026 = {
    "LLM01:2026": "Prompt Injection",
    "LLM02:2026": "Sensitive Information Disclosure",
    "LLM03:2026": "Excessive Agency",
    "LLM04:2026": "Supply Chain",
    "LLM05:2026": "Data and Model Poisoning",
    "LLM06:2026": "Unbounded Consumption",
    "LLM07:2026": "Misinformation",
    "LLM08:2026": "Hidden Context Exposure",
    "LLM09:2026": "Vector and Embedding Weaknesses",
    "LLM10:2026": "Improper Output Handling",
}
"""github.com/GenAI-Security-Project/GenAI-LLM-Top10, titles of 2026/final at 26eb5c0, read on 2026-11-21."""

ATLAS = {
    "AML.T0010": "AI Supply Chain Compromise",
    "AML.T0020": "Poison Training Data",
    "AML.T0029": "Denial of AI Service",
    "AML.T0034": "Cost Harvesting",
    "AML.T0051": "LLM Prompt Injection",
    "AML.T0051.000": "Direct",
    "AML.T0051.001": "Indirect",
    "AML.T0053": "AI Agent Tool Invocation",
    "AML.T0054": "LLM Jailbreak",
    "AML.T0056": "Extract LLM System Prompt",
    "AML.T0057": "LLM Data Leakage",
    "AML.T0068": "LLM Prompt Obfuscation",
    "AML.T0070": "RAG Poisoning",
    "AML.T0077": "LLM Response Rendering",
}
"""github.com/mitre-atlas/atlas-data, dist/ATLAS.yaml at 8ee2c68 (release 5.6.1 of 2026-05-05), read on 2026-11-21."""

STRIDE = ("spoofing", "tampering", "repudiation", "disclosure", "denial of service", "elevation")

AI_ACT_DAYS = {
    "Article 4": "2025-02-02",
    "Article 5": "2025-02-02",
    "Article 6(4)": "2027-12-02",
    "Articles 9 to 15, 16 and 43": "2027-12-02",
    "Articles 9 to 15, 16 and 43, Annex I": "2028-08-02",
    "Article 26(6)": "2027-12-02",
    "Article 26(6), Annex I": "2028-08-02",
    "Article 26(2)": "2027-12-02",
    "Article 26(2), Annex I": "2028-08-02",
    "Article 50(1)": "2026-08-02",
    "Article 50(2)": "2026-08-02",
    "Article 73": "2027-12-02",
    "Article 73, Annex I": "2028-08-02",
}
"""Article 113 of Regulation (EU) 2024/1689 as amended by Regulation (EU) 2026/1744: points (a) and (c)(i), (c)(ii)."""

MANDATORY_FROM = {
    ("ccpa", "11 CCR 7200 to 7222"): "2027-01-01",
    ("ccpa", "Civ. Code 1798.150, 1798.82"): "2026-01-01",
    ("fedramp", "IEC-CSO-IIR"): "2027-01-01",
    ("finra_sec", "17 CFR 248.30 (Regulation S-P)"): "2025-12-03",
    ("hipaa", "45 CFR 164.308(a)(1)(ii)(A)"): "2005-04-20",
    ("hipaa", "45 CFR 164.502(e), 164.504(e)"): "2003-04-14",
    ("hipaa", "45 CFR 164.404, 164.408"): "2009-09-23",
}
"""Days of the pages that each regime's source names."""

GATEWAY_ROUTES = ("/customer/block", "/customer/unblock", "/health/liveliness", "/metrics")
"""Paths of the gateway that runbooks, Compose and Prometheus ask."""


@cache
def litellm_source(path: str) -> str:
    """A file of the installed package, as text."""
    found = find_spec("litellm")
    assert found is not None
    assert found.origin is not None
    return (Path(found.origin).parent / path).read_text(encoding="utf-8")


@cache
def exported() -> Mapping[str, str]:
    """What LiteLLM exports, as Prometheus reads it: a counter ends in _total. Name to kind."""
    kinds = {"_counter_factory": "counter", "_gauge_factory": "gauge", "_histogram_factory": "histogram"}
    made: dict[str, str] = {}
    for node in ast.walk(ast.parse(litellm_source("integrations/prometheus.py"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in kinds:
            values = [*node.args[:1], *(one.value for one in node.keywords if one.arg == "name")]
            kind = kinds[node.func.attr]
            for one in values:
                if isinstance(one, ast.Constant):
                    name = str(one.value)
                    made[f"{name.removesuffix('_total')}_total" if kind == "counter" else name] = kind
    return made


@cache
def labels() -> Mapping[str, set[str]]:
    """The labels of each metric of LiteLLM: its two tables of names, run without the package around them."""
    tree = ast.parse(litellm_source("types/integrations/prometheus.py"))
    tables = [one for one in tree.body if isinstance(one, ast.ClassDef) and one.name in _TABLES]
    texts = [
        one for one in tree.body if isinstance(one, ast.Assign | ast.AnnAssign) and isinstance(one.value, ast.Constant)
    ]
    space: dict[str, Any] = {"Enum": Enum, "ClassVar": ClassVar, "Final": Final, "__name__": "labels"}
    space["DEFINED_PROMETHEUS_METRICS"] = space["Any"] = space["cast"] = object
    exec(compile(ast.Module(body=[*texts, *tables], type_ignores=[]), "labels", "exec"), space)
    found = vars(space["PrometheusMetricLabels"])
    return {name: set(value) for name, value in found.items() if isinstance(value, list | tuple)}


_TABLES = ("UserAPIKeyLabelNames", "PrometheusMetricLabels")


def catalogue() -> list[Mapping[str, str]]:
    text = shipped("templates", "runbooks", "template.toml").read_text(encoding="utf-8")
    found: list[Mapping[str, str]] = tomllib.loads(text)["constants"]["metrics"]
    return found


def sources() -> Iterator[tuple[str, str]]:
    """The modules that write PromQL."""
    for path in [*sorted(RUNBOOKS.glob("*.py")), *sorted(DOCUMENTS.glob("*.py"))]:
        yield path.name, path.read_text(encoding="utf-8")


def expressions() -> Iterator[str]:
    """Every line of the golden bundles that reads a metric of the gateway."""
    for path in sorted(GOLDEN.rglob("*")):
        if path.suffix in (".md", ".yml"):
            yield from (line for line in path.read_text(encoding="utf-8").splitlines() if "litellm_" in line)


def test_the_attributes_of_spans_are_those_of_the_conventions() -> None:
    used = set(re.findall(r"gen_ai\.[a-z_.]*[a-z]", SPANS.read_text(encoding="utf-8")))
    assert used == GEN_AI_ATTRIBUTES


def test_a_provider_of_the_price_map_is_called_by_its_well_known_value() -> None:
    named = set(observability_spans._PROVIDERS.values())
    assert named == GEN_AI_PROVIDERS - {"gcp.gen_ai"}


def test_every_metric_of_the_catalogue_is_exported_as_what_it_is_called() -> None:
    known = {**exported(), **VLLM_METRICS}
    told = {one["name"]: one["kind"] for one in catalogue() if not one["name"].startswith("app_")}
    assert len(told) == 23
    assert told == {name: known.get(name, "not exported") for name in told}


def test_every_metric_that_a_query_names_is_exported() -> None:
    pattern = re.compile(r"\b(litellm_[a-z_]+_(?:metric|total|state|token)(?:_total)?|vllm:[a-z_]+)\b")
    known = {*exported(), *VLLM_METRICS}
    used = {name for _, text in sources() for name in pattern.findall(text)}
    used |= {name for line in expressions() for name in pattern.findall(line)}
    assert len(used) >= 20
    assert {name for name in used if name not in known and not name.endswith("_bucket")} == set()


def test_a_query_groups_and_filters_by_labels_that_its_metric_has() -> None:
    grouped = re.compile(r"by \(([a-z_, ]+)\) \((?:rate|increase)\((litellm_\w+)")
    filtered = re.compile(r"\b(litellm_\w+)\{([^}]*)\}")
    asked: set[tuple[str, str]] = set()
    for line in expressions():
        asked |= {(metric, one.strip()) for by, metric in grouped.findall(line) for one in by.split(",")}
        asked |= {(metric, one) for metric, by in filtered.findall(line) for one in re.findall(r"(\w+)\s*[!=]~?", by)}
    own = {(metric, label) for metric, label in asked if label not in ("job", "le", "instance")}
    assert len(own) >= 8
    assert {one for one in own if one[1] not in labels()[_plain(one[0])]} == set()


def _plain(metric: str) -> str:
    return metric.removesuffix("_bucket").removesuffix("_total")


def test_the_ends_of_the_latency_buckets_are_the_gateway_s() -> None:
    made = re.search(
        r"^LATENCY_BUCKETS: Final = \((.*?)\)\n", litellm_source("types/integrations/prometheus.py"), re.M | re.S
    )
    assert made is not None
    ends = tuple(float(one) for one in re.findall(r"^ +([\d.]+),", made.group(1), re.M))
    assert ends == BUCKETS


def test_what_the_gateway_adds_is_counted_in_seconds_whatever_its_help_says() -> None:
    text = litellm_source("integrations/prometheus.py")
    assert re.search(
        r"overhead_latency_metric\.labels\(\*\*_labels\)\.observe\(\s*litellm_overhead_time_ms / 1000", text
    )
    told = next(one for one in catalogue() if one["name"] == "litellm_overhead_latency_metric")
    assert told["what"] == "what the gateway adds, seconds"


@pytest.mark.parametrize("route", GATEWAY_ROUTES)
def test_a_route_that_somebody_is_told_to_ask_is_the_gateway_s(route: str) -> None:
    texts = "\n".join(map(litellm_source, _ROUTED))
    assert f'"{route}"' in texts


_ROUTED = (
    "proxy/management_endpoints/customer_endpoints.py",
    "proxy/health_endpoints/_health_endpoints.py",
    "integrations/prometheus.py",
)


def test_the_gateway_is_started_with_options_that_it_has() -> None:
    compose = shipped("templates", "compose", "compose.yaml.j2").read_text(encoding="utf-8")
    command = re.search(r'command: \["(--config)", "/app/config.yaml", "(--port)"', compose)
    assert command is not None
    assert all(f'"{one}"' in litellm_source("proxy/proxy_cli.py") for one in command.groups())


def test_a_spent_budget_is_refused_as_too_many_requests() -> None:
    told = 'no_deployments_with_provider_budget_routing = "No deployments available - crossed budget"'
    assert told in litellm_source("types/router.py")
    status = re.search(r'"No deployments available" in self\.message:\s+self\.code = "(\d+)"', _proxy_types())
    assert status is not None
    assert status.group(1) == "429"


def _proxy_types() -> str:
    return litellm_source("proxy/_types.py")


def test_the_gateway_blocks_callers_by_a_list_of_ids_and_leaves_the_fallback_out_when_asked() -> None:
    assert re.search(r"class BlockUsers\(\w+\):\n    user_ids: list\[str\]", litellm_source("proxy/_types.py"))
    assert '"x-litellm-response-cost"' in litellm_source("proxy/common_request_processing.py")
    assert "disable_fallbacks" in litellm_source("router.py")


def test_the_threats_have_the_ids_and_names_of_owasp_s_list() -> None:
    book = load_assurance().owasp
    assert book is not None
    assert {one.id: one.name for one in book.threats} == {id_: name.capitalize() for id_, name in OWASP_2026.items()}


def test_every_technique_of_atlas_exists_and_each_is_used() -> None:
    book = load_assurance().owasp
    assert book is not None
    assert {one for probe in book.probes for one in probe.atlas} == set(ATLAS)


def test_what_can_go_wrong_at_a_boundary_is_said_in_the_words_of_stride() -> None:
    book = load_assurance().owasp
    assert book is not None
    said = [part.strip() for one in book.crossings for part in one.wrong.split(";")]
    assert [part for part in said if not part.startswith(STRIDE)] == []


def test_the_duties_of_the_ai_act_bind_from_the_days_of_its_article_113() -> None:
    found = {one.article: one.since for one in load_assurance().regimes["eu_ai_act"].obligations}
    assert found == {article: date.fromisoformat(day) for article, day in AI_ACT_DAYS.items()}


@pytest.mark.parametrize(("regime", "article"), MANDATORY_FROM)
def test_a_duty_binds_from_the_day_that_its_source_says(regime: str, article: str) -> None:
    found = {one.article: one.since for one in load_assurance().regimes[regime].obligations}
    assert found[article] == date.fromisoformat(MANDATORY_FROM[regime, article])

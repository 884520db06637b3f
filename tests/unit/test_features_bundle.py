"""What a bundle promises as a whole: its themes, its gateway, its parts, its phases, the work that comes again."""

import re
from dataclasses import replace
from typing import Any

import pytest
from ruamel.yaml import YAML

from maquette.bundle.documents.sections import split
from maquette.cost.side.index_plan import index_plan
from maquette.rules.report import Strength
from tests import bundle_world as world
from tests.document_view_world import section
from tests.document_world import SCENARIOS, scenario_texts
from tests.rule_world import CLINIC, HANDBOOK, TRIAGE
from tests.side_world import basis

THEMES = {
    "selection": ("docs/03-model-selection.md", "Results side by side"),
    "fine-tuning": ("docs/12-finetune-plan.md", "Verdict"),
    "inference": ("docs/05-capacity-plan.md", "Headroom and when to add"),
    "evaluation": ("docs/04-evaluation-plan.md", "Metrics and what they cannot see"),
}
PROVIDERS = {
    "openai": "openai/alpha",
    "anthropic": "anthropic/alpha",
    "gemini": "gemini/alpha",
    "cohere_chat": "cohere_chat/alpha",
    "bedrock_converse": "bedrock/converse/alpha",
    "azure": "azure/alpha",
}


def gateway(texts: dict[str, str]) -> dict[str, Any]:
    """The gateway's configuration, read."""
    found: dict[str, Any] = YAML(typ="safe").load(texts["gateway/config.yaml"])
    return found


def alerts(texts: dict[str, str]) -> dict[str, list[str]]:
    """Alert to its expressions."""
    found: dict[str, list[str]] = {}
    for group in YAML(typ="safe").load(texts["monitoring/alerts.yml"])["groups"]:
        for rule in group["rules"]:
            found.setdefault(rule["alert"], []).append(rule["expr"])
    return found


def rows(text: str) -> list[list[str]]:
    """The cells of every row of a section's tables, without head and rule."""
    lines = [line for line in text.splitlines() if line.startswith("|") and not set(line) <= set("|-")]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines[1:]]


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("case", SCENARIOS)
def test_a_bundle_says_something_of_selection_fine_tuning_inference_and_evaluation(case: str, theme: str) -> None:
    path, title = THEMES[theme]
    sections = dict(split(scenario_texts(case)[path]))
    said = [line for name, part in sections.items() if name.startswith(title) for line in part.splitlines()[1:]]
    assert re.search(r"\[[ᵐᶜᵉʳᵃ]\]|\d", "\n".join(said)), path


def test_a_slow_model_has_a_timeout_a_fallback_and_an_alert_on_p95() -> None:
    texts = scenario_texts(TRIAGE)
    found = gateway(texts)
    assert {one["litellm_params"]["timeout"] for one in found["model_list"]} == {1.6}  # twice 800 ms
    assert found["router_settings"]["fallbacks"] == [{"primary": ["fallback"]}]
    (burn,) = [one for one in alerts(texts)["LLMLatencyBurn"] if "total_latency" in one]
    assert burn.startswith("histogram_quantile(0.95, ")
    assert burn.endswith("> 0.8")


def test_the_gateway_routes_by_groups() -> None:
    found = gateway(scenario_texts(TRIAGE))
    assert [one["model_name"] for one in found["model_list"]] == ["primary", "primary", "fallback"]
    assert found["router_settings"]["routing_strategy"] == "simple-shuffle"


def test_only_what_may_pass_is_tried_again() -> None:
    settings = gateway(scenario_texts(TRIAGE))["router_settings"]
    assert settings["num_retries"] == 2
    assert settings["retry_policy"] == {
        "TimeoutErrorRetries": 0,
        "BadRequestErrorRetries": 0,
        "AuthenticationErrorRetries": 0,
        "ContentPolicyViolationErrorRetries": 0,
        "RateLimitErrorRetries": 0,
        "InternalServerErrorRetries": 2,
    }


def test_the_fallback_is_another_provider_s() -> None:
    groups = {
        one["model_name"]: one["litellm_params"] for one in reversed(gateway(scenario_texts(TRIAGE))["model_list"])
    }
    models = {group: params["model"] for group, params in groups.items()}
    assert models == {"primary": "openai/gpt-6-luna", "fallback": "anthropic/claude-haiku-5-5"}


def test_six_providers_have_a_route_that_litellm_loads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LITELLM_LOCAL_MODEL_COST_MAP", "True")
    from litellm.router import Router

    models = []
    for provider in PROVIDERS:
        card = world.card("alpha", provider=provider, input_usd=None)
        chosen = world.decision(model="alpha", fallback=None)
        values = world.inputs(decision=chosen, shortlist=world.shortlist(card), targets=())
        (one,) = gateway(world.texts(values))["model_list"]
        models.append({**one, "model_name": provider})
        for value in one["litellm_params"].values():
            if str(value).startswith("os.environ/"):
                monkeypatch.setenv(value.removeprefix("os.environ/"), "any")
    router = Router(model_list=models)
    loaded = {one["model_name"]: one["litellm_params"]["model"] for one in router.model_list}
    assert loaded == PROVIDERS


def test_a_decided_cache_brings_redis_and_nothing_else_does() -> None:
    services = YAML(typ="safe").load(world.texts(world.inputs())["compose.yaml"])["services"]
    assert "redis" not in services
    cached = world.inputs(decision=world.decision(rules=(world.EXACT_CACHE,)))
    services = YAML(typ="safe").load(world.texts(cached)["compose.yaml"])["services"]
    assert services["redis"]["image"].startswith("redis:")
    assert services["gateway"]["depends_on"]["redis"] == {"condition": "service_healthy"}


@pytest.mark.parametrize("case", SCENARIOS)
def test_the_application_knows_no_model_but_the_gateway(case: str) -> None:
    containers = section(scenario_texts(case)["docs/02-architecture.md"], "Containers and why each exists")
    lines = re.findall(r"^  n_(\w+) -\.?->(?:\|[^|]*\|)? n_(\w+)$", containers, re.MULTILINE)
    assert {start for start, end in lines if end in ("primary", "fallback")} == {"gateway"}


def test_a_lost_region_is_noticed_moved_and_drilled() -> None:
    texts = scenario_texts(TRIAGE)
    assert alerts(texts)["RegionDown"] == ["min by (region) (app_region_up) == 0"]
    steps = {row[0]: row for row in rows(section(texts["docs/16-dr.md"], "Failover"))}
    assert steps["notice"][1] == "RegionDown fires"
    assert "to the healthy region" in steps["move"][1]
    drills = rows(section(texts["docs/16-dr.md"], "Drills"))
    assert ["move all traffic to the other region", "quarter", "done within 15 min"] in drills


def test_each_step_of_a_release_waits_for_thousands_of_requests() -> None:
    steps = section(scenario_texts(TRIAGE)["docs/14-rollout.md"], "Steps of a release")
    (waited,) = re.findall(r"^Each step waits until gpt-6-luna has answered ([\d,]+) requests\.$", steps, re.MULTILINE)
    assert int(waited.replace(",", "")) == 2316
    assert {row[-1] for row in rows(steps) if row[0] in ("1 %", "10 %", "50 %")} == {"all gates below"}


def phases(texts: dict[str, str]) -> dict[str, str]:
    """Decided part to its phase."""
    plan = rows(section(texts["docs/14-rollout.md"], "Phases"))
    return {row[1]: row[0] for row in plan if ": " in row[1]}


def test_the_plan_has_a_task_for_each_decided_part() -> None:
    found = phases(scenario_texts(TRIAGE))
    assert found["gateway: litellm"] == "core"
    assert found["providers_min: 2"] == "core"
    assert found["budget_limits: yes"] == "core"
    assert found["prefix_cache: yes"] == "core"
    assert found["alerts: burn_rate"] == "hardening"
    assert "gateway: litellm" not in phases(scenario_texts(HANDBOOK))


@pytest.mark.parametrize(("slot", "value"), [("router", "cascade"), ("cache", "semantic"), ("monitoring", True)])
def test_routing_caching_and_monitoring_are_tasks_only_where_they_are_decided(slot: str, value: str | bool) -> None:
    chosen = world.rule("R-X", Strength.STRONG, "because it pays", **{slot: value})
    offered = replace(chosen, strength=Strength.CONSIDER)
    named = f"{slot}: {'yes' if value is True else value}"
    with_it = phases(world.texts(world.inputs(decision=world.decision(rules=(chosen,)))))
    without = world.texts(world.inputs(decision=world.decision(rules=(offered,))))["docs/14-rollout.md"]
    assert with_it == {named: "hardening" if slot == "monitoring" else "advanced"}
    assert "## Phases" not in without


def test_recovery_is_drilled_by_withdrawing_a_key_moving_and_rebuilding() -> None:
    drills = rows(section(scenario_texts(TRIAGE)["docs/16-dr.md"], "Drills"))
    assert [row[1] for row in drills] == ["quarter", "quarter", "half year"]
    assert drills[0][0].startswith("withdraw the key of gpt-6-luna")


def test_architecture_plan_and_monitoring_are_files_with_content() -> None:
    texts = scenario_texts(TRIAGE)
    assert len(rows(section(texts["docs/02-architecture.md"], "Decided"))) >= 10
    assert len(rows(section(texts["docs/14-rollout.md"], "Phases"))) >= 10
    scraped = YAML(typ="safe").load(texts["monitoring/prometheus.yml"])["scrape_configs"]
    assert [one["job_name"] for one in scraped] == ["gateway", "application"]
    assert len(alerts(texts)) >= 10


def test_a_model_is_exchanged_in_seven_steps_of_which_one_is_a_new_prompt() -> None:
    steps = rows(section(scenario_texts(TRIAGE)["docs/15-migration.md"], "Procedure"))
    assert [row[0] for row in steps] == ["alias", "dual run", "prompt", "gate", "switch", "keep back", "exit test"]
    assert "gpt-6-luna" in steps[0][1]
    assert "a version of prompts/main.j2 version 3 for the new model" in steps[2][1]


def test_the_record_of_the_model_sets_the_chosen_one_beside_the_other_with_numbers() -> None:
    text = section(scenario_texts(TRIAGE)["docs/adr/0001-model.md"], "Considered options")
    options = {row[0]: row[1:] for row in rows(text)}
    assert options["gpt-6-luna"] == ["chosen", "", "94.4 % (93.8 % to 95 %)", "0.61 s", "$1,344"]
    other = options["claude-haiku-5-5"]
    assert other[1:] == ["", "94.1 % (93.5 % to 94.7 %)", "0.72 s", "$1,344"]


def lacking_evidence(record: str) -> list[str]:
    """What the record of a model does not say of its choice: how many examples, and the interval."""
    measured = re.findall(r"^- Because: (.*\[ᵐ\]\(\.\./04-evaluation-plan\.md#run-.*)$", record, re.MULTILINE)
    quality = [line for line in measured if " right " in line]
    lacks = [] if quality else ["no measurement"]
    lacks += ["no n" for line in quality if not re.search(r" of [\d,]+ examples right", line)]
    return lacks + ["no interval" for line in quality if not re.search(r"\(95 % interval [\d.]+ % to", line)]


@pytest.mark.parametrize("case", SCENARIOS)
def test_a_choice_without_number_of_examples_or_interval_would_be_found(case: str) -> None:
    record = scenario_texts(case)["docs/adr/0001-model.md"]
    assert lacking_evidence(record) == []
    assert set(lacking_evidence(record.replace(" examples right", " right"))) == {"no n"}
    assert set(lacking_evidence(record.replace("(95 % interval", "(about"))) == {"no interval"}
    assert lacking_evidence("- Because: everybody likes it") == ["no measurement"]


def test_retrieval_is_told_from_cutting_and_embedding_to_the_recall_that_is_required() -> None:
    rag = world.rule("R-RAG-01", Strength.STRONG, "Hybrid retrieval", knowledge="rag", retrieval="hybrid_rerank")
    values = world.inputs(decision=world.decision(rules=(rag,)), index=index_plan(basis()))
    text = world.texts(values)["docs/11-rag-design.md"]
    titles = ["Arithmetic of the corpus", "Search, ranking and rights", "Gates of retrieval"]
    assert [title for title, _ in split(text) if title in titles] == titles
    ingest = [row[0] for row in rows(section(text, titles[0]))]
    assert {"knowledge", "chunks", "tokens to embed, once", "size of the index"} <= set(ingest)
    gates = {row[0]: row[1] for row in rows(section(text, titles[2]))}
    assert gates["recall among the first twenty"] == "at least 85 %"


def tasks(case: str) -> dict[str, tuple[str, str]]:
    """Task to how often it comes again and its command."""
    found = rows(section(scenario_texts(case)["docs/20-ops-calendar.md"], "Work that comes again"))
    return {row[2]: (row[0], row[3].strip("`")) for row in found}


@pytest.mark.parametrize(
    ("case", "task", "due"),
    [
        (TRIAGE, "read the cached share and mend the prefix", ("monthly", "")),
        (
            TRIAGE,
            "evaluate gpt-6-luna and claude-haiku-5-5 on evals/messages.jsonl again",
            ("monthly", "maquette eval run"),
        ),
        (TRIAGE, "compare the bill with the plan", ("monthly", "maquette cost actuals")),
        (TRIAGE, "run the injected cases, new ones among them", ("quarterly", "maquette eval run")),
    ],
)
def test_the_calendar_keeps_cache_models_costs_and_attacks_in_sight(case: str, task: str, due: tuple[str, str]) -> None:
    assert tasks(case)[task] == due


def test_the_calendar_sizes_own_machines_again() -> None:
    (task,) = [task for task in tasks(CLINIC) if task.startswith("size the model servers again")]
    assert tasks(CLINIC)[task][0] in ("monthly", "quarterly")
    assert not any(task.startswith("size the model servers again") for task in tasks(TRIAGE))

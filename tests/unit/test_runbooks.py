"""Alerts and runbooks: each has the other, thresholds follow from requirements, names are those that are exported."""

import importlib.util
import re
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from tests import bundle_world as world
from tests.document_world import SCENARIOS, scenario_texts
from tests.rule_world import CLINIC, CODER, HANDBOOK, TRIAGE

OWN_LABELS = {"le", "instance", "region", "lane", "language", "place", "outcome", "job", "up"}


def rules(texts: dict[str, str]) -> list[dict[str, Any]]:
    """The alerts of the bundle's rules file."""
    groups = YAML(typ="safe").load(texts["monitoring/alerts.yml"])["groups"]
    return [rule for group in groups for rule in group["rules"] if "alert" in rule]


def alert(name: str, scenario: str) -> list[str]:
    """The expressions of the alerts of that name."""
    return [rule["expr"] for rule in rules(scenario_texts(scenario)) if rule["alert"] == name]


def runbooks(texts: dict[str, str]) -> dict[str, str]:
    """File to text of the runbooks."""
    return {path: text for path, text in texts.items() if path.startswith("runbooks/")}


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_each_alert_leads_to_a_runbook_and_each_runbook_names_its_alerts(scenario: str) -> None:
    texts = scenario_texts(scenario)
    led: dict[str, set[str]] = {}
    for rule in rules(texts):
        led.setdefault(rule["annotations"]["runbook_url"], set()).add(rule["alert"])
    assert led.keys() == runbooks(texts).keys()
    for path, names in led.items():
        triggers = set(re.findall(r"^- `([A-Z]\w+)`", texts[path], re.MULTILINE))
        assert triggers == names, path


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_an_alert_has_one_runbook_a_severity_and_a_time_to_hold(scenario: str) -> None:
    found = rules(scenario_texts(scenario))
    for name in {rule["alert"] for rule in found}:
        assert len({rule["annotations"]["runbook_url"] for rule in found if rule["alert"] == name}) == 1
    for rule in found:
        assert rule.keys() == {"alert", "expr", "for", "labels", "annotations"}
        assert re.fullmatch(r"\d+[mh]", rule["for"])
        assert rule["labels"]["severity"] in ("page", "ticket")


def exported_by_litellm() -> set[str]:
    """Every name that LiteLLM's Prometheus integration registers, as Prometheus shows it."""
    found = importlib.util.find_spec("litellm")
    assert found is not None
    assert found.origin is not None
    source = (Path(found.origin).parent / "integrations" / "prometheus.py").read_text(encoding="utf-8")
    made = re.findall(r"self\._(counter|gauge|histogram)_factory\(\s*(?:name=)?\"(\w+)\"", source)
    shown = {"counter": ("{0}_total",), "gauge": ("{0}",), "histogram": ("{0}_bucket", "{0}_sum", "{0}_count")}
    return {form.format(name.removesuffix("_total")) for kind, name in made for form in shown[kind]}


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_every_metric_of_an_alert_is_exported_by_the_gateway_or_named_in_the_catalogue(scenario: str) -> None:
    texts, gateway = scenario_texts(scenario), exported_by_litellm()
    catalogue = set(re.findall(r"^\| `([\w:]+)` \|", texts["docs/13-observability.md"], re.MULTILINE))
    assert len(gateway) > 50
    for rule in rules(texts):
        names = re.findall(r"\b(?:litellm_|app_|vllm:)\w+", re.sub(r'"[^"]*"', "", rule["expr"]))
        for name in names:
            if name == "litellm_model_name":
                continue
            base = re.sub(r"_bucket$", "", name)
            assert name in gateway if name.startswith("litellm_") else base in catalogue, name


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_the_metrics_of_the_catalogue_are_those_of_the_gateway(scenario: str) -> None:
    gateway = exported_by_litellm()
    rows = re.findall(
        r"^\| `(litellm_\w+)` \| (\w+) \|", scenario_texts(scenario)["docs/13-observability.md"], re.MULTILINE
    )
    assert len(rows) >= 10
    for name, kind in rows:
        assert (f"{name}_bucket" if kind == "histogram" else name) in gateway


def test_brackets_and_quotes_of_every_expression_are_closed() -> None:
    for scenario in SCENARIOS:
        for rule in rules(scenario_texts(scenario)):
            bare = re.sub(r'"[^"]*"', "", rule["expr"])
            assert '"' not in bare
            assert all(bare.count(a) == bare.count(b) for a, b in ("()", "[]", "{}")), rule["expr"]


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_a_runbook_fits_a_hundred_and_twenty_lines(scenario: str) -> None:
    for path, text in runbooks(scenario_texts(scenario)).items():
        assert len(text.splitlines()) <= 120, path


def test_a_small_system_has_five_runbooks_and_starts_no_prometheus() -> None:
    texts = scenario_texts(HANDBOOK)
    assert {path.removeprefix("runbooks/") for path in runbooks(texts)} == {
        "model-down.md", "latency.md", "cost-spike.md", "faithfulness.md", "tickets.md",
    }  # fmt: skip
    assert "prometheus" not in texts["compose.yaml"]
    assert "callbacks: [prometheus]" in texts["gateway/config.yaml"]


@pytest.mark.parametrize(
    ("scenario", "files"),
    [
        (CLINIC, {"replica-down", "kv-exhaustion", "faithfulness", "queue-backlog"}),
        (TRIAGE, {"rate-limited", "classifier-drift", "budget-hard", "model-down"}),
        (CODER, {"runaway-session", "cache-collapse", "secret-exposed", "rate-limited"}),
    ],
)
def test_a_brief_has_the_runbooks_of_its_failures(scenario: str, files: set[str]) -> None:
    assert {f"runbooks/{name}.md" for name in files} <= scenario_texts(scenario).keys()


def test_models_on_own_machines_have_no_runbook_of_a_provider() -> None:
    names = {path.removeprefix("runbooks/") for path in runbooks(scenario_texts(CLINIC))}
    assert not names & {"rate-limited.md", "cost-spike.md", "model-retirement.md", "budget-hard.md"}


def test_more_than_half_again_of_the_planned_messages_at_the_model_raise_an_alert() -> None:
    assert alert("LLMEscalationShare", TRIAGE)[0].endswith("> 0.18")  # 1.5 x 12 %


def test_a_measured_share_of_easy_messages_replaces_the_planned_one() -> None:
    texts = scenario_texts(TRIAGE, ("traffic.easy_share", 0.9))
    assert next(rule["expr"] for rule in rules(texts) if rule["alert"] == "LLMEscalationShare").endswith("> 0.15")


def test_budgets_alert_at_eighty_percent_and_at_the_whole() -> None:
    assert alert("LLMBudgetSoft", TRIAGE)[0].endswith("> 12000")
    assert alert("LLMBudgetHard", TRIAGE)[0].endswith(">= 15000")
    assert alert("LLMBudgetSoft", CODER)[0].endswith("> 72000")
    assert alert("LLMBudgetHard", CODER) == []


def test_a_session_is_far_from_usual_at_sixty_turns_and_three_dollars() -> None:
    assert alert("AgentRunaway", CODER) == ["max(app_session_turns) > 60"]  # 2.4 x 25 turns
    assert alert("AgentSessionCost", CODER)[0].endswith("> 3.32")  # 6 x 25 x $0.02014
    assert alert("AgentLoopStopped", CODER)


def test_the_cached_share_of_the_agent_alerts_at_about_four_fifths() -> None:
    least = float(alert("LLMCacheCollapse", CODER)[0].rpartition("< ")[2])
    assert least == 0.782  # 0.85 of the 92 % that the cost model counts on


def test_tokens_a_minute_alert_before_the_account_s_limit() -> None:
    assert alert("LLMTokenRateHigh", TRIAGE)[0].endswith("> 8000000")  # 80 % of 10 million
    assert alert("LLMTokenRateHigh", HANDBOOK) == []


def test_the_night_s_jobs_alert_when_the_day_begins() -> None:
    assert alert("LLMQueueDrain", CLINIC) == ["max(app_queue_oldest_seconds) > 50400"]  # 14 h
    text = scenario_texts(CLINIC)["runbooks/queue-backlog.md"]
    assert "12,000" in text
    assert "14.3 a minute" in text


def test_the_alerts_of_the_objectives_are_the_same_in_both_places() -> None:
    for scenario in SCENARIOS:
        texts = scenario_texts(scenario)
        told = {rule["expr"] for rule in rules(texts)}
        shown = re.findall(r"^\| `LLM\w+` \|.*\| `([^`|]+)` \|", texts["docs/07-slo.md"], re.MULTILINE)
        assert shown
        assert set(shown) <= told


def test_a_retirement_is_told_a_quarter_before_the_published_day() -> None:
    expr = next(
        rule["expr"] for rule in rules(world.texts(world.inputs())) if rule["alert"] == "LLMModelDeprecationPrimary"
    )
    assert expr == "vector(1814313600) - time() < 7776000"  # 2027-06-30 UTC, 90 days


def test_commands_name_services_of_the_compose_file() -> None:
    for scenario in SCENARIOS:
        texts = scenario_texts(scenario)
        services = YAML(typ="safe").load(texts["compose.yaml"])["services"]
        for path, text in runbooks(texts).items():
            for name in re.findall(r"docker compose (?:restart|stop|start|exec|logs --since 30m) (\S+)", text):
                assert name.rstrip("`.,") in services, (path, name)


def test_a_project_without_a_model_has_neither_alerts_nor_runbooks() -> None:
    assert not [path for path in world.texts(world.empty_inputs()) if path.startswith(("runbooks/", "monitoring/"))]

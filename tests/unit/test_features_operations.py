"""What watches a system: log line, metrics, alerts, runbooks; and the questions and interfaces behind it."""

import ast
import re
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from maquette.cost.actuals import DayRow
from maquette.cost.actuals_report import actual_months
from tests.document_view_world import section
from tests.document_world import SCENARIOS, scenario_texts
from tests.project_world import demo_project
from tests.rule_world import CLINIC, CODER, TRIAGE, question_book
from tests.table_world import whole_seen

ROOT = Path(__file__).parents[2]


def watching(case: str, title: str) -> list[list[str]]:
    """The rows of a section of the document on observability."""
    lines = section(scenario_texts(case)["docs/13-observability.md"], title).splitlines()
    table = [line for line in lines if line.startswith("|") and not set(line) <= set("|-")]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in table]


@cache
def rules(case: str) -> tuple[dict[str, Any], ...]:
    """The alerts of the bundle's rules file."""
    groups = YAML(typ="safe").load(scenario_texts(case)["monitoring/alerts.yml"])["groups"]
    return tuple(rule for group in groups for rule in group["rules"])


def alert(name: str, case: str = TRIAGE) -> list[str]:
    """The expressions of the alerts of that name."""
    return [rule["expr"] for rule in rules(case) if rule["alert"] == name]


@pytest.mark.parametrize("case", SCENARIOS)
@pytest.mark.parametrize(
    "field",
    ["model", "tokens_in", "tokens_out", "latency_ms", "usd", "attempt", "cache", "provider", "outcome"],
)
def test_each_request_s_log_line_always_has_this_field(case: str, field: str) -> None:
    always = [row[0].strip("`").split(", ") for row in watching(case, "Log line of a request") if row[1] == "always"]
    assert field in {name for names in always for name in names}


@pytest.mark.parametrize(
    ("case", "metric", "kind"),
    [
        (TRIAGE, "litellm_request_total_latency_metric", "histogram"),
        (TRIAGE, "litellm_total_tokens_metric_total", "counter"),
        (TRIAGE, "litellm_spend_metric_total", "counter"),
        (TRIAGE, "litellm_input_cached_tokens_metric_total", "counter"),
        (TRIAGE, "litellm_proxy_failed_requests_metric_total", "counter"),
        (TRIAGE, "litellm_proxy_total_requests_metric_total", "counter"),
        (TRIAGE, "litellm_deployment_state", "gauge"),
        (CLINIC, "vllm:num_requests_waiting", "gauge"),
        (TRIAGE, "app_quality_sample_ratio", "gauge"),
        (TRIAGE, "app_answers_total", "counter"),
        (TRIAGE, "app_safety_bypass_total", "counter"),
        (TRIAGE, "app_data_leak_findings_total", "counter"),
        (TRIAGE, "app_secret_findings_total", "counter"),
    ],
)
def test_the_catalogue_has_this_metric(case: str, metric: str, kind: str) -> None:
    catalogue = {row[0].strip("`"): row[1] for row in watching(case, "Metrics")}
    assert catalogue[metric] == kind


def test_answers_are_counted_by_how_they_ended() -> None:
    (what,) = [row[3] for row in watching(TRIAGE, "Metrics") if row[0] == "`app_answers_total`"]
    assert what.startswith("answers by outcome: ok, invalid, truncated, refused")


def test_failed_calls_and_failed_checks_have_rules_of_their_own() -> None:
    assert len(alert("LLMErrorBudgetBurn")) == 3
    assert all("litellm_proxy_failed_requests_metric_total" in one for one in alert("LLMErrorBudgetBurn"))
    (invalid,) = alert("LLMSchemaInvalid")
    assert 'outcome="invalid"' in invalid
    assert invalid.endswith("> 0.01")


def test_a_provider_that_answers_fewer_than_ninety_nine_of_a_hundred_calls_raises_an_alert() -> None:
    (by_model,) = [one for one in alert("LLMProviderDown") if "by (litellm_model_name)" in one]
    failed, called = by_model.split(" / ")
    assert failed.startswith("sum by (litellm_model_name) (rate(litellm_deployment_failure_responses_total")
    assert called == "sum by (litellm_model_name) (rate(litellm_deployment_total_requests_total[10m])) > 0.01"


def test_a_score_of_the_online_sample_two_points_below_the_week_raises_an_alert() -> None:
    (fallen,) = alert("LLMQualityRegression")
    assert fallen.startswith("min(app_quality_sample_ratio) < avg_over_time(min(app_quality_sample_ratio)[7d:")
    assert fallen.endswith("- 0.02")


def test_an_hour_is_held_against_the_same_hour_of_a_week_ago_and_a_floor() -> None:
    (spike,) = alert("LLMCostSpike")
    hour = "sum(increase(litellm_spend_metric_total[1h]))"
    before = "sum(increase(litellm_spend_metric_total[1h] offset 1w))"
    cost = whole_seen(TRIAGE).roles[0].cost
    assert cost is not None
    assert cost.usd_per_request is not None
    floor = 2 * cost.usd_per_request * 5_000_000 / 24
    assert spike == f"{hour} > {floor:.2f} unless {hour} <= 1.5 * {before}"


def test_refusals_are_held_against_the_week_before_and_have_a_runbook() -> None:
    (rule,) = [rule for rule in rules(TRIAGE) if rule["alert"] == "LLMRefusalSpike"]
    assert 'outcome="refused"' in rule["expr"]
    assert "offset 1w" in rule["expr"]
    path = rule["annotations"]["runbook_url"]
    assert path == "runbooks/refusal-spike.md"
    assert "`LLMRefusalSpike`" in section(scenario_texts(TRIAGE)[path], "Trigger")


def test_unsupported_claims_have_a_runbook_with_metric_threshold_and_owner() -> None:
    text = scenario_texts(CLINIC)["runbooks/faithfulness.md"]
    assert "app_unsupported_answers_total" in section(text, "Diagnose")
    assert "`LLMFaithfulnessDrop`, for 1h: more than 1 % of a day's checked answers" in section(text, "Trigger")
    assert "the owner of the models" in section(text, "Escalate and keep")


def test_each_incident_that_must_not_happen_is_counted_and_one_is_an_alert() -> None:
    for name, counter in (
        ("LLMSafetyBypass", "app_safety_bypass_total"),
        ("LLMDataLeak", "app_data_leak_findings_total"),
        ("SecretExposed", "app_secret_findings_total"),
    ):
        assert alert(name) == [f"sum(increase({counter}[1h])) > 0"]


def test_three_nines_of_requests_are_an_objective_with_its_query() -> None:
    lines = section(scenario_texts(CODER)["docs/07-slo.md"], "Indicators and objectives").splitlines()
    (availability,) = [line for line in lines if line.startswith("| availability |")]
    assert "| 99.9 % |" in availability
    assert "litellm_proxy_failed_requests_metric_total" in availability


def test_the_log_says_whether_texts_stand_in_it_what_is_redacted_and_how_long_it_is_kept() -> None:
    logged = {row[0]: row[1] for row in watching(TRIAGE, "Log line of a request")}
    assert logged["`prompt, answer`"] == "never"  # personal data, and nobody said that they may stand in a log
    text = section(scenario_texts(TRIAGE)["docs/13-observability.md"], "Log line of a request")
    assert re.search(r"^\| retention \| `delete by age, every night` \| 90 days \|$", text, re.MULTILINE)


def test_prometheus_and_the_gateway_are_set_to_measure_every_call() -> None:
    texts = scenario_texts(TRIAGE)
    settings = YAML(typ="safe").load(texts["gateway/config.yaml"])["litellm_settings"]
    assert settings["callbacks"] == ["prometheus", "s3_v2"]
    assert settings["turn_off_message_logging"] is True
    scraped = YAML(typ="safe").load(texts["monitoring/prometheus.yml"])
    assert "gateway" in {one["job_name"] for one in scraped["scrape_configs"]}
    assert scraped["rule_files"]


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("quality.metric", "enum"),
        ("quality.threshold", "number"),
        ("data.eval_examples", "number"),
        ("eval.concurrency", "number"),
        ("eval.max_minutes", "number"),
        ("eval.failure_policy", "enum"),
        ("eval.store_policy", "enum"),
    ],
)
def test_the_question_is_asked(question: str, kind: str) -> None:
    asked = question_book().questions[question]
    assert asked.kind == kind
    assert asked.ask


def test_the_calls_at_once_of_a_plan_are_those_that_were_answered(tmp_path: Path) -> None:
    project = demo_project(tmp_path / "p")
    project.set_answers({"eval.concurrency": 3})
    assert project.view.plan.concurrency == 3


@pytest.mark.parametrize(("usd", "critical"), [("100", []), ("150", [False]), ("150.01", [True])])
def test_a_month_beyond_its_budget_alerts_and_beyond_half_as_much_again_is_critical(
    usd: str, critical: list[bool]
) -> None:
    bill = [DayRow(day=date(2026, 10, 1), usd=Decimal(0)), DayRow(day=date(2026, 10, 31), usd=Decimal(usd))]
    (month,) = actual_months(bill, {}, budget_usd=Decimal(100), today=date(2026, 11, 5))
    assert [alert.critical for alert in month.alerts if alert.kind == "budget"] == critical


def imported(folder: Path) -> set[str]:
    """Every module and name that a package imports from maquette."""
    found = set()
    for path in folder.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "maquette":
                found |= {f"{node.module}.{name.name}" for name in node.names}
    return found


@pytest.mark.parametrize("folder", ["tui/maquette_tui", "notebooks/maquette_widgets"])
def test_terminal_and_notebook_stand_on_the_same_project_and_on_no_command(folder: str) -> None:
    names = imported(ROOT / folder)
    assert "maquette.project.Project" in names
    assert not {name for name in names if name.startswith("maquette.cli")}


def test_what_must_hold_before_a_change_is_accepted_is_lint_tests_slow_tests_and_the_demo() -> None:
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    steps = re.findall(r"^step .*; (?:timeout \w+ )?make ([\w-]+)$", script, re.MULTILINE)
    assert steps == ["setup", "lint", "test", "test-slow", "demo"]
    lint = re.search(r"^lint:.*\n((?:\t.*\n)+)", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    assert lint is not None
    assert re.findall(r"/(ruff check|ruff format|mypy|lint-imports|python tests/sizes)", lint[1]) == [
        "ruff check", "ruff format", "mypy", "lint-imports", "python tests/sizes",
    ]  # fmt: skip

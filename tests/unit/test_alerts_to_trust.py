"""What an on-call engineer rests on: where alerts go, what they divide by, whom a runbook sends, and what it costs."""

import json
import re
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from maquette.bundle.documents.calendar import workday
from maquette.bundle.documents.contrasts import contradictions
from maquette.bundle.documents.slo_feasible import feasible
from maquette.bundle.documents.slo_objectives import objectives
from maquette.bundle.runbooks.alerts import alerts
from maquette.bundle.runbooks.operating import operating
from tests.document_view_world import said, section, seen_of
from tests.document_world import SCENARIOS, scenario_inputs, scenario_texts
from tests.rule_world import CLINIC, CODER, HANDBOOK, TRIAGE
from tests.table_world import whole_seen
from tests.unit.test_prometheus_files import PROMTOOL, alert, promtool, series, written


def rules(scenario: str) -> dict[str, list[tuple[str, bool]]]:
    """Name to expression and whether it pages, of every alert."""
    op = operating(whole_seen(scenario))
    assert op is not None
    found: dict[str, list[tuple[str, bool]]] = {}
    for one in alerts(op):
        found.setdefault(one.name, []).append((one.expr, one.page))
    return found


def yaml(scenario: str, path: str) -> Any:
    return YAML(typ="safe").load(scenario_texts(scenario)[path])


def test_alerts_reach_a_pager_and_a_tracker_by_addresses_that_only_the_environment_knows() -> None:
    prometheus, manager = yaml(TRIAGE, "monitoring/prometheus.yml"), yaml(TRIAGE, "monitoring/alertmanager.yml")
    compose = yaml(TRIAGE, "compose.yaml")
    assert prometheus["alerting"]["alertmanagers"] == [{"static_configs": [{"targets": ["alertmanager:9093"]}]}]
    assert manager["route"]["receiver"] == "ticket"
    assert [(one["matchers"], one["receiver"]) for one in manager["route"]["routes"]] == [(['severity="page"'], "page")]
    files = {one["name"]: one["webhook_configs"][0]["url_file"] for one in manager["receivers"]}
    assert files == {"page": "/run/secrets/alert_page_url", "ticket": "/run/secrets/alert_ticket_url"}
    assert compose["secrets"]["alert_page_url"] == {"environment": "ALERT_PAGE_URL"}
    assert compose["services"]["alertmanager"]["secrets"] == ["alert_page_url", "alert_ticket_url"]
    assert compose["services"]["alertmanager"]["image"] == "prom/alertmanager:v0.35.0"
    assert "\nALERT_TICKET_URL=\n" in scenario_texts(TRIAGE)[".env.example"]


def test_without_a_rota_alertmanager_has_one_receiver() -> None:
    texts = scenario_texts(TRIAGE, ("team.oncall", False))
    manager = YAML(typ="safe").load(texts["monitoring/alertmanager.yml"])
    assert "routes" not in manager["route"]
    assert [one["name"] for one in manager["receivers"]] == ["ticket"]
    assert "ALERT_PAGE_URL" not in texts[".env.example"]
    assert not re.search(r"severity: page", texts["monitoring/alerts.yml"])


def test_a_bundle_without_prometheus_says_that_nothing_reads_or_sends() -> None:
    texts = scenario_texts(HANDBOOK)
    assert "monitoring/alertmanager.yml" not in texts
    assert "nothing here reads them or sends a message" in texts["README.md"]
    rollout = texts["docs/14-rollout.md"]
    assert re.search(r"^\| calls are measured \| open \| .* nothing in this bundle reads them", rollout, re.MULTILINE)
    assert re.search(r"^\| alerts reach somebody \| open \| no Alertmanager", rollout, re.MULTILINE)
    alerts_row = next(line for line in texts["docs/02-architecture.md"].splitlines() if line.startswith("| Alerts |"))
    assert "write a ticket when too many requests fail, which are counted" in alerts_row
    assert not alerts_row.endswith("| yes |")


def test_what_is_not_read_is_told_where_a_prometheus_stands() -> None:
    assert rules(TRIAGE)["LLMApplicationUnread"] == [('absent(up{job="application"} == 1)', False)]
    assert rules(TRIAGE)["LLMGatewayUnread"] == [('absent(up{job="gateway"} == 1)', True)]
    assert "LLMApplicationUnread" not in rules(HANDBOOK)
    assert "Fill in monitoring/targets/application.yml, which is empty" in scenario_texts(TRIAGE)["README.md"]


def test_each_group_of_model_servers_is_missed_also_when_no_target_is_named() -> None:
    expected = [
        (f'(sum(up{{job="models",group="{group}"}}) or vector(0)) < 1', True) for group in ("primary", "fallback")
    ]
    assert rules(CLINIC)["VLLMReplicaDown"] == expected
    targets = yaml(CLINIC, "monitoring/targets/models.yml")
    assert [one["labels"]["group"] for one in targets] == ["primary", "fallback"]


def test_few_requests_are_counted_over_a_day() -> None:
    found = rules(HANDBOOK)  # 400 a day in ten hours
    (moved, _), (failing, _) = found["LLMProviderDown"]
    assert moved.endswith("[1d])) or vector(0)) >= 20")  # 5 %
    assert failing.endswith("[1d])) >= 4")  # 1 %
    assert found["LLMRefusalSpike"][0][0].startswith('sum(increase(app_answers_total{outcome="refused"}[1d])) >= 4 and')
    assert [expr.count("[1d]") for expr, _ in found["LLMLatencyBurn"]] == [1, 1]
    assert found["LLMCacheCollapse"][0][0].count("[1d]") == 2
    for path in ("docs/00-brief.md", "docs/14-rollout.md"):
        assert "counted failures" in scenario_texts(HANDBOOK)[path]
        assert "burn rate" not in scenario_texts(HANDBOOK)[path]


def test_an_answer_that_no_model_gave_can_be_neither_malformed_nor_refused() -> None:
    invalid = (
        'sum(rate(app_answers_total{outcome="invalid"}[30m])) / (sum(rate(app_answers_total{by="model"}[30m])) > 0)'
    )
    assert rules(TRIAGE)["LLMSchemaInvalid"][0][0] == f"{invalid} > 0.01"
    assert rules(TRIAGE)["LLMRefusalSpike"][0][0].count('by="model"') == 3
    assert 'by="model"' not in rules(CODER)["LLMSchemaInvalid"][0][0]


@pytest.mark.parametrize(
    ("scenario", "points"),
    [(TRIAGE, "0.02"), (HANDBOOK, "0.046"), (CODER, "0.089")],  # 1.96 sqrt(0.93 x 0.07 / 120); sqrt(0.55 x 0.45 / 120)
)
def test_a_fall_within_the_sample_s_own_noise_is_no_regression(scenario: str, points: str) -> None:
    assert rules(scenario)["LLMQualityRegression"][0][0].endswith(f"- {points}")


def test_a_plan_above_a_share_of_the_budget_does_not_fire_by_itself() -> None:
    cost = seen_of(scenario_inputs(CODER)).roles[0].cost
    assert cost is not None
    assert cost.usd_per_request is not None
    month = cost.usd_per_request * 180_000 * 30  # 108,756 USD of a budget of 90,000
    for name, usd in (("LLMBudgetHalf", 45_000), ("LLMBudgetSoft", 72_000), ("LLMBudgetSpent", 90_000)):
        expr = rules(CODER)[name][0][0]
        days = int(re.findall(r"\[(\d+)d\]", expr)[0])
        assert month * days / 30 < usd, name
        assert month * 6 / 5 * (days + 1) / 30 > usd, name
    assert "are spent earlier than planned" in scenario_texts(CODER)["docs/07-slo.md"]
    assert "are spent within half of the month" in scenario_texts(TRIAGE)["docs/07-slo.md"]


SPEND = 'litellm_spend_metric_total{api_key_alias="shop"}'
ASKED = 'litellm_proxy_total_requests_metric_total{job="gateway",api_key_alias="shop"}'
FAILED = 'litellm_proxy_failed_requests_metric_total{job="gateway",api_key_alias="shop",'
BURNT: list[dict[str, str]] = [
    {"severity": one, "failure": "RB-04", "condition": str(place)}
    for place, one in enumerate(("page", "page", "ticket"), start=1)
]


@pytest.mark.skipif(PROMTOOL is None, reason="promtool (Prometheus) is not installed")
@pytest.mark.parametrize(
    ("values", "tests"),
    [
        (
            [
                series(ASKED, "0+400x190"),
                series(FAILED + 'exception_status="401",exception_class="AnyError"}', "0+9x190"),
            ],
            [alert("LLMErrorBudgetBurn", "6h")],
        ),
        (
            [
                series(ASKED, "0+400x190"),
                series(FAILED + 'exception_status="401",exception_class="Openai.AuthenticationError"}', "0+9x190"),
            ],
            [alert("LLMErrorBudgetBurn", "6h", *BURNT)],
        ),
        ([series('up{job="application"}', "1x60 0x90"), series('up{job="gateway"}', "1x150")],
         [alert("LLMApplicationUnread", "1h"), alert("LLMGatewayUnread", "5h"),
          alert("LLMApplicationUnread", "5h", {"severity": "ticket", "failure": "RB-28"})]),
    ],
    ids=["the gateway refuses a caller", "the provider refuses us", "nobody is read"],
)  # fmt: skip
def test_prometheus_fires_by_these_rules(
    values: list[dict[str, str]], tests: list[dict[str, Any]], tmp_path: Path
) -> None:
    folder = written(tmp_path, TRIAGE)
    case = {"interval": "2m", "input_series": values, "alert_rule_test": tests}
    text = json.dumps({"rule_files": ["alerts.yml"], "evaluation_interval": "2m", "tests": [case]})
    (folder / "tests.yml").write_text(text, encoding="utf-8")
    assert "SUCCESS" in promtool(folder, "test", "rules", "tests.yml")


@pytest.mark.skipif(PROMTOOL is None, reason="promtool (Prometheus) is not installed")
def test_an_hour_beyond_twice_the_plan_fires_also_in_the_first_week(tmp_path: Path) -> None:
    floor = float(re.findall(r"> ([\d.]+) unless", rules(TRIAGE)["LLMCostSpike"][0][0])[0])
    usual, dear = 0.8 * floor / 30, 1.2 * floor / 30  # of two minutes
    told = {"severity": "ticket", "failure": "RB-09"}
    case = {
        "interval": "2m",
        "input_series": [series(SPEND, f"0+{usual:.4f}x300 {301 * usual:.4f}+{dear:.4f}x90")],
        "alert_rule_test": [alert("LLMCostSpike", "9h"), alert("LLMCostSpike", "12h30m", told)],
    }
    folder = written(tmp_path, TRIAGE)
    text = json.dumps({"rule_files": ["alerts.yml"], "evaluation_interval": "2m", "tests": [case]})
    (folder / "tests.yml").write_text(text, encoding="utf-8")
    assert "SUCCESS" in promtool(folder, "test", "rules", "tests.yml")


def test_where_money_is_short_only_a_cheaper_model_answers_first() -> None:
    dear, cheap = (scenario_texts(one)["runbooks/" + name] for one, name in (
        (HANDBOOK, "tickets.md"), (CODER, "budget-soft.md")))  # fmt: skip
    budget = dear.partition("## RB-10")[2].partition("## RB-12")[0]
    assert "answer first" not in budget
    assert "Let gpt-6.1-terra answer first" in cheap
    limited = dear.partition("## RB-02")[2].partition("## RB-04")[0]
    assert re.search(r"A request then costs 11\.6 times\S* the price of gpt-6-luna\.", limited)


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_no_runbook_cuts_answers_off_or_reads_a_key_that_is_not_set(scenario: str) -> None:
    for path, text in scenario_texts(scenario).items():
        if path.startswith("runbooks/"):
            assert "Lower `max_tokens`" not in text, path
            for command in re.findall(r"```sh\n(.*?)```", text, re.DOTALL):
                assert "$LITELLM_MASTER_KEY" not in command or command.startswith("set -a; . ./.env; set +a"), path
    assert "`max_tokens` stays at 800 tokens" in scenario_texts(HANDBOOK)["runbooks/latency.md"]


def test_a_counter_is_read_twice_where_no_prometheus_subtracts() -> None:
    assert "read them twice, `1d` apart, and subtract" in scenario_texts(HANDBOOK)["runbooks/tickets.md"]
    assert "and subtract" not in scenario_texts(CODER)["runbooks/cost-spike.md"]


def test_a_leak_of_health_data_is_first_told_to_the_privacy_official_with_the_clock_of_the_notice() -> None:
    text = scenario_texts(CLINIC)["runbooks/data-leak.md"]
    assert re.search(r"^1\. Call the privacy official first", section(text, "Mitigate"), re.MULTILINE)
    assert re.search(r"\(45 CFR 164\.404, 164\.408\S*\): notice within 60 days of discovery\.", text)


def test_runbooks_name_only_what_the_design_has() -> None:
    clinic, coder = scenario_texts(CLINIC), scenario_texts(CODER)
    assert "answer of a tool" not in clinic["runbooks/safety-bypass.md"]
    assert "answer of a tool" in coder["runbooks/safety-bypass.md"]
    assert "status page" not in clinic["runbooks/model-down.md"]
    assert "overnight" not in coder["runbooks/queue-backlog.md"]
    assert "overnight" in clinic["runbooks/queue-backlog.md"]
    assert "nobody else issues them" in clinic["runbooks/secret-exposed.md"]
    assert "RateLimitErrorRetries" not in scenario_texts(TRIAGE)["runbooks/rate-limited.md"]  # they are 0 already


def test_the_night_s_queue_is_healthy_at_the_rate_that_empties_it() -> None:
    diagnose = section(scenario_texts(CLINIC)["runbooks/queue-backlog.md"], "Diagnose")
    assert re.search(r"worked off, a minute\. Healthy: 14\.3 a minute", diagnose)  # 12,000 jobs in 14 h


def test_what_answers_before_the_gateway_is_in_the_objective_and_the_gateway_stands_beside_it() -> None:
    found = {one.name: one.query for one in objectives(seen_of(scenario_inputs(TRIAGE)))}
    assert found["availability"] == (
        "1 - (sum(increase(app_failed_requests_total[30d])) or vector(0)) "
        "/ (sum(increase(app_request_seconds_count[30d])) > 0)"
    )
    assert "app_request_seconds_bucket" in found["latency"]
    assert "litellm_proxy_failed_requests" in found["availability of the gateway"]
    assert "availability of the gateway" not in {one.name for one in objectives(seen_of(scenario_inputs(CODER)))}


def test_a_recovery_longer_than_the_month_s_errors_is_a_contradiction() -> None:
    told = [said(one) for one in contradictions(seen_of(scenario_inputs(HANDBOOK)))]
    assert "One outage may last 480 min, but 99 % leaves 432 min in 30 days." in told
    assert not [one for one in contradictions(seen_of(scenario_inputs(TRIAGE))) if "One outage" in said(one)]


def test_a_target_that_nothing_was_measured_against_is_not_called_met() -> None:
    seen = seen_of(scenario_inputs(HANDBOOK))
    rows = {row["target"]: row["verdict"] for row in feasible(seen)}
    assert rows["first token"] == "not known: nothing is measured"
    bare = replace(seen, roles=tuple(replace(role, result=None) for role in seen.roles))
    rows = {row["target"]: row["verdict"] for row in feasible(bare)}
    assert rows["P95 of whole answers"] == "not known: nothing is measured"


@pytest.mark.parametrize(
    ("day", "held"),
    [("2026-12-25", "2026-12-28"), ("2027-01-01", "2027-01-04"), ("2027-01-02", "2027-01-04"), ("2026-12-24",) * 2],
)
def test_nothing_is_drilled_on_a_day_on_which_nobody_works(day: str, held: str) -> None:
    assert workday(date.fromisoformat(day)).isoformat() == held


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_every_day_of_the_calendar_s_own_work_is_a_workday(scenario: str) -> None:
    text = scenario_texts(scenario)["docs/20-ops-calendar.md"]
    own = section(text, "Work that comes again") + section(text, "Drills of the runbooks")
    days = re.findall(r"^\| (?:\S+ \| )?(\d{4}-\d\d-\d\d) \|", own, re.MULTILINE)
    assert len(days) > 10
    assert all(workday(date.fromisoformat(one)).isoformat() == one for one in days)

"""The objectives: queries as the gateway counts, the chain's availability by hand, alerts, the budget, its policy."""

from decimal import Decimal

import pytest

from maquette.bundle.documents.slo import slo_view
from maquette.bundle.documents.slo_alerts import alert_rows, by_count
from maquette.bundle.documents.slo_objectives import cached_share_planned, error_ratio, objectives
from maquette.decision.refusing import Uptime
from tests import bundle_world as world
from tests.document_view_world import said, section, seen_of
from tests.document_world import scenario_inputs, scenario_texts
from tests.rule_world import CLINIC, CODER, HANDBOOK, TRIAGE


def slo(name: str) -> str:
    return scenario_texts(name)["docs/07-slo.md"]


def test_the_availability_query_leaves_out_health_checks_and_the_caller_s_mistakes() -> None:
    query = error_ratio("1h")
    assert query.count('job="gateway",api_key_alias!="litellm-internal-health-check"') == 3
    wrong = ",".join(f'exception_status!="{status}"' for status in (400, 413, 422))
    assert f'{wrong},exception_status!~"40[134]"' in query
    assert query.count("[1h]") == 3
    assert "or vector(0)" in query


def test_a_provider_that_refuses_our_key_or_model_is_a_failure_and_a_caller_s_wrong_key_is_none() -> None:
    assert 'exception_status=~"40[134]",exception_class=~".+[.].+"' in error_ratio("1h")


def test_every_promise_that_a_metric_measures_has_its_query_in_the_document() -> None:
    found = objectives(seen_of(scenario_inputs(TRIAGE)))
    assert [one.name for one in found] == [
        "availability", "latency", "availability of the gateway", "latency of the gateway", "quality", "prefix cache",
        "fallback",
    ]  # fmt: skip
    text = slo(TRIAGE)
    assert all(f"`{one.query}`" in text for one in found if one.query)


def test_an_alert_s_expression_compares_with_the_objective_of_its_document() -> None:
    rows = alert_rows(seen_of(scenario_inputs(TRIAGE)))
    burns = [row for row in rows if row["name"] == "LLMErrorBudgetBurn"]
    # 14.4 x 0.0005, 6 x 0.0005, 1 x 0.0005
    assert [row["query"].rpartition("> ")[2] for row in burns] == ["0.0072", "0.003", "0.0005"]
    assert [row["severity"] for row in burns] == ["page", "page", "ticket"]
    # 14.4 x 1 h / 720 h, 6 x 6 h / 720 h, 1 x 72 h / 720 h
    assert [said(row["means"]) for row in burns] == [f"{share} % of the budget is gone" for share in (2, 5, 10)]
    latency = next(row for row in rows if row["name"] == "LLMLatencyBurn")
    assert latency["query"].endswith("> 0.8")
    assert latency["severity"] == "page"


def test_few_requests_are_counted_and_not_divided() -> None:
    seen = seen_of(scenario_inputs(HANDBOOK))
    burns = [row for row in alert_rows(seen) if row["name"] == "LLMErrorBudgetBurn"]
    # 40 an hour: 14.4 x 0.01 x 40 = 5.8; 6 x 0.01 x 240 = 14.4; 0.01 x 400 x 3 = 12
    assert by_count(seen)
    assert [row["query"].rpartition(">= ")[2] for row in burns] == ["6", "15", "12"]
    assert not by_count(seen_of(scenario_inputs(TRIAGE)))


def test_the_chain_s_availability_is_told_with_its_arithmetic() -> None:
    chain = section(slo(TRIAGE), "Availability of the chain")
    # (1 - 0.9971) x 43,200 = 125; 1 - 0.0029 x 0.0037 = 0.99998927; (0.9995 - 0.9971) / 0.0029 = 0.83
    assert "openai alone, at 99.71 %, misses 99.95 %: 125 min in 30 days without an answer." in chain
    assert "With anthropic behind openai at the most 99.999 %" in chain
    assert "the fallback must catch 83 % of openai's failures" in chain


def test_a_promised_uptime_stands_beside_the_record() -> None:
    inputs = world.inputs(uptimes={"openai": Uptime(share=Decimal("0.999"), source="an agreement")})
    (row,) = [row for row in slo_view(seen_of(inputs))["chain"] if row["company"] == "openai"]
    assert row["promised"]["text"] == "99.9 %"
    assert row["promised"]["ref"] == "an agreement"


def test_own_machines_are_told_what_the_promise_leaves_them() -> None:
    # (1 - 0.999) x 43,200
    assert "99.9 % leaves them 43.2 min in 30 days." in section(slo(CLINIC), "Availability of the chain")


@pytest.mark.parametrize(
    ("name", "minutes", "requests"),
    [
        (TRIAGE, "21.6 min", "75,000 requests"),
        (CLINIC, "43.2 min", "900 requests"),
        (HANDBOOK, "432 min", "120 requests"),
    ],
)
def test_the_budget_is_in_minutes_and_in_requests(name: str, minutes: str, requests: str) -> None:
    budget = section(slo(name), "Budget of errors")
    assert f"| minutes without an answer | {minutes} |" in budget
    assert f"| failed requests | {requests} |" in budget


def test_a_cache_that_the_budget_needs_is_watched_at_its_planned_share() -> None:
    # 1 - 2 / 25 = 0.92, the 41,400 of 45,000 tokens of the cost model; x 0.85 = 0.782
    seen = seen_of(scenario_inputs(CODER))
    planned = cached_share_planned(seen.facts)
    assert planned is not None
    assert planned[0] == Decimal("0.92")
    (row,) = [row for row in alert_rows(seen) if row["name"] == "LLMCacheCollapse"]
    assert row["query"].endswith("< 0.782")


def test_nobody_on_call_is_held_against_the_budget() -> None:
    alerts = section(slo(HANDBOOK), "Alerts")
    assert "one night of 960 min stands against a budget of 432 min" in alerts
    assert "Nobody is on call" not in section(slo(TRIAGE), "Alerts")


@pytest.mark.parametrize(("cadence", "words"), [("weekly", "go out weekly"), ("frozen", "are frozen already (frozen)")])
def test_the_policy_follows_the_cadence_of_changes(cadence: str, words: str) -> None:
    text = scenario_texts(TRIAGE, ("lifecycle.change_cadence", cadence))["docs/07-slo.md"]
    assert words in section(text, "When the budget is spent")


def test_a_limit_between_two_buckets_is_told() -> None:
    told = section(slo(TRIAGE), "Indicators and objectives")
    assert "No bucket of the gateway's histogram ends at 800 ms: between 0.5 s and 1 s" in told
    assert "ends at 10,000 ms" not in section(slo(HANDBOOK), "Indicators and objectives")


def test_without_a_promise_there_is_no_budget_and_no_alert_of_it() -> None:
    seen = seen_of(scenario_inputs(TRIAGE))
    facts = {name: value for name, value in seen.facts.values.items() if name != "availability.target"}
    seen.facts.values = facts
    view = slo_view(seen)
    assert view["budget"] == []
    assert view["policy"] == []
    assert "LLMErrorBudgetBurn" not in {row["name"] for row in view["alerts"]}

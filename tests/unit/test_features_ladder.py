"""How the system steps down: the ladder, its triggers and counts, the alerts of money and abuse, feasible targets."""

import re
from dataclasses import replace
from typing import Any

import pytest
from ruamel.yaml import YAML

from maquette.bundle.documents.degradation import EVENT, METRIC, final_fallback, ladder, reasons
from maquette.bundle.documents.slo_feasible import feasible
from maquette.bundle.runbooks.alerts import alerts
from maquette.bundle.runbooks.operating import operating
from maquette.bundle.runbooks.writing import runbook_files
from tests.document_view_world import said, section, seen_of
from tests.document_world import SCENARIOS, scenario_texts
from tests.rule_world import CLINIC, CODER, HANDBOOK, TRIAGE
from tests.table_world import scenario_table, shown, whole_seen

FILE = "docs/07-slo.md"
STEPS = "Steps down before it stops"


def rules(scenario: str, *changes: tuple[str, Any]) -> dict[str, list[tuple[str, bool]]]:
    """Alert to its expressions, each with whether it pages."""
    op = operating(whole_seen(scenario, *changes))
    assert op is not None
    found: dict[str, list[tuple[str, bool]]] = {}
    for one in alerts(op):
        found.setdefault(one.name, []).append((one.expr, one.page))
    return found


def test_the_ladder_leads_from_another_try_to_an_answer_without_a_model() -> None:
    assert scenario_table(TRIAGE, FILE, STEPS) == {
        "again": ["gpt-6-luna answers an error of its server", "gpt-6-luna, asked again 2 times", "gateway", ""],
        "other model": [
            "gpt-6-luna still fails, or nothing within 1.6 s",
            "claude-haiku-5-5, at the price of gpt-6-luna",
            "gateway",
            "`provider_error, timeout, rate_limit`",
        ],
        "warning": [
            "50 % of the month's budget, $7,500, are spent within half of the month",
            "gpt-6-luna, as before",
            "nobody; LLMBudgetHalf tells the budget owner",
            "",
        ],
        "downgrade": [
            "80 % of the month's budget, $12,000, are spent by gpt-6-luna",
            "claude-haiku-5-5, at the price of gpt-6-luna",
            "gateway",
            "`budget`",
        ],
        "stop": [
            "100 % of the month's budget, $15,000/month, are spent",
            final_fallback(whole_seen(TRIAGE)),
            "gateway, then application",
            "`budget`",
        ],
        "final fallback": [
            "gpt-6-luna and claude-haiku-5-5 fail",
            final_fallback(whole_seen(TRIAGE)),
            "application",
            "`no_model`",
        ],
    }


def test_the_downgrade_s_trigger_is_the_gateway_s_own_limit() -> None:
    for scenario in (TRIAGE, CODER):
        policy = whole_seen(scenario).policy
        assert policy is not None
        cap = next(one.budget_usd for one in policy.deployments if one.group == "primary")
        row = next(one for one in ladder(whole_seen(scenario)) if one["step"] == "downgrade")
        assert f"${cap:,.0f}" in said(row["when"])


def test_a_dearer_fallback_is_no_downgrade() -> None:
    names = [row["step"] for row in ladder(whole_seen(HANDBOOK))]
    assert "downgrade" not in names
    row = shown(ladder(whole_seen(HANDBOOK)), "step")["dearer model"]
    more = "shorten answers by instruction first, for the rest goes faster"
    assert row["answer"].endswith(f"the price of gpt-6-luna: {more}")


@pytest.mark.parametrize(
    ("scenario", "answer"),
    [
        (CLINIC, "the source as it is, marked as not summarised"),
        (
            TRIAGE,
            "the classifier's own label; below its threshold none, and the message waits in the queue of people",
        ),
        (CODER, "no change; the session ends and its branch stays"),
        (HANDBOOK, "the sources' list of contents"),
    ],
)
def test_the_last_answer_is_a_rule_of_the_application_and_is_logged_as_an_error(scenario: str, answer: str) -> None:
    texts = scenario_texts(scenario)
    assert final_fallback(whole_seen(scenario)) == answer
    book = next(texts[path] for path in texts if path == "runbooks/model-down.md")
    assert f"If no model answers, the application does: {answer}. It logs the event {EVENT} as an error." in book
    line = scenario_table(scenario, "docs/13-observability.md", "Log line of a request")["`event, step, reason`"]
    assert line == ["when degraded", f"{EVENT}, as an error: {', '.join(reasons(whole_seen(scenario)))}"]


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_steps_down_are_counted_by_reason(scenario: str) -> None:
    found = scenario_table(scenario, "docs/13-observability.md", "Metrics")[f"`{METRIC}`"]
    assert found[:3] == ["counter", "application", "answers of a lower step, by step and reason"]
    told = reasons(whole_seen(scenario))
    assert found[3] == f"0 for {', '.join(told)}"
    assert told[-1] == "no_model"
    assert METRIC in section(scenario_texts(scenario)["runbooks/model-down.md"], "Diagnose")


def test_the_budget_warns_at_half_four_fifths_and_all_of_it() -> None:
    spend = "sum(increase(litellm_spend_metric_total[{}d])) > {}"
    hard = rules(TRIAGE)
    assert hard["LLMBudgetHalf"] == [(spend.format(15, 7500), False)]
    assert hard["LLMBudgetSoft"] == [(spend.format(30, 12000), False)]
    assert hard["LLMBudgetHard"] == [(spend.format(30, 15000).replace(">", ">="), True)]
    soft = rules(HANDBOOK)
    assert soft["LLMBudgetHalf"] == [(spend.format(15, 250), False)]
    assert soft["LLMBudgetSpent"] == [(spend.format(30, 500), False)]
    assert "LLMBudgetHard" not in soft


def test_every_alert_has_one_runbook_and_every_failure_that_alerts_has_a_part_of_one() -> None:
    for scenario in SCENARIOS:
        seen = whole_seen(scenario)
        op = operating(seen)
        assert op is not None
        fired = alerts(op)
        parts = [part for book in runbook_files(seen) for part in book["parts"]]
        assert len(parts) >= len({one.entry for one in fired})
        told = [alert["name"] for part in parts for alert in part["alerts"]]
        assert sorted(told) == sorted(one.name for one in fired)
        data = YAML(typ="safe").load(scenario_texts(scenario)["monitoring/alerts.yml"])
        urls = {rule["annotations"]["runbook_url"] for group in data["groups"] for rule in group["rules"]}
        assert urls == {path for path in scenario_texts(scenario) if path.startswith("runbooks/")}


def test_whoever_misuses_the_system_is_blocked_by_a_procedure() -> None:
    book = scenario_texts(TRIAGE)["runbooks/abuse.md"]
    plain = re.sub(r"\[[ᵐᶜᵉʳᵃ]\]\([^)]*\)", "", book)
    assert "- `LLMAbuse`, for 0m: more than 10 callers blocked within 1h." in plain
    assert "Blocked by itself: a caller with 3 findings of injection or misuse within an hour, for 24 h." in plain
    assert "deny list for 24 h: the next request gets 403 and reaches no model." in section(book, "Mitigate")
    assert rules(TRIAGE)["LLMAbuse"] == [("sum(increase(app_callers_blocked_total[1h])) > 10", False)]
    assert "runbooks/abuse.md" not in scenario_texts(CLINIC)  # internal, one tenant


def test_a_gateway_with_a_database_blocks_the_caller_too() -> None:
    books = runbook_files(whole_seen(CODER, ("users.multi_tenant", True)))
    (part,) = next(book["parts"] for book in books if book["file"] == "abuse")
    commands = [step["command"] for step in part["mitigate"] if step["command"]]
    assert any("http://127.0.0.1:4000/customer/block" in one for one in commands)
    assert "/customer/block" not in scenario_texts(TRIAGE)["runbooks/abuse.md"]  # it has no database


def test_one_safety_bypass_pages() -> None:
    assert rules(TRIAGE)["LLMSafetyBypass"] == [("sum(increase(app_safety_bypass_total[1h])) > 0", True)]
    rule = next(
        one
        for group in YAML(typ="safe").load(scenario_texts(TRIAGE)["monitoring/alerts.yml"])["groups"]
        for one in group["rules"]
        if one["alert"] == "LLMSafetyBypass"
    )
    assert (rule["labels"]["severity"], rule["for"]) == ("page", "0m")


def test_the_availability_promised_is_held_against_who_runs_the_models() -> None:
    found = scenario_table(TRIAGE, FILE, "Whether the targets can be met")
    chain = "gpt-6-luna and claude-haiku-5-5 at the most 99.999 %"
    assert found["availability"] == ["99.95 %", chain, "can be met"]
    assert found["availability, guidance"] == ["99.9 %", chain, "can be met"]
    seen = whole_seen(TRIAGE)
    alone = replace(seen, roles=seen.roles[:1])
    rows = shown(feasible(alone), "target")
    assert (rows["availability"]["needs"], rows["availability"]["verdict"]) == (
        "gpt-6-luna at the most 99.71 %",
        "cannot be met",
    )
    assert rows["availability, guidance"]["verdict"] == "cannot be met"


def test_an_unanswered_availability_is_the_default_objective() -> None:
    seen = whole_seen(TRIAGE, ("availability.target", 0.995))
    requirements = seen.inputs.requirements
    answers = {name: value for name, value in requirements.answers.items() if name != "availability.target"}
    default = seen_of(replace(seen.inputs, requirements=replace(requirements, answers=answers)))
    row = shown(feasible(default), "target")["availability"]
    assert (row["wanted"], row["verdict"]) == ("99.5 %", "can be met")


def test_the_guidance_s_latency_is_held_against_the_length_of_an_answer() -> None:
    own = scenario_table(CODER, FILE, "Whether the targets can be met")
    assert own["P95 (95 of 100 are quicker) of whole answers"] == [
        "15,000 ms",
        "700 tokens at 56 tokens/s after a first token of 2,500 ms; measured 12.4 s",
        "can be met",
    ]
    guided = own["P95 of whole answers, guidance"]
    assert guided == ["500 ms", "first token 2,500 ms alone takes longer; measured 12.4 s", "cannot be met"]
    seen = whole_seen(TRIAGE)
    unmeasured = replace(seen, roles=tuple(replace(role, result=None) for role in seen.roles))
    row = shown(feasible(unmeasured), "target")["P95 of whole answers, guidance"]
    assert (row["needs"], row["verdict"]) == ("60 tokens at 300 tokens/s", "cannot be met")  # 60 / (0.5 - 0.3) s

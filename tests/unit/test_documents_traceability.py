"""A requirement's row leads to its rules, record, configuration, alert, runbook and gate."""

from tests.document_world import SCENARIOS, scenario_texts
from tests.rule_world import CODER, TRIAGE


def row(scenario: str, fact: str) -> str:
    text = scenario_texts(scenario)["docs/19-traceability.md"]
    return next(line for line in text.splitlines() if line.startswith(f"| [{fact}](01-requirements.md"))


def test_a_required_latency_leads_to_timeout_alert_runbook_and_gate() -> None:
    found = row(TRIAGE, "latency.p95_ms")
    assert all(
        part in found for part in ("R-MODEL-04", "ADR-0001", "`timeout`", "LLMLatencyBurn", "latency.md", "[latency]")
    )


def test_a_budget_leads_to_its_limits() -> None:
    found = row(TRIAGE, "budget.monthly_usd")
    assert all(part in found for part in ("R-BUDGET-01", "`provider_budget_config`", "LLMBudgetHard", "budget-hard.md"))


def test_a_configuration_names_a_key_only_where_it_stands_in_the_file() -> None:
    for scenario in SCENARIOS:
        texts = scenario_texts(scenario)
        for line in texts["docs/19-traceability.md"].splitlines():
            if line.startswith("| [") and "](01-requirements.md#" in line:
                for key in line.split("|")[4].replace("`", "").split(","):
                    assert key.strip() in texts["gateway/config.yaml"], (scenario, key)


def test_the_rows_of_runbooks_exist_as_files() -> None:
    texts = scenario_texts(CODER)
    assert "runaway-session.md" in row(CODER, "context.turns_avg")
    assert "runbooks/runaway-session.md" in texts

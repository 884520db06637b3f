"""What a senior architect would look for in the documents of four made-up systems, and what must not stand there."""

import re
from functools import cache
from typing import Any

import pytest
from ruamel.yaml import YAML

from tests.document_world import scenario_texts
from tests.rule_world import CLINIC, CODER, HANDBOOK, TRIAGE


def prose(scenario: str, folder: str = "") -> str:
    """All Markdown of a scenario's bundle without the links behind figures, on one line."""
    texts = [
        text for path, text in scenario_texts(scenario).items() if path.endswith(".md") and path.startswith(folder)
    ]
    return re.sub(r"\s+", " ", re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", " ".join(texts)))


@pytest.mark.parametrize(
    ("scenario", "pattern"),
    [
        (CLINIC, r"policy.{0,120}not (a|the) law|law alone would"),
        (CLINIC, r"edit rate"),
        (CLINIC, r"[Ff]aithfulness.{0,80}(first|before)"),
        (CLINIC, r"2,190 days|6 years"),
        (CLINIC, r"metadata only"),
        (CLINIC, r"[Ii]njection"),
        (CLINIC, r"300"),
        (TRIAGE, r"17\.7 times"),
        (TRIAGE, r"account"),
        (TRIAGE, r"41,9|41\.9"),
        (TRIAGE, r"\$26,600"),
        (TRIAGE, r"\$10,184"),
        (TRIAGE, r"(each|per|every) language"),
        (TRIAGE, r"abstain"),
        (TRIAGE, r"[Rr]edact"),
        (CODER, r"without prefix caching"),
        (CODER, r"append-only"),
        (CODER, r"100,000|100k"),
        (CODER, r"[Tt]rifecta"),
        (CODER, r"8\.9"),
        (CODER, r"approv"),
        (CODER, r"sandbox"),
        (CODER, r"temperature"),
        (HANDBOOK, r"remove 7|7 of 11"),
        (HANDBOOK, r"100,000|100k"),
        (HANDBOOK, r"citation"),
        (HANDBOOK, r"4\.6"),
    ],
)
def test_a_bundle_says_what_its_architect_would(scenario: str, pattern: str) -> None:
    assert re.search(pattern, prose(scenario)), pattern


@cache
def gateway(scenario: str) -> dict[str, Any]:
    """The gateway's configuration of a scenario's bundle."""
    found = YAML(typ="safe").load(scenario_texts(scenario)["gateway/config.yaml"])
    assert isinstance(found, dict)
    return found


def deployments(scenario: str) -> dict[str, dict[str, Any]]:
    """What the gateway passes to the first model of each group."""
    return {one["model_name"]: one["litellm_params"] for one in reversed(gateway(scenario)["model_list"])}


@cache
def alerts(scenario: str) -> dict[str, list[str]]:
    """The expressions of each alert."""
    found: dict[str, list[str]] = {}
    for group in YAML(typ="safe").load(scenario_texts(scenario)["monitoring/alerts.yml"])["groups"]:
        for rule in group["rules"]:
            found.setdefault(rule["alert"], []).append(rule["expr"])
    return found


def runbooks(scenario: str) -> set[str]:
    """The runbooks' names."""
    return {path[9:-3] for path in scenario_texts(scenario) if path.startswith("runbooks/")}


def test_health_data_reach_no_model_outside_not_even_as_a_fallback() -> None:
    models = deployments(CLINIC)
    assert set(models) == {"primary", "fallback"}
    assert {one["api_base"] for one in models.values()} == {
        "os.environ/PRIMARY_API_BASE",
        "os.environ/FALLBACK_API_BASE",
    }
    assert gateway(CLINIC)["router_settings"]["fallbacks"] == [{"primary": ["fallback"]}]


def test_a_gateway_for_health_data_logs_no_content_and_keeps_no_answer() -> None:
    settings = gateway(CLINIC)["litellm_settings"]
    assert settings["turn_off_message_logging"] is True
    assert "cache" not in settings


def test_a_clinic_has_a_runbook_for_each_way_it_fails() -> None:
    assert {"replica-down", "kv-exhaustion", "faithfulness", "queue-backlog"} <= runbooks(CLINIC)


def test_a_clinic_is_offered_no_vector_store_and_no_first_fine_tuning() -> None:
    text = prose(CLINIC, "docs/")
    assert "Verdict No: nothing is trained." in text.replace("## ", "")
    assert "| retrieval index | no private or fresh knowledge is needed" in text


def test_what_may_wait_on_own_machines_waits_for_no_batch_price() -> None:
    assert "No provider's batch price applies to machines of one's own: 14.3 requests/min" in prose(CLINIC, "docs/adr/")
    assert "batch price applies" not in prose(TRIAGE, "docs/adr/")


def test_a_clinic_asks_counsel_whether_it_is_a_medical_device() -> None:
    assert "Asked of counsel: is it a medical device?" in prose(CLINIC, "docs/10")
    assert "medical device" not in prose(HANDBOOK, "docs/10")


def test_triage_has_two_providers_and_never_spends_more_than_its_budget() -> None:
    models = deployments(TRIAGE)
    assert {one["model"].rpartition("/")[2] for one in models.values()} == {"gpt-6-luna", "claude-haiku-5-5"}
    ceilings = gateway(TRIAGE)["router_settings"]["provider_budget_config"]
    assert sum(one["budget_limit"] for one in ceilings.values()) == 15_000
    assert gateway(TRIAGE)["router_settings"]["fallbacks"] == [{"primary": ["fallback"]}]
    assert "cache" not in gateway(TRIAGE)["litellm_settings"]


def test_triage_alerts_on_burn_rates_spending_and_what_the_encoder_passes_on() -> None:
    found = alerts(TRIAGE)
    bounds = [expr.rpartition("> ")[2] for expr in found["LLMErrorBudgetBurn"]]
    assert bounds == ["0.0072", "0.003", "0.0005"]
    assert [expr.rpartition(" ")[2] for expr in found["LLMBudgetSoft"] + found["LLMBudgetHard"]] == ["12000", "15000"]
    assert found["LLMEscalationShare"][0].endswith("> 0.18")


def test_triage_has_a_runbook_for_each_way_it_fails() -> None:
    assert {"rate-limited", "classifier-drift", "budget-hard", "model-down", "region-down"} <= runbooks(TRIAGE)


def test_the_record_of_the_cascade_says_what_the_encoder_leaves_and_what_that_costs() -> None:
    """12 % of 41.9 million tokens a minute and of the month for all traffic."""
    text = re.sub("[ᵐᶜᵉʳᵃ]", "", prose(TRIAGE, "docs/adr/0003"))
    assert "The encoder answers 88 % of the traffic and passes 12 % on to gpt-6-luna: 5,030,000 tokens/min" in text
    assert "in the busiest minute, of an account's 10,000,000 tokens/min." in text
    assert re.search(r"That rest costs \$1,\d{3} in the first month", text)


def test_triage_waits_for_no_batch_and_offers_none() -> None:
    assert "| batch lane | no share of the traffic may wait" in prose(TRIAGE, "docs/02")
    assert "Batch lane" not in prose(TRIAGE, "docs/02")


def test_the_brief_of_a_cascade_says_what_of_the_bill_is_left() -> None:
    """12 % of the first month; the choice that was not taken is named only where a rule would have taken it."""
    text = re.sub("[ᵐᶜᵉʳᵃ]", "", prose(TRIAGE, "docs/00"))
    assert re.search(r"\| of it for what the encoder passes on \| \| \$1,\d{3} \|", text)
    assert "| filter | region | |" in text
    assert "modality" not in text
    assert "the encoder passes on" not in prose(HANDBOOK, "docs/00")


def test_no_document_calls_the_tokens_the_whole_bill() -> None:
    text = prose(TRIAGE, "docs/")
    assert "without prefix caching the tokens of month 1 cost $3,511 instead of $1,344" in text  # of what is passed on
    assert "without prefix caching month 1 costs" not in text


def test_an_address_is_no_key() -> None:
    assert "keys: LITELLM_MASTER_KEY, PRIMARY_API_KEY, FALLBACK_API_KEY" in prose(CLINIC, "docs/08")


def test_the_clinic_names_who_decides_between_two_raters() -> None:
    text = re.sub("[ᵐᶜᵉʳᵃ]", "", prose(CLINIC, "docs/04"))
    assert "Asked: who decides where two raters of these 200 examples differ?" in text

"""Metrics with what is normal here, log lines by what may be stored, spans of the parts that are decided."""

import pytest

from tests.document_world import SCENARIOS, scenario_texts
from tests.rule_world import CLINIC, CODER, HANDBOOK, TRIAGE


def document(scenario: str) -> str:
    return scenario_texts(scenario)["docs/13-observability.md"]


def row(text: str, start: str) -> str:
    return next(line for line in text.splitlines() if line.startswith(f"| `{start}"))


def test_time_to_first_token_and_time_per_token_stand_beside_what_is_allowed() -> None:
    text = document(CLINIC)
    assert "within 2,500 ms" in row(text, "litellm_llm_api_time_to_first_token_metric")
    assert "at most 25 ms" in row(text, "litellm_deployment_latency_per_output_token")  # (20,000 - 2,500) / 700


def test_a_failed_request_stands_beside_the_month_s_budget() -> None:
    # 30 days x 5 million x 0.05 %
    assert "at most 75,000 requests" in row(document(TRIAGE), "litellm_proxy_failed_requests_metric_total")


def test_a_required_time_between_two_bounds_of_the_histogram_is_said_to_be_interpolated() -> None:
    assert "lies between the gateway's bounds 0.5 s and 1 s" in document(TRIAGE)
    assert "is a bound of the gateway's histogram (10 s)" in document(HANDBOOK)


def test_prompts_are_never_logged_where_content_may_not_be() -> None:
    assert "| `prompt, answer` | never |" in document(CLINIC)
    assert "turn_off_message_logging: true" in document(CLINIC)


@pytest.mark.parametrize(
    ("scenario", "fields"),
    [
        (TRIAGE, "label, confidence, escalated"),
        (CODER, "tool, arguments_hash, approved_by"),
        (HANDBOOK, "cited, cited_found"),
    ],
)
def test_the_log_line_has_the_fields_that_the_task_needs(scenario: str, fields: str) -> None:
    assert f"| `{fields}` |" in document(scenario)
    assert sum(f"| `{fields}` |" in document(one) for one in SCENARIOS) == 1


def test_spans_follow_the_decided_parts() -> None:
    assert "| `classify` |" in document(TRIAGE)
    assert "| `execute_tool search` |" in document(CODER)
    assert "| `check citations` |" in document(HANDBOOK)
    assert "| `classify` |" not in document(CLINIC)
    assert "gen_ai.usage.cache_read.input_tokens" in document(CODER)


def test_metrics_of_model_servers_are_there_only_with_own_machines() -> None:
    assert ["vllm:" in document(one) for one in SCENARIOS] == [True, False, False, False]

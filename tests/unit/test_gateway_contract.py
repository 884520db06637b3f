"""The gateway's interface as OpenAPI: what it offers is what the configuration has, and tools can read it."""

from typing import Any

import pytest
from ruamel.yaml import YAML

from tests.document_world import SCENARIOS, scenario_texts
from tests.rule_world import CLINIC, CODER, HANDBOOK, TRIAGE
from tests.table_world import whole_seen


def contract(scenario: str) -> dict[str, Any]:
    """The file, read."""
    found: dict[str, Any] = YAML(typ="safe").load(scenario_texts(scenario)["gateway/openapi.yaml"])
    return found


def asked(scenario: str) -> dict[str, Any]:
    """The fields of a request."""
    found: dict[str, Any] = contract(scenario)["components"]["schemas"]["Request"]["properties"]
    return found


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_the_contract_is_openapi(scenario: str) -> None:
    from fastapi.openapi.models import OpenAPI

    read = OpenAPI.model_validate(contract(scenario))
    assert read.openapi == "3.1.1"
    assert list(read.paths or {}) == ["/v1/chat/completions", "/health/liveliness"]


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_applications_may_ask_for_the_gateway_s_groups_and_nothing_else(scenario: str) -> None:
    config = YAML(typ="safe").load(scenario_texts(scenario)["gateway/config.yaml"])
    groups = list(dict.fromkeys(one["model_name"] for one in config["model_list"]))
    names = list(config.get("router_settings", {}).get("model_group_alias", {}))
    assert asked(scenario)["model"]["enum"] == [*groups, *names]


def test_a_request_has_the_fields_that_the_design_uses() -> None:
    own = {"model", "messages", "max_tokens", "user"}
    found = {scenario: set(asked(scenario)) - own for scenario in SCENARIOS}
    assert found == {
        CLINIC: {"stream"},
        TRIAGE: {"response_format"},
        CODER: {"response_format", "stream", "tools", "tool_choice"},
        HANDBOOK: {"stream"},
    }


def test_the_errors_say_after_how_long_and_what_the_caller_does() -> None:
    (post,) = [one["post"] for one in contract(TRIAGE)["paths"].values() if "post" in one]
    policy = whole_seen(TRIAGE).policy
    assert policy is not None
    assert list(post["responses"]) == ["200", "400", "401", "408", "429", "500"]
    assert post["responses"]["408"]["description"].startswith(
        f"no model answered within {policy.timeout_s:g} s an attempt; the application answers itself: "
    )
    assert "the month's budget is spent" in post["responses"]["429"]["description"]
    assert "the month's budget" not in str(contract(CLINIC)["paths"])  # nothing is bought there


def test_whoever_calls_tools_can_send_the_calls_and_their_results_back() -> None:
    message = contract(CODER)["components"]["schemas"]["Message"]
    assert message["required"] == ["role"]
    assert message["properties"]["content"]["type"] == ["string", "null"]
    assert set(message["properties"]) == {"role", "content", "tool_calls", "tool_call_id"}
    assert set(contract(TRIAGE)["components"]["schemas"]["Message"]["properties"]) == {"role", "content"}


def test_the_summary_says_what_one_request_is() -> None:
    found = {scenario: contract(scenario)["paths"]["/v1/chat/completions"]["post"]["summary"] for scenario in SCENARIOS}
    assert found[TRIAGE] == "one text to put in its class"
    assert found[HANDBOOK] == "one question to the documents"


def test_money_is_in_the_answer_s_header_only_where_a_token_has_a_price() -> None:
    answers = {one: contract(one)["paths"]["/v1/chat/completions"]["post"]["responses"]["200"] for one in SCENARIOS}
    assert "headers" not in answers[CLINIC]
    assert list(answers[TRIAGE]["headers"]) == ["x-litellm-response-cost"]


def test_a_group_that_two_models_share_says_so() -> None:
    said = contract(TRIAGE)["info"]["description"]
    assert "primary is 95 % openai/" in said
    assert " and 5 % " in said

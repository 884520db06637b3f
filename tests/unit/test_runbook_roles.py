"""Runbooks say only what this bundle has: one role or two, spending limits, tools, sessions, who is called now."""

import re
from dataclasses import replace
from functools import cache

import pytest

from tests import bundle_world as world
from tests.document_world import SCENARIOS, scenario_inputs, scenario_texts
from tests.rule_world import HANDBOOK


@cache
def of_one_role(name: str) -> dict[str, str]:
    """The scenario's runbooks where its second model is not a fallback."""
    values = scenario_inputs(name)
    assert values.decision is not None
    assert values.decision.choice is not None
    choice = replace(values.decision.choice, fallback=None)
    texts = world.texts(replace(values, decision=replace(values.decision, choice=choice)))
    return {path: text for path, text in texts.items() if path.startswith("runbooks/")}


@pytest.mark.parametrize("name", SCENARIOS)
def test_where_one_model_answers_no_runbook_speaks_of_a_fallback(name: str) -> None:
    for path, text in of_one_role(name).items():
        assert "fallback" not in text.replace("disable_fallbacks", "").lower(), path


def test_where_one_model_answers_another_that_passes_is_named_to_take_its_place() -> None:
    down = of_one_role(HANDBOOK)["runbooks/model-down.md"]
    assert "Only gpt-6-luna answers: every one of them fails." in down
    assert "Put claude-sonnet-5-5, which passes the evaluation too, into the `model` line" in down


@pytest.mark.parametrize("name", SCENARIOS)
def test_no_two_steps_of_a_diagnosis_run_the_same_command(name: str) -> None:
    for path, text in scenario_texts(name).items():
        if path.startswith("runbooks/") and "## Diagnose" in text:
            steps = text.partition("## Diagnose")[2].partition("## Mitigate")[0]
            commands = re.findall(r"```sh\n(.*?)```", steps, re.DOTALL)
            assert len(commands) == len(set(commands)), path


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_runbook_leads_only_to_runbooks_of_the_bundle_that_tell_of_that_failure(name: str) -> None:
    texts = scenario_texts(name)
    for path, text in texts.items():
        for failure, file in re.findall(r"see (RB-\d+) in ([\w-]+\.md)", text) if path.startswith("runbooks/") else ():
            assert failure in texts[f"runbooks/{file}"], path


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_limit_of_spending_is_lowered_only_where_the_gateway_has_one(name: str) -> None:
    texts = scenario_texts(name)
    spike = texts.get("runbooks/cost-spike.md", "")
    assert ("max_budget" in spike) is (bool(spike) and "max_budget" in texts["gateway/config.yaml"])


def test_without_a_rota_nothing_pages() -> None:
    texts = scenario_texts(HANDBOOK)
    assert "severity: page" not in texts["monitoring/alerts.yml"]
    assert "| page |" not in texts["docs/07-slo.md"]
    assert "- A ticket or mail, read in working hours; nobody is on call (no[" in texts["runbooks/tickets.md"]


def test_the_shared_runbook_tells_alerts_that_call_somebody_now_from_tickets() -> None:
    tickets = scenario_texts(HANDBOOK, ("team.oncall", True))["runbooks/tickets.md"]
    assert "- Now, for LLMErrorBudgetBurn, LLMModelGone, SecretExposed: Page the on-call engineer" in tickets
    assert "- The others: a ticket for the next working day." in tickets
    assert "- `SecretExposed` (now): " in tickets
    assert "- `LLMRateLimited` (ticket): " in tickets


@pytest.mark.parametrize("name", SCENARIOS)
def test_the_front_of_a_prompt_has_tools_and_history_only_where_the_system_has_them(name: str) -> None:
    facts = scenario_inputs(name).requirements.answers
    for path, text in scenario_texts(name).items():
        if "what changes at the end of the prompt" in text:
            assert ("history append-only" in text) is (facts.get("context.multi_turn") is True), path
            assert ("list of tools in one order" in text) is (facts.get("agency.tools") not in (None, "none")), path


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_question_tells_only_answers_that_change_something_and_says_yes_and_no(name: str) -> None:
    decision = scenario_inputs(name).decision
    assert decision is not None
    told = [one for question in decision.open_questions for one in question.could_change]
    assert told
    assert not [one for one in told if "nothing fires" in one or "True" in one or "False" in one]


def test_an_index_is_built_again_only_where_something_is_indexed() -> None:
    assert "index the sources again" not in scenario_texts("e_coding_assistant_agent")["docs/16-dr.md"]


def test_the_programme_for_incidents_is_shown_by_a_runbook() -> None:
    texts = scenario_texts("b_ecommerce_triage_5m")
    (row,) = [line for line in texts["docs/10-compliance.md"].splitlines() if line.startswith("| CC7.4")]
    assert "[model-down.md](../runbooks/model-down.md)" in row
    assert "runbooks/model-down.md" in texts

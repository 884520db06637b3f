"""Disaster recovery only where it is asked for, with the state that this design has."""

from tests.document_world import SCENARIOS, scenario_texts
from tests.rule_world import CLINIC, CODER, HANDBOOK, TRIAGE

FILE = "docs/16-dr.md"


def test_a_system_that_may_be_down_for_a_day_has_no_recovery_plan() -> None:
    assert [FILE in scenario_texts(one) for one in SCENARIOS] == [True, True, True, False]
    assert FILE in scenario_texts(HANDBOOK, ("availability.rto_min", 60))


def test_two_regions_move_traffic_and_one_is_rebuilt() -> None:
    assert "send all traffic, up to 463 requests/s" in scenario_texts(TRIAGE)[FILE]
    assert "a new machine starts the same containers" in scenario_texts(CODER)[FILE]


def test_deciding_takes_a_sixth_of_the_time_to_recover() -> None:
    assert "10 min" in scenario_texts(CLINIC)[FILE]  # of 60
    assert "5 min" in scenario_texts(CLINIC, ("availability.rto_min", 30))[FILE]


def test_state_is_that_of_the_design() -> None:
    assert "weights of open/gpt-oss-120b" in scenario_texts(CLINIC)[FILE]
    assert "jobs that wait" in scenario_texts(CLINIC)[FILE]
    assert "weights of" not in scenario_texts(TRIAGE)[FILE]
    assert "memory of sessions" in scenario_texts(CODER)[FILE]


def test_what_may_be_lost_is_asked_and_not_invented() -> None:
    text = scenario_texts(CLINIC)[FILE]
    assert "| logs | kept 2,190 days" in text
    for what in ("the logs", "the jobs that wait", "the prompts and examples"):
        assert f"| not said: how much of {what} may be lost |" in text


def test_model_servers_are_started_only_with_a_file_that_the_bundle_has() -> None:
    assert "this bundle does not start the model servers" in scenario_texts(CLINIC)[FILE]
    assert "serving/primary.compose.yaml" not in scenario_texts(CLINIC)

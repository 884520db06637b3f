"""The calendar counts from the day of the prices, follows the cadence, and drills every runbook."""

from dataclasses import replace
from datetime import date

from tests import bundle_world as world
from tests.document_world import SCENARIOS, scenario_inputs, scenario_texts
from tests.rule_world import CLINIC, CODER, HANDBOOK

FILE = "docs/20-ops-calendar.md"


def test_evaluation_comes_again_as_often_as_changes_are_allowed() -> None:
    assert "| monthly | 2026-12-18 | evaluate gpt-6-luna" in scenario_texts(HANDBOOK)[FILE]  # 2026-11-18 + 30 days
    weekly = scenario_texts(HANDBOOK, ("lifecycle.change_cadence", "weekly"))[FILE]
    assert "| weekly | 2026-11-25 | evaluate gpt-6-luna" in weekly
    frozen = scenario_texts(HANDBOOK, ("lifecycle.change_cadence", "frozen"))[FILE]
    assert "evaluate gpt-6-luna" not in frozen


def test_the_judge_is_recalibrated_only_where_quality_is_a_judgement() -> None:
    assert ["recalibrate the judge" in scenario_texts(one)[FILE] for one in SCENARIOS] == [True, False, False, False]


def test_prices_are_refreshed_for_apis_and_machines_sized_again_for_own_models() -> None:
    assert "refresh prices" not in scenario_texts(CLINIC)[FILE]
    assert "size the model servers again" in scenario_texts(CLINIC)[FILE]
    assert "refresh prices" in scenario_texts(CODER)[FILE]


def test_a_move_begins_a_quarter_before_the_last_day() -> None:
    text = world.texts(world.inputs())[FILE]
    assert "| 2027-04-01 | begin to move beta-flash (primary)" in text  # 2027-06-30 - 90 days
    assert "| 2027-06-30 | last day of beta-flash (primary) |" in text


def test_every_runbook_has_a_drill() -> None:
    for scenario in SCENARIOS:
        texts = scenario_texts(scenario)
        for path in texts:
            if path.startswith("runbooks/"):
                assert f"](../{path})" in texts[FILE], path


def test_a_second_export_is_the_same() -> None:
    assert world.texts(world.inputs())[FILE] == world.texts(world.inputs())[FILE]


def test_days_are_counted_from_the_launch_where_one_is_planned() -> None:
    assert "counted from the prices of 2026-11-18" in scenario_texts(HANDBOOK)[FILE]
    planned = world.texts(replace(scenario_inputs(HANDBOOK), launch=date(2027, 3, 1)))[FILE]
    assert "hrhelp is launched on 2027-03-01" in planned
    assert "| monthly | 2027-03-31 | evaluate gpt-6-luna" in planned  # 30 days
    assert "| 2027-03-15 | [cost-spike.md]" in planned  # 14 days

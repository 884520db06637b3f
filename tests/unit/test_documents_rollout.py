"""Canary steps that the traffic can fill, and the size of a comparison, by hand arithmetic."""

from dataclasses import replace
from decimal import Decimal

import pytest

from maquette.bundle.documents.rollout import days_of, needed_requests
from tests import bundle_world as world
from tests.document_world import scenario_inputs, scenario_texts
from tests.rule_world import CLINIC, CODER, HANDBOOK, TRIAGE
from tests.serving_world import open_inputs


def document(scenario: str, *changes: tuple[str, int]) -> str:
    return scenario_texts(scenario, *changes)["docs/14-rollout.md"]


def test_a_step_needs_what_tells_a_doubled_error_rate_from_the_usual() -> None:
    # (1.96 + 0.8416)^2 x (0.01 x 0.99 + 0.02 x 0.98) / 0.01^2 = 7.849 x 0.0295 / 0.0001
    assert needed_requests() == 2316


def test_days_of_a_step_are_requests_over_its_share_of_the_traffic() -> None:
    assert days_of(Decimal("0.1"), Decimal(30_000)) == Decimal("0.8")  # 2,316 / 3,000 upwards
    assert days_of(Decimal("0.5"), Decimal(400)) == Decimal("11.6")


def test_a_step_that_would_outlast_a_fortnight_is_left_out() -> None:
    assert all(f"| {share} |" in document(TRIAGE) for share in ("1 %", "10 %", "50 %", "100 %"))
    assert [f"| {share} |" in document(HANDBOOK) for share in ("1 %", "10 %", "50 %", "100 %")] == [
        False,
        False,
        True,
        True,
    ]


def test_very_little_traffic_soaks_by_time() -> None:
    text = document(HANDBOOK, ("scale.requests_per_day", 100))
    assert "soak: half of the users" in text
    assert "46.4 days" in text  # 2,316 / 50


def test_a_comparison_of_versions_has_its_size_from_the_threshold() -> None:
    # p = 0.93, p' = 0.95: 7.849 x (0.0651 + 0.0475) / 0.0004 = 2,210
    assert "| answers of each version | 2,210" in document(HANDBOOK)
    assert "| length | 12 days" in document(HANDBOOK)  # 4,420 / 400 = 11.05, upwards to whole days


def test_tasks_come_from_what_is_decided() -> None:
    assert "| PoC | adaptation_first: encoder_classifier |" in document(TRIAGE)
    assert "| PoC | sandbox: yes |" in document(CODER)
    assert "sandbox" not in document(HANDBOOK)


def test_the_way_back_names_what_this_system_has() -> None:
    assert "weights of before; this bundle does not start them" in document(CLINIC)
    served = world.texts(open_inputs())["docs/14-rollout.md"]
    assert "`docker compose -f serving/primary.compose.yaml up --detach`" in served
    assert "classifier and its threshold" in document(TRIAGE)
    assert "classifier" not in document(HANDBOOK)


@pytest.mark.parametrize(
    ("metric", "words"),
    [
        ("faithfulness", "exact for faithfulness"),
        ("macro_f1", "the least: macro_f1 counts all labels alike"),
        ("rouge_l", "enough for rouge_l"),
        ("wer", "none for wer"),
    ],
)
def test_the_size_of_a_comparison_says_for_which_metrics_it_is_exact(metric: str, words: str) -> None:
    text = scenario_texts(HANDBOOK, ("quality.metric", metric))["docs/14-rollout.md"]
    assert f"| that number is | {words}" in text.replace("\\_", "_")


def test_the_prompt_comes_back_by_the_path_that_the_project_names() -> None:
    assert "release the prompt of before again" in document(HANDBOOK)
    named = world.texts(replace(scenario_inputs(HANDBOOK), prompt="prompts/it's main.j2"))
    back = """git checkout "$(git log -1 --format=%h -- 'prompts/it'"'"'s main.j2')~1" -- 'prompts/it'"'"'s main.j2'"""
    assert f"in the project's folder `{back}`" in named["docs/14-rollout.md"]

"""Red flags and anti-patterns at their very bounds, and the order in which remedies are proposed."""

from decimal import Decimal

import pytest

from maquette.decision.deviating import deviations
from maquette.foundation.expression import FactValue
from maquette.rules.judging import judge
from maquette.rules.report import Status, Strength
from tests.rule_world import read_yaml, rule_book
from tests.unit.test_rules_base import FIXTURES, FOLDER, facts_of


def status(rule: str, facts: dict[str, FactValue]) -> Status:
    finding = judge(rule_book(), facts).finding(rule)
    assert finding is not None
    return finding.status


@pytest.mark.parametrize(
    ("rule", "fact", "fires", "does_not", "others"),
    [
        ("R-LAT-01", "latency.p95_ms", 100, 101, {}),
        ("R-MODEL-04", "latency.p95_ms", 1999, 2000, {"task.complexity": "simple"}),
        ("R-LAT-03", "eval.p95_ms", Decimal("1600.1"), 1600, {"latency.p95_ms": 800}),
        ("R-BUDGET-02", "cost.monthly_usd", Decimal("1000.01"), 1000, {"budget.monthly_usd": 500}),
        ("R-BUDGET-03", "cost.monthly_usd", Decimal("500.01"), 500, {"budget.monthly_usd": 500}),
        ("R-GUARD-01", "eval.hallucination_rate", 0.051, 0.05, {"quality.max_hallucination_rate": 0.05}),
        ("R-ADAPT-05", "eval.score", 0.79, 0.80, {"eval.prompt_iterations": 2}),
        ("R-ADAPT-06", "data.labelled_examples", 499, 500, {"design.adaptation": "fine_tune"}),
        ("R-API-02", "derived.peak_tpm", 50_001, 50_000, {"cat.rate_limit_tpm": 100_000}),
        ("R-SCOPE-04", "design.component_count", 9, 8, {"scale.requests_per_day": 4999}),
        ("R-ROLL-02", "scale.requests_per_day", 10_000, 9_999, {"design.ab_capability": False}),
        ("R-OBS-06", "ops.error_rate", 0.011, 0.01, {}),
        ("R-OBS-03", "ops.latency_increase_pct", 20.1, 20, {}),
        ("R-OBS-04", "ops.cost_hourly_increase_pct", 50.1, 50, {}),
    ],
)
def test_a_red_flag_is_raised_exactly_beyond_its_bound(
    rule: str, fact: str, fires: FactValue, does_not: FactValue, others: dict[str, FactValue]
) -> None:
    assert status(rule, {**others, fact: fires}) is Status.FIRED
    assert status(rule, {**others, fact: does_not}) is Status.NOT_FIRED


@pytest.mark.parametrize(
    ("rule", "fact", "bad"),
    [
        ("R-FALL-02", "design.fallback", False),
        ("R-FALL-05", "design.retries", False),
        ("R-OBS-01", "design.monitoring", False),
        ("R-FALL-08", "design.direct_sdk_calls", True),
        ("R-SCOPE-02", "design.pretraining", True),
        ("R-STRUCT-04", "design.prefill_relied_on", True),
    ],
)
def test_a_stated_defect_of_the_design_is_found(rule: str, fact: str, bad: bool) -> None:
    others: dict[str, FactValue] = {"design.gateway": True} if rule == "R-FALL-08" else {}
    assert status(rule, {**others, fact: bad}) is Status.FIRED
    assert status(rule, {**others, fact: not bad}) is Status.NOT_FIRED


def test_a_single_provider_is_found_where_the_target_is_above_what_one_can_hold() -> None:
    facts: dict[str, FactValue] = {"availability.target": 0.999, "data.external_processing_allowed": True}
    assert status("R-FALL-01", {**facts, "design.providers_count": 1}) is Status.FIRED
    assert status("R-FALL-01", {**facts, "design.providers_count": 2}) is Status.NOT_FIRED


@pytest.mark.parametrize(
    ("slot", "facts"),
    [
        ("budget_limits", {"budget.monthly_usd": 500, "design.budget_limits": False}),
        (
            "cache",
            {"traffic.exact_repeat_share": 0.2, "data.sensitivity": "internal", "design.cache": "none"},
        ),
        (
            "streaming",
            {
                "latency.mode": "interactive",
                "tokens.output_avg": 300,
                "io.output_format": "free_text",
                "design.streaming": False,
            },
        ),
        ("batch_lane", {"latency.mode": "batch", "design.batch_lane": False}),
    ],
)
def test_what_the_design_leaves_out_is_a_deviation(slot: str, facts: dict[str, FactValue]) -> None:
    assert slot in [one.slot for one in deviations(judge(rule_book(), facts), facts)]


def test_fine_tuning_is_proposed_by_no_rule_without_a_score_on_record() -> None:
    proposing = [
        rule
        for rule in rule_book().rules.values()
        if any("fine_tune" in str(value) for value in rule.proposes.values())
    ]
    assert proposing
    for rule in proposing:
        facts = facts_of(FIXTURES[rule.id]["fires"])
        without = {name: value for name, value in facts.items() if not name.startswith("eval.")}
        assert status(rule.id, without) is not Status.FIRED


def test_changing_knowledge_stays_out_of_the_weights_and_prompts_come_first() -> None:
    facts: dict[str, FactValue] = {
        "knowledge.need": "changing",
        "task.type": "extraction",
        "io.output_format": "json",
        "eval.few_shot_done": False,
    }
    slots = judge(rule_book(), facts).slots
    assert (slots["knowledge_in_weights"].value, slots["adaptation_first"].value) == ("no", "prompt")
    assert slots["few_shot"].value == 4


def test_a_fast_target_names_a_small_model_and_keeps_both_the_guidance_and_the_evidence() -> None:
    finding = judge(rule_book(), {"latency.p95_ms": 100}).finding("R-LAT-01")
    assert finding is not None
    assert finding.rule.proposes == {"tier": "micro"}
    assert finding.rule.conflict is not None
    assert finding.rule.conflict.startswith("Guidance: 7B quantised. Evidence:")


def test_every_disagreement_names_both_sides() -> None:
    told = [rule.conflict for rule in rule_book().rules.values() if rule.conflict]
    assert len(told) >= 10
    assert all(len(text) > 20 for text in told)


def test_what_must_be_and_what_is_only_offered_are_told_apart() -> None:
    strengths = {rule.strength for rule in rule_book().rules.values()}
    assert strengths == set(Strength)
    assert read_yaml(FOLDER / "rules.yaml")["as_of"] == rule_book().as_of

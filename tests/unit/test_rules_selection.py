"""The selection by a few figures at its bounds, advice in its order, triage, and what only a measurement calls for."""

from dataclasses import replace
from decimal import Decimal

import pytest

from maquette.decision.refusing import RefusalKind, refusals
from maquette.foundation.expression import FactValue
from maquette.rules.judging import judge
from maquette.rules.report import Slot, Status, Strength
from tests.bundle_world import render
from tests.decision_world import shortlist
from tests.document_world import STORIES, inputs_of
from tests.rule_world import rule_book, scenario

BINDS: dict[str, FactValue] = {"cost.frontier_monthly_usd": 300, "budget.monthly_usd": 1000}
FREE: dict[str, FactValue] = {"cost.frontier_monthly_usd": 299, "budget.monthly_usd": 1000}


def fired(facts: dict[str, FactValue]) -> set[str]:
    return {finding.rule.id for finding in judge(rule_book(), facts).with_status(Status.FIRED)}


def slots(facts: dict[str, FactValue]) -> dict[str, Slot]:
    return dict(judge(rule_book(), facts).slots)


def selected(p95_ms: int, **facts: FactValue) -> set[str]:
    known = {name.replace("__", "."): value for name, value in facts.items()}
    return {name for name in fired({"latency.p95_ms": p95_ms, **known}) if name[:9] == "R-SELECT-"}


def test_below_a_hundred_milliseconds_the_task_decides_between_tuned_and_quantised() -> None:
    assert selected(99, task__complexity="simple") == {"R-SELECT-01"}
    assert selected(99, task__complexity="complex") == {"R-SELECT-02"}
    assert selected(100, task__complexity="simple") == set()


@pytest.mark.parametrize(
    ("money", "special", "rule", "role"),
    [
        (FREE, False, "R-SELECT-03", "strong"),
        (FREE, True, "R-SELECT-03", "strong"),
        (BINDS, True, "R-SELECT-04", "balanced"),
        (BINDS, False, "R-SELECT-05", "fast"),
    ],
)
def test_below_two_seconds_the_budget_decides_first_and_then_the_field(
    money: dict[str, FactValue], special: bool, rule: str, role: str
) -> None:
    facts: dict[str, FactValue] = {**money, "design.domain_specific": special, "quality.error_cost": "low"}
    for p95_ms in (100, 1999):
        found = {**facts, "latency.p95_ms": p95_ms}
        assert {name for name in fired(found) if name.startswith("R-SELECT")} == {rule}
        assert slots(found)["role"].value == role
    beyond = {**facts, "latency.p95_ms": 2000}
    assert {name for name in fired(beyond) if name.startswith("R-SELECT")} == {"R-SELECT-07"}


def test_from_two_seconds_on_the_cost_of_an_error_decides() -> None:
    assert selected(2000, quality__error_cost="critical") == {"R-SELECT-06"}
    assert selected(2000, quality__error_cost="high") == {"R-SELECT-07"}
    assert "ensemble of a strong model" in rule_book().rules["R-SELECT-06"].recommend


def test_simple_classification_begins_fast_and_complex_analysis_has_the_strong_tier() -> None:
    assert slots({"task.type": "classification", "task.complexity": "simple"})["role"].value == "fast"
    assert slots({"task.type": "analysis", "task.complexity": "complex"})["role"].value == "strong"


@pytest.mark.parametrize(
    ("value", "rule", "says"),
    [
        ("integration", "R-SCOPE-05", "the integration that exists meets the need"),
        ("prompt", "R-SCOPE-06", "only the prompt is to be improved"),
    ],
)
def test_where_something_simpler_is_enough_the_answer_is_no_architecture(value: str, rule: str, says: str) -> None:
    facts: dict[str, FactValue] = {"design.simpler_suffices": value}
    other: dict[str, FactValue] = {"design.simpler_suffices": "no"}
    report = judge(rule_book(), facts)
    (no,) = refusals(report, facts, shortlist(), ())
    assert (no.kind, no.rule, no.what) == (RefusalKind.NOT_NEEDED, rule, f"No architecture is needed: {says}")
    assert report.slots["complexity_budget"].value == "minimal"
    assert refusals(judge(rule_book(), other), other, shortlist(), ()) == ()


def test_only_prompt_work_takes_the_path_of_the_prompt() -> None:
    assert slots({"design.simpler_suffices": "prompt", "task.type": "extraction"})["adaptation_first"].value == "prompt"


@pytest.mark.parametrize(
    ("rule", "tried", "fact", "fails", "holds", "purpose"),
    [
        ("R-ADAPT-14", "eval.few_shot_done", "eval.format_valid_rate", Decimal("0.989"), Decimal("0.99"), "form"),
        ("R-ADAPT-15", "eval.rag_done", "eval.domain_terms_error", Decimal("0.101"), Decimal("0.1"), "terms"),
        ("R-ADAPT-16", "eval.cot_done", "eval.reasoning_fail", Decimal("0.101"), Decimal("0.1"), "reasoning"),
    ],
)
def test_fine_tuning_is_called_for_only_where_the_cheaper_step_was_tried_and_fails(
    rule: str, tried: str, fact: str, fails: Decimal, holds: Decimal, purpose: str
) -> None:
    known: dict[str, FactValue] = {"io.output_format": "json", "quality.threshold": 0.9}
    assert rule in fired({**known, tried: True, fact: fails})
    assert slots({**known, tried: True, fact: fails})["fine_tune_for"].value == (purpose,)
    assert rule not in fired({**known, tried: True, fact: holds})
    assert rule not in fired({**known, tried: False, fact: fails})
    assert rule not in fired({**known, fact: fails})


@pytest.mark.parametrize(
    ("examples", "rules"),
    [(499, {"R-ADAPT-06"}), (500, {"R-ADAPT-17"}), (999, {"R-ADAPT-17"}), (1000, set())],
)
def test_too_few_examples_forbid_instruction_tuning_and_few_make_it_an_experiment(
    examples: int, rules: set[str]
) -> None:
    found = fired({"design.adaptation": "fine_tune", "data.labelled_examples": examples})
    assert found & {"R-ADAPT-06", "R-ADAPT-17"} == rules
    assert rule_book().rules["R-ADAPT-06"].strength is Strength.AVOID
    assert rule_book().rules["R-ADAPT-17"].strength is Strength.CONSIDER


@pytest.mark.parametrize(
    ("reasons", "value", "rule"), [(True, "effort_param", "R-ADAPT-12"), (False, "chain_of_thought", "R-ADAPT-18")]
)
def test_a_model_that_reasons_has_its_effort_set_and_another_is_asked_for_the_steps(
    reasons: bool, value: str, rule: str
) -> None:
    slot = slots({"cat.reasoning_model": reasons, "task.complexity": "complex"})["reasoning"]
    assert (slot.value, slot.proposals) == (value, {value: (rule,)})


def test_speculative_decoding_is_tried_on_claims_and_enabled_only_on_a_measured_acceptance() -> None:
    facts: dict[str, FactValue] = {
        "design.hosting": "self",
        "infra.gpu_arch": "hopper",
        "tokens.output_avg": 200,
        "derived.concurrency_peak": 8,
        "task.type": "chat",
    }
    assert slots(facts)["speculative"].value == "try"
    measured: dict[str, FactValue] = {**facts, "ops.spec_acceptance": Decimal("0.6"), "ops.decode_batch": 16}
    assert slots(measured)["speculative"].value == "on"
    assert slots({**measured, "ops.spec_acceptance": Decimal("0.59")})["speculative"].value == "try"
    for rule in ("R-SPEC-01", "R-SPEC-03"):
        claim = rule_book().rules[rule].conflict
        assert claim is not None
        assert "2-3x" in claim
        assert "1.1-1.5x" in claim


def test_an_accuracy_below_the_threshold_brings_the_three_remedies_in_their_order() -> None:
    facts: dict[str, FactValue] = {"eval.ran": True, "quality.threshold": 0.9}
    assert "R-EVAL-14" in fired({**facts, "eval.score": 0.899})
    assert "R-EVAL-14" not in fired({**facts, "eval.score": 0.9})
    text = rule_book().rules["R-EVAL-14"].recommend
    assert text.index("prompts") < text.index("fine-tuning") < text.index("larger model")


@pytest.mark.parametrize(
    ("rule", "fact", "bad", "others"),
    [
        ("R-FALL-11", "design.error_handling", False, {}),
        ("R-STRUCT-05", "design.schema_defined", False, {"io.output_format": "json"}),
        ("R-ADAPT-19", "eval.prompt_passes", True, {"design.adaptation": "fine_tune"}),
    ],
)
def test_an_anti_pattern_of_the_design_is_found_by_its_fact(
    rule: str, fact: str, bad: bool, others: dict[str, FactValue]
) -> None:
    assert rule in fired({**others, fact: bad})
    assert rule not in fired({**others, fact: not bad})
    assert rule_book().rules[rule].strength is Strength.AVOID


@pytest.mark.parametrize("tie", ["design.direct_sdk_calls", "design.prefill_relied_on"])
def test_each_tie_to_one_provider_is_found_and_stands_in_the_list(tie: str) -> None:
    free: dict[str, FactValue] = dict.fromkeys(rule_book().rules["R-LOCK-01"].when.names, False)
    assert tie in free
    assert "R-LOCK-01" in fired({**free, tie: True})
    assert "R-LOCK-01" not in fired(free)


def test_a_fallback_below_the_floor_stands_against_release() -> None:
    assert "R-FALL-10" in fired({"eval.fallback_score": 0.899, "quality.threshold": 0.9})
    assert "R-FALL-10" not in fired({"eval.fallback_score": 0.9, "quality.threshold": 0.9})
    assert rule_book().rules["R-FALL-10"].strength is Strength.MUST


def test_a_score_below_eighty_percent_after_a_second_prompt_speaks_of_fine_tuning() -> None:
    for score, found in ((Decimal("0.79"), True), (Decimal("0.80"), False)):
        assert ("R-ADAPT-05" in fired({"eval.prompt_iterations": 2, "eval.score": score})) is found
    assert "R-ADAPT-05" not in fired({"eval.prompt_iterations": 1, "eval.score": 0.79})


def test_a_million_a_day_that_may_wait_goes_through_a_log() -> None:
    facts: dict[str, FactValue] = {"latency.mode": "async", "scale.peak_factor": 2}
    assert slots({**facts, "scale.requests_per_day": 1_000_000})["queue"].value is True
    assert "queue" not in slots({**facts, "scale.requests_per_day": 999_999})
    assert "Kafka, Pulsar" in rule_book().rules["R-QUEUE-04"].recommend


def test_tenants_get_turns_and_limits() -> None:
    assert slots({"users.multi_tenant": True})["fairness"].value == "per_tenant"


def test_requests_that_may_wait_have_a_lane_of_their_own() -> None:
    facts = scenario("b_ecommerce_triage_5m").facts
    assert slots({"scale.async_share": 0.2, "latency.mode": "interactive"})["batch_lane"].value is True
    assert "batch_lane" not in slots({"scale.async_share": 0.19, "latency.mode": "interactive"})
    assert {"derived.rps_mean", "derived.rps_batch"} <= facts.keys()


def test_every_rule_about_reliability_binds_beside_which_only_other_kinds_of_gateway_are_offered() -> None:
    rules = {rule.id: rule for rule in rule_book().rules.values() if rule.area in {"reliability", "region"}}
    binding_strengths = {Strength.MUST, Strength.STRONG, Strength.AVOID}
    offered = {name for name, rule in rules.items() if rule.strength not in binding_strengths}
    assert len(rules) - len(offered) >= 14
    assert offered == {"R-GATE-02", "R-GATE-03"}
    binding = rules["R-GATE-01"]
    assert binding.strength is Strength.STRONG
    for name in offered:
        assert rules[name].when.text == binding.when.text
        assert rules[name].proposes.keys() == binding.proposes.keys() == {"gateway"}
    assert slots({"scale.requests_per_day": 1000})["gateway"].value == "litellm"


def test_a_thin_bundle_leaves_out_what_only_larger_systems_need() -> None:
    known = scenario("b_ecommerce_triage_5m").requirements
    stated = replace(known, design_facts={**known.design_facts, "design.simpler_suffices": "integration"})
    full, thin = (
        {spec.path for spec in render(inputs_of("b_ecommerce_triage_5m", said, STORIES["b_ecommerce_triage_5m"]))}
        for said in (known, stated)
    )
    assert len(thin) < len(full)
    assert thin - full <= {"runbooks/tickets.md"}
    assert {path for path in full - thin if path.startswith("monitoring/")}

"""The decision as a whole: options with figures, reasons with sources, flips, open questions, what blocks."""

from datetime import date
from typing import Any

import pytest

from maquette.catalog.shortlist import Exclusion
from maquette.evals.calls import FailureKind
from maquette.evals.statistics import wilson
from maquette.foundation.sources import SourceKind
from maquette.rules.judging import judge
from maquette.rules.report import Status
from tests.decision_world import (
    ANSWERS,
    THRESHOLD,
    candidate,
    card,
    choice,
    cost,
    decision,
    projection,
    result,
    run,
    shortlist,
)
from tests.rule_world import SCENARIOS, question_book, rule_book, scenario

PASSING = run(result("cheap", 185, 200), result("dear", 196, 200))
COSTS = projection(cost("cheap", "66"), cost("dear", "180"), cost("unseen", "20"))


def test_options_stand_side_by_side_with_figures_for_and_against() -> None:
    ran = run(result("cheap", 185, 200, failures={FailureKind.TIMEOUT: 2, FailureKind.RATE_LIMIT: 1}))
    found = decision(ran, projection(cost("cheap", "66", over_budget_from=7), cost("unseen", None)))
    cheap, unseen = found.options
    assert cheap.for_it == (
        "92.5 % of 200 examples right (95 % interval 88.0 % to 95.4 %): the whole interval reaches the required 85.0 %",
        "95 % of the answers within 0.5 s; the limit is 0.8 s",
        "$66.00 in the first month; the budget is $600 a month",
    )
    assert cheap.against_it == (
        "3 of 200 calls failed (1 rate_limit, 2 timeout)",
        "passes the budget of $600 in month 7",
    )
    assert (unseen.for_it, unseen.against_it) == ((), ("not evaluated", "unpriced: no host price"))


def test_a_figure_that_misses_its_limit_stands_only_against_the_option() -> None:
    (option,) = decision(run(result("slow", 185, 200, p95_s=1.0)), projection(cost("slow", "700"))).options
    assert option.for_it == (
        "92.5 % of 200 examples right (95 % interval 88.0 % to 95.4 %): the whole interval reaches the required 85.0 %",
    )
    assert option.against_it == (
        "95 % of the answers within 1 s; the limit is 0.8 s",
        "$700 in the first month; the budget is $600 a month",
    )


def test_retirement_cautions_and_exclusion_stand_against_an_option() -> None:
    old = card("cheap", retires_on=date(2027, 1, 14))
    models = shortlist(candidate(old, "retires on 2027-01-14", "price is 40 days old", unverified=("JSON output",)))
    (option,) = decision(run(result("cheap", 185, 200)), models=models).options
    assert option.against_it == (
        "retires on 2027-01-14, in 54 days",
        "unverified: JSON output",
        "price is 40 days old",
    )
    out = shortlist(excluded=(Exclusion(card=card("cheap"), filter="residency", detail="no EU region"),))
    (option,) = decision(run(result("cheap", 185, 200)), models=out).options
    assert option.against_it == ("excluded from the shortlist by residency: no EU region",)


def test_reasons_carry_the_source_of_their_figures() -> None:
    found = decision(PASSING, COSTS)
    assert [(str(reason.source), reason.text.partition(":")[0]) for reason in found.reasons] == [
        ("measured: run r1 (2026-11-20)", "cheap"),
        ("measured: run r1 (2026-11-20)", "cheap"),
        (
            "estimated: cost projection prices (2026-11-18)",
            "cheap costs $66.00 in the first month; the budget is $600 a month",
        ),
        ("estimated: cost projection prices (2026-11-18)", "cheap is the cheapest that passes"),
    ]
    assert found.reasons[-1].text == (
        "cheap is the cheapest that passes: $792 over 12 months, the next is dear with $2,160 over 12 months"
    )


def test_a_choice_beside_the_recommendation_is_kept_and_the_difference_told() -> None:
    found = decision(PASSING, COSTS, chosen=choice("dear", fallback="cheap"))
    assert (found.choice and found.choice.model, found.recommended) == ("dear", "cheap")
    texts = [reason.text for reason in found.reasons]
    assert "cheap would be recommended instead: $792 over 12 months against $2,160 over 12 months" in texts
    assert any(text.startswith("fallback cheap: 92.5 % of 200") for text in texts)
    assert {reason.source.kind for reason in found.reasons} == {SourceKind.MEASURED, SourceKind.ESTIMATED}


def test_without_choice_and_recommendation_there_are_no_reasons_and_no_flips() -> None:
    found = decision(run(result("weak", 100, 200)), COSTS)
    assert (found.reasons, found.flips) == ((), ())


def test_the_score_margin_is_the_exact_number_at_which_the_interval_leaves_the_threshold() -> None:
    flip = decision(PASSING, COSTS).flips[0]
    assert flip == "cheap no longer passes if fewer than 83 of 100 more examples are right (so far 92.5 %)"
    assert wilson(185 + 83, 300).low >= THRESHOLD > wilson(185 + 82, 300).low


def test_flips_tell_the_margins_of_latency_and_budget_and_what_the_projection_says() -> None:
    costs = projection(cost("cheap", "66", flip=("above 1.2 M requests a month dear is cheaper",)))
    assert decision(run(result("cheap", 200, 200)), costs).flips[1:] == (
        "cheap misses the limit of 0.8 s if its answers take 60 % longer",
        "the budget of $600 a month holds up to 9.09 times what month 12 is projected to cost ($66.00)",
        "above 1.2 M requests a month dear is cheaper",
    )
    growing = projection(cost("cheap", "66", over_budget_from=7))
    assert decision(run(result("cheap", 200, 200)), growing).flips[2] == (
        "cheap passes the budget of $600 a month in month 7 of 12, with the growth assumed"
    )


def test_a_cheaper_undecided_model_would_take_the_place() -> None:
    ran = run(result("dear", 196, 200), result("cheap", 44, 50))
    found = decision(ran, projection(cost("cheap", "66"), cost("dear", "180")))
    assert found.recommended == "dear"
    assert found.flips[-1] == (
        "cheap ($792 over 12 months against $2,160 over 12 months) would take its place if it passes: "
        "about 495 more examples would settle it if it stays at 88.0 %"
    )


def test_open_questions_start_with_the_fact_whose_answers_could_change_most() -> None:
    found = decision()
    by_fact = {question.fact: question for question in found.open_questions}
    weights = [question.weight for question in found.open_questions]
    assert weights == sorted(weights, reverse=True)
    assert weights[0] > 8
    assert (by_fact["eval.ran"].how, by_fact["eval.ran"].ask) == (
        "evaluate",
        "Has an evaluation of this model finished?",
    )
    assert by_fact["eval.ran"].rules[0] == "R-MODEL-01"
    assert (by_fact["scale.requests_per_day"].how, by_fact["scale.requests_per_day"].ask) == (
        "answer",
        question_book().questions["scale.requests_per_day"].ask,
    )
    assert by_fact["cost.monthly_usd"].how == "price"
    assert by_fact["design.fallback"].how == "review"


def test_a_derived_fact_is_asked_for_through_the_answers_that_it_lacks() -> None:
    facts = {question.fact for question in decision().open_questions}
    assert not [fact for fact in facts if fact.startswith("derived.")]
    waiting = next(q.rules for q in decision().open_questions if q.fact == "tokens.output_avg")
    assert "R-LAT-02" in waiting


def test_open_questions_cover_every_unknown_rule_and_no_known_fact() -> None:
    found = decision(design__fallback=False)
    unknown = {finding.rule.id for finding in found.rules.with_status(Status.UNKNOWN)}
    asked = {rule for question in found.open_questions for rule in question.rules}
    decided = {"design.adaptation", "design.hosting"}
    assert asked <= unknown
    for name in unknown - asked:
        waiting = found.rules.finding(name)
        assert waiting is not None
        assert set(waiting.needs) <= decided, name
    assert not {question.fact for question in found.open_questions} & {"design.fallback", *ANSWERS}


@pytest.mark.parametrize(
    ("facts", "rule", "blocks"),
    [
        ({"design__fallback": False}, "R-FALL-02", True),  # a must over the design
        ({"design__pretraining": True}, "R-SCOPE-02", True),  # an anti-pattern
        ({"design__adaptation": "fine_tune"}, "R-ADAPT-11", False),  # a duty of a choice
        ({"design__system_prompt_tokens": 3000}, "R-ADAPT-13", False),  # only to be considered
    ],
)
def test_what_blocks_release(facts: dict[str, Any], rule: str, blocks: bool) -> None:
    found = decision(**facts)
    assert rule in {finding.rule.id for finding in found.rules.with_status(Status.FIRED)}
    assert (rule in found.blocking) is blocks


def test_a_duty_over_answers_does_not_block_but_a_prohibited_practice_and_a_contradiction_do() -> None:
    assert "R-STRUCT-01" not in decision().blocking
    assert "R-SEC-04" not in decision().blocking
    assert "R-COMP-06" in decision(answers={**ANSWERS, "risk.ai_act_class": "prohibited"}).blocking
    assert "R-LAT-02" in decision(answers={**ANSWERS, "tokens.output_avg": 500, "latency.p95_ms": 400}).blocking


def test_what_is_computed_from_follows_run_projection_and_answers_but_not_the_choice() -> None:
    before = decision(PASSING, COSTS).computed_from
    assert decision(PASSING, COSTS, chosen=choice("dear")).computed_from == before
    changed = [
        decision(None, COSTS),
        decision(PASSING, None),
        decision(PASSING, COSTS, answers={**ANSWERS, "quality.threshold": 0.9}),
    ]
    assert len({before, *(found.computed_from for found in changed)}) == 4


@pytest.mark.parametrize("name", SCENARIOS)
def test_what_blocks_each_scenario_are_its_observed_defects(name: str) -> None:
    from maquette.decision.blocking import blocking

    expected = {
        "a_hipaa_clinical_summary": (),
        "b_ecommerce_triage_5m": ("R-API-02", "R-FALL-01", "R-FALL-02", "R-GUARD-03", "R-BUDGET-02", "R-BUDGET-03"),
        "e_coding_assistant_agent": (
            "R-API-02",
            "R-FALL-01",
            "R-FALL-02",
            "R-FALL-06",
            "R-AGENT-01",
            "R-BUDGET-05",
        ),
        "g_hr_policy_small": ("R-SCOPE-04",),
    }
    assert blocking(judge(rule_book(), scenario(name).facts)) == expected[name]

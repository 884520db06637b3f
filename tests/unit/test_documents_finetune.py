"""The verdict on training: its reasons from rules, data and scores, the plan where it is yes, the way out."""

import re
from dataclasses import replace
from datetime import date

from maquette.bundle.documents.finetune import finetune_view, judgement
from maquette.bundle.documents.finetune_plan import exit_rows
from maquette.evals.run import Verdict
from tests import bundle_world as world
from tests.document_view_world import said, section, seen_of
from tests.document_world import scenario_inputs, scenario_texts
from tests.rule_world import CLINIC, CODER, HANDBOOK, TRIAGE


def plan(name: str) -> str:
    return scenario_texts(name)["docs/12-finetune-plan.md"]


def test_fixed_labels_with_plenty_of_data_train_an_encoder() -> None:
    text = plan(TRIAGE)
    assert "Yes: a small encoder is trained first, no language model." in section(text, "Verdict")
    assert "(R-ADAPT-07)" in section(text, "Verdict")


def test_the_plan_splits_what_the_evaluation_leaves() -> None:
    rows = section(plan(TRIAGE), "Plan of the training")
    # 400,000 - 6,000 = 394,000; 80, 10 and 10 % of it; / 6 languages = 65,667
    assert "| examples | 394,000 examples beside 6,000 examples for the evaluation |" in rows
    assert "315,000 training, 39,400 validation, 39,400 test, asked once" in rows
    assert "spread evenly, each has 65,667 examples" in rows or "evenly spread, each has 65,667 examples" in rows
    # 1.96 x sqrt(0.05 x 0.95 / 300) = 2.47 points
    assert "known to ±2.5 points" in rows
    assert "the model abstains (low confidence)" in rows


def test_the_dear_case_of_what_the_encoder_passes_on_stands_beside_the_ceiling() -> None:
    said = section(plan(TRIAGE), "Plan of the training")
    dear = "gpt-6-luna answers what the encoder is not sure of; in the dear case the first month costs "
    assert re.search(re.escape(dear) + r"\$[\d,]+ of \$15,000/month", said)


def test_too_few_examples_and_a_prompt_that_passes_train_nothing() -> None:
    verdict = section(plan(CLINIC), "Verdict")
    assert "No: nothing is trained." in verdict
    assert "open/gpt-oss-120b reaches 98.0 % without training and holds 95 %: training has nothing to gain." in verdict
    assert "400 examples are fewer than the 500 with which tuning begins" in verdict
    assert "## Plan of the training" not in plan(CLINIC)


def test_changing_knowledge_is_kept_out_of_the_weights() -> None:
    assert "(R-ADAPT-03)" in section(plan(HANDBOOK), "Verdict")
    assert "is not yet shown to hold 93 %" in section(plan(HANDBOOK), "Verdict")


def test_the_ladder_shows_what_nobody_measured() -> None:
    ladder = section(plan(CODER), "The ladder so far")
    assert "| prompt | 65.8 %, 57.0 to 73.7 % | claude-sonnet-5-5, prompts/main.j2 version 3 |" in ladder
    assert "| retrieval | not measured | knowledge is live |" in ladder


def test_a_design_that_trains_a_model_is_refused_by_the_rules_that_block_it() -> None:
    inputs = scenario_inputs(CLINIC)
    requirements = replace(
        inputs.requirements, design_facts={**inputs.requirements.design_facts, "design.adaptation": "fine_tune"}
    )
    seen = seen_of(replace(inputs, requirements=requirements))
    # The report of the rules is that of before, so that none of them blocks.
    assert judgement(seen).trains == "model"
    assert said(judgement(seen).reasons[0]) == "The design under review trains a model (fine_tune)."


def test_a_base_that_retires_takes_what_was_trained_on_it_along() -> None:
    card = world.card("beta-flash", retires_on=date(2027, 6, 30))
    seen = seen_of(world.inputs(shortlist=world.shortlist(card)))
    assert finetune_view(seen)["exit"] == []
    rows = list(exit_rows(seen, "model"))
    assert said(rows[0]["then"]) == "retires on 2027-06-30: what was trained on it ends with it"


def test_hosted_training_that_ends_is_told_with_its_dates() -> None:
    rows = [said(row["then"]) for row in exit_rows(seen_of(scenario_inputs(HANDBOOK)), "model")]
    assert "no new jobs after 2027-01-06; GPT-4.1 and GPT-4o end on 2027-01-14" in rows


def test_nothing_is_said_of_a_base_where_nothing_is_trained() -> None:
    assert "When a base retires" not in plan(HANDBOOK)


def test_a_failed_score_stands_against_the_threshold() -> None:
    failed = world.result("beta-flash", 60, low=0.4, high=0.6, verdict=Verdict.FAILS)
    reasons = judgement(seen_of(world.inputs(run=world.run(failed)))).reasons
    assert any("misses" in said(one) for one in reasons)


def test_a_project_of_which_nothing_is_known_trains_nothing() -> None:
    assert judgement(seen_of(world.empty_inputs())).trains == "none"

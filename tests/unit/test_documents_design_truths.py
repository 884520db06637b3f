"""What a design's documents say of its parts: branches, long answers, stores, thresholds, terms, who looks when."""

from dataclasses import replace
from decimal import Decimal

import pytest

from maquette.bundle.diagrams.dynamic import request_view
from maquette.bundle.diagrams.mermaid import sequence_mermaid
from maquette.bundle.diagrams.model import Sequence, Step
from maquette.bundle.documents.capacity_serving import served_tables
from maquette.bundle.documents.checklist import checklist
from maquette.bundle.documents.classifier import classifier_card
from maquette.bundle.documents.evaluation_plan import evaluation_plan_view
from maquette.bundle.documents.long_answers import late_answers, longest_answer
from maquette.bundle.documents.migration import migration_view
from maquette.bundle.documents.online import online_measures
from maquette.bundle.documents.privacy import privacy_view
from maquette.bundle.documents.recovery import recovery_view
from maquette.bundle.documents.scenarios import quality_scenarios
from maquette.bundle.documents.seen import Seen
from maquette.bundle.documents.system_card import system_card_view
from maquette.bundle.documents.threats import threats_view
from maquette.bundle.documents.visible_loss import shown_threshold
from maquette.bundle.figures import estimated
from maquette.bundle.gateway.deployments import larger_context
from maquette.bundle.inputs import RoleModel, ServingPlan
from maquette.capacity.sizing import Demand
from maquette.requirements.answers import Requirements, known_facts
from tests.assurance_world import scenario_seen, seen_of, words
from tests.rule_world import CLINIC, CODER, HANDBOOK, TRIAGE
from tests.serving_world import LOAD, open_card, open_inputs, sized


def steps(name: str) -> list[Step]:
    """The steps of one request of a scenario."""
    found = request_view(scenario_seen(name))
    assert isinstance(found, Sequence)
    return list(found.steps)


def sized_seen(**answers: int) -> Seen:
    """An open model that is sized for answers of 700 tokens, with a cap on answers."""
    card = open_card()
    demand = Demand(rate_per_s=1.5, input_tok=6000, output_tok=700, longest_tok=25_200)
    plan = ServingPlan(sized=sized(card), load=LOAD, owned=8, demand=demand)
    found = open_inputs(serving={card.id: plan})
    more = {**found.requirements.answers, "latency.p95_ms": 20_000, "tokens.output_avg": 700, **answers}
    return seen_of(replace(found, requirements=replace(found.requirements, answers=more)))


def test_a_classifier_answers_in_a_branch_of_its_own_and_the_model_in_the_other() -> None:
    found = steps(TRIAGE)
    blocks = [step.block for step in found if step.block]
    assert blocks == ["alt", "else", "end"]
    first, other = (next(at for at, step in enumerate(found) if step.block == block) for block in ("alt", "else"))
    assert [(step.end, step.label) for step in found[first + 1 : other]] == [("users", "the classifier's label")]
    assert "gateway" not in {step.end for step in found[:other]}
    assert "gateway" in {step.end for step in found[other:]}


def test_branches_are_fragments_in_mermaid() -> None:
    found = request_view(scenario_seen(TRIAGE))
    assert isinstance(found, Sequence)
    lines = [line.strip() for line in sequence_mermaid(found).splitlines()]
    assert [lines.count("end"), sum(line.startswith("alt ") for line in lines)] == [1, 1]
    assert lines.index("alt It is sure") < next(at for at, line in enumerate(lines) if line.startswith("else "))


@pytest.mark.parametrize("name", [CLINIC, TRIAGE, CODER])
def test_no_person_stands_within_the_time_of_an_answer(name: str) -> None:
    found = steps(name)
    last = max(at for at, step in enumerate(found) if step.end == "users")
    assert min(at for at, step in enumerate(found) if step.end == "reviewer") > last


def test_with_an_agent_a_person_reviews_finished_work() -> None:
    asked = [step.label for step in steps(CODER) if step.end == "reviewer"]
    assert asked == ["the finished work, of code a pull request"]
    measures = [one["measure"] for one in online_measures(scenario_seen(CODER))]
    assert measures[0] == "share of finished work that a reviewer sends back, of code by pull request"


def test_citations_of_a_streamed_answer_are_marked_behind_the_text() -> None:
    found = steps(HANDBOOK)
    checked = next(at for at, step in enumerate(found) if step.start == "citation_check")
    assert found[checked].label == "verified, or marked as not verified"
    told = [(at, step.label) for at, step in enumerate(found) if step.end == "users"]
    assert [label for _, label in told] == ["answer, token by token", "marks on the citations, behind the text"]
    assert told[0][0] < checked < told[1][0]


def test_a_long_answer_is_reckoned_and_told_where_it_is_late() -> None:
    seen = sized_seen(**{"tokens.output_max": 1200})
    # 1.1 s + 1,199 x 0.0267 s = 33.1 s; (20 - 1.1) / 0.0267 + 1 = 708 tokens
    assert longest_answer(seen.served[0], seen.facts) == estimated(
        "33.1 s", "slow end of the time to first token + (tokens.output_max - 1) x TPOT of open/note-27b"
    )
    assert [words(one) for one in late_answers(seen)] == [
        (
            "open/note-27b is sized for the mean answer: one of 1,200 takes 33.1 s, the limit is 20,000 ms. "
            "It holds only while 95 of 100 answers stay within 708 tokens."
        )
    ]
    rows = {row["what"]: row["figure"]["text"] for row in served_tables(seen)[0]["rows"]}
    assert rows["whole answer of 700 tokens"] == "19.8 s"
    assert rows["whole answer as long as the cap allows"] == "33.1 s"


def test_a_cap_within_the_limit_is_not_told() -> None:
    assert list(late_answers(sized_seen(**{"tokens.output_max": 705}))) == []
    assert list(late_answers(sized_seen())) == []


def test_the_classifier_is_tested_named_replaced_and_restored() -> None:
    seen = scenario_seen(TRIAGE)
    assert next(one["role"] for one in system_card_view(seen)["models"]) == "classifier"
    assert migration_view(seen)["bound"][0]["role"] == "classifier"
    assert "classifier" in [one["gate"] for one in evaluation_plan_view(seen)["gates"]]
    assert "trained classifier" in [one["what"] for one in recovery_view(seen)["state"]]
    assert ("the classifier passes the gate", "blocks the release") in [
        (one["what"], one["status"]) for one in checklist(seen)
    ]
    assert list(classifier_card(scenario_seen(CLINIC))) == []


def test_redaction_is_the_applications_and_what_follows_is_redacted() -> None:
    flows = {(one["start"], one["end"]): one["what"] for one in privacy_view(scenario_seen(TRIAGE))["flows"]}
    assert flows["Application", "LiteLLM gateway"] == "prompts and answers, redacted"
    assert flows["LiteLLM gateway", "gpt-6-luna"] == "prompts and answers, redacted"
    assert ("Redaction", "LiteLLM gateway") not in flows


def test_a_queue_is_in_the_record_and_in_the_erasure() -> None:
    found = privacy_view(scenario_seen(CODER))
    kept = {one["what"]: words(one["kept"]) for one in found["record"]}
    assert (kept["queue"], kept["dead letters"]) == ("until it is answered", "90 days")
    assert "queue and dead letters" in [one["place"] for one in found["erasure"]]


def test_health_data_in_the_us_is_asked_for_its_permitted_use() -> None:
    (asked,) = privacy_view(scenario_seen(CLINIC))["basis"]
    assert words(asked).startswith(
        "Asked of the covered entity: is the use of health data treatment, payment or health care operations "
        "(45 CFR 164.506)"
    )


def test_a_dump_is_to_be_set_up_before_it_is_restored() -> None:
    rows = {one["what"]: words(one["back"]) for one in recovery_view(scenario_seen(CLINIC))["state"]}
    assert rows["PostgreSQL"] == "restore its last dump, which is to be set up: nothing in this bundle makes one"


def test_no_threshold_asks_for_a_difference_that_the_examples_cannot_show() -> None:
    facts = scenario_seen(HANDBOOK).facts
    claimed = estimated("2 points", "a rule")
    assert words(shown_threshold(facts, Decimal(2), claimed)) == (
        "8.0 points; 120 examples cannot show the 2 points of the rule"
    )
    assert words(shown_threshold(scenario_seen(TRIAGE).facts, Decimal(2), claimed)) == "2 points"


def test_the_release_gate_says_how_many_have_to_be_right() -> None:
    asked = {one["question"]: words(one["answer"]) for one in evaluation_plan_view(scenario_seen(HANDBOOK))["sample"]}
    assert asked["how many right answers pass the release gate"] == "118 of 120"
    triage = [one["question"] for one in evaluation_plan_view(scenario_seen(TRIAGE))["sample"]]
    assert triage[0].endswith("macro F1, a mean over labels, is resampled from the run instead")
    assert "how many right answers pass the release gate" not in triage


def test_faithfulness_has_one_line_at_the_level_of_answers() -> None:
    gates = {one["gate"]: words(one["condition"]) for one in evaluation_plan_view(scenario_seen(CLINIC))["gates"]}
    assert gates["unsupported answers"] == (
        "more than 1 % of the answers hold a statement that nothing supports; "
        "faithfulness of 99 % is stricter than 95 % and counts"
    )
    said = {one["quality"]: one for one in quality_scenarios(scenario_seen(CLINIC))}
    assert words(said["quality"]["measure"]).endswith("answers with an unsupported statement at most 1 %")
    assert "unsupported" not in words(
        next(one["measure"] for one in quality_scenarios(scenario_seen(TRIAGE)) if one["quality"] == "quality")
    )


def test_choices_are_said_in_words() -> None:
    facts = scenario_seen(CLINIC).facts
    assert [facts.figure(name)["text"] for name in ("data.sensitivity", "data.residency")] == [  # type: ignore[index]
        "health data",
        "your own premises",
    ]
    assert facts.text("data.sensitivity") == "phi"


def test_who_forbids_content_in_logs_stores_hashes_of_evaluations() -> None:
    book = scenario_seen(CLINIC).inputs.book
    assert known_facts(Requirements(), book)["eval.store_policy"] == "full"
    forbids = Requirements(answers={"logging.content_allowed": False})
    assert known_facts(forbids, book)["eval.store_policy"] == "hashes_only"
    stated = Requirements(answers={"logging.content_allowed": False, "eval.store_policy": "redacted"})
    assert known_facts(stated, book)["eval.store_policy"] == "redacted"


def test_a_larger_context_counts_only_where_a_request_may_need_it() -> None:
    roles = tuple(
        RoleModel(
            role=role, model=role, target=None, card=replace(open_card(), context_tok=tokens), cost=None, result=None
        )
        for role, tokens in (("primary", 922_000), ("fallback", 1_000_000))
    )
    assert larger_context(roles, None)
    assert not larger_context(roles, Decimal(142_000))
    assert larger_context(roles, Decimal(300_000))


def test_probes_ask_of_a_model_behind_an_api_nothing_about_its_weights() -> None:
    rows = {one["id"]: words(one["uses"]) for one in threats_view(scenario_seen(TRIAGE))["probes"]}
    assert rows["RT-16"] == "the addresses of openai and anthropic, the gateway's image and packages"
    own = {one["id"]: words(one["uses"]) for one in threats_view(scenario_seen(CLINIC))["probes"]}
    assert own["RT-16"].startswith("format, licence and hash of the weights of ")

"""The path to an adaptation, fine-tuning with its yes or no, who plays a role today, what a record compares."""

from datetime import date

import pytest

from maquette.decision.adapting import adaptation
from maquette.decision.roles_today import roles_today
from maquette.foundation.expression import FactValue
from maquette.rules.judging import judge
from tests.decision_world import candidate, card, cost, decision, projection, result, run, shortlist
from tests.document_world import TODAY, catalog
from tests.rule_world import SCENARIOS, rule_book, scenario
from tests.unit.test_decision_record import of_scenario


def path(facts: dict[str, FactValue]) -> dict[str, bool | None]:
    return {step.rule: step.yes for step in adaptation(judge(rule_book(), facts)).steps}


def test_changing_knowledge_that_fits_goes_into_the_prompt_and_each_step_says_which_rule_answered() -> None:
    found = adaptation(judge(rule_book(), scenario("g_hr_policy_small").facts))
    said = [step.words for step in found.steps if step.yes]
    assert said == [
        "Does the knowledge change? yes: keep it out of the weights (R-ADAPT-03)",
        "Does it fit into the prompt? yes: put all of it there, cached (R-CTX-01)",
        "Is it about language? yes: begin with the prompt (R-ADAPT-01)",
    ]
    assert found.leads_to == ("keep it out of the weights", "put all of it there, cached", "begin with the prompt")
    assert not found.fine_tune


def test_the_path_of_a_large_changing_corpus_leads_to_retrieval() -> None:
    facts: dict[str, FactValue] = {
        "knowledge.need": "changing",
        "knowledge.corpus_tokens": 600_000,
        "knowledge.acl": False,
        "task.type": "rag_qa",
    }
    steps = path(facts)
    assert (steps["R-ADAPT-03"], steps["R-RAG-01"], steps["R-CTX-02"], steps["R-CTX-01"]) == (True, True, True, False)


def test_a_form_that_no_prompt_brings_about_leads_to_fine_tuning() -> None:
    facts: dict[str, FactValue] = {
        "io.output_format": "json",
        "eval.few_shot_done": True,
        "eval.format_valid_rate": 0.9,
    }
    found = adaptation(judge(rule_book(), facts))
    assert found.fine_tune
    assert found.because.endswith("(R-ADAPT-14)")
    assert "decode under the schema, then fine-tune" in found.leads_to


def test_what_forbids_fine_tuning_comes_before_what_calls_for_it() -> None:
    facts: dict[str, FactValue] = {
        "io.output_format": "json",
        "eval.few_shot_done": True,
        "eval.format_valid_rate": 0.9,
        "design.adaptation": "fine_tune",
        "data.labelled_examples": 100,
    }
    found = adaptation(judge(rule_book(), facts))
    assert not found.fine_tune
    assert found.because.endswith("(R-ADAPT-06)")


@pytest.mark.parametrize("name", SCENARIOS)
def test_fine_tuning_is_always_answered_with_a_reason(name: str) -> None:
    found = adaptation(judge(rule_book(), scenario(name).facts))
    assert found.fine_tune is (name == "b_ecommerce_triage_5m")
    assert len(found.because) > 20
    unknown = adaptation(judge(rule_book(), {}))
    assert not unknown.fine_tune
    assert "not known: " in unknown.because


@pytest.mark.parametrize(
    ("facts", "role"),
    [
        ({"task.type": "classification", "task.complexity": "simple"}, "fast"),
        ({"task.type": "analysis", "task.complexity": "complex"}, "strong"),
    ],
)
def test_a_role_is_filled_from_the_live_catalog_and_who_is_gone_is_passed_over(
    facts: dict[str, FactValue], role: str
) -> None:
    lists = {role: ("gone-model", "claude-opus-5-5", "gpt-6-luna")}
    fits = shortlist(*(candidate(card(name)) for name in ("gpt-6-luna", "claude-opus-5-5")))
    (found,) = roles_today(judge(rule_book(), facts), lists, fits)
    assert (found.role, found.models, found.gone) == (role, ("claude-opus-5-5", "gpt-6-luna"), ("gone-model",))
    (nobody,) = roles_today(judge(rule_book(), facts), lists, shortlist())
    assert nobody.words.endswith("nobody in the catalog fits")


def test_every_model_that_a_role_may_resolve_to_is_in_the_shipped_catalog() -> None:
    from maquette.adapters.knowledge_files import load_roles

    named = {rule.proposes["role"] for rule in rule_book().rules.values() if "role" in rule.proposes}
    lists = {role.name: role.candidates for role in load_roles().roles}
    assert named == {"fast", "balanced", "strong", "self_host"}
    for name in named:
        here = [model for model in lists[str(name)] if model in catalog().cards]
        assert here
        assert any((days := catalog().cards[model].days_left(TODAY)) is None or days > 0 for model in here)


@pytest.mark.parametrize("name", SCENARIOS)
def test_every_record_rests_on_requirements_of_the_project_and_none_on_a_benchmark_alone(name: str) -> None:
    found, kept = of_scenario(name)
    for record in kept:
        assert record.evidence[-1] == found.computed_from
        assert record.drivers, record.slug


def test_the_queue_the_gateway_and_streaming_are_decided_in_a_record_with_its_benefit() -> None:
    _, kept = of_scenario("b_ecommerce_triage_5m")
    gateway = next(record for record in kept if record.slug == "reliability")
    assert {option.name: option.outcome for option in gateway.options if option.name.startswith("gateway")} == {
        "gateway: litellm": "chosen",
        "gateway: langchain": "not taken",
        "gateway: own": "not taken",
    }
    assert any("so that releases come sooner" in reason for reason in gateway.reasons)
    _, small = of_scenario("g_hr_policy_small")
    output = next(record for record in small if record.slug == "output")
    assert any("Perceived latency" in reason for reason in output.reasons)


def test_the_engine_that_was_not_taken_stands_beside_the_one_that_was() -> None:
    _, kept = of_scenario("a_hipaa_clinical_summary")
    record = next(record for record in kept if record.slug == "hosting")
    engines = {option.name: option for option in record.options if option.name.startswith("engine")}
    assert {name: option.outcome for name, option in engines.items()} == {
        "engine: vllm": "chosen",
        "engine: sglang": "not taken",
        "engine: tensorrt-llm": "not taken",
        "engine: llama.cpp": "not taken",
    }
    assert all(option.pros for option in engines.values())


def test_the_newest_model_is_not_preferred_for_being_new() -> None:
    ran = run(result("model-2026", 190, 200), result("model-2024", 190, 200))
    for cheaper, dearer in (("model-2024", "model-2026"), ("model-2026", "model-2024")):
        costs = projection(cost(cheaper, "66"), cost(dearer, "67"))
        newer = date(2028, 1, 1)
        cards = shortlist(candidate(card("model-2026", retires_on=newer)), candidate(card("model-2024")))
        assert decision(ran, costs, models=cards).recommended == cheaper

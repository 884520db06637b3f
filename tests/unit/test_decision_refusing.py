"""The decision can say no: each no with its rule, its arithmetic and what would change it."""

from decimal import Decimal

import pytest

from maquette.catalog.cards import Hosting, ModelCard
from maquette.catalog.prices import PriceTable
from maquette.catalog.shortlist import Exclusion
from maquette.decision.refusing import Refusal, RefusalKind, Uptime, refusals
from maquette.evals.run import EvalRun, Percentiles
from maquette.foundation.expression import FactValue
from maquette.requirements.answers import Requirements, known_facts
from maquette.rules.judging import judge
from tests.decision_world import CLAIM, candidate, card, result, run, shortlist
from tests.rule_world import question_book, rule_book, scenario

PROMISES = {"openai": Uptime(share=Decimal("0.999"), source="https://example.org/sla, 2026-05-27")}


def noes(
    facts: dict[str, FactValue], *chosen: ModelCard, out: tuple[Exclusion, ...] = (), ran: EvalRun | None = None
) -> list[Refusal]:
    known = known_facts(Requirements(answers=facts), question_book())
    report = judge(rule_book(), known)
    models = shortlist(*(candidate(one) for one in chosen), excluded=out)
    return list(refusals(report, known, models, chosen, run=ran, uptimes=PROMISES))


def only(kind: RefusalKind, found: list[Refusal]) -> Refusal:
    (one,) = [each for each in found if each.kind is kind]
    assert one.arithmetic
    assert one.change
    assert one.facts
    return one


def test_a_task_that_is_not_about_language_needs_no_model() -> None:
    found = only(RefusalKind.NOT_LLM, noes({"task.type": "not_llm"}))
    assert (found.rule, found.what) == ("R-SCOPE-01", "No LLM is needed: the task is not about language")


def test_a_prohibited_practice_must_not_be_built() -> None:
    found = only(RefusalKind.PROHIBITED, noes({"risk.ai_act_class": "prohibited"}))
    assert (found.rule, "Article 5" in found.arithmetic[0]) == ("R-COMP-06", True)


def test_the_small_project_is_too_small_for_its_machinery_with_the_arithmetic() -> None:
    facts = scenario("g_hr_policy_small").facts
    found = only(RefusalKind.TOO_SMALL, list(refusals(judge(rule_book(), facts), facts, shortlist(), ())))
    assert found.what == "Too small for this machinery: 11 components for 400 requests a day: remove 7"
    assert found.arithmetic[1] == (
        "11 components less 4 that are needed (a gateway, the model, one fallback, an exact cache where "
        "requests repeat) leaves 7"
    )
    assert "not needed: the router between models" in found.arithmetic
    assert "not needed: the semantic cache" in found.arithmetic
    assert any("a vector database" in line for line in found.arithmetic)


@pytest.mark.parametrize("name", ["a_hipaa_clinical_summary", "b_ecommerce_triage_5m", "e_coding_assistant_agent"])
def test_the_large_projects_are_not_called_too_small_and_their_requirements_do_not_contradict(name: str) -> None:
    facts = scenario(name).facts
    assert refusals(judge(rule_book(), facts), facts, shortlist(), ()) == ()


def test_the_components_bound_is_where_the_rule_has_it() -> None:
    def said(components: int, requests: int) -> list[str]:
        facts: dict[str, FactValue] = {"scale.requests_per_day": requests, "agency.tools": "write_reversible"}
        facts["design.component_count"] = components
        return [one.what for one in refusals(judge(rule_book(), facts), facts, shortlist(), ())]

    assert said(9, 4999) == ["Too small for this machinery: 9 components for 4,999 requests a day: remove 1"]
    assert said(8, 4999) == said(9, 5000) == []


def test_an_answer_that_cannot_be_written_in_time_is_a_contradiction_with_both_ways_out() -> None:
    found = only(RefusalKind.CONTRADICTION, noes({"tokens.output_avg": 600, "latency.p95_ms": 1300}))
    assert found.what == "An answer of 600 tokens does not fit into 1300 ms"
    assert found.arithmetic[0] == "600 tokens / ((1300 ms - 300 ms) / 1000) = 600 tokens/s of one stream"
    assert found.change[:2] == (
        "answers of 150 tokens at most: tokens.output_avg",
        "4300 ms or more: latency.p95_ms",
    )
    assert noes({"tokens.output_avg": 150, "latency.p95_ms": 1300}) == []


def test_a_stream_that_was_measured_to_be_faster_counts() -> None:
    quick = result("m", 9, 10, tpot=Percentiles(p50_s=0.001, p95_s=0.002, p99_s=0.002))
    assert noes({"tokens.output_avg": 600, "latency.p95_ms": 1300}, ran=run(quick)) == []


def priced(name: str, usd: str) -> ModelCard:
    table = PriceTable(
        usd_per_unit={"input_cost_per_token": Decimal(usd), "output_cost_per_token": Decimal(usd)}, source=CLAIM
    )
    return card(name, price=table)


def test_a_budget_below_the_cheapest_model_is_a_contradiction_with_what_would_pay() -> None:
    answers: dict[str, FactValue] = {
        "budget.monthly_usd": 10,
        "scale.requests_per_day": 1000,
        "tokens.input_avg": 900,
        "tokens.output_avg": 100,
    }
    out = tuple(Exclusion(card=priced(n, usd), filter="budget", detail="") for n, usd in (("a", "3e-6"), ("b", "1e-6")))
    found = only(RefusalKind.CONTRADICTION, noes(answers, out=out))
    assert found.what == "The budget does not pay for the cheapest model: $10.00 against $30.40"
    assert found.arithmetic[1].startswith("b, the cheapest of 2 that fit otherwise: $0.001")
    assert found.change[0] == "a budget of $30.40 a month or more: budget.monthly_usd"
    assert found.change[1] == "329 requests a day at most: scale.requests_per_day"
    assert noes(answers, card("cheap"), out=out) == []


@pytest.mark.parametrize(
    ("fact", "value"),
    [
        ("data.residency", "on_prem_only"),
        ("data.external_processing_allowed", False),
        ("infra.offline_required", True),
    ],
)
def test_data_that_must_stay_and_a_model_that_only_others_run_contradict(fact: str, value: FactValue) -> None:
    found = only(RefusalKind.CONTRADICTION, noes({fact: value}, card("gpt-6-luna", provider="openai")))
    assert found.what == "The data must stay here, and gpt-6-luna runs elsewhere"
    assert found.arithmetic == (f"{fact} is {value}", "gpt-6-luna is reached at openai only")
    own = card("llama", hosting=Hosting.OPEN_WEIGHTS)
    assert noes({fact: value}, own) == []


def test_a_region_that_nobody_offers_is_a_contradiction() -> None:
    out = (Exclusion(card=card("a"), filter="residency", detail="runs in us"),)
    found = only(RefusalKind.CONTRADICTION, noes({"data.residency": "eu"}, out=out))
    assert found.what == "No model that fits otherwise keeps the data in eu"


def test_one_provider_cannot_be_up_more_than_it_promises() -> None:
    one = card("gpt-6-luna", provider="openai")
    found = only(RefusalKind.CONTRADICTION, noes({"availability.target": 0.9995}, one))
    assert found.what == "99.95 % cannot be had from openai alone"
    assert found.arithmetic == (
        "the target allows (1 - 0.9995) x 43776 min = 21.9 min a month",
        "openai: 0.999, as its agreement says (https://example.org/sla, 2026-05-27), is 43.8 min a month",
        "two such providers that fail independently: 1 - (1 - 0.999)^2 = 0.999999",
    )
    other = card("claude-haiku-5-5", provider="anthropic")
    assert noes({"availability.target": 0.9995}, one, other) == []
    assert noes({"availability.target": 0.999}, one) == []
    assert noes({"availability.target": 0.9995}, card("m", provider="unheard-of")) == []


def test_nothing_is_refused_where_nothing_is_known() -> None:
    assert noes({}) == []

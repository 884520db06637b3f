"""Four made-up systems: their answers are accepted as they stand, and the derived facts are those computed by hand."""

from decimal import Decimal

import pytest

from maquette.requirements.answers import known_facts
from maquette.requirements.checking import check_answers, check_design_facts
from tests.fixtures.vocabulary import SCENARIOS, at_field, fact_kinds, question_book, yaml_file

BOOK = question_book()

# Fact, by hand: formula in numbers, value.
BY_HAND = {
    "a_hipaa_clinical_summary": {
        "rps_mean": Decimal("0.5"),  # 30000 * 0.6 / 36000
        "rps_batch": Decimal(30000) * Decimal("0.4") / (14 * 3600),
        "rps_peak": Decimal("1.5"),
        "tokens_per_day": Decimal(201_000_000),  # 30000 * 6700
        "peak_tpm": Decimal(603_000),  # 1.5 * 60 * 6700
        "cost_per_request_limit": Decimal(25000) / (30000 * Decimal("30.4")),
        "concurrency_peak": Decimal(30),  # 1.5 * 20 s
        "min_decode_tps": Decimal(700) / Decimal("19.7"),
    },
    "b_ecommerce_triage_5m": {
        "rps_mean": Decimal(5_000_000) / 86400,  # 57.9
        "rps_batch": Decimal(0),
        "rps_peak": Decimal(5_000_000) / 86400 * 8,  # 463
        "tokens_per_day": Decimal(7_550_000_000),
        "peak_tpm": Decimal(5_000_000) / 86400 * 8 * 60 * 1510,  # 41.9 million
        "cost_per_request_limit": Decimal(15000) / 152_000_000,  # 0.0000987
        "concurrency_peak": Decimal(5_000_000) / 86400 * 8 * 800 / 1000,
        "min_decode_tps": Decimal(120),  # 60 / 0.5
    },
    "e_coding_assistant_agent": {
        "rps_mean": Decimal(180_000) / 32400,
        "rps_batch": Decimal(0),
        "rps_peak": Decimal(180_000) / 32400 * 3,  # 16.7
        "tokens_per_day": Decimal(8_226_000_000),
        "peak_tpm": Decimal(45_700_000),  # 180000 / 32400 * 3 * 60 * 45700
        "cost_per_request_limit": Decimal(90000) / (180_000 * Decimal("30.4")),
        "concurrency_peak": Decimal(250),
        "min_decode_tps": Decimal(700) / Decimal("14.7"),
    },
    "g_hr_policy_small": {
        "rps_mean": Decimal(400) / 36000,
        "rps_batch": Decimal(0),
        "rps_peak": Decimal(400) / 36000 * 4,
        "tokens_per_day": Decimal(56_280_000),
        "peak_tpm": Decimal(400) / 36000 * 4 * 60 * 140_700,
        "cost_per_request_limit": Decimal(500) / 12160,
        "concurrency_peak": Decimal(400) / 36000 * 4 * 10,
        "min_decode_tps": Decimal(400) / Decimal("9.7"),
    },
}


@pytest.mark.parametrize("name", BY_HAND)
def test_the_derived_facts_are_those_of_the_hand_calculation(name: str) -> None:
    scenario = yaml_file(SCENARIOS / f"{name}.yaml")
    said = check_answers(scenario["requirements"], BOOK, place_of=at_field)
    facts = known_facts(said, BOOK)
    assert {derived.id for derived in BOOK.derived} == {f"derived.{fact}" for fact in BY_HAND[name]}
    for fact, value in BY_HAND[name].items():
        found = facts[f"derived.{fact}"]
        assert isinstance(found, Decimal)
        assert abs(found - value) <= abs(value) * Decimal("1e-24"), fact


@pytest.mark.parametrize("name", BY_HAND)
def test_every_answer_and_design_fact_arrives_as_it_was_written(name: str) -> None:
    scenario = yaml_file(SCENARIOS / f"{name}.yaml")
    said = check_answers(scenario["requirements"], BOOK, place_of=at_field)
    written = {f"{s}.{f}": value for s, fields in scenario["requirements"].items() for f, value in fields.items()}
    assert {n: list(v) if isinstance(v, tuple) else v for n, v in said.answers.items()} == written
    facts = check_design_facts(scenario["design_facts"], fact_kinds(), place_of=at_field)
    stated = {f"{g}.{n}": value for g, names in scenario["design_facts"].items() for n, value in names.items()}
    assert facts == stated


def test_half_the_answers_of_a_scenario_leave_the_derived_facts_unknown_that_need_the_rest() -> None:
    scenario = yaml_file(SCENARIOS / "b_ecommerce_triage_5m.yaml")
    raw = {"scale": scenario["requirements"]["scale"], "tokens": {"input_avg": 1450, "output_avg": "unknown"}}
    facts = known_facts(check_answers(raw, BOOK, place_of=at_field), BOOK)
    derived = {name for name in facts if name.startswith("derived.")}
    assert derived == {"derived.rps_mean", "derived.rps_batch", "derived.rps_peak"}


def test_a_budget_for_no_requests_has_no_limit_per_request() -> None:
    raw = {"scale": {"requests_per_day": 0}, "budget": {"monthly_usd": 100}}
    facts = known_facts(check_answers(raw, BOOK, place_of=at_field), BOOK)
    assert facts["derived.rps_mean"] == 0
    assert "derived.cost_per_request_limit" not in facts

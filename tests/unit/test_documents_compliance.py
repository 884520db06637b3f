"""Compliance: duties with controls and days, retention against what is asked, the AI Act's class, NIST's risks."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from maquette.adapters.assurance_files import load_assurance
from maquette.bundle.assurance import regime
from maquette.bundle.documents.compliance import compliance_view, incident_rows
from maquette.foundation.expression import FactValue
from maquette.foundation.problems import InvalidInput
from maquette.wiring import ports_for
from tests.assurance_world import scenario_seen, seen_of, words
from tests.document_world import scenario_texts
from tests.rule_world import CLINIC, CODER, HANDBOOK, TRIAGE, question_book

EVERY = (
    "hipaa",
    "gdpr",
    "soc2",
    "pci_dss",
    "ccpa",
    "eu_ai_act",
    "iso42001",
    "iso27001",
    "fedramp",
    "finra_sec",
    "dora",
)


def view(name: str, *changes: tuple[str, FactValue]) -> Mapping[str, Any]:
    """The document's data of a scenario with some answers changed."""
    return compliance_view(scenario_seen(name, *changes))


def duties(name: str, *changes: tuple[str, FactValue]) -> dict[str, Mapping[str, Any]]:
    """The duties of a scenario by their article."""
    return {row["article"]["text"]: row for one in view(name, *changes)["regimes"] for row in one["rows"]}


def test_every_regime_that_can_be_answered_has_its_duties() -> None:
    choices = question_book().questions["compliance.regimes"].choices
    assert set(load_assurance().regimes) == {one for one in choices if one != "none"} == set(EVERY)


def test_a_project_s_bundle_gets_the_shipped_regimes(tmp_path: Path) -> None:
    assert ports_for(tmp_path).assurance() == load_assurance()


@pytest.mark.parametrize("name", EVERY)
def test_a_regime_has_a_source_a_date_and_duties_with_owner_and_day(name: str) -> None:
    one = load_assurance().regimes[name]
    assert one.source
    assert one.as_of >= date(2026, 11, 20)
    assert len(one.obligations) >= 5
    assert all(duty.owner and duty.repeat and duty.duty and duty.gap for duty in one.obligations)


@pytest.mark.parametrize("name", EVERY)
def test_every_regime_says_what_follows_an_incident_or_leaves_it_to_others(name: str) -> None:
    told = any(duty.incident for duty in load_assurance().regimes[name].obligations)
    assert told is (name != "iso42001")


@pytest.mark.parametrize("name", EVERY)
@pytest.mark.parametrize("scenario", [CLINIC, TRIAGE])
def test_each_duty_of_each_regime_is_met_or_open_and_never_both(scenario: str, name: str) -> None:
    for article, row in duties(scenario, ("compliance.regimes", (name,))).items():
        met = bool(row["controls"]) or (row["counted"] and "not enough" not in words(row["counted"]))
        assert met is not bool(row["gap"]), article
        assert "{" not in words(row["due"]) + words(row["gap"]) + row["duty"], article


def test_a_clinic_on_its_own_machines_needs_no_business_associate() -> None:
    row = duties(CLINIC)["45 CFR 164.502(e), 164.504(e)"]
    assert words(row["controls"][0]["text"]).startswith("no processor: open/gpt-oss-120b")
    assert row["gap"] == []


def test_six_years_of_retention_are_compared_with_what_is_asked() -> None:
    article = "45 CFR 164.316(b)(2)(i)"
    assert words(duties(CLINIC)[article]["counted"]) == "kept 2,190 days, asked for 2,190 days"
    short = duties(CLINIC, ("logging.retention_days", 365))[article]
    assert words(short["counted"]) == "kept 365 days, asked for 2,190 days: not enough"
    assert words(short["gap"]) == "kept for less than 6 years"


def test_a_duty_that_binds_already_is_due_before_launch_and_a_later_one_on_its_day() -> None:
    asked = duties(CLINIC, ("compliance.regimes", ("eu_ai_act",)), ("risk.ai_act_class", "high_annex3"))
    assert words(asked["Article 26(2)"]["due"]) == "2027-12-02; before launch"
    assert words(asked["Article 4"]["due"]) == "before launch (binds since 2025-02-02)"


def test_the_class_decides_which_duties_of_the_act_apply() -> None:
    named = ("compliance.regimes", ("eu_ai_act",))
    high = duties(CLINIC, named, ("risk.ai_act_class", "high_annex1"))
    assert words(high["Articles 9 to 15, 16 and 43, Annex I"]["due"]).startswith("2028-08-02")
    assert "Articles 9 to 15, 16 and 43" not in high
    assert not any(
        article.startswith("Articles 9") for article in duties(CLINIC, named, ("risk.ai_act_class", "minimal"))
    )


def test_people_outside_are_told_that_they_deal_with_ai() -> None:
    row = duties(TRIAGE, ("compliance.regimes", ("eu_ai_act",)))["Article 50(1)"]
    assert words(row["controls"][0]["text"]) == "disclosure to consumers"
    assert "Article 50(1)" not in duties(CLINIC, ("compliance.regimes", ("eu_ai_act",)))


def test_an_unassessed_class_is_open_and_its_reasons_name_the_facts() -> None:
    found = view(CLINIC, ("compliance.regimes", ("eu_ai_act",)))
    answers = {one["question"]: words(one["answer"]) for one in found["steps"]}
    assert answers["Does it serve a purpose of Annex III?"] == "likely: the output affects rights (yes)"
    assert answers["Is it a practice that Article 5 prohibits?"] == "not assessed: unassessed"
    row = next(row for one in found["regimes"] for row in one["rows"] if row["article"]["text"] == "Article 6(4)")
    assert words(row["gap"]).startswith("the class is unassessed")


def test_a_minimal_class_that_affects_rights_must_document_the_exception() -> None:
    found = view(CLINIC, ("compliance.regimes", ("eu_ai_act",)), ("risk.ai_act_class", "minimal"))
    answers = {one["question"]: words(one["answer"]) for one in found["steps"]}
    assert "document the exception of Article 6(3)" in answers["Does it serve a purpose of Annex III?"]


@pytest.mark.parametrize("name", [CLINIC, TRIAGE, CODER])
def test_the_act_is_left_out_where_nothing_points_to_the_union(name: str) -> None:
    assert view(name)["steps"] == []


def test_a_processor_s_contract_is_asked_for_by_name() -> None:
    row = duties(TRIAGE)["Civ. Code 1798.140(ag), 11 CCR 7051"]
    assert words(row["gap"]) == "contract with openai and anthropic to be shown"


def test_the_open_duties_are_counted() -> None:
    rows = [row for one in view(TRIAGE)["regimes"] for row in one["rows"]]
    opened = sum(1 for row in rows if row["gap"])
    assert words(view(TRIAGE)["open"]).startswith(
        f"Duties without a control so far: {opened} of {len(rows)}, under SOC 2"
    )


def test_evidence_names_only_files_that_the_bundle_holds() -> None:
    texts = scenario_texts(CLINIC)
    links = {one["link"] for row in duties(CLINIC).values() for one in row["evidence"]}
    assert links
    assert {link for link in links if f"docs/{link}" not in texts and link.removeprefix("../") not in texts} == set()


def test_nist_s_risks_apply_by_facts_and_name_their_cases() -> None:
    clinic = {one["name"]: one for one in view(CLINIC)["risks"]}
    assert "Confabulation" in clinic
    assert "Intellectual property" not in clinic
    assert "Intellectual property" in {one["name"] for one in view(CODER)["risks"]}
    assert clinic["Information security"]["probes"] == ["RT-01", "RT-02", "RT-03"]
    assert clinic["Harmful bias and homogenisation"]["probes"] == []


def test_without_a_regime_there_is_no_document() -> None:
    assert "docs/10-compliance.md" not in scenario_texts(HANDBOOK)
    assert "docs/10-compliance.md" in scenario_texts(CLINIC)


def test_deadlines_after_an_incident_are_those_of_the_regimes() -> None:
    assert [one["repeat"] for one in incident_rows(scenario_seen(TRIAGE))] == [
        "drill once an audit period",
        "within 30 days of discovery",
    ]
    assert incident_rows(scenario_seen(HANDBOOK)) == []


def test_before_a_model_is_chosen_a_processor_s_duties_are_open_and_say_what_they_depend_on() -> None:
    seen = scenario_seen(TRIAGE, ("compliance.regimes", ("gdpr",)))
    undecided = seen_of(replace(seen.inputs, decision=None))
    rows = {row["article"]["text"]: row for one in compliance_view(undecided)["regimes"] for row in one["rows"]}
    assert words(rows["Article 28"]["gap"]) == "whether it applies depends on which model is chosen"


def test_a_gap_that_needs_an_unknown_fact_names_it() -> None:
    seen = scenario_seen(CLINIC, ("compliance.regimes", ("iso42001",)))
    answers = {name: value for name, value in seen.inputs.requirements.answers.items() if name != "risk.human_review"}
    unasked = seen_of(replace(seen.inputs, requirements=replace(seen.inputs.requirements, answers=answers)))
    rows = {row["article"]["text"]: row for one in compliance_view(unasked)["regimes"] for row in one["rows"]}
    assert words(rows["A.9.2"]["gap"]) == "not known yet: risk.human_review"


def test_a_regime_with_a_wrong_condition_is_refused() -> None:
    duty = {"article": "1", "duty": "d", "gap": "g", "owner": "o", "repeat": "r", "when": "a +"}
    data = {"name": "n", "source": "s", "as_of": "2026-11-20", "obligations": [duty]}
    with pytest.raises(InvalidInput, match="is not an expression"):
        regime("x", data, file="catalog/regimes/x.yaml")

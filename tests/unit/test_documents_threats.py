"""The threat model: which threats apply by which facts, what stands against them, trifecta, limits, red-team cases."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from maquette.adapters.assurance_files import load_assurance
from maquette.bundle.assurance import Saying, ThreatBook, threat_book
from maquette.bundle.documents.compliance import compliance_view
from maquette.bundle.documents.threats import threats_view
from maquette.bundle.documents.threats_sayings import known
from maquette.foundation.problems import InvalidInput
from maquette.rules.report import Strength
from tests import bundle_world as world
from tests.assurance_world import scenario_seen, seen_of, stated, words
from tests.document_world import SCENARIOS
from tests.rule_world import CLINIC, CODER, HANDBOOK, TRIAGE, question_book, rule_book

OWASP = [f"LLM{number:02d}:2026" for number in range(1, 11)]


def book() -> ThreatBook:
    """The shipped list."""
    found = load_assurance().owasp
    assert found is not None
    return found


def view(name: str) -> Mapping[str, Any]:
    """The threat model of a scenario."""
    return threats_view(scenario_seen(name))


def row(name: str, threat: str) -> Mapping[str, Any]:
    """One threat of a scenario."""
    return next(one for one in view(name)["rows"] if one["id"]["text"] == threat)


def controls(name: str, threat: str) -> dict[str, Mapping[str, Any]]:
    """The controls of a threat by their words."""
    return {words(one["text"]): one for one in row(name, threat)["controls"]}


def test_the_list_has_the_ten_threats_of_2026_in_their_order() -> None:
    assert [one.id for one in book().threats] == OWASP
    assert book().as_of.isoformat() == "2026-11-21"


@pytest.mark.parametrize("name", SCENARIOS)
def test_every_threat_applies_or_is_told_why_it_does_not(name: str) -> None:
    told = [one["id"]["text"] for one in view(name)["rows"]] + [one["id"] for one in view(name)["absent"]]
    assert sorted(told) == OWASP


@pytest.mark.parametrize("name", SCENARIOS)
def test_every_threat_that_applies_says_why_has_a_control_or_a_gap_a_case_and_a_residue(name: str) -> None:
    for one in view(name)["rows"]:
        assert one["because"], one["name"]
        assert bool(one["controls"]) is not bool(one["gap"]), one["name"]
        assert one["probes"], one["name"]
        assert one["residual"], one["name"]


def test_conditions_name_only_facts_that_exist() -> None:
    assurance, asked = load_assurance(), question_book()
    facts = {*asked.questions, *(one.id for one in asked.derived), *rule_book().fact_kinds}
    bundle = {name for name in known(scenario_seen(CLINIC)) if name.startswith("bundle.")}
    slots = {f"decisions.{slot}" for rule in rule_book().rules.values() for slot in rule.proposes}
    threats = [one for one in (assurance.owasp, assurance.nist) if one]
    sayings = [saying for one in threats for threat in one.threats for saying in _sayings(threat)]
    sayings += [
        saying for regime in assurance.regimes.values() for duty in regime.obligations for saying in duty.controls
    ]
    named = {name for one in sayings for name in one.when.names}
    named |= {name for one in threats for threat in one.threats for name in threat.applies.names}
    named |= {
        name for regime in assurance.regimes.values() for duty in regime.obligations for name in duty.applies.names
    }
    assert named - facts - bundle - slots == set()
    assert {one.rule for one in sayings if one.rule} - set(rule_book().rules) == set()


def _sayings(threat: Any) -> list[Saying]:
    return [*threat.because, *threat.absent, *threat.controls, *threat.residual]


def test_note_text_counts_as_untrusted_and_is_tried_by_indirect_injection() -> None:
    injection = row(CLINIC, "LLM01:2026")
    assert words(injection["because"]) == (
        "the text of the summarisation is written by others and can hold instructions, "
        "such as messages that were copied into it"
    )
    assert "RT-02" in injection["probes"]


def test_an_agent_without_an_approval_gate_is_told_that_its_design_lacks_it() -> None:
    found = controls(CODER, "LLM03:2026")
    approvals = next(text for text in found if text.startswith("approvals"))
    assert found[approvals]["lacking"] is True
    assert found[approvals]["rule"]["text"] == "R-AGENT-01"
    assert any("egress deny" in text for text in found)


def test_threats_of_tools_and_indexes_are_absent_where_there_are_none() -> None:
    absent = {one["id"]: words(one["text"]) for one in view(HANDBOOK)["absent"]}
    assert absent["LLM03:2026"] == "the model has no tools: none"
    assert absent["LLM09:2026"] == "no index: the 140,000 tokens stand in the prompt"


def test_without_untrusted_input_no_injection_is_tried() -> None:
    trusted = threats_view(scenario_seen(TRIAGE, ("risk.untrusted_input", False)))
    assert "LLM01:2026" in {one["id"] for one in trusted["absent"]}
    assert not {"RT-01", "RT-02", "RT-03"} & {one["id"] for one in trusted["probes"]}


@pytest.mark.parametrize(("name", "legs"), [(CODER, 3), (TRIAGE, 2), (CLINIC, 2), (HANDBOOK, 0)])
def test_the_trifecta_counts_private_data_untrusted_input_and_a_way_out(name: str, legs: int) -> None:
    trifecta = view(name)["trifecta"]
    assert sum(one["here"] for one in trifecta["legs"]) == legs
    told = " ".join(words(one) for one in trifecta["verdict"])
    assert ("Lethal trifecta: private data, untrusted input and a way out meet" in told) is (legs == 3)


def test_one_missing_leg_says_what_would_complete_the_trifecta() -> None:
    told = words(view(TRIAGE)["trifecta"]["verdict"][0])
    assert told == (
        "The lethal trifecta is not complete: 2 of 3 legs stand. A tool that can send or write would complete it."
    )


def test_limits_are_those_of_the_gateway_s_policy() -> None:
    limits = {one["name"]: one["value"]["text"] for one in view(TRIAGE)["limits"]}
    assert limits["spending of primary in 30 days"] == "$12,000"  # 80 % of 15,000
    assert limits["spending of fallback in 30 days"] == "$3,000"
    assert limits["time of one attempt"] == "1.6 s"  # twice the P95 of 0.8 s
    assert limits["tokens of one answer, unless the request names another number, of openai/gpt-6-luna"] == "120"


def test_a_bounded_session_is_a_limit_that_is_still_to_be_built() -> None:
    session = next(one for one in view(CODER)["limits"] if one["name"].startswith("steps"))
    assert (session["value"]["text"], session["where"], session["file"]) == ("R-BUDGET-05", "to be built", None)


def test_data_crosses_to_each_provider_and_to_nobody_where_models_are_own() -> None:
    crossed = {one["border"] for one in view(TRIAGE)["boundaries"]}
    assert {"Your organisation to Processor: openai", "Your organisation to Processor: anthropic"} <= crossed
    assert not any("Processor" in one["border"] for one in view(CLINIC)["boundaries"])


def test_stated_red_team_counts_are_told_with_their_upper_bound() -> None:
    found = threats_view(stated(TRIAGE, {"eval.adversarial_n": 50, "eval.safety_bypasses": 0}))["results"]
    assert [(one["asked"]["text"], one["through"]["text"], one["bound"]["text"]) for one in found] == [
        ("50", "0", "5.8 %")  # 1 - 0.05 ** (1 / 50) = 0.0582
    ]


def test_groups_of_attacks_in_the_run_are_results() -> None:
    inputs = scenario_seen(TRIAGE).inputs
    assert inputs.run is not None
    first = replace(inputs.run.results[0], by_stratum={"injection": (60, 58), "en": (5940, 5606)})
    run = replace(inputs.run, results=(first, *inputs.run.results[1:]))
    found = threats_view(seen_of(replace(inputs, run=run)))
    assert [(one["what"], one["through"]["text"]) for one in found["results"]] == [("injection", "2")]
    assert not any("holds none of them" in words(one) for one in found["cases"])


def test_a_run_without_attacks_is_said_to_hold_none() -> None:
    assert words(view(CODER)["cases"][1]) == (
        "The run r-033 over evals/tasks.jsonl holds none of them: its examples are bug fix, feature."
    )


def test_a_project_of_which_nothing_is_known_has_no_boundaries_and_no_rows() -> None:
    found = threats_view(seen_of(world.empty_inputs()))
    assert (found["boundaries"], found["rows"], found["probes"], found["results"]) == ([], [], [], [])


def test_a_list_without_a_source_is_refused_with_its_file() -> None:
    with pytest.raises(InvalidInput, match="lacks 'source'"):
        threat_book({"as_of": "2026-11-20", "threats": []}, file="catalog/threats/broken.yaml")


def test_a_condition_that_is_no_expression_is_refused() -> None:
    threat = {"id": "X", "name": "x", "applies": "import os", "because": []}
    with pytest.raises(InvalidInput):
        threat_book({"source": "s", "as_of": "2026-11-20", "threats": [threat]}, file="catalog/threats/broken.yaml")


def test_only_binding_rules_are_controls() -> None:
    rules = rule_book().rules
    used = {one.rule for threat in book().threats for one in threat.controls if one.rule}
    assert {rules[name].strength for name in used} <= {Strength.MUST, Strength.STRONG, Strength.AVOID}


KINDS = ("classification", "summarisation", "rag_qa", "generation", "chat", "code", "agent", "analysis")
AUDIENCES = ("internal", "b2b", "consumer", "children_or_vulnerable", "machine")


@pytest.mark.parametrize("tools", ["none", "read", "irreversible"])
@pytest.mark.parametrize("kind", KINDS)
def test_whatever_the_task_and_the_audience_every_row_says_why_it_applies(kind: str, tools: str) -> None:
    inputs = scenario_seen(TRIAGE).inputs
    for audience in AUDIENCES:
        answers = {**inputs.requirements.answers, "task.type": kind, "users.audience": audience, "agency.tools": tools}
        requirements = replace(inputs.requirements, answers=answers)
        seen = seen_of(replace(inputs, requirements=requirements))
        risks = [*threats_view(seen)["rows"], *compliance_view(seen)["risks"]]
        assert [one["name"] for one in risks if not one["because"]] == []
        assert [one["name"] for one in risks if bool(one["controls"]) is bool(one["gap"])] == []

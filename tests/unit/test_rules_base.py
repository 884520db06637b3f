"""The shipped rule base: every rule fires and does not fire where its fixture says so, and the scenarios agree."""

import json
from collections.abc import Mapping
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from maquette.adapters.rule_files import load_fact_kinds
from maquette.foundation.expression import FactValue
from maquette.foundation.shipped import shipped
from maquette.rules.judging import judge
from maquette.rules.report import Status
from tests.rule_world import SCENARIOS, read_yaml, rule_book, scenario

FOLDER = shipped("catalog", "rules")
HEADER = read_yaml(FOLDER / "rules.yaml")
FIXTURES = {entry["rule"]: entry for entry in read_yaml(FOLDER / "fixtures.yaml")}


def facts_of(fixture: Mapping[str, Any]) -> dict[str, FactValue]:
    return {name: tuple(value) if isinstance(value, list) else value for name, value in fixture.items()}


def status_under(facts: Mapping[str, FactValue], rule_id: str) -> Status:
    finding = judge(rule_book(), facts).finding(rule_id)
    assert finding is not None
    return finding.status


def test_there_are_214_rules_and_each_has_a_fixture() -> None:
    assert len(rule_book().rules) == 214
    assert FIXTURES.keys() == rule_book().rules.keys()


@pytest.mark.parametrize("rule_id", FIXTURES)
def test_each_rule_fires_under_its_fixture_and_not_under_the_other(rule_id: str) -> None:
    assert status_under(facts_of(FIXTURES[rule_id]["fires"]), rule_id) is Status.FIRED
    assert status_under(facts_of(FIXTURES[rule_id]["does_not_fire"]), rule_id) is Status.NOT_FIRED


@pytest.mark.parametrize("name", HEADER["files"])
def test_each_file_follows_the_schema(name: str) -> None:
    schema = json.loads(shipped("catalog", "schema", "rule.schema.json").read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(schema)
    Draft202012Validator(schema).validate(read_yaml(FOLDER / name))


def test_every_file_of_rules_is_listed_and_every_source_is_cited() -> None:
    listed = {*HEADER["files"], "rules.yaml", "fixtures.yaml"}
    assert {path.name for path in FOLDER.iterdir()} == listed
    cited = {source for rule in rule_book().rules.values() for source in rule.sources}
    assert cited == set(HEADER["sources"])


def test_every_fact_says_its_kind_and_how_it_is_asked_for() -> None:
    assert set(rule_book().fact_kinds.values()) == {"bool", "int", "float", "str"}
    assert rule_book().fact_questions.keys() == rule_book().fact_kinds.keys()
    assert all(question.endswith("?") for question in rule_book().fact_questions.values())


def test_the_kinds_of_the_facts_are_read_without_the_rules() -> None:
    assert load_fact_kinds() == rule_book().fact_kinds


def test_with_nothing_known_no_rule_fires_and_every_unknown_one_names_what_it_needs() -> None:
    report = judge(rule_book(), {})
    assert not report.slots
    assert {finding.status for finding in report.findings} == {Status.UNKNOWN}
    assert all(finding.needs for finding in report.findings)


@pytest.mark.parametrize("name", SCENARIOS)
@pytest.mark.parametrize("evaluated", ["no word of an evaluation", "known not to be evaluated"])
def test_each_scenario_fires_what_an_architect_expects_and_nothing_that_they_exclude(name: str, evaluated: str) -> None:
    brief = scenario(name)
    facts = {**brief.facts, "eval.ran": False} if evaluated.startswith("known") else brief.facts
    report = judge(rule_book(), facts)
    fired = {finding.rule.id for finding in report.with_status(Status.FIRED)}
    assert set(brief.rules_fire) <= fired
    assert not set(brief.rules_must_not_fire) & fired


def test_the_scenarios_fill_the_slots_that_their_architects_decided() -> None:
    slots = {name: judge(rule_book(), scenario(name).facts).slots for name in SCENARIOS}
    hospital, triage, agent, hr = (slots[name] for name in SCENARIOS)
    assert (hospital["hosting"].value, hospital["quant"].value, hospital["engine"].value) == ("self", "fp8", "vllm")
    assert hospital["pack"].value == ("hipaa", "audit")
    assert (triage["adaptation_first"].value, triage["tier"].value) == ("encoder_classifier", "fast")
    assert (agent["approval"].value, agent["retrieval"].value) == (True, "agentic_search")
    assert (hr["knowledge"].value, hr["complexity_budget"].value) == ("long_context", "minimal")

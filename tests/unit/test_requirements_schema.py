"""The JSON Schema for editors is made from the questions, and it accepts and refuses what the checks do."""

import json
import os
from collections.abc import Mapping
from functools import cache
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from maquette.foundation.problems import Problem
from maquette.foundation.shipped import shipped
from maquette.requirements.checking import check_answers
from maquette.requirements.schema import answers_model, project_schema, schema_text
from tests.fixtures.vocabulary import SCENARIOS, at_field, fact_kinds, question_book, yaml_file

BOOK = question_book()


@cache
def schema() -> dict[str, Any]:
    return project_schema(BOOK, fact_kinds())


def accepts(document: Mapping[str, Any]) -> bool:
    return Draft202012Validator(schema()).is_valid(document)


def test_the_shipped_schema_is_what_the_code_makes() -> None:
    path = shipped("catalog", "schema", "maquette.schema.json")
    made = schema_text(BOOK, fact_kinds())
    if os.environ.get("MAQUETTE_REWRITE_GOLDEN"):
        path.write_text(made, encoding="utf-8")
    same = path.read_text(encoding="utf-8") == made
    assert same, "run this test again with MAQUETTE_REWRITE_GOLDEN=1 and review the difference"


def test_it_is_a_valid_schema_of_its_dialect() -> None:
    assert schema()["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    Draft202012Validator.check_schema(schema())


def test_every_question_is_in_it_with_its_text_and_its_unit() -> None:
    for question in BOOK.questions.values():
        field = schema()["$defs"][question.section]["properties"][question.field]
        assert field["description"].startswith(question.ask)
        assert field["description"].endswith(f"{question.background}.")
        assert field.get("unit") == question.unit


@pytest.mark.parametrize("name", [path.stem for path in sorted(SCENARIOS.glob("*.yaml"))])
def test_it_accepts_the_scenarios(name: str) -> None:
    scenario = yaml_file(SCENARIOS / f"{name}.yaml")
    assert accepts({"maquette": 1, **{key: scenario[key] for key in ("requirements", "design_facts")}})


@pytest.mark.parametrize(
    "answers",
    [
        {"latency": {"p95_ms": 800}},
        {"latency": {"p95_ms": "unknown", "mode": None}},
        {"latency": {"p95_ms": "800"}},
        {"latency": {"p95_ms": 0}},
        {"latency": {"p95": 800}},
        {"latncy": {}},
        {"latency": None},
        {"quality": {"threshold": 1.01}},
        {"team": {"oncall": 1}},
        {"team": {"oncall": True}},
        {"compliance": {"regimes": ["gdpr", "soc2"]}},
        {"compliance": {"regimes": ["gdpr", "gdpr"]}},
        {"compliance": {"regimes": "unknown"}},
        {"compliance": {"regimes": ["gdrp"]}},
        {"io": {"input_modalities": []}},
        {"project": {"name": ""}},
        {"project": {"name": "triage"}},
    ],
)
def test_it_accepts_what_the_checks_accept_and_nothing_else(answers: Mapping[str, Any]) -> None:
    try:
        check_answers(answers, BOOK, place_of=at_field)
        right = True
    except Problem:
        right = False
    assert accepts({"maquette": 1, "requirements": answers}) is right
    assert json.dumps(schema()["required"]) == '["maquette"]'


def test_it_knows_the_rest_of_the_file() -> None:
    target = {"id": "a", "adapter": "litellm", "model": "openai/a", "api_key_env": "OPENAI_API_KEY"}
    assert accepts({"maquette": 1, "models": {"targets": [target]}, "evaluation": {"metrics": [{"kind": "x", "y": 1}]}})
    assert not accepts({"maquette": 2})
    assert not accepts({"maquette": 1, "models": {"targets": [{"id": "a"}]}})
    assert not accepts({"maquette": 1, "modles": {}})
    assert not accepts({"maquette": 1, "design_facts": {"design": {"fallback": "no"}}})


def test_the_model_of_the_answers_has_one_section_a_field() -> None:
    model = answers_model(BOOK)
    assert list(model.model_fields) == list(BOOK.sections)
    assert model.model_validate({"latency": {"p95_ms": "unknown"}}).model_dump(exclude_none=True) == {
        "latency": {"p95_ms": "unknown"}
    }

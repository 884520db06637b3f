"""The shipped rule base and the four scenarios as tests meet them: loaded once, with every fact that they settle."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from maquette.adapters.rule_files import load_rules
from maquette.foundation.expression import FactValue
from maquette.foundation.problems import Place
from maquette.foundation.shipped import shipped
from maquette.requirements.answers import Requirements, known_facts
from maquette.requirements.checking import check_answers, check_design_facts
from maquette.requirements.questions import QuestionBook
from maquette.rules.report import RuleBook

SCENARIO_FOLDER = Path(__file__).parent / "fixtures" / "scenarios"
SCENARIOS = tuple(sorted(path.stem for path in SCENARIO_FOLDER.glob("*.yaml")))
CLINIC, TRIAGE, CODER, HANDBOOK = SCENARIOS
"""The four made-up systems: summaries in a hospital, a shop's messages, a coding assistant, a handbook."""


def read_yaml(path: Path) -> Any:
    """A YAML file as plain data."""
    return YAML(typ="safe").load(path.read_text(encoding="utf-8"))


@cache
def question_book() -> QuestionBook:
    """The shipped questions."""
    return QuestionBook.from_data(read_yaml(shipped("catalog", "questions", "questions.yaml")))


@cache
def rule_book() -> RuleBook:
    """The shipped rules."""
    return load_rules(question_book())


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """One brief: what it requires, and which rules a senior architect expects to fire."""

    requirements: Requirements
    facts: Mapping[str, FactValue]
    rules_fire: tuple[str, ...]
    rules_must_not_fire: tuple[str, ...]


@cache
def scenario(name: str) -> Scenario:
    """The scenario of that file name, its answers checked like a user's."""
    data = read_yaml(SCENARIO_FOLDER / f"{name}.yaml")
    answered = check_answers(data["requirements"], question_book(), place_of=lambda field: Place(field=field))
    requirements = Requirements(
        answers=answered.answers,
        unknown=answered.unknown,
        design_facts=check_design_facts(
            data["design_facts"], rule_book().fact_kinds, place_of=lambda field: Place(field=field)
        ),
    )
    return Scenario(
        requirements=requirements,
        facts=known_facts(requirements, question_book()),
        rules_fire=tuple(data["expected"]["rules_fire"]),
        rules_must_not_fire=tuple(data["expected"]["rules_must_not_fire"]),
    )

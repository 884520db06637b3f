"""A rule base with a mistake is refused: what is wrong, in which file and line, and what was probably meant."""

from collections.abc import Callable
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from maquette.adapters.rule_files import load_rules
from maquette.foundation.problems import InvalidInput, SeveralProblems, each_problem
from maquette.rules.loading import rule_book_from_data
from maquette.rules.report import RuleBook
from tests.rule_world import question_book

HEADER: dict[str, Any] = {
    "as_of": "2026-11-20",
    "multi_slots": ["filter"],
    "sources": {"CALC": "by hand"},
    "facts": {"design": {"fallback": ["bool", "Is there a fallback?"]}},
}


def rule(**changes: Any) -> dict[str, Any]:
    valid = {
        "id": "R-FALL-02",
        "when": "not design.fallback",
        "recommend": "Define the chain",
        "strength": "must",
        "rationale": "Transient failures are common",
        "source": ["CALC"],
        "overturn": "none",
    }
    return {key: value for key, value in {**valid, **changes}.items() if value is not None}


def load(*rules: dict[str, Any]) -> RuleBook:
    files = {"reliability.yaml": {"reliability": list(rules)}}
    return rule_book_from_data(HEADER, files, asked=["latency.p95_ms"])


def refusal(action: Callable[[], object]) -> InvalidInput:
    with pytest.raises(InvalidInput) as caught:
        action()
    return caught.value


def test_a_valid_rule_is_loaded_with_its_area() -> None:
    loaded = load(rule(set={"filter": "region"})).rules["R-FALL-02"]
    assert (loaded.area, loaded.proposes, loaded.sources) == ("reliability", {"filter": "region"}, ("CALC",))


@pytest.mark.parametrize(
    ("changes", "key", "what", "fix"),
    [
        ({"when": "not design.falback"}, "when", "'design.falback'", "Did you mean design.fallback?"),
        ({"when": "latency.p95 < 3"}, "when", "'latency.p95'", "Did you mean latency.p95_ms?"),
        ({"when": "zzz"}, "when", "'zzz'", "Add it to facts in rules.yaml."),
        ({"when": "design.fallback ="}, "when", "is not an expression", "Write a condition over facts"),
        ({"when": "open('x')"}, "when", "is not allowed", "Write a condition over facts"),
        ({"strength": "should"}, "strength", "'should'", "Use one of must, strong, consider, avoid, info."),
        ({"source": ["CALK"]}, "source", "'CALK'", "Did you mean CALC?"),
        ({"overrides": ["R-FALL-03"]}, "overrides", "'R-FALL-03'", "Did you mean R-FALL-02?"),
        ({"overrides": ["R-FALL-02"]}, "overrides", "overrides itself", "Remove it."),
        ({"rationale": None}, "rationale", "lacks 'rationale'", "Add rationale."),
        ({"overide": ["R-FALL-02"]}, "overide", "'overide'", "Did you mean overrides?"),
    ],
)
def test_a_mistake_is_named_with_its_field_and_a_remedy(changes: dict[str, Any], key: str, what: str, fix: str) -> None:
    problem = refusal(lambda: load(rule(**changes)))
    assert what in problem.what
    assert problem.fix.startswith(fix)
    assert (problem.place.file, problem.place.field) == ("reliability.yaml", f"R-FALL-02.{key}")


def test_two_rules_of_one_id_are_refused() -> None:
    assert refusal(lambda: load(rule(), rule())).what == "there are two rules R-FALL-02"


def test_values_of_two_kinds_for_one_slot_are_refused_because_true_equals_one() -> None:
    first, second = rule(set={"regions": 1}), rule(id="R-FALL-03", set={"regions": True})
    problem = refusal(lambda: load(first, second))
    assert problem.what == "slot 'regions' gets True here and a int elsewhere"


def test_all_mistakes_are_told_at_once() -> None:
    with pytest.raises(SeveralProblems) as caught:
        load(rule(strength="should"), rule(id="R-FALL-03", source=["X"], when="zzz"))
    places = [problem.place.field for problem in each_problem(caught.value)]
    assert places == ["R-FALL-02.strength", "R-FALL-03.when", "R-FALL-03.source"]


FILES = {
    "rules.yaml": """\
        as_of: "2026-11-20"
        multi_slots: []
        files: [one.yaml]
        sources: {CALC: by hand}
        facts: {design: {fallback: [bool, "Is there a fallback?"]}}
        """,
    "one.yaml": """\
        reliability:
          - id: R-FALL-02
            recommend: Define the chain
            strength: must
            rationale: Failures are common
            source: [CALC]
            overturn: none
            when: not design.falback
        """,
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in FILES.items():
        (tmp_path / name).write_text(dedent(text), encoding="utf-8")
    return tmp_path


def test_a_mistake_in_a_file_is_told_with_its_line(folder: Path) -> None:
    problem = refusal(lambda: load_rules(question_book(), folder))
    assert str(problem) == (
        "one.yaml:8, R-FALL-02.when: no fact is called 'design.falback'. Did you mean design.fallback?"
    )


def test_a_missing_key_is_told_with_the_line_of_its_rule(folder: Path) -> None:
    text = (folder / "one.yaml").read_text(encoding="utf-8").replace("    overturn: none\n", "")
    (folder / "one.yaml").write_text(text, encoding="utf-8")
    problem = refusal(lambda: load_rules(question_book(), folder))
    assert (problem.what, problem.place.line) == ("rule R-FALL-02 lacks 'overturn'", 2)


@pytest.mark.parametrize("broken", ["reliability: [", "reliability: []\nreliability: []\n"])
def test_a_file_that_is_not_yaml_is_told_with_its_line(folder: Path, broken: str) -> None:
    (folder / "one.yaml").write_text(broken, encoding="utf-8")
    problem = refusal(lambda: load_rules(question_book(), folder))
    assert problem.what.startswith(("the file is not YAML", "the key 'reliability' stands there twice"))
    assert (problem.place.file, problem.place.line is not None) == ("one.yaml", True)

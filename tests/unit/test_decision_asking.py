"""Open questions are ranked by what their answers change: rules by strength, and slots."""

from dataclasses import replace

from maquette.decision.asking import SLOT_WEIGHT, WEIGHTS, open_questions
from maquette.decision.decision import OpenQuestion
from maquette.foundation.expression import FactValue
from maquette.rules.judging import judge
from maquette.rules.probing import Vocabulary, answers, with_fact
from maquette.rules.report import RuleBook, Strength
from tests.rule_world import question_book, rule_book, scenario


def book(*names: str) -> RuleBook:
    return replace(rule_book(), rules={name: rule_book().rules[name] for name in names})


def asked(facts: dict[str, FactValue], *rules: str) -> dict[str, OpenQuestion]:
    found = open_questions(judge(book(*rules), facts), question_book(), facts)
    return {one.fact: one for one in found}


def test_a_must_and_the_slot_that_it_fills_count_by_the_published_weights() -> None:
    (question,) = asked({}, "R-MODEL-01").values()
    assert (question.fact, question.how) == ("eval.ran", "evaluate")
    assert question.weight == WEIGHTS[Strength.MUST] + SLOT_WEIGHT
    assert question.could_change == ("no: R-MODEL-01, model_status: provisional",)


def test_a_question_whose_answer_changes_nothing_alone_has_no_weight() -> None:
    (first, second) = asked({}, "R-SCOPE-04").values()
    assert (first.weight, second.weight, first.could_change) == (0, 0, ())
    (left,) = asked({"scale.requests_per_day": 400}, "R-SCOPE-04").values()
    assert (left.fact, left.weight) == ("design.component_count", WEIGHTS[Strength.AVOID])


def test_numbers_are_asked_in_the_stretches_that_rules_tell_apart() -> None:
    known = Vocabulary(questions=question_book(), kinds=rule_book().fact_kinds)
    found = answers("latency.p95_ms", book("R-LAT-01", "R-MODEL-04").rules.values(), {}, known)
    assert [one.words for one in found] == [
        "below 100",
        "exactly 100",
        "100 to 2000",
        "exactly 2000",
        "above 2000",
    ]


def test_an_answer_carries_through_to_derived_facts() -> None:
    facts = with_fact(scenario("g_hr_policy_small").facts, "tokens.output_avg", 2000, question_book())
    assert str(facts["derived.min_decode_tps"])[:6] == "206.18"
    gone = with_fact(facts, "tokens.output_avg", None, question_book())
    assert "derived.min_decode_tps" not in gone


def test_the_first_question_of_a_scenario_is_the_one_that_could_change_most() -> None:
    facts = scenario("g_hr_policy_small").facts
    found = open_questions(judge(rule_book(), facts), question_book(), facts)
    assert found[0].weight == max(one.weight for one in found)
    assert found[0].could_change

"""Whatever is known: the ranking of open questions is that of judging the whole rule base anew for every answer."""

from collections.abc import Iterable

from hypothesis import given, settings
from hypothesis import strategies as st

from maquette.decision.asking import SLOT_WEIGHT, WEIGHTS, missing_facts, open_questions
from maquette.foundation.expression import Facts, FactValue
from maquette.requirements.answers import Requirements, known_facts
from maquette.rules.judging import judge
from maquette.rules.probing import Vocabulary, answers, with_fact
from maquette.rules.report import Finding, RuleReport, Status
from tests.property.test_rules import NAMED, values
from tests.rule_world import question_book, rule_book

STATED = st.fixed_dictionaries({}, optional={name: values()[name] for name in NAMED if not name.startswith("derived.")})
KNOWN = Vocabulary(questions=question_book(), kinds=rule_book().fact_kinds)


def slow_weight(fact: str, waiting: Iterable[Finding], facts: Facts) -> int:
    """By whole reports: rules that fire with one answer only, and slots that are filled otherwise."""
    rules = [finding.rule for finding in waiting]
    after: list[RuleReport] = [
        judge(rule_book(), with_fact(facts, fact, answer.value, question_book()))
        for answer in answers(fact, rules, facts, KNOWN)
    ]
    if len(after) < 2:
        return 0
    fired = [{finding.rule.id for finding in report.with_status(Status.FIRED)} for report in after]
    changed = sum(WEIGHTS[rule.strength] for rule in rules if len({rule.id in one for one in fired}) > 1)
    slots = {slot for rule in rules for slot in rule.proposes}
    filled = [{slot: report.slots[slot].value if slot in report.slots else "" for slot in slots} for report in after]
    return changed + SLOT_WEIGHT * sum(len({one[slot] for one in filled}) > 1 for slot in slots)


@settings(max_examples=12)
@given(stated=STATED)
def test_the_ranking_is_the_one_that_judging_everything_again_would_give(stated: dict[str, FactValue]) -> None:
    facts = known_facts(Requirements(answers=stated), question_book())
    report = judge(rule_book(), facts)
    waiting: dict[str, list[Finding]] = {}
    for finding in report.with_status(Status.UNKNOWN):
        for fact in missing_facts(finding.needs, question_book(), facts):
            waiting.setdefault(fact, []).append(finding)
    slow = {fact: slow_weight(fact, found, facts) for fact, found in waiting.items()}
    ranked = sorted(slow, key=lambda fact: (-slow[fact], -len(waiting[fact]), fact))
    found = open_questions(report, question_book(), facts)
    assert [(one.fact, one.weight) for one in found] == [(fact, slow[fact]) for fact in ranked]


@given(stated=STATED)
def test_a_condition_that_was_remembered_says_what_it_says_when_it_is_evaluated(stated: dict[str, FactValue]) -> None:
    facts = known_facts(Requirements(answers=stated), question_book())
    once, again = judge(rule_book(), facts), judge(rule_book(), facts)
    assert once == again
    for finding in again.findings:
        holds = finding.rule.when.holds(facts)
        assert finding.status is {True: Status.FIRED, False: Status.NOT_FIRED, None: Status.UNKNOWN}[holds]

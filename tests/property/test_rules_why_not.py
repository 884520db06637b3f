"""Whatever is known: a change that is said to fire a rule fires it, and the parts agree with the whole."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from maquette.foundation.expression import FactValue
from maquette.requirements.answers import Requirements, known_facts
from maquette.rules.judging import judge, judged
from maquette.rules.probing import Vocabulary, beside, with_fact
from maquette.rules.report import Status
from maquette.rules.why_not import Change, why_not
from tests.property.test_rules import NAMED, values
from tests.rule_world import question_book, rule_book

RULES = st.sampled_from(list(rule_book().rules))
STATED = st.fixed_dictionaries({}, optional={name: values()[name] for name in NAMED if not name.startswith("derived.")})
KNOWN = Vocabulary(questions=question_book(), kinds=rule_book().fact_kinds)


def value_of(change: Change) -> FactValue:
    """A value that the change stands for."""
    if isinstance(change.to, Decimal) and change.how in {"more than", "less than"}:
        below, above = beside(change.fact, change.to, KNOWN)
        return above if change.how == "more than" else below
    return change.to


@given(rule=RULES, stated=STATED)
def test_a_change_that_is_said_to_fire_a_rule_does_and_each_part_holds_as_it_is_told(
    rule: str, stated: dict[str, FactValue]
) -> None:
    facts = known_facts(Requirements(answers=stated), question_book())
    told = why_not(rule_book(), judge(rule_book(), facts), rule, facts, question_book())
    for change in told.changes:
        assert (
            judged(told.rule, with_fact(facts, change.fact, value_of(change), question_book())).status is Status.FIRED
        )
    if told.status is Status.FIRED:
        assert any(part.holds for part in told.parts)
    if told.status is Status.NOT_FIRED:
        assert any(part.holds is False for part in told.parts)
    assert (told.status is Status.UNKNOWN) or not told.effects
    assert not set(told.needs) & facts.keys()

"""Rules under growing knowledge: what is settled stays settled, and the order of the facts does not matter."""

from collections.abc import Mapping
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from maquette.foundation.expression import FactValue
from maquette.requirements.questions import QuestionKind
from maquette.rules.judging import judge
from maquette.rules.report import Status
from tests.rule_world import question_book, rule_book

NUMBERS = st.one_of(
    st.integers(min_value=0, max_value=10**9), st.decimals(min_value=0, max_value=10**6, places=3), st.floats(0, 1)
)
OF_KIND: Mapping[str, st.SearchStrategy[FactValue]] = {
    "bool": st.booleans(),
    "int": NUMBERS,
    "float": NUMBERS,
    "str": st.sampled_from(["self", "api", "fine_tune", "semantic", "exact", "none"]),
}


def values() -> dict[str, st.SearchStrategy[FactValue]]:
    """Every fact that a rule may name to the values that it can have."""
    found = {name: OF_KIND[kind] for name, kind in rule_book().fact_kinds.items()}
    for question in question_book().questions.values():
        match question.kind:
            case QuestionKind.ENUM:
                found[question.id] = st.sampled_from(question.choices)
            case QuestionKind.MULTI:
                found[question.id] = st.lists(st.sampled_from(question.choices), unique=True).map(tuple)
            case QuestionKind.BOOL:
                found[question.id] = st.booleans()
            case QuestionKind.NUMBER:
                found[question.id] = NUMBERS
            case QuestionKind.TEXT:
                found[question.id] = st.text()
    return found | {derived.id: NUMBERS for derived in question_book().derived}


NAMED = sorted(frozenset[str]().union(*(rule.when.names for rule in rule_book().rules.values())))
FACTS = st.fixed_dictionaries({}, optional={name: values()[name] for name in NAMED})


@given(less=FACTS, more=FACTS)
def test_learning_a_fact_never_makes_a_settled_rule_unknown_or_turns_it_around(
    less: dict[str, FactValue], more: dict[str, FactValue]
) -> None:
    before, after = judge(rule_book(), less), judge(rule_book(), {**more, **less})
    for old, new in zip(before.findings, after.findings, strict=True):
        if old.status is not Status.UNKNOWN:
            assert new.status is old.status


@given(facts=FACTS)
def test_an_unknown_rule_is_settled_by_nothing_but_the_facts_it_names(facts: dict[str, FactValue]) -> None:
    for finding in judge(rule_book(), facts).findings:
        assert bool(finding.needs) is (finding.status is Status.UNKNOWN)
        assert not set(finding.needs) & facts.keys()


@given(facts=FACTS, order=st.randoms(use_true_random=False))
def test_the_order_of_the_facts_does_not_matter(facts: dict[str, FactValue], order: Random) -> None:
    names = list(facts)
    order.shuffle(names)
    assert judge(rule_book(), {name: facts[name] for name in names}) == judge(rule_book(), facts)

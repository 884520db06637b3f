"""Why a rule did not fire: the false parts with the facts' values, and the smallest single change that fires it."""

from decimal import Decimal

import pytest

from maquette.foundation.expression import FactValue
from maquette.foundation.problems import NotFound
from maquette.rules.judging import judge, judged
from maquette.rules.probing import with_fact
from maquette.rules.report import Status
from maquette.rules.why_not import WhyNot, why_not
from tests.rule_world import question_book, rule_book, scenario


def of_hr(rule: str, **changes: FactValue) -> WhyNot:
    """Of the small project; facts are changed as ``scale__peak_factor=5``."""
    facts = dict(scenario("g_hr_policy_small").facts)
    facts |= {name.replace("__", "."): value for name, value in changes.items()}
    return why_not(rule_book(), judge(rule_book(), facts), rule, facts, question_book())


def changes(told: WhyNot) -> dict[str, str]:
    return {change.fact: f"{change.how} {change.to}" for change in told.changes}


def test_every_part_is_told_with_whether_it_holds_and_the_values_that_it_saw() -> None:
    told = of_hr("R-RAG-01")
    assert told.status is Status.NOT_FIRED
    assert [(part.text, part.holds, part.either) for part in told.parts] == [
        ("knowledge.need != 'none'", True, False),
        ("knowledge.corpus_tokens > 150000", False, True),
        ("knowledge.acl", False, True),
        ("knowledge.corpus_tokens > 20000", True, True),
        ("task.type not in ('agent', 'code')", True, False),
    ]
    assert told.parts[1].facts == (("knowledge.corpus_tokens", 140000),)


def test_the_smallest_change_of_each_fact_is_found_at_the_very_figure_of_the_rule() -> None:
    assert changes(of_hr("R-RAG-01")) == {
        "knowledge.acl": "= True",
        "knowledge.corpus_tokens": "more than 150000",
    }
    assert changes(of_hr("R-REGION-01")) == {
        "availability.rto_min": "less than 30",
        "availability.target": "at least 0.9995",
    }


def test_a_change_reaches_a_rule_through_a_derived_fact() -> None:
    found = changes(of_hr("R-LAT-02"))
    assert found["tokens.output_avg"] == "more than 1455"
    assert found["latency.p95_ms"] == "less than 2966.6667"


@pytest.mark.parametrize("rule", ["R-RAG-01", "R-REGION-01", "R-LAT-02", "R-SELF-01", "R-SCOPE-01", "R-COMP-06"])
def test_each_change_really_fires_the_rule_and_nothing_else_was_changed(rule: str) -> None:
    told = of_hr(rule)
    assert told.changes
    facts = scenario("g_hr_policy_small").facts
    beside = {"more than": Decimal("1.001"), "less than": Decimal("0.999")}
    for change in told.changes:
        value = change.to * beside[change.how] if change.how in beside and isinstance(change.to, Decimal) else change.to
        assert judged(told.rule, with_fact(facts, change.fact, value, question_book())).status is Status.FIRED


def test_where_two_facts_would_have_to_change_that_is_said() -> None:
    told = of_hr("R-QUEUE-04")
    assert told.changes == ()
    assert "fires with no change of a single fact" in told.as_text()
    assert changes(of_hr("R-QUEUE-04", scale__requests_per_day=1_000_000))["latency.mode"] == "= async"


def test_an_unknown_rule_says_what_it_needs_and_what_each_answer_would_do() -> None:
    told = of_hr("R-API-02")
    assert told.needs == ("cat.rate_limit_tpm",)
    assert [(effect.answer, effect.status) for effect in told.effects] == [
        ("below 750400", Status.FIRED),
        ("exactly 750400", Status.NOT_FIRED),
        ("above 750400", Status.NOT_FIRED),
    ]


def test_a_list_is_changed_by_one_entry() -> None:
    assert changes(of_hr("R-COMP-02"))["compliance.regimes"] == "= ('gdpr',)"


def test_a_rule_that_fired_says_so_and_one_that_does_not_exist_names_the_closest() -> None:
    assert "It fired" in of_hr("R-SCOPE-03").as_text()
    with pytest.raises(NotFound) as caught:
        of_hr("R-SCOPE-3")
    assert caught.value.fix.startswith("Did you mean R-SCOPE-0")

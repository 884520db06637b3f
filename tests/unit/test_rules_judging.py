"""Judging: what a rule comes to, which proposal wins a slot, and what overriding takes away."""

import pytest

from maquette.foundation.expression import parse
from maquette.foundation.problems import InvalidInput, NotFound
from maquette.rules.explaining import explain
from maquette.rules.judging import judge
from maquette.rules.report import Rule, RuleBook, SlotValue, Status, Strength
from tests.rule_world import rule_book, scenario


def rule(
    rule_id: str, strength: Strength, when: str = "true", *, overrides: tuple[str, ...] = (), **proposes: SlotValue
) -> Rule:
    return Rule(
        id=rule_id,
        area="model",
        when=parse(when),
        recommend=f"do {rule_id}",
        strength=strength,
        proposes=proposes,
        overrides=overrides,
        rationale="why not",
        sources=("CALC",),
        guidance=(),
        conflict=None,
        overturn="none",
    )


def book(*rules: Rule) -> RuleBook:
    return RuleBook(
        rules={rule.id: rule for rule in rules},
        fact_kinds={},
        multi_slots=frozenset({"filter"}),
        sources={"CALC": "by hand"},
        as_of="2026-11-20",
    )


def test_findings_come_in_the_order_of_the_base_with_their_status_and_needs() -> None:
    report = judge(
        book(
            rule("R-A-01", Strength.MUST, "a and b"),
            rule("R-A-02", Strength.MUST, "a or b"),
            rule("R-A-03", Strength.MUST, "b and c"),
        ),
        {"a": True, "c": False},
    )
    assert [(f.rule.id, f.status, f.needs) for f in report.findings] == [
        ("R-A-01", Status.UNKNOWN, ("b",)),
        ("R-A-02", Status.FIRED, ()),
        ("R-A-03", Status.NOT_FIRED, ()),
    ]


def test_the_stronger_proposal_takes_the_slot_and_the_weaker_one_is_kept_behind_it() -> None:
    slot = judge(book(rule("R-A-01", Strength.CONSIDER, tier="a"), rule("R-A-02", Strength.MUST, tier="b")), {}).slots[
        "tier"
    ]
    assert (slot.value, slot.conflict) == ("b", False)
    assert list(slot.proposals.items()) == [("b", ("R-A-02",)), ("a", ("R-A-01",))]


def test_equal_strength_with_different_values_is_a_conflict_for_the_user() -> None:
    slot = judge(book(rule("R-A-01", Strength.STRONG, tier="a"), rule("R-A-02", Strength.STRONG, tier="b")), {}).slots[
        "tier"
    ]
    assert (slot.value, slot.conflict) == (None, True)


def test_equal_strength_with_one_value_agrees() -> None:
    slot = judge(book(rule("R-A-01", Strength.STRONG, q=True), rule("R-A-02", Strength.STRONG, q=True)), {}).slots["q"]
    assert (slot.value, slot.conflict, slot.proposals) == (True, False, {True: ("R-A-01", "R-A-02")})


def test_a_slot_of_several_values_keeps_them_all_strongest_first() -> None:
    report = judge(book(rule("R-A-01", Strength.STRONG, filter="x"), rule("R-A-02", Strength.MUST, filter="y")), {})
    assert (report.slots["filter"].value, report.slots["filter"].conflict) == (("y", "x"), False)


def test_an_overridden_rule_stays_fired_and_loses_its_proposals() -> None:
    report = judge(
        book(
            rule("R-A-01", Strength.MUST, tier="a"),
            rule("R-A-02", Strength.CONSIDER, tier="b", overrides=("R-A-01",)),
        ),
        {},
    )
    first = report.findings[0]
    assert (first.status, first.overridden_by) == (Status.FIRED, "R-A-02")
    assert report.slots["tier"].proposals == {"b": ("R-A-02",)}


def test_a_rule_that_does_not_fire_overrides_nothing() -> None:
    report = judge(
        book(
            rule("R-A-01", Strength.MUST, tier="a"),
            rule("R-A-02", Strength.MUST, "false", overrides=("R-A-01",), tier="b"),
        ),
        {},
    )
    assert (report.findings[0].overridden_by, report.slots["tier"].value) == (None, "a")


def test_on_an_edge_device_the_device_wins_over_self_hosting() -> None:
    facts = {"infra.offline_required": True, "infra.device_ram_gb": 4, "latency.p95_ms": 250}
    report = judge(rule_book(), facts)
    assert report.slots["hosting"].value == "device"
    finding = report.finding("R-SELF-01")
    assert finding is not None
    assert finding.overridden_by == "R-EDGE-01"


def test_a_fact_of_the_wrong_kind_is_the_users_error_with_its_name() -> None:
    with pytest.raises(InvalidInput, match=r"R-A-01 cannot be judged.*latency is 'fast'"):
        judge(book(rule("R-A-01", Strength.MUST, "latency < 3")), {"latency": "fast"})


def test_the_fingerprint_follows_the_facts_that_rules_name_and_no_others() -> None:
    rules = book(rule("R-A-01", Strength.MUST, "a"))
    before = judge(rules, {"a": True}).fingerprint
    assert judge(rules, {"a": True, "b": 1}).fingerprint == before
    assert judge(rules, {"a": False}).fingerprint != before
    assert judge(book(rule("R-A-01", Strength.MUST, "a", tier="x")), {"a": True}).fingerprint != before


def test_an_explanation_shows_the_condition_beside_the_values_it_saw() -> None:
    brief = scenario("a_hipaa_clinical_summary")
    report = judge(rule_book(), brief.facts)
    text = explain(rule_book(), report, "r-self-01", brief.facts).as_text()
    assert "R-SELF-01  fired  (hosting, must)" in text
    assert "data.external_processing_allowed = no" in text
    assert "data.residency = on_prem_only" in text
    assert "proposes   hosting = self" in text
    assert "overturned by  Counsel accepts a BAA/DPA with zero retention - record who decided" in text


def test_an_explanation_of_an_unknown_rule_says_what_to_learn() -> None:
    report = judge(rule_book(), {})
    explanation = explain(rule_book(), report, "R-MODEL-01", {})
    assert explanation.facts == (("eval.ran", None),)
    assert explanation.needs == (("eval.ran", "Has an evaluation of this model finished?"),)
    assert "R-MODEL-01  unknown yet" in explanation.as_text()


def test_a_wrong_id_gets_the_closest_one() -> None:
    with pytest.raises(NotFound) as caught:
        explain(rule_book(), judge(rule_book(), {}), "R-LATT-01", {})
    assert caught.value.fix == "Did you mean R-LAT-01?"

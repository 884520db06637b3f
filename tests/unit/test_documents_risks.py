"""The risk register: findings by severity, rules that do not count with their reasons, debts, what is to be learnt."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from maquette.bundle.documents.risks import risks_view
from maquette.rules.report import Finding, Overruling, Status
from tests import bundle_world as world
from tests.assurance_world import decision_of, scenario_seen, seen_of, with_report, words
from tests.rule_world import CLINIC, CODER, HANDBOOK, TRIAGE

REASON = "the auditor accepts it"


def view(name: str) -> Mapping[str, Any]:
    """The register of a scenario."""
    return risks_view(scenario_seen(name))


def ruled(name: str, rule: str, **changes: Any) -> Mapping[str, Any]:
    """The register of a scenario where something was said of one rule."""
    seen = scenario_seen(name)
    report = decision_of(seen).rules
    findings = tuple(replace(one, **changes) if one.rule.id == rule else one for one in report.findings)
    return risks_view(with_report(seen, replace(report, findings=findings)))


def by_rule(found: Mapping[str, Any], rule: str) -> list[Mapping[str, Any]]:
    """The findings that rest on a rule."""
    return [one for one in found["findings"] if one["rule"] and one["rule"]["text"] == rule]


def test_the_worst_come_first_and_every_finding_has_owner_day_and_a_number_of_its_own() -> None:
    findings = view(TRIAGE)["findings"]
    severities = [one["severity"] for one in findings]
    assert severities == sorted(severities, key=("critical", "high", "medium", "low").index)
    dear = next(one for one in findings if words(one["what"]).startswith("The plan on the table costs $266,000/month"))
    assert (dear["severity"], dear["owner"]) == ("high", "architect")
    assert [one["id"] for one in findings] == [f"RK-{number:02d}" for number in range(1, len(findings) + 1)]
    assert all(one["owner"] and one["due"] and one["severity"] for one in findings)


def test_a_rule_that_blocks_is_critical_and_due_before_release() -> None:
    found = by_rule(view(TRIAGE), "R-GUARD-03")
    assert [(one["severity"], one["owner"], one["due"]) for one in found] == [
        ("critical", "security", "before release")
    ]


def test_every_rule_against_release_stands_in_the_register() -> None:
    for name in (CLINIC, TRIAGE, CODER, HANDBOOK):
        told = {one["rule"]["text"] for one in view(name)["findings"] if one["rule"]}
        assert set(decision_of(scenario_seen(name)).blocking) <= told


def test_a_rule_that_is_refused_with_arithmetic_is_one_finding() -> None:
    assert len(by_rule(view(HANDBOOK), "R-SCOPE-04")) == 1


def test_too_much_machinery_is_refused_with_its_arithmetic() -> None:
    told = " ".join(words(one["what"]) for one in view(HANDBOOK)["findings"])
    assert "11 components for 400 requests a day: remove 7" in told


def test_a_stated_router_that_no_rule_wants_is_a_finding() -> None:
    found = by_rule(view(HANDBOOK), "R-ROUTE-02")
    assert words(found[0]["what"]) == "router: stated is yes; the rule says: none. No reason is given."


def test_an_overridden_rule_stands_with_reason_and_end() -> None:
    until = Overruling(because=REASON, until=date(2027, 3, 31))
    rows = ruled(TRIAGE, "R-PRIV-01", overruled=until)["overruled"]
    assert ("R-PRIV-01", "overridden", REASON, "2027-03-31") in [
        (one["rule"]["text"], one["how"], one["because"], one["until"]) for one in rows
    ]


def test_an_override_without_an_end_says_so_and_one_that_lapsed_counts_no_more() -> None:
    endless = ruled(TRIAGE, "R-PRIV-01", overruled=Overruling(because=REASON))["overruled"]
    assert "without an end" in [one["until"] for one in endless]
    lapsed = ruled(TRIAGE, "R-PRIV-01", lapsed=Overruling(because=REASON, until=date(2026, 1, 31)))
    assert [one["how"] for one in lapsed["overruled"] if one["because"] == REASON] == ["lapsed: the rule counts again"]
    assert by_rule(lapsed, "R-PRIV-01")


def test_a_muted_rule_stands_with_its_reason() -> None:
    rows = ruled(TRIAGE, "R-SPEC-01", status=Status.MUTED, muted_because=REASON)["overruled"]
    assert [(one["how"], one["until"]) for one in rows if one["because"] == REASON] == [
        ("muted", "until it is unmuted")
    ]


def test_a_rule_that_a_more_specific_one_displaces_is_told() -> None:
    rows = {one["rule"]["text"]: one for one in view(TRIAGE)["overruled"]}
    assert rows["R-ADAPT-01"]["because"] == "R-ADAPT-07 is more specific here"


def test_an_overruled_rule_is_no_open_finding() -> None:
    assert not by_rule(ruled(TRIAGE, "R-SEC-02", overruled=Overruling(because=REASON)), "R-SEC-02")


def test_a_score_around_the_threshold_is_a_debt() -> None:
    told = [words(one["what"]) for one in view(HANDBOOK)["debts"]]
    assert "gpt-6-luna is known to ±3.1 points only, and 93 % lies within" in told


def test_a_model_that_retires_and_one_that_nobody_evaluated_are_debts() -> None:
    told = [words(one["what"]) for one in risks_view(seen_of(world.inputs()))["debts"]]
    assert "beta-flash retires on 2027-06-30" in told
    unmeasured = [words(one["what"]) for one in risks_view(seen_of(world.inputs(run=None)))["debts"]]
    assert "beta-flash (primary) has not been evaluated" in unmeasured


def test_what_is_open_stands_by_the_cheapest_way_to_learn_it_and_what_counts_most_first() -> None:
    found, decision = view(TRIAGE)["open"], decision_of(scenario_seen(TRIAGE))
    weights = {one.fact: one.weight for one in decision.open_questions}
    assert sum(one["count"] for one in found) == len(decision.open_questions)
    assert [one["way"] for one in found][-1] == "read the design, the provider's pages or the running system"
    for row in found:
        told = [weights[fact] for fact in row["facts"]]
        assert told == sorted(told, reverse=True)
        assert row["count"] == len(row["facts"]) + row["more"]


def test_a_project_without_a_decision_has_debts_only() -> None:
    found = risks_view(seen_of(world.empty_inputs()))
    assert (found["findings"], found["overruled"], found["open"]) == ([], [], [])
    assert found["debts"]


def test_a_fired_rule_without_advice_on_security_is_no_finding_of_its_own() -> None:
    finding = Finding(rule=world.MONITORING, status=Status.FIRED)
    report = replace(decision_of(seen_of(world.inputs())).rules, findings=(finding,))
    assert risks_view(with_report(seen_of(world.inputs()), report))["findings"] == []

"""What documents tell of a decision: findings with values, risks by harm, chances, phases, questions of people."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from maquette.bundle.documents.brief import brief_view
from maquette.bundle.documents.checklist import BLOCKS, DONE, OPEN, checklist, matters
from maquette.bundle.documents.contrasts import contradictions, fails_without_cache, settled_values
from maquette.bundle.documents.found_here import found_here
from maquette.bundle.documents.people import hand_offs
from maquette.bundle.documents.register import register_view
from maquette.bundle.documents.risks import risks_view
from maquette.bundle.documents.rollout import rollout_view
from maquette.bundle.documents.seen import Seen
from maquette.bundle.slots import slot_views
from maquette.cost.drawn import Band, Drawn, DrawnMonth, DrawnOption
from maquette.cost.reporting import CostFindings
from maquette.decision.asking import needless, open_questions
from maquette.decision.contenders import Limits
from maquette.decision.decision import Choice, DecisionStatus, Option
from maquette.decision.experimenting import experiments
from maquette.decision.reasons import doubts
from maquette.foundation.expression import FactValue
from maquette.foundation.units import Usd, readable_usd
from maquette.rules.judging import judge
from tests.decision_world import cost, projection
from tests.document_view_world import said
from tests.rule_world import CLINIC, CODER, HANDBOOK, TRIAGE, question_book, rule_book
from tests.table_world import whole_seen


def accepted(seen: Seen) -> Seen:
    decision = seen.inputs.decision
    assert decision is not None
    assert decision.choice is not None
    choice = replace(decision.choice, status=DecisionStatus.ACCEPTED)
    return replace(seen, inputs=replace(seen.inputs, decision=replace(decision, choice=choice)))


def month(seen: Seen) -> Usd:
    """The first month of the primary."""
    cost = seen.roles[0].cost
    assert cost is not None
    assert cost.first_month_usd is not None
    return cost.first_month_usd.base


def asked(*rules: str, **facts: FactValue) -> dict[str, tuple[str, ...]]:
    known: dict[str, FactValue] = {name.replace("__", "."): value for name, value in facts.items()}
    book = replace(rule_book(), rules={name: rule_book().rules[name] for name in rules})
    return {one.fact: one.could_change for one in open_questions(judge(book, known), question_book(), known)}


def test_neighbouring_answers_are_one_clause() -> None:
    monthly = asked(
        "R-ASK-03", task__type="classification", quality__label_space_fixed=True, data__labelled_examples=9000
    )
    assert monthly["design.label_changes_per_year"] == ("12 or above: R-ASK-03",)
    wrong = asked("R-ASK-04", data__labelled_examples=9000, quality__threshold=0.93)
    assert wrong["design.label_error_share"] == ("above 0.07: R-ASK-04",)


def test_nobody_is_asked_what_is_decided_computed_configured_or_of_no_provider() -> None:
    report = judge(rule_book(), {"task.type": "agent"})
    assert report.slots["adaptation_first"].value == "prompt"
    nothing = needless(report, {}, priced=False, chosen=False)
    assert "design.adaptation" in nothing
    assert not nothing & {"cost.monthly_usd", "design.monitoring", "cat.rate_limit_tpm", "design.cache"}
    own = needless(report, {"cat.self_served": True}, priced=True, chosen=True)
    assert own - nothing == {
        "cat.deprecation_days",
        "cat.prompt_cache_min_tokens",
        "cat.rate_limit_tpm",
        "cost.monthly_usd",
        "cost.per_request_usd",
        "design.monitoring",
    }


def test_what_people_know_is_asked_first_on_the_brief() -> None:
    asked_first = [row["fact"] for row in brief_view(whole_seen(CODER))["open"]]
    assert asked_first[:3] == [
        "design.never_sent_listed",
        "design.provisioned_throughput",
        "design.review_load_measured",
    ]


def test_the_brief_names_harm_before_money_and_what_stands_against_release_before_contradictions() -> None:
    told = [said(one) for one in brief_view(whole_seen(CODER))["risks"]]
    assert told[0].startswith(
        "risk.untrusted_input yes; agency.tools irreversible; data.sensitivity confidential data: Lethal trifecta"
    )
    assert told[1].startswith(
        "Does a person approve irreversible actions? no; agency.tools irreversible: Human approval"
    )
    assert all("stands against release" in one for one in told[1:])


def test_decisions_of_safety_and_cost_come_first_on_the_brief() -> None:
    slots = [row["slot"] for row in brief_view(whole_seen(CODER))["decisions"]]
    assert slots[4:9] == ["approval", "sandbox", "agent pattern", "session caps", "prefix cache"]
    assert "model status" not in slots


def test_a_finding_says_what_is_wrong_here_and_the_action_what_the_rule_asks_for() -> None:
    seen = whole_seen(CODER)
    rows = {row["rule"]["text"]: row for row in risks_view(seen)["findings"] if row["rule"]}
    assert said(rows["R-FALL-06"]["what"]) == "Do side effects carry idempotency keys? no; agency.tools irreversible"
    assert rows["R-FALL-06"]["action"] == "Idempotency keys before any retry of side-effecting calls"
    assert seen.inputs.decision is not None
    cost = seen.inputs.decision.rules.finding("R-BUDGET-03")
    assert cost is not None
    assert (
        said(found_here(cost, seen))
        == f"cost.monthly_usd {readable_usd(month(seen))}; budget.monthly_usd $90,000/month"
    )


@pytest.mark.parametrize(("sign", "due"), [(False, "before the decision is accepted"), (True, "before release")])
def test_contradictions_are_due_before_what_comes_next(sign: bool, due: str) -> None:
    seen = accepted(whole_seen(TRIAGE)) if sign else whole_seen(TRIAGE)
    assert {row["due"] for row in risks_view(seen)["findings"] if row["rule"] is None} == {due}


def test_an_option_that_is_not_chosen_contradicts_nothing() -> None:
    seen = whole_seen(CODER)
    over = [said(one) for one in contradictions(seen) if "the ceiling of" in said(one)]
    costs = f"claude-sonnet-5-5 costs {readable_usd(month(seen))} in the first month"
    assert over == [f"{costs}, {month(seen) / 90_000:.3g} times the ceiling of $90,000/month."]
    assert not [one for one in contradictions(seen) if "has no such step" in said(one)]


def test_three_documents_count_the_same_contradictions() -> None:
    seen = whole_seen(TRIAGE)
    found = [said(one) for one in register_view(seen)["contradictions"]]
    rows = [
        said(row["what"]) for row in risks_view(seen)["findings"] if row["due"] == "before the decision is accepted"
    ]
    counted = next(row["evidence"] for row in checklist(seen) if row["what"] == "figures agree with each other")
    assert set(found) <= set(rows)
    assert said(counted) == f"{len(found)} contradictions"
    assert [said(one) for one in register_view(seen)["settled"]] == [said(one) for one in settled_values(seen)]


def test_what_is_known_against_the_reason_stands_beside_it() -> None:
    decision = whole_seen(CODER).inputs.decision
    assert decision is not None
    assert decision.doubts == ("gpt-6.1-terra costs less", "its first month passes the budget")
    assert not [one for one in decision.reasons if "the budget is" in one.text]
    row = brief_view(whole_seen(CODER))["decisions"][0]
    assert row["because"].endswith("(beside that: gpt-6.1-terra costs less; its first month passes the budget)")


def test_an_agent_is_held_back_before_it_touches_anything_and_the_prefix_comes_first_where_money_hangs_on_it() -> None:
    phases = {row["task"].partition(":")[0]: row["phase"] for row in rollout_view(whole_seen(CODER))["phases"]}
    first = ("approval", "sandbox", "session_caps", "agent_pattern", "prefix_cache")
    assert [phases[one] for one in first] == ["PoC"] * 5
    assert fails_without_cache(whole_seen(CODER))
    small = {row["task"].partition(":")[0]: row["phase"] for row in rollout_view(whole_seen(HANDBOOK))["phases"]}
    assert (small["prefix_cache"], fails_without_cache(whole_seen(HANDBOOK))) == ("core", False)


def test_a_system_of_few_parts_asks_for_no_more_than_it_is() -> None:
    seen = whole_seen(HANDBOOK)
    tasks = [row["task"] for row in rollout_view(seen)["phases"]]
    assert not {"A/B framework", "advanced observability"} & set(tasks)
    assert hand_offs(seen) == []
    states = {row["what"]: row["status"] for row in checklist(seen)}
    assert "the peak is tried" not in states
    assert states["guardrails are tested against injection and misuse"] == OPEN
    other = {row["what"]: row["status"] for row in checklist(whole_seen(TRIAGE))}
    assert other["guardrails are tested against injection and misuse"] == BLOCKS


@pytest.mark.parametrize("scenario", [CLINIC, TRIAGE, CODER])
def test_nobody_informs_whom_the_work_is_or_who_was_consulted(scenario: str) -> None:
    rows = hand_offs(whole_seen(scenario))
    assert rows
    assert not [row["who"] for row in rows if row["informed"] in {row["who"], row["consulted"]}]


def test_the_scope_of_a_cache_is_told_where_one_is_shared() -> None:
    seen = whole_seen(CODER)
    scope = next(one for one in slot_views(seen.inputs.decision) if one.name == "cache_scope")
    assert not matters(scope, seen)
    assert matters(scope, whole_seen(CODER, ("users.multi_tenant", True)))


def test_what_would_overturn_a_rule_is_measured_by_the_command_that_measures_it() -> None:
    facts: dict[str, FactValue] = {"task.type": "agent", "context.turns_avg": 25, "design.hosting": "self"}
    found = {
        one.settles[0]: one
        for one in experiments((), Limits(threshold=None, p95_s=None, budget_usd_month=None), judge(rule_book(), facts))
    }
    assert found["R-AGENT-04"].command == "maquette cost actuals"
    assert found["R-AGENT-04"].because == "it decides prefix cache: yes and subagents: fast_tier"


def likely(seen: Seen, chance: str) -> Seen:
    """The same with draws in which a month of the primary passes the budget that often."""
    band = Band(p10=Decimal(1), p50=Decimal(2), p90=Decimal(3), error_usd=Decimal(0))
    month = DrawnMonth(month=1, usd=band, over_budget=Decimal(chance))
    one = DrawnOption(
        option=seen.roles[0].model, months=(month,), total=band, ever_over_budget=Decimal(chance), drivers=()
    )
    drawn = Drawn(options=(one,), inputs=(), horizon_months=12, budget_usd_month=None, count=1, seed=1)
    projection = seen.inputs.projection
    assert projection is not None
    costs = CostFindings(
        name="p", option=one.option, decided=True, projection=projection, drawn=drawn, crossings=(), assumed=()
    )
    return replace(seen, inputs=replace(seen.inputs, costs=costs))


@pytest.mark.parametrize(
    ("hardness", "chance", "status"),
    [("soft", "0.5", DONE), ("soft", "0.82", OPEN), ("hard", "0.1", DONE), ("hard", "0.11", BLOCKS)],
)
def test_a_month_that_is_likely_to_pass_the_budget_does_not_fit_it(hardness: str, chance: str, status: str) -> None:
    seen = likely(whole_seen(TRIAGE, ("budget.hardness", hardness)), chance)
    row = next(one for one in checklist(seen) if one["what"] == "the month fits the budget")
    percent = f"{Decimal(chance) * 100:.0f} %"
    assert row["status"] == status
    usd = readable_usd(month(seen))
    assert said(row["evidence"]) == f"{usd} of $15,000/month; a month passes it with a chance of {percent}"
    told = {one["what"]: one["found"] for one in brief_view(seen)["numbers"]}
    assert told["chance that a month passes the ceiling"]["text"] == percent


def test_a_difference_that_would_read_as_nothing_is_none() -> None:
    projected = projection(cost("chosen", "100.4"), cost("other", "100"), cost("cheap", "99"))
    options = [Option(model=one.option, result=None, cost=one, for_it=(), against_it=()) for one in projected.options]
    choice = Choice(
        model="chosen", fallback=None, because="it is cheap", status=DecisionStatus.DRAFT, decided_on=date(2026, 11, 1),
        computed_from="x",
    )  # fmt: skip
    assert doubts(choice, options[:2], None) == ("nothing is measured of it",)
    assert doubts(choice, options, None) == ("nothing is measured of it", "cheap costs less")

"""Once a decision is accepted, what it adopts takes the place of the stated plan: for rules, cost and documents."""

from dataclasses import replace
from pathlib import Path

import pytest

from maquette.decision.adopting import adopted, carried_out
from maquette.foundation.expression import Facts, FactValue
from maquette.project.deciding_records import stale_of
from maquette.rules.judging import judge
from maquette.rules.report import RuleReport, Slot, SlotValue, Status
from maquette.wiring import Project
from tests.project_world import scenario_project
from tests.rule_world import rule_book

CHOSEN = ["gpt-6-luna", "claude-haiku-5-5"]


def decided(folder: Path, scenario: str) -> Project:
    project = scenario_project(folder / "p", scenario)
    project.set_settings({"shortlist.chosen": CHOSEN})
    project.decide(model=CHOSEN[0], fallback=CHOSEN[1], because="it is cheap")
    return project


def facts_of(project: Project, *names: str) -> list[FactValue | None]:
    return [project.view.rule_facts.get(name) for name in names]


def settled_by(project: Project) -> dict[str, str]:
    return {
        one.name: one.taken_from for one in project.view.fact_conflicts if one.taken_from.startswith("the decision:")
    }


def test_a_draft_leaves_the_plan_as_it_came_in_and_acceptance_settles_it(tmp_path: Path) -> None:
    project = decided(tmp_path, "g_")
    plan = ("design.cache", "design.component_count", "design.router")
    assert facts_of(project, *plan) == ["semantic", 11, True]
    assert (project.view.adoption.found, settled_by(project)) == ((), {})
    assert "R-SCOPE-04" in project.view.decision.blocking
    project.sign(unevaluated_because="the pilot measures it", by="R. Architect")
    assert facts_of(project, *plan) == ["none", 3, False]
    minimal = "the decision: complexity_budget minimal (R-SCOPE-03)"
    assert settled_by(project) == dict.fromkeys(plan, minimal)
    view = project.view
    assert "R-SCOPE-04" not in view.decision.blocking
    fired = {one.rule.id for one in view.report.with_status(Status.FIRED)}
    assert not fired & {"R-SCOPE-04", "R-ROUTE-04"}
    assert view.cost_inputs.facts["design.cache"] == "none"
    assert not [one.name for one in view.projection.lines if "semantic cache" in one.name]
    assert stale_of(view) == ()
    assert view.document.choice is not None
    assert view.document.choice.computed_from == view.decision.computed_from


def test_a_duty_that_the_decision_adopts_keeps_its_slot_and_blocks_nothing(tmp_path: Path) -> None:
    project = decided(tmp_path, "b_")
    assert "R-GUARD-03" in project.view.decision.blocking
    project.sign(unevaluated_because="the pilot measures it")
    view = project.view
    assert facts_of(project, "design.guardrail_output", "design.cache") == [True, "none"]
    finding = view.report.finding("R-GUARD-03")
    assert finding is not None
    assert (finding.status, finding.adopted) == (Status.FIRED, True)
    assert view.report.slots["guardrails"].value == "both"
    assert "R-GUARD-03" not in view.decision.blocking
    assert settled_by(project) == {
        "design.cache": "the decision: cache_scope tenant (R-CACHE-05)",
        "design.guardrail_output": "the decision: guardrails both (R-GUARD-03)",
    }
    assert stale_of(view) == ()


def test_an_overridden_rule_leaves_what_the_plan_states(tmp_path: Path) -> None:
    project = decided(tmp_path, "g_")
    project.set_settings({"rules.override": [{"id": "R-SCOPE-03", "because": "they are paid"}]})
    project.sign(unevaluated_because="the pilot measures it")
    assert facts_of(project, "design.component_count", "design.router") == [11, True]


def report(**slots: SlotValue) -> RuleReport:
    filled = {
        name: Slot(name=name, value=value, proposals={value: ("R-X-01",)}, conflict=False)
        for name, value in slots.items()
    }
    return replace(judge(rule_book(), {}), slots=filled)


@pytest.mark.parametrize(
    ("slots", "stated", "expected"),
    [
        ({"router": "none"}, {"design.router": True}, {"design.router": False}),
        ({"router": "cascade"}, {"design.router": False}, {"design.router": True}),
        ({"cache": "exact"}, {"design.cache": "semantic"}, {"design.cache": "exact"}),
        ({"cache_scope": "tenant"}, {"design.cache": "exact"}, {}),
        ({"guardrails": "input"}, {"design.guardrail_output": True}, {"design.guardrail_output": False}),
        ({"approval": True}, {"design.approval_gate": False}, {}),
        (
            {"complexity_budget": "minimal", "cache": "exact"},
            {"design.component_count": 9},
            {"design.component_count": 4},
        ),
        ({"guardrails": "both"}, {}, {}),
    ],
)
def test_only_stated_facts_are_settled_each_by_its_slot(
    slots: dict[str, SlotValue], stated: Facts, expected: Facts
) -> None:
    found = adopted(report(**slots), stated, models=2)
    assert {one.fact: one.value for one in found} == expected


def test_only_rules_that_read_what_they_ask_for_are_duties() -> None:
    slot = Slot(name="guardrails", value="both", proposals={"both": ("R-GUARD-03",)}, conflict=False)
    made = replace(judge(rule_book(), {}), slots={"guardrails": slot})
    found = adopted(made, {"design.guardrail_output": False}, models=1)
    assert carried_out(found, rule_book().rules.values()) == {"R-GUARD-03"}

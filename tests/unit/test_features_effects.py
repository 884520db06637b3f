"""What each recommendation does to performance, cost and safety: said by every rule, and by this project's figures."""

from dataclasses import replace
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from maquette import wiring
from maquette.bundle.adr_effects import consequences, lever_months
from maquette.bundle.documents.seen import Seen
from maquette.bundle.figures import FactSheet
from maquette.bundle.inputs import role_models
from maquette.cli.deciding.data import more_data
from maquette.cli.main import run
from maquette.decision.effect_values import Effect
from maquette.decision.effects import effect_words
from maquette.foundation.problems import InvalidInput, SeveralProblems, each_problem
from maquette.project.deciding_records import records_of
from maquette.rules.effect import Axis, Direction, RuleEffect, effect_mistakes, together
from maquette.rules.report import Status
from tests.document_world import scenario_inputs, scenario_texts
from tests.project_world import opened, scenario_project
from tests.rule_world import rule_book

BETTER, WORSE, SAME, DEPENDS = Direction.BETTER, Direction.WORSE, Direction.SAME, Direction.DEPENDS
CHOSEN = ["gpt-6-luna", "gpt-6.1-terra", "claude-haiku-5-5"]


@pytest.fixture(scope="module")
def triage(tmp_path_factory: pytest.TempPathFactory) -> wiring.Project:
    """Five million requests a day: 1,200 tokens of shared prefix, three models with prices, nothing measured."""
    project = scenario_project(tmp_path_factory.mktemp("triage") / "p", "b_ecommerce_triage_5m")
    project.set_settings({"shortlist.chosen": CHOSEN})
    return project


# -- rules as data -------------------------------------------------------------------------------------------------


def test_every_shipped_rule_says_what_it_does_to_the_three_axes() -> None:
    rules = rule_book().rules.values()
    assert len(rules) >= 197
    assert [rule.id for rule in rules if not rule.effect.is_whole or rule.effect.performance is None] == []


def test_every_shipped_rule_that_makes_something_worse_says_what_is_given_up() -> None:
    silent = [
        rule.id
        for rule in rule_book().rules.values()
        if any(rule.effect.of(axis) is WORSE for axis in Axis) and not rule.effect.gives_up
    ]
    assert silent == []


@pytest.mark.parametrize(
    ("parts", "whole"),
    [
        ((BETTER, SAME, SAME), BETTER),
        ((SAME, WORSE, None), WORSE),
        ((BETTER, WORSE, SAME), DEPENDS),
        ((SAME, SAME, SAME), SAME),
        ((None, None, None), None),
        ((DEPENDS, SAME, SAME), DEPENDS),
    ],
)
def test_performance_goes_where_its_parts_go_and_depends_where_they_part(
    parts: tuple[Direction | None, ...], whole: Direction | None
) -> None:
    assert together(iter(parts)) is whole


@pytest.mark.parametrize(
    ("said", "what", "fix"),
    [
        ({"saftey": "better"}, "the effect of rule R-X-01 has no axis 'saftey'", "Did you mean safety?"),
        ({"cost": "beter"}, "'beter' is no direction of the axis cost of rule R-X-01", "Did you mean better?"),
        ({"cost": 3}, "3 is no direction of the axis cost of rule R-X-01", "Use one of better, worse, same, depends"),
        (
            {"performance": "better"},
            "the effect of rule R-X-01 speaks of performance as one",
            "Say it by part: quality, latency, availability",
        ),
        (
            {"cost": "worse", "gives_up": " "},
            "what rule R-X-01 gives up is no text",
            "Say it in a few words, or leave it out",
        ),
    ],
)
def test_a_wrong_effect_is_told_with_what_was_meant(said: dict[str, Any], what: str, fix: str) -> None:
    assert effect_mistakes("R-X-01", said) == [(what, fix)]


OWN = """\
maquette: 1
requirements:
  latency: {p95_ms: 800}
rules:
  add:
    - id: R-OWN-01
      when: "latency.p95_ms <= 900"
      recommend: Ask the platform team first
      strength: strong
      effect: {latency: worse, safety: better, gives_up: a day}
      rationale: They own the cluster
      overturn: none
"""


def own(folder: Path, text: str = OWN) -> wiring.Project:
    folder.mkdir(exist_ok=True)
    (folder / "maquette.yaml").write_text(text)
    return opened(folder)


def test_a_rule_of_the_projects_own_may_state_its_effect_and_leave_axes_out(tmp_path: Path) -> None:
    finding = own(tmp_path).view.report.finding("R-OWN-01")
    assert finding is not None
    assert effect_words(Effect(rule=finding.rule)) == (
        ("performance", "latency worse"),
        ("cost", "not said"),
        ("safety", "better"),
        ("gives up", "a day"),
    )


def test_a_wrong_effect_of_the_projects_own_rule_is_told_with_its_line(tmp_path: Path) -> None:
    with pytest.raises((InvalidInput, SeveralProblems)) as caught:
        own(tmp_path, OWN.replace("latency: worse", "latncy: worse"))
    (problem,) = each_problem(caught.value)
    assert (problem.what, problem.fix) == ("the effect of rule R-OWN-01 has no axis 'latncy'", "Did you mean latency?")
    assert problem.place is not None
    assert problem.place.line == 10


def test_rules_explain_prints_the_axes_and_what_is_given_up(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    own(tmp_path)
    assert run(["rules", "explain", "R-OWN-01", "--project", str(tmp_path)]) == 0
    shown = capsys.readouterr().out
    assert "  effect     performance worse (latency worse), safety better\n  gives up   a day\n" in shown


# -- the project's figures -----------------------------------------------------------------------------------------


def test_every_recommendation_that_counts_has_its_effect_on_the_three_axes_in_the_data(triage: wiring.Project) -> None:
    decision = triage.view.decision
    fired = [one.rule.id for one in decision.rules.with_status(Status.FIRED) if one.overridden_by is None]
    data = more_data(decision)["effects"]
    assert len(fired) > 20
    assert [one["rule"] for one in data] == fired
    assert all(one["performance"] and one["cost"] and one["safety"] for one in data)


def test_prefix_caching_is_told_with_what_it_saves_in_this_project(triage: wiring.Project) -> None:
    """12 % of 152 M requests of 1,200 tokens, read at $0.01 instead of $0.10 a million, in the US a tenth dearer."""
    saved = Decimal(152_000_000) * 1_200 * (Decimal("0.10") - Decimal("0.01")) / 1_000_000
    saved *= Decimal("0.12") * Decimal("1.1")
    assert saved == Decimal("2166.912")
    (cached,) = [one for one in more_data(triage.view.decision)["effects"] if one["rule"] == "R-CACHE-01"]
    assert (cached["performance"], cached["latency"], cached["cost"], cached["safety"]) == (
        "better", "better", "better", "same",
    )  # fmt: skip
    assert cached["figures"] == [
        {
            "axis": "cost",
            "direction": "better",
            "text": f"${saved:,.0f} less in the first month of gpt-6-luna (37 %), counted in the projection",
            "source": "estimated: cost of gpt-6-luna, first month computed with and without prefix cache",
        }
    ]


def test_what_nobody_can_price_yet_is_said_beside_the_rules_word(triage: wiring.Project) -> None:
    guarded = triage.view.decision.effect_of("R-GUARD-03")
    assert guarded is not None
    assert effect_words(guarded)[:3] == (
        ("performance", "quality worse, latency worse"),
        ("cost", "worse, guardrails not priced yet"),
        ("safety", "better"),
    )


def test_decide_prints_the_effect_below_each_binding_rule(
    triage: wiring.Project, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["decide", "--plain", "--project", str(triage.folder)]) == 0
    lines = capsys.readouterr().out.splitlines()
    place = next(number for number, line in enumerate(lines) if line.startswith("strong R-CACHE-01"))
    assert lines[place + 1] == (
        "performance: latency better; cost: better, $2,167 less in the first month of gpt-6-luna (37 %), counted in"
        " the projection; safety: same"
    )


# -- the decision records ------------------------------------------------------------------------------------------


@cache
def adr(scenario: str, name: str) -> str:
    return next(text for path, text in scenario_texts(scenario).items() if "/adr/" in path and name in path)


def test_the_models_record_weighs_the_choice_against_the_other_one_with_linked_figures() -> None:
    """5,664 and 5,646 of 6,000 right are 0.3 points; P95 0.61 s and 0.72 s."""
    text = adr("b_ecommerce_triage_5m", "0001-model")
    row = next(line for line in text.splitlines() if line.startswith("| claude-haiku-5-5 | ") and "points" in line)
    run_link = "[ᵐ](../04-evaluation-plan.md#run-r-007)"
    assert row == (
        f"| claude-haiku-5-5 | 0.3 points ahead, intervals overlap{run_link} | good: 0.11 s sooner{run_link} |"
        " the same[ᵉ](../06-cost-model.md#option-gpt-6-luna) |"
    )


def test_a_records_consequences_name_good_bad_and_what_is_given_up_of_each_choice() -> None:
    text = adr("b_ecommerce_triage_5m", "safety")
    assert "| Choice | Performance | Cost | Safety | Given up |" in text
    assert (
        "| guardrails: both (R-GUARD-03) | bad: quality, latency | bad | good |"
        " two checks more a request, and good requests that they refuse |"
    ) in text


def test_what_stands_against_release_is_no_consequence_of_the_models_choice() -> None:
    text = adr("b_ecommerce_triage_5m", "0001-model")
    assert "Bad: stands against release" not in text
    blocking = scenario_inputs("b_ecommerce_triage_5m").decision
    assert blocking is not None
    listed = text.partition("### What stands against release\n")[2].partition("\n#")[0]
    assert [line.partition("[")[2].partition("]")[0] for line in listed.split("\n") if line] == list(blocking.blocking)


def test_an_option_that_was_not_taken_has_its_effect_beside_the_one_that_was() -> None:
    rows = adr("b_ecommerce_triage_5m", "reliability").partition("## Considered options")[2].partition("\n## ")[0]
    assert "| gateway: litellm | chosen | good: availability, safety; bad: latency, cost |" in rows
    assert "| gateway: own | not taken | good: cost |" in rows


def test_a_record_carries_the_levers_figure_of_the_project_as_a_figure_with_its_source(triage: wiring.Project) -> None:
    made = scenario_inputs("b_ecommerce_triage_5m")
    inputs = replace(made, decision=triage.view.decision, records=records_of(triage.view))
    facts = FactSheet(inputs.requirements, inputs.book)
    seen = Seen(inputs=inputs, roles=role_models(inputs), policy=None, facts=facts, served=())
    traffic = next(record for record in inputs.records if "R-CACHE-01" in record.rules)
    row = next(row for row in consequences(traffic, seen) if row["id"] == "R-CACHE-01")
    assert (row["performance"], row["safety"]) == (["good: ", "latency"], ["same"])
    assert row["cost"] == [
        "good:",
        " ",
        {
            "text": "$2,167 less in the first month of gpt-6-luna (37 %), counted in the projection",
            "kind": "estimated",
            "ref": "cost of gpt-6-luna, first month computed with and without prefix cache",
        },
    ]


def test_a_slot_that_pulls_a_lever_is_held_against_the_same_design_without_it(triage: wiring.Project) -> None:
    """Rows of the options: the month with the lever and without it, both linked to the option's bill."""
    made = scenario_inputs("b_ecommerce_triage_5m")
    inputs = replace(made, decision=triage.view.decision, records=records_of(triage.view))
    facts = FactSheet(inputs.requirements, inputs.book)
    seen = Seen(inputs=inputs, roles=role_models(inputs), policy=None, facts=facts, served=())
    traffic = next(record for record in inputs.records if "R-CACHE-01" in record.rules)
    slot, with_it, without = lever_months(traffic, seen)["prefix_cache: yes"]
    assert (slot, with_it["text"], without["text"]) == ("prefix_cache", "$3,708", "$5,875")
    assert without["ref"] == "cost of gpt-6-luna, first month computed with and without prefix cache"


def test_an_effect_that_nobody_states_says_nothing() -> None:
    assert (RuleEffect().performance, RuleEffect().is_whole) == (None, False)

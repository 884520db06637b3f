"""Routing between tiers: who is a tier, the score, its thresholds and their fit, and what the diagrams show of it."""

from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maquette.bundle.complexity import average_score, complexity_score, complexity_terms, fitted_threshold
from maquette.bundle.diagrams.drawing import diagrams
from maquette.bundle.diagrams.model import Flow
from maquette.bundle.documents.routing import routing_notes, routing_view
from maquette.bundle.inputs import BundleInputs, GradedAnswer
from maquette.bundle.routing_values import router
from maquette.evals.run import Verdict
from maquette.project.graded_answers import graded_answers
from maquette.rules.report import Rule, Strength
from tests import bundle_world as world
from tests.document_view_world import said, seen_of
from tests.document_world import scenario_inputs
from tests.project_world import opened
from tests.rule_world import HANDBOOK
from tests.run_world import sorted_tickets

CASCADE = world.rule("R-ROUTE-01", Strength.STRONG, "Cascade between tiers", router="cascade")
STEPS = world.rule("R-AGENT-04", Strength.STRONG, "Search steps on the fast tier", subagents="fast_tier")
LONG = {**world.ANSWERS, "tokens.shared_prefix": 20, "tokens.input_p99": 820, "quality.languages": 3}
NAMES = ("nano", "midi", "grand")


def routed(*rules: Rule, answers: Any = LONG, **changes: Any) -> BundleInputs:
    """Three models at 60, 180 and 600 dollars a month; the middle one is chosen, the cheapest takes over."""
    prices = dict(zip(NAMES, ("60.8", "182.4", "608"), strict=True))
    values = {
        "shortlist": world.shortlist(*(world.card(name) for name in NAMES)),
        "projection": world.projection(*(world.option_cost(name, usd) for name, usd in prices.items())),
        "decision": world.decision(model="midi", fallback="nano", recommended="midi", rules=rules or (CASCADE,)),
        "targets": (),
        "run": None,
    }
    return world.inputs(answers, **{**values, **changes})


def found(inputs: BundleInputs) -> Any:
    return router(inputs, seen_of(inputs).facts)


def flow(inputs: BundleInputs, name: str) -> Flow:
    shown = diagrams(seen_of(inputs))[name]
    assert isinstance(shown, Flow)
    return shown


def answers(right: set[int]) -> tuple[GradedAnswer, ...]:
    """Forty answers to prompts of 40, 60, ... tokens, of which those numbers are right."""
    return tuple(GradedAnswer(example=f"x{n}", input_tok=20 + 20 * n, right=n in right) for n in range(1, 41))


def test_three_models_are_three_tiers_with_the_thresholds_that_guidance_names() -> None:
    tiers = found(routed()).tiers
    assert [(one.name, one.model, one.low, one.high) for one in tiers] == [
        ("small", "nano", Decimal(0), Decimal("0.3")),
        ("medium", "midi", Decimal("0.3"), Decimal("0.7")),
        ("large", "grand", Decimal("0.7"), Decimal(1)),
    ]
    assert found(routed()).thresholds == (Decimal("0.3"), Decimal("0.7"))
    assert found(routed()).source.ref == "rule R-ROUTE-04"


def test_a_request_goes_by_its_complexity_to_the_small_the_medium_or_the_large_model() -> None:
    rows = [(row["model"], said(row["takes"])) for row in routing_view(seen_of(routed()))["tiers"]]
    assert rows == [
        ("nano", "complexity below 0.3"),
        ("midi", "complexity from 0.3 to below 0.7"),
        ("grand", "complexity from 0.7"),
    ]


def test_two_models_have_one_threshold_and_the_lower_one() -> None:
    two = world.projection(world.option_cost("nano", "60.8"), world.option_cost("midi", "182.4"))
    assert found(routed(projection=two)).thresholds == (Decimal("0.3"),)


@pytest.mark.parametrize("dearer", ["60.8", "121.5"])
def test_models_that_cost_about_the_same_are_one_tier(dearer: str) -> None:
    same = world.projection(world.option_cost("nano", "60.8"), world.option_cost("midi", dearer))
    assert found(routed(projection=same)) is None


def test_the_primary_takes_the_place_of_a_model_that_costs_about_the_same() -> None:
    prices = [world.option_cost(name, usd) for name, usd in zip(NAMES, ("100", "150", "608"), strict=True)]
    assert [one.model for one in found(routed(projection=world.projection(*prices))).tiers] == ["midi", "grand"]
    close = world.projection(*(world.option_cost(n, usd) for n, usd in zip(NAMES, ("100", "150", "250"), strict=True)))
    assert found(routed(projection=close)) is None
    prices = [world.option_cost(name, usd) for name, usd in zip(NAMES, ("100", "400", "608"), strict=True)]
    assert [one.model for one in found(routed(projection=world.projection(*prices))).tiers] == ["nano", "midi"]


def test_the_largest_tier_is_never_a_model_that_failed() -> None:
    failed = world.run(world.result("grand", 60, low=0.4, high=0.6, verdict=Verdict.FAILS))
    assert [one.model for one in found(routed(run=failed)).tiers] == ["nano", "midi"]


def test_no_router_is_there_until_one_is_decided_or_stated_and_none_where_few_parts_are_wanted() -> None:
    nothing = world.rule("R-X", Strength.STRONG, "none", queue=False)
    few = world.rule("R-SCOPE-03", Strength.STRONG, "few parts", complexity_budget="minimal")
    against = world.rule("R-ROUTE-02", Strength.STRONG, "no router", router="none")
    stated = {**LONG, "design.router": True}
    assert found(routed(world.ROUTER)) is None  # only to be considered
    assert found(routed(nothing)) is None
    assert found(routed(nothing, answers=stated)) is not None
    assert found(routed(against, answers=stated)) is None
    assert found(routed(CASCADE, few)) is None
    assert found(scenario_inputs(HANDBOOK)) is None


def test_an_agent_is_routed_by_what_a_step_does() -> None:
    view = routing_view(seen_of(routed(STEPS)))
    assert view["kind"] == "step"
    assert [said(row["takes"]) for row in view["tiers"]] == [
        "search, list, read, summarise",
        "plan, edit, call a tool that changes something",
        "a step whose tests failed on a smaller model",
    ]
    assert view["terms"] == []


def test_the_score_is_defined_over_the_fields_that_the_task_has() -> None:
    terms = complexity_terms(seen_of(routed()).facts)
    assert [(one.name, one.fact) for one in terms] == [
        ("length", "tokens.input_p99"),
        ("language", "quality.languages"),
    ]
    assert terms[0].formula == "(tokens - tokens.shared_prefix) / (tokens.input_p99 - tokens.shared_prefix)"
    assert terms[0].average == Decimal("0.5")  # (420 - 20) / (820 - 20)
    assert average_score(terms) == Decimal("0.25")  # of two terms, the other one of unknown share
    talk = {**LONG, "context.multi_turn": True, "context.turns_avg": 4, "agency.tools": "irreversible"}
    names = [one.name for one in complexity_terms(seen_of(routed(answers=talk)).facts)]
    assert names == ["length", "turn", "language", "tools"]


def test_the_document_says_where_the_average_request_goes() -> None:
    rows = {row["what"]: said(row["then"]) for row in routing_view(seen_of(routed()))["scores"]}
    assert rows["score of the average request"] == "0.25: small, nano"
    assert rows["thresholds"].startswith("0.3 and 0.7, not fitted yet; a run of these models")


@given(st.lists(st.decimals(min_value=-3, max_value=3, places=3), min_size=1, max_size=6))
def test_a_score_lies_between_nothing_and_one(values: list[Decimal]) -> None:
    assert 0 <= complexity_score(values) <= 1


graded = st.lists(
    st.tuples(st.decimals(min_value=0, max_value=1, places=2), st.booleans(), st.booleans()), min_size=1, max_size=12
)


@given(graded)
def test_below_a_fitted_threshold_the_smaller_model_loses_no_more_than_agreed(
    rows: list[tuple[Decimal, bool, bool]],
) -> None:
    def loses_little(some: list[tuple[Decimal, bool, bool]]) -> bool:
        return sum(large - small for _, small, large in some) <= Decimal("0.02") * len(some)

    threshold = fitted_threshold(rows, Decimal("0.02"))
    assert threshold is not None
    assert loses_little([one for one in rows if one[0] < threshold]) or (threshold == 1 and loses_little(rows))


def test_the_thresholds_are_fitted_to_the_run_of_this_project() -> None:
    # With two terms a prompt of 20 + 20 n tokens scores n / 80. nano is wrong from the 17th on, midi from the 33rd.
    everything = set(range(1, 41))
    inputs = routed(
        run=world.run(*(world.result(name, 107, low=0.83, high=0.94, verdict=Verdict.PASSES) for name in NAMES)),
        graded={"nano": answers(set(range(1, 17))), "midi": answers(set(range(1, 33))), "grand": answers(everything)},
    )
    fitted = found(inputs)
    assert fitted.thresholds == (Decimal("0.21"), Decimal("0.41"))  # 17 / 80 and 33 / 80
    assert fitted.source.ref == "run r-014"
    rows = {row["what"]: said(row["then"]) for row in routing_view(seen_of(inputs))["scores"]}
    assert rows["thresholds"] == "0.21 and 0.41, fitted to the run: below them the smaller model loses at most 2 points"


def test_fewer_than_thirty_examples_fit_nothing() -> None:
    few = {name: answers(set(range(1, 41)))[:29] for name in NAMES}
    run = world.run(world.result("nano", 107, low=0.83, high=0.94, verdict=Verdict.PASSES))
    assert found(routed(run=run, graded=few)).source.ref == "rule R-ROUTE-04"


def test_slices_of_the_run_say_where_the_small_model_loses() -> None:
    small = world.result("nano", 80, low=0.6, high=0.75, verdict=Verdict.NOT_ENOUGH_DATA)
    large = world.result("grand", 114, low=0.9, high=0.98, verdict=Verdict.PASSES)
    view = routing_view(seen_of(routed(run=world.run(small, large))))
    rows = [
        (row["slice"], row["small"]["text"], row["large"]["text"], row["loss"]["text"]) for row in view["calibration"]
    ]
    # 14 of 19 edge cases by both; 66 and 100 of 100 normal ones
    assert rows == [
        ("edge", "14 of 19", "14 of 19", "0.0 points"),
        ("normal", "66 of 100", "100 of 100", "34.0 points"),
    ]
    assert [row["verdict"] for row in view["calibration"]] == ["stays with nano", "goes to grand"]
    assert view["commands"] == ["maquette eval compare r-014:nano r-014:grand --margin 0.02 --examples"]


def test_the_decision_record_names_tiers_and_thresholds() -> None:
    notes = [said(note) for note in routing_notes(seen_of(routed()))]
    assert notes[0] == "small: nano, complexity below 0.3"
    assert notes[-1] == "Thresholds 0.3, 0.7 are placeholders until a run of these models fits them."


@pytest.mark.parametrize("view", ["container", "component", "data-flow"])
def test_the_branches_are_drawn_with_the_catalog_s_ids(view: str) -> None:
    shown = flow(routed(), view)
    names = {node.key: (node.name, node.what) for node in shown.nodes}
    assert names["fallback"][0] == "nano"
    assert names["fallback"][1].startswith("fallback, small tier")
    assert names["primary"][1].startswith("primary, medium tier")
    assert names["large"] == ("grand", "large tier, API of openai")
    assert ("gateway" if view != "component" else "groups", "large") in {(one.start, one.end) for one in shown.edges}


def test_a_model_that_the_project_calls_otherwise_is_drawn_with_its_catalog_id() -> None:
    target = replace(world.inputs().targets[0], id="big", card="grand")
    prices = [world.option_cost("nano", "60.8"), world.option_cost("big", "608")]
    shown = flow(routed(targets=(target,), projection=world.projection(*prices)), "container")
    assert next(node.what for node in shown.nodes if node.key == "large").startswith("large tier, catalog id grand")


def test_the_router_stands_in_the_diagram_when_there_are_two_tiers() -> None:
    shown = flow(routed(), "container")
    (node,) = [one for one in shown.nodes if one.key == "router"]
    assert node.what == "a tier by complexity: below 0.3 small, below 0.7 medium, from 0.7 large"
    assert node.why == "R-ROUTE-01 (strong)"
    one = world.projection(world.option_cost("midi", "182.4"))
    assert "router" not in {each.key for each in flow(routed(projection=one), "container").nodes}


def test_the_gateway_s_components_are_router_cache_and_monitor_where_it_has_them() -> None:
    inputs = world.inputs(decision=world.decision(rules=(world.MONITORING, world.EXACT_CACHE)))
    shown = flow(inputs, "component")
    inside = {node.name for node in shown.nodes if node.boundary == "gateway"}
    assert inside == {"Entry", "Router", "Cache", "Budget", "Time limit", "Monitor", "Log"}
    lines = {(one.start, one.end) for one in shown.edges}
    assert {("application", "entry"), ("lookup", "redis"), ("prometheus", "monitor"), ("groups", "primary")} <= lines
    bare = flow(world.inputs(decision=world.decision(rules=())), "component")
    assert {"Cache", "Monitor"}.isdisjoint(node.name for node in bare.nodes)


def test_answers_of_a_form_pass_a_validator() -> None:
    typed = world.rule("R-STRUCT-01", Strength.MUST, "Schema", structured=True)
    shown = flow(world.inputs(decision=world.decision(rules=(typed,))), "container")
    assert ("application", "validator") in {(one.start, one.end) for one in shown.edges}
    assert next(node.boundary for node in shown.nodes if node.key == "validator") == "system"
    assert "validator" not in {node.key for node in flow(world.inputs(), "container").nodes}


def test_everything_that_runs_is_linked_to_what_watches_it() -> None:
    parts: dict[str, str | int | bool] = {"queue": True, "sandbox": True, "structured": True, "knowledge": "rag"}
    watched = world.rule("R-ALL", Strength.MUST, "all", monitoring=True, alerts="burn_rate", **parts)
    shown = flow(world.inputs(decision=world.decision(rules=(watched,))), "container")
    linked = {one.end for one in shown.edges if one.start == "prometheus"}
    assert linked == {"gateway", "alerts", "application", "queue", "sandbox", "validator", "retrieval"}


def test_a_project_s_run_gives_the_answers_that_thresholds_are_fitted_to_and_only_to_a_router(tmp_path: Path) -> None:
    project = sorted_tickets(tmp_path / "p", examples=12)
    folder = project.folder
    assert graded_answers(project.view) == {}
    file = folder / "maquette.yaml"
    file.write_text(file.read_text().replace("    cache: semantic\n", "    cache: semantic\n    router: true\n"))
    graded = graded_answers(opened(folder).view)
    assert {model: len(rows) for model, rows in graded.items()} == {"small": 11, "large": 12}
    assert sum(one.right for one in graded["large"]) == 11  # it slips once
    assert {one.input_tok for one in graded["large"]} == {100}

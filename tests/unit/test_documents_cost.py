"""The cost model: a request by hand, groups, the horizon against the ceiling, levers, drivers, what a policy costs."""

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from maquette.bundle.documents.cost_model import cost_model_view
from maquette.bundle.documents.cost_model_unit import policy_findings, step_rows
from maquette.bundle.inputs import BundleInputs, ServingPlan
from maquette.capacity.renting import Rented
from maquette.catalog.cards import QualityClaim
from maquette.catalog.hardware import Commitment, RentalPrice
from maquette.catalog.shortlist import Exclusion
from maquette.cost.levers import LeverKind
from maquette.cost.projection import CostLine, LineGroup
from maquette.foundation.sources import Source, SourceKind
from maquette.project.cost_reporting import project_costs
from tests import bundle_world as world
from tests.document_view_world import said, section, seen_of
from tests.document_world import scenario_inputs, scenario_texts
from tests.lever_world import lever_project
from tests.rule_world import CODER, HANDBOOK, TRIAGE
from tests.serving_world import LOAD, open_card, open_inputs, sized


def cost(name: str) -> str:
    return scenario_texts(name)["docs/06-cost-model.md"]


def test_a_request_is_reckoned_part_by_part() -> None:
    unit = section(cost(TRIAGE), "Cost of a request")
    # 12 % of 250 x 0.1 + 1,200 x 0.01 + 60 x 0.5, in dollars a million and a tenth more in the US
    assert "| input, fresh, in us | 30 tokens | $0.00000011 | $0.0000033 |" in unit
    assert "| input, cached, in us | 144 tokens | $0.000000011 | $0.00000158 |" in unit
    assert "| output, in us | 7.2 tokens | $0.00000055 | $0.00000396 |" in unit


def test_the_plan_under_review_is_held_against_the_ceiling() -> None:
    # 266,000 / 15,000 = 17.7
    assert "The plan under review costs $266,000/month, 17.7 times the ceiling of $15,000/month." in section(
        cost(TRIAGE), "Cost of a request"
    )


def test_a_cache_that_the_budget_needs_is_told() -> None:
    told = section(cost(TRIAGE), "Break-even")
    assert "without prefix caching the tokens of month 1 cost $3,511 instead of $1,344" in told


def test_a_price_that_steps_within_the_prompts_is_told_with_its_factor() -> None:
    # 142,000 tokens at 0.5 and 400 at 2.5 against 100,000 at 0.1 and 400 at 0.5, a token each: 0.072 / 142,000 against
    # 0.0102 / 100,000
    (row,) = step_rows(seen_of(scenario_inputs(HANDBOOK)))
    assert (row["model"], row["start"]["text"], row["factor"]["text"]) == (
        "claude-haiku-5-5",
        "100,000 tokens",
        "5 times",
    )
    assert row["hit"] == "the mean prompt"
    assert "| claude-haiku-5-5 | 100,000 tokens |" in section(cost(CODER), "Prices")


def test_the_month_is_summed_by_group_and_people_do_not_count_against_the_ceiling() -> None:
    source = Source(kind=SourceKind.REQUIRED, ref="cost in maquette.yaml")
    projection = world.inputs().projection
    assert projection is not None
    first = projection.lines[0]
    people = replace(
        first, name="upkeep", group=LineGroup.PEOPLE, usd_per_unit=Decimal(100), source=source,
        amount_usd=replace(first.amount_usd, low=Decimal(500), base=Decimal(500), high=Decimal(500)),
    )  # fmt: skip
    lines: tuple[CostLine, ...] = (*projection.lines, people)
    view = cost_model_view(seen_of(world.inputs(projection=replace(projection, lines=lines))))
    rows = {row["group"]: row for row in view["groups"]}
    assert rows["people"]["amount"]["text"] == "$500"
    assert rows["people"]["counts"] == "no"
    assert rows["API"]["counts"] == "yes"


def test_the_ceilings_of_the_horizon_are_spent_in_the_month_that_passes_them() -> None:
    months = section(cost(CODER), "Month by month")
    # 110,206 x (1.05^n - 1) / 0.05 passes 1,080,000 in month 9
    assert "claude-sonnet-5-5 passes the ceiling of $90,000/month from month 1 on." in months
    assert "The ceilings of the horizon together, $1,080,000, are spent in month 8." in months


def test_what_is_left_of_the_ceilings_is_told_where_none_is_passed() -> None:
    # 12 x 15,000 - 144,532
    assert "Of the ceilings of the horizon together, $180,000, $160,922 are left" in section(
        cost(TRIAGE), "Month by month"
    )


def test_what_the_projection_leaves_out_is_told() -> None:
    projection = world.inputs().projection
    assert projection is not None
    inputs = world.inputs(projection=replace(projection, left_out=("training: nobody says where",)))
    text = world.texts(inputs)["docs/06-cost-model.md"]
    assert "- training: nobody says where" in section(text, "Not in these figures")
    assert "Not in these figures" not in cost(TRIAGE)


def test_levers_and_drivers_are_those_of_the_cost_report(tmp_path: Path) -> None:
    project = lever_project(tmp_path / "levers", answers={"tokens.shared_prefix": 1500, "scale.async_share": 0.5})
    view = project.view
    found = project_costs(view, view.questions, count=400).findings
    inputs = world.inputs(costs=found, projection=view.projection, decision=None)
    shown = cost_model_view(seen_of(inputs))
    assert found.levers is not None
    rows = {row["name"]: row for row in shown["levers"]}
    batch = found.levers.lever(LeverKind.BATCH)
    assert rows["batch"]["state"] == batch.state
    uncomputed = {row["name"]: row["missing"] for row in shown["uncomputed"]}
    assert rows.keys() | uncomputed.keys() == {kind.value.replace("-", " ") for kind in LeverKind}
    assert uncomputed["routing"].startswith("no cheaper model is among the options: choose one")
    assert not rows.keys() & uncomputed.keys()
    assert shown["draws"] == {"count": "400", "seed": "20261121"}
    assert [row["input"] for row in shown["drivers"]]
    assert all(row["swing"]["kind"] == "estimated" for row in shown["drivers"])


def policy_inputs(rented: Rented | None) -> BundleInputs:
    """An own model of 27 billion parameters whose published score an API reaches that the policy keeps out."""
    claim = QualityClaim(benchmark="GPQA Diamond", value=Decimal("0.8"), source=world.MAP)
    own, api = replace(open_card(), claims=(claim,)), replace(world.card("same-model"), claims=(claim,))
    shortlist = replace(
        world.shortlist(own), exclusions=(Exclusion(card=api, filter="third party", detail="kept out"),)
    )
    plan = ServingPlan(sized=sized(own, rented=rented), load=LOAD)
    inputs = open_inputs(shortlist=shortlist, serving={own.id: plan})
    answers = {
        **inputs.requirements.answers, "data.external_processing_allowed": False, "scale.requests_per_day": 1000,
        "tokens.input_avg": 2000, "tokens.output_avg": 100,
    }  # fmt: skip
    return replace(inputs, requirements=replace(inputs.requirements, answers=answers))


def test_a_policy_that_keeps_the_data_inside_is_told_with_what_it_costs() -> None:
    price = RentalPrice(
        provider="somebody", instance="four", gpus_per_instance=4, max_gpus=8, usd_per_hour=Decimal(10),
        commitment=Commitment.ON_DEMAND, region=None, source=world.MAP,
    )  # fmt: skip
    inputs = policy_inputs(Rented(price=price, instances=1))
    first, second = (said(one) for one in policy_findings(seen_of(inputs)))
    assert first == "Self-hosting is a choice of policy (third parties may process the data: no), not of cost."
    assert second.startswith(
        "At rent the machines of all its models cost $7,300 a month; same-model, as good on GPQA Diamond, would cost $"
    )
    assert policy_findings(seen_of(policy_inputs(None))) == []


@pytest.mark.parametrize("name", [TRIAGE, CODER, HANDBOOK])
def test_every_option_s_price_is_dated_and_can_be_linked(name: str) -> None:
    text = cost(name)
    for one in scenario_inputs(name).projection.options:  # type: ignore[union-attr]  # the scenarios have one
        assert f'<a id="price-{one.option.replace(".", "-")}"></a>' in text
    assert "2026-11-20" in section(text, "Prices")


def test_without_a_projection_the_document_says_what_it_needs() -> None:
    text = world.texts(world.empty_inputs())["docs/06-cost-model.md"]
    assert "No cost has been projected" in text
    assert "##" not in text


def test_a_sentence_of_the_unit_cost_names_the_share_of_the_ceiling() -> None:
    found = cost_model_view(seen_of(scenario_inputs(TRIAGE)))["findings"]
    # 0.0000670 / 0.0000987 = 0.679
    assert said(found[0]) == "A request of gpt-6-luna costs 9 % of what the ceiling leaves for one, $0.0000987/request."


def test_a_line_that_the_expected_case_lacks_stands_in_no_table() -> None:
    bill = section(cost(TRIAGE), "First month of gpt-6-luna")
    assert "| output, in us | API |" in bill  # data that stay in the US pay its surcharge in the expected case
    assert "| output | API |" not in bill
    assert "| 0 | token |" not in bill

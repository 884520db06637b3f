"""A small model that answers everything and a large one that answers a share again: c_small + share * c_large."""

from decimal import Decimal
from pathlib import Path

import pytest

from maquette import wiring
from maquette.cli.main import run
from maquette.cost.options import CostOption
from maquette.cost.projection import ByCase
from maquette.foundation.problems import InvalidInput, NotFound
from maquette.project.costing import with_cascade
from tests.cost_world import api, facts, machine, model, prices, project
from tests.project_world import scenario_project

SMALL, LARGE = "gpt-6-luna", "gpt-6.1-terra"


def band(low: str, base: str, high: str) -> ByCase:
    return ByCase(low=Decimal(low), base=Decimal(base), high=Decimal(high))


def cascade(share: ByCase, **changes: str) -> CostOption:
    large = model("large", prices(**{"fresh": "2", "output": "10", **changes}))
    return CostOption(
        name="cascade", card=model("small", prices(fresh="0.1", output="0.5")), escalates_to=large, escalation=share
    )


def test_a_cascade_costs_the_small_model_and_the_escalated_share_of_the_large_one() -> None:
    (cost,) = project(facts(), cascade(band("0.05", "0.12", "0.3"))).options
    # 30,400 requests * (2000*.1 + 100*.5) = 7.6 dollars, and 30,400 * (2000*2 + 100*10) = 152 dollars a share of one
    assert cost.first_month_usd is not None
    assert cost.first_month_usd.base == Decimal("7.6") + Decimal("0.12") * 152
    assert cost.first_month_usd.low == Decimal("7.6") + Decimal("0.05") * 152
    assert cost.first_month_usd.high == Decimal("7.6") + Decimal("0.3") * 152
    assert cost.usd_per_request == Decimal("0.00085")


def test_its_lines_say_which_are_escalated_and_at_whose_price() -> None:
    projection = project(facts(), cascade(band("0.12", "0.12", "0.12")))
    first = {line.name: line.amount_usd.base for line in projection.lines if line.month == 1}
    assert first == {
        "input, fresh": Decimal("6.08"),
        "output": Decimal("1.52"),
        "escalated: input, fresh": Decimal("14.592"),
        "escalated: output": Decimal("3.648"),
    }


def test_a_machine_may_escalate_to_a_model_with_a_price() -> None:
    share = band("0.1", "0.1", "0.1")
    own = machine(throughput_per_s=100)
    option = CostOption(
        name="own",
        card=own.card,
        measured=own.measured,
        host_name=own.host_name,
        host_usd_per_hour=own.host_usd_per_hour,
        escalates_to=model("large", prices(fresh="2", output="10")),
        escalation=share,
    )
    (cost,) = project(facts(), option).options
    assert cost.first_month_usd is not None
    assert cost.first_month_usd.base == 730 + Decimal("15.2")


def test_a_large_model_without_a_price_leaves_the_cascade_unpriced() -> None:
    option = CostOption(
        name="cascade",
        card=model("small", prices(fresh="0.1", output="0.5")),
        escalates_to=model("large", None),
        escalation=band("0", "0.1", "1"),
    )
    (cost,) = project(facts(), option).options
    assert cost.unpriced == ("large has no price in the catalog",)


def test_a_cascade_is_an_option_of_its_own_beside_the_others() -> None:
    projection = project(facts(), cascade(band("0.1", "0.1", "0.1")), api("m"))
    assert [cost.option for cost in projection.options] == ["cascade", "m"]


@pytest.fixture
def shop(tmp_path: Path) -> wiring.Project:
    """Five million messages a day; one model chosen."""
    found = scenario_project(tmp_path / "p", "b")
    found.set_settings({"shortlist.chosen": [SMALL]})
    return found


def test_the_share_comes_from_the_command_or_from_what_is_easy(shop: wiring.Project) -> None:
    inputs = with_cascade(shop.view, shop.view.cost_inputs, small=SMALL, large=LARGE, share=Decimal("0.12"))
    assert inputs.options[-1].escalation == band("0.06", "0.12", "0.24")
    with pytest.raises(NotFound, match="nobody says which share is escalated"):
        with_cascade(shop.view, shop.view.cost_inputs, small=SMALL, large=LARGE, share=None)
    shop.set_answers({"traffic.easy_share": 0.75})
    inputs = with_cascade(shop.view, shop.view.cost_inputs, small=SMALL, large=LARGE, share=None)
    assert inputs.options[-1].escalation == band("0.125", "0.25", "0.5")


def test_what_is_no_cascade_is_refused(shop: wiring.Project) -> None:
    view, inputs = shop.view, shop.view.cost_inputs
    with pytest.raises(NotFound, match="is not among the options"):
        with_cascade(view, inputs, small="nobody", large=LARGE, share=Decimal("0.1"))
    with pytest.raises(NotFound, match="is not in the catalog"):
        with_cascade(view, inputs, small=SMALL, large="nobody", share=Decimal("0.1"))
    with pytest.raises(InvalidInput, match="a share of 2"):
        with_cascade(view, inputs, small=SMALL, large=LARGE, share=Decimal(2))


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        (["--cascade", f"{SMALL},{LARGE}=0.12"], 0),
        (["--cascade", f"{SMALL}={LARGE}"], 3),
        (["--cascade", f"{SMALL},{LARGE}=some"], 3),
        (["--cascade", f"{SMALL},{LARGE}=0.12", "--if", "tokens.output_avg=5"], 2),
    ],
)
def test_the_command_adds_a_cascade(
    shop: wiring.Project, arguments: list[str], status: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["cost", *arguments, "--draws", "500", "--project", str(shop.folder)]) == status
    assert (f"{SMALL}, else {LARGE}" in capsys.readouterr().out) is (status == 0)

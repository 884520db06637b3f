"""How a model of a project is priced: by its provider, by the accelerators that it takes, or by a plain machine."""

from decimal import Decimal
from pathlib import Path

import pytest

from maquette.capacity.renting import Rented
from maquette.foundation.sources import SourceKind
from maquette.project.cost_options import option_of
from tests.project_world import scenario_project
from tests.serving_world import open_card, sized
from tests.unit.test_capacity_sizing import price


def test_a_replica_is_a_machine_that_costs_its_part_of_the_rent() -> None:
    # Three replicas and a spare on two instances at 7 dollars an hour: 3.5 dollars each.
    rented = Rented(price=price("7", gpus=2), instances=2)
    option = option_of("m", open_card(), run=None, host=None, sized=sized(open_card(), rented=rented))
    assert (option.host_name, option.host_usd_per_hour) == ("1x H100-SXM 80GB", Decimal("3.5"))
    assert option.host_source == rented.price.source
    assert option.predicted is not None
    assert (option.predicted.low, option.predicted.planned_per_s) == (Decimal("0.55"), Decimal("0.686"))
    assert option.predicted.source.kind is SourceKind.ESTIMATED


def test_own_accelerators_cost_nothing_more() -> None:
    option = option_of("m", open_card(), run=None, host=None, sized=sized(open_card()))
    assert option.host_usd_per_hour == 0
    assert option.host_source is not None
    assert "already" in option.host_source.ref


def test_the_projection_rents_as_many_machines_as_the_sizing_finds(tmp_path: Path) -> None:
    project = scenario_project(tmp_path / "p", "a")
    project.set_answers({"infra.gpu_available": 0, "scale.growth_pct_month": 0})
    project.choose(["open/gemma-3-27b-it"])
    view = project.view
    found = view.sizing.model("open/gemma-3-27b-it")
    assert found is not None
    best = found.best
    assert best is not None
    assert best.rented is not None
    first = next(line for line in view.projection.lines if line.month == 1 and line.name == "machines")
    assert first.quantity.base == (best.replicas + best.spare) * 730
    assert first.amount_usd.base == pytest.approx(best.usd_per_month)
    (option,) = view.projection.options
    assert option.option == "open/gemma-3-27b-it"
    said = [one for one in view.projection.assumptions if "planned for" in one.name]
    assert [one.source.kind for one in said] == [SourceKind.ESTIMATED]

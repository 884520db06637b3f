"""Where the expected case lies among the draws, and why it may lie at their edge."""

from decimal import Decimal

import pytest

from maquette.cost.drawing import draw_costs
from maquette.cost.drawn import Band, DrawnOption, Driver
from maquette.cost.options import CostOption
from maquette.cost.wording import base_sentence
from maquette.foundation.expression import FactValue
from tests.cost_world import api, facts, machine, measured

SURE = api(measured=measured(done=10**9, calls_made=10**9))


def drawn(given: dict[str, FactValue], option: CostOption = SURE, within: str = "1") -> DrawnOption:
    (found,) = draw_costs(facts=given, options=[option], count=4000, volume_within=Decimal(within)).options
    return found


def test_where_only_the_volume_is_uncertain_the_expected_case_is_the_middle() -> None:
    # A lognormal around the planned volume has it as its median.
    found = drawn(facts(tokens__output_max=100), within="1.5")
    assert float(found.base_percentile or 0) == pytest.approx(50, abs=2.5)
    assert base_sentence(found) is None


def test_an_input_that_only_grows_puts_the_expected_case_below_every_draw_and_is_named() -> None:
    # The average answer is the shortest that is possible, and the cap of 1,000 tokens lies far above it.
    found = drawn(facts(tokens__output_max=1000))
    assert found.base_percentile is not None
    assert found.base_percentile < 1
    assert [(driver.input, driver.one_sided) for driver in found.drivers] == [("output tokens a request", 1)]
    assert base_sentence(found) == (
        "m: the expected case lies below 100 % of the draws, as what is uncertain about output tokens a request can "
        "only make it dearer"
    )


def test_a_volume_that_may_fall_is_no_reason_for_it() -> None:
    found = drawn(facts(tokens__output_max=1000), within="1.01")
    sentence = base_sentence(found) or ""
    assert "output tokens a request" in sentence
    assert "planned ones" not in sentence


def test_machines_that_need_no_second_one_are_equal_to_the_expected_case() -> None:
    found = drawn(facts(availability__target=0.99), machine(throughput_per_s=1000), within="1.2")
    assert found.base_percentile == 50
    assert base_sentence(found) is None


def option(at: str, *drivers: Driver) -> DrawnOption:
    band = Band(p10=Decimal(1), p50=Decimal(2), p90=Decimal(3), error_usd=Decimal(0))
    return DrawnOption(
        option="m", months=(), total=band, ever_over_budget=None, drivers=drivers, base_percentile=Decimal(at)
    )


def driver(low: str, base: str, high: str) -> Driver:
    return Driver(
        input="x", low="", high="", low_usd=Decimal(low), high_usd=Decimal(high), share=None, base_usd=Decimal(base)
    )


@pytest.mark.parametrize(("at", "told"), [("10", False), ("90", False), ("9.99", True), ("90.01", True)])
def test_only_the_outer_tenths_are_told(at: str, told: bool) -> None:
    assert (base_sentence(option(at)) is not None) is told


def test_an_expected_case_above_the_draws_names_what_only_falls() -> None:
    found = base_sentence(option("97.5", driver("1", "3", "2"), driver("2", "3", "4")))
    assert found == (
        "m: the expected case lies above 98 % of the draws, as what is uncertain about x can only make it cheaper"
    )


def test_a_driver_is_one_sided_where_both_ends_lie_on_one_side() -> None:
    assert driver("2", "1", "3").one_sided == 1
    assert driver("3", "1", "2").one_sided == 1
    assert driver("1", "3", "2").one_sided == -1
    assert driver("1", "2", "3").one_sided == 0
    assert driver("2", "2", "3").one_sided == 0

"""Machines bought ahead and throughput bought by the unit: which hours are reserved, which on demand, how busy."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from maquette.cost.calendar import Calendar
from maquette.cost.commitments import Commitment, reserved
from maquette.cost.drawing import draw_costs
from maquette.cost.options import CostOption, priced_option
from maquette.cost.projection import CASES, CostProjection, LineGroup
from maquette.cost.provisioned import Provisioned
from maquette.foundation.expression import FactValue
from maquette.foundation.problems import InvalidInput
from tests.cost_world import PAGE, api, facts, machine, project


def kept(share: str, months: int = 12, discount: str | None = "0.4", usd: str | None = None) -> Commitment:
    return Commitment(
        share=Decimal(share),
        months=months,
        source=PAGE,
        discount=None if discount is None or usd is not None else Decimal(discount),
        usd_per_hour=None if usd is None else Decimal(usd),
    )


def busy(**changes: FactValue) -> dict[str, FactValue]:
    """A request a second, four at the peak: over 0.6 usable ones a machine."""
    return facts(scale__requests_per_day=86_400, scale__peak_factor=4, **changes)  # type: ignore[arg-type]  # no key is ``unknown``


def committed(*commitments: Commitment) -> CostOption:
    return replace(machine(usd_per_hour="10", throughput_per_s=1.0), commitments=commitments)


def hours(projection: CostProjection, month: int = 1) -> dict[str, tuple[object, ...]]:
    """By the line's name: machines, dollars an hour, dollars."""
    return {
        line.name: (line.quantity.base / 730, line.usd_per_unit, line.amount_usd.base)
        for line in projection.lines
        if line.month == month and line.group is LineGroup.HOSTING
    }


def test_reserved_machines_have_their_price_and_the_rest_is_on_demand() -> None:
    # 4 / 0.6 is 7 machines; half of them, 3.5 rounded to 4, at 10 dollars less 40 %, 3 on demand.
    found = hours(project(busy(), committed(kept("0.5"))))
    assert found == {
        "machines, on demand": (3, 10, 3 * 730 * 10),
        "machines, reserved (1 year)": (4, 6, 4 * 730 * 6),
    }


def test_several_terms_share_the_machines_and_none_is_lost_to_rounding() -> None:
    third = Decimal(1) / 3
    assert reserved([replace(kept("0"), share=third)] * 2, lambda _: Decimal(7), 1) == (Decimal(2), Decimal(3))
    found = hours(project(busy(), committed(kept("0.5", 36, usd="4"), kept("0.5", 6))))
    assert found == {
        "machines, reserved (3 years)": (4, 4, 4 * 730 * 4),
        "machines, reserved (6 months)": (3, 6, 3 * 730 * 6),
    }


def test_reserved_machines_are_paid_when_the_traffic_is_gone() -> None:
    # All traffic leaves in month 2: one machine is needed, four stay reserved, none on demand.
    found = project(busy(scale__growth_pct_month=-100, lifecycle__horizon_months=2), committed(kept("0.5")))
    assert hours(found, 2) == {"machines, reserved (1 year)": (4, 6, 4 * 730 * 6)}


def test_a_reservation_stays_through_its_term_and_then_follows_the_plan() -> None:
    # 7, 14 and 27 machines as the traffic doubles; two months of half of seven, then half of 27.
    found = project(busy(scale__growth_pct_month=100, lifecycle__horizon_months=3), committed(kept("0.5", 2)))
    counts = [{name: line[0] for name, line in hours(found, month).items()} for month in (1, 2, 3)]
    assert counts == [
        {"machines, on demand": 3, "machines, reserved (2 months)": 4},
        {"machines, on demand": 10, "machines, reserved (2 months)": 4},
        {"machines, on demand": 13, "machines, reserved (2 months)": 14},
    ]


def test_a_season_is_met_on_demand_and_reserved_for_the_month_in_which_the_term_begins() -> None:
    calendar = Calendar(
        launch=date(2026, 11, 1), season=tuple(Decimal(2) if month == 12 else Decimal(1) for month in range(1, 13))
    )
    found = project(busy(lifecycle__horizon_months=2), committed(kept("1")), calendar=calendar)
    assert {name: line[0] for name, line in hours(found, 2).items()} == {
        "machines, on demand": 7,
        "machines, reserved (1 year)": 7,
    }


def test_how_busy_the_paid_hours_are_is_told() -> None:
    # 86,400 * 30.4 requests over 7 machines * 730 hours * 3,600 a second each: 2,626,560 / 18,396,000.
    (said,) = [one for one in project(busy(), committed(kept("0.5"))).assumptions if "busy share" in one.name]
    assert (said.name, said.value) == ("own: busy share of the paid hours", "14.3 %")
    assert "the idle rest is paid all the same" in str(said.source)
    idle = project(facts(scale__requests_per_day=0), machine()).assumptions
    assert not [one for one in idle if "busy share" in one.name]


def test_the_draws_keep_what_is_reserved_and_draw_the_rest() -> None:
    given = busy(lifecycle__horizon_months=2)
    drawn = draw_costs(facts=given, options=[committed(kept("1"))], count=2000)
    # However little traffic comes, seven machines at 6 dollars are paid.
    (found,) = drawn.options
    assert found.months[0].usd.p10 == found.months[0].usd.p50 == 7 * 730 * 6
    assert found.months[0].usd.p90 > 7 * 730 * 6
    sure = draw_costs(facts=given, options=[committed(kept("0.5"))], count=500, volume_within=Decimal(1))
    assert sure.options[0].months[0].usd.p90 == 3 * 7300 + 4 * 4380


@pytest.mark.parametrize(
    ("share", "months", "discount", "usd"),
    [
        ("1.1", 12, "0.4", None),
        ("-0.1", 12, "0.4", None),
        ("NaN", 12, "0.4", None),
        ("0.5", 0, "0.4", None),
        ("0.5", 12, "1.4", None),
        ("0.5", 12, None, None),
        ("0.5", 12, None, "-1"),
    ],
)
def test_what_is_no_commitment_is_refused(share: str, months: int, discount: str | None, usd: str | None) -> None:
    with pytest.raises(InvalidInput):
        kept(share, months, discount, usd)


def test_more_than_all_machines_cannot_be_reserved() -> None:
    with pytest.raises(InvalidInput, match="120 % of the machines are reserved"):
        project(busy(), committed(kept("0.6"), kept("0.6")))


OFFER = Provisioned(name="units", usd_per_unit_hour=Decimal(2), source=PAGE, tok_per_min_per_unit=Decimal(100_000))


def by_unit(offer: Provisioned = OFFER, **changes: object) -> CostOption:
    return replace(api(), provisioned=offer, **changes)  # type: ignore[arg-type]  # passed through


def test_provisioned_units_bear_the_peak_of_each_month_in_tokens_a_minute() -> None:
    # 4 requests a second of 2,100 tokens are 504,000 a minute: 6 units; 11 with twice the traffic.
    found = project(busy(scale__growth_pct_month=100, lifecycle__horizon_months=2), by_unit())
    assert [hours(found, month)["provisioned throughput"][0] for month in (1, 2)] == [6, 11]
    assert hours(found)["provisioned throughput"] == (6, 2, 6 * 730 * 2)
    (line, *_) = found.lines
    assert (line.unit, line.price_key, line.group) == ("unit hour", "units", LineGroup.HOSTING)
    (cost,) = found.options
    assert cost.usd_per_request == (Decimal(8760) / Decimal(2_626_560)).quantize(Decimal("1e-12"))


def test_units_are_sold_from_a_least_number_on_and_in_steps() -> None:
    offer = replace(OFFER, min_units=5, step_units=5)
    # 6 units are wanted: 5 and a step of 5.
    assert hours(project(busy(), by_unit(offer)))["provisioned throughput"][0] == 10
    assert hours(project(facts(scale__requests_per_day=0), by_unit(offer)))["provisioned throughput"][0] == 5


def test_output_may_weigh_more_and_a_unit_may_bear_requests() -> None:
    # 2,000 + 4 * 100 = 2,400 tokens * 4 * 60 = 576,000 a minute: 6; with 8 for one 672,000: 7.
    assert hours(project(busy(), by_unit(replace(OFFER, output_weight=Decimal(4)))))["provisioned throughput"][0] == 6
    assert hours(project(busy(), by_unit(replace(OFFER, output_weight=Decimal(8)))))["provisioned throughput"][0] == 7
    by_rate = replace(OFFER, tok_per_min_per_unit=None, requests_per_s_per_unit=Decimal("1.5"))
    assert hours(project(busy(), by_unit(by_rate)))["provisioned throughput"][0] == 3


def test_units_may_be_reserved_too() -> None:
    found = hours(project(busy(), by_unit(commitments=(kept("0.5", 1),))))
    assert found == {
        "provisioned throughput, on demand": (3, 2, 3 * 730 * 2),
        "provisioned throughput, reserved (1 month)": (3, Decimal("1.2"), 3 * 730 * Decimal("1.2")),
    }


def test_long_answers_take_more_units_in_the_dear_case_and_in_the_draws() -> None:
    # 2,000 and 100 tokens, to 250 halfway to the cap of 400: 504,000 a minute, 540,000 in the dear case.
    given = busy(tokens__output_max=400)
    offer = replace(OFFER, tok_per_min_per_unit=Decimal(10_000))
    (line, *_) = project(given, by_unit(offer)).lines
    assert [line.quantity.of(case) / 730 for case in CASES] == [51, 51, 54]
    drawn = draw_costs(facts=given, options=[by_unit(offer)], count=2000, volume_within=Decimal(1))
    assert [driver.input for driver in drawn.options[0].drivers] == ["output tokens a request"]
    assert 51 * 1460 <= drawn.options[0].months[0].usd.p50 <= 54 * 1460


@pytest.mark.parametrize(
    "changes",
    [
        {"requests_per_s_per_unit": Decimal(1)},
        {"tok_per_min_per_unit": None},
        {"tok_per_min_per_unit": Decimal(0)},
        {"usd_per_unit_hour": Decimal(-1)},
        {"min_units": -1},
        {"step_units": 0},
        {"output_weight": Decimal("NaN")},
    ],
)
def test_what_is_no_offer_is_refused(changes: dict[str, object]) -> None:
    with pytest.raises(InvalidInput):
        replace(OFFER, **changes)  # type: ignore[arg-type]  # the fields by name


def test_what_bends_the_line_has_no_straight_flips() -> None:
    given = busy(budget__monthly_usd=100_000)
    for option in (committed(kept("0.5")), by_unit()):
        priced = priced_option(option, given, ())
        assert not priced.unpriced
        assert project(given, option).options[0].flip == ()

"""Seasons, announced prices, a trend and a currency: each month's figure by hand."""

from datetime import date
from decimal import Decimal

import pytest

from maquette.cost.calendar import Calendar, Currency, PriceChange, PriceTrend
from maquette.cost.drawing import draw_costs
from maquette.cost.inputs import CostInputs
from maquette.cost.options import CostOption
from maquette.cost.projection import ByCase, CostProjection
from maquette.cost.workload import level
from maquette.foundation.problems import InvalidInput
from tests.cost_world import PAGE, PRICES_AS_OF, api, facts, machine, measured, model, prices, project

LEVEL = [Decimal(1)] * 12
NOVEMBER = date(2026, 11, 1)


def season(**factors: str) -> tuple[Decimal, ...]:
    """Twelve factors, changed: ``dec="2"``."""
    names = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
    return tuple(Decimal(factors.get(name, "1")) for name in names)


def months(projection: CostProjection, name: str = "output") -> list[Decimal]:
    found: dict[int, Decimal] = {}
    for line in projection.lines:
        if line.name == name:
            found[line.month] = found.get(line.month, Decimal(0)) + line.amount_usd.base
    return [found[month] for month in sorted(found)]


def change(match: str, from_month: int, factor: str) -> PriceChange:
    return PriceChange(match=match, from_month=from_month, factor=Decimal(factor), source=PAGE)


def test_a_season_multiplies_the_volume_of_its_calendar_month_and_growth_still_compounds() -> None:
    calendar = Calendar(launch=NOVEMBER, season=season(dec="2", jan="0.5"))
    given = facts(scale__growth_pct_month=10, lifecycle__horizon_months=4)
    found = project(given, api(fresh="0"), calendar=calendar)
    # 12.16 in November; December 12.16 * 1.1 * 2, January 12.16 * 1.21 * 0.5, February 12.16 * 1.331.
    assert months(found) == [Decimal("12.16"), Decimal("26.752"), Decimal("7.3568"), Decimal("16.18496")]
    assert found.labels == ("Nov 2026", "Dec 2026", "Jan 2027", "Feb 2027")


def test_a_season_moves_the_machines_of_its_peak() -> None:
    # A peak of 3 a second over 1.5 usable ones a machine: 2, and 4 where the volume doubles.
    calendar = Calendar(launch=NOVEMBER, season=season(dec="2"))
    given = facts(scale__requests_per_day=86_400, scale__peak_factor=3, lifecycle__horizon_months=3)
    found = project(given, machine(throughput_per_s=2.5), calendar=calendar)
    assert [amount / 730 for amount in months(found, "machines")] == [2, 4, 2]


def test_a_season_of_nothing_has_no_requests_and_no_price_for_one() -> None:
    found = project(facts(), api(), calendar=Calendar(launch=NOVEMBER, season=season(nov="0")))
    (cost,) = found.options
    assert cost.first_month_usd is not None
    assert (cost.first_month_usd.base, cost.usd_per_request) == (Decimal(0), None)


def test_the_budget_is_passed_in_the_month_of_the_season() -> None:
    calendar = Calendar(launch=NOVEMBER, season=season(feb="1.5"))
    (cost,) = project(facts(budget__monthly_usd=100), api(), calendar=calendar).options
    # 72.96 * 1.5 = 109.44 in February, month 4; 100 / 0.0024 = 41,666 requests.
    assert cost.over_budget_from == 4
    assert "over the budget of $100 above 41,666 requests a month: from month 4 at this growth" in cost.flip


def test_an_announced_price_holds_from_its_month_on_for_the_model_or_its_provider() -> None:
    found = project(
        facts(lifecycle__horizon_months=4),
        api(fresh="0"),
        calendar=Calendar(price_changes=(change("m", 2, "0.5"), change("acme", 4, "3"), change("other", 1, "9"))),
    )
    # 12.16, from month 2 on half of it, from month 4 on three times that half.
    assert months(found) == [Decimal("12.16"), Decimal("6.08"), Decimal("6.08"), Decimal("18.24")]
    assert [line.usd_per_unit for line in found.lines if line.name == "output"] == [
        Decimal("0.000004"),
        Decimal("0.000002"),
        Decimal("0.000002"),
        Decimal("0.000006"),
    ]
    (cost,) = found.options
    # 4 dollars a million are 100 tokens at 0.0004 a request at launch, whatever comes later.
    assert cost.usd_per_request == Decimal("0.0004")


def test_a_changed_price_names_where_it_was_announced() -> None:
    announced = PriceChange(
        match="m", from_month=2, factor=Decimal(2), source=type(PAGE)(kind=PAGE.kind, ref="a notice of the provider")
    )
    found = project(facts(lifecycle__horizon_months=2), api(), calendar=Calendar(price_changes=(announced,)))
    assert [line.source.ref for line in found.lines if line.name == "output"] == [
        "a price page",
        "a notice of the provider",
    ]


def test_a_trend_compounds_over_a_year_and_each_case_has_its_price() -> None:
    trend = PriceTrend(pct_year=ByCase(low=Decimal(-50), base=Decimal(-20), high=Decimal(0)), source=PAGE)
    given = facts(lifecycle__horizon_months=13)
    found = project(given, api(fresh="0"), calendar=Calendar(price_trend=trend))
    # 12.16 in month 1; a year later half of it, four fifths of it, all of it.
    last = [line for line in found.lines if line.month == 13]
    assert sum(line.amount_usd.low for line in last) == Decimal("6.08")
    assert sum(line.amount_usd.base for line in last) == Decimal("9.728")
    assert sum(line.amount_usd.high for line in last) == Decimal("12.16")
    assert sorted(line.usd_per_unit for line in last if line.name == "output") == [
        Decimal("0.000002"),
        Decimal("0.0000032"),
        Decimal("0.000004"),
    ]
    assert len([line for line in found.lines if line.month == 1 and line.name == "output"]) == 1


def test_a_trend_is_drawn_and_drives_the_later_months() -> None:
    trend = PriceTrend(pct_year=ByCase(low=Decimal(-50), base=Decimal(-20), high=Decimal(0)), source=PAGE)
    sure = api(measured=measured(done=10**9, calls_made=10**9))
    drawn = draw_costs(
        facts=facts(tokens__output_max=100, lifecycle__horizon_months=13),
        options=[sure],
        volume_within=Decimal(1),
        count=2000,
        calendar=Calendar(price_trend=trend),
    )
    (found,) = drawn.options
    assert [driver.input for driver in found.drivers] == ["prices of models, change a year"]
    assert float(found.months[0].usd.p90) == pytest.approx(72.96, abs=0.01)
    last = found.months[12].usd
    assert 36.48 < float(last.p10) < 72.96 * 0.8 < float(last.p90) < 72.96


def test_months_that_were_over_when_prices_were_read_are_told() -> None:
    found = project(facts(), api(), calendar=Calendar(launch=date(2026, 8, 15)))
    (said,) = [one for one in found.assumptions if one.name == "launch"]
    assert said.value == "Aug 2026"
    assert "3 months of the horizon were over when prices were read" in str(said.source)
    ahead = project(facts(), api(), calendar=Calendar(launch=date(2027, 8, 15)))
    assert not [one for one in ahead.assumptions if one.name == "launch"]


def test_a_retirement_is_told_in_the_month_of_the_calendar() -> None:
    card = model("m", prices(fresh="1", output="4"), retires_on=date(2027, 6, 30))
    option = CostOption(name="m", card=card)
    (cost,) = project(facts(), option, calendar=Calendar(launch=date(2027, 3, 1))).options
    assert any("in month 4" in flip for flip in cost.flip)
    (cost,) = project(facts(), option, calendar=Calendar(launch=date(2026, 3, 1))).options
    assert not any("retires" in flip for flip in cost.flip)


def test_a_horizon_of_one_month_has_one_season_and_one_price() -> None:
    calendar = Calendar(launch=NOVEMBER, season=season(nov="2", dec="9"), price_changes=(change("m", 2, "9"),))
    (cost,) = project(facts(lifecycle__horizon_months=1), api(), calendar=calendar).options
    assert cost.total_usd == cost.first_month_usd == cost.last_month_usd
    assert cost.total_usd is not None
    assert cost.total_usd.base == Decimal("145.92")


def test_growth_of_a_thousand_percent_meets_its_season() -> None:
    calendar = Calendar(launch=NOVEMBER, season=season(dec="0.5"))
    given = facts(scale__growth_pct_month=1000, lifecycle__horizon_months=3)
    found = project(given, api(fresh="0"), calendar=calendar)
    assert months(found) == [Decimal("12.16"), Decimal("12.16") * 11 / 2, Decimal("12.16") * 121]


@pytest.mark.parametrize(
    ("what", "make"),
    [
        ("a season factor of -1", lambda: Calendar(launch=NOVEMBER, season=season(jan="-1"))),
        ("a season factor of 101", lambda: Calendar(launch=NOVEMBER, season=season(jan="101"))),
        ("a season factor of NaN", lambda: Calendar(launch=NOVEMBER, season=season(jan="NaN"))),
        ("11 season factors", lambda: Calendar(launch=NOVEMBER, season=tuple(LEVEL[:11]))),
        ("a season without a launch month", lambda: Calendar(season=season(jan="2"))),
        ("a price change in month 0", lambda: change("m", 0, "1")),
        ("a price factor of -0.5", lambda: change("m", 1, "-0.5")),
        ("prices that change by -100 % a year", lambda: PriceTrend(pct_year=level(Decimal(-100)), source=PAGE)),
        (
            "0 dollars for one EUR",
            lambda: Currency(code="EUR", usd_per_unit=Decimal(0), as_of=NOVEMBER, source=PAGE),
        ),
    ],
)
def test_what_is_no_calendar_is_refused(what: str, make: object) -> None:
    with pytest.raises(InvalidInput, match=what):
        make()  # type: ignore[operator]  # one of the functions above


def test_another_currency_is_shown_beside_dollars_and_changes_no_figure() -> None:
    euro = Currency(code="EUR", usd_per_unit=Decimal("1.25"), as_of=PRICES_AS_OF, source=PAGE)
    # 1,000 / 1.25 = 800; a cent and a half is 0.012, rounded to 0.01
    assert (euro.of_usd(Decimal(1000)), euro.shown(Decimal(1_250_000))) == (Decimal("800.00"), "1,000,000.00 EUR")
    assert euro.of_usd(Decimal("0.015")) == Decimal("0.01")
    plain, shown = project(facts(), api()), project(facts(), api(), currency=euro)
    assert (shown.currency, shown.options, shown.lines) == (euro, plain.options, plain.lines)


def test_whatever_changes_a_figure_changes_what_it_was_computed_from() -> None:
    def of(**changes: object) -> CostInputs:
        return CostInputs(facts=facts(), options=(api(),), prices_as_of=PRICES_AS_OF, **changes)  # type: ignore[arg-type]  # passed through

    plain = of()
    assert plain.fingerprint == plain.projection().computed_from == of(calendar=Calendar()).fingerprint
    assert plain.fingerprint != of(calendar=Calendar(launch=NOVEMBER)).fingerprint
    assert plain.fingerprint != of(calendar=Calendar(price_changes=(change("m", 2, "2"),))).fingerprint


def test_a_month_without_season_is_the_planned_one_even_without_a_launch() -> None:
    assert project(facts(), api(), calendar=Calendar(launch=NOVEMBER)).lines == project(facts(), api()).lines
    assert Calendar().label(1) == ""
    assert Calendar(launch=NOVEMBER).month_of(date(2027, 1, 31)) == 3

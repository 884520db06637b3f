"""What holds for every month: the drift's parts add up exactly, days add up to months, a share never makes money."""

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from maquette.cost.actuals import DayRow, Total, by_day, month_of, sum_usd, total, totals_by
from maquette.cost.actuals_drift import CACHED, FRESH, OUTPUT, Expected, drift
from maquette.cost.actuals_forecast import forecast
from maquette.cost.actuals_report import actual_months

USD = st.decimals(min_value=-(10**9), max_value=10**9, places=12)
PAID = st.decimals(min_value="0.000001", max_value=10**9, places=6)
COUNT = st.integers(min_value=0, max_value=10**15)
KINDS = (FRESH, CACHED, OUTPUT)


@st.composite
def expected(draw: st.DrawFn) -> Expected:
    tokens = {kind: Decimal(draw(st.integers(1, 10**15))) for kind in KINDS}
    paid = {kind: draw(PAID) for kind in KINDS}
    usd = (sum_usd(paid.values()) or Decimal(0)) + draw(st.sampled_from([Decimal(0), Decimal("1.5")]))
    return Expected(usd_low=usd, usd=usd, usd_high=usd, requests=Decimal(draw(st.integers(1, 10**13))),
                    tokens=tokens, token_usd=paid)  # fmt: skip


@st.composite
def actual(draw: st.DrawFn) -> Total:
    whole = draw(COUNT)
    cached = draw(st.none() | st.integers(0, whole))
    return Total(requests=draw(COUNT), input_tok=whole, cached_tok=cached, output_tok=draw(COUNT), usd=draw(USD))


@given(expected(), actual())
def test_the_parts_of_a_drift_add_up_exactly(projected: Expected, spent: Total) -> None:
    found = drift(projected, spent)
    assert found is not None
    assert found.volume_usd is not None
    assert found.token_mix_usd is not None
    assert found.price_usd is not None
    parts = Fraction(found.volume_usd) + Fraction(found.token_mix_usd) + Fraction(found.price_usd)
    assert parts == Fraction(found.usd) == Fraction(spent.usd or 0) - Fraction(projected.usd)


ROWS = st.lists(
    st.builds(
        DayRow,
        day=st.dates(date(2026, 8, 1), date(2026, 11, 30)),
        model=st.sampled_from(["a", "b", ""]),
        requests=st.none() | st.integers(0, 1000),
        usd=st.none() | USD,
    ),
    max_size=40,
)


@given(ROWS)
def test_groups_days_and_months_add_up_to_the_whole(rows: list[DayRow]) -> None:
    whole = total(rows)
    groups = totals_by(rows, lambda row: row.model)
    assert (sum_usd(one.usd for one in groups.values()) or 0) == (whole.usd or 0)
    assert (sum_usd(by_day(rows).values()) or 0) == (whole.usd or 0)
    months = actual_months(rows, {}, budget_usd=None, today=date(2026, 12, 1))
    assert (sum_usd(one.actual.usd for one in months) or 0) == (whole.usd or 0)
    assert [one.month for one in months] == sorted({month_of(row.day) for row in rows})


@given(st.lists(st.decimals(min_value=0, max_value=10**6, places=6), min_size=1, max_size=31), st.integers(0, 3))
def test_a_forecast_never_ends_below_what_is_spent_nor_outside_its_interval(usd: list[Decimal], lag: int) -> None:
    first = date(2026, 10, 1)
    days = {first + timedelta(number): amount for number, amount in enumerate(usd)}
    found = forecast(days, "2026-10", today=max(days) + timedelta(lag))
    assert found is not None
    cent = Decimal("0.01")
    assert found.usd >= found.spent_usd - cent
    if found.low_usd is not None and found.high_usd is not None:
        assert found.spent_usd - cent <= found.low_usd <= found.usd <= found.high_usd
    if not found.days_left:
        assert found.usd == found.spent_usd.quantize(cent)

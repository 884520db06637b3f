"""The projection is computed twice, in plain decimals and in arrays of floats: both are the same, and sums are sums."""

from dataclasses import replace
from datetime import date
from decimal import Decimal, localcontext

from hypothesis import given, settings
from hypothesis import strategies as st

from maquette.cost.calendar import Calendar, PriceChange, PriceTrend
from maquette.cost.commitments import Commitment
from maquette.cost.difference import PlainLine, explain_difference
from maquette.cost.month_model import MonthModel
from maquette.cost.options import CostOption, priced_option
from maquette.cost.projecting import project_cost
from maquette.cost.projection import CASES, ByCase, LineGroup
from maquette.cost.provisioned import Provisioned
from maquette.cost.side_lines import SideCosts, SideLine
from maquette.cost.streams import Route
from maquette.cost.workload import level
from maquette.foundation.expression import FactValue
from tests.cost_world import PAGE, PRICES_AS_OF, api, machine, measured, model, prices
from tests.property.test_cost import PRICES, WORKLOADS, settled

FEW = settings(max_examples=15)
SHARES = st.decimals(min_value=0, max_value=1, places=3)
FACTORS = st.decimals(min_value=0, max_value=3, places=2)
CALENDARS = st.builds(
    Calendar,
    launch=st.dates(min_value=date(2020, 1, 1), max_value=date(2035, 1, 1)),
    season=st.tuples(*[FACTORS] * 12),
    price_changes=st.lists(
        st.builds(
            PriceChange,
            match=st.sampled_from(["m", "acme", "large", "nobody"]),
            from_month=st.integers(1, 5),
            factor=FACTORS,
            source=st.just(PAGE),
        ),
        max_size=3,
    ).map(tuple),
    price_trend=st.one_of(
        st.none(),
        st.integers(-90, 50).map(lambda pct: PriceTrend(pct_year=level(Decimal(pct)), source=PAGE)),
    ),
)
BANDS = st.lists(st.decimals(min_value=0, max_value=1000, places=3), min_size=3, max_size=3).map(
    lambda three: ByCase(low=min(three), base=sorted(three)[1], high=max(three))
)
SIDES = st.lists(
    st.builds(
        SideLine,
        name=st.sampled_from(["logs", "vectors"]),
        group=st.sampled_from(LineGroup),
        unit=st.just("GB"),
        usd_per_unit=st.decimals(min_value=0, max_value=10, places=4),
        price_key=st.just("key"),
        source=st.just(PAGE),
        fixed=BANDS,
        per_request=st.one_of(st.just(level(Decimal(0))), BANDS),
        ref=st.just("drawn"),
        from_month=st.integers(1, 3),
        to_month=st.one_of(st.none(), st.integers(1, 4)),
        every_months=st.integers(1, 3),
    ),
    max_size=4,
).map(lambda lines: SideCosts(lines=tuple(lines)))


def cascade(usd: dict[str, str], share: Decimal) -> CostOption:
    return CostOption(
        name="cascade",
        card=model("small", prices(**usd)),
        escalates_to=model("large", prices(**{**usd, "fresh": "7", "output": "20"})),
        escalation=ByCase(low=share / 2, base=share, high=share),
    )


def options(usd: dict[str, str], throughput: float, share: Decimal) -> tuple[CostOption, ...]:
    """By the request, on machines of which a share is reserved, by provisioned units, and by several models."""
    kept = Commitment(share=share, months=2, discount=Decimal("0.3"), source=PAGE)
    units = Provisioned(
        name="units", usd_per_unit_hour=Decimal("1.5"), source=PAGE, tok_per_min_per_unit=Decimal(12_345), step_units=3
    )
    return (
        api("m", measured(calls_made=107), **usd),
        machine(usd_per_hour="1.5", throughput_per_s=throughput),
        replace(machine("kept", usd_per_hour="1.5", throughput_per_s=throughput), commitments=(kept,)),
        replace(api("units"), provisioned=units, commitments=(kept,)),
        cascade(usd, share),
        replace(
            api("routed", None, **usd),
            routes=(Route(name="hard", card=model("large", prices(**usd)), share=level(share)),),
            successor=model("next", prices(**{**usd, "output": "3"})),
            successor_from_month=2,
        ),
    )


@FEW
@given(
    answers=WORKLOADS,
    usd=PRICES,
    throughput=st.floats(min_value=0.001, max_value=1000),
    share=SHARES,
    calendar=CALENDARS,
    side=SIDES,
)
def test_sums_are_those_of_the_lines_and_the_ceiling_leaves_out_working_hours(
    answers: dict[str, FactValue],
    usd: dict[str, str],
    throughput: float,
    share: Decimal,
    calendar: Calendar,
    side: SideCosts,
) -> None:
    given_facts = settled({**answers, "budget.monthly_usd": 1000})
    projection = project_cost(
        facts=given_facts,
        options=options(usd, throughput, share),
        prices_as_of=PRICES_AS_OF,
        side=side,
        calendar=calendar,
    )
    with localcontext(prec=60):
        for cost in projection.options:
            own = [line for line in projection.lines if line.option == cost.option]
            if cost.total_usd is None or cost.first_month_usd is None:
                assert not own
                continue
            first = [line for line in own if line.month == 1]
            counted = [line for line in own if line.group is not LineGroup.PEOPLE]
            assert cost.total_usd.base == sum(line.amount_usd.base for line in own)
            assert cost.first_month_usd.base == sum(line.amount_usd.base for line in first)
            told = cost.in_ceiling_first_month_usd
            assert (told is None) is (len(counted) == len(own))
            if told is not None:
                assert told.base == sum(line.amount_usd.base for line in counted if line.month == 1)
            over = [
                month
                for month in range(1, projection.horizon_months + 1)
                if sum(line.amount_usd.base for line in counted if line.month == month) > 1000
            ]
            assert cost.over_budget_from == (over[0] if over else None)
            for line in own:
                for case in CASES:
                    exact = line.quantity.of(case) * line.usd_per_unit
                    assert abs(line.amount_usd.of(case) - exact) <= Decimal("0.0000005")


@FEW
@given(
    answers=WORKLOADS,
    usd=PRICES,
    throughput=st.floats(min_value=0.001, max_value=1000),
    share=SHARES,
    calendar=CALENDARS,
    side=SIDES,
)
def test_arrays_of_floats_follow_the_exact_model_where_everything_is_as_expected(
    answers: dict[str, FactValue],
    usd: dict[str, str],
    throughput: float,
    share: Decimal,
    calendar: Calendar,
    side: SideCosts,
) -> None:
    given_facts = settled(answers)
    compared = options(usd, throughput, share)
    exact = project_cost(facts=given_facts, options=compared, prices_as_of=PRICES_AS_OF, side=side, calendar=calendar)
    for option in compared:
        priced = priced_option(option, given_facts, ())
        if priced.unpriced:
            continue
        costs = MonthModel(priced, side, calendar).costs({})
        for month in range(1, exact.horizon_months + 1):
            lines = [line for line in exact.lines if (line.option, line.month) == (option.name, month)]
            due = float(sum(line.amount_usd.base for line in lines))
            counted = float(sum(line.amount_usd.base for line in lines if line.group.in_ceiling))
            # Each line is rounded to a millionth of its unit and of a dollar.
            within = 1e-6 * due + 1e-4
            assert abs(costs.total[month - 1, 0] - due) <= within
            assert abs(costs.in_ceiling[month - 1, 0] - counted) <= within


UNITS = st.decimals(min_value=0, max_value=10**12, places=6)
EACH = st.decimals(min_value=0, max_value=1000, places=9)
LINES = st.lists(
    st.tuples(st.integers(1, 4), st.sampled_from(["input", "output", "machines"]), UNITS, EACH), max_size=12
)


def lines(drawn: list[tuple[int, str, Decimal, Decimal]]) -> list[PlainLine]:
    return [
        PlainLine(
            month=month,
            name=name,
            unit="token",
            quantity=quantity,
            usd_per_unit=usd,
            amount_usd=(quantity * usd).quantize(Decimal("0.000001")),
        )
        for month, name, quantity, usd in drawn
    ]


@given(a=LINES, b=LINES)
def test_the_effects_of_a_difference_add_up_to_it_exactly(
    a: list[tuple[int, str, Decimal, Decimal]], b: list[tuple[int, str, Decimal, Decimal]]
) -> None:
    of_a, of_b = lines(a), lines(b)
    found = explain_difference("a", of_a, "b", of_b)
    with localcontext(prec=120):
        whole = sum((line.amount_usd for line in of_b), Decimal(0))
        whole -= sum((line.amount_usd for line in of_a), Decimal(0))
    assert found.difference_usd == whole
    with localcontext(prec=120):
        for line in found.lines:
            effects = (line.price_usd, line.quantity_usd, line.mix_usd, line.line_usd, line.rounding_usd)
            assert sum(effects, Decimal(0)) == line.difference_usd
            # An amount is rounded to a millionth; a line has at most four months, with one amount a side.
            assert abs(line.rounding_usd) <= 4 * Decimal("0.000001")
        parts = (
            found.sum_of(lambda line: line.price_usd),
            found.sum_of(lambda line: line.quantity_usd),
            found.sum_of(lambda line: line.mix_usd),
            found.sum_of(lambda line: line.line_usd),
            found.sum_of(lambda line: line.rounding_usd),
        )
        assert sum(parts, Decimal(0)) == whole


@given(a=LINES)
def test_a_projection_does_not_differ_from_itself(a: list[tuple[int, str, Decimal, Decimal]]) -> None:
    found = explain_difference("a", lines(a), "b", lines(a))
    assert found.difference_usd == 0
    assert all(line.price_usd == line.quantity_usd == line.mix_usd == line.line_usd == 0 for line in found.lines)

"""The projection is computed three times: in SQL, in plain decimals, in arrays of floats. All three are the same."""

from decimal import Decimal, localcontext

from hypothesis import given, settings
from hypothesis import strategies as st

from maquette.cost.difference import PlainLine, explain_difference
from maquette.cost.options import CostOption, priced_option
from maquette.cost.projecting import project_cost
from maquette.cost.projection import ByCase
from maquette.cost.month_model import MonthModel
from maquette.foundation.expression import FactValue
from tests.cost_world import PRICES_AS_OF, api, machine, measured, model, prices, project
from tests.property.test_cost import PRICES, WORKLOADS, settled

FEW = settings(max_examples=25)
SHARES = st.decimals(min_value=0, max_value=1, places=3)


def cascade(usd: dict[str, str], share: Decimal) -> CostOption:
    return CostOption(
        name="cascade",
        card=model("small", prices(**usd)),
        escalates_to=model("large", prices(**{**usd, "fresh": "7", "output": "20"})),
        escalation=ByCase(low=share / 2, base=share, high=share),
    )


@FEW
@given(answers=WORKLOADS, usd=PRICES, throughput=st.floats(min_value=0.001, max_value=1000), share=SHARES)
def test_plain_decimals_and_sql_give_the_same_projection(
    answers: dict[str, FactValue], usd: dict[str, str], throughput: float, share: Decimal
) -> None:
    given_facts = settled({**answers, "budget.monthly_usd": 1000})
    options = (
        api("m", measured(calls_made=107), **usd),
        machine(usd_per_hour="1.2345", throughput_per_s=throughput),
        cascade(usd, share),
    )
    in_sql = project(given_facts, *options)
    plain = project_cost(facts=given_facts, options=options, prices_as_of=PRICES_AS_OF)
    assert plain == in_sql


@FEW
@given(answers=WORKLOADS, usd=PRICES, throughput=st.floats(min_value=0.001, max_value=1000), share=SHARES)
def test_arrays_of_floats_follow_the_exact_model_where_everything_is_as_expected(
    answers: dict[str, FactValue], usd: dict[str, str], throughput: float, share: Decimal
) -> None:
    given_facts = settled(answers)
    options = (
        api("m", measured(calls_made=107), **usd),
        machine(usd_per_hour="1.5", throughput_per_s=throughput),
        cascade(usd, share),
    )
    exact = project_cost(facts=given_facts, options=options, prices_as_of=PRICES_AS_OF)
    for option in options:
        priced = priced_option(option, given_facts, ())
        if priced.unpriced:
            continue
        months = MonthModel(priced).months({})[:, 0]
        for month, usd_month in enumerate(months, start=1):
            lines = [line for line in exact.lines if (line.option, line.month) == (option.name, month)]
            due = float(sum(line.amount_usd.base for line in lines))
            assert abs(usd_month - due) <= 1e-6 * due + 1e-4


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

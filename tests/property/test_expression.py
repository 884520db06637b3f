"""What holds for every expression: a known result stays, whatever the unknown facts turn out to be."""

from decimal import Decimal
from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from maquette.foundation.expression import ExpressionError, Known, Unknown, parse

NAMES = ("a", "b.c", "d")
LOGIC = st.recursive(
    st.sampled_from([*NAMES, "true", "false"]),
    lambda inner: (
        st.builds("({} and {})".format, inner, inner)
        | st.builds("({} or {})".format, inner, inner)
        | st.builds("(not {})".format, inner)
        | st.builds("({} if {} else {})".format, inner, inner, inner)
        | st.builds("({} == {})".format, inner, inner)
    ),
    max_leaves=12,
)
SUMS = st.recursive(
    st.sampled_from(NAMES) | st.integers(0, 99).map(str),
    lambda inner: (
        st.builds("({} {} {})".format, inner, st.sampled_from("+-*"), inner)
        | st.builds("max({}, {})".format, inner, inner)
        | st.builds("(-{})".format, inner)
    ),
    max_leaves=10,
)
PARTIAL = st.dictionaries(st.sampled_from(NAMES), st.booleans())
MACHINE_NUMBERS = st.integers(-(10**6), 10**6) | st.decimals(-1000, 1000, places=3)


def completions(facts: dict[str, bool]) -> list[dict[str, bool]]:
    """Every way in which the unknown facts may turn out."""
    missing = [name for name in NAMES if name not in facts]
    return [facts | dict(zip(missing, values, strict=True)) for values in product((False, True), repeat=len(missing))]


@given(LOGIC, PARTIAL)
def test_a_known_result_is_the_result_of_every_completion(text: str, facts: dict[str, bool]) -> None:
    expression = parse(text)
    result = expression.evaluate(facts)
    if isinstance(result, Known):
        assert {expression.holds(complete) for complete in completions(facts)} == {bool(result.value)}


@given(LOGIC, PARTIAL)
def test_an_unknown_result_needs_facts_that_it_names_and_that_are_not_there(text: str, facts: dict[str, bool]) -> None:
    expression = parse(text)
    result = expression.evaluate(facts)
    if isinstance(result, Unknown):
        assert result.needs
        assert result.needs <= expression.names - set(facts)


@given(LOGIC, st.fixed_dictionaries({name: st.booleans() for name in NAMES}))
def test_all_facts_settle_every_expression_as_python_would(text: str, facts: dict[str, bool]) -> None:
    python = text.replace("b.c", "b_c").replace("true", "True").replace("false", "False")
    names = {name.replace(".", "_"): value for name, value in facts.items()}
    assert parse(text).holds(facts) is bool(eval(python, {}, names))


@given(SUMS, st.fixed_dictionaries(dict.fromkeys(NAMES, MACHINE_NUMBERS)))
def test_sums_are_those_of_exact_arithmetic(text: str, facts: dict[str, int | Decimal]) -> None:
    names = {name.replace(".", "_"): Decimal(value) for name, value in facts.items()}
    exact = eval(text.replace("b.c", "b_c"), {"max": max}, names)
    assert parse(text).evaluate(facts) == Known(Decimal(exact))


@given(SUMS, st.dictionaries(st.sampled_from(NAMES), MACHINE_NUMBERS))
def test_a_sum_needs_exactly_the_facts_that_it_names_and_lacks(text: str, facts: dict[str, int | Decimal]) -> None:
    expression = parse(text)
    missing = expression.names - set(facts)
    result = expression.evaluate(facts)
    assert result.needs == missing if isinstance(result, Unknown) else not missing


@given(st.text(max_size=40))
def test_any_text_is_an_expression_or_refused(text: str) -> None:
    try:
        expression = parse(text)
    except ExpressionError:
        return
    assert expression.text == text


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_float_counts_as_the_decimal_that_it_is_written_as(value: float) -> None:
    assert parse("x").evaluate({"x": value}) == Known(Decimal(repr(value)))

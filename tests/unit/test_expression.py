"""The three-valued expression language: Kleene's tables, what an unknown result needs, exact numbers, and refusals."""

from decimal import Decimal
from itertools import product

import pytest

from maquette.foundation.expression import ExpressionError, Facts, FactValue, Known, Result, Unknown, parse

# False, unknown, true in Kleene's order: and is the least, or the greatest.
ORDER = (False, None, True)


def value_of(text: str, **facts: FactValue) -> Result:
    return parse(text).evaluate({name.replace("__", "."): value for name, value in facts.items()})


def with_three_values(text: str, **values: bool | None) -> bool | None:
    return parse(text).holds({name: value for name, value in values.items() if value is not None})


@pytest.mark.parametrize(("a", "b"), product(ORDER, repeat=2))
def test_and_is_the_least_of_its_parts_and_or_the_greatest(a: bool | None, b: bool | None) -> None:
    least = ORDER[min(ORDER.index(a), ORDER.index(b))]
    greatest = ORDER[max(ORDER.index(a), ORDER.index(b))]
    assert with_three_values("a and b", a=a, b=b) is least
    assert with_three_values("a or b", a=a, b=b) is greatest


@pytest.mark.parametrize(("a", "negated"), [(False, True), (None, None), (True, False)])
def test_not_turns_around_what_is_known(a: bool | None, negated: bool | None) -> None:
    assert with_three_values("not a", a=a) is negated


@pytest.mark.parametrize(
    ("text", "facts", "needs"),
    [
        ("a and b", {}, {"a", "b"}),
        ("a and b", {"a": True}, {"b"}),
        ("a or b", {"b": False}, {"a"}),
        ("x.y > 1 and x.z", {"x.z": True}, {"x.y"}),
        ("x + y > 1", {"x": 1}, {"y"}),
        ("1 < x < y", {"x": 5}, {"y"}),
        ("b if a else c", {}, {"a"}),
        ("b if a else c", {"a": True}, {"b"}),
        ("max(a, b, 3)", {"a": 9}, {"b"}),
        ("a in (b, 'x')", {"a": "x"}, {"b"}),
        ("not (a and b)", {"a": True}, {"b"}),
        ("a / b", {"a": 1, "b": 0}, {"a", "b"}),
    ],
)
def test_an_unknown_result_names_the_facts_that_would_settle_it(text: str, facts: Facts, needs: set[str]) -> None:
    assert parse(text).evaluate(facts) == Unknown(frozenset(needs))


@pytest.mark.parametrize(
    ("text", "facts", "settled"),
    [
        ("a and b", {"a": False}, False),
        ("a or b", {"b": True}, True),
        ("1 < x < y", {"x": 0}, False),
        ("x < 1 and y / 0 > z", {"x": 2}, False),
        ("not (a and b)", {"b": False}, True),
        ("b if a else c", {"a": False, "c": 7}, Decimal(7)),
    ],
)
def test_known_facts_settle_a_result_whatever_is_unknown(text: str, facts: Facts, settled: FactValue) -> None:
    assert parse(text).evaluate(facts) == Known(settled)


def test_arithmetic_is_exact() -> None:
    assert value_of("0.1 + 0.2") == Known(Decimal("0.3"))
    assert value_of("x * 3 == 0.3", x=0.1) == Known(True)
    assert value_of("x == 0.3", x=Decimal("0.1") + Decimal("0.2")) == Known(True)
    assert value_of("5000000 * 30.4") == Known(Decimal("152000000.0"))
    assert value_of("-x - 1", x=2) == Known(Decimal(-3))
    assert value_of("2 + 3 * 4 - 8 / 4") == Known(Decimal(12))


def test_min_max_and_chains_compare_numbers() -> None:
    assert value_of("max(0.05, (p - 300) / 1000)", p=200) == Known(Decimal("0.05"))
    assert value_of("min(a, b)", a=2, b=1.5) == Known(Decimal("1.5"))
    assert value_of("1 <= x < 3 != y", x=2, y=4) == Known(True)


def test_a_fact_that_is_a_list_takes_part_in_membership() -> None:
    assert value_of("'pdf' in io.input", io__input=("text", "pdf")) == Known(True)
    assert value_of("'pdf' not in io.input", io__input=("text",)) == Known(True)
    assert value_of("kind in ('chat', 'agent')", kind="chat") == Known(True)
    assert value_of("kind in ['chat']", kind="agent") == Known(False)
    assert value_of("x in (1, 2.0)", x=2) == Known(True)


def test_both_spellings_of_the_constants_are_constants() -> None:
    assert value_of("flag == true", flag=True) == Known(True)
    assert value_of("flag == False", flag=False) == Known(True)
    assert parse("true and false").names == frozenset()


def test_true_is_no_number_and_a_number_is_no_text() -> None:
    assert value_of("x == 'a'", x=1) == Known(False)
    for text in ("flag + 1", "-flag", "max(flag, 1)"):
        with pytest.raises(ExpressionError, match="is not a number"):
            value_of(text, flag=True)


@pytest.mark.parametrize("text", ["x < 'a'", "x in 5", "name > 1", "'a' < 1"])
def test_unlike_kinds_do_not_compare(text: str) -> None:
    with pytest.raises(ExpressionError, match="compares"):
        value_of(text, x=1, name="n")


def test_the_names_are_all_the_facts_that_a_text_mentions() -> None:
    text = "a.b > 1 and (c if d.e.f else g) in (h, 'x') or not max(i, 1) + j"
    assert parse(text).names == {"a.b", "c", "d.e.f", "g", "h", "i", "j"}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a b",
        "a =",
        "a = 1",
        "a := 1",
        "__import__('os')",
        "open('x')",
        "a()",
        "a.b()",
        "max()",
        "max(1)",
        "min(a)",
        "max(a, key=b)",
        "max(*a)",
        "a[0]",
        "a if b",
        "lambda: 1",
        "[x for x in y]",
        "{'a': 1}",
        "{1, 2}",
        "f'{a}'",
        "a ** 2",
        "a % 2",
        "a // 2",
        "a @ b",
        "a | b",
        "~a",
        "+a",
        "a is b",
        "b'x'",
        "1j",
        "None",
        "...",
        "(a).b[1].c",
        "'x'.upper",
        "await a",
        "a\n; b",
        "a\x00b",
    ],
)
def test_what_the_language_does_not_have_is_refused_when_it_is_parsed(text: str) -> None:
    with pytest.raises(ExpressionError):
        parse(text)


@pytest.mark.parametrize("levels", [70, 300, 5000])
@pytest.mark.parametrize("level", ["not ", "-", "1 + "])
def test_a_text_that_is_nested_without_end_is_refused(level: str, levels: int) -> None:
    with pytest.raises(ExpressionError):
        parse(level * levels + "a" if level != "1 + " else "(" + "(1 + " * levels + "a" + ")" * (levels + 1))


def test_brackets_and_names_without_end_are_refused() -> None:
    for text in ("(" * 5000 + "a" + ")" * 5000, "a" + ".b" * 5000, "a" + " + a" * 5000):
        with pytest.raises(ExpressionError):
            parse(text)


def test_as_much_nesting_as_is_allowed_can_also_be_evaluated() -> None:
    assert value_of("not " * 29 + "a", a=True) == Known(False)


def test_division_by_nothing_is_unknown_and_not_a_crash() -> None:
    assert parse("a / b > 1 or c").holds({"a": 1, "b": 0}) is None
    assert parse("a / b > 1 or c").holds({"a": 0, "b": 0, "c": True}) is True
    assert isinstance(value_of("1 / (x - x)", x=3), Unknown)


def test_holds_is_none_only_while_it_is_unknown() -> None:
    expression = parse("x > 1")
    assert (expression.holds({}), expression.holds({"x": 1}), expression.holds({"x": 2})) == (None, False, True)

"""The filter line reads what it prints, prints what it read, and says what is wrong with anything else."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from maquette.catalog.cards import Capability
from maquette.catalog.filter_terms import HELP, HOSTS, NUMBERS, ORDERS, FilterLine, Kind, Mark, Order, Term, parse
from maquette.catalog.regions import REGIONS
from maquette.foundation.problems import InvalidInput

marks = st.sampled_from(list(Mark))
asks_no = st.sampled_from([Mark.PLAIN, Mark.NOT])
names = st.text("abcdefghijklmnopqrstuvwxyz0123456789.-_/", min_size=1, max_size=12)
figures = st.decimals(min_value=0, max_value=10**12, places=6).map(lambda value: value.normalize())


def terms() -> st.SearchStrategy[Term]:
    number = st.builds(
        lambda key, op, value, mark: Term(kind=Kind.NUMBER, key=key, op=op, value=value, mark=mark),
        st.sampled_from(sorted(NUMBERS)),
        st.sampled_from([">=", "<=", ">", "<", "="]),
        figures,
        st.sampled_from([Mark.PLAIN, Mark.PERHAPS]),
    )
    return st.one_of(
        st.builds(
            lambda key, mark: Term(kind=Kind.CAPABILITY, key=key.value, mark=mark), st.sampled_from(Capability), marks
        ),
        st.builds(lambda key, mark: Term(kind=Kind.REGION, key=key, mark=mark), st.sampled_from(REGIONS), marks),
        number,
        st.builds(
            lambda op, value: Term(kind=Kind.DAY, key="retires", op=op, value=value),
            st.sampled_from([">=", "<=", ">", "<", "="]),
            st.dates().map(str) | st.integers(2000, 2100).map(str) | st.integers(1, 12).map(lambda m: f"2027-{m:02}"),
        ),
        st.builds(
            lambda key, value, mark: Term(kind=Kind.NAMED, key=key, value=tuple(value), mark=mark),
            st.sampled_from(["provider", "maker", "licence"]),
            st.lists(names, min_size=1, max_size=3, unique=True),
            asks_no,
        ),
        st.builds(
            lambda value, mark: Term(kind=Kind.NAMED, key="host", value=tuple(value), mark=mark),
            st.lists(st.sampled_from(HOSTS), min_size=1, max_size=3, unique=True),
            asks_no,
        ),
        st.builds(lambda mark: Term(kind=Kind.FITS, key="fits", mark=mark), asks_no),
        st.builds(lambda value, mark: Term(kind=Kind.WORD, key="id", value=value, mark=mark), names, asks_no),
    )


lines = st.builds(
    lambda terms, order, top: FilterLine(terms=tuple(terms), order=order, top=top),
    st.lists(terms(), max_size=6),
    st.none() | st.builds(lambda key, back: Order(key=key, reversed=back), st.sampled_from(ORDERS), st.booleans()),
    st.none() | st.integers(1, 10**6),
)


@settings(max_examples=300, deadline=None)
@given(lines)
def test_what_is_printed_is_read_back(line: FilterLine) -> None:
    assert parse(str(line)) == line


def read(text: str) -> tuple[FilterLine | None, InvalidInput | None]:
    try:
        return parse(text), None
    except InvalidInput as refused:
        return None, refused


PIECES = [
    "ctx",
    "out",
    "$",
    "in",
    "<",
    ">=",
    "=",
    "32k",
    "1.5m",
    "!",
    "-",
    "?",
    "json",
    "eu",
    "by:",
    "top:",
    "cost",
    ":",
]
texts = st.lists(st.sampled_from(PIECES) | st.text(max_size=3), max_size=12).map("".join)


@settings(max_examples=400, deadline=None)
@given(texts)
def test_any_text_is_either_read_to_a_normal_form_or_refused_with_its_position(text: str) -> None:
    line, refused = read(text)
    if line is None:
        assert refused is not None
        assert " at position " in refused.what
        assert refused.fix
        return
    assert parse(str(line)) == line
    assert str(parse(str(line))) == str(line)


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("EU  json ctx>=32000 $<300 by:quality", "eu json ctx>=32k $<300 by:quality"),
        ("-tools ?json !haiku", "!tools ?json !haiku"),
        ("in$<.5 out$<2.0 $req<0.01", "in<0.5 out$<2 $/req<0.01"),
        ("params<=30 params<=0.5b ctx>=128k ctx>=131072", "params<=30b params<=0.5b ctx>=128k ctx>=131072"),
        ("license:Apache-2.0 provider:openai,azure,openai", "licence:apache-2.0 provider:openai,azure"),
        ("-by:cost top:20", "by:cost- top:20"),
        ("by:cost-", "by:cost-"),
        ("-by:cost-", "by:cost"),
        ("id:eu id:haiku retires>2027-06", "id:eu haiku retires>2027-06"),
        ("", ""),
    ],
)
def test_a_line_has_one_normal_form(text: str, normal: str) -> None:
    assert str(parse(text)) == normal


@pytest.mark.parametrize(
    ("text", "position", "fix"),
    [
        ("eu contxt>=3", 4, "ctx"),
        ("ctx>=abc", 1, "ctx>=32k"),
        ("eu  json by:price", 10, "cost"),
        ("by:cots", 1, "Did you mean cost?"),
        ("provder:openai", 1, "Did you mean provider?"),
        ("host:remote", 1, "local, served, open, api"),
        ("!ctx>=32k", 1, "ctx<32k"),
        ("retires>soon", 1, "2027-06"),
        ("retires>2027-13", 1, "2027-06"),
        ("?provider:openai", 1, "capability"),
        ("top:0", 1, "top:20"),
        ("json by:cost by:name", 14, "Leave out one order."),
        ("json !", 6, "behind"),
        ("provider:", 1, "begins"),
    ],
)
def test_a_term_that_cannot_be_read_is_named_with_its_position_and_a_way_out(
    text: str, position: int, fix: str
) -> None:
    with pytest.raises(InvalidInput) as caught:
        parse(text)
    assert f"at position {position}:" in caught.value.what
    assert fix in caught.value.fix


def test_every_example_of_the_help_is_a_filter() -> None:
    for form, _ in HELP:
        assert parse(form).terms or parse(form).order


def test_multipliers_are_powers_of_a_thousand() -> None:
    assert [term.value for term in parse("ctx>=32k out>=1.5m params<=2b").terms] == [
        Decimal(32_000),
        Decimal(1_500_000),
        Decimal(2_000_000_000),
    ]

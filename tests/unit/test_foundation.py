"""Problems, fingerprints, ranges and readable numbers: what every stage stands on."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from maquette.foundation import problems as tree
from maquette.foundation.lineage import canonical_json, digest, fingerprint, plain
from maquette.foundation.problems import (
    Conflict,
    ExitStatus,
    InvalidInput,
    NotFound,
    Place,
    Problem,
    SeveralProblems,
    each_problem,
    raise_all,
)
from maquette.foundation.shipped import shipped
from maquette.foundation.sources import Source, SourceKind
from maquette.foundation.units import Range, readable_count, readable_usd


class Colour(StrEnum):
    RED = "red"


@dataclass(frozen=True, kw_only=True, slots=True)
class Paint:
    colour: Colour
    litres: Decimal
    tags: Mapping[str, Any]


class Tin(BaseModel):
    paint: str
    usd: Decimal


# -- problems


@pytest.mark.parametrize(
    ("place", "text"),
    [
        (Place(file="a.yaml", line=3, field="x.y"), "a.yaml:3, x.y"),
        (Place(file="a.yaml", field="x.y"), "a.yaml, x.y"),
        (Place(file="a.yaml", line=3), "a.yaml:3"),
        (Place(field="x.y"), "x.y"),
        (Place(line=3), ""),
        (Place(), ""),
    ],
)
def test_a_place_reads_as_file_line_and_field(place: Place, text: str) -> None:
    assert str(place) == text


def test_a_problem_says_where_what_and_what_to_do() -> None:
    place = Place(file="a.yaml", line=3, field="x")
    problem = InvalidInput("'b' is not a number", fix="Write 5.", place=place)
    assert str(problem) == "a.yaml:3, x: 'b' is not a number. Write 5."
    assert str(NotFound("no run", fix="Start one.")) == "no run. Start one."
    assert problem.as_data() == {
        "code": "invalid_input",
        "what": "'b' is not a number",
        "file": "a.yaml",
        "line": 3,
        "field": "x",
        "fix": "Write 5.",
    }


def test_every_problem_has_a_code_and_an_exit_status_of_its_own() -> None:
    kinds = [kind for kind in vars(tree).values() if isinstance(kind, type) and issubclass(kind, Problem)]
    single = [kind for kind in kinds if kind not in (Problem, SeveralProblems)]
    assert len(single) == 6
    assert len({kind.code for kind in kinds}) == len(kinds)
    assert len({kind.exit_status for kind in single}) == len(single)
    assert all(status.meaning for status in ExitStatus)


def test_several_problems_are_raised_as_one_and_taken_apart_again() -> None:
    first, second = Conflict("a", fix="A."), InvalidInput("b", fix="B.")
    with pytest.raises(SeveralProblems) as caught:
        raise_all([first, second])
    assert each_problem(caught.value) == (first, second)
    assert caught.value.exit_status is ExitStatus.CONFLICT
    assert str(caught.value) == "a. A.\nb. B."
    assert each_problem(first) == (first,)


def test_one_problem_is_raised_as_itself_and_none_not_at_all() -> None:
    problem = NotFound("a", fix="A.")
    with pytest.raises(NotFound) as caught:
        raise_all([problem])
    assert caught.value is problem
    raise_all([])


# -- lineage


def test_everything_plain_has_one_text() -> None:
    value = {
        "b": (1, 2.5, True, None),
        "a": Paint(colour=Colour.RED, litres=Decimal("0.10"), tags=MappingProxyType({"x": {3, 1, 2}})),
        "c": [date(2026, 11, 20), datetime(2026, 11, 20, tzinfo=UTC), Tin(paint="ö", usd=Decimal(2))],
    }
    assert canonical_json(value) == (
        '{"a":{"colour":"red","litres":"0.10","tags":{"x":[1,2,3]}},"b":[1,2.5,true,null],'
        '"c":["2026-11-20","2026-11-20T00:00:00+00:00",{"paint":"ö","usd":"2"}]}'
    )


def test_what_has_no_plain_form_is_refused() -> None:
    for value in (object(), {"a": b"x"}, Paint, lambda: 1):
        with pytest.raises(TypeError, match="has no plain form"):
            plain(value)


def test_a_fingerprint_is_the_beginning_of_the_digest_of_the_text() -> None:
    assert fingerprint({"a": 1}) == digest(b'[{"a":1}]')[:16]
    assert digest(b"") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.text(), PLAIN, max_size=5))
def test_the_order_of_the_keys_does_not_change_a_fingerprint(value: dict[str, Any]) -> None:
    assert fingerprint(dict(reversed(value.items()))) == fingerprint(value)


@given(PLAIN, PLAIN)
def test_equal_fingerprints_mean_equal_plain_values(one: Any, other: Any) -> None:
    assert (fingerprint(one) == fingerprint(other)) is (canonical_json(one) == canonical_json(other))


# -- units and sources


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        (None, "unpriced"),
        ("0", "$0.00"),
        ("0.0000986842", "$0.0000987"),
        ("0.51444", "$0.514"),
        ("1", "$1.00"),
        ("1.005", "$1.00"),
        ("99.994", "$99.99"),
        ("100", "$100"),
        ("15000.5", "$15,000"),
        ("266000", "$266,000"),
    ],
)
def test_money_reads_in_dollars_cents_or_three_digits(amount: str | None, text: str) -> None:
    assert readable_usd(None if amount is None else Decimal(amount)) == text


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0"),
        (100, "100"),
        (1234567, "1,234,567"),
        (57.8700, "57.87"),
        (Decimal("463.0"), "463"),
        (1e21, "1" + ",000" * 7),
    ],
)
def test_counts_read_in_groups_of_three_digits(count: float | Decimal, text: str) -> None:
    assert readable_count(count) == text


@given(st.lists(st.integers(), min_size=3, max_size=3))
def test_a_range_is_in_order_or_refused(numbers: list[int]) -> None:
    low, base, high = sorted(numbers)
    assert Range(low=low, base=base, high=high).base == base
    if low < base:
        with pytest.raises(ValueError, match="not a range"):
            Range(low=base, base=low, high=high)


def test_a_source_reads_with_its_kind_and_its_day() -> None:
    assert str(Source(kind=SourceKind.CLAIMED, ref="card", as_of=date(2026, 11, 20))) == "claimed: card (2026-11-20)"
    assert str(Source(kind=SourceKind.MEASURED, ref="run 7")) == "measured: run 7"
    assert len({kind.mark for kind in SourceKind}) == len(SourceKind)


def test_what_ships_is_found() -> None:
    assert shipped("catalog", "questions", "questions.yaml").is_file()

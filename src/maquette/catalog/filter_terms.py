"""The filter line: ``eu json ctx>=32k $<300 by:quality``, read into a value and printed back in its normal form.

One row of a table a kind of term. What a term does to a candidate is in `filtering`.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import TypeVar

from maquette.catalog.cards import Capability
from maquette.catalog.regions import REGIONS
from maquette.foundation.problems import InvalidInput
from maquette.foundation.wording import listed, shown, suggestion

Found = TypeVar("Found")


class Mark(StrEnum):
    """What stands before a term: nothing, ! for all others, ? for those of which nobody knows as well."""

    PLAIN = ""
    NOT = "!"
    PERHAPS = "?"


class Kind(StrEnum):
    """The kinds of terms."""

    CAPABILITY = "capability"
    REGION = "region"
    NUMBER = "number"
    DAY = "day"
    NAMED = "named"
    FITS = "fits"
    WORD = "word"


NUMBERS: Mapping[str, str] = {
    "ctx": "tokens of context",
    "out": "tokens of the longest answer",
    "$": "USD a month at launch",
    "$/req": "USD a request",
    "in$": "USD for a million tokens in",
    "out$": "USD for a million tokens out",
    "params": "parameters, in billions unless k, m or b is given",
}
_ALSO = {"in": "in$", "$req": "$/req", "license": "licence"}
NAMES: Mapping[str, str] = {
    "provider": "the provider begins with it",
    "host": "local, served, open or api",
    "maker": "who trained it",
    "licence": "the licence begins with it",
    "id": "the id holds it",
}
HOSTS = ("local", "served", "open", "api")
ORDERS = ("cost", "quality", "ctx", "name", "release")
HELP: tuple[tuple[str, str], ...] = (
    (" ".join(Capability), "what the model can do; !tools leaves out who can, ?json keeps who may"),
    (" ".join(REGIONS), "where it runs"),
    ("ctx>=32k out>=8k", "tokens of context, of the longest answer; k, m, b"),
    ("$<300 $/req<0.01", "USD a month at launch, USD a request"),
    ("in<0.5 out$<2", "USD for a million tokens in and out"),
    ("params<=30b", "parameters of open weights"),
    ("retires>2027", "last day; one that nobody published counts as never"),
    ("provider:openai maker:meta", "who runs it, who trained it; several with commas"),
    ("host:local,open licence:mit", "own files, open weights or an API; the licence of weights"),
    ("fits", "every requirement is met as far as it is stated"),
    ("haiku id:eu", "the id holds it"),
    ("by:cost- top:20", f"order ({', '.join(ORDERS)}; - reverses), and how many"),
)
"""Every form with what it means, for help texts."""

_TIMES = {"": Decimal(1), "k": Decimal(10) ** 3, "m": Decimal(10) ** 6, "b": Decimal(10) ** 9}
_FIGURE = re.compile(r"(\d{1,30}(?:\.\d{1,30})?|\.\d{1,30})([kmb]?)")
_DAY = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?")
_COMPARED = re.compile(r"([a-z$/]+)(>=|<=|>|<|=)(.*)")
_NAMED = re.compile(r"([a-z]+):(.*)")


@dataclass(frozen=True, kw_only=True, slots=True)
class Term:
    """One term.

    Attributes:
        key: The capability, the region, the number's name, or what is named; the kind itself where there is no choice.
        op: How a number or day is compared; empty otherwise.
        value: A number in single units, a day as it was written, the names, or the word.
    """

    kind: Kind
    key: str
    mark: Mark = Mark.PLAIN
    op: str = ""
    value: Decimal | str | tuple[str, ...] = ""

    def __str__(self) -> str:
        match self.kind:
            case Kind.NUMBER if isinstance(self.value, Decimal):
                key = "in" if self.key == "in$" else self.key
                return f"{self.mark}{key}{self.op}{_figure(self.value, self.key)}"
            case Kind.DAY:
                return f"{self.mark}{self.key}{self.op}{self.value}"
            case Kind.NAMED:
                return f"{self.mark}{self.key}:{','.join(self.value) if isinstance(self.value, tuple) else self.value}"
            case Kind.WORD:
                return f"{self.mark}{'' if _reads_as_word(str(self.value)) else 'id:'}{self.value}"
        return f"{self.mark}{self.key}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Order:
    """By what candidates are put in order; each has its natural direction, which may be reversed."""

    key: str
    reversed: bool = False

    def __str__(self) -> str:
        return f"by:{self.key}{'-' if self.reversed else ''}"


@dataclass(frozen=True, kw_only=True, slots=True)
class FilterLine:
    """A whole line: terms that must all hold, the order, and how many to keep; None leaves both as they are."""

    terms: tuple[Term, ...] = ()
    order: Order | None = None
    top: int | None = None

    def __str__(self) -> str:
        parts = [str(term) for term in self.terms]
        parts += [str(self.order)] if self.order else []
        parts += [f"top:{self.top}"] if self.top is not None else []
        return " ".join(parts)


class _Wrong(Exception):
    """A term that cannot be read: what is wrong with it, and what to do."""

    def __init__(self, why: str, fix: str) -> None:
        super().__init__(why)
        self.why, self.fix = why, fix


def parse(text: str) -> FilterLine:
    """Read a filter line; letter case does not matter.

    Raises:
        InvalidInput: A term cannot be read; the message has the term, its position from 1, and the nearest known one.
    """
    terms: list[Term] = []
    order: Order | None = None
    top: int | None = None
    for position, written in _words(text):
        try:
            found = _read(written.lower())
            if isinstance(found, Order):
                order = _once(order, found, "order")
            elif isinstance(found, int):
                top = _once(top, found, "top")
            else:
                terms.append(found)
        except _Wrong as wrong:
            raise InvalidInput(f"{shown(written)} at position {position}: {wrong.why}", fix=wrong.fix) from wrong
    return FilterLine(terms=tuple(terms), order=order, top=top)


def _words(text: str) -> Iterator[tuple[int, str]]:
    for match in re.finditer(r"\S+", text):
        yield match.start() + 1, match[0]


def _once(before: Found | None, found: Found, what: str) -> Found:
    if before is not None:
        raise _Wrong(f"there is one {what} already", f"Leave out one {what}.")
    return found


def _read(word: str) -> Term | Order | int:
    mark, rest = _marked(word)
    if not rest:
        raise _Wrong("nothing stands behind the mark", "Write what is meant directly behind it.")
    if rest.startswith(("by:", "top:")):
        return _arranged(mark, rest)
    return _term(mark, rest)


def _marked(word: str) -> tuple[Mark, str]:
    if word[0] in "!-":
        return Mark.NOT, word[1:]
    return (Mark.PERHAPS, word[1:]) if word[0] == "?" else (Mark.PLAIN, word)


def _arranged(mark: Mark, rest: str) -> Order | int:
    key, _, value = rest.partition(":")
    if key == "top":
        if mark is not Mark.PLAIN or not value.isdecimal() or not 0 < int(value[:9]) == int(value):
            raise _Wrong("top needs a whole number from 1 on", "Write top:20.")
        return int(value)
    backwards = value.endswith("-") is not (mark is Mark.NOT)
    value = value.removesuffix("-")
    if value not in ORDERS or mark is Mark.PERHAPS:
        raise _Wrong("that is no order", suggestion(value, ORDERS) or f"There are {listed(ORDERS)}.")
    return Order(key=value, reversed=backwards)


def _term(mark: Mark, rest: str) -> Term:
    for pattern, read in _FORMS:
        if (match := pattern.fullmatch(rest)) is not None and (term := read(mark, match)) is not None:
            return term
    if rest in set(Capability):
        return Term(kind=Kind.CAPABILITY, key=rest, mark=mark)
    if rest in REGIONS:
        return Term(kind=Kind.REGION, key=rest, mark=mark)
    _no_perhaps(mark)
    if rest == "fits":
        return Term(kind=Kind.FITS, key=rest, mark=mark)
    return _word(mark, rest)


def _word(mark: Mark, rest: str) -> Term:
    if rest[0] in "!-?":
        raise _Wrong("one mark is enough", "Write one of ! and ?, or id: before a part of a model's id.")
    return Term(kind=Kind.WORD, key="id", mark=mark, value=rest)


def _compared(mark: Mark, match: re.Match[str]) -> Term:
    key, op, value = match[1], match[2], match[3]
    if key == "retires":
        return _day(mark, op, value)
    key = _ALSO.get(key, key)
    if key not in NUMBERS:
        known = (*NUMBERS, *_ALSO, "retires")
        raise _Wrong(f"{shown(match[1])} is no number of a model", suggestion(match[1], known) or f"{listed(NUMBERS)}.")
    if mark is Mark.NOT:
        raise _Wrong("a comparison has an opposite", f"Write {key}{_OPPOSITE[op]}{value}.")
    figure = _FIGURE.fullmatch(value)
    if figure is None:
        raise _Wrong(f"{shown(value)} is no number", f"Write a number such as {key}{op}32k; k, m and b multiply.")
    times = _TIMES["b"] if key == "params" and not figure[2] else _TIMES[figure[2]]
    return Term(kind=Kind.NUMBER, key=key, mark=mark, op=op, value=Decimal(figure[1]) * times)


_OPPOSITE = {">=": "<", "<": ">=", "<=": ">", ">": "<=", "=": ">"}


def _day(mark: Mark, op: str, value: str) -> Term:
    if mark is not Mark.PLAIN:
        raise _Wrong("a day takes no mark", "A last day that nobody published counts as never: compare the other way.")
    try:
        period(value)
    except ValueError as error:
        raise _Wrong(
            f"{shown(value)} is no day", "Write a year, a month or a day: 2027, 2027-06, 2027-06-30."
        ) from error
    return Term(kind=Kind.DAY, key="retires", op=op, value=value)


def period(text: str) -> tuple[date, date]:
    """The first and the last day of a year, a month or a day.

    Raises:
        ValueError: It is none of these.
    """
    match = _DAY.fullmatch(text)
    if match is None:
        raise ValueError(text)
    year, month, day = int(match[1]), int(match[2] or 0), int(match[3] or 0)
    if day:
        return date(year, month, day), date(year, month, day)
    if match[3] or (match[2] and not month):
        raise ValueError(text)
    if not month:
        return date(year, 1, 1), date(year, 12, 31)
    after = date(year + month // 12, month % 12 + 1, 1) if year < date.max.year else date.max
    return date(year, month, 1), date.fromordinal(after.toordinal() - 1)


def _named(mark: Mark, match: re.Match[str]) -> Term | None:
    key, value = _ALSO.get(match[1], match[1]), match[2]
    if key not in NAMES:
        near = suggestion(match[1], (*NAMES, *_ALSO, "by", "top"))
        if near is None:
            return None
        raise _Wrong(f"there is no {shown(match[1] + ':')}", near)
    _no_perhaps(mark)
    if key == "id" and value:
        return Term(kind=Kind.WORD, key="id", mark=mark, value=value)
    names = tuple(dict.fromkeys(name for name in value.split(",") if name))
    if not names:
        raise _Wrong(f"nothing stands behind {key}:", f"Write a name: {NAMES[key]}.")
    if key == "host" and (wrong := next((name for name in names if name not in HOSTS), None)):
        raise _Wrong(f"{shown(wrong)} is no host", suggestion(wrong, HOSTS) or f"There are {listed(HOSTS)}.")
    return Term(kind=Kind.NAMED, key=key, mark=mark, value=names)


def _no_perhaps(mark: Mark) -> None:
    if mark is Mark.PERHAPS:
        raise _Wrong("? goes before what may be unknown", "Put it before a capability, a region or a number.")


_FORMS: tuple[tuple[re.Pattern[str], Callable[[Mark, re.Match[str]], Term | None]], ...] = (
    (_COMPARED, _compared),
    (_NAMED, _named),
)


def _figure(value: Decimal, key: str) -> str:
    """The number with the largest multiplier that keeps it short; parameters always in billions."""
    if key == "params":
        return f"{_plain(value / _TIMES['b'])}b"
    for suffix in ("b", "m", "k"):
        scaled = value / _TIMES[suffix]
        if scaled >= 1 and scaled == round(scaled, 2):
            return f"{_plain(scaled)}{suffix}"
    return _plain(value)


def _plain(value: Decimal) -> str:
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") or "0" if "." in text else text


def _reads_as_word(value: str) -> bool:
    """Whether the bare word is read as a part of an id again."""
    try:
        found = _read(value)
    except _Wrong:
        return False
    return isinstance(found, Term) and found.kind is Kind.WORD and found.mark is Mark.PLAIN and found.value == value

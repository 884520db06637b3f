"""What was really spent, as values: rows a day, model, provider and tag, and their sums. Days are UTC."""

import re
from calendar import monthrange
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Context, Decimal, localcontext
from typing import TypeVar

from maquette.foundation.units import Usd

_DATED = re.compile(r"[-@](20\d{6}|20\d\d-\d\d-\d\d)$")
Key = TypeVar("Key")

EXACT = Context(prec=80)
"""Digits enough for any sum of amounts, so that none is rounded."""


@dataclass(frozen=True, kw_only=True, slots=True)
class DayRow:
    """One day of one model, provider, tag and team.

    Attributes:
        model: As the log or the bill names it; empty when it names none.
        requests, input_tok, cached_tok, output_tok, usd: None when the source does not say. Cached tokens are part of
            the input. Refunds make ``usd`` negative.
        cache_hits: Requests that the gateway answered itself; failed: calls that failed, which are no requests.
    """

    day: date
    model: str = ""
    provider: str | None = None
    tag: str | None = None
    team: str | None = None
    requests: int | None = None
    cache_hits: int | None = None
    failed: int | None = None
    input_tok: int | None = None
    cached_tok: int | None = None
    output_tok: int | None = None
    usd: Usd | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Total:
    """Sums over rows; None where no row says."""

    requests: int | None = None
    input_tok: int | None = None
    cached_tok: int | None = None
    output_tok: int | None = None
    usd: Usd | None = None


def total(rows: Iterable[DayRow]) -> Total:
    """The exact sums of what is known."""
    kept = tuple(rows)
    return Total(
        requests=_sum(row.requests for row in kept),
        input_tok=_sum(row.input_tok for row in kept),
        cached_tok=_sum(row.cached_tok for row in kept),
        output_tok=_sum(row.output_tok for row in kept),
        usd=sum_usd(row.usd for row in kept),
    )


def totals_by(rows: Iterable[DayRow], key: Callable[[DayRow], Key]) -> dict[Key, Total]:
    """The sums of each group, in the order in which the groups first appear."""
    groups: dict[Key, list[DayRow]] = {}
    for row in rows:
        groups.setdefault(key(row), []).append(row)
    return {name: total(group) for name, group in groups.items()}


def by_day(rows: Sequence[DayRow]) -> dict[date, Usd]:
    """Dollars of every day from the first to the last; a day between without rows cost nothing."""
    known: dict[date, Usd] = {}
    for row in rows:
        if row.usd is not None:
            known[row.day] = EXACT.add(known.get(row.day, Usd(0)), row.usd)
    if not known:
        return {}
    first, last = min(known), max(known)
    days = (first + timedelta(number) for number in range((last - first).days + 1))
    return {day: known.get(day, Usd(0)) for day in days}


def month_of(day: date) -> str:
    """The month as 2026-10."""
    return f"{day:%Y-%m}"


def days_in(month: str) -> tuple[date, ...]:
    """The days of a month such as 2026-10."""
    year, number = int(month[:4]), int(month[5:7])
    return tuple(date(year, number, day) for day in range(1, monthrange(year, number)[1] + 1))


def plain_model(name: str) -> str:
    """A model's name without its route, its date and its signs, to see that two sources mean the same one."""
    last = _DATED.sub("", name.strip().lower().rpartition("/")[2])
    return re.sub(r"[^a-z0-9]+", "-", last).strip("-")


def sum_usd(amounts: Iterable[Usd | None]) -> Usd | None:
    """The sum of what is known; None where nothing is."""
    known = [amount for amount in amounts if amount is not None]
    with localcontext(EXACT):
        return sum(known, Decimal(0)) if known else None


def _sum(counts: Iterable[int | None]) -> int | None:
    known = [count for count in counts if count is not None]
    return sum(known) if known else None

"""What a filter line does to candidates: which stay, in which order, how many."""

import re
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from decimal import Decimal

from maquette.catalog.cards import Capability, Hosting, ModelCard
from maquette.catalog.data_filters import beginnings
from maquette.catalog.families import maker
from maquette.catalog.filter_terms import FilterLine, Kind, Mark, Order, Term, period
from maquette.catalog.quoting import INPUT, OUTPUT
from maquette.catalog.regions import any_in
from maquette.catalog.shortlist import Candidate, Fit
from maquette.foundation.wording import suggestion

MILLION = 1_000_000
Test = Callable[[Candidate], bool | None]
"""Whether a candidate is meant; None when nobody knows."""

_HOSTS = {"local": Hosting.LOCAL_FILE, "served": Hosting.SERVED, "open": Hosting.OPEN_WEIGHTS, "api": Hosting.API}
_DATED = re.compile(r"(20\d\d)-?(0[1-9]|1[0-2])-?([0-3]\d)(?!\d)")


def apply(line: FilterLine, candidates: Iterable[Candidate]) -> tuple[Candidate, ...]:
    """The candidates that every term keeps, in the line's order, at most as many as it says."""
    kept = list(candidates)
    for term in line.terms:
        test, keeps = _test(term), _KEEPS[term.mark]
        kept = [candidate for candidate in kept if keeps(test(candidate))]
    if line.order is not None:
        kept = _ordered(line.order, kept)
    return tuple(kept[: line.top])


def needs_traffic(line: FilterLine) -> bool:
    """Whether a term asks for a cost that only a project's traffic gives."""
    return any(term.key in {"$", "$/req"} for term in line.terms)


def strange_word(line: FilterLine, candidates: Sequence[Candidate]) -> str | None:
    """A sentence on the first word that no id holds, with the term that may have been meant; None when all are met."""
    for term in line.terms:
        if term.kind is Kind.WORD and term.mark is Mark.PLAIN and not any(map(_test(term), candidates)):
            known = (*Capability, "fits", *(candidate.card.id for candidate in candidates))
            near = suggestion(str(term.value), known)
            return " ".join(part for part in (f"No model here has {term.value!r} in its id.", near) if part)
    return None


def released(card: ModelCard) -> date | None:
    """The day in the model's id, as providers write it there; None when it has none."""
    match = _DATED.search(card.id)
    if match is None:
        return None
    try:
        return date(int(match[1]), int(match[2]), int(match[3]))
    except ValueError:
        return None


_KEEPS: dict[Mark, Callable[[bool | None], bool]] = {
    Mark.PLAIN: lambda met: met is True,
    Mark.NOT: lambda met: met is not True,
    Mark.PERHAPS: lambda met: met is not False,
}


def _test(term: Term) -> Test:
    match term.kind:
        case Kind.CAPABILITY:
            capability = Capability(term.key)
            return lambda candidate: candidate.card.capabilities.get(capability)
        case Kind.REGION:
            return lambda candidate: _runs_in(candidate.card, term.key)
        case Kind.NUMBER if isinstance(term.value, Decimal):
            return _number_test(_FIGURES[term.key], term.op, term.value)
        case Kind.DAY:
            return _day_test(term.op, str(term.value))
        case Kind.NAMED if isinstance(term.value, tuple):
            return _name_test(term.key, term.value)
        case Kind.FITS:
            return lambda candidate: candidate.fit is Fit.FITS
    part = str(term.value)
    return lambda candidate: part in candidate.card.id.lower()


def _runs_in(card: ModelCard, region: str) -> bool | None:
    """Own machines stand wherever their owner puts them."""
    return True if card.hosting is not Hosting.API else any_in(card.regions, region)


def _per_million(key: str) -> Callable[[Candidate], Decimal | None]:
    def figure(candidate: Candidate) -> Decimal | None:
        price = candidate.card.price
        found = price.usd_per_unit.get(key) if price else None
        return None if found is None else found * MILLION

    return figure


def _month(candidate: Candidate) -> Decimal | None:
    return candidate.usd_per_month.base if candidate.usd_per_month else None


def _params(candidate: Candidate) -> Decimal | None:
    params_b = candidate.card.weights.params_b if candidate.card.weights else None
    return None if params_b is None else params_b * 1000 * MILLION


_FIGURES: dict[str, Callable[[Candidate], Decimal | int | None]] = {
    "ctx": lambda candidate: candidate.card.context_tok,
    "out": lambda candidate: candidate.card.max_output_tok,
    "$": _month,
    "$/req": lambda candidate: candidate.usd_per_request,
    "in$": _per_million(INPUT),
    "out$": _per_million(OUTPUT),
    "params": _params,
}


def _number_test(figure: Callable[[Candidate], Decimal | int | None], op: str, limit: Decimal) -> Test:
    compares: dict[str, Callable[[Decimal | int], bool]] = {
        ">=": lambda value: value >= limit,
        "<=": lambda value: value <= limit,
        ">": lambda value: value > limit,
        "<": lambda value: value < limit,
        "=": lambda value: value == limit,
    }
    compare = compares[op]

    def test(candidate: Candidate) -> bool | None:
        value = figure(candidate)
        return None if value is None else compare(value)

    return test


def _day_test(op: str, text: str) -> Test:
    """A period is compared as a whole: ``>2027`` is after its last day. No published day counts as never."""
    first, last = period(text)
    compares: dict[str, Callable[[date], bool]] = {
        ">=": lambda day: day >= first,
        "<=": lambda day: day <= last,
        ">": lambda day: day > last,
        "<": lambda day: day < first,
        "=": lambda day: first <= day <= last,
    }
    compare = compares[op]
    return lambda candidate: compare(candidate.card.retires_on or date.max)


def _name_test(key: str, names: tuple[str, ...]) -> Test:
    match key:
        case "host":
            wanted = {_HOSTS[name] for name in names}
            return lambda candidate: candidate.card.hosting in wanted
        case "maker":
            return lambda candidate: None if (made := maker(candidate.card)) is None else made in names
        case "licence":
            return lambda candidate: None if (has := _licence(candidate.card)) is None else has.startswith(names)
    starts = (*names, *beginnings(names))
    return lambda candidate: candidate.card.provider.lower().startswith(starts)


def _licence(card: ModelCard) -> str | None:
    if card.weights is None:
        return None
    found = card.weights.terms.id if card.weights.terms else card.weights.licence
    return found.lower() if found else None


def _ordered(order: Order, candidates: list[Candidate]) -> list[Candidate]:
    """By the order's own direction, cheapest, best, longest or newest first; what is not known comes last."""
    figure, downwards = _ORDERS[order.key]
    known = [(value, candidate) for candidate in candidates if (value := figure(candidate)) is not None]
    known.sort(key=lambda pair: pair[0], reverse=downwards is not order.reversed)
    rest = [candidate for candidate in candidates if figure(candidate) is None]
    return [*(candidate for _, candidate in known), *rest]


def _cost(candidate: Candidate) -> Decimal | None:
    """A request, or a token in and one out where no traffic is known; both put a project's candidates in one order."""
    if candidate.usd_per_request is not None:
        return candidate.usd_per_request
    tokens_in, tokens_out = _FIGURES["in$"](candidate), _FIGURES["out$"](candidate)
    return None if tokens_in is None or tokens_out is None else Decimal(tokens_in + tokens_out)


def _quality(candidate: Candidate) -> tuple[bool, str, float] | None:
    """Measured before claimed, and claims on one benchmark together: the scores of two are not compared."""
    quality = candidate.quality
    if quality is None:
        return None
    return quality.benchmark is None, quality.benchmark or "", quality.value


_ORDERS: dict[
    str, tuple[Callable[[Candidate], "Decimal | int | str | date | tuple[bool, str, float] | None"], bool]
] = {
    "cost": (_cost, False),
    "quality": (_quality, True),
    "ctx": (lambda candidate: candidate.card.context_tok, True),
    "name": (lambda candidate: candidate.card.id, False),
    "release": (lambda candidate: released(candidate.card), True),
}

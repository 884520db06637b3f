"""The providers of the shortlist side by side, and what each one's terms say on the requirements that ask for one."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from maquette.bundle.documents.capacity_figures import percent
from maquette.bundle.documents.migration import prices_day
from maquette.bundle.documents.seen import Seen
from maquette.bundle.figures import Figure, Sentence, estimated, figure
from maquette.catalog.families import host
from maquette.catalog.scorecard import ProviderScore
from maquette.catalog.scorecard_terms import Mark
from maquette.foundation.sources import Source, SourceKind
from maquette.foundation.units import Range, Usd, readable_count, readable_usd

MOST_PROVIDERS = 8
MOST_COLUMNS = 4
"""Providers whose terms stand in full: those of the chosen models, then the next ones."""

_OFFERED: Mapping[bool | None, str] = {True: "yes", False: "no", None: "nobody says"}


def providers_view(seen: Seen) -> Mapping[str, Any]:
    """Rows of the scorecard and the matrix of terms; empty where no model of the shortlist is behind an API."""
    found = seen.inputs.providers
    shown = found[:MOST_PROVIDERS]
    columns = found[: max(MOST_COLUMNS, sum(bool(one.chosen) for one in found))]
    return {
        "rows": [_row(one, seen) for one in shown],
        "left_out": _left_out(len(found) - len(shown)),
        "columns": [one.title for one in columns] if any(one.marks for one in columns) else [],
        "terms": list(_terms(columns)),
        "verdict": list(_verdict(found)),
    }


def _left_out(count: int) -> Figure | None:
    """The providers beyond the rows that are shown; None where there are none."""
    words = f"{readable_count(count)} provider{'s' if count > 1 else ''}"
    formula = f"providers of the shortlist's models, less the {MOST_PROVIDERS} that meet the most"
    return estimated(words, formula) if count > 0 else None


def _row(one: ProviderScore, seen: Seen) -> Mapping[str, Any]:
    leading = one.leading
    price = leading.card.price
    formula = f"price of {leading.card.id}, {price.source if price else 'unpriced'}"
    request, month, end = leading.usd_per_request, leading.usd_per_month, one.next_end
    return {
        "provider": one.title,
        "models": f"{readable_count(one.fits)} of {readable_count(len(one.candidates))}",
        "leading": leading.card.id,
        "chosen": ", ".join(one.chosen),
        "request": None if request is None else estimated(readable_usd(request), formula),
        "month": None if month is None else estimated(_between(month), formula),
        "record": _record(one, seen),
        "lanes": list(_lanes(one)),
        "end": None if end is None else _claimed(_last_day(*end, seen), f"catalog entry of {end[0]}"),
        "marks": f"{one.count(True)} / {one.count(False)} / {one.count(None)}",
    }


def _last_day(model: str, last: date, seen: Seen) -> str:
    day = prices_day(seen)
    left = "" if day is None else f", {readable_count((last - day).days)} days after the prices were read"
    return f"{last.isoformat()}, {model}{left}"


def _between(month: Range[Usd]) -> str:
    low, high = readable_usd(month.low), readable_usd(month.high)
    return low if low == high else f"{low} to {high}"


def _record(one: ProviderScore, seen: Seen) -> Figure | None:
    """How often its company answered; the agreement's promise is a criterion of its own."""
    known = seen.constants.get("provider_record") or {}
    share = (known.get("shares") or {}).get(host(one.leading.card))
    return (
        None if share is None else _claimed(percent(Decimal(str(share))), f"{known['source']}, read {known['as_of']}")
    )


def _lanes(one: ProviderScore) -> Iterator[str | Figure]:
    """Batch lane with its discount, and what can be tuned; each with who says so."""
    card, record = one.leading.card, one.record
    prices = card.price.usd_per_unit if card.price else {}
    own, later = prices.get("input_cost_per_token"), prices.get("input_cost_per_token_batches")
    yield "batch "
    if own and later and card.price:
        ratio = f"{readable_count(round(later / own, 2))} of the price"
        yield figure(ratio, card.price.source)
    elif record and record.batch:
        yield _claimed(_OFFERED[record.batch.value], str(record.batch.origin.ref))
    else:
        yield _OFFERED[one.has_batch_lane]
    if record and record.tuning:
        yield "; tunes "
        yield _claimed(", ".join(each.family for each in record.tuning), record.tuning[0].source)


def _claimed(text: str, ref: str) -> Figure:
    return figure(text, Source(kind=SourceKind.CLAIMED, ref=ref))


def _terms(columns: Sequence[ProviderScore]) -> Iterator[Mapping[str, Any]]:
    """A row a criterion, then a row each for what nothing asks for; a cell a provider."""
    marks = [{mark.name: mark for mark in (*one.marks, *one.terms)} for one in columns]
    heads = {mark.name: mark for one in columns for mark in (*one.marks, *one.terms)}
    for name, head in heads.items():
        said = [each.get(name) for each in marks]
        yield {
            "criterion": name,
            "wants": head.wants,
            "fact": head.fact,
            "cells": [["not published"] if mark is None else list(_cell(mark)) for mark in said],
        }


def _cell(mark: Mark) -> Iterator[str | Figure]:
    if mark.fact:
        yield f"{mark.verdict}: "
    yield mark.says if mark.source is None else figure(mark.says, mark.source)


def _verdict(found: Sequence[ProviderScore]) -> Iterator[Sentence]:
    """What the marks say of the providers that are chosen: what is not met, what is still to be asked."""
    for one in found:
        if not one.chosen:
            continue
        for met, words in ((False, "does not meet"), (None, "is still to be asked about")):
            names = [mark.name for mark in one.marks if mark.met is met and (met is False or mark.source is None)]
            if names:
                yield [f"{one.title}, who runs {', '.join(one.chosen)}, {words} {', '.join(names)}."]
    if found and not any(one.chosen for one in found):
        yield [f"No provider is chosen; {found[0].title} meets the most: {found[0].count(True)} criteria."]

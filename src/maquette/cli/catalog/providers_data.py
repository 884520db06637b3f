"""Providers as data for --json and as rows for tables; unknown stays unknown."""

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, TypeVar

from maquette.catalog.cards import Hosting, ModelCard
from maquette.catalog.providers import OfferStated, Provider, RegionsStated, Retired, Stated, Tuning, provider_of
from maquette.cli.catalog import knowledge_contracts as c
from maquette.cli.catalog.ages import old
from maquette.cli.contract_parts import FORMAT, exact

Value = TypeVar("Value")
HEADINGS = ("provider", "models", "data can stay in", "keeps prompts", "zero retention", "BAA", "trains", "uptime")
TUNING_HEADINGS = ("family", "models", "methods", "note", "read on")
RETIRED_HEADINGS = ("product", "last day", "replacement", "ids", "read on")

_FACTS = (
    ("seat", "under the law of"),
    ("regions", "data can be kept in"),
    ("retention_days", "keeps prompts, days"),
    ("zero_retention", "zero retention"),
    ("trains_on_data", "trains on API data by default"),
    ("baa", "business associate agreement"),
    ("uptime", "uptime promised"),
    ("batch", "batch lane"),
    ("families", "current families"),
    ("tunes", "fine-tunes"),
)
_YES_NO = {True: "yes", False: "no"}


def model_counts(cards: Iterable[ModelCard], providers: Sequence[Provider]) -> dict[str, int]:
    """How many models of the catalog each provider serves."""
    served: dict[str, int] = {}
    for card in cards:
        if card.hosting is Hosting.API:
            served[card.provider] = served.get(card.provider, 0) + 1
    counts = dict.fromkeys((each.name for each in providers), 0)
    for name, count in served.items():
        found = provider_of(name, providers)
        if found:
            counts[found.name] += count
    return counts


def provider_rows(providers: Iterable[Provider], counts: dict[str, int]) -> list[tuple[str, ...]]:
    """One row for each provider, under `HEADINGS`."""
    return [
        (
            each.name,
            str(counts[each.name]),
            in_words(each.regions),
            f"{in_words(each.retention_days)} days" if each.retention_days else "unknown",
            in_words(each.zero_retention),
            in_words(each.baa),
            in_words(each.trains_on_data),
            in_words(each.uptime),
        )
        for each in providers
    ]


def fact_lines(provider: Provider, count: int, today: date) -> list[str]:
    """What is known of one provider, a line each, with its page; what nobody states is said."""
    lines = [f"{provider.title} ({provider.name}), {count} models in the catalog"]
    for field, label in _FACTS:
        fact: Stated[Any] | None = getattr(provider, field)
        if fact is None:
            lines.append(f"  {label}: unknown")
            continue
        note = f"; {fact.note}" if fact.note else ""
        lines.append(f"  {label}: {in_words(fact)}{note} [{fact.source}, {read_on(fact.as_of, today)}]")
    for label, value in (("key", provider.key_variable), ("prices", provider.prices), ("status", provider.status)):
        lines.append(f"  {label}: {value or 'unknown'}")
    return [*lines, *(f"  {note.value} [{note.source}, {read_on(note.as_of, today)}]" for note in provider.notes)]


def tuning_rows(tuning: Iterable[Tuning], today: date) -> list[tuple[str, ...]]:
    """One row for each family that can be fine-tuned."""
    return [
        (each.family, ", ".join(each.models), ", ".join(each.methods), each.note or "", read_on(each.as_of, today))
        for each in tuning
    ]


def retired_rows(retired: Iterable[Retired], today: date) -> list[tuple[str, ...]]:
    """One row for each product that is gone or will be."""
    return [
        (
            each.product,
            each.last_day.isoformat() if each.last_day else "unknown",
            each.replacement or "",
            ", ".join(each.ids),
            read_on(each.as_of, today),
        )
        for each in retired
    ]


def in_words(fact: Stated[Any] | None) -> str:
    """A fact's value as people read it; "unknown" when nobody states it."""
    if fact is None:
        return "unknown"
    value = fact.value
    if isinstance(value, bool):
        return _YES_NO[value]
    text = ", ".join(value) if isinstance(value, tuple) else str(value)
    return f"{text} and others" if isinstance(fact, RegionsStated) and fact.partial else text


def read_on(as_of: date, today: date) -> str:
    """The day of a page, and whether that is long ago."""
    return f"{as_of.isoformat()}, old" if old(as_of, today) else as_of.isoformat()


def providers_data(providers: Iterable[Provider], counts: dict[str, int], today: date) -> c.ProvidersData:
    """Every record with its sources."""
    return {"format": FORMAT, "providers": [_provider(each, counts[each.name], today) for each in providers]}


def _provider(each: Provider, count: int, today: date) -> c.ProviderData:
    return {
        "name": each.name,
        "title": each.title,
        "covers": list(each.covers),
        "key_variable": each.key_variable,
        "seat": _fact(each.seat),
        "regions": _regions(each.regions),
        "retention_days": _fact(each.retention_days),
        "zero_retention": _offered(each.zero_retention),
        "trains_on_data": _fact(each.trains_on_data),
        "baa": _offered(each.baa),
        "uptime": _share(each.uptime),
        "batch": _fact(each.batch),
        "families": _list(each.families),
        "tunes": _with(each.tunes, each.tunes.value.value) if each.tunes else None,
        "tuning": [_tuning(one) for one in each.tuning],
        "prices": each.prices,
        "status": each.status,
        "retired": [_retired(one) for one in each.retired],
        "notes": [_with(one, one.value) for one in each.notes],
        "models": count,
        "old": _old_facts(each, today),
    }


def _with(fact: Stated[Any], value: Value) -> c.FactData[Value]:
    return {"source": fact.source, "as_of": fact.as_of.isoformat(), "value": value, "note": fact.note}


def _fact(fact: Stated[Value] | None) -> c.FactData[Value] | None:
    return _with(fact, fact.value) if fact else None


def _share(fact: Stated[Decimal] | None) -> c.FactData[str] | None:
    return _with(fact, exact(fact.value)) if fact else None


def _list(fact: Stated[tuple[str, ...]] | None) -> c.FactData[list[str]] | None:
    return _with(fact, list(fact.value)) if fact else None


def _offered(fact: OfferStated | None) -> c.OfferedData | None:
    return {**_with(fact, fact.value.value), "except_for": list(fact.except_for)} if fact else None


def _regions(fact: RegionsStated | None) -> c.RegionsData | None:
    return {**_with(fact, [str(region) for region in fact.value]), "partial": fact.partial} if fact else None


def _tuning(one: Tuning) -> c.TuningData:
    return {
        "source": one.source,
        "as_of": one.as_of.isoformat(),
        "family": one.family,
        "models": list(one.models),
        "methods": list(one.methods),
        "note": one.note,
        "last_jobs": one.last_jobs.isoformat() if one.last_jobs else None,
        "last_day": one.last_day.isoformat() if one.last_day else None,
    }


def _retired(one: Retired) -> c.RetiredData:
    return {
        "source": one.source,
        "as_of": one.as_of.isoformat(),
        "product": one.product,
        "ids": list(one.ids),
        "last_day": one.last_day.isoformat() if one.last_day else None,
        "replacement": one.replacement,
    }


def _old_facts(provider: Provider, today: date) -> list[str]:
    facts = {field: getattr(provider, field) for field, _ in _FACTS}
    return [field for field, fact in facts.items() if fact is not None and old(fact.as_of, today)]

"""A model's whole card as data for --json and as lines of text; what nobody says stays unknown."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal

from maquette.catalog.cards import Capability, ModelCard
from maquette.catalog.licences import Licence
from maquette.catalog.price_keys import FRIENDLY, per_token
from maquette.catalog.prices import PriceTable
from maquette.catalog.providers import Provider
from maquette.catalog.weights import Weights
from maquette.cli.catalog.contracts import (
    CardData,
    CardPriceData,
    CardPricesData,
    LicenceData,
    RetentionData,
    ShapeData,
)
from maquette.cli.contract_parts import FORMAT, exact, exact_or_none

_MILLION = 1_000_000
_NAMES = {key: name.replace("_", " ") for name, key in FRIENDLY.items()}
_ANSWERS = {True: "yes", False: "no", None: "unknown"}


def card_data(card: ModelCard, provider: Provider | None, licence: Licence | None, today: date) -> CardData:
    """The card; None where nobody says."""
    return {
        "format": FORMAT,
        "model": card.id,
        "provider": card.provider,
        "hosting": card.hosting.value,
        "mode": card.mode.value,
        "path": card.path,
        "context_tok": card.context_tok,
        "max_output_tok": card.max_output_tok,
        "vector_dims": card.vector_dims,
        "min_cacheable_tok": card.min_cacheable_tok,
        "limit_rpm": card.limit_rpm,
        "limit_tpm": card.limit_tpm,
        "capabilities": {one.value: card.can(one) for one in Capability},
        "regions": list(card.regions),
        "retention": _retention(card, provider),
        "rejected_parameters": list(card.rejected_parameters),
        "retires_on": card.retires_on.isoformat() if card.retires_on else None,
        "days_left": card.days_left(today),
        "prices": None if card.price is None else _prices(card.price),
        "weights": None if card.weights is None else _weights(card.weights),
        "licence": None if licence is None else _licence(licence),
        "claims": [{"benchmark": c.benchmark, "value": exact(c.value), "source": str(c.source)} for c in card.claims],
        "source": str(card.source),
        "sources": {name: str(source) for name, source in card.sources.items()},
        "notes": [*(card.weights.notes if card.weights else ()), *card.notes],
    }


def _retention(card: ModelCard, provider: Provider | None) -> RetentionData:
    """What the provider keeps, and its agreement; of one's own machine nothing leaves it."""
    days = provider.retention_days if provider else None
    return {
        "days": days.value if days else None,
        "source": str(days.origin) if days else None,
        "zero_retention": card.can(Capability.ZERO_RETENTION),
        "baa": card.can(Capability.BAA),
    }


def _prices(table: PriceTable) -> CardPricesData:
    as_of = table.source.as_of
    lines: list[CardPriceData] = [
        {
            "what": what,
            "usd": exact(amount),
            "unit": unit,
            "key": key,
            "source": str(table.overridden.get(key, table.source)),
        }
        for key, what, amount, unit in price_rows(table)
    ]
    return {"as_of": as_of.isoformat() if as_of else None, "lines": lines}


def price_rows(table: PriceTable) -> Iterator[tuple[str, str, Decimal, str]]:
    """The map's key, what it charges for, USD, and for how much of it."""
    for key, usd in sorted(table.usd_per_unit.items(), key=lambda one: (one[0] not in _NAMES, one[0])):
        what = _NAMES.get(key, key)
        if per_token(key):
            yield key, what, usd * _MILLION, "million tokens"
        else:
            yield key, what, usd, "unit of the key"


def _weights(weights: Weights) -> ShapeData:
    return {
        "params_b": exact_or_none(weights.params_b),
        "active_params_b": exact_or_none(weights.active_params_b),
        "layers": weights.layers,
        "hidden": weights.hidden,
        "vocabulary": weights.vocabulary,
        "experts": weights.experts,
        "experts_per_tok": weights.experts_per_tok,
        "attention": weights.attention,
        "native_quantisation": weights.native_quantisation,
        "kv_bytes_per_token": weights.kv_bytes_per_tok,
        "file_bytes": weights.file_bytes,
        "licence": weights.licence,
    }


def _licence(licence: Licence) -> LicenceData:
    return {
        "id": licence.id,
        "name": licence.name,
        "commercial": licence.commercial.value if licence.commercial else None,
        "clauses": list(licence.clauses),
        "source": str(licence.source) if licence.source else None,
    }


def licence_of(card: ModelCard, known: Mapping[str, Licence]) -> Licence | None:
    """The card's licence with its terms, where the catalog knows them by the name that a file gives."""
    if card.weights is None or card.weights.licence is None:
        return None
    name = card.weights.licence
    terms = card.weights.terms or known.get(name.lower())
    return terms or Licence(id=name, name=name, commercial=None, clauses=(), source=None)


def card_lines(card: ModelCard, provider: Provider | None, licence: Licence | None, today: date) -> Iterator[str]:
    """The card as text, its parts one below the other."""
    yield f"{card.id}: {card.mode.value}, {card.hosting.value}, provider {card.provider}"
    if card.path:
        yield f"file: {card.path}"
    yield f"context: {_count(card.context_tok)} tokens, longest answer: {_count(card.max_output_tok)}"
    if card.vector_dims is not None:
        yield f"vectors: {card.vector_dims} numbers"
    if card.min_cacheable_tok is not None:
        yield f"prefix cache: from {card.min_cacheable_tok} tokens on"
    yield f"account: {_count(card.limit_rpm)} requests a minute, {_count(card.limit_tpm)} tokens a minute"
    yield from _capability_lines(card)
    yield f"regions: {', '.join(card.regions) or 'unknown'}"
    yield from _retention_lines(card, provider)
    yield f"rejects: {', '.join(card.rejected_parameters) or 'nothing that is known'}"
    yield _retirement(card, today)
    if card.price is not None:
        yield from _price_lines(card.price)
    if card.weights is not None:
        yield from _weight_lines(card.weights)
    if licence is not None:
        yield from _licence_lines(licence)
    for claim in card.claims:
        yield f"claim: {claim.benchmark} {claim.value} ({claim.source})"
    yield from _labelled("note", (*(card.weights.notes if card.weights else ()), *card.notes))
    yield f"source: {card.source}"
    yield from (f"source of {name}: {source}" for name, source in card.sources.items())


def _capability_lines(card: ModelCard) -> Iterator[str]:
    for answer, words in _ANSWERS.items():
        names = [one.value for one in Capability if card.can(one) is answer]
        if names:
            yield f"{words}: {', '.join(names)}"


def _retention_lines(card: ModelCard, provider: Provider | None) -> Iterator[str]:
    if provider is None or provider.retention_days is None:
        yield "retention: unknown"
    else:
        yield f"retention: {provider.retention_days.value} days ({provider.retention_days.origin})"
    zero, baa = card.can(Capability.ZERO_RETENTION), card.can(Capability.BAA)
    yield f"zero retention: {_ANSWERS[zero]}, BAA: {_ANSWERS[baa]}"


def _retirement(card: ModelCard, today: date) -> str:
    days = card.days_left(today)
    if card.retires_on is None or days is None:
        return "retirement: none published"
    when = f"{days} days left" if days >= 0 else f"{-days} days ago"
    return f"retirement: {card.retires_on.isoformat()}, {when}"


def _price_lines(table: PriceTable) -> Iterator[str]:
    yield f"prices in USD ({table.source}):"
    for key, what, amount, unit in price_rows(table):
        own = table.overridden.get(key)
        yield f"  {what}: {amount.normalize():f} per {unit}{f' ({own})' if own else ''}"
    yield from (f"  {remark}" for remark in table.remarks)


def _weight_lines(weights: Weights) -> Iterator[str]:
    active = weights.active_params_b
    yield f"parameters: {_billions(weights.params_b)}, for one token: {_billions(active)}"
    shape = (("layers", weights.layers), ("hidden", weights.hidden), ("vocabulary", weights.vocabulary))
    yield ", ".join(f"{name}: {_count(number)}" for name, number in shape)
    if weights.experts is not None:
        yield f"experts: {weights.experts}, for one token: {_count(weights.experts_per_tok)}"
    yield f"attention: {weights.attention or 'unknown'}, KV cache: {_count(weights.kv_bytes_per_tok)} bytes per token"
    yield f"published as: {weights.native_quantisation or 'unknown'}"


def _licence_lines(licence: Licence) -> Iterator[str]:
    use = licence.commercial.value if licence.commercial else "unknown"
    yield f"licence: {licence.name}; commercial use: {use}"
    yield from (f"  {clause}" for clause in licence.clauses)
    if licence.source:
        yield f"  {licence.source}"


def _labelled(label: str, texts: Sequence[str]) -> Iterable[str]:
    return (f"{label}: {text}" for text in texts)


def _count(number: int | None) -> str:
    return "unknown" if number is None else f"{number:,}"


def _billions(number: Decimal | None) -> str:
    return "unknown" if number is None else f"{number:.2f} billion" if number >= 1 else f"{number * 1000:.2f} million"

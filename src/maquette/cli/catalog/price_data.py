"""What a request costs at a model, from every list that has it, as data for --json and as sentences."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from typing_extensions import TypedDict

from maquette.catalog.cards import Hosting, ModelCard
from maquette.catalog.crossing import Difference, differences
from maquette.catalog.lanes import tiers_offered
from maquette.catalog.prices import PriceLine, PriceTable, Quantity, Quote, Usage
from maquette.catalog.quoting import quote
from maquette.foundation.sources import Source

FORMAT = 1
_OTHER_LANES = ("ultrafast", "balanced", "decisions")
_OWN_MACHINE = frozenset({Hosting.LOCAL_FILE, Hosting.SERVED})


class PriceSourceData(TypedDict):
    """Where a price comes from and the day on which it was read."""

    kind: str
    ref: str
    as_of: str | None


class PriceLineData(TypedDict):
    """A line of a quote; money and fractional quantities are text. ``source`` is that of its price alone."""

    name: str
    quantity: int | str
    unit: str
    usd_per_unit: str
    total_usd: str
    key: str
    source: PriceSourceData


class ListedTotalData(TypedDict):
    """What one list says; ``in_force_since`` is null where the list does not say."""

    total_usd: str | None
    source: PriceSourceData
    in_force_since: str | None
    missing: list[str]


class PriceDifferenceData(TypedDict):
    """A unit that two lists price differently; ``ratio`` is the other list's price over the first's."""

    unit: str
    usd_per_unit: str
    other_usd_per_unit: str
    source: PriceSourceData
    other_source: PriceSourceData
    ratio: str | None


class PriceData(TypedDict):
    """`maquette catalog price --json`."""

    format: int
    model: str
    provider: str
    tier: str
    region: str | None
    on: str | None
    total_usd: str | None
    lines: list[PriceLineData]
    missing: list[str]
    notes: list[str]
    offered: bool
    tiers_offered: list[str]
    source: PriceSourceData
    sources: list[ListedTotalData]
    differences: list[PriceDifferenceData]


@dataclass(frozen=True, kw_only=True, slots=True)
class Listed:
    """A table of one list, the day from which it holds, and what the list says besides."""

    table: PriceTable
    since: date | None = None
    notes: tuple[str, ...] = ()


def price_data(card: ModelCard, usage: Usage, on: date | None) -> PriceData:
    """The quote of the list that holds on the day, beside what every list says.

    Args:
        card: The model.
        usage: The request.
        on: The day whose prices are wanted; None takes those in force when the lists were read.
    """
    snapshot, dated = _snapshot(card), _dated(card, on)
    first = snapshot if on is None or on == card.source.as_of else dated
    shown = first or snapshot or dated
    found = quote(shown.table, usage) if shown else _without_prices(card)
    lists = [one for one in (snapshot, dated) if one is not None]
    return {
        "format": FORMAT,
        "model": card.id,
        "provider": card.provider,
        "tier": usage.tier.value,
        "region": usage.region,
        "on": None if on is None else on.isoformat(),
        "total_usd": _text(found.total_usd),
        "lines": [_line_data(line, shown.table) for line in found.lines] if shown else [],
        "missing": list(found.missing),
        "notes": [
            *_notes(card, on, dated, found),
            *found.notes,
            *(_other_lanes(shown.table) if shown else ()),
            *(shown.notes if shown else ()),
        ],
        "offered": found.offered,
        "tiers_offered": [tier.value for tier in tiers_offered(shown.table)] if shown else [],
        "source": source_data(found.source),
        "sources": [_listed_data(one, usage) for one in lists],
        "differences": [
            _difference_data(difference)
            for difference in (differences(snapshot.table, dated.table) if snapshot and dated else ())
        ],
    }


def source_data(source: Source) -> PriceSourceData:
    """A source."""
    as_of = None if source.as_of is None else source.as_of.isoformat()
    return {"kind": source.kind.value, "ref": source.ref, "as_of": as_of}


def _snapshot(card: ModelCard) -> Listed | None:
    return None if card.price is None else Listed(table=card.price)


def _dated(card: ModelCard, on: date | None) -> Listed | None:
    """The second list's prices on a day, or on the day on which the first was read."""
    history = card.other_prices
    if history is None:
        return None
    day = on or card.source.as_of or date.max
    period = history.period_on(day)
    return None if period is None else Listed(table=period.prices, since=period.start, notes=history.notes)


def _without_prices(card: ModelCard) -> Quote:
    """What to say of a model that no list prices: nothing is guessed."""
    if card.hosting in _OWN_MACHINE:
        note = "a model on a machine of your own costs nothing a token; the machine is what costs"
        return Quote(lines=(), total_usd=Decimal(0), source=card.source, notes=(note,))
    if card.hosting is Hosting.OPEN_WEIGHTS:
        missing = "open weights have no price a token: hosting them is what costs"
        return Quote(lines=(), total_usd=None, source=card.source, missing=(missing,))
    return Quote(lines=(), total_usd=None, source=card.source, missing=("no list has a price for it",))


def _notes(card: ModelCard, on: date | None, dated: Listed | None, found: Quote) -> Iterator[str]:
    """How far the prices shown are those of the day that was asked for."""
    if on is None or on == card.source.as_of:
        return
    day = on.isoformat()
    if dated is None:
        read = card.source.as_of
        words = "on a day that is not known" if read is None else f"on {read.isoformat()}"
        if card.price is not None:
            yield f"no list has dated prices of {day}: these are the prices read {words}"
        return
    if dated.since is None:
        yield f"the list knows no earlier prices, and not since when these hold: perhaps not yet on {day}"
    else:
        yield f"these prices are in force since {dated.since.isoformat()}"
    if not found.offered:
        yield f"the dated list has no such lane on {day}; its record of lanes may begin later than the lane"
    read = dated.table.source.as_of
    if read is not None and on > read:
        yield f"the list was read on {read.isoformat()}: what changed later is not known"


def _other_lanes(table: PriceTable) -> Iterator[str]:
    """Lanes that the list prices and that no request can be reckoned in."""
    lanes = [lane for lane in _OTHER_LANES if any(key.endswith(f"_{lane}") for key in table.usd_per_unit)]
    if lanes:
        yield f"the list also has prices for {', '.join(lanes)}, which are not reckoned here"


def _line_data(line: PriceLine, table: PriceTable) -> PriceLineData:
    return {
        "name": line.name,
        "quantity": _quantity(line.quantity),
        "unit": line.unit,
        "usd_per_unit": plain_number(line.usd_per_unit),
        "total_usd": plain_number(line.total_usd),
        "key": line.key,
        "source": source_data(table.overridden.get(line.key, table.source)),
    }


def _listed_data(one: Listed, usage: Usage) -> ListedTotalData:
    found = quote(one.table, usage)
    return {
        "total_usd": _text(found.total_usd),
        "source": source_data(one.table.source),
        "in_force_since": None if one.since is None else one.since.isoformat(),
        "missing": list(found.missing),
    }


def _difference_data(difference: Difference) -> PriceDifferenceData:
    ratio = difference.ratio
    return {
        "unit": difference.unit,
        "usd_per_unit": plain_number(difference.usd_per_unit),
        "other_usd_per_unit": plain_number(difference.other_usd_per_unit),
        "source": source_data(difference.source),
        "other_source": source_data(difference.other_source),
        "ratio": None if ratio is None else plain_number(ratio.quantize(Decimal("0.0001"))),
    }


def _quantity(quantity: Quantity) -> int | str:
    return quantity if isinstance(quantity, int) else plain_number(quantity)


def _text(amount: Decimal | None) -> str | None:
    return None if amount is None else plain_number(amount)


def plain_number(amount: Decimal) -> str:
    """An exact decimal without an exponent and without zeros behind that say nothing."""
    text = format(amount, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text

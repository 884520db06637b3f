"""Pictures, pages, sound and film in a request: how many the answers say, and how many tokens they are on a model."""

from dataclasses import dataclass
from decimal import Decimal

from maquette.catalog.cards import ModelCard
from maquette.catalog.lanes import lane_of
from maquette.catalog.media import PRICE_KEY, MediaTokens, Medium
from maquette.catalog.media_facts import ASKED, HEIGHT, UNKNOWN_SIDE_PX, WIDTH, AskedMedium
from maquette.catalog.prices import Tier
from maquette.cost.fact_reader import FactReader
from maquette.cost.projection import CASES, ByCase, CostAssumption
from maquette.foundation.sources import Source, SourceKind
from maquette.foundation.units import readable_count

_UNKNOWN_SIDE = ByCase(low=UNKNOWN_SIDE_PX[0], base=UNKNOWN_SIDE_PX[1], high=UNKNOWN_SIDE_PX[2])


@dataclass(frozen=True, kw_only=True, slots=True)
class AskedMedia:
    """What goes in beside the text of a request, whichever model reads it.

    Attributes:
        count: Pictures, pages or seconds of a request.
        width, height: Of a picture, in pixels.
    """

    medium: Medium
    unit: str
    count: ByCase
    width: ByCase
    height: ByCase


@dataclass(frozen=True, kw_only=True, slots=True)
class MediaLoad:
    """Tokens of one medium in a request on one model."""

    medium: Medium
    tok: ByCase


def asked_media(reader: FactReader) -> tuple[AskedMedia, ...]:
    """What goes in, as far as the answers say that it may; an unknown number is in the dear case alone."""
    goes_in = reader.facts.get("io.input_modalities")
    kinds = goes_in if isinstance(goes_in, tuple) else ()
    found = []
    for one in ASKED:
        if one.modality in kinds and (count := _count(reader, one)).high > 0:
            sized = one.medium is Medium.IMAGE
            width, height = (_side(reader, fact) if sized else _UNKNOWN_SIDE for fact in (WIDTH, HEIGHT))
            found.append(AskedMedia(medium=one.medium, unit=one.unit, count=count, width=width, height=height))
    return tuple(found)


def _count(reader: FactReader, one: AskedMedium) -> ByCase:
    known = reader.number(one.fact)
    if known is not None:
        return ByCase(low=known, base=known, high=known)
    band = ByCase(low=Decimal(0), base=Decimal(0), high=one.unknown_most)
    ref = "the answer is unknown: none beside the text of tokens.input_avg, and that many in the dear case"
    reader.assume(one.fact, band, Source(kind=SourceKind.ASSUMED, ref=ref))
    return band


def _side(reader: FactReader, fact: str) -> ByCase:
    known = reader.number(fact, least=Decimal(1))
    if known is not None:
        return ByCase(low=known, base=known, high=known)
    reader.assume(fact, _UNKNOWN_SIDE, Source(kind=SourceKind.ASSUMED, ref="the answer is unknown"))
    return _UNKNOWN_SIDE


def media_on(
    option: str, card: ModelCard, asked: tuple[AskedMedia, ...]
) -> tuple[tuple[MediaLoad, ...], tuple[CostAssumption, ...]]:
    """The tokens of what goes in on a model, and by which rule they are counted.

    Nothing is counted where no rule speaks of the medium, which is then said.
    """
    loads, said = [], []
    for one in asked:
        rules = {case: _rule(card, one, case) for case in CASES}
        least, base, most = (rules[case] for case in CASES)
        if least is None or base is None or most is None:
            said.append(_uncounted(option, card, one))
            continue
        each = ByCase(
            low=min(least.each.low, base.each.base), base=base.each.base, high=max(most.each.high, base.each.base)
        )
        tok = ByCase(**{case: one.count.of(case) * each.of(case) for case in CASES})
        loads.append(MediaLoad(medium=one.medium, tok=tok))
        said.append(_counted(option, card, one, each, base))
    return tuple(loads), tuple(said)


def _rule(card: ModelCard, one: AskedMedia, case: str) -> MediaTokens | None:
    width, height = (getattr(side, case) for side in (one.width, one.height))
    return None if card.media is None else card.media.tokens(card.id, one.medium, width, height)


def _counted(option: str, card: ModelCard, one: AskedMedia, each: ByCase, rule: MediaTokens) -> CostAssumption:
    price = card.price
    ref = str(rule.source.ref)
    if price is not None and lane_of(price, Tier.STANDARD).price((PRICE_KEY[one.medium],), None) is None:
        ref += "; its list has no price of their own, so that one costs as much as one of text"
    source = Source(kind=rule.source.kind, ref=ref, as_of=rule.source.as_of)
    low, base, high = (readable_count(each.of(case)) for case in CASES)
    return CostAssumption(name=f"{option}: tokens of {one.unit}", value=base, low=low, high=high, source=source)


def _uncounted(option: str, card: ModelCard, one: AskedMedia) -> CostAssumption:
    source = Source(kind=SourceKind.ASSUMED, ref=f"nobody says how {card.id} counts them: none are priced")
    return CostAssumption(name=f"{option}: tokens of {one.unit}", value="0", low="0", high="0", source=source)

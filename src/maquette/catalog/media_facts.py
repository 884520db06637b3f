"""Which answers say how many pictures, pages and seconds a request brings, and what their tokens cost on a model."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from maquette.catalog.cards import ModelCard
from maquette.catalog.lanes import lane_of
from maquette.catalog.media import PRICE_KEY, Medium
from maquette.catalog.metering import INPUT
from maquette.catalog.prices import PriceTable, Tier
from maquette.foundation.expression import Facts
from maquette.foundation.units import Usd

WIDTH, HEIGHT = "io.image_width_px", "io.image_height_px"
UNKNOWN_SIDE_PX = (Decimal(512), Decimal(1024), Decimal(2048))
"""A side of a picture of which nobody says how large it is: least, expected, most."""


@dataclass(frozen=True, kw_only=True, slots=True)
class AskedMedium:
    """One medium and its question.

    Attributes:
        modality: The choice of io.input_modalities.
        fact: The answer that counts them.
        unit: One of what is counted, in words.
        unknown_most: How many a request is taken to bring at most while nobody says so.
    """

    medium: Medium
    modality: str
    fact: str
    unit: str
    unknown_most: Decimal


ASKED = (
    AskedMedium(
        medium=Medium.IMAGE,
        modality="image",
        fact="io.images_per_request",
        unit="a picture",
        unknown_most=Decimal(1),
    ),
    AskedMedium(
        medium=Medium.PAGE, modality="pdf", fact="io.pages_per_request", unit="a page", unknown_most=Decimal(1)
    ),
    AskedMedium(
        medium=Medium.AUDIO,
        modality="audio",
        fact="io.audio_s_per_request",
        unit="a second of sound",
        unknown_most=Decimal(60),
    ),
    AskedMedium(
        medium=Medium.VIDEO,
        modality="video",
        fact="io.video_s_per_request",
        unit="a second of film",
        unknown_most=Decimal(60),
    ),
)

MEDIA_FACTS = (*(one.fact for one in ASKED), WIDTH, HEIGHT)


@dataclass(frozen=True, kw_only=True, slots=True)
class MediaInput:
    """How many of a medium a request brings, as answered; the sides of a picture in pixels."""

    medium: Medium
    count: Decimal
    width: Decimal
    height: Decimal


def media_input(facts: Facts) -> tuple[MediaInput, ...]:
    """What a request brings beside its text, as far as somebody says how much of it."""
    goes_in = facts.get("io.input_modalities")
    kinds = goes_in if isinstance(goes_in, tuple) else ()
    width, height = (_number(facts, fact) or UNKNOWN_SIDE_PX[1] for fact in (WIDTH, HEIGHT))
    return tuple(
        MediaInput(medium=one.medium, count=count, width=width, height=height)
        for one in ASKED
        if one.modality in kinds and (count := _number(facts, one.fact))
    )


def media_tok(card: ModelCard, brought: tuple[MediaInput, ...]) -> Iterator[tuple[Medium, Decimal]]:
    """The tokens of each medium on a model; those that nobody knows how to count are left out."""
    for one in brought:
        found = card.media.tokens(card.id, one.medium, one.width, one.height) if card.media is not None else None
        if found is not None:
            yield one.medium, one.count * found.each.base


def unit_price(price: PriceTable, medium: Medium, tier: Tier, length: int) -> tuple[str, Usd] | None:
    """Key and price of one token in a lane for a prompt of that length; of text where a medium has none of its own."""
    lane = lane_of(price, tier)
    step = lane.step(length)
    return lane.price((PRICE_KEY[medium],), step) or lane.price((INPUT,), step)


def _number(facts: Facts, name: str) -> Decimal | None:
    value = facts.get(name)
    return None if value is None or isinstance(value, bool | str | tuple) else Decimal(str(value))

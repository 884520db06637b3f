"""What to know of a model before choosing it: last day, price step, tokens of media, old price, lists that disagree."""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal

from maquette.catalog.cards import Hosting, ModelCard
from maquette.catalog.checks import Needs
from maquette.catalog.licences import Commercial
from maquette.catalog.media_facts import ASKED
from maquette.catalog.prices import PriceTable
from maquette.catalog.quoting import INPUT, OUTPUT, steps_tok
from maquette.foundation.units import readable_count, readable_usd

DAYS_A_MONTH = 30
PRICE_IS_OLD_AFTER = timedelta(days=30)
LISTS_DISAGREE_ABOVE = Decimal("0.01")
MILLION = 1_000_000


def cautions(card: ModelCard, needs: Needs) -> Iterator[str]:
    """Each caution as a sentence."""
    yield from _retirement(card, needs)
    if card.price is None:
        yield from _licence(card)
        return
    if card.price.usd_per_unit.get(INPUT) == card.price.usd_per_unit.get(OUTPUT) == 0:
        yield "Its list price is zero: a free tier, or charged in another way."
    yield from _media(card.price, needs)
    longest = needs.number("tokens.input_p99")
    if longest is not None:
        passed = [step for step in steps_tok(card.price) if longest > step]
        if passed:
            yield f"Prompts above {readable_count(passed[-1])} tokens cost more."
    as_of = card.source.as_of
    if card.hosting is Hosting.API and as_of is not None and needs.today - as_of > PRICE_IS_OLD_AFTER:
        yield f"Its price was read on {as_of.isoformat()}."
    if card.other_prices is not None and (other := card.other_prices.on(needs.today)) is not None:
        yield from _disagreement(card.price, other)


def _media(price: PriceTable, needs: Needs) -> Iterator[str]:
    """What a token of sound, pictures or video costs beside one of text, where the input has any at another price."""
    usual, wanted = price.usd_per_unit.get(INPUT), needs.several("io.input_modalities")
    for modality, what in _MEDIA.items():
        own = price.usd_per_unit.get(f"input_cost_per_{modality}_token")
        if modality in wanted and usual and own is not None and own != usual:
            factor = readable_count(round(own / usual, 2))
            yield (
                f"A token of {what} costs {factor} times one of text, {readable_usd(own * MILLION)} a million;"
                f" {_projected(modality, needs)}."
            )


def _projected(modality: str, needs: Needs) -> str:
    """Whether the projection has tokens at that price."""
    asked = next(one for one in ASKED if one.modality == modality)
    if needs.number(asked.fact) is None:
        return f"{asked.fact} is not answered, so that tokens.input_avg counts as text"
    return f"{asked.fact} is counted at it"


_MEDIA = {"audio": "sound", "image": "a picture", "video": "video"}
"""Choice of the input's question, and its tokens in words; the choice is also the price map's word."""


def _retirement(card: ModelCard, needs: Needs) -> Iterator[str]:
    horizon = needs.number("lifecycle.horizon_months")
    left = card.days_left(needs.today)
    if card.retires_on is not None and left is not None and horizon is not None and left <= horizon * DAYS_A_MONTH:
        yield f"Retires on {card.retires_on.isoformat()}, in {left} days."


def _licence(card: ModelCard) -> Iterator[str]:
    terms = card.weights.terms if card.weights else None
    if terms is not None and terms.commercial is Commercial.CONDITIONS:
        yield f"Its licence {terms.id} allows commercial use under conditions."


def _disagreement(one: PriceTable, other: PriceTable) -> Iterator[str]:
    """Two lists that differ by more than a hundredth, with both figures in USD for a million tokens."""
    for what, key in (("Input", INPUT), ("Output", OUTPUT)):
        here, there = one.usd_per_unit.get(key), other.usd_per_unit.get(key)
        if here is None or there is None or abs(here - there) <= LISTS_DISAGREE_ABOVE * max(here, there):
            continue
        figures = f"{readable_usd(here * MILLION)} [{one.source.ref}], {readable_usd(there * MILLION)}"
        yield f"{what} prices of a million tokens differ between lists: {figures} [{other.source.ref}]."

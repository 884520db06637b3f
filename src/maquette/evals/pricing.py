"""What calls cost, by target: the catalog's price of the card that a target serves."""

from collections.abc import Mapping
from dataclasses import replace

from maquette.catalog.cards import Hosting, ModelCard
from maquette.catalog.prices import Usage
from maquette.catalog.quoting import quote
from maquette.foundation.units import Usd

FREE = Usd(0)
"""A model on a machine of one's own costs no money a call; its machine is a line of the projection."""


class CardPricer:
    """Prices calls to targets by their cards.

    A target without a card or without a price is unpriced: None, never zero.
    """

    def __init__(self, cards: Mapping[str, ModelCard | None]) -> None:
        self._cards = cards

    def usd(self, target_id: str, *, input_tok: int, output_tok: int, cached_tok: int = 0) -> Usd | None:
        """What one call cost, or would cost."""
        card = self._cards.get(target_id)
        if card is None:
            return None
        if card.hosting in {Hosting.LOCAL_FILE, Hosting.SERVED}:
            return FREE
        if card.price is None:
            return None
        usage = Usage(input_tok=input_tok, output_tok=output_tok, cached_tok=min(cached_tok, input_tok))
        found = quote(card.price, usage).total_usd
        # Without a price for cached tokens the call cost at most what it would cost with none of them cached.
        return quote(card.price, replace(usage, cached_tok=0)).total_usd if found is None and cached_tok else found

    def priced(self, target_id: str) -> bool:
        """Whether a call to the target has a price, zero included."""
        return self.usd(target_id, input_tok=1, output_tok=1) is not None

"""What takes the place of a model whose provider ends it: what the provider names, else the next of the same line."""

import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from maquette.catalog.cards import Hosting, ModelCard
from maquette.catalog.quoting import INPUT, OUTPUT

_MOST_STEPS = 5
"""A replacement may itself be replaced; so many times at most."""
_CACHED = "cache_read_input_token_cost"
_BETWEEN = re.compile(r"[-@:]")


def successor(
    card: ModelCard, cards: Mapping[str, ModelCard], *, named: Mapping[str, str], until: date
) -> ModelCard | None:
    """The model that can answer from the last day of ``card`` to ``until``; None when nobody can be named.

    What the provider names as the replacement goes first, and then the replacement's own. Otherwise the cheapest model
    of the same provider whose name differs only in its version, at the sum of the prices of a token in and out, and
    then of one that is read from the cache.

    Args:
        card: A model with a published last day.
        cards: The catalog's models by id.
        named: Model id to the replacement that its provider names.
        until: The end of the horizon.
    """
    name = card.id
    for _ in range(_MOST_STEPS):
        following = cards.get(named.get(name, ""))
        if following is None or following.price is None:
            break
        if _lasts(following, until):
            return following
        name = following.id
    alike = [one for one in cards.values() if one.id != card.id and _same_line(one, card) and _lasts(one, until)]
    # Of two names of one model at one price the shorter is the one that is kept up to date.
    priced = [(*usd, len(one.id), one.id) for one in alike if (usd := _usd(one)) is not None]
    return cards[min(priced)[-1]] if priced else None


def line_of(name: str) -> str:
    """The name without what starts with a digit: versions and days."""
    return "-".join(part for part in _BETWEEN.split(name) if not part[:1].isdigit())


def _same_line(one: ModelCard, card: ModelCard) -> bool:
    alike = (one.provider, one.mode, one.hosting) == (card.provider, card.mode, Hosting.API)
    return alike and line_of(one.id) == line_of(card.id)


def _lasts(card: ModelCard, until: date) -> bool:
    return card.retires_on is None or card.retires_on > until


def _usd(card: ModelCard) -> tuple[Decimal, Decimal] | None:
    """A token in and one out, and one that is read from the cache."""
    if card.price is None:
        return None
    usd_in, usd_out, cached = (card.price.usd_per_unit.get(key) for key in (INPUT, OUTPUT, _CACHED))
    return None if usd_in is None or usd_out is None else (usd_in + usd_out, usd_in if cached is None else cached)

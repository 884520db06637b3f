"""What a model costs at a project's traffic: one request, and a month at launch with what caching may save."""

from collections.abc import MutableMapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import lru_cache
from typing import TypeAlias, TypeVar
from weakref import WeakKeyDictionary

from maquette.catalog.cards import Capability, ModelCard
from maquette.catalog.lanes import lane_of
from maquette.catalog.media_facts import MEDIA_FACTS, MediaInput, media_input, media_tok, unit_price
from maquette.catalog.prices import PriceTable, Tier, Usage
from maquette.catalog.quoting import reads_cache, total_usd
from maquette.foundation.expression import Facts
from maquette.foundation.units import DAYS_PER_MONTH, Range, Usd

Count = TypeVar("Count", float, Decimal)
Quotes: TypeAlias = MutableMapping[PriceTable, Usd | None]

TRAFFIC_FACTS = (
    "tokens.input_avg",
    "tokens.output_avg",
    "tokens.shared_prefix",
    "scale.requests_per_day",
    "scale.days_per_month",
    "latency.mode",
    "context.multi_turn",
    "context.turns_avg",
    "io.input_modalities",
    *MEDIA_FACTS,
)
"""The facts that the cost of a month depends on, besides the prices."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Traffic:
    """What a month's cost is computed from; None where a fact is unknown.

    Attributes:
        fresh: The average request without any caching.
        cached: The same with the whole shared prefix, and the history of a session, read from the cache; None where
            nothing is shared.
        media: What a request brings beside its text.
        fresh_usd: What ``fresh`` costs by table, as far as anybody asked; ``cached_usd`` likewise.
    """

    fresh: Usage | None
    cached: Usage | None
    requests_per_month: Usd | None
    fresh_usd: Quotes = field(compare=False, repr=False)
    cached_usd: Quotes = field(compare=False, repr=False)
    media: tuple[MediaInput, ...] = ()


def days_per_month(facts: Facts) -> Decimal:
    """The days of a month with traffic, exactly: every one (30.4) unless somebody says otherwise."""
    return number(facts, "scale.days_per_month") or DAYS_PER_MONTH


def traffic_of(facts: Facts) -> Traffic:
    """The traffic that the facts describe."""
    tokens_in, tokens_out = number(facts, "tokens.input_avg"), number(facts, "tokens.output_avg")
    a_day = number(facts, "scale.requests_per_day")
    if tokens_in is None or tokens_out is None:
        return Traffic(fresh=None, cached=None, requests_per_month=None, fresh_usd={}, cached_usd={})
    tier = Tier.BATCH if facts.get("latency.mode") == "batch" else Tier.STANDARD
    fresh = Usage(input_tok=int(tokens_in), output_tok=int(tokens_out), tier=tier)
    prefix = _most_cached_tok(facts, int(tokens_in))
    cached = replace(fresh, cached_tok=prefix) if prefix else None
    return Traffic(
        fresh=fresh,
        cached=cached,
        requests_per_month=None if a_day is None else a_day * days_per_month(facts),
        fresh_usd=_quotes(fresh),
        cached_usd=_quotes(cached),
        media=media_input(facts),
    )


def new_tok_of_a_turn(mean_tok: Count, prefix_tok: Count, turns: Count) -> Count:
    """Tokens of an average prompt that the turn before did not send, in sessions that only append.

    Turn t of T sends the prefix P and t parts of g tokens, on average A = P + g (T + 1) / 2, of which only the last
    part is new: g = 2 (A - P) / (T + 1).
    """
    return 2 * (mean_tok - prefix_tok) / (turns + 1)


def _most_cached_tok(facts: Facts, tokens_in: int) -> int:
    """Tokens of an average prompt that a cache that forgets nothing is read for, as the cost projection has them.

    Of a request alone the shared prefix. Of sessions that only append all but what a turn adds.
    """
    prefix = min(int(number(facts, "tokens.shared_prefix") or 0), tokens_in)
    turns = number(facts, "context.turns_avg")
    if facts.get("context.multi_turn") is not True or turns is None or turns < 2:
        return prefix
    return int(tokens_in - new_tok_of_a_turn(Decimal(tokens_in), Decimal(prefix), turns))


def request_usd(card: ModelCard, traffic: Traffic) -> Usd | None:
    """One request without caching; in the standard lane where a model does not offer the wanted one."""
    if traffic.fresh is None:
        return None
    return _with_media(card, traffic, _request(card.price, traffic.fresh, traffic.fresh_usd))


def month_usd(card: ModelCard, traffic: Traffic) -> Range[Usd] | None:
    """A month at launch: high without caching, low with all that is shared read from the cache."""
    requests = traffic.requests_per_month
    high = request_usd(card, traffic)
    if high is None or requests is None:
        return None
    low = _with_cache(card, traffic, high)
    return Range(low=low * requests, base=high * requests, high=high * requests)


def least_month_usd(card: ModelCard, traffic: Traffic) -> Usd | None:
    """The low end of `month_usd`, which is all that a budget asks."""
    high = request_usd(card, traffic)
    if high is None or traffic.requests_per_month is None:
        return None
    return _with_cache(card, traffic, high) * traffic.requests_per_month


def number(facts: Facts, name: str) -> Usd | None:
    """A fact as an exact number; None when it is unknown or no number."""
    value = facts.get(name)
    return None if value is None or isinstance(value, bool | str | tuple) else Usd(str(value))


def _with_cache(card: ModelCard, traffic: Traffic, high: Usd) -> Usd:
    """A request with all that is shared read from the cache, where the provider may do that and it is cheaper."""
    if traffic.cached is None or not _caches(card, traffic.cached.cached_tok):
        return high
    return min(high, _with_media(card, traffic, _request(card.price, traffic.cached, traffic.cached_usd)) or high)


def _with_media(card: ModelCard, traffic: Traffic, text: Usd | None) -> Usd | None:
    """The request with what it brings beside its text, none of which is read from a cache."""
    if text is None or not traffic.media or card.price is None or traffic.fresh is None:
        return text
    brought = tuple(media_tok(card, traffic.media))
    tier = traffic.fresh.tier if lane_of(card.price, traffic.fresh.tier).offered else Tier.STANDARD
    length = traffic.fresh.input_tok + int(sum(tok for _, tok in brought))
    prices = [(unit_price(card.price, medium, tier, length), tok) for medium, tok in brought]
    return text + sum((entry[1] * tok for entry, tok in prices if entry is not None), Usd(0))


def _caches(card: ModelCard, prefix_tok: int) -> bool:
    """Whether the provider may cache a prefix of that length: not when the model cannot, or it is below the minimum."""
    if card.price is None or not reads_cache(card.price) or card.can(Capability.PREFIX_CACHE) is False:
        return False
    return card.min_cacheable_tok is None or prefix_tok >= card.min_cacheable_tok


def _request(price: PriceTable | None, usage: Usage, known: Quotes) -> Usd | None:
    if price is None:
        return None
    if price not in known:
        usd = total_usd(price, usage)
        if usd is None and usage.tier is not Tier.STANDARD:
            standard = replace(usage, tier=Tier.STANDARD)
            usd = _request(price, standard, _quotes(standard))
        known[price] = usd
    return known[price]


@lru_cache(maxsize=32)
def _quotes(usage: Usage | None) -> Quotes:
    """What was quoted for a usage so far: a catalog's tables stay the same from keystroke to keystroke."""
    del usage
    return WeakKeyDictionary()

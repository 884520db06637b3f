"""What an API model charges for one request of a workload, as lines, in the cheap, the expected and the dear case.

Here it is decided what is cached and which lane is taken. Unit prices come from the catalog; volumes come in `lines`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Decimal

from maquette.catalog.cards import Capability, ModelCard
from maquette.catalog.prices import PriceTable, Tier
from maquette.cost.projection import CASES, ByCase, Case, CostAssumption
from maquette.cost.regions import region_assumption, uplift
from maquette.cost.request import (
    CACHED,
    OUTPUT,
    QUANTITY_QUANTUM,
    Request,
    cached,
    in_region,
    probe,
    sides,
    together,
    total,
    uncached,
)
from maquette.cost.workload import Workload, level
from maquette.foundation.sources import Source, SourceKind
from maquette.foundation.units import Usd, readable_count

WARM_WINDOW_S = 300
"""How long a provider keeps a prefix that nobody asks for; two requests within it keep it warm."""

USUAL_CACHE_MINIMUM_TOK = 1024
"""The shortest prefix that providers cache, where a card does not say."""


@dataclass(frozen=True, kw_only=True, slots=True)
class RateLine:
    """Units of one kind that one request takes, at one price; zero in a case that has none."""

    name: str
    unit: str
    price_key: str
    usd_per_unit: Usd
    per_request: ByCase
    source: Source


@dataclass(frozen=True, kw_only=True, slots=True)
class Rates:
    """What one request costs.

    Attributes:
        request_usd: The sum of the lines in each case.
        uncached_usd: The expected case without prefix caching; None when it counts on none.
        output_usd: The output's part of the expected case.
        assumptions: What the lanes and the cache were taken to do.
        cache_hits: The share of what can be cached (`Workload.most_cached_tok`) that is read; None where nothing can.
        region: What the price of a token is multiplied with for the region; None where nothing is known or asked.
    """

    lines: tuple[RateLine, ...]
    request_usd: ByCase
    uncached_usd: Usd | None
    output_usd: Usd
    assumptions: tuple[CostAssumption, ...]
    cache_hits: ByCase | None = None
    region: ByCase | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Unpriced:
    """Why there are no rates, in words."""

    reasons: tuple[str, ...]


def api_rates(option: str, card: ModelCard, load: Workload, retry_share: Decimal) -> Rates | Unpriced:
    """The rates of ``card`` for ``load``.

    Args:
        option: The option's name, for the assumptions.
        card: A model with a price.
        load: What is asked of it.
        retry_share: Attempts beyond the first, for each request; billed in full but in the cheap case.
    """
    if card.price is None:
        return Unpriced(reasons=(f"{card.id} has no price in the catalog",))
    reasons = _missing(card.price, load)
    if reasons:
        return Unpriced(reasons=reasons)
    pricing = _Pricing(option, card, card.price, load)
    cases = _in_order({case: pricing.request(case) for case in CASES})
    billed = {case: _with_retries(cases[case], retry_share if case != "low" else Decimal(0)) for case in CASES}
    without_cache = total(_with_retries(pricing.request("base", caching=False), retry_share))
    return Rates(
        lines=_merged(billed, card.price.source),
        request_usd=ByCase(low=total(billed["low"]), base=total(billed["base"]), high=total(billed["high"])),
        uncached_usd=without_cache if without_cache > total(billed["base"]) else None,
        output_usd=total([item for item in billed["base"] if item.kind == OUTPUT]),
        assumptions=pricing.assumptions(),
        cache_hits=pricing.cache_hits(),
        region=pricing.region(),
    )


class _Pricing:
    """Decides, case by case, what is cached and which lane is taken."""

    def __init__(self, option: str, card: ModelCard, price: PriceTable, load: Workload) -> None:
        self._option, self._card, self._price, self._load = option, card, price, load
        daily = load.requests_per_month / load.days_per_month
        self._written = min(Decimal(1), 1 / daily) if daily else Decimal(0)
        self._prefix_warm = load.mean_rps * WARM_WINDOW_S >= 2
        self._reads = self._cache_reads()
        self._region = uplift(price, load.region)

    def request(self, case: Case, *, caching: bool = True) -> Request:
        """One average request, on both sides of a step and in both lanes, in its region."""
        parts = sides(self._price, self._load) if case == "base" else ((Decimal(1), self._load),)
        found = together((share, self._request(load, case, caching)) for share, load in parts)
        return in_region(found, self._load.region or "", self._region.of(case) if self._region else Decimal(1))

    def cache_hits(self) -> ByCase | None:
        """The share of what can be cached that is read from the cache, in each case; None where it cannot be."""
        return self._reads

    def region(self) -> ByCase | None:
        """What the price of a token is multiplied with; None where no region is asked for, or it has no price."""
        return self._region

    def assumptions(self) -> tuple[CostAssumption, ...]:
        """What was taken for granted about the cache, the batch lane and the region."""
        found = []
        if self._load.in_sessions:
            found.append(self._session_assumption())
        elif self._load.shared_prefix_tok:
            found.append(self._cache_assumption())
        if self._load.async_share:
            found.append(self._lane_assumption())
        if self._region is not None:
            found.append(region_assumption(self._option, self._load.region or "", self._region))
        return tuple(found)

    def _request(self, load: Workload, case: Case, caching: bool) -> Request:
        """Its share in the lane of those who wait, and in the lane of those who may not."""
        waiting, share = self._waiting(load, case, caching), load.async_share
        later = self._later(load, case, caching) if share else None
        if later is None or total(later) >= total(waiting):
            return waiting
        return (
            *(item.times(1 - share, item.name) for item in waiting if share < 1),
            *(item.times(share, f"batch: {item.name}") for item in later),
        )

    def _waiting(self, load: Workload, case: Case, caching: bool) -> Request:
        fresh = uncached(self._price, load, case)
        share = self._reads.of(case) if self._reads is not None and caching else Decimal(0)
        if share == 0:
            return fresh
        read = load.most_cached_tok * share
        stored = (load.input_tok if load.in_sessions else load.shared_prefix_tok) - read
        return _cheaper(fresh, cached(self._price, load, case, read, stored))

    def _later(self, load: Workload, case: Case, caching: bool) -> Request | None:
        """The batch lane, in which only the cheap case counts on the cache; None when it is not offered."""
        if probe(self._price, load, case, Tier.BATCH).total_usd is None:
            return None
        fresh = uncached(self._price, load, case, Tier.BATCH)
        alone = replace(load, turns=Decimal(1))
        if not caching or case != "low" or not self._can_cache(alone):
            return fresh
        return _cheaper(fresh, cached(self._price, alone, case, alone.shared_prefix_tok, Decimal(0), Tier.BATCH))

    def _cache_reads(self) -> ByCase | None:
        load = self._load
        if not self._can_cache(load):
            return None
        if not load.in_sessions:
            warm = 1 - self._written if self._prefix_warm else Decimal(0)
            return ByCase(low=Decimal(1), base=warm, high=Decimal(0))
        # A session that grows from nothing to twice its average writes 2 / T of that each turn and reads the rest.
        grown = load.input_tok * (1 - 2 / load.turns)
        return ByCase(low=Decimal(1), base=grown / load.most_cached_tok, high=Decimal(0))

    def _can_cache(self, load: Workload) -> bool:
        most = load.most_cached_tok
        least = self._card.min_cacheable_tok or USUAL_CACHE_MINIMUM_TOK
        if self._card.can(Capability.PREFIX_CACHE) is False or most == 0 or most < least:
            return False
        reading = cached(self._price, load, "base", most, Decimal(0))
        return reading is not None and any(item.kind == CACHED for item in reading)

    def _cache_assumption(self) -> CostAssumption:
        known = self._card.min_cacheable_tok
        least = f"{readable_count(known or USUAL_CACHE_MINIMUM_TOK)} tokens" + ("" if known else ", as usual")
        window = (self._load.mean_rps * WARM_WINDOW_S).quantize(Decimal("0.01"))
        ref = f"a prefix stays warm from 2 requests in {WARM_WINDOW_S} s ({window} here); it needs {least}"
        warm = self._reads is not None and self._reads.base > 0
        if warm:
            ref += "; it is written anew once a day"
        return CostAssumption(
            name=f"{self._option}: share of the shared prefix read from the cache",
            value="100 %" if warm else "0 %",
            low="100 %" if self._reads is not None else "0 %",
            high="0 %",
            source=Source(kind=SourceKind.ASSUMED, ref=ref),
        )

    def _session_assumption(self) -> CostAssumption:
        """Tokens of a turn's prompt that are read; the rest is new."""
        most, reads = self._load.most_cached_tok, self._reads or level(Decimal(0))
        low, base, high = (readable_count(round(most * reads.of(case))) for case in ("low", "base", "high"))
        ref = (
            f"of {readable_count(self._load.input_tok)} in {readable_count(self._load.turns)} turns that only append, "
        )
        ref += f"less than {WARM_WINDOW_S} s apart: grown from the shared prefix, from nothing to twice the average, "
        ref += "and no cache for sessions"
        source = Source(kind=SourceKind.ASSUMED, ref=ref)
        name = f"{self._option}: tokens of a turn read from the cache"
        return CostAssumption(name=name, value=base, low=low, high=high, source=source)

    def _lane_assumption(self) -> CostAssumption:
        taken = {}
        for case in CASES:
            later = self._later(self._load, case, caching=True)
            pays = later is not None and total(later) < total(self._waiting(self._load, case, caching=True))
            taken[case] = "not offered" if later is None else "batch" if pays else "standard, which is no dearer"
        share = readable_count(self._load.async_share * 100)
        return CostAssumption(
            name=f"{self._option}: lane of the {share} % that may wait",
            value=taken["base"] if taken["base"] != "not offered" else "standard: no batch price is published",
            low=taken["low"],
            high=taken["high"],
            source=Source(kind=SourceKind.ASSUMED, ref="the cheaper lane; only the cheap case caches in a batch"),
        )


def _missing(price: PriceTable, load: Workload) -> tuple[str, ...]:
    """What has no price in any case, each once."""
    quotes = [probe(price, load, case, Tier.STANDARD) for case in CASES]
    return tuple(dict.fromkeys(reason for found in quotes if found.total_usd is None for reason in found.missing))


def _cheaper(one: Request, other: Request | None) -> Request:
    return one if other is None or total(one) <= total(other) else other


def _in_order(cases: Mapping[Case, Request]) -> dict[Case, Request]:
    """The cheap case never dearer than the expected one, the dear one never cheaper: a map may hold odd prices."""
    low, base, high = cases["low"], cases["base"], cases["high"]
    return {"low": _cheaper(low, base), "base": base, "high": base if total(high) < total(base) else high}


def _with_retries(items: Request, share: Decimal) -> Request:
    if share == 0:
        return items
    return (*items, *(item.times(share, f"{item.name}, retried") for item in items))


def at_share(line: RateLine, share: ByCase, name: str = "") -> RateLine:
    """The line of one request of which only a share has it; ``name`` stands before its name."""
    units = ByCase(
        **{
            case: (line.per_request.of(case) * share.of(case)).quantize(QUANTITY_QUANTUM, ROUND_HALF_UP)
            for case in CASES
        }
    )
    return replace(line, name=f"{name}: {line.name}" if name else line.name, per_request=units)


def _merged(cases: Mapping[Case, Request], source: Source) -> tuple[RateLine, ...]:
    """The items of the three cases side by side, in the order in which they first appear."""
    keys = dict.fromkeys(
        (item.name, item.unit, item.key, item.usd_per_unit) for case in ("base", "low", "high") for item in cases[case]
    )
    return tuple(
        RateLine(
            name=name,
            unit=unit,
            price_key=key,
            usd_per_unit=price,
            source=source,
            per_request=ByCase(
                **{
                    case: next(
                        (i.quantity for i in items if (i.name, i.key, i.usd_per_unit) == (name, key, price)), zero
                    )
                    for case, items in cases.items()
                }
            ),
        )
        for zero in (Decimal(0),)
        for name, unit, key, price in keys
    )

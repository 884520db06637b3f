"""What an API model charges for one request of a workload, as lines, in the cheap, the expected and the dear case.

Here it is decided what is cached and which lane is taken. Unit prices come from the catalog; volumes come in SQL.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Decimal

from maquette.catalog.cards import Capability, ModelCard
from maquette.catalog.prices import PriceTable, Tier
from maquette.cost.projection import CASES, ByCase, Case, CostAssumption
from maquette.cost.request import CACHED, OUTPUT, QUANTITY_QUANTUM, Request, cached, probe, total, uncached
from maquette.cost.workload import Workload
from maquette.foundation.sources import Source, SourceKind
from maquette.foundation.units import DAYS_PER_MONTH, Usd, readable_count

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
        cache_hits: The share of the shared prefix that is read from the cache; None where it cannot be.
    """

    lines: tuple[RateLine, ...]
    request_usd: ByCase
    uncached_usd: Usd | None
    output_usd: Usd
    assumptions: tuple[CostAssumption, ...]
    cache_hits: ByCase | None = None

    def with_escalated(self, strong: "Rates", share: ByCase) -> "Rates":
        """These rates and those of a stronger model for the ``share`` of requests that it answers again."""
        lines = (*self.lines, *(_escalated(line, share) for line in strong.lines))
        sums = {case: sum((line.usd_per_unit * line.per_request.of(case) for line in lines), Usd(0)) for case in CASES}
        cold = None
        if self.uncached_usd is not None or strong.uncached_usd is not None:
            weak_cold = self.request_usd.base if self.uncached_usd is None else self.uncached_usd
            strong_cold = strong.request_usd.base if strong.uncached_usd is None else strong.uncached_usd
            cold = weak_cold + share.base * strong_cold
        return Rates(
            lines=lines,
            request_usd=ByCase(**sums),
            uncached_usd=cold,
            output_usd=self.output_usd + share.base * strong.output_usd,
            assumptions=(*self.assumptions, *strong.assumptions),
            cache_hits=self.cache_hits,
        )


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
    )


class _Pricing:
    """Decides, case by case, what is cached and which lane is taken."""

    def __init__(self, option: str, card: ModelCard, price: PriceTable, load: Workload) -> None:
        self._option, self._card, self._price, self._load = option, card, price, load
        daily = load.requests_per_month / DAYS_PER_MONTH
        self._written = min(Decimal(1), 1 / daily) if daily else Decimal(0)
        self._cacheable = self._can_cache()
        self._warm = self._cacheable and load.mean_rps * WARM_WINDOW_S >= 2

    def request(self, case: Case, *, caching: bool = True) -> Request:
        """One average request: its share in the lane of those who wait, and in the lane of those who may not."""
        waiting, share = self._waiting(case, caching), self._load.async_share
        later = self._later(case, caching) if share else None
        if later is None or total(later) >= total(waiting):
            return waiting
        return (
            *(item.times(1 - share, item.name) for item in waiting if share < 1),
            *(item.times(share, f"batch: {item.name}") for item in later),
        )

    def cache_hits(self) -> ByCase | None:
        """The share of the shared prefix that is read from the cache, in each case; None where it cannot be."""
        if not self._cacheable:
            return None
        warm = 1 - self._written if self._warm else Decimal(0)
        return ByCase(low=Decimal(1), base=warm, high=Decimal(0))

    def assumptions(self) -> tuple[CostAssumption, ...]:
        """What was taken for granted about the cache and the batch lane."""
        cache = (self._cache_assumption(),) if self._load.shared_prefix_tok else ()
        return (*cache, self._lane_assumption()) if self._load.async_share else cache

    def _waiting(self, case: Case, caching: bool) -> Request:
        fresh = uncached(self._price, self._load, case)
        if not caching or case == "high" or not (self._warm if case == "base" else self._cacheable):
            return fresh
        written = self._written if case == "base" else Decimal(0)
        return _cheaper(fresh, cached(self._price, self._load, case, written))

    def _later(self, case: Case, caching: bool) -> Request | None:
        """The batch lane, in which only the cheap case counts on the cache; None when it is not offered."""
        if probe(self._price, self._load, case, Tier.BATCH).total_usd is None:
            return None
        fresh = uncached(self._price, self._load, case, Tier.BATCH)
        if not caching or case != "low" or not self._cacheable:
            return fresh
        return _cheaper(fresh, cached(self._price, self._load, case, Decimal(0), Tier.BATCH))

    def _can_cache(self) -> bool:
        prefix = self._load.shared_prefix_tok
        least = self._card.min_cacheable_tok or USUAL_CACHE_MINIMUM_TOK
        if self._card.can(Capability.PREFIX_CACHE) is False or prefix == 0 or prefix < least:
            return False
        reading = cached(self._price, self._load, "base", Decimal(0))
        return reading is not None and any(item.kind == CACHED for item in reading)

    def _cache_assumption(self) -> CostAssumption:
        known = self._card.min_cacheable_tok
        least = f"{readable_count(known or USUAL_CACHE_MINIMUM_TOK)} tokens" + ("" if known else ", as usual")
        window = (self._load.mean_rps * WARM_WINDOW_S).quantize(Decimal("0.01"))
        ref = f"a prefix stays warm from 2 requests in {WARM_WINDOW_S} s ({window} here); it needs {least}"
        if self._warm:
            ref += "; it is written anew once a day"
        return CostAssumption(
            name=f"{self._option}: share of the shared prefix read from the cache",
            value="100 %" if self._warm else "0 %",
            low="100 %" if self._cacheable else "0 %",
            high="0 %",
            source=Source(kind=SourceKind.ASSUMED, ref=ref),
        )

    def _lane_assumption(self) -> CostAssumption:
        taken = {}
        for case in CASES:
            later = self._later(case, caching=True)
            pays = later is not None and total(later) < total(self._waiting(case, caching=True))
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


def _escalated(line: RateLine, share: ByCase) -> RateLine:
    units = ByCase(
        **{
            case: (line.per_request.of(case) * share.of(case)).quantize(QUANTITY_QUANTUM, ROUND_HALF_UP)
            for case in CASES
        }
    )
    return replace(line, name=f"escalated: {line.name}", per_request=units)


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

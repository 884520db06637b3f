"""Which inputs of an option are uncertain, between what, and in which shape. Nothing is drawn here.

Shapes, and why these: PERT (a beta on low to high with its mode at the expected value and the weight 4; Malcolm et al.
1959, Clark 1962) where a range is bounded on both sides, as rates and shares are; a lognormal for the volume, which
only factors can miss; a gamma for retries, which is what the Poisson counts of an evaluation say about their rate
(Jeffreys prior). An answer is taken at its word, a default that nobody confirmed is as wide as no answer.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from maquette.catalog.lanes import lane_of
from maquette.catalog.prices import PriceTable, Tier
from maquette.cost.options import PricedOption
from maquette.cost.projection import ByCase, CostAssumption
from maquette.cost.rates import Rates
from maquette.cost.workload import Workload, each_case, unknown_band
from maquette.foundation.sources import Source, SourceKind
from maquette.foundation.units import readable_count

VOLUME_WITHIN = Decimal("1.2")
"""Half of all launches are taken to bring between 1/1.2 and 1.2 times the planned volume."""

MOST_UNMEASURED_RETRIES = Decimal("0.05")
"""Attempts beyond the first that nobody has measured are taken to be at most so many for each request."""

VOLUME, GROWTH, OUTPUT, PROMPT = "volume", "growth", "output", "prompt"
PEAK, SPARE, CACHE, RETRIES = "peak", "spare", "cache", "retries"
ESCALATION, STRONG_CACHE = "escalation", "escalated cache"

_VOLUME_REF = (
    "lognormal; half of all road projects missed their traffic forecast by more than 20 % (Flyvbjerg, Skamris Holm and "
    "Buhl, J. American Planning Association 71(2), 2005); set another factor where the traffic is known"
)


class Shape(StrEnum):
    """How a range is filled."""

    PERT = "PERT"
    LOGNORMAL = "lognormal"
    GAMMA = "gamma"


@dataclass(frozen=True, kw_only=True, slots=True)
class Uncertain:
    """One input of an option.

    Attributes:
        key: One of this module's names.
        name: As a reader knows it; equal names are drawn once for all options.
        low, base, high: In the order of numbers. Of a lognormal the quartiles; of a gamma 0, the rate, and the calls
            that it was counted on.
        whole: Drawn values are rounded to whole ones.
        unit: Follows the figure: " %" and the like.
        times: What the figure is multiplied with for a reader.
    """

    key: str
    name: str
    low: Decimal
    base: Decimal
    high: Decimal
    shape: Shape
    ref: str
    kind: SourceKind = SourceKind.ASSUMED
    whole: bool = False
    unit: str = ""
    times: Decimal = Decimal(1)

    @property
    def spread(self) -> bool:
        """Whether there is anything to draw."""
        return self.low < self.high

    def shown(self, figure: Decimal) -> str:
        """A value for a reader."""
        value = figure * self.times
        places = Decimal("0.01") if abs(value) < 100 else Decimal(1)
        return f"{readable_count(value.quantize(places))}{self.unit}"

    def as_assumption(self) -> CostAssumption:
        """The range among a projection's assumptions."""
        high = self.shown(self.base if self.shape is Shape.GAMMA else self.high)
        return CostAssumption(
            name=self.name,
            value=self.shown(self.base),
            low=self.shown(self.low),
            high=high,
            source=Source(kind=self.kind, ref=self.ref),
        )


def uncertain_inputs(
    priced: PricedOption, *, defaulted: Collection[str], volume_within: Decimal
) -> tuple[Uncertain, ...]:
    """The inputs of a priced option that may be other than expected, each with its range.

    Args:
        priced: An option with rates or machines.
        defaulted: The facts that hold a question's default.
        volume_within: The factor within which half of all launches stay; 1 takes the volume at its word.
    """
    load = priced.load
    if load is None or priced.unpriced:
        return ()
    found = [_volume(volume_within), _growth(load, defaulted)]
    if priced.rates is not None:
        found += _of_requests(priced, priced.rates, load)
    if priced.host is not None:
        found += _of_machines(load, defaulted)
    return tuple(one for one in found if one.spread)


def steps_in(price: PriceTable, step_tok: ByCase) -> tuple[int, ...]:
    """The prompt lengths between the shortest and the longest judged one above which prices change."""
    steps = {*lane_of(price, Tier.STANDARD).steps, *lane_of(price, Tier.BATCH).steps}
    return tuple(sorted(step for step in steps if step_tok.low <= step <= step_tok.high))


def _volume(within: Decimal) -> Uncertain:
    return Uncertain(
        key=VOLUME,
        name="requests, as a multiple of the planned ones",
        low=1 / within,
        base=Decimal(1),
        high=within,
        shape=Shape.LOGNORMAL,
        ref=_VOLUME_REF,
    )


def _growth(load: Workload, defaulted: Collection[str]) -> Uncertain:
    return _pert(GROWTH, "growth a month", _band("scale.growth_pct_month", load.growth_pct_month, defaulted), unit=" %")


def _of_requests(priced: PricedOption, rates: Rates, load: Workload) -> Iterator[Uncertain]:
    yield _pert(OUTPUT, "output tokens a request", load.output_tok)
    tables = (priced.option.card.price, priced.option.escalates_to.price if priced.option.escalates_to else None)
    if any(table is not None and steps_in(table, load.step_tok) for table in tables):
        yield _pert(PROMPT, "prompt length at which price steps are judged", load.step_tok)
    name = priced.option.name
    if priced.host is None:
        yield _retries(priced)
        yield from _cache(CACHE, f"{name}: share of the shared prefix read from the cache", rates)
    if priced.strong is not None and priced.option.escalation is not None:
        yield from _cache(STRONG_CACHE, f"{name}, escalated: share of the prefix read from the cache", priced.strong)
        yield _pert(ESCALATION, f"{name}: escalated requests", priced.option.escalation, unit=" %", times=Decimal(100))


def _of_machines(load: Workload, defaulted: Collection[str]) -> Iterator[Uncertain]:
    yield _pert(PEAK, "requests a second in the peak", load.peak_rps)
    target = unknown_band("availability.target")
    if "availability.target" in defaulted and target is not None:
        three_nines = Decimal("0.999")
        spare = each_case(lambda share: Decimal(int(share >= three_nines)), target)
    else:
        spare = load.spare_machines
    yield _pert(SPARE, "spare machines", spare, whole=True)


def _cache(key: str, name: str, rates: Rates) -> Iterator[Uncertain]:
    if rates.cache_hits is not None:
        yield _pert(key, name, rates.cache_hits, unit=" %", times=Decimal(100))


def _retries(priced: PricedOption) -> Uncertain:
    result = priced.option.measured
    sent = result.done - result.from_cache if result else 0
    name = f"{priced.option.name}: attempts beyond the first"
    if result is None or sent <= 0:
        band = ByCase(low=Decimal(0), base=Decimal(0), high=MOST_UNMEASURED_RETRIES)
        return _pert(RETRIES, name, band, unit=" %", times=Decimal(100), ref="PERT; not measured")
    ref = f"gamma; the evaluation of {result.target_id}, {sent} requests sent"
    return Uncertain(
        key=RETRIES,
        name=name,
        low=Decimal(0),
        base=priced.retry_share,
        high=Decimal(sent),
        shape=Shape.GAMMA,
        kind=SourceKind.MEASURED,
        ref=ref,
        unit=" %",
        times=Decimal(100),
    )


def _pert(
    key: str,
    name: str,
    band: ByCase,
    *,
    unit: str = "",
    times: Decimal = Decimal(1),
    whole: bool = False,
    ref: str = "PERT between the cheap and the dear case",
) -> Uncertain:
    low, high = min(band.low, band.base, band.high), max(band.low, band.base, band.high)
    return Uncertain(
        key=key,
        name=name,
        low=low,
        base=band.base,
        high=high,
        shape=Shape.PERT,
        ref=ref,
        unit=unit,
        times=times,
        whole=whole,
    )


def _band(fact: str, taken: ByCase, defaulted: Collection[str]) -> ByCase:
    """The band of a fact: what stands in for no answer where the default does, around the default."""
    wide = unknown_band(fact)
    if fact not in defaulted or wide is None:
        return taken
    return ByCase(low=min(wide.low, taken.base), base=taken.base, high=max(wide.high, taken.base))

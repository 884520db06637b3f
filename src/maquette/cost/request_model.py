"""The exact model once more, over arrays of floats: what an option costs a month for every value of its inputs at once.

Only bands are made of these floats; a figure that stands for itself comes from `lines`. Which prices apply at which
prompt length is asked of the same quotes, and a test holds both models together.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Literal, TypeAlias

from maquette.catalog.cards import ModelCard
from maquette.catalog.prices import PriceTable, Tier
from maquette.cost.rates import Rates
from maquette.cost.request import CACHED, FRESH, OUTPUT, TOKENS, WRITTEN, Request, cached, probe, sides, uncached
from maquette.cost.uncertain_input import OUTPUT as OUTPUT_TOK
from maquette.cost.uncertain_input import (
    PROMPT,
    REGION,
)
from maquette.cost.uncertain_requests import steps_in
from maquette.cost.workload import Workload, level

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats: TypeAlias = NDArray[np.float64]
    Places: TypeAlias = NDArray[np.intp]

Inputs: TypeAlias = "Mapping[str, Floats]"
"""Values by the keys of `uncertain`, arrays of one length; a key that is not there is where it is expected."""

_NOBODY_PAYS = 1e9
_ONE = Decimal(1)


@dataclass(frozen=True, kw_only=True, slots=True)
class _UnitPrices:
    """Dollars a unit in one lane, at each bracket of prompt lengths; None where the lane has no such price."""

    fresh: "Floats"
    output: "Floats"
    fee: "Floats"
    cached: "Floats | None"
    written: "Floats | None"
    media: "Mapping[str, Floats]"


class RequestModel:
    """What one request of a model costs.

    Where the lengths of the prompts are known each part counts on its own side of a step; otherwise the length at which
    steps are judged is an input.

    Args:
        card: A model with a price.
        load: What is asked of it.
        rates: Its exact rates.
        cache: The key of the share that is read from the cache.
        region: The key of what token prices are multiplied with.
        media: The key of a medium's tokens, by the medium.
    """

    def __init__(
        self,
        card: ModelCard,
        load: Workload,
        rates: Rates,
        cache: str,
        region: str = REGION,
        media: Callable[[str], str] = str,
    ) -> None:
        import numpy as np

        if card.price is None:
            raise ValueError(f"{card.id} has no price")
        self._load, self._cache, self._region = load, cache, region
        self._media = tuple((media(one.medium), one.medium, float(one.tok.base)) for one in load.media_tok)
        self._hits = None if rates.cache_hits is None else float(rates.cache_hits.base)
        self._factor = None if rates.region is None else float(rates.region.base)
        self._side: Literal["left", "right"] = "right" if card.price.step_includes_start else "left"
        self._sides = sides(card.price, load)
        lengths = [part.step_tok.base for _, part in self._sides]
        self._steps = None
        if load.lengths is None:
            self._steps = np.array(steps_in(card.price, load), dtype=float)
            lengths = [load.step_tok.low, *(Decimal(int(step) + 1) for step in self._steps)]
        self._waiting = _unit_prices(card.price, load, lengths, Tier.STANDARD, caches=self._hits is not None)
        base = probe(card.price, load, "base", Tier.BATCH)
        offered = load.async_share > 0 and base.total_usd is not None
        self._later = _unit_prices(card.price, load, lengths, Tier.BATCH, caches=False) if offered else None

    def usd(self, inputs: Inputs) -> "Floats":
        """Dollars a request, without what is retried."""
        import numpy as np

        if self._steps is None:
            parts = (
                float(share) * self._of(part, np.asarray(place), inputs)
                for place, (share, part) in enumerate(self._sides)
            )
            usd: Floats = sum(parts, np.zeros(1))
            return usd
        length = np.ceil(np.asarray(inputs.get(PROMPT, float(self._load.step_tok.base))))
        return self._of(self._load, np.searchsorted(self._steps, length, side=self._side), inputs)

    def _of(self, load: Workload, at: "Places", inputs: Inputs) -> "Floats":
        """A request of ``load`` at the prices that apply at the bracket ``at``."""
        import numpy as np

        output = inputs.get(OUTPUT_TOK, float(load.output_tok.base))
        factor = 1.0 if self._factor is None else inputs.get(self._region, self._factor)
        waiting = self._fresh(self._waiting, load, at, output, factor, inputs)
        if self._waiting.cached is not None:
            warm = self._warm(self._waiting, self._waiting.cached, load, at, output, factor, inputs)
            # Where nothing is read nobody writes either, however cheap writing is.
            reads = np.asarray(inputs.get(self._cache, self._hits or 0.0)) > 0
            waiting = np.where(reads, np.minimum(waiting, warm), waiting)
        if self._later is None:
            return waiting
        share, later = float(load.async_share), self._fresh(self._later, load, at, output, factor, inputs)
        # A lane without a price at that length is not taken.
        return np.where(later < waiting, (1 - share) * waiting + share * later, waiting)

    def _fresh(
        self,
        price: _UnitPrices,
        load: Workload,
        at: "Places",
        output: "Floats | float",
        factor: "Floats | float",
        inputs: Inputs,
    ) -> "Floats":
        tokens = price.fresh[at] * float(load.input_tok) + price.output[at] * output
        usd: Floats = (tokens + self._beside(price, at, inputs)) * factor + price.fee[at]
        return usd

    def _beside(self, price: _UnitPrices, at: "Places", inputs: Inputs) -> "Floats | float":
        """What goes in beside the text."""
        found: Floats | float = 0.0
        for key, medium, expected in self._media:
            found = found + price.media[medium][at] * inputs.get(key, expected)
        return found

    def _warm(
        self,
        price: _UnitPrices,
        reading: "Floats",
        load: Workload,
        at: "Places",
        output: "Floats | float",
        factor: "Floats | float",
        inputs: Inputs,
    ) -> "Floats":
        read = float(load.most_cached_tok) * inputs.get(self._cache, self._hits or 0.0)
        whole = float(load.input_tok if load.in_sessions else load.shared_prefix_tok)
        stored = whole - read if price.written is not None else 0.0
        tokens: Floats = price.fresh[at] * (float(load.input_tok) - read - stored) + reading[at] * read
        if price.written is not None:
            tokens = tokens + price.written[at] * stored
        return (tokens + price.output[at] * output + self._beside(price, at, inputs)) * factor + price.fee[at]


def _unit_prices(price: PriceTable, load: Workload, lengths: list[Decimal], tier: Tier, *, caches: bool) -> _UnitPrices:
    """The unit prices at each of ``lengths``; without a price there, one that nobody would pay."""
    import numpy as np

    requests = [_one_of_each(price, load, length, tier, caches=caches) for length in lengths]
    names = {item.kind for request in requests for item in request}

    def of(kind: str) -> "Floats":
        return np.array([_unit(request, kind) for request in requests])

    fee = [float(sum(i.quantity * i.usd_per_unit for i in request if i.kind not in TOKENS)) for request in requests]
    return _UnitPrices(
        fresh=of(FRESH),
        output=of(OUTPUT),
        fee=np.array(fee),
        cached=of(CACHED) if CACHED in names else None,
        written=of(WRITTEN) if WRITTEN in names else None,
        media={one.medium: of(one.medium) for one in load.media_tok},
    )


def _one_of_each(price: PriceTable, load: Workload, length: Decimal, tier: Tier, *, caches: bool) -> Request:
    """A request that has tokens of every kind, so that every price shows."""
    whole = max(load.input_tok, load.shared_prefix_tok + 1)
    media = tuple(replace(one, tok=replace(one.tok, base=one.tok.base or _ONE)) for one in load.media_tok)
    every = replace(load, step_tok=level(length), output_tok=level(Decimal(1)), input_tok=whole, media_tok=media)
    half = every.most_cached_tok / 2
    reading = cached(price, every, "base", half, half, tier) if caches else None
    return reading if reading is not None else uncached(price, every, "base", tier)


def _unit(request: Request, kind: str) -> float:
    found = [float(item.usd_per_unit) for item in request if item.kind == kind]
    return found[0] if found else (_NOBODY_PAYS if kind == FRESH and not request else 0.0)

"""The exact model once more, over arrays of floats: what an option costs a month for every value of its inputs at once.

Only bands are made of these floats; a figure that stands for itself comes from `lines`. Which prices apply at which
prompt length is asked of the same quotes, and a test holds both models together.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Literal, TypeAlias

from maquette.catalog.cards import ModelCard
from maquette.catalog.prices import PriceTable, Tier
from maquette.cost.rates import Rates
from maquette.cost.request import CACHED, FRESH, OUTPUT, WRITTEN, Request, cached, probe, uncached
from maquette.cost.uncertain_input import OUTPUT as OUTPUT_TOK
from maquette.cost.uncertain_input import (
    PROMPT,
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
_ROUNDING = 1e-9
"""Machines that are so little more than a whole number are a float's error, not a machine."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _UnitPrices:
    """Dollars a unit in one lane, at each bracket of prompt lengths; None where the lane has no such price."""

    fresh: "Floats"
    output: "Floats"
    fee: "Floats"
    cached: "Floats | None"
    written: "Floats | None"


class RequestModel:
    """What one request of a model costs.

    Args:
        card: A model with a price.
        load: What is asked of it.
        rates: Its exact rates.
        cache: The key of the share that is read from the cache.
    """

    def __init__(self, card: ModelCard, load: Workload, rates: Rates, cache: str) -> None:
        import numpy as np

        if card.price is None:
            raise ValueError(f"{card.id} has no price")
        self._load, self._cache = load, cache
        self._steps = np.array(steps_in(card.price, load.step_tok), dtype=float)
        self._side: Literal["left", "right"] = "right" if card.price.step_includes_start else "left"
        self._hits = None if rates.cache_hits is None else float(rates.cache_hits.base)
        lengths = [load.step_tok.low, *(Decimal(int(step) + 1) for step in self._steps)]
        self._waiting = _unit_prices(card.price, load, lengths, Tier.STANDARD, caches=self._hits is not None)
        base = probe(card.price, load, "base", Tier.BATCH)
        offered = load.async_share > 0 and base.total_usd is not None
        self._later = _unit_prices(card.price, load, lengths, Tier.BATCH, caches=False) if offered else None

    def usd(self, inputs: Inputs) -> "Floats":
        """Dollars a request, without what is retried."""
        import numpy as np

        length = np.ceil(np.asarray(inputs.get(PROMPT, float(self._load.step_tok.base))))
        at = np.searchsorted(self._steps, length, side=self._side)
        output = inputs.get(OUTPUT_TOK, float(self._load.output_tok.base))
        waiting = self._fresh(self._waiting, at, output)
        if self._waiting.cached is not None:
            warm = self._warm(self._waiting, self._waiting.cached, at, output, inputs)
            # Where nothing is read nobody writes either, however cheap writing is.
            reads = np.asarray(inputs.get(self._cache, self._hits or 0.0)) > 0
            waiting = np.where(reads, np.minimum(waiting, warm), waiting)
        if self._later is None:
            return waiting
        share, later = float(self._load.async_share), self._fresh(self._later, at, output)
        # A lane without a price at that length is not taken.
        return np.where(later < waiting, (1 - share) * waiting + share * later, waiting)

    def _fresh(self, price: _UnitPrices, at: "Places", output: "Floats | float") -> "Floats":
        usd: Floats = price.fresh[at] * float(self._load.input_tok) + price.output[at] * output + price.fee[at]
        return usd

    def _warm(
        self, price: _UnitPrices, reading: "Floats", at: "Places", output: "Floats | float", inputs: Inputs
    ) -> "Floats":
        prefix = float(self._load.shared_prefix_tok)
        hit = prefix * inputs.get(self._cache, self._hits or 0.0)
        stored = prefix - hit if price.written is not None else 0.0
        fresh: Floats = price.fresh[at] * (float(self._load.input_tok) - hit - stored)
        writing = price.written[at] * stored if price.written is not None else 0.0
        return fresh + reading[at] * hit + writing + price.output[at] * output + price.fee[at]


def _unit_prices(price: PriceTable, load: Workload, lengths: list[Decimal], tier: Tier, *, caches: bool) -> _UnitPrices:
    """The unit prices at each of ``lengths``; without a price there, one that nobody would pay."""
    import numpy as np

    requests = [_one_of_each(price, load, length, tier, caches=caches) for length in lengths]
    names = {item.kind for request in requests for item in request}

    def of(kind: str) -> "Floats":
        return np.array([_unit(request, kind) for request in requests])

    fee = [
        float(sum(i.quantity * i.usd_per_unit for i in request if i.kind not in (FRESH, CACHED, WRITTEN, OUTPUT)))
        for request in requests
    ]
    return _UnitPrices(
        fresh=of(FRESH),
        output=of(OUTPUT),
        fee=np.array(fee),
        cached=of(CACHED) if CACHED in names else None,
        written=of(WRITTEN) if WRITTEN in names else None,
    )


def _one_of_each(price: PriceTable, load: Workload, length: Decimal, tier: Tier, *, caches: bool) -> Request:
    """A request that has tokens of every kind, so that every price shows."""
    prefix = load.shared_prefix_tok
    every = replace(
        load, step_tok=level(length), output_tok=level(Decimal(1)), input_tok=max(load.input_tok, prefix + 1)
    )
    reading = cached(price, every, "base", Decimal("0.5"), tier) if caches else None
    return reading if reading is not None else uncached(price, every, "base", tier)


def _unit(request: Request, kind: str) -> float:
    found = [float(item.usd_per_unit) for item in request if item.kind == kind]
    return found[0] if found else (_NOBODY_PAYS if kind == FRESH and not request else 0.0)

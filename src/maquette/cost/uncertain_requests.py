"""What is uncertain about the requests to a model: lengths, cache, retries, what is escalated."""

from collections.abc import Iterator
from decimal import Decimal

from maquette.catalog.lanes import lane_of
from maquette.catalog.prices import PriceTable, Tier
from maquette.cost.options import PricedOption
from maquette.cost.projection import ByCase
from maquette.cost.rates import Rates
from maquette.cost.uncertain_input import (
    CACHE,
    ESCALATION,
    OUTPUT,
    PROMPT,
    RETRIES,
    STRONG_CACHE,
    Shape,
    Uncertain,
    pert,
)
from maquette.cost.workload import Workload
from maquette.foundation.sources import SourceKind

MOST_UNMEASURED_RETRIES = Decimal("0.05")
"""Attempts beyond the first that nobody has measured are taken to be at most so many for each request."""


def of_requests(priced: PricedOption, rates: Rates, load: Workload) -> Iterator[Uncertain]:
    """The inputs of an option that is paid by the request, or that escalates to one that is."""
    yield pert(OUTPUT, "output tokens a request", load.output_tok)
    tables = (priced.option.card.price, priced.option.escalates_to.price if priced.option.escalates_to else None)
    if any(table is not None and steps_in(table, load.step_tok) for table in tables):
        yield pert(PROMPT, "prompt length at which price steps are judged", load.step_tok)
    name = priced.option.name
    if priced.host is None:
        yield _retries(priced)
        yield from _cache(CACHE, f"{name}: share of the shared prefix read from the cache", rates)
    if priced.strong is not None and priced.option.escalation is not None:
        yield from _cache(STRONG_CACHE, f"{name}, escalated: share of the prefix read from the cache", priced.strong)
        yield pert(ESCALATION, f"{name}: escalated requests", priced.option.escalation, unit=" %", times=Decimal(100))


def steps_in(price: PriceTable, step_tok: ByCase) -> tuple[int, ...]:
    """The prompt lengths between the shortest and the longest judged one above which prices change."""
    steps = {*lane_of(price, Tier.STANDARD).steps, *lane_of(price, Tier.BATCH).steps}
    return tuple(sorted(step for step in steps if step_tok.low <= step <= step_tok.high))


def _cache(key: str, name: str, rates: Rates) -> Iterator[Uncertain]:
    if rates.cache_hits is not None:
        yield pert(key, name, rates.cache_hits, unit=" %", times=Decimal(100))


def _retries(priced: PricedOption) -> Uncertain:
    result = priced.option.measured
    sent = result.done - result.from_cache if result else 0
    name = f"{priced.option.name}: attempts beyond the first"
    if result is None or sent <= 0:
        band = ByCase(low=Decimal(0), base=Decimal(0), high=MOST_UNMEASURED_RETRIES)
        return pert(RETRIES, name, band, unit=" %", times=Decimal(100), ref="PERT; not measured")
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

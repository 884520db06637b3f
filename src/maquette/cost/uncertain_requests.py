"""What is uncertain about the requests to a model: lengths, cache, retries, what is escalated."""

from collections.abc import Iterator
from decimal import Decimal

from maquette.catalog.lanes import lane_of
from maquette.catalog.prices import PriceTable, Tier
from maquette.cost.options import PricedOption
from maquette.cost.projection import ByCase
from maquette.cost.streams import ESCALATED
from maquette.cost.uncertain_input import OUTPUT, PROMPT, REACHING, RETRIES, Shape, Uncertain, pert
from maquette.cost.workload import Workload
from maquette.foundation.sources import SourceKind

_HUNDRED = Decimal(100)
MOST_UNMEASURED_RETRIES = Decimal("0.05")
"""Attempts beyond the first that nobody has measured are taken to be at most so many for each request."""


def of_requests(priced: PricedOption, load: Workload) -> Iterator[Uncertain]:
    """The inputs of an option that has streams of requests."""
    yield pert(OUTPUT, "output tokens a request", load.output_tok)
    tables = [one.card.price for one in priced.streams if one.load.lengths is None]
    if any(table is not None and steps_in(table, load.step_tok) for table in tables):
        yield pert(PROMPT, "prompt length at which price steps are judged", load.step_tok)
    yield pert(REACHING, "requests that no cache of responses answers", load.reaching, unit=" %", times=_HUNDRED)
    for one in priced.streams:
        name = f"{priced.option.name}, {one.name}" if one.name else priced.option.name
        if not one.name:
            yield _retries(priced)
        if one.rates.cache_hits is not None:
            what = "prefix" if one.name else "shared prefix"
            if one.load.in_sessions:
                what = "prefix and the session's history"
            said = f"{name}: share of the {what} read from the cache"
            yield pert(one.cache_key, said, one.rates.cache_hits, unit=" %", times=_HUNDRED)
        if one.rates.region is not None:
            yield pert(one.region_key, f"{name}: token prices in {load.region}, times", one.rates.region)
        if one.name == ESCALATED:
            said = f"{priced.option.name}: escalated requests"
            yield pert(one.share_key, said, one.share, unit=" %", times=_HUNDRED)


def steps_in(price: PriceTable, step_tok: ByCase) -> tuple[int, ...]:
    """The prompt lengths between the shortest and the longest judged one above which prices change."""
    steps = {*lane_of(price, Tier.STANDARD).steps, *lane_of(price, Tier.BATCH).steps}
    return tuple(sorted(step for step in steps if step_tok.low <= step <= step_tok.high))


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

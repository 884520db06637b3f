"""What is uncertain about the requests to a model: lengths, cache, retries, what is escalated."""

from collections.abc import Iterator
from decimal import Decimal

from maquette.catalog.prices import PriceTable
from maquette.cost.options import PricedOption
from maquette.cost.projection import ByCase
from maquette.cost.request import steps_of
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
    unsized = [one for one in priced.streams if one.load.lengths is None]
    if any(one.card.price is not None and steps_in(one.card.price, one.load) for one in unsized):
        yield pert(PROMPT, "prompt length at which price steps are judged", load.step_tok)
    no_other = "no cache of responses and no classifier" if priced.option.encoder_first else "no cache of responses"
    yield pert(REACHING, f"requests that {no_other} answers", load.reaching, unit=" %", times=_HUNDRED)
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
        for media in one.load.media_tok:
            said = f"{name}: tokens of {media.medium.removeprefix('input, ')} a request"
            yield pert(one.media_key(media.medium), said, media.tok)
        if one.name == ESCALATED:
            said = f"{priced.option.name}: escalated requests"
            yield pert(one.share_key, said, one.share, unit=" %", times=_HUNDRED)


def steps_in(price: PriceTable, load: Workload) -> tuple[int, ...]:
    """The lengths of text between the shortest and the longest judged one above which prices change."""
    beside, judged = int(load.all_media_tok.base), load.step_tok
    found = {step - beside for step in steps_of(price)}
    return tuple(sorted(step for step in found if judged.low <= step <= judged.high))


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

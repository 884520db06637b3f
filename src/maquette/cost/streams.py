"""Who answers which share of an option's requests: streams of requests, and what all of them cost together."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from maquette.catalog.cards import ModelCard
from maquette.cost.media import media_on
from maquette.cost.projection import CASES, ByCase, CostAssumption
from maquette.cost.rates import RateLine, Rates, Unpriced, api_rates, at_share
from maquette.cost.uncertain_input import CACHE, REGION, RETRIES
from maquette.cost.workload import Workload, level
from maquette.foundation.sources import Source, SourceKind
from maquette.foundation.units import Usd, readable_count

ALL = level(Decimal(1))
ESCALATED, SUCCESSOR, SEMANTIC_CACHE = "escalated", "successor", "semantic cache"


@dataclass(frozen=True, kw_only=True, slots=True)
class Route:
    """A model that answers a share of an option's requests in place of the option's own.

    Attributes:
        name: Stands before its lines' names.
        share: Of the option's requests, in the cheap, the expected and the dear case.
    """

    name: str
    card: ModelCard
    share: ByCase


@dataclass(frozen=True, kw_only=True, slots=True)
class Stream:
    """Requests of an option that one model answers at a price for each.

    Attributes:
        name: Stands before its lines' names; empty for the option's own model.
        load: The workload of the stream's own requests.
        rates: What one request of the stream costs, retries included.
        share: Of the option's requests that reach a model.
        from_month, to_month: The months that have it, from 1, both included; None is the whole horizon.
        key: Tells its uncertain inputs from those of the option's own model.
        retry_share: Attempts beyond the first, for each request.
        reaching: The share of the option's requests that no cache of responses answers.
    """

    name: str
    card: ModelCard
    load: Workload
    rates: Rates
    share: ByCase
    from_month: int = 1
    to_month: int | None = None
    key: str = ""
    retry_share: Decimal = Decimal(0)
    reaching: ByCase = ALL

    @property
    def lines(self) -> tuple[RateLine, ...]:
        """The lines of one request of the option: the shares are taken and the name stands before."""
        share = ByCase(**{case: self.share.of(case) * self.reaching.of(case) for case in CASES})
        return tuple(at_share(line, share, self.name) for line in self.rates.lines)

    @property
    def cache_key(self) -> str:
        """The uncertain input that is the share read from the provider's cache."""
        return f"{self.key} {CACHE}".strip()

    @property
    def share_key(self) -> str:
        """The uncertain input that is ``share``."""
        return f"{self.key} share".strip()

    @property
    def retries_key(self) -> str:
        """The uncertain input that is ``retry_share``."""
        return f"{self.key} {RETRIES}".strip()

    def media_key(self, medium: str) -> str:
        """The uncertain input that is the tokens of a medium."""
        return f"{self.key} {medium}".strip()

    @property
    def region_key(self) -> str:
        """The uncertain input that token prices are multiplied with."""
        return f"{self.key} {REGION}".strip()

    def runs_in(self, month: int) -> bool:
        """Whether ``month`` (from 1) has it."""
        return self.from_month <= month and (self.to_month is None or month <= self.to_month)


def stream(
    option: str, card: ModelCard, load: Workload, share: ByCase, *, name: str = "", retry_share: Decimal = Decimal(0)
) -> Stream | Unpriced:
    """The stream of a share of the option's requests; its cache is as warm as those are many.

    Args:
        option: What its assumptions are said of.
        card: The model.
        load: The workload of the whole option.
        share: Of the requests that reach a model.
        name: Stands before its lines, and tells its uncertain inputs from others.
        retry_share: Attempts beyond the first, for each request.
    """
    own = load.less(share.base * load.reaching.base)
    counted: tuple[CostAssumption, ...] = ()
    if load.media:
        tokens, counted = media_on(option, card, load.media)
        own = replace(own, media_tok=tokens)
    rates = api_rates(option, card, own, retry_share)
    if isinstance(rates, Unpriced):
        return rates
    if own.in_sessions:
        # A short session may cost more to write than it saves: then only what all requests share is cached.
        alone = replace(own, turns=Decimal(1))
        found = api_rates(option, card, alone, retry_share)
        if isinstance(found, Rates) and found.request_usd.base < rates.request_usd.base:
            own, rates = alone, found
    rates = replace(rates, assumptions=(*counted, *rates.assumptions)) if counted else rates
    return Stream(
        name=name,
        card=card,
        load=own,
        rates=rates,
        share=share,
        key=name,
        retry_share=retry_share,
        reaching=load.reaching,
    )


def embedding_stream(option: str, card: ModelCard, load: Workload) -> Stream | Unpriced:
    """The calls that turn every request into a vector, which a cache of similar requests is asked with.

    The shared prefix is left out: it says nothing about the request.
    """
    question = max(Decimal(1), load.input_tok - load.shared_prefix_tok)
    asked = replace(
        load,
        input_tok=question,
        shared_prefix_tok=Decimal(0),
        output_tok=level(Decimal(0)),
        step_tok=level(question),
        lengths=None,
        turns=Decimal(1),
        async_share=Decimal(0),
        reaching=ALL,
        media=(),
    )
    return stream(option, card, asked, ALL, name=SEMANTIC_CACHE)


def as_one(streams: Sequence[Stream]) -> Rates | None:
    """What an average request of the option costs in the first month, over all its streams; None without any."""
    running = [one for one in streams if one.runs_in(1)]
    if not running:
        return None
    if len(running) == 1 and running[0].share == ALL == running[0].reaching:
        return running[0].rates
    lines = tuple(line for one in running for line in one.lines)
    sums = {case: sum((line.usd_per_unit * line.per_request.of(case) for line in lines), Usd(0)) for case in CASES}
    shares = [(one.share.base * one.reaching.base, one.rates) for one in running]
    cold = None
    if any(rates.uncached_usd is not None for _, rates in shares):
        cold = sum(
            (share * (r.request_usd.base if r.uncached_usd is None else r.uncached_usd) for share, r in shares), Usd(0)
        )
    return Rates(
        lines=lines,
        request_usd=ByCase(**sums),
        uncached_usd=cold,
        output_usd=sum((share * rates.output_usd for share, rates in shares), Usd(0)),
        assumptions=tuple(said for one in running for said in one.rates.assumptions),
        cache_hits=running[0].rates.cache_hits,
        region=running[0].rates.region,
    )


def share_assumption(name: str, share: ByCase, ref: str) -> CostAssumption:
    """A share of the requests among the assumptions."""
    low, base, high = (f"{readable_count(part * 100)} %" for part in (share.low, share.base, share.high))
    return CostAssumption(name=name, value=base, low=low, high=high, source=Source(kind=SourceKind.ASSUMED, ref=ref))

"""The workload behind a projection: volumes, lengths and rates from the requirements, with a band where one is unknown.

Here facts become numbers with a source each. What a model charges for them is in `rates`, machines in `hosting`.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Context, Decimal, localcontext

from maquette.catalog.media_facts import MEDIA_FACTS
from maquette.catalog.traffic import days_per_month, new_tok_of_a_turn
from maquette.cost.fact_reader import FactReader, refused
from maquette.cost.lengths import PromptLengths
from maquette.cost.media import AskedMedia, MediaLoad, asked_media
from maquette.cost.projection import CASES, ByCase, CostAssumption
from maquette.cost.response_cache import FORBIDDEN, KINDS, cache_kind, reaching
from maquette.evals.run import TargetResult
from maquette.foundation.expression import Facts
from maquette.foundation.sources import Source, SourceKind
from maquette.foundation.units import DAYS_PER_MONTH, SECONDS_PER_DAY, readable_count

NEEDED = ("scale.requests_per_day", "tokens.input_avg", "tokens.output_avg")
"""The facts without which nothing can be projected; an evaluation can stand in for the two lengths."""

HIGHEST_VOLUME = Decimal(10) ** 13
"""Requests a month beyond which a projection is refused: a thousand for every person alive, ten times over."""

LONGEST_HORIZON_MONTHS = 120

COST_FACTS = (
    *NEEDED,
    "scale.days_per_month",
    "scale.growth_pct_month",
    "scale.async_share",
    "scale.active_hours",
    "tokens.shared_prefix",
    "tokens.output_max",
    "tokens.input_p99",
    "latency.mode",
    "traffic.easy_share",
    "traffic.exact_repeat_share",
    "traffic.repeat_share",
    "context.multi_turn",
    "context.turns_avg",
    "data.residency",
    "data.sensitivity",
    "knowledge.acl",
    "users.multi_tenant",
    "design.cache",
    "availability.target",
    "lifecycle.horizon_months",
    "budget.monthly_usd",
    "derived.rps_mean",
    "derived.rps_peak",
    "derived.rps_batch",
    *MEDIA_FACTS,
)
"""Every fact that a projection reads; other answers do not make it stale."""

_WIDE = Context(prec=60, rounding=ROUND_HALF_UP)
_MILLIONTH = Decimal("0.000001")
_ONE = ByCase(low=Decimal(1), base=Decimal(1), high=Decimal(1))
_NO_REGION = frozenset({"none", "other", "on_prem_only", "on_device"})
_HUNDRED = Decimal(100)


@dataclass(frozen=True, kw_only=True, slots=True)
class MissingFacts:
    """The facts without which there is no workload."""

    names: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Workload:
    """What is asked of a model in a month, in the cheap, the expected and the dear case.

    Attributes:
        requests_per_month: At launch: requests a day times the days of a month with traffic.
        days_per_month: Those days; 30.4 are all of them.
        growth_pct_month: Compounds from the second month on.
        output_tok: The average; in the dear case halfway between it and the cap on the output.
        shared_prefix_tok: Tokens that open every request; never more than the input.
        step_tok: The prompt length at which a price step is judged. The shared prefix and one token (every request is
            longer) in the cheap case, the average in the expected one, the 99th percentile in the dear one.
        lengths: How long the prompts are; where known, each counts on its own side of a step in the expected case.
        turns: Requests of a session, each of which sends what the one before it sent; 1 where each stands alone.
        region: Where the data must stay, in the words of the question; None where that is not asked, or no API's.
        reaching: The share of the requests that a cache of responses does not answer.
        asks_similar: Whether a cache of similar requests is asked first.
        mean_rps, peak_rps: Requests a second of those who wait, in the active hours, at launch.
        batch_rps: Requests a second of those that may wait, at launch.
        batch_at_same_time: The requests that may wait have no quiet hours of their own.
        spare_machines: Machines kept beside those that the peak needs.
        budget_usd_month: None when there is none.
        media: What goes in beside the text, of which ``input_tok`` and ``step_tok`` count the text alone.
        media_tok: The same in tokens, once it is known which model reads it.
    """

    requests_per_month: Decimal
    growth_pct_month: ByCase
    horizon_months: int
    input_tok: Decimal
    output_tok: ByCase
    shared_prefix_tok: Decimal
    step_tok: ByCase
    async_share: Decimal
    mean_rps: Decimal
    peak_rps: ByCase
    batch_rps: Decimal
    batch_at_same_time: bool
    spare_machines: ByCase
    budget_usd_month: Decimal | None
    assumptions: tuple[CostAssumption, ...]
    lengths: PromptLengths | None = None
    turns: Decimal = Decimal(1)
    region: str | None = None
    reaching: ByCase = _ONE
    asks_similar: bool = False
    days_per_month: Decimal = DAYS_PER_MONTH
    media: tuple[AskedMedia, ...] = ()
    media_tok: tuple[MediaLoad, ...] = ()

    @property
    def all_media_tok(self) -> ByCase:
        """Tokens of everything beside the text of a prompt."""
        return ByCase(**{case: sum((one.tok.of(case) for one in self.media_tok), Decimal(0)) for case in CASES})

    @property
    def in_sessions(self) -> bool:
        """Whether somebody waits for turns that follow each other."""
        return self.turns >= 2 and self.mean_rps > 0

    @property
    def most_cached_tok(self) -> Decimal:
        """Tokens of an average prompt that a cache that forgets nothing would be read for.

        Of a request that stands alone the shared prefix. Of sessions what the turn before sent.
        """
        if not self.in_sessions:
            return self.shared_prefix_tok
        return self.input_tok - new_tok_of_a_turn(self.input_tok, self.shared_prefix_tok, self.turns)

    def less(self, share: Decimal) -> "Workload":
        """The workload of a share of the requests."""
        if share == 1:
            return self
        return replace(self, requests_per_month=self.requests_per_month * share, mean_rps=self.mean_rps * share)

    def growth_factor(self, month: int) -> ByCase:
        """Volume of ``month`` (from 1) as a multiple of the first month's, to sixty digits."""
        with localcontext(_WIDE):
            # A shrink by 100 % leaves nothing to raise to the power of zero.
            return each_case(
                lambda growth: (1 + growth / _HUNDRED) ** (month - 1) if month > 1 else Decimal(1),
                self.growth_pct_month,
            )

    def requests(self, month: int) -> ByCase:
        """Requests in ``month`` (from 1), to a millionth of one, half up."""
        with localcontext(_WIDE):
            return each_case(
                lambda factor: (self.requests_per_month * factor).quantize(_MILLIONTH), self.growth_factor(month)
            )


def workload(
    facts: Facts, *, measured: TargetResult | None, defaulted: Collection[str] = ()
) -> Workload | MissingFacts:
    """The workload that ``facts`` describe.

    Required lengths win over measured ones, which then stand among the assumptions for comparison; where a length is
    not required, the measured mean is taken.

    Args:
        facts: Answers, defaults and derived facts; an absent one is unknown and widens the band.
        measured: The evaluation of the model that the workload is for.
        defaulted: The facts that hold a question's default, because nobody answered.

    Raises:
        InvalidInput: A fact is not a number, is negative, or makes the volume absurd.
    """
    reader = FactReader(facts, defaulted)
    input_tok = reader.length("tokens.input_avg", measured.mean_input_tok if measured else None, measured)
    output_tok = reader.length("tokens.output_avg", measured.mean_output_tok if measured else None, measured)
    requests_a_day = reader.number("scale.requests_per_day")
    if requests_a_day is None or input_tok is None or output_tok is None:
        values = (requests_a_day, input_tok, output_tok)
        return MissingFacts(names=tuple(name for name, value in zip(NEEDED, values, strict=True) if value is None))
    found = _described(reader, requests_a_day, input_tok, output_tok)
    _refuse_absurd(found)
    return found


def _described(reader: FactReader, requests_a_day: Decimal, input_tok: Decimal, output_tok: Decimal) -> Workload:
    prefix = min(reader.banded("tokens.shared_prefix").base, input_tok)
    async_share = _async_share(reader)
    load = _Load(reader, requests_a_day, async_share)
    return Workload(
        requests_per_month=requests_a_day * days_per_month(reader.facts),
        days_per_month=days_per_month(reader.facts),
        growth_pct_month=reader.banded("scale.growth_pct_month", least=Decimal(-100)),
        horizon_months=_horizon(reader),
        input_tok=input_tok,
        output_tok=_output(reader, output_tok),
        shared_prefix_tok=prefix,
        step_tok=_step(reader, input_tok, prefix),
        async_share=async_share,
        mean_rps=load.mean_rps,
        peak_rps=load.peak_rps,
        batch_rps=load.batch_rps,
        batch_at_same_time=load.batch_at_same_time,
        spare_machines=each_case(
            lambda target: Decimal(int(target >= Decimal("0.999"))), reader.banded("availability.target")
        ),
        budget_usd_month=reader.number("budget.monthly_usd"),
        lengths=_lengths(reader, input_tok, prefix),
        turns=_turns(reader),
        region=region_asked(reader.facts),
        reaching=_reaching(reader),
        asks_similar=cache_kind(reader.facts) == "semantic",
        media=asked_media(reader),
        assumptions=tuple(reader.assumptions),
    )


def default_horizon(facts: Facts) -> int:
    """The horizon that a projection without a workload reports."""
    return _horizon(FactReader(facts, ()))


def each_case(function: Callable[[Decimal], Decimal], figures: ByCase) -> ByCase:
    """``function`` of each of the three."""
    return ByCase(low=function(figures.low), base=function(figures.base), high=function(figures.high))


def level(figure: Decimal) -> ByCase:
    """The same figure in every case."""
    return ByCase(low=figure, base=figure, high=figure)


class _Load:
    """The rates at launch: the derived facts, or what the launch volume alone says about them."""

    def __init__(self, reader: FactReader, requests_a_day: Decimal, async_share: Decimal) -> None:
        mean, peak = reader.number("derived.rps_mean"), reader.number("derived.rps_peak")
        batch, hours = reader.number("derived.rps_batch"), reader.number("scale.active_hours")
        over_a_day = requests_a_day / SECONDS_PER_DAY
        self.mean_rps = over_a_day * (1 - async_share) if mean is None else mean
        self.batch_rps = over_a_day * async_share if batch is None else batch
        self.batch_at_same_time = hours is None or hours >= 24
        if reader.facts.get("latency.mode") == "batch":
            self.mean_rps, self.batch_rps, peak = Decimal(0), over_a_day, Decimal(0)
        self.peak_rps = ByCase(low=self.mean_rps, base=3 * self.mean_rps, high=8 * self.mean_rps)
        if peak is not None:
            self.peak_rps = level(peak)
        else:
            source = Source(kind=SourceKind.ASSUMED, ref="one, three and eight times the mean rate")
            reader.assume("derived.rps_peak", self.peak_rps, source)


def _async_share(reader: FactReader) -> Decimal:
    """The share that may wait for hours: all of it when nobody waits."""
    if reader.facts.get("latency.mode") == "batch":
        return Decimal(1)
    share = reader.banded("scale.async_share").base
    if share > 1:
        raise refused("scale.async_share", f"{share} is more than all requests", "Give a fraction from 0 to 1")
    return share


def _horizon(reader: FactReader) -> int:
    months = reader.banded("lifecycle.horizon_months").base
    if not 1 <= months <= LONGEST_HORIZON_MONTHS:
        raise refused("lifecycle.horizon_months", f"{months} months", f"Give 1 to {LONGEST_HORIZON_MONTHS} months")
    return int(months)


def _output(reader: FactReader, average: Decimal) -> ByCase:
    cap = reader.number("tokens.output_max")
    high = max(average, (average + (2 * average if cap is None else cap)) / 2)
    band = ByCase(low=average, base=average, high=high)
    limit = "twice the average, as the cap is unknown" if cap is None else f"the cap of {readable_count(cap)} tokens"
    ref = f"dear case halfway between the average and {limit}"
    reader.assume("output tokens a request", band, Source(kind=SourceKind.ASSUMED, ref=ref))
    return band


def _step(reader: FactReader, average: Decimal, prefix: Decimal) -> ByCase:
    longest = reader.number("tokens.input_p99")
    low = min(average, prefix + 1)
    band = ByCase(low=low, base=average, high=max(average, 2 * average if longest is None else longest))
    ref = "the shared prefix and one token, the average, and twice the average, as tokens.input_p99 is unknown"
    if longest is not None:
        ref = "the shared prefix and one token, each on its side (a lognormal through the average and the 99th "
        ref += "percentile), and tokens.input_p99"
    reader.assume("prompt length at which price steps are judged", band, Source(kind=SourceKind.ASSUMED, ref=ref))
    return band


def _lengths(reader: FactReader, average: Decimal, prefix: Decimal) -> PromptLengths | None:
    longest = reader.number("tokens.input_p99")
    if longest is None or not prefix < average < longest:
        return None
    return PromptLengths(average=average, floor=prefix, p99=longest)


def _turns(reader: FactReader) -> Decimal:
    """The turns of a session; 1 where nobody speaks of sessions."""
    turns = reader.number("context.turns_avg") if reader.facts.get("context.multi_turn") is True else None
    return turns if turns is not None and turns >= 2 else Decimal(1)


def region_asked(facts: Facts) -> str | None:
    """Where the data must stay, in the words of the question; None where that is not asked, or no API's."""
    asked = facts.get("data.residency")
    return asked if isinstance(asked, str) and asked not in _NO_REGION else None


def _reaching(reader: FactReader) -> ByCase:
    """The share of requests that reach a model, behind the cache of responses that the design has."""
    kind = cache_kind(reader.facts)
    if kind is None:
        if reader.facts.get("design.cache") in KINDS:
            source = Source(kind=SourceKind.ASSUMED, ref=FORBIDDEN)
            reader.assume("percent of the requests that a cache answers", level(Decimal(0)), source)
        return _ONE
    shares = {name: reader.number(name) for name in KINDS[kind]}
    for name, share in shares.items():
        if share is not None and share > 1:
            raise refused(name, f"{share} is more than all requests", "Give a fraction from 0 to 1")
    found, ref = reaching(shares)
    percent = each_case(lambda share: (1 - share) * _HUNDRED, found)
    source = Source(kind=SourceKind.ASSUMED, ref=ref)
    reader.assume(f"percent of the requests that the {kind} cache answers", percent, source)
    return found


def _refuse_absurd(found: Workload) -> None:
    for month in (1, found.horizon_months):
        if found.requests_per_month * found.growth_factor(month).high > HIGHEST_VOLUME:
            raise refused(
                "scale.growth_pct_month" if month > 1 else "scale.requests_per_day",
                f"month {month} would bring more than {readable_count(HIGHEST_VOLUME)} requests",
                "Lower the volume, the growth or the horizon",
            )

"""What the projection compares, and what one option charges: by the request, by the machine, or why neither is known.

Here an option meets its workload. Months and sums are in `lines`.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace
from decimal import Decimal

from maquette.catalog.cards import Hosting, ModelCard
from maquette.cost.commitments import Commitment
from maquette.cost.design_split import ENCODER, left_to_model, passed_on
from maquette.cost.ensembles import Ensemble, ensemble_streams, multiplier, multiplier_assumption
from maquette.cost.hosting import HOURS_PER_MONTH, USABLE_SHARE, capacity_per_month
from maquette.cost.projection import CASES, ByCase, CostAssumption
from maquette.cost.provisioned import Provisioned
from maquette.cost.rates import Rates, Unpriced
from maquette.cost.side_lines import NO_SIDE_COSTS, SideCosts
from maquette.cost.stages import Stage, stage_stream
from maquette.cost.streams import (
    ALL,
    ESCALATED,
    SUCCESSOR,
    Route,
    Stream,
    as_one,
    embedding_stream,
    share_assumption,
    stream,
)
from maquette.cost.workload import MissingFacts, Workload, each_case, workload
from maquette.evals.run import TargetResult
from maquette.foundation.expression import Facts
from maquette.foundation.sources import Source, SourceKind
from maquette.foundation.units import Usd, readable_count


@dataclass(frozen=True, kw_only=True, slots=True)
class CostOption:
    """One way to serve the workload: a model at its provider's price, or on machines by the hour.

    Attributes:
        name: Unique among the options; usually the target's id.
        measured: The model's results in the evaluation, for retries, throughput and lengths.
        host_usd_per_hour: What a machine costs; given, it takes the place of the model's own price.
        predicted: What a machine bears, where that is predicted; it goes before a throughput measured elsewhere.
        escalates_to: A stronger model with a price, which answers a share of the requests again.
        escalation: That share, in the cheap, the expected and the dear case.
        side: What the design pays beside its models.
        commitments: Shares of the machines, or of the provisioned units, that are reserved; the rest is on demand.
        provisioned: Throughput by the hour; given, it takes the place of the model's price and of any machine.
        routes: Models that answer a share of the requests each; the option's own model answers the rest.
        successor: What answers in place of the option's own model from ``successor_from_month`` on.
        cache_embedder: The model that turns requests into vectors, where the design has a cache of similar requests.
        ensemble: Who answers every request beside the option's own model, and who judges; None where it answers alone.
        encoder_first: Whether a small classifier answers first and passes a share on.
        second: What another provider's model answers of the own model's requests, so that it stays proven.
        before: A stage that every request passes first; what the option's own model then reads is in the facts.
    """

    name: str
    card: ModelCard
    measured: TargetResult | None = None
    host_name: str | None = None
    host_usd_per_hour: Usd | None = None
    host_source: Source | None = None
    predicted: "PredictedRate | None" = None
    escalates_to: ModelCard | None = None
    escalation: ByCase | None = None
    side: SideCosts = NO_SIDE_COSTS
    commitments: tuple[Commitment, ...] = ()
    provisioned: Provisioned | None = None
    routes: tuple[Route, ...] = ()
    successor: ModelCard | None = None
    successor_from_month: int | None = None
    cache_embedder: ModelCard | None = None
    ensemble: Ensemble | None = None
    before: Stage | None = None
    second: "WarmSecond | None" = None
    encoder_first: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class WarmSecond:
    """A second provider's model that the gateway sends a share of the requests.

    Attributes:
        name: The option or model, as the project calls it.
        share: Of the requests that the option's own model would answer.
        why: What has it so.
    """

    name: str
    card: ModelCard
    share: Decimal
    why: str


@dataclass(frozen=True, kw_only=True, slots=True)
class PredictedRate:
    """Requests a second that a machine is planned with, for bursts a share is left off; and by what it was predicted.

    Attributes:
        low, high: For the slow and the fast end of the predicted speed's 80 % interval.
    """

    planned_per_s: Decimal
    low: Decimal
    high: Decimal
    source: Source


@dataclass(frozen=True, kw_only=True, slots=True)
class HostRate:
    """Machines by the hour, or units of provisioned throughput.

    Attributes:
        capacity: Requests a month that one machine serves; None without traffic.
        commitments: Shares of them that are reserved.
        provisioned: How its units are counted; None for machines.
    """

    name: str
    usd_per_hour: Usd
    source: Source
    throughput_per_s: Decimal
    capacity: Decimal | None
    commitments: tuple[Commitment, ...] = ()
    provisioned: Provisioned | None = None

    @property
    def machine_month_usd(self) -> Usd:
        """One machine for a month."""
        return self.usd_per_hour * HOURS_PER_MONTH


@dataclass(frozen=True, kw_only=True, slots=True)
class PricedOption:
    """An option with its workload.

    ``rates``, ``host`` or ``unpriced`` is filled; machines that escalate to a model with a price have the first two.

    Attributes:
        retry_share: Attempts beyond the first, for each request.
        rates: What an average request of the first month costs over all streams; None where no stream runs.
        streams: Who answers which share of the requests at a price for each, in the order of the bill.
    """

    option: CostOption
    load: Workload | None = None
    rates: Rates | None = None
    host: HostRate | None = None
    unpriced: tuple[str, ...] = ()
    assumptions: tuple[CostAssumption, ...] = ()
    retry_share: Decimal = Decimal(0)
    streams: tuple[Stream, ...] = ()


def priced_option(option: CostOption, facts: Facts, defaulted: Collection[str]) -> PricedOption:
    """The option with what it charges, or why that is unknown.

    Raises:
        InvalidInput: A fact is not a number, is negative, or makes the volume absurd.
    """
    load = workload(facts, measured=option.measured, defaulted=defaulted)
    if isinstance(load, MissingFacts):
        return PricedOption(option=option, unpriced=tuple(f"{name} is not answered" for name in load.names))
    has_own_price = option.card.hosting is Hosting.API or option.card.price is not None
    by_request = option.host_usd_per_hour is None and has_own_price
    if option.encoder_first and (share := passed_on(facts, {"adaptation_first": ENCODER})):
        load = left_to_model(load, share, own_machines=not by_request)
    if option.provisioned is not None:
        priced = _by_unit(option, option.provisioned, load)
    else:
        priced = _by_request(option, load) if by_request else _by_machine(option, load)
    if priced.unpriced:
        return priced
    for part in _PARTS:
        priced = part(priced, load)
        if priced.unpriced:
            return replace(priced, streams=(), rates=None, host=None)
    return replace(priced, rates=as_one(priced.streams))


def _by_request(option: CostOption, load: Workload) -> PricedOption:
    share, assumption = _retries(option)
    left = {case: 1 - sum((route.share.of(case) for route in option.routes), Decimal(0)) for case in CASES}
    if min(left.values()) < 0:
        return PricedOption(option=option, load=load, unpriced=("the shares of its mix are more than all requests",))
    own = stream(option.name, option.card, load, ByCase(**left), retry_share=share)
    if isinstance(own, Unpriced):
        return PricedOption(option=option, load=load, unpriced=own.reasons, assumptions=load.assumptions)
    said = (*load.assumptions, *own.rates.assumptions, assumption)
    return PricedOption(option=option, load=load, assumptions=said, retry_share=share, streams=(own,))


def _with_routes(priced: PricedOption, load: Workload) -> PricedOption:
    """The option with the models that answer in place of its own; without its own where those answer all."""
    option = priced.option
    for route in option.routes:
        found = stream(f"{option.name}, {route.name}", route.card, load, route.share, name=route.name)
        if isinstance(found, Unpriced):
            return replace(priced, unpriced=found.reasons)
        said = share_assumption(
            f"{option.name}: requests that {route.card.id} answers", route.share, "the mix of the design"
        )
        priced = _added(priced, found, said)
    return replace(priced, streams=tuple(one for one in priced.streams if one.share.high or one.share.low))


def _with_second(priced: PricedOption, load: Workload) -> PricedOption:
    """The option with the share that the gateway sends to a second provider; machines stay as many as they were."""
    option, second = priced.option, priced.option.second
    if second is None:
        return priced
    own = next((one for one in priced.streams if one.name == ""), None)
    whole = own.share if own is not None else ALL
    share = each_case(lambda part: part * second.share, whole)
    name = f"second provider, {second.name}"
    found = stream(f"{option.name}, {name}", second.card, load, share, name=name)
    if isinstance(found, Unpriced):
        source = Source(kind=SourceKind.ASSUMED, ref=f"{'; '.join(found.reasons)}: it is priced as the own model")
        percent = f"{readable_count(second.share * 100)} %"
        said = CostAssumption(
            name=f"{option.name}: requests that {second.name} answers",
            value=percent,
            low=percent,
            high=percent,
            source=source,
        )
        return replace(priced, assumptions=(*priced.assumptions, said))
    said = share_assumption(
        f"{option.name}: requests that {second.name} answers", share, f"the gateway's weights: {second.why}"
    )
    if own is None:
        return _added(priced, found, said)
    left = each_case(lambda part: part * (1 - second.share), whole)
    rest = stream(option.name, option.card, load, left, retry_share=priced.retry_share)
    kept = own if isinstance(rest, Unpriced) else rest
    told = tuple(one for one in priced.assumptions if one not in own.rates.assumptions)
    streams = tuple(kept if one is own else one for one in priced.streams)
    priced = replace(priced, streams=streams, assumptions=(*told, *kept.rates.assumptions))
    return _added(priced, found, said)


def _with_ensemble(priced: PricedOption, load: Workload) -> PricedOption:
    """The option with the further votes on every request, and the judge's calls."""
    option, ensemble = priced.option, priced.option.ensemble
    if ensemble is None:
        return priced
    own = next((one for one in priced.streams if one.name == "" and one.share == ALL), None)
    if own is None:
        why = "an ensemble is priced where its first model answers every request and is paid by the request"
        return replace(priced, unpriced=(why,))
    found = ensemble_streams(option.name, option.card, load, ensemble, priced.retry_share)
    if isinstance(found, Unpriced):
        return replace(priced, unpriced=found.reasons)
    said = multiplier_assumption(option.name, ensemble, multiplier(own, found))
    for one in found:
        priced = _added(priced, one)
    return replace(priced, assumptions=(*priced.assumptions, said))


def _with_stage(priced: PricedOption, load: Workload) -> PricedOption:
    """The option with the calls of the stage before its own model."""
    stage = priced.option.before
    if stage is None:
        return priced
    found = stage_stream(priced.option.name, stage, load)
    return replace(priced, unpriced=found.reasons) if isinstance(found, Unpriced) else _added(priced, found)


def _with_escalation(priced: PricedOption, load: Workload) -> PricedOption:
    """The option with the requests that a stronger model answers again."""
    option, card, share = priced.option, priced.option.escalates_to, priced.option.escalation
    if card is None or share is None:
        return priced
    found = stream(f"{option.name}, escalated to {card.id}", card, load, share, name=ESCALATED)
    if isinstance(found, Unpriced):
        return replace(priced, unpriced=found.reasons)
    ref = f"the share that {card.id} answers again"
    return _added(priced, found, share_assumption(f"{option.name}: escalated requests", share, ref))


def _with_successor(priced: PricedOption, load: Workload) -> PricedOption:
    """The option with what takes the place of its own model when that retires."""
    option, card, first = priced.option, priced.option.successor, priced.option.successor_from_month
    own = next((one for one in priced.streams if one.name == ""), None)
    if own is None or card is None or first is None or first > load.horizon_months:
        return priced
    found = stream(f"{option.name}, from month {first} on {card.id}", card, load, own.share, name=SUCCESSOR)
    if isinstance(found, Unpriced):
        source = Source(kind=SourceKind.ASSUMED, ref=f"{'; '.join(found.reasons)}: the model's own price goes on")
        said = CostAssumption(
            name=f"{option.name}: from month {first} on", value=card.id, low=card.id, high=card.id, source=source
        )
        return replace(priced, assumptions=(*priced.assumptions, said))
    later = replace(found, from_month=first, retry_share=Decimal(0))
    before = tuple(replace(one, to_month=first - 1) if one is own else one for one in priced.streams)
    return replace(priced, streams=(*before, later), assumptions=(*priced.assumptions, *found.rates.assumptions))


def _with_cache(priced: PricedOption, load: Workload) -> PricedOption:
    """The option with the calls that ask a cache of similar requests."""
    option, card = priced.option, priced.option.cache_embedder
    if not load.asks_similar:
        return priced
    name = f"{option.name}, semantic cache"
    found = None if card is None else embedding_stream(name, card, load)
    if found is None or isinstance(found, Unpriced):
        why = "no embedding model is named" if found is None else "; ".join(found.reasons)
        source = Source(kind=SourceKind.ASSUMED, ref=f"{why}: its calls are not priced")
        nothing = CostAssumption(name=f"{name}: an embedding a request", value="0", low="0", high="0", source=source)
        return replace(priced, assumptions=(*priced.assumptions, nothing))
    return _added(priced, found)


_PARTS = (_with_routes, _with_second, _with_ensemble, _with_stage, _with_escalation, _with_successor, _with_cache)


def _added(priced: PricedOption, found: Stream, *said: CostAssumption) -> PricedOption:
    assumptions = (*priced.assumptions, *found.rates.assumptions, *said)
    return replace(priced, streams=(*priced.streams, found), assumptions=assumptions)


def _by_machine(option: CostOption, load: Workload) -> PricedOption:
    measured = _throughput(option)
    missing = []
    if option.host_usd_per_hour is None:
        missing.append(f"nobody says what a machine for {option.card.id} costs an hour")
    if not measured:
        missing.append(f"the throughput of {option.card.id} is neither measured nor predicted: evaluate it")
    if option.host_usd_per_hour is None or not measured:
        return PricedOption(option=option, load=load, unpriced=tuple(missing), assumptions=load.assumptions)
    host = HostRate(
        name=option.host_name or "machine",
        usd_per_hour=option.host_usd_per_hour,
        source=option.host_source or Source(kind=SourceKind.ASSUMED, ref="a price an hour without a source"),
        throughput_per_s=measured,
        capacity=capacity_per_month(load, measured),
        commitments=option.commitments,
    )
    return PricedOption(option=option, load=load, host=host, assumptions=(*load.assumptions, _planned(option, host)))


def _by_unit(option: CostOption, offer: Provisioned, load: Workload) -> PricedOption:
    rate = offer.unit_rate(load)
    host = HostRate(
        name=offer.name,
        usd_per_hour=offer.usd_per_unit_hour,
        source=offer.source,
        throughput_per_s=rate.base,
        capacity=None,
        commitments=option.commitments,
        provisioned=offer,
    )
    value, low, high = (f"{readable_count(round(one, 3))} /s" for one in (rate.base, rate.low, rate.high))
    name = f"{option.name}: requests that a unit of {offer.name} bears"
    bears = CostAssumption(name=name, value=value, low=low, high=high, source=offer.source)
    return PricedOption(option=option, load=load, host=host, assumptions=(*load.assumptions, bears))


def _throughput(option: CostOption) -> Decimal | None:
    """What a machine answers a second; of a prediction what would leave its planned share."""
    if option.predicted is not None:
        return option.predicted.planned_per_s / USABLE_SHARE
    measured = option.measured.throughput_per_s if option.measured else None
    return None if measured is None else Decimal(str(measured))


def _planned(option: CostOption, host: HostRate) -> CostAssumption:
    if option.predicted is not None:
        said = option.predicted
        value, low, high = (f"{readable_count(round(one, 3))} /s" for one in (said.planned_per_s, said.low, said.high))
        name = f"{option.name}: requests that are planned for {host.name}"
        return CostAssumption(name=name, value=value, low=low, high=high, source=said.source)
    share = readable_count(USABLE_SHARE * 100)
    ref = f"the evaluation of {option.card.id}, on the machine that it ran on; {share} % of it is planned with"
    rate = f"{readable_count(host.throughput_per_s)} /s"
    source = Source(kind=SourceKind.MEASURED, ref=ref)
    return CostAssumption(
        name=f"{option.name}: throughput on {host.name}", value=rate, low=rate, high=rate, source=source
    )


def _retries(option: CostOption) -> tuple[Decimal, CostAssumption]:
    """Attempts beyond the first for each request that was sent, and how that is known."""
    result = option.measured
    sent = result.done - result.from_cache if result else 0
    name = f"{option.name}: attempts beyond the first"
    if result is None or sent <= 0:
        source = Source(kind=SourceKind.ASSUMED, ref="not measured, so none are counted")
        return Decimal(0), CostAssumption(name=name, value="0 %", low="0 %", high="0 %", source=source)
    share = Decimal(max(0, result.calls_made - sent)) / sent
    shown = f"{readable_count((share * 100).quantize(Decimal('0.01')))} %"
    ref = f"the evaluation of {result.target_id}, {sent} requests sent; billed in full but in the cheap case"
    source = Source(kind=SourceKind.MEASURED, ref=ref)
    return share, CostAssumption(name=name, value=shown, low="0 %", high=shown, source=source)

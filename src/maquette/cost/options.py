"""What the projection compares, and what one option charges: by the request, by the machine, or why neither is known.

Here an option meets its workload. Months and sums are SQL.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace
from decimal import Decimal

from maquette.catalog.cards import Hosting, ModelCard
from maquette.cost.hosting import HOURS_PER_MONTH, USABLE_SHARE, capacity_per_month
from maquette.cost.projection import ByCase, CostAssumption
from maquette.cost.rates import Rates, Unpriced, api_rates
from maquette.cost.workload import MissingFacts, Workload, level, workload
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
    """Machines by the hour.

    Attributes:
        capacity: Requests a month that one machine serves; None without traffic.
    """

    name: str
    usd_per_hour: Usd
    source: Source
    throughput_per_s: Decimal
    capacity: Decimal | None

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
        strong: What one request costs that is escalated, before the share is taken.
        strong_load: The workload of the stronger model.
    """

    option: CostOption
    load: Workload | None = None
    rates: Rates | None = None
    host: HostRate | None = None
    unpriced: tuple[str, ...] = ()
    assumptions: tuple[CostAssumption, ...] = ()
    retry_share: Decimal = Decimal(0)
    strong: Rates | None = None
    strong_load: Workload | None = None


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
    priced = _by_request(option, load) if by_request else _by_machine(option, load)
    if option.escalates_to is None or option.escalation is None or priced.unpriced:
        return priced
    return _with_escalation(priced, load, option.escalates_to, option.escalation)


def _by_request(option: CostOption, load: Workload) -> PricedOption:
    share, assumption = _retries(option)
    rates = api_rates(option.name, option.card, load, share)
    if isinstance(rates, Unpriced):
        return PricedOption(option=option, load=load, unpriced=rates.reasons, assumptions=load.assumptions)
    assumptions = (*load.assumptions, *rates.assumptions, assumption)
    return PricedOption(option=option, load=load, rates=rates, assumptions=assumptions, retry_share=share)


def _with_escalation(priced: PricedOption, load: Workload, card: ModelCard, share: ByCase) -> PricedOption:
    """The option with the requests that a stronger model answers again; its cache is as warm as those are many."""
    option = priced.option
    fewer = replace(load, requests_per_month=load.requests_per_month * share.base, mean_rps=load.mean_rps * share.base)
    strong = api_rates(f"{option.name}, escalated to {card.id}", card, fewer, Decimal(0))
    if isinstance(strong, Unpriced):
        return PricedOption(option=option, load=load, unpriced=strong.reasons, assumptions=priced.assumptions)
    none = Rates(lines=(), request_usd=level(Decimal(0)), uncached_usd=None, output_usd=Usd(0), assumptions=())
    rates = (priced.rates or none).with_escalated(strong, share)
    said = (*priced.assumptions, *strong.assumptions, _escalation(option, card, share))
    return replace(priced, rates=rates, strong=strong, strong_load=fewer, assumptions=said)


def _escalation(option: CostOption, card: ModelCard, share: ByCase) -> CostAssumption:
    low, base, high = (f"{readable_count(part * 100)} %" for part in (share.low, share.base, share.high))
    source = Source(kind=SourceKind.ASSUMED, ref=f"the share that {card.id} answers again")
    return CostAssumption(name=f"{option.name}: escalated requests", value=base, low=low, high=high, source=source)


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
    )
    return PricedOption(option=option, load=load, host=host, assumptions=(*load.assumptions, _planned(option, host)))


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

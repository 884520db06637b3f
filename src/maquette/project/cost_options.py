"""How the workload is served by each model of a project: a provider's price, sized accelerators, or a plain machine."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from maquette.capacity.sizing import Sized
from maquette.catalog.cards import Hosting, ModelCard
from maquette.catalog.hardware import Host
from maquette.cost.calendar import Calendar
from maquette.cost.options import CostOption, PredictedRate
from maquette.evals.run import EvalRun
from maquette.foundation.sources import Source, SourceKind
from maquette.foundation.units import DAYS_PER_MONTH, Usd
from maquette.project.successors import successor

_OWN = Source(kind=SourceKind.ASSUMED, ref="accelerators that are there already: their price is spent")
_SMALLEST = Decimal("0.000001")


def option_of(name: str, card: ModelCard, *, run: EvalRun | None, host: Host | None, sized: Sized | None) -> CostOption:
    """How the workload is served by a model: at its provider's price, on sized accelerators, or on a plain machine.

    Args:
        name: The target's id, or the model's.
        card: The model.
        run: The current run, for retries, lengths and throughput.
        host: A machine without accelerators, for files of models.
        sized: The accelerators that an open model takes; each replica is then a machine of the projection.
    """
    measured = run.result(name) if run else None
    if sized is not None:
        return CostOption(name=name, card=card, measured=measured, **_replica(sized))
    if host is None or card.hosting is Hosting.API:
        return CostOption(name=name, card=card, measured=measured)
    return CostOption(
        name=name,
        card=card,
        measured=measured,
        host_name=host.name,
        host_usd_per_hour=host.usd_per_hour,
        host_source=host.source,
    )


def with_successor(
    option: CostOption,
    cards: Mapping[str, ModelCard],
    *,
    named: Mapping[str, str],
    horizon_months: int,
    calendar: Calendar,
    as_of: date,
) -> CostOption:
    """The option with what answers once its model retires within the horizon, where that can be said.

    The successor answers from the month that has the last day, and from the second one at the earliest.

    Args:
        option: One that is paid by the request.
        cards: The catalog's models by id.
        named: Model id to the replacement that its provider names.
        horizon_months: How far the projection looks.
        calendar: When month 1 is; without a launch it begins ``as_of``.
        as_of: When the prices were read.
    """
    last_day = option.card.retires_on
    if last_day is None or last_day < as_of or option.host_usd_per_hour is not None or option.provisioned is not None:
        return option
    in_days = int(Decimal((last_day - as_of).days) / DAYS_PER_MONTH) + 1
    launched = calendar.month_of(last_day)
    first = max(2, in_days if launched is None else launched)
    if first > horizon_months:
        return option
    ends = (calendar.launch or as_of) + timedelta(days=int(horizon_months * DAYS_PER_MONTH))
    found = successor(option.card, cards, named=named, until=ends)
    return option if found is None else replace(option, successor=found, successor_from_month=first)


def cache_embedder(cards: Mapping[str, ModelCard], roles: Mapping[str, Sequence[str]]) -> ModelCard | None:
    """The model that a cache of similar requests is asked with: the first of the catalog's list that has a price."""
    found = (cards.get(name) for name in roles.get("embedding", ()))
    return next((card for card in found if card is not None and card.price is not None), None)


def _replica(sized: Sized) -> dict[str, Any]:
    """One replica as a machine: its part of the rent, and what of its rate is planned with."""
    setup, rented = sized.setup, sized.rented
    machine = f"{setup.gpus}x {setup.accelerator.name}"
    low, planned, high = (Decimal(str(one)) for one in sized.planned_per_s)
    how = Source(kind=SourceKind.ESTIMATED, ref=f"the speed of {setup.card.id} on {machine} (maquette capacity size)")
    each = Usd(0) if rented is None else rented.usd_per_hour / (sized.replicas + sized.spare)
    return {
        "host_name": machine,
        "host_usd_per_hour": each.quantize(_SMALLEST) if each != each.quantize(_SMALLEST) else each,
        "host_source": _OWN if rented is None else rented.price.source,
        "predicted": PredictedRate(planned_per_s=planned, low=low, high=high, source=how),
    }

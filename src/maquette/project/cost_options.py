"""How the workload is served by each model of a project: a provider's price, sized accelerators, or a plain machine."""

from decimal import Decimal
from typing import Any

from maquette.capacity.sizing import Sized
from maquette.catalog.cards import Hosting, ModelCard
from maquette.catalog.hardware import Host
from maquette.cost.options import CostOption, PredictedRate
from maquette.evals.run import EvalRun
from maquette.foundation.sources import Source, SourceKind
from maquette.foundation.units import Usd

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

"""Which share of the requests a design leaves to its language model where something smaller answers first."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

from maquette.cost.projection import ByCase, CostAssumption
from maquette.cost.workload import Workload, each_case, level
from maquette.foundation.expression import Facts
from maquette.foundation.sources import Source, SourceKind
from maquette.foundation.units import readable_count

ENCODER = "encoder_classifier"
"""The value of the slot ``adaptation_first`` with which a small classifier stands before the language model."""

EASY = "traffic.easy_share"

PLANNED = ByCase(low=Decimal("0.05"), base=Decimal("0.12"), high=Decimal("0.3"))
"""What a confidence cascade is planned to pass on until somebody measured it: nobody publishes such a share for other
people's labels, so the band is wide."""

NOT_MEASURED = f"planned share of a confidence cascade until {EASY} is measured"


@dataclass(frozen=True, kw_only=True, slots=True)
class Share:
    """A share of all requests, in the cheap, the expected and the dear case, and who says so."""

    part: ByCase
    source: Source


def passed_on(facts: Facts, slots: Mapping[str, object]) -> Share | None:
    """The share of the requests that the classifier passes on to the language model; None where there is none.

    Args:
        facts: The project's; `EASY` is the share that the classifier answers well.
        slots: Slot to its value.
    """
    if slots.get("adaptation_first") != ENCODER:
        return None
    easy = facts.get(EASY)
    if isinstance(easy, int | float | Decimal) and not isinstance(easy, bool) and 0 <= easy <= 1:
        return Share(part=level(1 - Decimal(str(easy))), source=Source(kind=SourceKind.ESTIMATED, ref=f"1 - {EASY}"))
    return Share(part=PLANNED, source=Source(kind=SourceKind.ASSUMED, ref=NOT_MEASURED))


def routed_by_step(slots: Mapping[str, object]) -> bool:
    """Whether steps of one task go to models of different tiers: which share each gets is then not known."""
    return slots.get("subagents") == "fast_tier"


def left_to_model(load: Workload, share: Share, *, own_machines: bool) -> Workload:
    """The workload with only that share reaching a model; machines of its own are then sized for it too.

    What comes beside the models, logs for one, still counts every request.
    """
    low, base, high = (f"{readable_count(part * 100)} %" for part in (share.part.low, share.part.base, share.part.high))
    name = "requests that the classifier passes on to the language model"
    said = CostAssumption(name=name, value=base, low=low, high=high, source=share.source)
    told = (*load.assumptions, said)
    if own_machines:
        peak = _times(load.peak_rps, share.part)
        mean, batch = load.mean_rps * share.part.base, load.batch_rps * share.part.base
        return replace(load, peak_rps=peak, mean_rps=mean, batch_rps=batch, assumptions=told)
    return replace(load, reaching=_times(load.reaching, share.part), assumptions=told)


def busiest(peak: Decimal, share: Share | None) -> Decimal:
    """What of a figure of all traffic reaches the language model in the expected case."""
    return peak if share is None else each_case(lambda part: peak * part, share.part).base


def _times(one: ByCase, other: ByCase) -> ByCase:
    return ByCase(low=one.low * other.low, base=one.base * other.base, high=one.high * other.high)

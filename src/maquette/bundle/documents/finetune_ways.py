"""Ways to train a model, each with its memory, machines, hours and cost, and which of them is taken."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from maquette.bundle.documents.capacity_figures import times
from maquette.bundle.documents.seen import Seen
from maquette.bundle.figures import Figure, Sentence, estimated, figure
from maquette.cost.side.training_ways import USED_SOURCE, Way, WayCost
from maquette.foundation.sources import Source, SourceKind
from maquette.foundation.units import readable_count, readable_usd


def way_rows(seen: Seen, trains: str) -> Iterator[Mapping[str, Any]]:
    """A row for each way; none where no training is considered. ``trains`` is what the verdict trains."""
    for one in seen.inputs.training:
        yield {
            "way": one.name,
            "memory": estimated(f"{readable_count(_rounded(one.memory_gb))} GB", one.memory_formula),
            "machines": f"{one.gpus} x {one.accelerator}",
            "hours": estimated(_hours(one), one.hours_formula),
            "cost": _cost(one),
            "verdict": _verdict(seen, one, trains),
        }


def way_notes(seen: Seen) -> list[Sentence]:
    """What all of the hours rest on."""
    if not seen.inputs.training:
        return []
    used = figure("40 % of the peak, 50 to 20 %", USED_SOURCE)
    return [["Hours are for ", used, "; memory is without activations, which come on top."]]


def rejected_ways(seen: Seen, trains: str) -> Iterator[tuple[str, Sentence]]:
    """Each way that is not taken, with what it would cost and why it is not."""
    for one in seen.inputs.training:
        verdict = _verdict(seen, one, trains)
        if not str(verdict[0]).startswith("taken"):
            cost = _cost(one)
            estimate: list[str | Figure] = ["; estimated at ", cost] if cost is not None else []
            yield f"training: {one.name}", [*verdict, *estimate]


def _verdict(seen: Seen, one: WayCost, trains: str) -> Sentence:
    by = figure("(R-ADAPT-07)", Source(kind=SourceKind.CLAIMED, ref="rule R-ADAPT-07"))
    if one.way is Way.ENCODER:
        return ["taken ", by]
    if trains == "encoder":
        return [*_against_encoder(seen, one), by]
    adapters = next((other for other in seen.inputs.training if other.way is Way.ADAPTERS), None)
    if one.way is Way.ADAPTERS or adapters is None:
        return [_ADAPTERS.get(trains, "not taken: nothing is trained yet")]
    memory = times(one.memory_gb / adapters.memory_gb, f"{one.memory_formula} / {adapters.memory_formula}")
    machines = (
        f" the memory of adapters ({one.gpus} x {one.accelerator}, they {adapters.gpus} x {adapters.accelerator})"
    )
    found: list[str | Figure] = ["rejected: ", memory, machines]
    if one.usd is not None and adapters.usd is not None and adapters.usd.base:
        found += [" and ", times(one.usd.base / adapters.usd.base, "cost / cost of adapters"), " their cost"]
    return [*found, ", and each tuned model is served by machines of its own"]


_ADAPTERS = {"model": "taken", "compare": "taken as the second arm"}


def _against_encoder(seen: Seen, one: WayCost) -> Sentence:
    """That an encoder is trained instead, and how much dearer this is."""
    encoder = next((other for other in seen.inputs.training if other.way is Way.ENCODER), None)
    if encoder is None or encoder.usd is None or one.usd is None or not encoder.usd.base:
        return ["rejected: a small encoder is trained "]
    dearer = times(one.usd.base / encoder.usd.base, "cost / cost of the encoder")
    return ["rejected: ", dearer, " the cost of the small encoder that is trained "]


def _hours(one: WayCost) -> str:
    low, base, high = (f"{readable_count(_rounded(part))}" for part in (one.hours.low, one.hours.base, one.hours.high))
    return f"{base} ({low} to {high})"


def _rounded(hours: Decimal) -> Decimal:
    return hours.quantize(Decimal(1) if hours >= 10 else Decimal("0.01"))


def _cost(one: WayCost) -> Figure | None:
    if one.usd is None:
        return None
    low, base, high = (readable_usd(part) for part in (one.usd.low, one.usd.base, one.usd.high))
    return estimated(f"{base} ({low} to {high})", one.usd_formula)

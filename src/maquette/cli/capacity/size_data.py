"""A sizing as data and as rows."""

from collections.abc import Iterable, Iterator, Sequence

from typing_extensions import TypedDict

from maquette.capacity.renting import Rented
from maquette.capacity.sizing import Sized, Sizing, Unsuited
from maquette.cli.capacity.explain_data import BandedData, SetupData, banded_data, figure, setup_data
from maquette.cli.contract_parts import FORMAT, exact, exact_or_none
from maquette.foundation.units import readable_usd

HEADINGS = [
    "model",
    "accelerators",
    "numbers",
    "replicas",
    "in flight",
    "TTFT ms",
    "TPOT ms",
    "p95 s",
    "a month",
    "binds",
]


class DemandData(TypedDict):
    """What must be borne."""

    rate_per_s: float
    input_tok: float
    output_tok: float
    longest_tok: int
    ttft_s: float | None
    tpot_s: float | None
    p95_s: float | None
    utilisation: float
    spare: int


class ServeData(TypedDict):
    """How the engine is started."""

    max_model_len: int
    max_num_seqs: int
    tensor_parallel: int
    precision: str
    kv_dtype: str


class RentedData(TypedDict):
    """The cheapest way to rent all of it."""

    provider: str
    instance: str
    instances: int
    usd_per_hour: str
    source: str


class SizedData(TypedDict):
    """One way to bear the load; the replicas' range is that of the speed's 80 % interval."""

    setup: SetupData
    replicas: int
    replicas_low: int
    replicas_high: int
    spare: int
    gpus: int
    in_flight: int
    rate_per_replica_s: float
    binds: str
    ttft_s: BandedData
    tpot_s: BandedData
    p95_s: float
    settings: ServeData
    rented: RentedData | None
    usd_per_month: str | None
    pareto: bool


class UnsuitedData(TypedDict):
    """What cannot bear any of it."""

    setup: SetupData
    reason: str


class SizingData(TypedDict):
    """`maquette capacity size --json`."""

    format: int
    demand: DemandData
    options: list[SizedData]
    unsuited: list[UnsuitedData]
    assumed: list[str]


def size_data(found: Sizing, assumed: Sequence[str]) -> SizingData:
    """The sizing."""
    demand = found.demand
    return {
        "format": FORMAT,
        "demand": {
            "rate_per_s": demand.rate_per_s,
            "input_tok": demand.input_tok,
            "output_tok": demand.output_tok,
            "longest_tok": demand.longest_tok,
            "ttft_s": demand.ttft_s,
            "tpot_s": demand.tpot_s,
            "p95_s": demand.p95_s,
            "utilisation": demand.utilisation,
            "spare": demand.spare,
        },
        "options": [_sized(one) for one in found.options],
        "unsuited": [{"setup": setup_data(one.setup), "reason": one.reason} for one in found.unsuited],
        "assumed": list(assumed),
    }


def _sized(one: Sized) -> SizedData:
    settings = one.settings
    return {
        "setup": setup_data(one.setup),
        "replicas": one.replicas,
        "replicas_low": one.replicas_low,
        "replicas_high": one.replicas_high,
        "spare": one.spare,
        "gpus": one.gpus,
        "in_flight": one.in_flight,
        "rate_per_replica_s": one.rate_per_replica_s,
        "binds": one.binds,
        "ttft_s": banded_data(one.ttft_s),
        "tpot_s": banded_data(one.tpot_s),
        "p95_s": one.p95_s,
        "settings": {
            "max_model_len": settings.max_model_len,
            "max_num_seqs": settings.max_num_seqs,
            "tensor_parallel": settings.tensor_parallel,
            "precision": settings.precision,
            "kv_dtype": settings.kv_dtype,
        },
        "rented": None if one.rented is None else _rented(one.rented),
        "usd_per_month": exact_or_none(one.usd_per_month),
        "pareto": one.pareto,
    }


def _rented(rented: Rented) -> RentedData:
    return {
        "provider": rented.price.provider,
        "instance": rented.price.instance,
        "instances": rented.instances,
        "usd_per_hour": exact(rented.usd_per_hour),
        "source": str(rented.price.source),
    }


def size_rows(options: Iterable[Sized]) -> Iterator[tuple[str, ...]]:
    """A line an option; a star marks those that no other beats in both price and pace."""
    for one in options:
        several = f" ({one.replicas_low}-{one.replicas_high})" if one.replicas_low < one.replicas_high else ""
        yield (
            one.setup.card.id,
            f"{one.gpus}x {one.setup.accelerator.name}",
            one.settings.precision,
            f"{one.replicas}{several} + {one.spare} of {one.setup.gpus}",
            str(one.in_flight),
            figure(1000 * one.ttft_s.value),
            figure(1000 * one.tpot_s.value),
            figure(one.p95_s),
            readable_usd(one.usd_per_month) + ("*" if one.pareto else ""),
            one.binds,
        )


def unsuited_lines(found: Sizing) -> Iterator[str]:
    """Why the others are out, each reason once with how many it holds for."""
    reasons: dict[str, list[Unsuited]] = {}
    for one in found.unsuited:
        reasons.setdefault(_shared(one), []).append(one)
    for reason, alike in sorted(reasons.items(), key=lambda item: -len(item[1])):
        some = alike[0]
        _, _, figures = some.reason.partition(": ")
        example = f"{some.setup.gpus}x {some.setup.accelerator.name}" + (f" ({figures})" if figures else "")
        yield f"{len(alike)} out: {reason}, such as {example}."


def _shared(one: Unsuited) -> str:
    """The reason without what is one setup's own."""
    return one.reason.partition(":")[0].replace(one.setup.accelerator.name, "the accelerator")

"""How many machines a load takes: replicas for a peak rate within latency targets, the cheapest accelerators first.

A replica takes as many requests at once as its targets and its memory allow; Little's law turns that into a rate.
Tensor parallelism is as small as fits, then come replicas, with some of their rate kept free and spares on top.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from math import ceil

from maquette.capacity.renting import Rented, cheapest_rental
from maquette.capacity.setup import Banded, Load, LoadKind, Metric, Prediction, Setup
from maquette.foundation.problems import Problem

WIDTHS = (1, 2, 4, 8)
"""Accelerators that share the layers of one replica: what one machine holds, and heads divide by."""
UTILISATION = 0.7
"""The share of a replica's rate that the peak minute may take: what is left bears bursts within the minute."""

_UNLIKELY_MANY = 4096
"""More requests at once than any engine is set to."""

Predict = Callable[[Setup, Load], Prediction]
Room = Callable[[Setup, int], int]
"""Sequences of so many tokens that a replica holds at once; 0 when the model does not fit. Raises a `Problem`."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Demand:
    """What must be borne, at the peak.

    Attributes:
        rate_per_s: Requests a second in the busiest minute.
        longest_tok: The context that must be served: prompt and answer of the longest request.
        output_p95_tok: Tokens of a long answer, for the p95 target; None takes the mean.
        ttft_s: Target for the time to first token; None, as of those below, is no target.
        tpot_s: Target for the time per output token.
        p95_s: Target for the whole answer.
        utilisation: The share of a replica's rate that the peak may take; the rest is for bursts.
        spare: Replicas beyond those that are needed: one may fail (N+1).
        prefix_share: The share of prompts that a prefix cache answers.
    """

    rate_per_s: float
    input_tok: float
    output_tok: float
    longest_tok: int
    output_p95_tok: float | None = None
    ttft_s: float | None = None
    tpot_s: float | None = None
    p95_s: float | None = None
    utilisation: float = UTILISATION
    spare: int = 1
    prefix_share: float = 0.0


@dataclass(frozen=True, kw_only=True, slots=True)
class ServeSettings:
    """How the engine is started for what was sized."""

    max_model_len: int
    max_num_seqs: int
    tensor_parallel: int
    precision: str
    kv_dtype: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Sized:
    """One way to bear the load.

    Attributes:
        replicas: Without the spares; the range is that of the 80 % intervals of the speed.
        in_flight: Requests that one replica serves at once at the most.
        rate_per_replica_s: What it then bears, before the share that is kept free.
        binds: What keeps a replica from taking more: "memory", "TTFT", "TPOT", "p95" or "the engine's own limit".
        planned_per_s: Of that rate, what the peak may take: for the slow end, the middle and the fast end of the speed.
        p95_s: Of the whole answer, with the long answer and the high end of TTFT.
        rented: The cheapest way to rent all of it; None without a listed price.
        pareto: No other one is both cheaper and faster per token.
    """

    setup: Setup
    replicas: int
    replicas_low: int
    replicas_high: int
    spare: int
    in_flight: int
    rate_per_replica_s: float
    binds: str
    ttft_s: Banded
    tpot_s: Banded
    p95_s: float
    planned_per_s: tuple[float, float, float]
    settings: ServeSettings
    rented: Rented | None
    pareto: bool = False

    @property
    def gpus(self) -> int:
        """All accelerators, those of the spares too."""
        return (self.replicas + self.spare) * self.setup.gpus

    @property
    def usd_per_month(self) -> Decimal | None:
        """For 730 hours."""
        return None if self.rented is None else self.rented.usd_per_month


@dataclass(frozen=True, kw_only=True, slots=True)
class Unsuited:
    """A setup that cannot bear any of it, and why."""

    setup: Setup
    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Sizing:
    """All ways to bear the load, the cheapest first, those without a price last; and what is out."""

    demand: Demand
    options: tuple[Sized, ...]
    unsuited: tuple[Unsuited, ...]


def size(demand: Demand, setups: Iterable[Setup], *, predict: Predict, room: Room) -> Sizing:
    """The ways to bear ``demand``.

    Args:
        demand: The load and its targets.
        setups: Model, accelerator, engine and precision; their parallelism is chosen here.
        predict: The speed of a replica under a load.
        room: Sequences that fit into a replica.
    """
    options: list[Sized] = []
    unsuited: list[Unsuited] = []
    for setup in setups:
        found = list(_widths(demand, setup, predict, room))
        borne = [one for one in found if isinstance(one, Sized)]
        if borne:
            options.append(min(borne, key=_preferred))
        elif found:
            unsuited.append(next(one for one in reversed(found) if isinstance(one, Unsuited)))
    ordered = sorted(options, key=_preferred)
    return Sizing(demand=demand, options=_with_pareto(ordered), unsuited=tuple(unsuited))


def _widths(demand: Demand, setup: Setup, predict: Predict, room: Room) -> Iterator[Sized | Unsuited]:
    """The narrowest replica that bears something, and one twice as wide, which is cheaper where memory is scarce."""
    more = 2
    for width in WIDTHS:
        wide = replace(setup, gpus=width, tensor_parallel=width)
        try:
            found = size_one(demand, wide, predict=predict, room=room)
        except Problem as problem:
            yield Unsuited(setup=wide, reason=problem.what)
            return
        yield found
        more -= isinstance(found, Sized)
        if not more:
            return


def size_one(demand: Demand, setup: Setup, *, predict: Predict, room: Room) -> Sized | Unsuited:
    """Replicas of exactly this setup.

    Raises:
        Problem: The model, the accelerator or the load cannot be reckoned with.
    """
    context = setup.card.context_tok
    if context is not None and demand.longest_tok > context:
        reason = f"its context is too short: {context} tokens against {demand.longest_tok}"
        return Unsuited(setup=setup, reason=reason)
    if room(setup, demand.longest_tok) < 1:
        return Unsuited(setup=setup, reason="does not fit")
    # The cache is paged: what is in flight together takes the mean, and only the longest must fit alone.
    most = min(room(setup, ceil(demand.input_tok + demand.output_tok)), _UNLIKELY_MANY)
    alone = _under(demand, setup, 1, predict)
    if missed := _missed(demand, alone):
        return Unsuited(setup=setup, reason=f"too slow even alone: {_figure(demand, alone, missed)}")
    in_flight, binds = _most_in_flight(demand, setup, most, predict)
    borne = _under(demand, setup, in_flight, predict)
    ttft, tpot = borne.metrics[Metric.TTFT], borne.metrics[Metric.TPOT]
    rate, slow, fast = (_rate(demand, in_flight, borne, which) for which in ("value", "high", "low"))
    replicas = _replicas(demand, rate)
    return Sized(
        setup=setup,
        replicas=replicas,
        replicas_low=_replicas(demand, fast),
        replicas_high=_replicas(demand, slow),
        spare=demand.spare,
        in_flight=in_flight,
        rate_per_replica_s=rate,
        binds=binds,
        ttft_s=ttft,
        tpot_s=tpot,
        p95_s=_p95_s(demand, borne),
        planned_per_s=(slow * demand.utilisation, rate * demand.utilisation, fast * demand.utilisation),
        settings=_settings(demand, setup, in_flight),
        rented=cheapest_rental(setup.accelerator, replicas=replicas + demand.spare, width=setup.gpus),
    )


def _most_in_flight(demand: Demand, setup: Setup, most: int, predict: Predict) -> tuple[int, str]:
    """The most requests at once within the targets, by bisection: more of them are never faster."""
    missed = _missed(demand, _under(demand, setup, most, predict))
    if missed is None:
        return most, "memory" if most < _UNLIKELY_MANY else "the engine's own limit"
    good, bad = 1, most
    while bad - good > max(1, good // 50):  # to two percent, which is far below what a prediction is good for
        middle = (good + bad) // 2
        found = _missed(demand, _under(demand, setup, middle, predict))
        if found is None:
            good = middle
        else:
            bad, missed = middle, found
    return good, missed


def _under(demand: Demand, setup: Setup, in_flight: int, predict: Predict) -> Prediction:
    load = Load(
        input_tok=demand.input_tok,
        output_tok=demand.output_tok,
        kind=LoadKind.CONCURRENCY,
        concurrency=in_flight,
        prefix_share=demand.prefix_share,
    )
    return predict(setup, load)


def _missed(demand: Demand, found: Prediction) -> str | None:
    """The first target that is not met."""
    targets = (
        ("TTFT", demand.ttft_s, found.metrics[Metric.TTFT].value),
        ("TPOT", demand.tpot_s, found.metrics[Metric.TPOT].value),
        ("p95", demand.p95_s, _p95_s(demand, found)),
    )
    return next((name for name, most, value in targets if most is not None and value > most), None)


def _figure(demand: Demand, found: Prediction, name: str) -> str:
    seen, most = {
        "TTFT": (found.metrics[Metric.TTFT].value, demand.ttft_s),
        "TPOT": (found.metrics[Metric.TPOT].value, demand.tpot_s),
        "p95": (_p95_s(demand, found), demand.p95_s),
    }[name]
    return f"{name} {1000 * seen:.0f} ms against {1000 * (most or 0):.0f} ms"


def _p95_s(demand: Demand, found: Prediction) -> float:
    """The long answer at the mean pace, after the slow end of the time to first token."""
    long_tok = demand.output_p95_tok if demand.output_p95_tok is not None else demand.output_tok
    return found.metrics[Metric.TTFT].high + max(0.0, long_tok - 1) * found.metrics[Metric.TPOT].value


def _rate(demand: Demand, in_flight: int, found: Prediction, which: str) -> float:
    """Requests a second with so many in flight (Little 1961: number = rate times time)."""
    ttft, tpot = (getattr(found.metrics[metric], which) for metric in (Metric.TTFT, Metric.TPOT))
    return float(in_flight / (ttft + max(0.0, demand.output_tok - 1) * tpot))


def _replicas(demand: Demand, rate: float) -> int:
    return max(1, ceil(demand.rate_per_s / (rate * demand.utilisation)))


def _settings(demand: Demand, setup: Setup, in_flight: int) -> ServeSettings:
    published = setup.card.weights.native_quantisation if setup.card.weights else None
    return ServeSettings(
        max_model_len=demand.longest_tok,
        max_num_seqs=in_flight,
        tensor_parallel=setup.tensor_parallel,
        precision=setup.quantisation or (setup.precision.value if setup.precision else published or "as published"),
        kv_dtype=setup.kv_dtype.value,
    )


def _preferred(one: Sized) -> tuple[bool, Decimal, int, float]:
    return one.rented is None, one.usd_per_month or Decimal(0), one.gpus, one.tpot_s.value


def _with_pareto(options: Sequence[Sized]) -> tuple[Sized, ...]:
    """Cheapest first, so that one is on the front when it is faster than all before it."""
    fastest = float("inf")
    marked = []
    for one in options:
        on_front = one.rented is not None and one.tpot_s.value < fastest
        marked.append(replace(one, pareto=on_front))
        if on_front:
            fastest = one.tpot_s.value
    return tuple(marked)

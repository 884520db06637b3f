"""How many requests a replica decodes together: what memory holds, and where a load settles."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from math import log

from maquette.capacity.constants import EngineConstants
from maquette.capacity.memory import kv_bytes_on_one, plan_memory
from maquette.capacity.roofline import Pace, Traffic, pace
from maquette.capacity.setup import Load, LoadKind, Setup
from maquette.capacity.shapes import Shape
from maquette.capacity.work import Chip, decode_work, prefill_work
from maquette.foundation.problems import InvalidInput

_AT_THE_MOST = 0.98
"""The share of the memory that an engine can be told to take, at the most."""
_STEPS_OF_SEARCH = 24
_MOST_BUSY = 0.95
_TAIL = 1.0
"""Of the logarithm of a burst's requests: by how many mean answers the longest outlasts the mean, as of an exponential
spread of lengths."""


class DoesNotFit(InvalidInput):
    """The weights, with room for one sequence, are larger than the accelerators' memory."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Room:
    """Memory of one accelerator, in bytes, and the sequences of the replica that it leaves room for.

    Attributes:
        tight: Whether they only fit when the engine is told to keep less memory free than it does by itself.
    """

    usable: float
    weights: float
    per_sequence: float
    sequences: float
    tight: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Settled:
    """Where a load settles.

    Attributes:
        batch: Sequences decoded together.
        requests_per_s: Requests answered in a second.
        wait_s: Mean wait before a request's own prefill, beside what `Pace` counts.
        limit: What holds the batch: "load", "memory", "settings" or "promise".
        unstable: Whether requests come faster than they can be answered.
    """

    batch: float
    requests_per_s: float
    wait_s: float
    limit: str
    unstable: bool
    pace: Pace


def room_for(setup: Setup, context_tok: float) -> Room:
    """The sequences of ``context_tok`` tokens that fit beside the weights; see `memory`.

    Raises:
        InvalidInput: Something that is needed is not known; the message says what.
        DoesNotFit: Not even one does.
    """
    plan = plan_memory(setup)
    each = float(kv_bytes_on_one(setup, max(1, round(context_tok))))
    ranks = max(setup.data_parallel, 1)
    sequences = max(plan.kv_room_bytes, 0) / max(each, 1.0) * ranks
    taken = plan.weights_bytes + plan.activations_bytes + plan.runtime_bytes
    tight = sequences < 1
    if tight:
        sequences = (_AT_THE_MOST * plan.total_bytes - plan.weights_bytes) / max(each, 1.0) * ranks
    if sequences < 1:
        raise DoesNotFit(
            f"{setup.card.id} needs {(taken + each) / 1e9:.0f} GB of each {setup.accelerator.name}, "
            f"which has {plan.usable_bytes / 1e9:.0f} GB to give",
            fix="Take more accelerators, fewer bits for each weight, or a shorter context.",
        )
    return Room(
        usable=plan.usable_bytes, weights=plan.weights_bytes, per_sequence=each, sequences=sequences, tight=tight
    )


def pace_at(setup: Setup, shape: Shape, chip: Chip, load: Load, c: EngineConstants) -> Callable[[float, float], Pace]:
    """The times of a request as a function of the batch and of the requests in flight."""
    prompt = load.input_tok * (1.0 - load.prefix_share)
    context = load.input_tok + load.output_tok / 2.0
    prefill = prefill_work(setup, shape, chip, max(prompt, 1.0))
    ranks = max(setup.data_parallel, 1)

    def at(batch: float, in_flight: float) -> Pace:
        traffic = Traffic(
            batch=batch if load.input_tok else 0.0,
            in_flight=max(in_flight / ranks, 1.0),
            output_tok=max(load.output_tok, 1.0),
            speculative=float(setup.speculative),
            together=0.0 if load.kind is LoadKind.RATE else 1.0,
            stages=float(max(setup.pipeline_parallel, 1)),
            ranks=float(ranks),
        )
        return pace(decode_work(setup, shape, chip, batch, context), prefill, traffic, c)

    return at


def settle(load: Load, at: Callable[[float, float], Pace], room: float, most: float, held_tpot: float) -> Settled:
    """The batch and the throughput at which the load settles.

    Args:
        load: The requests.
        at: Their times, as `pace_at` makes it.
        room: Sequences that memory holds.
        most: Sequences that the engine's settings allow.
        held_tpot: Share of a promised time between tokens at which the mean has to lie.
    """
    top = min(room, most)
    limit = "memory" if room < most else "settings"
    match load.kind:
        case LoadKind.CONCURRENCY:
            asked = load.concurrency or 1.0
            return _closed(load, at, min(asked, top), asked, "load" if asked <= top else limit)
        case LoadKind.OFFLINE:
            return _all_at_once(load, at, top, limit, held_tpot)
        case LoadKind.RATE:
            return _open(load, at, top, limit)


def _closed(load: Load, at: Callable[[float, float], Pace], batch: float, in_flight: float, limit: str) -> Settled:
    """Requests follow each other without a pause; those beyond the batch wait until one of it is answered."""
    found = at(batch, batch)
    first = 0.0 if load.kind is LoadKind.OFFLINE else found.ttft_s
    busy = first + load.output_tok * found.tpot_s
    return Settled(
        batch=batch,
        requests_per_s=batch / busy,
        wait_s=(in_flight / batch - 1.0) * busy,
        limit=limit,
        unstable=False,
        pace=found,
    )


def _all_at_once(load: Load, at: Callable[[float, float], Pace], top: float, limit: str, held_tpot: float) -> Settled:
    """The largest batch: of all requests, of what fits, of what keeps the promised time between tokens.

    A burst that ends has a tail, in which only the longest answers are left: most tokens are made in the full batch,
    and over the whole of it fewer sequences are decoded on average.
    """
    batch = top
    if load.requests is not None:
        batch = min(top, max(float(load.requests), 1.0))
        limit = limit if batch == top else "load"
    if load.tpot_most_s is not None and at(batch, batch).tpot_s > load.tpot_most_s * held_tpot:
        batch, limit = _largest(at, batch, load.tpot_most_s * held_tpot), "promise"
    full = _closed(load, at, batch, batch, limit)
    if load.requests is None:
        return full
    asked = max(float(load.requests), 1.0)
    mean = max(asked / (asked / batch + _TAIL * log(asked)), 1.0)
    wait = (asked / batch - 1.0) / 2.0 * load.output_tok * full.pace.tpot_s
    return replace(full, requests_per_s=_closed(load, at, mean, mean, limit).requests_per_s, wait_s=wait)


def _largest(at: Callable[[float, float], Pace], top: float, tpot_s: float) -> float:
    """The largest batch up to ``top`` whose time between tokens is at most ``tpot_s``; 1 where none is."""
    low, high = 1.0, max(top, 1.0)
    for _ in range(_STEPS_OF_SEARCH):
        middle = (low + high) / 2.0
        low, high = (middle, high) if at(middle, middle).tpot_s <= tpot_s else (low, middle)
    return low


def _open(load: Load, at: Callable[[float, float], Pace], top: float, limit: str) -> Settled:
    """Little's law: the requests in flight are the rate times how long one stays, which grows with them."""
    rate = load.rate_per_s or 0.0

    def stay(batch: float) -> float:
        now = at(batch, 1.0)
        return now.ttft_s + _wait_s(rate, now) + load.output_tok * now.tpot_s

    if rate * stay(top) > top:
        full = at(top, top)
        capacity = top / (full.ttft_s / top + load.output_tok * full.tpot_s)
        return Settled(batch=top, requests_per_s=capacity, wait_s=0.0, limit=limit, unstable=True, pace=full)
    low, high = 0.0, top
    for _ in range(_STEPS_OF_SEARCH):
        middle = (low + high) / 2.0
        low, high = (middle, high) if rate * stay(middle) > middle else (low, middle)
    found = at(max(high, 1.0), 1.0)
    wait = _wait_s(rate, found)
    return Settled(batch=high, requests_per_s=rate, wait_s=wait, limit="load", unstable=False, pace=found)


def _wait_s(rate: float, now: Pace) -> float:
    """Mean wait for the prefills before one's own, which take turns: Pollaczek and Khinchine for a constant time."""
    load = min(rate * now.prefill.busy_s, _MOST_BUSY)
    return now.prefill.busy_s * load / (2.0 * (1.0 - load))

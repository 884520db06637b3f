"""The steps of a prediction as terms that an engineer checks by hand."""

from maquette.capacity.batching import Room, Settled
from maquette.capacity.setup import Load, Term
from maquette.capacity.shapes import Shape
from maquette.capacity.work import Chip


def terms_of(load: Load, shape: Shape, chip: Chip, room: Room, settled: Settled) -> tuple[Term, ...]:
    """The steps in order: weights, memory, batch, one decode step, one prefill."""
    return (*_memory(shape, room, settled), *_step(chip, settled), *_prefill(load, settled))


def _memory(shape: Shape, room: Room, settled: Settled) -> tuple[Term, ...]:
    in_all = shape.total_bytes / 1e9
    return (
        Term(name="weights", value=in_all, unit="GB", formula=f"all parameters in {shape.precision}"),
        Term(name="weights on each accelerator", value=room.weights / 1e9, unit="GB", formula="weights, shared out"),
        Term(
            name="active parameters",
            value=shape.active / 1e9,
            unit="billions",
            formula="dense parameters + routed parameters x experts of a token / experts",
        ),
        Term(
            name="experts touched",
            value=shape.touched(settled.batch),
            unit="share",
            formula="1 - (1 - experts of a token / experts) ^ batch",
        ),
        Term(
            name="cache of a sequence",
            value=room.per_sequence / 1e9,
            unit="GB on each accelerator",
            formula="layers x entries x bytes of an entry, at half of the answer",
        ),
        Term(
            name="sequences that memory holds",
            value=room.sequences,
            unit="sequences",
            formula="(usable memory - weights) / cache of a sequence",
            binds=settled.limit == "memory",
        ),
        Term(
            name="batch",
            value=settled.batch,
            unit="sequences",
            formula="the load, at most what memory and the engine's settings hold",
            binds=settled.limit == "load",
        ),
    )


def _step(chip: Chip, settled: Settled) -> tuple[Term, ...]:
    step, now = settled.pace.step, settled.pace
    largest = max(step.memory_s, step.compute_s, step.exchange_s, step.overhead_s)

    def ms(name: str, value: float, formula: str) -> Term:
        return Term(name=name, value=value * 1e3, unit="ms", formula=formula, binds=value == largest)

    return (
        Term(name="bandwidth", value=chip.bandwidth / 1e9, unit="GB/s", formula="of the data sheet"),
        ms("reading in a step", step.memory_s, "(weights + touched experts + cache) / (bandwidth x share)"),
        ms("multiplying in a step", step.compute_s, "2 x active parameters x batch / (operations x share)"),
        ms("exchanges in a step", step.exchange_s, "messages x latency + bytes / (link x share)"),
        ms("overhead in a step", step.overhead_s, "layers x launch + step + batch x sequence"),
        Term(
            name="decode step",
            value=now.decode_s * 1e3,
            unit="ms a token",
            formula="(reading^3 + multiplying^3)^(1/3) + exchanges + overhead, over the tokens that a step accepts",
        ),
    )


def _prefill(load: Load, settled: Settled) -> tuple[Term, ...]:
    now = settled.pace
    between = now.tpot_s - now.decode_s
    return (
        Term(
            name="prefill of a prompt",
            value=now.prefill.total_s * 1e3,
            unit="ms",
            formula=f"2 x active parameters x {load.input_tok:.0f} tokens / (operations x share) + attention",
        ),
        Term(
            name="prefills between two tokens",
            value=between * 1e3,
            unit="ms a token",
            formula="interference x batch x prefill / tokens of an answer",
        ),
        Term(name="waiting", value=settled.wait_s * 1e3, unit="ms", formula="for a place in the batch, before prefill"),
    )

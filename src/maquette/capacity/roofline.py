"""How long a step takes: reading and multiplying beside each other, launches and exchanges on top of them.

Everything here is plain arithmetic, so that the fitting script can call it with arrays in place of numbers.
"""

from dataclasses import dataclass

from maquette.capacity.constants import EngineConstants
from maquette.capacity.work import StepWork

SHARPNESS = 3.0
"""Of the maximum of reading and multiplying: near the ridge of a roofline neither hides wholly behind the other."""


@dataclass(frozen=True, kw_only=True, slots=True)
class StepTime:
    """A step's seconds by what they go to.

    Attributes:
        memory_s: Reading weights and cache.
        compute_s: Multiplying.
        exchange_s: Between accelerators.
        overhead_s: Launches, scheduling, sampling.
        busy_s: Reading and multiplying beside each other, and the exchanges.
    """

    memory_s: float
    compute_s: float
    exchange_s: float
    overhead_s: float
    busy_s: float

    @property
    def total_s(self) -> float:
        """The whole step."""
        return self.busy_s + self.overhead_s


def decode_time(work: StepWork, c: EngineConstants) -> StepTime:
    """Of one decode step."""
    memory = _weights_s(work, c) + work.kv_s / c.cache_bandwidth
    overhead = _layers_s(work, c) + c.step_s + work.sequences * c.sequence_s
    return _step(work, c, memory, _multiply_s(work, c, c.decode_flops), overhead)


def prefill_time(work: StepWork, c: EngineConstants) -> StepTime:
    """Of reading one prompt."""
    compute = _multiply_s(work, c, c.prefill_flops) + work.attention_s / c.attention_flops
    return _step(work, c, _weights_s(work, c), compute, _layers_s(work, c))


def _weights_s(work: StepWork, c: EngineConstants) -> float:
    dense: float = work.weight_s / c.weight_bandwidth * c.four_bit_read**work.four_bit
    unpacked: float = c.four_bit_experts**work.four_bit_experts * c.emulated_read**work.emulated
    experts: float = work.expert_weight_s / c.expert_bandwidth * unpacked * (1.0 + c.imbalance * work.spread)
    return dense + experts


def _multiply_s(work: StepWork, c: EngineConstants, share: float) -> float:
    rate: float = share * c.narrow_flops**work.narrow
    filled = c.expert_flops / (1.0 + c.expert_fill_tok / work.expert_tokens)
    return (work.dense_s + work.expert_s / filled * (1.0 + c.imbalance * work.spread)) / rate


def _layers_s(work: StepWork, c: EngineConstants) -> float:
    plain = work.layers * c.layer_s + work.expert_layers * c.expert_layer_s
    return plain + work.sparse_layers * c.sparse_layer_s + work.state_layers * c.state_layer_s


def _step(work: StepWork, c: EngineConstants, memory: float, compute: float, overhead: float) -> StepTime:
    exchange = work.messages * c.message_s + work.message_s / c.link_bandwidth
    busy = _beside(memory, compute) + exchange
    return StepTime(memory_s=memory, compute_s=compute, exchange_s=exchange, overhead_s=overhead, busy_s=busy)


@dataclass(frozen=True, kw_only=True, slots=True)
class Traffic:
    """What goes on around a request.

    Attributes:
        batch: Sequences decoded together in the replica; 0 where prompts are empty.
        in_flight: Requests that may wait for the same accelerators.
        output_tok: Tokens of an answer.
        speculative: 1 with speculative decoding, else 0.
        together: 1 where requests start together and stay so, as in a closed loop; 0 where they come one by one.
        stages: Of a pipeline; a prefill keeps only one of them busy at a time.
        ranks: Copies of the attention; a prompt is read by one of them, while the others read other prompts.
    """

    batch: float
    in_flight: float
    output_tok: float
    speculative: float = 0.0
    together: float = 1.0
    stages: float = 1.0
    ranks: float = 1.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Pace:
    """What a request meets while a number of requests are in flight.

    Attributes:
        step: One decode step.
        prefill: The prefill of one prompt.
        decode_s: Between two tokens of a sequence when nothing else goes on.
        tpot_s: With the prefills of other requests in between.
        ttft_s: Until the first token.
    """

    step: StepTime
    prefill: StepTime
    decode_s: float
    tpot_s: float
    ttft_s: float


def pace(decode: StepWork, prefill: StepWork, traffic: Traffic, c: EngineConstants) -> Pace:
    """The times of a request in the traffic.

    Each request brings one prefill for the steps of its answer, so batch / output_tok prefills arrive with each step.
    Engines multiply a part of them beside what the step reads; the other part stops the step.

    Args:
        decode: A step of the batch.
        prefill: One prompt's prefill.
        traffic: What goes on around it.
        c: The engine's constants, on the accelerator at hand.
    """
    step, own = decode_time(decode, c), prefill_time(prefill, c)
    accepted = c.accepted_tok**traffic.speculative
    arriving = own.busy_s * traffic.batch / traffic.output_tok / traffic.stages
    tpot_s = step.total_s / accepted + c.interference * arriving
    steps = 1.0 + (c.first_steps - 1.0) * traffic.together
    waited = c.first_prefill + c.queue * (traffic.in_flight - 1.0)
    return Pace(
        step=step,
        prefill=own,
        decode_s=step.total_s / accepted,
        tpot_s=tpot_s,
        ttft_s=c.first_s + steps * step.total_s + (own.busy_s * traffic.ranks + own.overhead_s) * waited,
    )


def _beside(memory_s: float, compute_s: float) -> float:
    """Two things that go on beside each other: the longer one, and a little more where they are alike."""
    together: float = (memory_s**SHARPNESS + compute_s**SHARPNESS) ** (1.0 / SHARPNESS)
    return together

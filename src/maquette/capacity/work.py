"""The work of one step, counted before any constant: bytes, operations, messages, on the accelerator with the most."""

from dataclasses import dataclass
from math import log2

from maquette.capacity.setup import Precision, Setup
from maquette.capacity.shapes import Shape, attention_flops, kv_bytes_read
from maquette.catalog.hardware import Accelerator
from maquette.foundation.problems import InvalidInput

_LINK_GB_PER_S = (("NVLink 5", 900.0), ("NVLink 4", 450.0), ("NVLink 3", 300.0), ("Infinity", 400.0), ("NVLink", 150.0))
_PCIE_GB_PER_S = 32.0
_NETWORK_BYTES_PER_S = 50e9
"""Between machines: one adapter of 400 Gbit a second for each accelerator."""

_UNSTATED_TFLOPS_PER_GB_PER_S = {True: 0.033, False: 0.09}
"""Of an accelerator whose operations nobody states: 16 bit TFLOPS for each GB a second, with unified memory or not.

The M2 Ultra has 27 at 800 GB/s, the RTX 3090 has 71 at 936 GB/s.
"""

DRAFT_TOK = 2.0
"""Draft tokens of a step with speculative decoding; engines take one to three."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Chip:
    """An accelerator in plain units: bytes a second, operations a second in the weights' precision.

    Attributes:
        flops_per_s: In the precision of the weights, or at 16 bit where the chip lacks that format.
        narrow: How far below 16 bit it multiplies: 0, 1 for eight bit, 2 for four.
        link_bytes_per_s: To the other accelerators of a machine, one way.
        flops_known: Whether a data sheet says the operations.
    """

    bandwidth: float
    flops_per_s: float
    half_flops_per_s: float
    narrow: float
    link_bytes_per_s: float
    flops_known: bool


def chip_of(accelerator: Accelerator, precision: Precision) -> Chip:
    """The accelerator in plain units; a format that it lacks is multiplied at 16 bit, as engines do.

    Raises:
        InvalidInput: Nobody states its bandwidth.
    """
    if accelerator.bandwidth_gb_per_s is None:
        raise InvalidInput(
            f"the memory bandwidth of {accelerator.name} is not known",
            fix="Add bandwidth_gb_per_s to the accelerator in a catalog file.",
        )
    bandwidth = float(accelerator.bandwidth_gb_per_s) * 1e9
    half = None if accelerator.bf16_tflops is None else float(accelerator.bf16_tflops) * 1e12
    known = half is not None
    if half is None:
        half = bandwidth * 1e3 * _UNSTATED_TFLOPS_PER_GB_PER_S[accelerator.unified_memory]
    narrow, flops = 0.0, half
    if precision in {Precision.FP8, Precision.INT8} and accelerator.fp8_tflops is not None:
        narrow, flops = 1.0, float(accelerator.fp8_tflops) * 1e12
    elif precision is Precision.FP4 and accelerator.fp4_tflops is not None:
        narrow, flops = 2.0, float(accelerator.fp4_tflops) * 1e12
    link = accelerator.interconnect or ""
    speed = next((gb for name, gb in _LINK_GB_PER_S if link.startswith(name)), None)
    return Chip(
        bandwidth=bandwidth,
        flops_per_s=flops,
        half_flops_per_s=half,
        narrow=narrow,
        link_bytes_per_s=(speed or _PCIE_GB_PER_S) * 1e9,
        flops_known=known,
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class StepWork:
    """One pass over the layers: a decode step of a batch, or the prefill of a prompt.

    Attributes:
        weight_s: Seconds to read the weights that every token passes, at the full bandwidth.
        expert_weight_s: Seconds to read the routed experts that some token of the step passes.
        kv_s: Seconds to read the cache at the full bandwidth.
        dense_s: Seconds to multiply the dense weights at the full rate.
        expert_s: Seconds to multiply the routed experts at the full rate.
        attention_s: Seconds for attention beside the weights, at the full 16 bit rate.
        narrow: Halvings of the bits below 16 in which the step multiplies.
        layers: Layers that run one after another.
        expert_layers: Those of them with routed experts.
        sparse_layers: Those with an index over what they read.
        state_layers: Those with a state in place of keys and values.
        messages: Exchanges between accelerators, times the doublings of their number.
        message_s: Seconds for the bytes of the exchanges at the full rate of the link.
        sequences: Sequences that the step moves on.
        expert_tokens: Tokens that each touched expert gets; a large number where there are no experts.
        spread: 1 where the experts are spread over ranks, else 0.
        four_bit: 1 where the dense weights have four bits, else 0.
        four_bit_experts: 1 where the routed experts have four bits, else 0.
        emulated: 1 where the accelerator lacks the format of the experts, else 0.
    """

    weight_s: float
    expert_weight_s: float
    kv_s: float
    dense_s: float
    expert_s: float
    attention_s: float
    narrow: float
    layers: float
    expert_layers: float
    sparse_layers: float
    state_layers: float
    messages: float
    message_s: float
    sequences: float
    expert_tokens: float
    spread: float
    four_bit: float
    four_bit_experts: float
    emulated: float


def decode_work(setup: Setup, shape: Shape, chip: Chip, batch: float, context_tok: float) -> StepWork:
    """A step that gives each of ``batch`` sequences its next token, at ``context_tok`` tokens of context each.

    Stages of a pipeline work on parts of the batch in turn, so each part makes the whole way in one step's time. With
    speculative decoding every sequence brings its drafts along, and reads its cache once for all of them.
    """
    batch = max(batch / max(setup.pipeline_parallel, 1), min(batch, 1.0))
    kv = kv_bytes_read(shape, context_tok, setup.kv_dtype, setup.tensor_parallel) * batch / max(setup.data_parallel, 1)
    tokens = batch * (1.0 + DRAFT_TOK) if setup.speculative else batch
    return _work(setup, shape, chip, tokens=tokens, kv_bytes=kv, attention=0.0, sequences=batch)


def prefill_work(setup: Setup, shape: Shape, chip: Chip, tokens: float) -> StepWork:
    """The pass that reads a prompt of ``tokens`` tokens."""
    flops = attention_flops(shape, tokens)
    return _work(setup, shape, chip, tokens=tokens, kv_bytes=0.0, attention=flops, sequences=1.0)


def _work(
    setup: Setup, shape: Shape, chip: Chip, *, tokens: float, kv_bytes: float, attention: float, sequences: float
) -> StepWork:
    split, ranks = max(setup.tensor_parallel, 1), max(setup.data_parallel, 1)
    spread = max(setup.gpus // max(setup.pipeline_parallel, 1), 1)
    routed, touched = shape.experts > 1, shape.touched(tokens)
    four_bit = shape.precision in {Precision.FP4, Precision.INT4}
    exchanges = shape.layers * ((2.0 if split > 1 else 0.0) + (1.0 if ranks > 1 and routed else 0.0))
    sent = 4.0 * shape.hidden * tokens / ranks * (spread - 1) / spread * exchanges
    dense_rate = chip.half_flops_per_s if four_bit and routed else chip.flops_per_s
    return StepWork(
        weight_s=shape.dense_bytes / split / chip.bandwidth,
        expert_weight_s=shape.expert_bytes * touched / spread / chip.bandwidth,
        kv_s=kv_bytes / chip.bandwidth,
        dense_s=2.0 * shape.dense * tokens / ranks / split / dense_rate,
        expert_s=2.0 * (shape.active - shape.dense) * tokens / spread / chip.flops_per_s,
        attention_s=attention / spread / chip.half_flops_per_s,
        narrow=chip.narrow,
        layers=shape.layers,
        expert_layers=shape.layers if routed else 0.0,
        sparse_layers=shape.layers if shape.sparse else 0.0,
        state_layers=shape.state_layers,
        messages=exchanges * log2(max(spread, 2)),
        message_s=sent / (chip.link_bytes_per_s if setup.machines <= 1 else _NETWORK_BYTES_PER_S),
        sequences=sequences,
        expert_tokens=tokens * shape.experts_per_tok / (shape.experts * touched) if routed else 1e9,
        spread=float(setup.expert_parallel > 1),
        four_bit=float(four_bit and not routed),
        four_bit_experts=float(four_bit and routed),
        emulated=float(four_bit and routed and chip.narrow < 2),
    )

"""What the time laws know of an engine: fitted constants, which catalog files hold with their unit and their origin."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from maquette.capacity.setup import Engine, Load, LoadKind, Metric, Setup
from maquette.catalog.hardware import Accelerator


@dataclass(frozen=True, kw_only=True, slots=True)
class EngineConstants:
    """Shares of what a data sheet promises, factors, and times that no data sheet has.

    Attributes:
        weight_bandwidth: Share of the bandwidth at which weights are read that every token passes.
        expert_bandwidth: Share at which routed experts are read.
        cache_bandwidth: Share at which the KV cache is read.
        four_bit_read: Factor on the time to read dense weights of four bits, for unpacking them.
        four_bit_experts: Factor on the time to read routed experts of four bits.
        emulated_read: Factor on reading and multiplying experts whose format the accelerator lacks.
        decode_flops: Share of the operations that a decode step reaches at 16 bit.
        prefill_flops: Share that a prefill reaches at 16 bit.
        narrow_flops: Factor on that share for each halving of the bits below 16.
        expert_flops: Factor on that share for routed experts, whose matrices are small.
        expert_fill_tok: Tokens of an expert at which its matrices reach half of that.
        attention_flops: Share that attention reaches at 16 bit.
        layer_s: Of a layer beside reading and multiplying: launches, norms, waits.
        expert_layer_s: More of it where experts are routed.
        sparse_layer_s: More of it where an index chooses what attention reads.
        state_layer_s: More of it for a linear layer.
        message_s: Of one exchange between accelerators, for each doubling of their number.
        link_bandwidth: Share of the link's bandwidth.
        step_s: Of a step beside its layers: scheduling, sampling.
        sequence_s: More of it for each sequence.
        interference: How much of the arriving prefills stops the sequences that are being decoded.
        imbalance: How much more than the mean the busiest rank of spread experts has to do.
        accepted_tok: Tokens of a step with speculative decoding.
        offline: Factor on the throughput when all requests wait from the start.
        offline_choice: What it is divided by, too, for each doubling of a token's experts beyond two.
        first_s: Of a first token beside all work: the way through the server.
        first_steps: Decode steps that a prompt waits for its turn.
        first_prefill: Factor on its own prefill.
        queue: How much of the other requests' prefills a prompt waits for.
        held_tpot: Share of a promised time between tokens at which the mean has to lie, so that the slowest keep it.
        held_rate: Throughput under a promised first token, as a share of that without: arrivals come unevenly.
        most_sequences: Sequences that a replica decodes together at most, in its published settings.
    """

    weight_bandwidth: float
    expert_bandwidth: float
    cache_bandwidth: float
    four_bit_read: float
    four_bit_experts: float
    emulated_read: float
    decode_flops: float
    prefill_flops: float
    narrow_flops: float
    expert_flops: float
    expert_fill_tok: float
    attention_flops: float
    layer_s: float
    expert_layer_s: float
    sparse_layer_s: float
    state_layer_s: float
    message_s: float
    link_bandwidth: float
    step_s: float
    sequence_s: float
    interference: float
    imbalance: float
    accepted_tok: float
    offline: float
    offline_choice: float
    first_s: float
    first_steps: float
    first_prefill: float
    queue: float
    held_tpot: float = 0.75
    held_rate: float = 0.95
    most_sequences: float = 1024.0


@dataclass(frozen=True, kw_only=True, slots=True)
class GenerationFactors:
    """What a family of accelerators does better or worse than the one that the constants stand for; 1 is alike."""

    bandwidth: float = 1.0
    flops: float = 1.0
    overhead: float = 1.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Band:
    """Quantiles of the logarithm of measured over predicted: 10 % lie below ``low`` and 10 % above ``high``.

    Attributes:
        new_model: Factor on both where the model is new to the calibration.
        new_accelerator: Factor on both where the accelerator is.
        points: Measurements behind it.
    """

    low: float
    high: float
    new_model: float = 1.0
    new_accelerator: float = 1.0
    points: int = 0


_UNMEASURED = Band(low=-0.6, high=0.6)

_FEW = 10
_TWINS = {
    Metric.DECODE_RATE: (Metric.TPOT,),
    Metric.TPOT: (Metric.DECODE_RATE,),
    Metric.OUTPUT_THROUGHPUT: (Metric.TPOT,),
}
"""Metrics that are the inverse of others, or nearly: a closed loop gives its batch over the time between tokens."""

SHORT_ANSWER_TOK = 200
"""Answers below this are over before a closed loop has settled, and are predicted less surely."""


def band_name(metric: Metric, setup: Setup, load: Load) -> str:
    """The name of a band: the metric, the kind of load, whether experts are routed, whether answers are short."""
    weights = setup.card.weights
    routed = weights is not None and (weights.experts or 1) > 1
    short = load.kind is LoadKind.CONCURRENCY and 0 < load.output_tok < SHORT_ANSWER_TOK
    return " ".join((metric, load.kind, *(("routed",) if routed else ()), *(("short",) if short else ())))


def mirrored(band: Band) -> Band:
    """The band of a value's inverse."""
    return replace(band, low=-band.high, high=-band.low)


@dataclass(frozen=True, kw_only=True, slots=True)
class EngineCalibration:
    """All that is known of one engine.

    Attributes:
        bands: By `band_name`.
        models: Ids of the cards that the constants were fitted on.
        accelerators: Names of the accelerators.
    """

    engine: Engine
    constants: EngineConstants
    generations: Mapping[str, GenerationFactors] = field(default_factory=dict)
    bands: Mapping[str, Band] = field(default_factory=dict)
    models: frozenset[str] = frozenset()
    accelerators: frozenset[str] = frozenset()

    def band(self, metric: Metric, setup: Setup, load: Load) -> Band:
        """The band of the metric for such a question.

        Where too little was measured of it, that of its inverse (a rate's for a time, the other way round), or that of
        the metric under any load, or a wide one.
        """
        asked = _TWINS.get(metric, ())
        for twin, mirror in ((metric, False), *((other, True) for other in asked)):
            found = self.bands.get(band_name(twin, setup, load))
            if found is not None and found.points >= _FEW:
                return mirrored(found) if mirror else found
        return self.bands.get(metric, _UNMEASURED)

    def for_accelerator(self, accelerator: Accelerator) -> EngineConstants:
        """The constants as they hold on the accelerator, by its family."""
        factors = self.generations.get(generation_of(accelerator))
        return self.constants if factors is None else adjusted(self.constants, factors)


Calibration = Mapping[Engine, EngineCalibration]


def adjusted(constants: EngineConstants, factors: GenerationFactors) -> EngineConstants:
    """The constants with a family's factors."""
    c, f = constants, factors
    return replace(
        c,
        weight_bandwidth=c.weight_bandwidth * f.bandwidth,
        expert_bandwidth=c.expert_bandwidth * f.bandwidth,
        cache_bandwidth=c.cache_bandwidth * f.bandwidth,
        decode_flops=c.decode_flops * f.flops,
        prefill_flops=c.prefill_flops * f.flops,
        layer_s=c.layer_s * f.overhead,
        expert_layer_s=c.expert_layer_s * f.overhead,
        step_s=c.step_s * f.overhead,
    )


_FAMILIES = (
    ("blackwell", ("B200", "B300", "GB200", "GB300", "RTX PRO 6000", "RTX 50")),
    ("hopper", ("H100", "H200", "GH200", "H20", "H800")),
    ("ada", ("L40", "L4", "RTX 40", "RTX 6000 Ada")),
    ("ampere", ("A100", "A10", "A40", "RTX 30", "A6000")),
    ("cdna", ("MI300", "MI325", "MI355", "MI350")),
    ("apple", ("Apple", "M1", "M2", "M3", "M4", "M5")),
)


def generation_of(accelerator: Accelerator) -> str:
    """The family of the accelerator by its name, such as "hopper"; "other" where none is known."""
    name = accelerator.name
    return next((family for family, starts in _FAMILIES if name.startswith(starts)), "other")

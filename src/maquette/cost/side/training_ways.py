"""Ways to train a model on rented accelerators, each with its memory, hours and cost: adapters beside, or all weights.

FLOPs for each token are 6 N where all weights learn and 4 N where they are frozen beneath adapters: 2 N forwards, 2 N
backwards to the activations, and 2 N more to the weights' own gradients (arXiv:2001.08361, section 2.1). Of a mixture
of experts N are the active parameters. Memory is that of the weights and of what learns, without activations.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal
from enum import StrEnum

from maquette.catalog.cards import ModelCard
from maquette.catalog.hardware import Accelerator, Rental
from maquette.cost.projection import ByCase
from maquette.cost.side.basis import band, combined, level, product
from maquette.foundation.sources import Source, SourceKind

USED = band("0.5", "0.4", "0.2")
"""The share of the accelerators' peak that a training uses (MFU)."""

USED_SOURCE = Source(
    kind=SourceKind.ASSUMED,
    ref="the share of the peak that is used: 40 %, from 50 to 20 %; Llama 3 was trained with 38 to 43 % of H100s "
    "(arXiv:2407.21783, table 4), fine-tuning reaches 35 to 50 % (zeroentropy.dev/concepts/mfu), untuned code less",
)

LEARNING_BYTES = Decimal(16)
"""For each parameter that learns, with Adam in mixed precision: 2 of weight, 2 of gradient, 12 of optimiser states
(ZeRO, arXiv:1910.02054, section 3.1)."""

FROZEN_BYTES = Decimal(2)
"""For each parameter that does not learn, at 16 bit."""

ADAPTER_SHARE = Decimal("0.01")
"""Parameters of adapters of rank 16 on all linear layers, of the model's, at the most."""

ENCODER_B = band("0.1", "0.25", "0.4")
"""An encoder for fixed labels, in billions of parameters (rule R-ADAPT-07)."""

_MOST_IN_ONE_MACHINE = 8


class Way(StrEnum):
    """What learns."""

    ENCODER = "all weights of a small encoder"
    ADAPTERS = "LoRA adapters"
    ALL_WEIGHTS = "full fine-tuning, all weights"


@dataclass(frozen=True, kw_only=True, slots=True)
class WayCost:
    """One way to train one base.

    Attributes:
        base: The card's id; empty for an encoder.
        memory_gb: 10^9 bytes of weights and of what learns, without activations.
        gpus: Accelerators that hold it, at least.
        machines: Rented instances together with ``gpus``.
        hours: Accelerator hours of all trainings.
        usd: The rented machines for as long as that takes.
        memory_formula, hours_formula: With the figures put in.
        rented: None where no list has a price; then ``usd`` is None.
    """

    way: Way
    base: str
    memory_gb: Decimal
    gpus: int
    accelerator: str
    hours: ByCase
    usd: ByCase | None
    rented: Rental | None
    memory_formula: str
    hours_formula: str

    @property
    def name(self) -> str:
        """What learns, and of what."""
        return f"{self.way.value} of {self.base}" if self.base else self.way.value

    @property
    def usd_formula(self) -> str:
        """Hours of the rented machines, at whose price, and where that stands."""
        if self.rented is None:
            return ""
        price, wall = self.rented.price, self.hours.base / self.gpus
        read = f"{price.source.ref}, {price.source.as_of.isoformat() if price.source.as_of else 'no date'}"
        return (
            f"{wall:.1f} hours of {self.gpus} x {self.accelerator} x ${self.rented.usd_per_hour:f} "
            f"({price.provider}, {price.instance}; {read}); {self.hours_formula}"
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Examples:
    """What is learnt from: tokens once through, times epochs, times trainings until one is good enough."""

    tokens: ByCase
    epochs: ByCase
    runs: ByCase

    @property
    def passed(self) -> ByCase:
        """Tokens that pass through the model in all."""
        return product(self.tokens, self.epochs, self.runs)


def training_ways(
    base: ModelCard, examples: Examples, accelerators: Sequence[Accelerator], *, encoder: bool = False
) -> tuple[WayCost, ...]:
    """Adapters, then all weights; nothing for a base of unknown size, or without an accelerator that could hold it.

    Args:
        base: A model with weights.
        examples: What it is trained on.
        accelerators: Of the catalog; the cheapest for its arithmetic is taken, on demand.
        encoder: Whether a small encoder is considered; its training comes first.
    """
    found = [_way(Way.ENCODER, "", ENCODER_B.high, ENCODER_B, examples, accelerators)] if encoder else []
    weights = base.weights
    if weights is not None and weights.params_b is not None:
        active = level(weights.active_params_b or weights.params_b)
        language = (Way.ADAPTERS, Way.ALL_WEIGHTS)
        found += [_way(way, base.id, weights.params_b, active, examples, accelerators) for way in language]
    return tuple(one for one in found if one is not None)


def memory_gb(params_b: Decimal, way: Way) -> Decimal:
    """10^9 bytes that weights, gradients and optimiser states take; activations come on top."""
    if way is Way.ADAPTERS:
        return params_b * (FROZEN_BYTES + ADAPTER_SHARE * LEARNING_BYTES)
    return params_b * LEARNING_BYTES


def accelerator_hours(active_b: ByCase, passed_tok: ByCase, tflops: Decimal, way: Way) -> ByCase:
    """(6 or 4) x active parameters x tokens / (peak x used share) / 3600."""

    def hours(active: Decimal, tokens: Decimal, used: Decimal) -> Decimal:
        flops = _per_tok(way) * active * Decimal(10) ** 9 * tokens
        return flops / (tflops * Decimal(10) ** 12 * used) / 3600

    return combined(hours, active_b, passed_tok, USED)


def _per_tok(way: Way) -> Decimal:
    return Decimal(4 if way is Way.ADAPTERS else 6)


def _way(
    way: Way, base: str, params_b: Decimal, active_b: ByCase, examples: Examples, known: Iterable[Accelerator]
) -> WayCost | None:
    wanted = memory_gb(params_b, way)
    offers = [(one, gpus) for one in known if (gpus := _holding(one, wanted)) is not None]
    chosen = min(offers, key=lambda offer: _usd_per_tflop(*offer), default=None)
    if chosen is None:
        return None
    accelerator, gpus = chosen
    tflops, passed = accelerator.bf16_tflops or Decimal(1), examples.passed
    hours = accelerator_hours(active_b, passed, tflops, way)
    rented = accelerator.cheapest(gpus)
    each = rented.usd_per_hour / gpus if rented is not None else None
    size = active_b.base.quantize(Decimal("0.1") if active_b.base >= 1 else Decimal("0.01"))
    peak = f"{tflops} TFLOPS x {USED.base * 100:.0f} % used"
    return WayCost(
        way=way,
        base=base,
        memory_gb=wanted,
        gpus=gpus,
        accelerator=accelerator.name,
        hours=hours,
        usd=None if each is None else combined(lambda hour: hour * each, hours),
        rented=rented,
        memory_formula=_memory_formula(way, params_b),
        hours_formula=f"{_per_tok(way)} x {size} billion FLOPs x {passed.base:,.0f} tokens / ({peak}) / 3600",
    )


def _memory_formula(way: Way, params_b: Decimal) -> str:
    if way is not Way.ADAPTERS:
        return f"{params_b:.1f} billion x {LEARNING_BYTES} bytes of weight, gradient and optimiser states"
    adapters = f"{ADAPTER_SHARE * 100:.0f} % x {LEARNING_BYTES} bytes that learn"
    return f"{params_b:.1f} billion x ({FROZEN_BYTES} bytes frozen + {adapters})"


def _holding(one: Accelerator, wanted_gb: Decimal) -> int | None:
    """Accelerators whose memory holds it; None where their arithmetic or their price is not known, or they are slow."""
    if one.bf16_tflops is None or not one.memory_gb or one.unified_memory:
        return None
    gpus = int((wanted_gb / one.memory_gb).to_integral_value(ROUND_CEILING))
    if gpus > 1 and not (one.interconnect or "").startswith("NVLink"):
        return None
    rented = one.cheapest(gpus)
    return None if rented is None or (gpus <= _MOST_IN_ONE_MACHINE and not rented.one_machine) else gpus


def _usd_per_tflop(one: Accelerator, gpus: int) -> tuple[bool, Decimal]:
    """What its arithmetic costs; a price with a date goes before one without."""
    rented = one.cheapest(gpus)
    assert rented is not None
    return (rented.price.source.as_of is None, rented.usd_per_hour / gpus / (one.bf16_tflops or Decimal(1)))

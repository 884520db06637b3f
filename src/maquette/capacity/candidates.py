"""The setups that a sizing tries: a model on every accelerator, in the numbers that both know."""

from collections.abc import Iterable, Sequence

from maquette.capacity.setup import Engine, Precision, Setup
from maquette.catalog.cards import ModelCard
from maquette.catalog.hardware import Accelerator

_SIXTEEN_BIT = frozenset({"bf16", "fp16", "f16"})


def candidate_setups(
    card: ModelCard,
    accelerators: Iterable[Accelerator],
    *,
    engine: Engine | None = None,
    precisions: Sequence[Precision | None] | None = None,
) -> tuple[Setup, ...]:
    """One setup for each accelerator and precision.

    Args:
        card: An open model.
        accelerators: What there is to rent or to buy.
        engine: Which program serves; None takes vLLM, and llama.cpp on chips that share the machine's memory.
        precisions: In which numbers; None takes what the model is published in, and FP8 too where it is published at
            16 bit and the accelerator multiplies FP8: serving engines convert that when they load.
    """
    return tuple(
        Setup(card=card, accelerator=accelerator, engine=engine or _usual(accelerator), precision=precision)
        for accelerator in accelerators
        for precision in (_usual_precisions(card, accelerator) if precisions is None else precisions)
    )


def _usual(accelerator: Accelerator) -> Engine:
    return Engine.LLAMA_CPP if accelerator.unified_memory else Engine.VLLM


def _usual_precisions(card: ModelCard, accelerator: Accelerator) -> tuple[Precision | None, ...]:
    published = card.weights.native_quantisation if card.weights else None
    converts = published in _SIXTEEN_BIT and accelerator.fp8_tflops is not None and not accelerator.unified_memory
    return (None, Precision.FP8) if converts else (None,)

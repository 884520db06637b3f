"""Bytes of a replica's weights, exactly as formats lay them out, and what lies on one accelerator."""

from dataclasses import dataclass

from maquette.capacity.setup import Precision, Setup
from maquette.catalog.quantisation import FORMATS, native_size, quantised_size
from maquette.catalog.weights import Weights
from maquette.foundation.problems import InvalidInput

_NAMED = {
    Precision.BF16: "bf16",
    Precision.FP8: "fp8",
    Precision.INT8: "int8",
    Precision.FP4: "nvfp4",
    Precision.INT4: "int4-g128",
}
_FOUR_BIT = frozenset({"nvfp4", "mxfp4", "int4-g128"})
_PUBLISHED_IN_FOUR_BIT = frozenset({"mxfp4", "nvfp4", "int4", "fp4+fp8"})


@dataclass(frozen=True, kw_only=True, slots=True)
class WeightBytes:
    """The weights in the format that is served.

    Attributes:
        format: Its name.
        dense: All but the routed experts: what every copy of the attention has.
        experts: The routed experts of all layers.
        estimated: Whether it rests on more than block layouts and the published shape.
    """

    format: str
    dense: int
    experts: int
    estimated: bool

    @property
    def total(self) -> int:
        """One copy of the model."""
        return self.dense + self.experts


def weights_of(setup: Setup) -> WeightBytes:
    """The weights of one copy of the model in the setup's format.

    A model with routed experts that is published at 8 or 16 bit keeps all but the experts at 16 bit in builds of four
    bit, as the published ones do (https://huggingface.co/nvidia/DeepSeek-R1-NVFP4); a dense model keeps its ends.

    Raises:
        InvalidInput: The number of weights is not known.
    """
    weights = setup.card.weights
    if weights is None or weights.params_b is None:
        raise InvalidInput(
            f"the number of weights of {setup.card.id} is not known",
            fix="Choose a model whose params_b the catalog has, or add it in a catalog file.",
        )
    name = _format(setup, weights)
    size = (native_size(weights) if name is None else quantised_size(weights, name)) or quantised_size(weights, "bf16")
    assert size is not None  # params_b is known
    experts = _expert_bytes(weights, size.format, size.weight_bytes)
    if experts and name in _FOUR_BIT:
        plain = quantised_size(weights, "bf16")
        assert plain is not None
        dense = plain.weight_bytes - 2 * _expert_count(weights)
        return WeightBytes(format=size.format, dense=dense, experts=experts, estimated=size.estimated)
    return WeightBytes(format=size.format, dense=size.weight_bytes - experts, experts=experts, estimated=size.estimated)


def weights_bytes(setup: Setup) -> int:
    """Bytes of one copy of the model's weights; see `weights_of`."""
    return weights_of(setup).total


def weights_on_one(setup: Setup) -> int:
    """Bytes of weights on one accelerator.

    Tensor parallelism splits everything, pipeline stages split the layers, experts are spread over all accelerators
    of a stage, and each copy of the attention has all that is no expert.
    """
    found = weights_of(setup)
    stages = max(setup.pipeline_parallel, 1)
    across = max(setup.gpus // stages, 1)
    return -(-found.dense // (max(setup.tensor_parallel, 1) * stages)) + -(-found.experts // (across * stages))


def _format(setup: Setup, weights: Weights) -> str | None:
    """The format's name in `maquette.catalog.quantisation`; None is what the model is published in."""
    if setup.quantisation in FORMATS:
        return setup.quantisation
    native = (weights.native_quantisation or "").lower()
    if setup.precision is None:
        return None
    if setup.precision in {Precision.FP4, Precision.INT4} and native in _PUBLISHED_IN_FOUR_BIT:
        return None
    return _NAMED[setup.precision]


def _expert_count(weights: Weights) -> int:
    """Parameters in routed experts; worked back from the active ones where the parts are not counted."""
    if weights.parts is not None:
        return weights.parts.experts
    if not weights.experts or not weights.experts_per_tok or weights.active_params_b is None:
        return 0
    assert weights.params_b is not None
    idle = int((weights.params_b - weights.active_params_b) * 10**9)
    return idle * weights.experts // max(weights.experts - weights.experts_per_tok, 1)


def _expert_bytes(weights: Weights, name: str, all_bytes: int) -> int:
    count = _expert_count(weights)
    if not count:
        return 0
    assert weights.params_b is not None
    bits = {
        "bf16": 16.0,
        "fp8": 8 + 32 / 128**2,
        "int8": 8.0,
        "int4": 4.5,
        "int4-g128": 4 + 20 / 128,
        "nvfp4": 4.5,
        "mxfp4": 4.25,
        "fp4+fp8": 4.25,
    }.get(name.lower())
    if bits is None:  # a mixed recipe: every weight alike
        return int(all_bytes * count / (float(weights.params_b) * 1e9))
    return int(count * bits / 8)
